"""Vaults on a ledger of a test's own, with constants of a test's own."""

from runtime.frame import Context, EnsureOrigin
from runtime.pallets import vaults
from runtime.pallets.balances import Balances
from runtime.pallets.parameters import Parameters
from runtime.pallets.vaults import Vaults


def vaults_on(
    context: Context,
    token: Balances,
    pots: tuple[bytes, bytes, bytes, bytes, bytes],
    era_blocks: int,
    *,
    terms: Parameters,
    power: EnsureOrigin[None],
    clock: object,
    markets: object,
    real: object,
) -> Vaults:
    """Return the pallet; `pots` are those of fees, commissions, insurance, treasury and assets."""
    fees, commissions, insurance, treasury, assets = pots
    return Vaults(
        context,
        token,
        power,
        terms,
        vaults.Config(
            fees=fees,
            commissions=commissions,
            insurance=insurance,
            treasury=treasury,
            assets=assets,
            era_blocks=era_blocks,
            existential_deposit=10**9,
        ),
        clock=clock,  # type: ignore[arg-type]
        markets=markets,  # type: ignore[arg-type]
        real=real,  # type: ignore[arg-type]
        index=65,
    )

"""What stakes are good for in the market: whom fees are for, and how much weight a client has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.job import PERBILL, JobClass, Market
from runtime.frame import ensure
from runtime.pallets.vaults import formulas
from runtime.pallets.vaults.chunks import UNBONDING_ERAS
from runtime.pallets.vaults.events import Error
from runtime.pallets.vaults.records import (
    Insurance,
    OfMarket,
    OfProvider,
    OfTask,
    Position,
    PositionView,
    Vault,
    VaultKind,
    VaultView,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults

INSURANCE = Insurance()


class Standing:
    """Reads stakes, and passes fees on; keeps nothing of its own."""

    def __init__(self, pallet: Vaults) -> None:
        self._pallet = pallet

    def earned(self, market: Market, task: JobClass, amount: Balance) -> None:
        """Divide the stakers' part of a fee among the vaults that it is for."""
        pallet, pot = self._pallet, self._pallet.config.fees
        insured = amount * pallet.terms.vaults.insurance_share // PERBILL
        access = (pallet.vault_of.get(OfMarket(market)), pallet.vault_of.get(OfTask(task)))
        open_to = [one for one in access if one is not None and pallet.yields.has_weight(one)]
        for number in open_to:
            pallet.yields.earn(pot, number, (amount - insured) // len(open_to))
        insurance = pallet.vault_of.get(INSURANCE)
        if insurance is not None:
            pallet.yields.earn(pot, insurance, insured)

    def check_new(self, kind: VaultKind, founder: AccountId, commission: int) -> None:
        """Refuse a vault that cannot be.

        Raises:
            DispatchError: there is one, or nothing that it could be of, or a wrong commission.
        """
        pallet = self._pallet
        ensure(kind not in pallet.vault_of, Error.VAULT_EXISTS)
        if isinstance(kind, OfProvider):
            ensure(kind.provider == founder, Error.NOT_PROVIDER)
            ensure(commission <= pallet.config.max_commission, Error.COMMISSION_TOO_HIGH)
        else:
            ensure(not commission, Error.NO_COMMISSION)
        if isinstance(kind, OfMarket):
            ensure(pallet.markets.has_market(kind.market), Error.UNKNOWN_MARKET)

    def access(self, who: AccountId, market: Market, task: JobClass) -> Balance:
        """Return the weight that an account has for jobs of a task in a market."""
        vault_of = self._pallet.vault_of
        numbers = (vault_of.get(OfMarket(market)), vault_of.get(OfTask(task)))
        return sum(self.weight(number, who) for number in numbers if number is not None)

    def weight(self, number: int, who: AccountId, epoch: int | None = None) -> Balance:
        """Return the weight in planck of a stake, as far as it counts in an epoch, or now."""
        position = self._pallet.positions.get((number, who))
        if position is None:
            return 0
        vault = self._pallet.vaults[number]
        weight = self._weights(vault, position, epoch)[0]
        return weight + self._pallet.parts.weight(vault, position, weight, epoch)

    def is_locked(self, number: int, who: AccountId) -> bool:
        """Say whether the stake of a member cannot leave yet."""
        position = self._pallet.positions[number, who]
        return position.points > 0 and self._pallet.era() < position.locked_until

    def vaults(self) -> tuple[VaultView, ...]:
        """Return every vault as it stands, by number."""
        return tuple(map(self.vault, sorted(number for number, _ in self._pallet.vaults.items())))

    def positions(self, who: AccountId) -> tuple[PositionView, ...]:
        """Return every position of an account as it stands, in the order in which it joined."""
        return tuple(self.position(number, who) for number in self._pallet.memberships[who])

    def vault(self, number: int) -> VaultView:
        """Return a vault as it stands."""
        vault = self._pallet.vaults[number]
        is_early = vault.joining_epoch < self._pallet.clock.current_epoch()
        weight = vault.weight + (vault.joining if is_early else 0)
        return VaultView(
            id=number,
            kind=vault.kind,
            commission=vault.commission,
            members=vault.members,
            stake=vault.stake.balance,
            weight=vault.stake.value(weight),
            owed=vault.owed,
            assets=self._pallet.parts.tranche_views(vault),
        )

    def position(self, number: int, who: AccountId) -> PositionView:
        """Return a position as it stands."""
        pallet = self._pallet
        vault, position = pallet.vaults[number], pallet.positions[number, who]
        weight, joining = self._weights(vault, position)
        weight += pallet.parts.weight(vault, position, weight)
        leavers = pallet.leavers
        return PositionView(
            vault=number,
            kind=vault.kind,
            points=position.points,
            stake=vault.stake.value(position.points),
            weight=weight,
            weight_joining=joining,
            level=formulas.level(weight),
            lock=position.lock,
            locked_until=position.locked_until,
            claimable=pallet.yields.unpaid(number, vault, position),
            unbonding=tuple(
                (one.era + UNBONDING_ERAS, leavers.worth(number, one)) for one in position.chunks
            ),
            assets=pallet.parts.part_views(number, vault, position),
        )

    def _weights(
        self, vault: Vault, position: Position, epoch: int | None = None
    ) -> tuple[Balance, Balance]:
        """Return the AGPU that counts of a position in an epoch, and that which does not yet."""
        stake = vault.stake
        if self._pallet.yields.counts(position, epoch):
            return stake.value(position.weight + position.joining), 0
        return stake.value(position.weight), stake.value(position.joining)

"""A world with a ledger of assets, and people with AGPU for deposits."""

from runtime.frame import Root, Signed, ensure_root
from runtime.frame import ensure_signed as anybody
from runtime.frame.fungible import HoldReason
from runtime.pallets.assets import Assets, Config
from runtime.pallets.balances import Balances
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.support.bench import Bench, account

ANNA, BERT, CARA, DORA = PEOPLE = tuple(account(seed) for seed in range(1, 5))
"""Anna owns asset 1 and issues it, Bert is its admin, the others have it."""
RICH, LEAST = 1_000 * UNIT, 10
CONFIG = Config(10 * UNIT, UNIT, UNIT, UNIT // 100, UNIT // 2)
COIN, OTHER = 1, 2


class AssetWorld(Bench):
    """A ledger of assets, and people with AGPU for deposits."""

    def __init__(self) -> None:
        super().__init__()
        self.agpu = self.add(Balances(self.context, 10**9, index=6, name="Balances"))
        self.assets = self.add(
            Assets(self.context, self.agpu, anybody, ensure_root, CONFIG, index=73)
        )
        self.agpu.build(tuple((who, RICH) for who in PEOPLE))

    def act(self, name: str, who: bytes, *arguments: object) -> None:
        """Make a call of somebody's; accounts among the arguments are addresses."""
        wrapped = (Id(one) if one in PEOPLE else one for one in arguments)
        self.call(getattr(self.assets, name), Signed(who), *wrapped)

    def force(self, name: str, *arguments: object) -> None:
        wrapped = (Id(one) if one in PEOPLE else one for one in arguments)
        self.call(getattr(self.assets, name), Root(), *wrapped)

    def held(self, who: bytes) -> int:
        return self.agpu.held(HoldReason.ASSET_DEPOSIT, who)

    def has(self, who: bytes, asset: int = COIN) -> int:
        return self.assets.ledger.balance(asset, who)

    def begin(self, amount: int = 1_000) -> None:
        """Let Anna issue an asset of which she has some."""
        self.act("create", ANNA, COIN, ANNA, LEAST)
        self.act("set_team", ANNA, COIN, ANNA, BERT, BERT)
        if amount:
            self.act("mint", ANNA, COIN, ANNA, amount)

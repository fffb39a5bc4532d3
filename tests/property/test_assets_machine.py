"""No sequence of calls of a ledger of assets breaks its sums, or costs more than declared."""

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from runtime.frame import DispatchError
from tests.pallets.asset_world import ANNA, OTHER, PEOPLE, AssetWorld

WHO = st.sampled_from(PEOPLE)
ASSET = st.integers(1, 2)
AMOUNT = st.integers(0, 60)
ONE = ("mint", "burn", "transfer", "transfer_keep_alive", "approve_transfer")
ALONE = ("freeze", "thaw", "block", "touch_other", "refund_other", "transfer_ownership")
WHOLE = ("freeze_asset", "thaw_asset", "start_destroy", "destroy_accounts", "destroy_approvals")


class AssetsMachine(RuleBasedStateMachine):
    """Whatever people do: the bench checks supply, counts, deposits and weights after each call."""

    def __init__(self) -> None:
        super().__init__()
        self.world = AssetWorld()
        self.world.begin()
        self.world.force("force_create", OTHER, ANNA, True, 3)

    def attempt(self, name: str, who: bytes, *arguments: object) -> None:
        with suppress(DispatchError):
            self.world.act(name, who, *arguments)

    @rule(name=st.sampled_from(ONE), who=WHO, asset=ASSET, other=WHO, amount=AMOUNT)
    def one(self, name: str, who: bytes, asset: int, other: bytes, amount: int) -> None:
        self.attempt(name, who, asset, other, amount)

    @rule(name=st.sampled_from(ALONE), who=WHO, asset=ASSET, other=WHO)
    def alone(self, name: str, who: bytes, asset: int, other: bytes) -> None:
        self.attempt(name, who, asset, other)

    @rule(name=st.sampled_from((*WHOLE, "finish_destroy", "touch")), who=WHO, asset=ASSET)
    def whole(self, name: str, who: bytes, asset: int) -> None:
        self.attempt(name, who, asset)

    @rule(who=WHO, asset=ASSET, flag=st.booleans(), other=WHO)
    def flagged(self, who: bytes, asset: int, flag: bool, other: bytes) -> None:
        self.attempt("refund", who, asset, flag)
        self.attempt("transfer_all", who, asset, other, flag)

    @rule(
        name=st.sampled_from(["force_transfer", "transfer_approved"]),
        who=WHO,
        asset=ASSET,
        sides=st.tuples(WHO, WHO),
        amount=AMOUNT,
    )
    def between(
        self, name: str, who: bytes, asset: int, sides: tuple[bytes, bytes], amount: int
    ) -> None:
        self.attempt(name, who, asset, *sides, amount)

    @rule(who=WHO, asset=ASSET, words=st.binary(max_size=4), least=st.integers(0, 12))
    def terms(self, who: bytes, asset: int, words: bytes, least: int) -> None:
        self.attempt("create", who, asset, who, least)
        self.attempt("set_metadata", who, asset, words, words, 6)
        self.attempt("set_min_balance", who, asset, least)
        with suppress(DispatchError):
            self.world.force("force_asset_status", asset, *(who,) * 4, least, least > 6, False)


TestAssets = AssetsMachine.TestCase
TestAssets.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

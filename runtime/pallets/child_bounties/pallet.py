"""ChildBounties: parts of a bounty, each with a curator and a payment of its own: its milestones.

The curator of the bounty sets a part's money apart, names who looks after it, or does so without
another deposit; what it was to prove stands in its description. Names, indices and layouts are
those of FRAME's `pallet_child_bounties`. Source: design page "Economy", 5.16.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Protocol

from runtime.frame import (
    Context,
    DispatchError,
    DoubleMap,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    Signed,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.pallets.child_bounties.types import (
    ADDED,
    EVENTS,
    Active,
    Added,
    Awarded,
    Canceled,
    ChildBounty,
    Claimed,
    Config,
    CuratorProposed,
    Error,
    PendingPayout,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.hashing import TWOX_64_CONCAT, pallet_account
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    U32,
    AccountId,
    Balance,
    BlockNumber,
    CompactBalance,
    CompactU32,
)

MAX_PARTS = 16
"""Parts of one bounty that are under way."""
MAX_DESCRIPTION_BYTES = 16_384
HOLD = HoldReason.CHILD_BOUNTY

RECORD = Weight(reads=5, writes=4, compute=10_000)
"""A child bounty, its bounty, and the counts."""
LEDGER = Weight(reads=4, writes=4, compute=10_000)
"""Two accounts, the holds of one, and the total issuance."""


class Parents(Protocol):
    """The bounties that have parts."""

    def active_curator_of(self, number: int) -> AccountId | None:
        """Return who looks after a bounty, or None."""
        ...

    def account_of_bounty(self, number: int) -> AccountId:
        """Return where a bounty's money is."""
        ...

    def curator_deposit(self, fee: Balance) -> Balance:
        """Return what a curator holds for a fee."""
        ...

    def payout_delay(self) -> BlockNumber:
        """Return the blocks from an award until it is paid."""
        ...

    def parts_of(self, number: int) -> int:
        """Return how many parts of a bounty are under way."""
        ...

    def begin_part(self, number: int) -> None:
        """Count one more part."""

    def end_part(self, number: int, fee: Balance) -> None:
        """Count one part fewer, whose curator had `fee`."""


class ChildBounties(Pallet):
    """Parts of bounties."""

    events = EVENTS
    errors = Error

    parent_total_child_bounties: Map[U32, U32] = Map(default=0, hasher=TWOX_64_CONCAT)
    """How many parts each bounty has had."""
    child_bounties: DoubleMap[U32, U32, ChildBounty] = DoubleMap(
        hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """Parts on their way."""
    child_bounty_descriptions_v1: DoubleMap[
        U32, U32, Annotated[bytes, Bounded(MAX_DESCRIPTION_BYTES)]
    ] = DoubleMap(hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT))
    """What each is for."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        parents: Parents,
        reject_origin: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "ChildBounties",
    ) -> None:
        """Let those call parts off who pass `reject_origin`, beside the bounty's curator."""
        super().__init__(context, index=index, name=name)
        self._currency, self._parents = currency, parents
        self._reject_origin, self._config = reject_origin, config

    @call(0, weight=RECORD + LEDGER)
    def add_child_bounty(
        self,
        origin: Origin,
        parent_bounty_id: CompactU32,
        value: CompactBalance,
        description: bytes,
    ) -> None:
        """Set a part of a bounty's money apart. The bounty's curator only."""
        self._ensure_curator(origin, parent_bounty_id)
        parents = self._parents
        ensure(len(description) <= MAX_DESCRIPTION_BYTES, Error.REASON_TOO_BIG)
        ensure(value >= self._config.minimum, Error.INVALID_VALUE)
        ensure(parents.parts_of(parent_bounty_id) < MAX_PARTS, Error.TOO_MANY_CHILD_BOUNTIES)
        source = parents.account_of_bounty(parent_bounty_id)
        ensure(value <= self._currency.free(source), Error.INSUFFICIENT_BOUNTY_BALANCE)
        child = self.parent_total_child_bounties[parent_bounty_id]
        self.parent_total_child_bounties[parent_bounty_id] = child + 1
        place = parent_bounty_id, child
        self._currency.transfer_and_reap(source, self.account_of_child(*place), value)
        parents.begin_part(parent_bounty_id)
        self.child_bounties[place] = ChildBounty(parent_bounty_id, value, 0, 0, ADDED)
        self.child_bounty_descriptions_v1[place] = description
        self.deposit(Added(*place))

    @call(1, weight=RECORD)
    def propose_curator(
        self,
        origin: Origin,
        parent_bounty_id: CompactU32,
        child_bounty_id: CompactU32,
        curator: MultiAddress,
        fee: CompactBalance,
    ) -> None:
        """Name who is to look after a part, for a fee out of it. The bounty's curator only."""
        self._ensure_curator(origin, parent_bounty_id)
        child = self._child(parent_bounty_id, child_bounty_id)
        ensure(child.status == ADDED, Error.UNEXPECTED_STATUS)
        ensure(fee < child.value, Error.INVALID_FEE)
        status = CuratorProposed(account_of(curator))
        place = parent_bounty_id, child_bounty_id
        self.child_bounties[place] = replace(child, fee=fee, status=status)

    @call(2, weight=RECORD + LEDGER)
    def accept_curator(
        self, origin: Origin, parent_bounty_id: CompactU32, child_bounty_id: CompactU32
    ) -> None:
        """Look after a part, as was proposed.

        A deposit is on hold meanwhile; the bounty's own curator has one already.
        """
        who = ensure_signed(origin)
        child = self._child(parent_bounty_id, child_bounty_id)
        ensure(child.status == CuratorProposed(who), Error.REQUIRE_CURATOR)
        is_own = self._parents.active_curator_of(parent_bounty_id) == who
        deposit = 0 if is_own else self._parents.curator_deposit(child.fee)
        if deposit:
            self._currency.hold(HOLD, who, deposit)
        place = parent_bounty_id, child_bounty_id
        self.child_bounties[place] = replace(child, curator_deposit=deposit, status=Active(who))

    @call(3, weight=RECORD + LEDGER)
    def unassign_curator(
        self, origin: Origin, parent_bounty_id: CompactU32, child_bounty_id: CompactU32
    ) -> None:
        """Let nobody look after a part any more.

        A curator leaves with the deposit; one whom the bounty's curator or governance removes
        loses it.
        """
        by = self._rejecting(origin, parent_bounty_id)
        child = self._child(parent_bounty_id, child_bounty_id)
        match child.status:
            case CuratorProposed(curator):
                ensure(by in (None, curator), Error.REQUIRE_CURATOR)
            case Active(curator):
                ensure(by in (None, curator), Error.REQUIRE_CURATOR)
                child = self._without_deposit(child, curator, is_lost=by is None)
            case PendingPayout(curator):
                ensure(by is None, Error.REQUIRE_CURATOR)
                child = self._without_deposit(child, curator, is_lost=True)
            case _:
                raise DispatchError(Error.UNEXPECTED_STATUS)
        place = parent_bounty_id, child_bounty_id
        self.child_bounties[place] = replace(child, status=ADDED)

    @call(4, weight=RECORD)
    def award_child_bounty(
        self,
        origin: Origin,
        parent_bounty_id: CompactU32,
        child_bounty_id: CompactU32,
        beneficiary: MultiAddress,
    ) -> None:
        """Award a part, as its curator or the bounty's; it is paid after a delay."""
        who, winner = ensure_signed(origin), account_of(beneficiary)
        child = self._child(parent_bounty_id, child_bounty_id)
        if not isinstance(child.status, Active):
            raise DispatchError(Error.UNEXPECTED_STATUS)
        curator = child.status.curator
        allowed = (curator, self._parents.active_curator_of(parent_bounty_id))
        ensure(who in allowed, Error.REQUIRE_CURATOR)
        status = PendingPayout(curator, winner, self.context.number + self._parents.payout_delay())
        place = parent_bounty_id, child_bounty_id
        self.child_bounties[place] = replace(child, status=status)
        self.deposit(Awarded(*place, winner))

    @call(5, weight=RECORD + LEDGER + LEDGER)
    def claim_child_bounty(
        self, origin: Origin, parent_bounty_id: CompactU32, child_bounty_id: CompactU32
    ) -> None:
        """Have an awarded part paid once its delay is over. Anyone may."""
        ensure_signed(origin)
        place = parent_bounty_id, child_bounty_id
        child = self._child(*place)
        status = child.status
        if not isinstance(status, PendingPayout):
            raise DispatchError(Error.UNEXPECTED_STATUS)
        ensure(self.context.number >= status.unlock_at, Error.PREMATURE)
        account = self.account_of_child(*place)
        payout = self._currency.free(account) - child.fee
        self._without_deposit(child, status.curator, is_lost=False)
        self._forget(place, child.fee)
        self._currency.transfer_and_reap(account, status.curator, child.fee)
        self._currency.transfer_and_reap(account, status.beneficiary, payout)
        self.deposit(Claimed(*place, payout, status.beneficiary))

    @call(6, weight=RECORD + LEDGER + LEDGER)
    def close_child_bounty(
        self, origin: Origin, parent_bounty_id: CompactU32, child_bounty_id: CompactU32
    ) -> None:
        """Call a part off; its money is the bounty's again. The bounty's curator, or governance."""
        by = self._rejecting(origin, parent_bounty_id)
        ensure(by is None, Error.REQUIRE_CURATOR)
        place = parent_bounty_id, child_bounty_id
        child = self._child(*place)
        ensure(not isinstance(child.status, PendingPayout), Error.UNEXPECTED_STATUS)
        if isinstance(child.status, Active):
            self._without_deposit(child, child.status.curator, is_lost=False)
        account, parent = self.account_of_child(*place), parent_bounty_id
        self._forget(place, 0)
        whole = self._currency.free(account)
        self._currency.transfer_and_reap(account, self._parents.account_of_bounty(parent), whole)
        self.deposit(Canceled(*place))

    @constant
    def max_active_child_bounty_count(self) -> U32:
        """Return how many parts of a bounty may be under way."""
        return MAX_PARTS

    @constant
    def child_bounty_value_minimum(self) -> Balance:
        """Return the least value of a part."""
        return self._config.minimum

    def account_of_child(self, parent: int, child: int) -> AccountId:
        """Return the account of a part's money; nobody has a key for it."""
        sub = encode(("cb", parent, child), tuple[str, U32, U32])
        return pallet_account(self._config.pallet_id, sub)

    @invariant
    def parts_have_their_money(self) -> bool:
        """Each part has its value on its account, and its curator holds the deposit."""
        deposits = [
            (child.status.curator, child.curator_deposit)
            for _, child in self.child_bounties.items()
            if isinstance(child.status, Active | PendingPayout)
        ]
        return are_held(self._currency, HOLD, deposits) and all(
            self._currency.free(self.account_of_child(*place)) >= child.value
            for place, child in self.child_bounties.items()
        )

    @invariant
    def parts_are_counted(self) -> bool:
        """Each bounty knows how many parts of it are under way."""
        counts: dict[int, int] = {}
        for parent, _ in (place for place, _ in self.child_bounties.items()):
            counts[parent] = counts.get(parent, 0) + 1
        return all(self._parents.parts_of(parent) == count for parent, count in counts.items())

    # ------------------------------------------------------------------------------------ helpers

    def _child(self, parent: int, child: int) -> ChildBounty:
        return require(self.child_bounties.get((parent, child)), Error.INVALID_INDEX)

    def _ensure_curator(self, origin: Origin, parent: int) -> None:
        """Let only the curator of an active bounty pass."""
        who, curator = ensure_signed(origin), self._parents.active_curator_of(parent)
        ensure(curator is not None, Error.PARENT_BOUNTY_NOT_ACTIVE)
        ensure(curator == who, Error.REQUIRE_CURATOR)

    def _rejecting(self, origin: Origin, parent: int) -> AccountId | None:
        """Return who signed; None for governance and for the bounty's curator."""
        if not isinstance(origin, Signed):
            self._reject_origin(origin)
            return None
        return None if self._parents.active_curator_of(parent) == origin.who else origin.who

    def _without_deposit(
        self, child: ChildBounty, curator: AccountId, *, is_lost: bool
    ) -> ChildBounty:
        """Give a curator's deposit back, or burn it."""
        if child.curator_deposit:
            settle = self._currency.burn_held if is_lost else self._currency.release
            settle(HOLD, curator, child.curator_deposit)
        return replace(child, curator_deposit=0)

    def _forget(self, place: tuple[int, int], fee: Balance) -> None:
        del self.child_bounties[place]
        del self.child_bounty_descriptions_v1[place]
        self._parents.end_part(place[0], fee)

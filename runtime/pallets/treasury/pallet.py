"""Treasury: the chain's own funds, spent by referendum.

A referendum approves a spend; from then on anyone may have it paid out, until it expires. Large
spends become due little by little, so that they can be called off half way. What each track and
all tracks together approve in 28 eras is bounded by what the pot held before. Names, indices and
layouts are those of FRAME's `pallet_treasury`. Source: design page "Economy", 5.16.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from runtime.frame import (
    BadOrigin,
    Context,
    DispatchError,
    DoubleMap,
    EnsureOrigin,
    GovernanceOrigin,
    Governed,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungibles import AMAX, NATIVE, AssetId, MovableAssets, NativeOrWithId, WithId
from runtime.pallets.treasury.ports import (
    UNRESTRAINED,
    Allowance,
    Config,
    Error,
    Ledger,
    Restraint,
    Terms,
    VotingToken,
)
from runtime.pallets.treasury.promises import Promises
from runtime.pallets.treasury.types import (
    EVENTS,
    MAX_APPROVALS,
    PAID_IN_FULL,
    PENDING,
    AssetSpendApproved,
    AssetSpendVoided,
    Attempted,
    Awarded,
    Paid,
    PalletId,
    Proposal,
    Rollover,
    SpendApproved,
    Spending,
    SpendProcessed,
    SpendStatus,
    Stream,
    UpdatedInactive,
    Window,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.fixed import PermillParts
from runtime.primitives.hashing import TWOX_64_CONCAT, pallet_account
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    U32,
    U32_MAX,
    AccountId,
    Balance,
    BlockNumber,
    CompactBalance,
    CompactU32,
)

APPROVE = Weight(reads=10, writes=6, compute=20_000)
"""A count, the spend, its stream, what is committed, two windows, the pot, idle eras, terms; of
another asset also what it is."""

PERIOD = Weight(reads=1)
"""When the local spends were last paid."""

PAYMENT = Weight(reads=7, writes=7, compute=30_000)
"""The spend, its stream, what is committed, two accounts and the total issuance."""

ENTRY = Weight(reads=5, writes=4)
"""Of another asset also what it is, what is frozen of it, and the deposit for an entry."""

ALL_PAYMENTS = PERIOD + Weight(reads=2, writes=3) + PAYMENT * MAX_APPROVALS
"""A period's end with as many local spends as there can be."""


class Treasury(Pallet):
    """The chain's own funds, spent by referendum."""

    events = EVENTS
    errors = Error

    proposal_count: Value[U32] = Value(default=0)
    """How many local spends were approved so far."""
    proposals: Map[U32, Proposal] = Map(hasher=TWOX_64_CONCAT)
    """Local spends that wait for the end of the period."""
    deactivated: Value[Balance] = Value(default=0)
    """AMAX of the treasury, which does not vote."""
    approvals: Value[Annotated[tuple[U32, ...], Bounded(MAX_APPROVALS)]] = Value(default=())
    """The local spends that wait, in order."""
    spend_count: Value[U32] = Value(default=0)
    """How many spends were approved so far."""
    spends: Map[U32, SpendStatus] = Map(hasher=TWOX_64_CONCAT)
    """Spends that were approved and not forgotten."""
    last_spend_period: Value[BlockNumber | None] = Value(default=None)
    """The block at which local spends were last paid."""
    streams: Map[U32, Stream] = Map(hasher=TWOX_64_CONCAT)
    """How spends become due that are not due at once."""
    committed: Value[Balance] = Value(default=0)
    """What is approved and not paid."""
    track_window: Map[GovernanceOrigin, Window] = Map(default=(), hasher=TWOX_64_CONCAT)
    """What each track approved in the last 28 eras."""
    global_window: Value[Window] = Value(default=())
    """What all tracks approved in the last 28 eras."""
    asset_committed: Map[AssetId, Balance] = Map(default=0, hasher=TWOX_64_CONCAT)
    """What is approved and not paid of assets other than AGPU."""
    asset_track_window: DoubleMap[AssetId, GovernanceOrigin, Window] = DoubleMap(
        default=(), hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """What each track approved of such an asset in the last 28 eras."""
    asset_window: Map[AssetId, Window] = Map(default=(), hasher=TWOX_64_CONCAT)
    """What all tracks approved of it in the last 28 eras."""

    def __init__(
        self,
        context: Context,
        ledger: Ledger,
        voting: VotingToken,
        reject_origin: EnsureOrigin[None],
        config: Config,
        *,
        terms: Terms,
        restraint: Restraint = UNRESTRAINED,
        assets: MovableAssets,
        index: int,
        name: str = "Treasury",
    ) -> None:
        """Spend `ledger`, `voting` and `assets`; who passes `reject_origin` calls spends off."""
        super().__init__(context, index=index, name=name)
        self.ledger, self.voting, self.assets = ledger, voting, assets
        self.terms, self.config = terms, config
        self.reject_origin, self.restraint = reject_origin, restraint
        self.account = pallet_account(config.pallet_id)
        self.promises = Promises(self)

    @call(3, weight=APPROVE)
    def spend_local(
        self, origin: Origin, amount: CompactBalance, beneficiary: MultiAddress
    ) -> None:
        """Approve a spend that is paid at the end of the period; for small amounts only."""
        track, allowance = self._spender(origin)
        ensure(not allowance.stream_eras, Error.INSUFFICIENT_PERMISSION)
        waiting, index, who = self.approvals, self.proposal_count, account_of(beneficiary)
        ensure(len(waiting) < MAX_APPROVALS, Error.TOO_MANY_APPROVALS)
        self.promises.commit(track, allowance, NATIVE, amount)
        self.proposals[index] = Proposal(who, amount, who, 0)
        self.approvals, self.proposal_count = (*waiting, index), index + 1
        self.deposit(SpendApproved(index, amount, who))

    @call(4, weight=Weight(reads=3, writes=3))
    def remove_approval(self, origin: Origin, proposal_id: CompactU32) -> None:
        """Call off a local spend that waits for the end of the period."""
        self.reject_origin(origin)
        ensure(proposal_id in self.approvals, Error.PROPOSAL_NOT_APPROVED)
        self.approvals = tuple(one for one in self.approvals if one != proposal_id)
        self.committed -= self.proposals[proposal_id].value
        del self.proposals[proposal_id]

    @call(5, weight=APPROVE)
    def spend(
        self,
        origin: Origin,
        asset_kind: NativeOrWithId,
        amount: CompactBalance,
        beneficiary: MultiAddress,
        valid_from: BlockNumber | None,
    ) -> None:
        """Approve a spend, due from a block on; above the small track little by little.

        Of any asset that the treasury has: AMAX is the asset 4294967295. It is paid like a
        transfer, so AMAX votes a week after its new owner set it aside.
        """
        track, allowance = self._spender(origin)
        ensure(self.promises.is_known(asset_kind), Error.FAILED_TO_CONVERT_BALANCE)
        self.promises.commit(track, allowance, asset_kind, amount)
        config, index, who = self.config, self.spend_count, account_of(beneficiary)
        # a stream that began in the past would be due at once
        start = max(valid_from or 0, self.context.number)
        blocks = allowance.stream_eras * config.era_blocks
        # a spend that begins with the last blocks of all never lapses, as in FRAME
        expiry = min(start + blocks + config.payout_eras * config.era_blocks, U32_MAX)
        self.spends[index] = SpendStatus(asset_kind, amount, who, start, expiry, PENDING)
        if blocks:
            self.streams[index] = Stream(blocks, 0)
        self.spend_count = index + 1
        self.deposit(AssetSpendApproved(index, asset_kind, amount, who, start, expiry))

    @call(6, weight=PAYMENT + ENTRY)
    def payout(self, origin: Origin, index: U32) -> None:
        """Have a spend paid, as far as it is due; anyone may call."""
        ensure_signed(origin)
        spend, now = require(self.spends.get(index), Error.INVALID_INDEX), self.context.number
        ensure(now >= spend.valid_from, Error.EARLY_PAYOUT)
        ensure(now < spend.expire_at, Error.SPEND_EXPIRED)
        ensure(not isinstance(spend.status, Attempted), Error.ALREADY_ATTEMPTED)
        stream = self.streams.get(index)
        due = self._due(spend, stream)
        ensure(due > 0, Error.EARLY_PAYOUT)
        ensure(
            self.attempt(self.promises.pay, spend.asset_kind, spend.beneficiary, due),
            Error.PAYOUT_ERROR,
        )
        self.promises.settle(spend.asset_kind, due)
        if due == self._unpaid(index, spend):
            self.spends[index] = replace(spend, status=PAID_IN_FULL)
            del self.streams[index]
        elif stream is not None:
            self.streams[index] = replace(stream, paid=stream.paid + due)
        self.deposit(Paid(index, ()))

    @call(7, weight=Weight(reads=3, writes=3))
    def check_status(self, origin: Origin, index: U32) -> None:
        """Forget a spend that was paid in full or has expired; anyone may call."""
        ensure_signed(origin)
        spend = require(self.spends.get(index), Error.INVALID_INDEX)
        is_expired = self.context.number > spend.expire_at
        ensure(isinstance(spend.status, Attempted) or is_expired, Error.NOT_ATTEMPTED)
        self._forget(index, spend)
        self.deposit(SpendProcessed(index))

    @call(8, weight=Weight(reads=3, writes=3))
    def void_spend(self, origin: Origin, index: U32) -> None:
        """Call off a spend, or what was not paid of it yet."""
        self.reject_origin(origin)
        spend = require(self.spends.get(index), Error.INVALID_INDEX)
        ensure(not isinstance(spend.status, Attempted), Error.ALREADY_ATTEMPTED)
        self._forget(index, spend)
        self.deposit(AssetSpendVoided(index))

    @constant
    def spend_period(self) -> BlockNumber:
        """Return how many blocks lie between two payments of local spends."""
        return self.config.spend_eras * self.config.era_blocks

    @constant
    def burn(self) -> PermillParts:
        """Return which part of the pot is destroyed at the end of a period: none."""
        return 0

    @constant
    def pallet_id(self) -> PalletId:
        """Return what the account of the pot is derived from."""
        return self.config.pallet_id.encode("ascii")

    @constant
    def max_approvals(self) -> U32:
        """Return how many local spends may wait for the end of a period."""
        return MAX_APPROVALS

    @constant
    def payout_period(self) -> BlockNumber:
        """Return for how many blocks a spend can be paid once all of it is due."""
        return self.config.payout_eras * self.config.era_blocks

    @constant
    def pot_account(self) -> AccountId:
        """Return the account of the pot."""
        return self.account

    def pot(self) -> Balance:
        """Return what the treasury could spend, promised or not."""
        return self.promises.pot(NATIVE)

    def ensure_spender(self, origin: Origin) -> None:
        """Let those pass who may spend, or raise `DispatchError`."""
        self._spender(origin)

    def fund(self, origin: Origin, dest: AccountId, amount: Balance) -> None:
        """Pay `amount` to an account that grants it in parts, if the origin may spend so much.

        It counts against the windows like a spend; it needs no stream, for it is paid out later.
        """
        self.promises.commit(*self._spender(origin), NATIVE, amount)
        self.ledger.transfer(self.account, dest, amount)
        self.committed -= amount

    def spare(self) -> Balance:
        """Return what of the pot is not promised."""
        return self.pot() - self.committed

    def invested(self, amount: Balance) -> None:
        """Count AGPU that just left the pot for a pool, or raise `DispatchError`."""
        self.promises.invested(amount)

    def destroy(self, amount: Balance) -> None:
        """Burn so much of the pot that is not promised."""
        ensure(amount <= self.spare(), Error.POT_TOO_SMALL)
        self.ledger.burn_from(self.account, amount, keep_alive=True)

    def destroy_as(self, origin: Origin, amount: Balance) -> None:
        """Burn so much of the pot, if the origin may spend it; it counts against the windows."""
        self.promises.commit(*self._spender(origin), NATIVE, amount)
        self.committed -= amount
        self.ledger.burn_from(self.account, amount, keep_alive=True)

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Count out the treasury's AMAX."""
        owned, counted_out = self.voting.total(self.account), self.deactivated
        if owned != counted_out:
            self.voting.deactivate(owned - counted_out)
            self.deactivated = owned
            self.deposit(UpdatedInactive(counted_out, owned))
        return Weight(reads=3, writes=2)

    def on_poll(self, number: BlockNumber, left: int) -> Weight:
        """Pay the local spends when a period has ended, all of them in one block."""
        period = self.spend_period()
        if left < ALL_PAYMENTS.ref_time:
            return Weight()
        if number // period == (self.last_spend_period or 0) // period:
            return PERIOD
        return PERIOD + self._pay_local_spends(number)

    def _pay_local_spends(self, number: BlockNumber) -> Weight:
        waiting = self.approvals
        self.last_spend_period = number
        self.deposit(Spending(self.pot()))
        self.approvals = tuple(one for one in waiting if not self.attempt(self._award, one))
        self.deposit(Rollover(self.pot()))
        return Weight(reads=2, writes=3) + PAYMENT * len(waiting)

    def _award(self, index: U32) -> None:
        proposal = self.proposals[index]
        self.ledger.transfer(self.account, proposal.beneficiary, proposal.value)
        self.committed -= proposal.value
        del self.proposals[index]
        self.deposit(Awarded(index, proposal.value, proposal.beneficiary))

    def _spender(self, origin: Origin) -> tuple[GovernanceOrigin, Allowance]:
        """Return the track that an origin speaks for and what it may spend."""
        for track, allowance in self.config.allowances:
            if origin == Governed(track):
                return track, allowance
        raise DispatchError(BadOrigin.BAD_ORIGIN)

    def _due(self, spend: SpendStatus, stream: Stream | None) -> Balance:
        """Return what may be paid of a spend now."""
        if stream is None:
            return spend.amount
        passed = min(self.context.number - spend.valid_from, stream.blocks)
        return spend.amount * passed // stream.blocks - stream.paid

    def _unpaid(self, index: U32, spend: SpendStatus) -> Balance:
        if isinstance(spend.status, Attempted):
            return 0
        stream = self.streams.get(index)
        return spend.amount - (0 if stream is None else stream.paid)

    def _forget(self, index: U32, spend: SpendStatus) -> None:
        self.promises.settle(spend.asset_kind, self._unpaid(index, spend))
        del self.spends[index]
        del self.streams[index]

    @invariant
    def what_is_committed_is_unpaid(self) -> bool:
        """Equal: what is committed, and all that was approved and not paid."""
        unpaid: dict[NativeOrWithId, int] = {NATIVE: self.committed}
        unpaid |= {WithId(asset): amount for asset, amount in self.asset_committed.items()}
        unpaid[NATIVE] -= sum(proposal.value for _, proposal in self.proposals.items())
        for index, spend in self.spends.items():
            unpaid[spend.asset_kind] = unpaid.get(spend.asset_kind, 0) - self._unpaid(index, spend)
        return not any(unpaid.values())

    @invariant
    def the_pot_covers_what_is_committed(self) -> bool:
        """No more is promised than the pots of AGPU and AMAX hold; issuers may take others back."""
        made = self.promises
        return all(made.committed(kind) <= made.pot(kind) for kind in (NATIVE, AMAX))

    @invariant
    def what_waits_is_known(self) -> bool:
        """Equal: the local spends that wait, and those that are stored."""
        return sorted(self.approvals) == sorted(index for index, _ in self.proposals.items())

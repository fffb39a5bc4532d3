"""Multisig: calls of an account that several others own, made when enough of them agree.

The account follows from its owners and their threshold, so it needs no setting up; nobody has a
key for it. Who proposes a call holds a deposit until it is made or withdrawn. Names, indices and
layouts are those of FRAME's `pallet_multisig`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated, ClassVar

from runtime.frame import (
    Context,
    DoubleMap,
    Origin,
    Pallet,
    PalletError,
    Signed,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    event,
    invariant,
    require,
)
from runtime.frame.calls import Call, RuntimeCall
from runtime.frame.dispatch import RefTime
from runtime.frame.fungible import Currency, HoldReason, are_held, rehold
from runtime.frame.inner import Dispatcher
from runtime.frame.results import DispatchResult, Err, Ok
from runtime.primitives.hashing import BLAKE2_128_CONCAT, TWOX_64_CONCAT, blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U16, U32, AccountId, Balance, BlockNumber

MAX_SIGNATORIES = 100

WRAPPING = Weight(reads=1, writes=1, compute=20_000)
"""Making a call as the joint account, whose record may not have been read yet."""
PROPOSAL = Weight(reads=3, writes=3, compute=20_000)
"""A proposal, and the account and the holds of who made it."""
SIGNATORY = Weight(compute=300)
"""One owner more to hash and to compare."""

Others = tuple[AccountId, ...]
"""The other owners, in ascending order."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a proposal costs while it is open, in planck."""

    deposit_base: Balance
    deposit_factor: Balance
    """For each approval that it needs."""


@dataclass(frozen=True, slots=True)
class Timepoint:
    """The extrinsic that proposed a call: two proposals of one call are told apart by it."""

    type_path: ClassVar[str] = "pallet_multisig::Timepoint"
    height: BlockNumber
    index: U32


@dataclass(frozen=True, slots=True)
class Multisig:
    """A proposal that is not yet approved by enough owners."""

    type_path: ClassVar[str] = "pallet_multisig::Multisig"
    when: Timepoint
    deposit: Balance
    depositor: AccountId
    approvals: Annotated[tuple[AccountId, ...], Bounded(MAX_SIGNATORIES)]
    """In ascending order."""


@event
class NewMultisig:
    """A call was proposed."""

    approving: AccountId
    multisig: AccountId
    call_hash: H256


@event
class MultisigApproval:
    """One more owner approves of a call."""

    approving: AccountId
    timepoint: Timepoint
    multisig: AccountId
    call_hash: H256


@event
class MultisigExecuted:
    """The last approval came, and the call was made."""

    approving: AccountId
    timepoint: Timepoint
    multisig: AccountId
    call_hash: H256
    result: DispatchResult


@event
class MultisigCancelled:
    """A proposal was withdrawn."""

    cancelling: AccountId
    timepoint: Timepoint
    multisig: AccountId
    call_hash: H256


@event
class DepositPoked:
    """A proposal holds what one costs now."""

    who: AccountId
    call_hash: H256
    old_deposit: Balance
    new_deposit: Balance


class Error(PalletError):
    """Why Multisig refused a call."""

    MINIMUM_THRESHOLD = 0, "The threshold must be two or more."
    ALREADY_APPROVED = 1, "The call is already approved by this owner."
    NO_APPROVALS_NEEDED = 2, "The call needs no more approvals: give it in full."
    TOO_FEW_SIGNATORIES = 3, "There are fewer owners than the threshold."
    TOO_MANY_SIGNATORIES = 4, "There are more owners than one account may have."
    SIGNATORIES_OUT_OF_ORDER = 5, "The other owners must be ascending and distinct."
    SENDER_IN_SIGNATORIES = 6, "The other owners must not hold the sender."
    NOT_FOUND = 7, "There is no such proposal."
    NOT_OWNER = 8, "Only who proposed the call may withdraw it."
    NO_TIMEPOINT = 9, "The call is proposed already: name the timepoint of its proposal."
    WRONG_TIMEPOINT = 10, "The call was proposed at another timepoint."
    UNEXPECTED_TIMEPOINT = 11, "The call is not proposed yet: name no timepoint."
    MAX_WEIGHT_TOO_LOW = 12, "The call weighs more than was said."
    ALREADY_STORED = 13, "The data to be stored is already stored."


def approving(*arguments: object) -> Weight:
    """Return what an approval weighs, without the call."""
    others = next(one for one in arguments if isinstance(one, tuple))
    return PROPOSAL + WRAPPING + SIGNATORY * (len(others) + 1)


def multi_account(owners: tuple[AccountId, ...], threshold: int) -> AccountId:
    """Return the account of `owners`, in any order, of whom `threshold` must agree."""
    listed = encode(tuple(sorted(owners)), tuple[AccountId, ...])
    return blake2_256(b"modlpy/utilisuba" + listed + encode(threshold, U16))


class MultisigPallet(Pallet):
    """Calls of accounts that several others own."""

    events = (NewMultisig, MultisigApproval, MultisigExecuted, MultisigCancelled, DepositPoked)
    errors = Error

    multisigs: DoubleMap[AccountId, H256, Multisig] = DoubleMap(
        hashers=(TWOX_64_CONCAT, BLAKE2_128_CONCAT)
    )
    """Open proposals, by the account they are of and the hash of the call."""

    def __init__(
        self,
        context: Context,
        inside: Dispatcher,
        currency: Currency,
        config: Config,
        *,
        index: int,
        name: str = "Multisig",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self._inside, self._currency, self._config = inside, currency, config

    @call(0, weight=approving, inner=lambda *arguments: (arguments[-1],))
    def as_multi_threshold_1(
        self, origin: Origin, other_signatories: Others, call: RuntimeCall
    ) -> None:
        """Make a call of an account of which any owner may dispose alone."""
        who = ensure_signed(origin)
        joint = self._account(who, other_signatories, 1)
        now, hash_ = self._now(), blake2_256(call.encode())
        result = self._make(call, origin, joint)
        self.deposit(MultisigExecuted(who, now, joint, hash_, result))

    @call(1, weight=approving, inner=lambda *arguments: (arguments[3],))
    def as_multi(
        self,
        origin: Origin,
        threshold: U16,
        other_signatories: Others,
        maybe_timepoint: Timepoint | None,
        call: RuntimeCall,
        max_weight: RefTime,
    ) -> None:
        """Approve of a call, and make it if enough owners have; the first proposes it."""
        who, joint = self._owner(origin, other_signatories, threshold)
        hash_ = blake2_256(call.encode())
        proposal = self._proposal(joint, hash_, maybe_timepoint)
        if proposal is None or len(with_one(proposal.approvals, who)) < threshold:
            self._approve(who, joint, hash_, threshold, proposal)
            return
        ensure(call.weight <= max_weight.ref_time, Error.MAX_WEIGHT_TOO_LOW)
        self._close(joint, hash_, proposal)
        result = self._make(call, origin, joint)
        self.deposit(MultisigExecuted(who, proposal.when, joint, hash_, result))

    @call(2, weight=approving)
    def approve_as_multi(
        self,
        origin: Origin,
        threshold: U16,
        other_signatories: Others,
        maybe_timepoint: Timepoint | None,
        call_hash: H256,
        max_weight: RefTime,  # noqa: ARG002 - nothing is made here
    ) -> None:
        """Approve of a call by its hash; the last approval must give it in full."""
        who, joint = self._owner(origin, other_signatories, threshold)
        proposal = self._proposal(joint, call_hash, maybe_timepoint)
        approvals = () if proposal is None else proposal.approvals
        ensure(len(approvals) < threshold - 1, Error.NO_APPROVALS_NEEDED)
        self._approve(who, joint, call_hash, threshold, proposal)

    @call(3, weight=approving)
    def cancel_as_multi(
        self,
        origin: Origin,
        threshold: U16,
        other_signatories: Others,
        timepoint: Timepoint,
        call_hash: H256,
    ) -> None:
        """Withdraw a proposal; who made it only, who has the deposit back."""
        who, joint = self._owner(origin, other_signatories, threshold)
        proposal = require(self.multisigs.get((joint, call_hash)), Error.NOT_FOUND)
        ensure(proposal.when == timepoint, Error.WRONG_TIMEPOINT)
        ensure(proposal.depositor == who, Error.NOT_OWNER)
        self._close(joint, call_hash, proposal)
        self.deposit(MultisigCancelled(who, timepoint, joint, call_hash))

    @call(4, weight=approving)
    def poke_deposit(
        self, origin: Origin, threshold: U16, other_signatories: Others, call_hash: H256
    ) -> None:
        """Hold what a proposal costs now; who made it only. Nothing happens if that is the same."""
        who, joint = self._owner(origin, other_signatories, threshold)
        proposal = require(self.multisigs.get((joint, call_hash)), Error.NOT_FOUND)
        ensure(proposal.depositor == who, Error.NOT_OWNER)
        old, new = proposal.deposit, self._cost(threshold)
        if new != old:
            rehold(self._currency, HoldReason.MULTISIG, who, old, new)
            self.multisigs[joint, call_hash] = replace(proposal, deposit=new)
            self.deposit(DepositPoked(who, call_hash, old, new))

    @constant
    def deposit_base(self) -> Balance:
        """Return what a proposal holds, without its approvals."""
        return self._config.deposit_base

    @constant
    def deposit_factor(self) -> Balance:
        """Return what it holds for each approval that it needs."""
        return self._config.deposit_factor

    @constant
    def max_signatories(self) -> U32:
        """Return how many owners an account may have."""
        return MAX_SIGNATORIES

    @invariant
    def deposits_are_held(self) -> bool:
        """Who proposed has the deposits of all open proposals on hold."""
        parts = ((one.depositor, one.deposit) for _, one in self.multisigs.items())
        return are_held(self._currency, HoldReason.MULTISIG, parts)

    @invariant
    def approvals_are_in_order(self) -> bool:
        """Each proposal has an approval, and none twice."""
        return all(
            one.approvals and all(a < b for a, b in pairwise(one.approvals))
            for _, one in self.multisigs.items()
        )

    # ----------------------------------------------------------------------------------- helpers

    def _cost(self, threshold: int) -> Balance:
        return self._config.deposit_base + self._config.deposit_factor * threshold

    def _now(self) -> Timepoint:
        return Timepoint(self.context.number, max(self.context.extrinsic_index, 0))

    def _owner(self, origin: Origin, others: Others, threshold: int) -> tuple[AccountId, AccountId]:
        """Return the sender and the account that it is an owner of."""
        who = ensure_signed(origin)
        ensure(threshold > 1, Error.MINIMUM_THRESHOLD)
        return who, self._account(who, others, threshold)

    @staticmethod
    def _account(who: AccountId, others: Others, threshold: int) -> AccountId:
        ensure(len(others) > 0 and len(others) + 1 >= threshold, Error.TOO_FEW_SIGNATORIES)
        ensure(len(others) < MAX_SIGNATORIES, Error.TOO_MANY_SIGNATORIES)
        is_ascending = all(a < b for a, b in pairwise(others))
        ensure(is_ascending, Error.SIGNATORIES_OUT_OF_ORDER)
        ensure(who not in others, Error.SENDER_IN_SIGNATORIES)
        return multi_account((who, *others), threshold)

    def _proposal(
        self, joint: AccountId, call_hash: H256, timepoint: Timepoint | None
    ) -> Multisig | None:
        """Return the open proposal of a call; the sender must know of it or that there is none."""
        found = self.multisigs.get((joint, call_hash))
        if found is None:
            ensure(timepoint is None, Error.UNEXPECTED_TIMEPOINT)
        else:
            ensure(timepoint is not None, Error.NO_TIMEPOINT)
            ensure(timepoint == found.when, Error.WRONG_TIMEPOINT)
        return found

    def _approve(
        self,
        who: AccountId,
        joint: AccountId,
        call_hash: H256,
        threshold: int,
        proposal: Multisig | None,
    ) -> None:
        if proposal is None:
            deposit = self._cost(threshold)
            self._currency.hold(HoldReason.MULTISIG, who, deposit)
            self.multisigs[joint, call_hash] = Multisig(self._now(), deposit, who, (who,))
            self.deposit(NewMultisig(who, joint, call_hash))
            return
        ensure(who not in proposal.approvals, Error.ALREADY_APPROVED)
        approvals = with_one(proposal.approvals, who)
        self.multisigs[joint, call_hash] = replace(proposal, approvals=approvals)
        self.deposit(MultisigApproval(who, proposal.when, joint, call_hash))

    def _close(self, joint: AccountId, call_hash: H256, proposal: Multisig) -> None:
        """Forget a proposal and give its deposit back."""
        del self.multisigs[joint, call_hash]
        self._currency.release(HoldReason.MULTISIG, proposal.depositor, proposal.deposit)

    def _make(self, one: Call, origin: Origin, joint: AccountId) -> Ok | Err:
        """Make a call as the joint account; whatever confines the sender confines it too."""
        assert isinstance(origin, Signed), "only an account signs"
        error = self._inside.attempt(one, Signed(joint, origin.filters))
        return Ok(()) if error is None else Err(self._inside.failure(error))


def with_one(approvals: tuple[AccountId, ...], who: AccountId) -> tuple[AccountId, ...]:
    """Return the approvals with one more, in order; an approval counts once."""
    return approvals if who in approvals else tuple(sorted((*approvals, who)))

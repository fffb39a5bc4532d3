"""Utility: several calls in one, and calls in another's name.

Names, indices, arguments and events are those of FRAME's `pallet_utility`, which wallets use to
send batches. Calls are made one after the other, each whole or not at all. A batch that must be
whole itself may not hold another one: FRAME's filter, which every call inside inherits.
"""

from __future__ import annotations

from typing import Any

from runtime.frame import (
    BadOrigin,
    Context,
    DispatchError,
    NoOrigin,
    Origin,
    Pallet,
    PalletError,
    Signed,
    Weight,
    call,
    constant,
    ensure,
    ensure_root,
    ensure_signed,
    event,
)
from runtime.frame.calls import Call, RuntimeCall
from runtime.frame.dispatch import RefTime
from runtime.frame.inner import Dispatcher
from runtime.frame.origins import OriginCaller, origin_of
from runtime.frame.outcome import DispatchFailure
from runtime.frame.results import DispatchResult, Err, Ok
from runtime.primitives.hashing import blake2_256, is_pallet_account
from runtime.primitives.scale import encode
from runtime.primitives.types import U16, U32, AccountId

BATCHED_CALLS_LIMIT = 10_922
"""Calls in one batch, as FRAME counts them: what its allocator holds, in calls of a kilobyte."""

WRAPPING = Weight(compute=12_000)
"""What a call costs that makes others, and each that it makes, on top of their own weight.

Measured: a remark in a batch of 10,000 takes 12 microseconds, from its bytes to its event.
"""

DERIVED = WRAPPING + Weight(reads=1, writes=1)
"""The same where the caller is another account, whose record may not have been read yet."""


@event
class BatchInterrupted:
    """A batch ended at a call that failed; those before it count."""

    index: U32
    error: DispatchFailure


@event
class BatchCompleted:
    """Every call of a batch was made."""


@event
class BatchCompletedWithErrors:
    """A batch was gone through; some of its calls failed."""


@event
class ItemCompleted:
    """A call of a batch was made."""


@event
class ItemFailed:
    """A call of a batch failed."""

    error: DispatchFailure


@event
class DispatchedAs:
    """A call was made as another origin."""

    result: DispatchResult


@event
class IfElseMainSuccess:
    """The main call was made."""


@event
class IfElseFallbackCalled:
    """The main call failed, and the fallback was made."""

    main_error: DispatchFailure


class Error(PalletError):
    """Why Utility refused a call."""

    TOO_MANY_CALLS = 0, "The batch holds more calls than one may."


def batch_weight(calls: tuple[Call, ...]) -> Weight:
    """Return what a batch weighs without its calls."""
    return WRAPPING * (len(calls) + 1)


def last(*arguments: Any) -> tuple[Call, ...]:
    """Return the call that stands behind all other arguments."""
    return (arguments[-1],)


class Utility(Pallet):
    """Several calls in one, and calls in another's name."""

    events = (
        BatchInterrupted,
        BatchCompleted,
        BatchCompletedWithErrors,
        ItemCompleted,
        ItemFailed,
        DispatchedAs,
        IfElseMainSuccess,
        IfElseFallbackCalled,
    )
    errors = Error

    def __init__(
        self,
        context: Context,
        inside: Dispatcher,
        *,
        index: int,
        name: str = "Utility",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self._inside = inside

    @call(0, weight=batch_weight, inner=lambda calls: calls)
    def batch(self, origin: Origin, calls: tuple[RuntimeCall, ...]) -> None:
        """Make several calls in order, up to the first that fails; those before it count.

        The batch itself succeeds either way: an event tells how far it came.
        """
        _check(origin, calls)
        for position, one in enumerate(calls):
            error = self._inside.attempt(one, origin)
            if error is not None:
                self.deposit(BatchInterrupted(position, self._failure(error)))
                return
            self.deposit(ItemCompleted())
        self.deposit(BatchCompleted())

    @call(1, weight=DERIVED, inner=last)
    def as_derivative(self, origin: Origin, index: U16, call: RuntimeCall) -> None:
        """Make a call as the account number `index` that is derived from the sender's."""
        who = ensure_signed(origin)
        assert isinstance(origin, Signed), "only an account signs"
        self._inside.make(call, Signed(derivative_account(who, index), origin.filters))

    @call(2, weight=batch_weight, inner=lambda calls: calls)
    def batch_all(self, origin: Origin, calls: tuple[RuntimeCall, ...]) -> None:
        """Make several calls in order, all of them or none; no such batch may be among them."""
        _check(origin, calls)
        inside = origin
        if isinstance(origin, Signed):
            inside = Signed(origin.who, (*origin.filters, self._is_no_batch_all))
        for one in calls:
            self._inside.make(one, inside)
            self.deposit(ItemCompleted())
        self.deposit(BatchCompleted())

    @call(3, weight=WRAPPING, inner=last)
    def dispatch_as(self, origin: Origin, as_origin: OriginCaller, call: RuntimeCall) -> None:
        """Make a call as any origin, by the chain itself; an event tells how the call ended.

        Never as the account of a pallet: only its own rules pay from it.
        """
        error = self._inside.attempt(call, _named(origin, as_origin))
        self.deposit(DispatchedAs(Ok(()) if error is None else Err(self._failure(error))))

    @call(4, weight=batch_weight, inner=lambda calls: calls)
    def force_batch(self, origin: Origin, calls: tuple[RuntimeCall, ...]) -> None:
        """Make several calls in order, whichever of them fail."""
        _check(origin, calls)
        has_failed = False
        for one in calls:
            error = self._inside.attempt(one, origin)
            if error is None:
                self.deposit(ItemCompleted())
            else:
                has_failed = True
                self.deposit(ItemFailed(self._failure(error)))
        self.deposit(BatchCompletedWithErrors() if has_failed else BatchCompleted())

    @call(5, weight=lambda call, weight: Weight(compute=-(-weight.ref_time // 1_000)))  # noqa: ARG005
    def with_weight(self, origin: Origin, call: RuntimeCall, weight: RefTime) -> None:  # noqa: ARG002
        """Make a call by the chain itself, for a weight that the chain says."""
        ensure_root(origin)
        self._inside.make(call, origin)

    @call(6, weight=WRAPPING * 2, inner=lambda main, fallback: (main, fallback))
    def if_else(self, origin: Origin, main: RuntimeCall, fallback: RuntimeCall) -> None:
        """Make a call or, if it fails, another; fail as that one does."""
        _check(origin, ())
        error = self._inside.attempt(main, origin)
        if error is None:
            self.deposit(IfElseMainSuccess())
            return
        self._inside.make(fallback, origin)
        self.deposit(IfElseFallbackCalled(self._failure(error)))

    @call(7, weight=WRAPPING, inner=last)
    def dispatch_as_fallible(
        self, origin: Origin, as_origin: OriginCaller, call: RuntimeCall
    ) -> None:
        """Make a call as any origin but a pallet's account, by the chain; fail if it does."""
        self._inside.make(call, _named(origin, as_origin))
        self.deposit(DispatchedAs(Ok(())))

    @constant
    def batched_calls_limit(self) -> U32:
        """Return how many calls a batch may hold."""
        return BATCHED_CALLS_LIMIT

    def _is_no_batch_all(self, one: Call) -> bool:
        return (one.entry.pallet, one.entry.name) != (self.name, "batch_all")

    def _failure(self, error: DispatchError) -> DispatchFailure:
        return self._inside.failure(error)


def derivative_account(who: AccountId, index: int) -> AccountId:
    """Return the account number `index` of those derived from `who`; nobody has a key for it."""
    return blake2_256(b"modlpy/utilisuba" + who + encode(index, U16))


def _check(origin: Origin, calls: tuple[Call, ...]) -> None:
    """Refuse an inherent, and a batch that is too long."""
    ensure(not isinstance(origin, NoOrigin), BadOrigin.BAD_ORIGIN)
    ensure(len(calls) <= BATCHED_CALLS_LIMIT, Error.TOO_MANY_CALLS)


def _named(origin: Origin, caller: OriginCaller) -> Origin:
    """Return whom the chain names as the caller; no referendum spends what only rules may."""
    ensure_root(origin)
    named = origin_of(caller)
    is_pallet = isinstance(named, Signed) and is_pallet_account(named.who)
    ensure(not is_pallet, BadOrigin.BAD_ORIGIN)
    return named

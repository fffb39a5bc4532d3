"""Whitelist: calls that were looked at beforehand, and may be made as the chain itself.

A referendum on the track of whitelisted calls is quick, since its call was reviewed by those who
may whitelist. Names, indices and layouts are those of FRAME's `pallet_whitelist`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

from runtime.frame import (
    Context,
    DispatchError,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    PalletError,
    Root,
    Weight,
    call,
    ensure,
    event,
)
from runtime.frame.calls import Call, RuntimeCall
from runtime.frame.dispatch import RefTime
from runtime.frame.inner import Dispatcher
from runtime.frame.outcome import DispatchFailure, Pays
from runtime.frame.preimages import MAX_PREIMAGE_BYTES, BoundedCall, Lookup
from runtime.frame.results import Err, Ok, result_of
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.types import H256, U32

DISPATCH = Weight(reads=3, writes=3, compute=20_000)
"""The whitelisting, and the status of the preimage."""

READING = 50
"""Nanoseconds to read a byte of a call that lies in a preimage."""


class Preimages(Protocol):
    """Where the bytes behind hashes are."""

    def request(self, bounded: BoundedCall) -> None:
        """Keep the bytes of a call until they are released."""

    def release(self, bounded: BoundedCall) -> None:
        """Let the bytes of a call go."""

    def peek(self, bounded: BoundedCall) -> bytes | None:
        """Return the bytes of a call, or None if they are not there."""
        ...


@dataclass(frozen=True, slots=True)
class PostDispatchInfo:
    """What a call weighed in the end, and who paid."""

    type_path: ClassVar[str] = "frame_support::dispatch::PostDispatchInfo"
    actual_weight: RefTime | None
    pays_fee: Pays


@dataclass(frozen=True, slots=True)
class DispatchErrorWithPostInfo:
    """Why a call was refused, and what it weighed."""

    type_path: ClassVar[str] = "sp_runtime::DispatchErrorWithPostInfo"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Info", PostDispatchInfo),)
    post_info: PostDispatchInfo
    error: DispatchFailure


WhitelistedResult = Annotated[Ok | Err, result_of(PostDispatchInfo, DispatchErrorWithPostInfo)]


@event
class CallWhitelisted:
    """A call may be made as the chain itself, once."""

    call_hash: H256


@event
class WhitelistedCallRemoved:
    """A call may not be made as the chain itself any more."""

    call_hash: H256


@event
class WhitelistedCallDispatched:
    """A whitelisted call was made."""

    call_hash: H256
    result: WhitelistedResult


class Error(PalletError):
    """Why Whitelist refused a call."""

    UNAVAILABLE_PRE_IMAGE = 0, "The preimage of the call is not on the chain."
    UNDECODABLE_CALL = 1, "The preimage is no call."
    INVALID_CALL_WEIGHT_WITNESS = 2, "The call weighs more than was said."
    CALL_IS_NOT_WHITELISTED = 3, "The call is not whitelisted."
    CALL_ALREADY_WHITELISTED = 4, "The call is whitelisted already."


@dataclass(frozen=True, slots=True)
class Powers:
    """Who may do what with the whitelist."""

    whitelist: EnsureOrigin[None]
    dispatch: EnsureOrigin[None]


def witnessed(call_hash: bytes, call_encoded_len: int, call_weight_witness: RefTime) -> Weight:  # noqa: ARG001
    """Return what making a call weighs that is known by its hash: what the caller says."""
    nanoseconds = -(-call_weight_witness.ref_time // 1_000)
    size = min(call_encoded_len, MAX_PREIMAGE_BYTES)
    return DISPATCH + Weight(reads=1, writes=1, compute=nanoseconds + READING * size)


class Whitelist(Pallet):
    """Calls that may be made as the chain itself."""

    events = (CallWhitelisted, WhitelistedCallRemoved, WhitelistedCallDispatched)
    errors = Error

    whitelisted_call: Map[H256, tuple[()]] = Map(hasher=TWOX_64_CONCAT)
    """The hashes of the calls that were whitelisted."""

    def __init__(
        self,
        context: Context,
        dispatcher: Dispatcher,
        preimages: Preimages,
        powers: Powers,
        *,
        index: int,
        name: str = "Whitelist",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.dispatcher, self.preimages, self.powers = dispatcher, preimages, powers

    @call(0, weight=DISPATCH)
    def whitelist_call(self, origin: Origin, call_hash: H256) -> None:
        """Let a call be made as the chain itself, once; its preimage is requested."""
        self.powers.whitelist(origin)
        self.allow(call_hash)

    @call(1, weight=DISPATCH)
    def remove_whitelisted_call(self, origin: Origin, call_hash: H256) -> None:
        """Do not let a call be made any more."""
        self.powers.whitelist(origin)
        self._remove(call_hash)
        self.deposit(WhitelistedCallRemoved(call_hash))

    @call(2, weight=witnessed)
    def dispatch_whitelisted_call(
        self,
        origin: Origin,
        call_hash: H256,
        call_encoded_len: U32,
        call_weight_witness: RefTime,
    ) -> None:
        """Make a whitelisted call, whose bytes lie in its preimage."""
        self.powers.dispatch(origin)
        ensure(call_hash in self.whitelisted_call, Error.CALL_IS_NOT_WHITELISTED)
        raw = self.preimages.peek(Lookup(call_hash, call_encoded_len))
        if raw is None:
            raise DispatchError(Error.UNAVAILABLE_PRE_IMAGE)
        one = self.dispatcher.read(raw)
        if one is None:
            raise DispatchError(Error.UNDECODABLE_CALL)
        is_light = one.weight <= call_weight_witness.ref_time
        ensure(is_light, Error.INVALID_CALL_WEIGHT_WITNESS)
        self._dispatch(call_hash, one)

    @call(3, weight=DISPATCH, inner=lambda call: (call,))
    def dispatch_whitelisted_call_with_preimage(self, origin: Origin, call: RuntimeCall) -> None:
        """Make a whitelisted call that is given in full."""
        self.powers.dispatch(origin)
        self._dispatch(blake2_256(call.encode()), call)

    def allow(self, call_hash: H256) -> None:
        """Let a call be made as the chain itself, once; or raise `DispatchError`."""
        ensure(call_hash not in self.whitelisted_call, Error.CALL_ALREADY_WHITELISTED)
        self.whitelisted_call[call_hash] = ()
        self.preimages.request(Lookup(call_hash, 0))
        self.deposit(CallWhitelisted(call_hash))

    def _dispatch(self, call_hash: H256, one: Call) -> None:
        self._remove(call_hash)
        error = self.dispatcher.attempt(one, Root())
        weighed = PostDispatchInfo(RefTime(one.weight, 0), Pays.YES)
        result: Ok | Err = Ok(weighed)
        if error is not None:
            failure = self.dispatcher.failure(error)
            result = Err(DispatchErrorWithPostInfo(weighed, failure))
        self.deposit(WhitelistedCallDispatched(call_hash, result))

    def _remove(self, call_hash: H256) -> None:
        ensure(call_hash in self.whitelisted_call, Error.CALL_IS_NOT_WHITELISTED)
        del self.whitelisted_call[call_hash]
        self.preimages.release(Lookup(call_hash, 0))

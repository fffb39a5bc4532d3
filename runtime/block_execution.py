"""One block under way: the steps that building and importing share."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Protocol

from runtime.config import STATE_VERSION
from runtime.constants import LIMITS
from runtime.construct import Runtime
from runtime.events import encode_records
from runtime.frame import Context, DispatchError, NoOrigin, Origin, Signed
from runtime.frame.calls import Call
from runtime.frame.dispatch import DispatchClass, RefTime
from runtime.frame.outcome import DispatchFailure, DispatchInfo, Pays, failure_of
from runtime.frame.pallet import FINALIZATION, Record
from runtime.frame.turns import poll
from runtime.frame.unsigned import Admission, NotAdmitted, Why
from runtime.pallets.system import (
    BLOCK_HASH_COUNT,
    Error,
    ExtrinsicFailed,
    ExtrinsicSuccess,
    PerClass,
)
from runtime.primitives.block import Digest, Header
from runtime.primitives.compact import encode_compact
from runtime.primitives.extrinsic import MAX_EXTRINSIC_BYTES, Signature
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import U64_MAX
from runtime.rules import Rules
from runtime.signing import UNKNOWN_HASH, Checker
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie
from runtime.state.trie_build import ordered_root
from runtime.validity import (
    Checked,
    Invalid,
    InvalidTransaction,
    TransactionSource,
    ValidTransaction,
)

Known = Callable[[bytes], Checked | None]

REFUSED = DispatchError(Error.CALL_FILTERED)
"""What becomes of a call that accounts may not make now."""

NOT_ADMITTED = {
    Why.NOT_ALLOWED: Invalid.BAD_SIGNER,
    Why.BAD_PROOF: Invalid.BAD_PROOF,
    Why.STALE: Invalid.STALE,
}
"""What clients and pools are told of an unsigned call that may not enter."""


class Parent(Protocol):
    """What a block needs to know of the one before it; its header says so."""

    @property
    def number(self) -> int:
        """The number of the block."""
        ...

    @property
    def hash(self) -> bytes:
        """The hash of its header."""
        ...


class ExhaustedBlock(Exception):
    """The extrinsic does not fit into this block any more."""


class BlockExecution:
    """A block under way.

    Invariant: after each `apply` the state is that of the extrinsics applied so far, whole.
    """

    def __init__(
        self,
        rules: Rules,
        parent: Parent,
        digest: Digest,
        state: Trie,
        *,
        runtime: Runtime | None = None,
        signatures: Checker | None = None,
    ) -> None:
        """Begin a block, with the pallets that closed its parent by these rules, or with new ones.

        They keep what they decoded, and making them is a sixth of the cost of an empty block.
        """
        self.rules, self._parent, self._state = rules, parent, state
        self._signatures: Checker = rules.signatures if signatures is None else signatures
        number, logs = parent.number + 1, list(digest)
        if runtime is None:
            runtime = rules.make(Context(Overlay(state), number, parent.hash, logs))
        else:
            runtime.context.go_on(state, number, parent.hash, logs)
        self.runtime, self._context = runtime, runtime.context
        self._overlay = self._context.overlay
        self._migration = rules.take_over(self.runtime)
        """What it cost: only the first block of a version pays."""
        self._bodies: list[bytes] = []
        self._used = [0] * len(DispatchClass)
        """Picoseconds, by dispatch class."""
        self._body_bytes = 0
        self._fees: dict[tuple[int, int], int] = {}
        """The multiplier is fixed within a block, so equal weight and length cost the same."""
        self._infos: dict[tuple[int, DispatchClass, bool], DispatchInfo] = {}

    def initialize(self) -> None:
        """Open the block: what identifies it, the hook of each pallet in order, what can wait."""
        self.runtime.system.open_block()
        runtime, number = self.runtime, self._context.number
        must = self._migration.ref_time
        for pallet in runtime.opening:
            must += pallet.on_initialize(number).ref_time
        room = max(LIMITS.hook_picoseconds - must, 0)
        self._used[DispatchClass.MANDATORY] = must + poll(runtime.polled, number, room)
        self._context.extrinsic_index = 0

    def apply(self, raw: bytes, known: Known) -> DispatchFailure | None:
        """Apply an extrinsic; return why its call was refused: nonce and fee are used all the same.

        Raises:
            InvalidTransaction: it cannot be in this block; nothing changed.
            ExhaustedBlock: it does not fit any more; nothing changed.
        """
        return self.apply_checked(self.check(raw, known))

    def apply_checked(self, checked: Checked) -> DispatchFailure | None:
        """Apply an extrinsic that `check` let through: the rest of `apply`."""
        raw, signature, call = checked.extrinsic.raw, checked.extrinsic.signature, checked.call
        weight = call.weight
        self._require_room(call, weight, len(raw))
        failure = None
        if signature is None:
            self._apply_unsigned(call, weight, len(raw))
        else:
            failure = self._apply_signed(signature, call, weight, len(raw))
        self._bodies.append(raw)
        self._context.extrinsic_index += 1
        return failure

    def finalize(self) -> Generator[None, None, tuple[Header, Trie, tuple[Record, ...]]]:
        """Close the block: hooks, fees, events, roots; return header, state and events.

        Yields between the parts, each of which takes some milliseconds for a full block.
        """
        context, system = self._context, self.runtime.system
        context.extrinsic_index = FINALIZATION
        for pallet in self.runtime.closing:
            pallet.on_finalize(context.number)
        self.runtime.transaction_payment.settle(sum(self._used))
        system.block_weight = PerClass(*(RefTime(used, 0) for used in self._used))
        system.digest = tuple(context.digest)
        system.event_count = len(context.events)
        system.event_log = encode_records(context.events)
        yield
        state = self._state.updated(self._overlay.changes())
        yield
        header = Header(
            self._parent.hash,
            context.number,
            state.root,
            extrinsics_root(tuple(self._bodies)),
            tuple(context.digest),
        )
        return header, state, tuple(context.events)

    def validate(
        self, raw: bytes, known: Known, source: TransactionSource = TransactionSource.EXTERNAL
    ) -> tuple[ValidTransaction, Checked]:
        """Say whether a transaction could enter this block as it stands; the block stays as it is.

        Raises:
            InvalidTransaction: it could not; the kind says why.
        """
        checked = self.check(raw, known)
        signature = checked.extrinsic.signature
        if signature is None:
            return self._validate_unsigned(checked.call, source), checked
        if checked.call.entry.info.kind is DispatchClass.MANDATORY:
            raise InvalidTransaction(Invalid.MANDATORY_VALIDATION)
        who, extra, number = signature.signer, signature.extra, self._parent.number
        weight = checked.call.weight
        if weight + LIMITS.extrinsic_picoseconds > LIMITS.normal_picoseconds:
            raise InvalidTransaction(Invalid.EXHAUSTS_RESOURCES, "no block has room for the call")
        nonce = self.runtime.system.nonce(who)
        if extra.nonce < nonce:
            raise InvalidTransaction(Invalid.STALE, f"wanted nonce {nonce}, got {extra.nonce}")
        self._try_payment(signature, self._fee(checked.call, weight, len(raw)))
        death = extra.era.death(number)
        tag = (who + extra.nonce.to_bytes(4, "little"),)
        before = (who + (extra.nonce - 1).to_bytes(4, "little"),) if extra.nonce > nonce else ()
        longevity = U64_MAX if death is None else death - number
        priority = min(extra.tip + 1, U64_MAX)
        return ValidTransaction(priority, before, tag, longevity, True), checked

    def check(self, raw: bytes, known: Known) -> Checked:
        """Return the extrinsic checked, from what is known or anew; the block does not matter yet.

        Raises:
            InvalidTransaction: not decodable, an era that is over, a bad signature.
        """
        if len(raw) > MAX_EXTRINSIC_BYTES:
            raise InvalidTransaction(Invalid.EXHAUSTS_RESOURCES, f"{len(raw)} bytes are too many")
        number, digest = self._parent.number, blake2_256(raw)
        checked = known(digest)
        if checked is not None and self._still_holds(checked, number):
            return checked
        return self._signatures.check(raw, number, self._hash_of, digest)

    def _still_holds(self, checked: Checked, number: int) -> bool:
        if checked.spec_version != self.rules.config.spec_version:
            return False
        signature = checked.extrinsic.signature
        if signature is None or not signature.extra.era.period:
            return True
        return self._hash_of(signature.extra.era.birth(number)) == checked.birth_hash

    def _hash_of(self, number: int) -> bytes:
        """Return the hash of a block of this chain, zeros when it is not in state any more."""
        parent = self._parent
        if number == parent.number:
            return parent.hash
        if not parent.number - BLOCK_HASH_COUNT < number < parent.number:
            return UNKNOWN_HASH
        return self.runtime.system.block_hash[number]

    def _require_room(self, call: Call, weight: int, length: int) -> None:
        """Raise ExhaustedBlock if the call does not fit any more; only normal ones share weight."""
        total, size = weight + LIMITS.extrinsic_picoseconds, self._body_bytes + length
        if call.entry.info.kind is not DispatchClass.NORMAL:
            full = size > LIMITS.max_bytes
        else:
            used = self._used[DispatchClass.NORMAL]
            full = used + total > LIMITS.normal_picoseconds or size > LIMITS.normal_bytes
        if full:
            raise ExhaustedBlock("the block is full")

    def _use(self, call: Call, weight: int, length: int) -> None:
        self._used[call.entry.info.kind] += weight + LIMITS.extrinsic_picoseconds
        self._body_bytes += length

    def _apply_unsigned(self, call: Call, weight: int, length: int) -> None:
        """Run a call that its author vouches for, or that its pallet lets in; it must succeed."""
        is_inherent = call.entry.info.kind is DispatchClass.MANDATORY
        if not is_inherent:
            self._admit(call)
        failure = self._dispatch(call, NoOrigin())
        if failure is not None:
            kind = Invalid.BAD_MANDATORY if is_inherent else Invalid.CALL
            raise InvalidTransaction(kind, str(failure)) from failure
        self.runtime.system.deposit(ExtrinsicSuccess(self._info(call, weight)))
        self._use(call, weight, 0 if is_inherent else length)

    def _validate_unsigned(self, call: Call, source: TransactionSource) -> ValidTransaction:
        """Say how an unsigned call stands among transactions, if it may come from there."""
        pallet = self.runtime.by_name[call.entry.pallet]
        is_gossiped = call.entry.name in pallet.gossiped_unsigned
        if source is TransactionSource.EXTERNAL and not is_gossiped:
            raise InvalidTransaction(Invalid.CALL, "it may not enter from outside unsigned")
        if call.entry.info.kind is DispatchClass.MANDATORY:
            raise InvalidTransaction(Invalid.MANDATORY_VALIDATION)
        found = self._admit(call)
        return ValidTransaction(found.priority, (), (found.provides,), found.longevity, is_gossiped)

    def _admit(self, call: Call) -> Admission:
        pallet = self.runtime.by_name[call.entry.pallet]
        try:
            return pallet.validate_unsigned(call.entry.name, call.arguments)
        except NotAdmitted as error:
            raise InvalidTransaction(NOT_ADMITTED[error.why], str(error)) from error

    def _apply_signed(
        self, signature: Signature, call: Call, weight: int, length: int
    ) -> DispatchFailure | None:
        if call.entry.info.kind is DispatchClass.MANDATORY:
            raise InvalidTransaction(Invalid.BAD_MANDATORY)
        runtime, who, extra = self.runtime, signature.signer, signature.extra
        nonce = runtime.system.nonce(who)
        if extra.nonce != nonce:
            kind = Invalid.STALE if extra.nonce < nonce else Invalid.FUTURE
            raise InvalidTransaction(kind, f"wanted nonce {nonce}, got {extra.nonce}")
        fee = self._fee(call, weight, length)
        self._pay(signature, fee)
        runtime.system.use_nonce(who)
        failure = REFUSED if not runtime.permits(call) else self._dispatch(call, Signed(who))
        is_free = failure is None and call.entry.info.is_free_if_accepted
        if is_free:
            fee = runtime.transaction_payment.give_back(who, fee)
        runtime.transaction_payment.announce(who, fee, extra.tip)
        self._use(call, weight, length)
        info = self._info(call, weight, is_free=is_free)
        if failure is None:
            runtime.system.deposit(ExtrinsicSuccess(info))
            return None
        reason = failure_of(failure, runtime.error_indices)
        runtime.system.deposit(ExtrinsicFailed(reason, info))
        return reason

    def _dispatch(self, call: Call, origin: Origin) -> DispatchError | None:
        """Run a call whole or not at all; return why it was refused."""
        context = self._context
        count, mark = len(context.events), context.overlay.begin()
        try:
            call.dispatch(self.runtime.by_name, origin)
        except DispatchError as error:
            context.overlay.roll_back(mark)
            del context.events[count:]
            return error
        context.overlay.commit()
        return None

    def _pay(self, signature: Signature, fee: int) -> None:
        try:
            self.runtime.transaction_payment.charge(signature.signer, fee, signature.extra.tip)
        except DispatchError as error:
            raise InvalidTransaction(Invalid.PAYMENT) from error

    def _try_payment(self, signature: Signature, fee: int) -> None:
        """Take the fee and give it back, to see whether it can be paid."""
        context = self._context
        count, mark = len(context.events), context.overlay.begin()
        try:
            self._pay(signature, fee)
        finally:
            context.overlay.roll_back(mark)
            del context.events[count:]
            context.fees = context.tips = 0

    def _fee(self, call: Call, weight: int, length: int) -> int:
        if not call.entry.info.pays_fee:
            return 0
        key = (weight, length)
        fee = self._fees.get(key)
        if fee is None:
            parts = self.runtime.transaction_payment.fee_parts(
                length, weight + LIMITS.extrinsic_picoseconds
            )
            fee = self._fees[key] = sum(parts)
        return fee

    def _info(self, call: Call, weight: int, *, is_free: bool = False) -> DispatchInfo:
        kind, pays = call.entry.info.kind, call.entry.info.pays_fee and not is_free
        key = (weight, kind, pays)
        info = self._infos.get(key)
        if info is None:
            pays_fee = Pays.YES if pays else Pays.NO
            info = self._infos[key] = DispatchInfo(RefTime(weight, 0), kind, pays_fee)
        return info


@lru_cache(4)
def extrinsics_root(extrinsics: tuple[bytes, ...]) -> bytes:
    """Return the root that a header commits to; importing asks for it before and after executing.

    The leaves are the extrinsics as Substrate encodes them, with their length in front.
    """
    return ordered_root([encode_compact(len(raw)) + raw for raw in extrinsics], STATE_VERSION)

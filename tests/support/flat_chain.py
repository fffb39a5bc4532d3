"""A chain in memory for thousands of blocks: the real block execution, without a trie.

Blocks are opened, filled and closed by `BlockExecution`, as validators do it: hooks, fees, nonces,
limits. State is a dict of raw bytes, and signatures are taken as good, so that a block costs what
its calls cost. After each block every invariant of every pallet is checked.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

from runtime.block_execution import BlockExecution
from runtime.constants import LIMITS
from runtime.construct import Runtime
from runtime.frame import Context, Origin
from runtime.frame.calls import Call
from runtime.frame.dispatch import DispatchClass
from runtime.frame.outcome import DispatchFailure
from runtime.frame.pallet import Record
from runtime.genesis_state import GenesisConfig, build_genesis, genesis_state
from runtime.primitives.block import BABE_ENGINE, Digest, PreRuntime
from runtime.primitives.crypto import KeyKind
from runtime.primitives.extrinsic import IMMORTAL, Extra, Extrinsic, Signature
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.slot_claim import PrimaryPreDigest, VrfSignature
from runtime.rules import Rules
from runtime.state.overlay import Overlay
from runtime.validity import Checked
from runtime.versions import chosen_by
from tests.support.chain import FIRST_SLOT, at_once

SIGNATURE_BYTES = 100
"""What a signed extrinsic has before its call: fees count it."""

AFTER = b"\xff" * 256
"""Behind every key that begins with what stands before it."""

Tune = Callable[[Runtime], None]
"""Changes constants of a runtime that was just made, for a chain that lives faster."""


def untuned(runtime: Runtime) -> None:
    """Leave the constants of a runtime as they are."""


class FlatState:
    """A state of raw bytes whose keys are in order.

    Invariant: `_keys` are the sorted keys of `entries`.
    """

    root = bytes(32)

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        self.entries = dict(entries)
        self._keys = sorted(self.entries)

    def get(self, key: bytes) -> bytes | None:
        return self.entries.get(key)

    def keys(self, prefix: bytes, start: bytes | None = None) -> Iterator[bytes]:
        first = bisect_left(self._keys, prefix if start is None else max(prefix, start + b"\0"))
        end = bisect_left(self._keys, prefix + AFTER, first)
        return iter(self._keys[first:end])

    def updated(self, changes: Mapping[bytes, bytes | None]) -> FlatState:
        """Write the changes here: the state before them is not needed again."""
        for key, value in changes.items():
            if value is None:
                if self.entries.pop(key, None) is not None:
                    del self._keys[bisect_left(self._keys, key)]
            else:
                if key not in self.entries:
                    insort(self._keys, key)
                self.entries[key] = value
        return self


class TunedRules(Rules):
    """Rules whose pallets are changed when they are made."""

    tune: Tune = staticmethod(untuned)

    def make(self, context: Context) -> Runtime:
        """Make the pallets, tuned."""
        runtime = super().make(context)
        self.tune(runtime)
        return runtime


class FlatChain:
    """Grows block by block; the block under way is `execution`."""

    def __init__(self, genesis: GenesisConfig, tune: Tune = untuned) -> None:
        storage = build_genesis(genesis)
        config, version = chosen_by(genesis.chain.encode())
        self.head, _ = genesis_state(storage)
        self.genesis_hash = self.head.hash
        self.rules = TunedRules(config, version, self.genesis_hash)
        self.rules.tune = tune
        self.state: Any = FlatState(storage)
        self.slot_milliseconds = config.slot_milliseconds
        self.slot = FIRST_SLOT
        self.events: tuple[Record, ...] = ()
        """Of the last block that was closed."""
        self._warm: Runtime | None = None
        self.open()

    @property
    def runtime(self) -> Runtime:
        """The pallets of the block under way."""
        return self.execution.runtime

    @property
    def number(self) -> int:
        """The number of the block under way."""
        return self.head.number + 1

    def call(self, pallet: str, name: str, *arguments: Any) -> Call:
        """Return a call as a block carries it: encoded, and decoded again."""
        calls = self.rules.calls
        return calls.decode(calls.encode(pallet, name, *arguments))

    def open(self) -> None:
        """Begin a block: its hooks, and its time."""
        self.execution = BlockExecution(
            self.rules, self.head, self._digest(), self.state, runtime=self._warm
        )
        self.execution.initialize()
        hooks = self.execution._used[DispatchClass.MANDATORY]
        assert hooks <= LIMITS.hook_picoseconds, f"the hooks of block {self.number} take {hooks}"
        now = self.slot * self.slot_milliseconds + 1
        self.inherent(self.call("Timestamp", "set", now))

    def close(self, *, is_checked: bool = True) -> None:
        """End the block under way, check every invariant, and begin the next one."""
        self.head, self.state, self.events = at_once(self._finish())
        self._warm = self.execution.runtime
        self.slot += 1
        if is_checked:
            values = self._warm.context.overlay.warm()
            over = Context(Overlay(self.state, dict(values)), number=self.head.number)
            self.rules.make(over).try_state()
        self.open()

    def pass_blocks(self, count: int) -> None:
        """Close blocks in which nobody does anything more."""
        for _ in range(count):
            self.close()

    def sign(self, who: bytes, call: Call, tip: int = 0) -> DispatchFailure | None:
        """Let an account make a call, with its next nonce; return why it was refused.

        Raises:
            InvalidTransaction: it cannot pay for it.
            ExhaustedBlock: the block is full.
        """
        extra = Extra(IMMORTAL, self.runtime.system.nonce(who), tip)
        signature = Signature(who, KeyKind.ED25519, bytes(64), extra)
        return self._apply(call, signature)

    def inherent(self, call: Call) -> None:
        """Make a call that nobody signs.

        Raises:
            InvalidTransaction: it was refused, or may not enter.
        """
        self._apply(call, None)

    def dispatch(self, call: Call, origin: Origin) -> None:
        """Make a call as the scheduler does for a referendum: whole or not at all.

        Raises:
            DispatchError: it was refused.
        """
        with self.runtime.context.transaction():
            call.dispatch(self.runtime.by_name, origin)

    def _apply(self, call: Call, signature: Signature | None) -> DispatchFailure | None:
        raw = call.encode()
        padded = raw if signature is None else bytes(SIGNATURE_BYTES) + raw
        extrinsic = Extrinsic(padded, blake2_256(padded), signature, b"", raw)
        version = self.rules.config.spec_version
        return self.execution.apply_checked(Checked(extrinsic, call, b"", version))

    def _finish(self) -> Generator[None, None, tuple[Any, Any, Any]]:
        return self.execution.finalize()

    def _digest(self) -> Digest:
        claim = PrimaryPreDigest(
            0, self.slot, VrfSignature(blake2_256(b"%d" % self.slot), bytes(64))
        )
        payload = bytes((PrimaryPreDigest.index,)) + encode(claim, PrimaryPreDigest)
        return (PreRuntime(BABE_ENGINE, payload),)

"""What a block may hold, in the shapes that clients read: weights, lengths, the cost of storage.

Source: `frame_system::limits` and `sp_weights::RuntimeDbWeight`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from runtime.frame.dispatch import READ_PICOSECONDS, WRITE_PICOSECONDS, RefTime
from runtime.primitives.types import U32, U64

PATH = "frame_support::dispatch::PerDispatchClass"


@dataclass(frozen=True, slots=True)
class ClassWeights:
    """What the calls of one dispatch class may use."""

    type_path: ClassVar[str] = "frame_system::limits::WeightsPerClass"
    base_extrinsic: RefTime
    max_extrinsic: RefTime | None
    max_total: RefTime | None
    reserved: RefTime | None


@dataclass(frozen=True, slots=True)
class WeightsPerClass:
    """The limits of every dispatch class."""

    type_path: ClassVar[str] = PATH
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("T", ClassWeights),)
    normal: ClassWeights
    operational: ClassWeights
    mandatory: ClassWeights


@dataclass(frozen=True, slots=True)
class BlockWeights:
    """What a block may weigh."""

    type_path: ClassVar[str] = "frame_system::limits::BlockWeights"
    base_block: RefTime
    max_block: RefTime
    per_class: WeightsPerClass


@dataclass(frozen=True, slots=True)
class LengthPerClass:
    """The bytes that each dispatch class may fill."""

    type_path: ClassVar[str] = PATH
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("T", U32),)
    normal: U32
    operational: U32
    mandatory: U32


@dataclass(frozen=True, slots=True)
class BlockLength:
    """How long a block may be."""

    type_path: ClassVar[str] = "frame_system::limits::BlockLength"
    max: LengthPerClass


@dataclass(frozen=True, slots=True)
class DbWeight:
    """What one access to storage weighs, in picoseconds."""

    type_path: ClassVar[str] = "sp_weights::RuntimeDbWeight"
    read: U64
    write: U64


DB_WEIGHT = DbWeight(READ_PICOSECONDS, WRITE_PICOSECONDS)


@dataclass(frozen=True, slots=True)
class BlockLimits:
    """The limits of a chain's blocks, from which the client's views of them follow."""

    max_picoseconds: int
    normal_picoseconds: int
    """What ordinary calls may use: the rest is kept for what the chain itself must do."""
    hook_picoseconds: int
    """What all hooks together may use: what can wait gets what the rest of it leaves."""
    extrinsic_picoseconds: int
    """What every extrinsic weighs on top of its call: decoding and its signature."""
    max_bytes: int
    normal_bytes: int

    @property
    def weights(self) -> BlockWeights:
        """The weights, as clients read them."""
        base = RefTime(self.extrinsic_picoseconds, 0)
        block, normal = RefTime(self.max_picoseconds, 0), RefTime(self.normal_picoseconds, 0)
        return BlockWeights(
            RefTime(0, 0),
            block,
            WeightsPerClass(
                ClassWeights(base, normal, normal, RefTime(0, 0)),
                ClassWeights(base, block, block, None),
                ClassWeights(base, None, None, None),
            ),
        )

    @property
    def length(self) -> BlockLength:
        """The lengths, as clients read them."""
        return BlockLength(LengthPerClass(self.normal_bytes, self.max_bytes, self.max_bytes))

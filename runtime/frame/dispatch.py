"""Who calls, what may go wrong, what it costs: the vocabulary of a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, ClassVar, NoReturn, Self, TypeVar, dataclass_transform

from runtime.primitives.record import record
from runtime.primitives.types import AccountId, CompactU64

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Root:
    """The chain itself: genesis, an upgrade, or a passed referendum."""


@record
class Signed:
    """An account whose signature was checked."""

    who: AccountId
    filters: tuple[Callable[[Any], bool], ...] = ()
    """What each call that is made from inside this one must pass, however deep it lies."""


@dataclass(frozen=True, slots=True)
class NoOrigin:
    """Nobody: an inherent, put into the block by its author and checked by every importer."""


class GovernanceOrigin(Enum):
    """What a referendum may act as, besides the chain itself: one for each track."""

    WHITELISTED_CALLER = 0
    ECONOMIC_PARAMS = 1
    SMALL_SPENDER = 2
    MEDIUM_SPENDER = 3
    BIG_SPENDER = 4
    REGISTRY = 5
    EMERGENCY = 6
    REFERENDUM_CANCELLER = 7
    REFERENDUM_KILLER = 8


@record
class Governed:
    """A referendum that passed on a track of its own."""

    origin: GovernanceOrigin


Origin = Root | Signed | NoOrigin | Governed
EnsureOrigin = Callable[[Origin], T]
"""A rule on who may call; returns what the origin grants, or raises `DispatchError`."""


class PalletError(Enum):
    """Base of a pallet's closed list of errors: `NAME = index, "what the caller did wrong"`."""

    def __new__(cls, index: int, doc: str) -> Self:
        """Split a member into its index, which is on the wire, and its documentation."""
        member = object.__new__(cls)
        member._value_ = index
        member.__doc__ = doc
        return member


class TokenError(PalletError):
    """Why a token could not be moved; the same list for every token, as in FRAME."""

    FUNDS_UNAVAILABLE = 0, "Funds are unavailable."
    ONLY_PROVIDER = 1, "The account's existence depends on these funds."
    BELOW_MINIMUM = 2, "The account would hold less than the existential deposit."
    CANNOT_CREATE = 3, "The account cannot be created."
    UNKNOWN_ASSET = 4, "The asset is unknown."
    FROZEN = 5, "Funds exist but are frozen."
    UNSUPPORTED = 6, "The operation is not supported by the asset."
    CANNOT_CREATE_HOLD = 7, "The account cannot hold for this reason."
    NOT_EXPENDABLE = 8, "The account must keep its balance to stay alive."
    BLOCKED = 9, "The account cannot receive."


class BadOrigin(PalletError):
    """The one error of an origin that may not call."""

    BAD_ORIGIN = 0, "This origin may not make this call."


class LookupFailure(PalletError):
    """The one error of an address that is nobody's."""

    CANNOT_LOOKUP = 0, "Only account ids are addresses on this chain."


class DispatchError(Exception):
    """A call was refused; its changes are dropped, its fee is kept."""

    def __init__(self, error: PalletError) -> None:
        super().__init__(f"{type(error).__qualname__}.{error.name}: {error.__doc__}")
        self.error = error
        self.pallet: int | None = None
        """Index of the pallet whose call was refused, where the error is of that pallet's list."""

    def met_in(self, pallet: int, errors: type[PalletError] | None) -> None:
        """Note whose call it was: instances of one pallet share a list of errors."""
        if self.pallet is None and type(self.error) is errors:
            self.pallet = pallet


def ensure(condition: bool, error: PalletError) -> None:
    """Refuse the call with `error` unless `condition` holds."""
    if not condition:
        raise DispatchError(error)


def require(value: T | None, error: PalletError) -> T:
    """Return `value`, or refuse the call with `error` if it is absent."""
    if value is None:
        raise DispatchError(error)
    return value


def ensure_signed(origin: Origin) -> AccountId:
    """Return the account that signed the call."""
    if isinstance(origin, Signed):
        return origin.who
    raise DispatchError(BadOrigin.BAD_ORIGIN)


def ensure_root(origin: Origin) -> None:
    """Let only the chain itself pass."""
    ensure(isinstance(origin, Root), BadOrigin.BAD_ORIGIN)


def ensure_none(origin: Origin) -> None:
    """Let only an inherent pass."""
    ensure(isinstance(origin, NoOrigin), BadOrigin.BAD_ORIGIN)


def ensure_nobody(origin: Origin) -> NoReturn:  # noqa: ARG001
    """Let nobody pass: for calls that only another pallet makes, from within."""
    raise DispatchError(BadOrigin.BAD_ORIGIN)


def ensure_root_or(*allowed: GovernanceOrigin) -> EnsureOrigin[None]:
    """Return the rule that lets the chain itself pass, and referenda of the tracks `allowed`."""

    def rule(origin: Origin) -> None:
        is_allowed = isinstance(origin, Governed) and origin.origin in allowed
        ensure(is_allowed or isinstance(origin, Root), BadOrigin.BAD_ORIGIN)

    return rule


def ensure_signed_or_root(origin: Origin) -> AccountId | None:
    """Return the account that signed the call, or None where the chain itself makes it."""
    return None if isinstance(origin, Root) else ensure_signed(origin)


READ_PICOSECONDS = 25_000_000
WRITE_PICOSECONDS = 100_000_000
"""What one storage access costs in a block, as in FRAME's RocksDbWeight."""


@record
class Weight:
    """The most a call may cost: storage `reads` and `writes`, and `compute` in nanoseconds."""

    reads: int = 0
    writes: int = 0
    compute: int = 0

    def __add__(self, other: Weight) -> Weight:
        """Return the weight of doing both."""
        return Weight(
            self.reads + other.reads, self.writes + other.writes, self.compute + other.compute
        )

    def __mul__(self, times: int) -> Weight:
        """Return the weight of doing it `times` times."""
        return Weight(self.reads * times, self.writes * times, self.compute * times)

    @property
    def ref_time(self) -> int:
        """The weight in picoseconds of the reference machine: what fees and block limits count."""
        access = self.reads * READ_PICOSECONDS + self.writes * WRITE_PICOSECONDS
        return access + self.compute * 1_000


@dataclass(frozen=True, slots=True)
class RefTime:
    """A weight as clients see it: picoseconds and bytes of proof."""

    type_path: ClassVar[str] = "sp_weights::weight_v2::Weight"
    ref_time: CompactU64
    proof_size: CompactU64


class DispatchClass(IntEnum):
    """Which share of the block a call competes for; of integers, for they index and hash fast."""

    NORMAL = 0
    OPERATIONAL = 1
    MANDATORY = 2


WeightOf = Weight | Callable[..., Weight]
"""A fixed weight, or a function of the call's own arguments."""


@dataclass(frozen=True, slots=True)
class CallInfo:
    """What `@call` notes about a method."""

    index: int
    weight: WeightOf
    kind: DispatchClass
    pays_fee: bool
    inner: Callable[..., tuple[Any, ...]] | None = None
    """From the call's arguments to the calls among them, whose weight and class it takes on."""
    is_free_if_accepted: bool = False
    """Whether the fee comes back when the call succeeds in a transaction of its own."""


def call(
    index: int,
    *,
    weight: WeightOf,
    kind: DispatchClass = DispatchClass.NORMAL,
    pays_fee: bool = True,
    inner: Callable[..., tuple[Any, ...]] | None = None,
    is_free_if_accepted: bool = False,
) -> Callable[[F], F]:
    """Mark a method as callable by extrinsics. `index` is on the wire: never reuse one."""

    def mark(method: F) -> F:
        info = CallInfo(index, weight, kind, pays_fee, inner, is_free_if_accepted)
        method.__call_info__ = info  # type: ignore[attr-defined]
        return method

    return mark


@dataclass_transform(frozen_default=True)
def event(cls: type[T]) -> type[T]:
    """Make a class an event: a record, encoded by its annotations."""
    return record(cls)


def invariant(method: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Mark a predicate that must hold after every block; its docstring says what it means."""
    method.__invariant__ = True  # type: ignore[attr-defined]
    return method


def constant(method: Callable[[Any], T]) -> Callable[[Any], T]:
    """Mark a method whose value wallets can read in the metadata: a constant of the pallet."""
    method.__constant__ = True  # type: ignore[attr-defined]
    return method

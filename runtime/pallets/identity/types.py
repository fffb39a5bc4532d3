"""What identities store and announce; the layouts are those of `pallet_identity`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar

from runtime.frame import PalletError, event
from runtime.frame.metadata.shapes import Field, TypeInfo, Variant, VariantDef
from runtime.primitives.compact import DecodeError
from runtime.primitives.record import record
from runtime.primitives.schema import Bounded, Custom, Fixed
from runtime.primitives.types import U32, U64, AccountId, Balance

MAX_ADDITIONAL = 16
"""Fields beyond those that have a name."""

MAX_REGISTRARS = 20
"""Registrars, since block 0: an index is never given twice."""

MAX_SUBS = 100
"""Accounts under one identity: `set_subs` writes them all."""

MAX_RAW_BYTES = 32
"""Of a field in full; what is longer is named by its hash."""


class DataKind(Enum):
    """How a field is given."""

    NONE = 0
    RAW = 1
    BLAKE_TWO256 = 34
    SHA256 = 35
    KECCAK256 = 36
    SHA_THREE256 = 37


HASHED = {
    DataKind.BLAKE_TWO256: "BlakeTwo256",
    DataKind.SHA256: "Sha256",
    DataKind.KECCAK256: "Keccak256",
    DataKind.SHA_THREE256: "ShaThree256",
}


@record
class Data:
    """A field: nothing, up to 32 bytes, or the hash of something longer."""

    kind: DataKind
    value: bytes = b""


NO_DATA = Data(DataKind.NONE)


def raw(value: bytes) -> Data:
    """Return a field in full; 32 bytes at most."""
    assert len(value) <= MAX_RAW_BYTES, f"wanted up to {MAX_RAW_BYTES} bytes, got {len(value)}"
    return Data(DataKind.RAW, value)


def _write_data(data: Data) -> bytes:
    """Encode a field: the length of one in full is part of its tag."""
    if data.kind is DataKind.RAW:
        return bytes((DataKind.RAW.value + len(data.value),)) + data.value
    return bytes((data.kind.value,)) + data.value


def _read_data(encoded: bytes, offset: int) -> tuple[Data, int]:
    tag, start = encoded[offset], offset + 1
    if tag == DataKind.NONE.value:
        return NO_DATA, start
    if tag <= DataKind.RAW.value + MAX_RAW_BYTES:
        kind, size = DataKind.RAW, tag - DataKind.RAW.value
    elif tag <= DataKind.SHA_THREE256.value:
        kind, size = DataKind(tag), 32
    else:
        raise DecodeError(f"wanted data of kind 0 to 37, got {tag}")
    end = start + size
    if end > len(encoded):
        raise DecodeError(f"wanted {size} bytes, got {len(encoded) - start}")
    return Data(kind, encoded[start:end]), end


def _describe_data(registry: Any) -> TypeInfo:
    def bytes_of(size: int) -> tuple[Field, ...]:
        return (Field(None, registry.id_of(Annotated[bytes, Fixed(size)]), None, ()),)

    full = (
        Variant(f"Raw{size}", bytes_of(size), DataKind.RAW.value + size, ())
        for size in range(MAX_RAW_BYTES + 1)
    )
    hashed = (Variant(name, bytes_of(32), kind.value, ()) for kind, name in HASHED.items())
    variants = (Variant("None", (), 0, ()), *full, *hashed)
    return TypeInfo(("pallet_identity", "types", "Data"), (), VariantDef(variants), ())


DataField = Annotated[Data, Custom(_write_data, _read_data, _describe_data, "Data")]


@dataclass(frozen=True, slots=True)
class IdentityInfo:
    """What an account says of itself; all of it may be left out."""

    type_path: ClassVar[str] = "pallet_identity::legacy::IdentityInfo"
    additional: Annotated[tuple[tuple[DataField, DataField], ...], Bounded(MAX_ADDITIONAL)] = ()
    display: DataField = NO_DATA
    legal: DataField = NO_DATA
    web: DataField = NO_DATA
    riot: DataField = NO_DATA
    email: DataField = NO_DATA
    pgp_fingerprint: Annotated[bytes, Fixed(20)] | None = None
    image: DataField = NO_DATA
    twitter: DataField = NO_DATA


@record
class Unknown:
    """The registrar does not know."""

    index: ClassVar[int] = 0


@record
class FeePaid:
    """The judgement was asked for, and its fee is on hold."""

    index: ClassVar[int] = 1
    fee: Balance


@record
class Reasonable:
    """It seems right."""

    index: ClassVar[int] = 2


@record
class KnownGood:
    """It is right, as far as the registrar could find out."""

    index: ClassVar[int] = 3


@record
class OutOfDate:
    """It was right."""

    index: ClassVar[int] = 4


@record
class LowQuality:
    """It is imprecise."""

    index: ClassVar[int] = 5


@record
class Erroneous:
    """It is wrong; the owner cannot make this judgement go away by writing it anew."""

    index: ClassVar[int] = 6


Judgement = Unknown | FeePaid | Reasonable | KnownGood | OutOfDate | LowQuality | Erroneous
"""What a registrar says of what an account says."""

STICKY = (FeePaid, Erroneous)
"""Judgements that a new description does not drop."""

RegistrarIndex = U32
Judgements = Annotated[tuple[tuple[RegistrarIndex, Judgement], ...], Bounded(MAX_REGISTRARS)]


@dataclass(frozen=True, slots=True)
class Registration:
    """An identity, its judgements by registrar, and what is on hold for it."""

    type_path: ClassVar[str] = "pallet_identity::types::Registration"
    judgements: Judgements
    deposit: Balance
    info: IdentityInfo

    @property
    def held(self) -> Balance:
        """Everything on hold: the deposit, and the fees of judgements that were asked for."""
        fees = sum(one.fee for _, one in self.judgements if isinstance(one, FeePaid))
        return self.deposit + fees


@dataclass(frozen=True, slots=True)
class RegistrarInfo:
    """Who judges, for how much, and which fields."""

    type_path: ClassVar[str] = "pallet_identity::types::RegistrarInfo"
    account: AccountId
    fee: Balance
    fields: U64


Registrars = Annotated[tuple[RegistrarInfo | None, ...], Bounded(MAX_REGISTRARS)]
Subs = tuple[Balance, Annotated[tuple[AccountId, ...], Bounded(MAX_SUBS)]]
"""What is on hold for the accounts under an identity, and which they are."""


@dataclass(frozen=True, slots=True)
class Config:
    """What an identity holds."""

    basic_deposit: Balance
    byte_deposit: Balance
    sub_deposit: Balance


@event
class IdentitySet:
    """An account described itself."""

    who: AccountId


@event
class IdentityCleared:
    """An account took its description back, and has its deposits again."""

    who: AccountId
    deposit: Balance


@event
class IdentityKilled:
    """A referendum removed a description; its deposits are lost."""

    who: AccountId
    deposit: Balance


@event
class JudgementRequested:
    """An account asks a registrar for a judgement."""

    who: AccountId
    registrar_index: RegistrarIndex


@event
class JudgementUnrequested:
    """An account does not ask any more."""

    who: AccountId
    registrar_index: RegistrarIndex


@event
class JudgementGiven:
    """A registrar has judged."""

    target: AccountId
    registrar_index: RegistrarIndex


@event
class RegistrarAdded:
    """There is one more registrar."""

    registrar_index: RegistrarIndex


@event
class SubIdentityAdded:
    """An account was put under an identity."""

    sub: AccountId
    main: AccountId
    deposit: Balance


@event
class SubIdentitiesSet:
    """All accounts under an identity were named anew."""

    main: AccountId
    number_of_subs: U32
    new_deposit: Balance


@event
class SubIdentityRenamed:
    """An account under an identity has another name there."""

    sub: AccountId
    main: AccountId


@event
class SubIdentityRemoved:
    """An account is under an identity no more; the deposit is its owner's again."""

    sub: AccountId
    main: AccountId
    deposit: Balance


@event
class SubIdentityRevoked:
    """An account left an identity, and has the deposit that was held for it."""

    sub: AccountId
    main: AccountId
    deposit: Balance


EVENTS = (
    IdentitySet,
    IdentityCleared,
    IdentityKilled,
    JudgementRequested,
    JudgementUnrequested,
    JudgementGiven,
    RegistrarAdded,
    SubIdentityAdded,
    SubIdentitiesSet,
    SubIdentityRenamed,
    SubIdentityRemoved,
    SubIdentityRevoked,
)


class Error(PalletError):
    """Why Identity refused a call."""

    TOO_MANY_SUB_ACCOUNTS = 0, "There are as many accounts under an identity as there may be."
    NOT_FOUND = 1, "There is no such identity, or no such request."
    NOT_NAMED = 2, "The account is not named."
    EMPTY_INDEX = 3, "There is no such registrar."
    FEE_CHANGED = 4, "The registrar asks for more."
    NO_IDENTITY = 5, "The account has not described itself."
    STICKY_JUDGEMENT = 6, "The registrar was asked already, or called it wrong."
    JUDGEMENT_GIVEN = 7, "The registrar has judged already."
    INVALID_JUDGEMENT = 8, "A registrar does not judge that it was paid."
    INVALID_INDEX = 9, "The account is not that registrar."
    INVALID_TARGET = 10, "There is no identity to judge."
    TOO_MANY_REGISTRARS = 11, "There are as many registrars as there may be."
    ALREADY_CLAIMED = 12, "The account is under an identity already."
    NOT_SUB = 13, "The account is under no identity."
    NOT_OWNED = 14, "The account is under another identity."
    JUDGEMENT_FOR_DIFFERENT_IDENTITY = 15, "The account describes itself otherwise by now."
    JUDGEMENT_PAYMENT_FAILED = 16, "The registrar cannot be paid."

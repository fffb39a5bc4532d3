"""Identity: what accounts say of themselves, and what registrars say of that."""

from runtime.pallets.identity.pallet import Identity
from runtime.pallets.identity.types import (
    NO_DATA,
    Config,
    Data,
    DataKind,
    Error,
    IdentityInfo,
    RegistrarInfo,
    Registration,
    raw,
)

__all__ = [
    "NO_DATA",
    "Config",
    "Data",
    "DataKind",
    "Error",
    "Identity",
    "IdentityInfo",
    "RegistrarInfo",
    "Registration",
    "raw",
]

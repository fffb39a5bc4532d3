"""What clients ask of the runtime at a block: the APIs, their types, and their dispatch by name."""

from runtime.api.apis import APIS, EPOCH_RULES, VERSION
from runtime.api.dispatch import RuntimeApi, UnknownApi, with_length
from runtime.api.types import DispatchQuote, FeeDetails, InclusionFee, RuntimeVersion

__all__ = [
    "APIS",
    "EPOCH_RULES",
    "VERSION",
    "DispatchQuote",
    "FeeDetails",
    "InclusionFee",
    "RuntimeApi",
    "RuntimeVersion",
    "UnknownApi",
    "with_length",
]

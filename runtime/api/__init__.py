"""What clients ask of the runtime at a block: the APIs, their types, and their dispatch by name."""

from runtime.api.apis import APIS, EPOCH_RULES, version_of
from runtime.api.dispatch import RuntimeApi, UnknownApi, describe_runtime, with_length
from runtime.api.types import DispatchQuote, FeeDetails, InclusionFee, RuntimeVersion

__all__ = [
    "APIS",
    "EPOCH_RULES",
    "DispatchQuote",
    "FeeDetails",
    "InclusionFee",
    "RuntimeApi",
    "RuntimeVersion",
    "UnknownApi",
    "describe_runtime",
    "version_of",
    "with_length",
]

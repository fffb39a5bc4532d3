"""What the chain spec settles once and for all: it lies in state, as the chain's code.

There is no Wasm here. `:code` holds which runtime to run and its constants, so that every node
reads the same ones from genesis, and clients see a code that changes with every upgrade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.compute.attestation import MAX_VENDORS, Vendor
from runtime.primitives.scale import DecodeError, decode, decoder, encode
from runtime.primitives.schema import Bounded, schema_of
from runtime.primitives.types import U16, U32, U64, Balance

CODE_KEY = b":code"
"""Where Substrate keeps its runtime, and ours its descriptor."""

SPEC_NAME = "starminer"
SPEC_VERSION = 1
TRANSACTION_VERSION = 1
STATE_VERSION = 1
"""The trie layout: values above 32 bytes are kept by hash."""


class UnknownRuntime(ValueError):
    """The state asks for a runtime that this release does not carry."""


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """The constants of a chain."""

    spec_name: str
    spec_version: U32
    slot_milliseconds: U32
    epoch_slots: U32
    ss58_prefix: U16
    share_size: U32
    """Side of the canonical product, in elements."""
    share_target: U64
    """A tile digest below this is a share."""
    era_blocks: U32
    base_price_per_cu: Balance
    """Planck for one CU in every market, until markets set prices."""
    minimum_job_fee: Balance
    job_start_blocks: U32
    """Blocks that a provider has to start an assigned job."""
    job_run_blocks: U32
    """Blocks that it then has to commit its result."""
    minimum_provider_bond: Balance
    vendors: Annotated[tuple[Vendor, ...], Bounded(MAX_VENDORS)] = ()
    """Vendors of confidential hardware whose attestations prove work."""

    def encode(self) -> bytes:
        """Return the bytes that stand under `:code`."""
        return encode(self, ChainConfig)

    @classmethod
    def decode(cls, code: bytes | None) -> ChainConfig:
        """Read the descriptor under `:code`, of whatever version.

        Raises:
            UnknownRuntime: there is none, or it is not one of StarMiner's.
        """
        name, _ = runtime_named_in(code)
        if code is None or name != SPEC_NAME:
            raise UnknownRuntime(f"wanted a chain that runs {SPEC_NAME}, got one that runs {name}")
        config: ChainConfig = decode(code, ChainConfig)
        return config


def runtime_named_in(code: bytes | None) -> tuple[str, int]:
    """Return name and version of the runtime that a state asks for: how every descriptor begins.

    Raises:
        UnknownRuntime: there is no descriptor.
    """
    if code is None:
        raise UnknownRuntime("the state has no :code, so it is not a state of StarMiner")
    try:
        (name, version), _ = _BEGINNING(code, 0)
    except DecodeError as error:
        raise UnknownRuntime(f"the :code of the state is no descriptor: {error}") from error
    return name, version


_BEGINNING = decoder(schema_of(tuple[str, U32]))

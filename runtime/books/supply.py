"""The identity of the issuance, term by term, as the state has it.

issuance = genesis + Σ minted by reason - Σ burned by reason <= cap
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.construct import Runtime
from runtime.frame.fungible import AGPU_MINTS, BurnReason, MintReason
from runtime.primitives.types import U32, U128, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class MintTerm:
    """What came into being for a reason since block 0, in planck."""

    reason: MintReason
    amount: Balance


@dataclass(frozen=True, slots=True)
class BurnTerm:
    """What was destroyed for a cause since block 0, in planck."""

    reason: BurnReason
    amount: Balance


@dataclass(frozen=True, slots=True)
class Supply:
    """Why there is as much AGPU as there is; amounts are planck."""

    issuance: Balance
    genesis: Balance
    """What existed in block 0."""
    minted: tuple[MintTerm, ...]
    burned: tuple[BurnTerm, ...]
    cap: Balance
    kappa: U32
    """The part of a burn that work mints again in this epoch, in ppb."""
    burn_reemittable: U128
    """What jobs burned of the base and surge parts of their fees: the bound of minted work."""
    deferred: U128
    """Slices of work that the breaker holds back."""
    room: Balance
    """What the breaker and the cap let be minted now."""
    settled_at: BlockNumber
    """The last block that settled a contribution; below, what it minted and settled."""
    minted_in_block: Balance
    settled_in_block: U32


def supply_of(runtime: Runtime) -> Supply:
    """Return the terms of the identity."""
    ledger, emission = runtime.balances, runtime.emission
    tally = emission.tally
    return Supply(
        issuance=ledger.total_issuance,
        genesis=ledger.genesis_issuance,
        minted=tuple(MintTerm(one, ledger.minted_by_reason[one]) for one in AGPU_MINTS),
        burned=tuple(BurnTerm(one, ledger.burned_by_reason[one]) for one in BurnReason),
        cap=emission.terms.emission.cap,
        kappa=emission.kappa,
        burn_reemittable=tally.burn_reemittable,
        deferred=tally.deferred,
        room=emission.room(),
        settled_at=tally.block,
        minted_in_block=tally.minted_in_block,
        settled_in_block=tally.settled_in_block,
    )

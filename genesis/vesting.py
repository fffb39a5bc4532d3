"""What of the tokens of block 0 is not its owner's to spend yet: from a spec, and from a state.

A schedule holds a part of what the tables of balances give an account; it becomes free block by
block. Unlocks are thus known to everybody before the first block. Source: requirement D9.
"""

from __future__ import annotations

from dataclasses import dataclass

from genesis.notation import BadNotation, format_amount, parse_account, parse_amount
from genesis.spec import BadSpec, VestingPart
from runtime.constants import EXISTENTIAL_DEPOSIT, GRANTED_PERIODS, LEAST_VESTED, TREASURY
from runtime.executive import Executive
from runtime.genesis_state import Endowment, Schedules
from runtime.pallets.vesting import MAX_SCHEDULES, VestingInfo
from runtime.primitives.types import U32_MAX, AccountId, Balance
from runtime.state.trie import Trie

AGPU, AMAX = "AGPU", "AMAX"
MOST = {AGPU: MAX_SCHEDULES, AMAX: MAX_SCHEDULES - GRANTED_PERIODS}
"""Schedules of one account."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """A schedule of block 0."""

    account: AccountId
    symbol: str
    schedule: VestingInfo


def schedules_of(
    parts: tuple[VestingPart, ...], owned: dict[str, Endowment], prefix: int
) -> dict[str, Schedules]:
    """Read the schedules of a spec, by token, in the order in which they stand there.

    `owned` is what the tables give each account of each token.

    Raises:
        BadSpec: naming the schedule, and what was wanted.
    """
    found: dict[str, list[tuple[AccountId, VestingInfo]]] = {AGPU: [], AMAX: []}
    for i, part in enumerate(parts):
        field = f"genesis.config.vesting[{i}]"
        try:
            account = parse_account(part.account, prefix)
            symbol, amount = _amount(part.amount)
        except BadNotation as error:
            raise BadSpec(f"{field}: {error}") from error
        schedule = _schedule(field, part, symbol, amount)
        others = [one for who, one in found[symbol] if who == account]
        _check_owner(field, account, symbol, [*others, schedule], dict(owned[symbol]))
        found[symbol].append((account, schedule))
    return {symbol: tuple(schedules) for symbol, schedules in found.items()}


def unlocks_of(state: Trie, genesis_hash: bytes) -> tuple[Unlock, ...]:
    """Return every schedule of block 0, by token, account and place, as its state has it."""
    runtime = Executive.of_state(state, genesis_hash).runtime_at(state, 0)
    return tuple(
        Unlock(who, symbol, one)
        for symbol, pallet in ((AGPU, runtime.vesting), (AMAX, runtime.amax_vesting))
        for who, schedules in sorted(pallet.vesting.items())
        for one in schedules
    )


def _amount(text: str) -> tuple[str, Balance]:
    """Return of which token an amount is, and how much; BadNotation where it names neither."""
    symbol = AMAX if text.strip().endswith(AMAX) else AGPU
    return symbol, parse_amount(text, symbol)


def _schedule(field: str, part: VestingPart, symbol: str, amount: Balance) -> VestingInfo:
    if amount < LEAST_VESTED:
        least, got = format_amount(LEAST_VESTED, symbol), format_amount(amount, symbol)
        raise BadSpec(f"{field}.amount: wanted at least {least}, got {got}")
    schedule = VestingInfo(amount, -(-amount // part.blocks), part.start_block)
    if schedule.ending_block > U32_MAX:
        raise BadSpec(
            f"{field}: wanted an end at block {U32_MAX} at most, got {schedule.ending_block}"
        )
    return schedule


def _check_owner(
    field: str,
    account: AccountId,
    symbol: str,
    schedules: list[VestingInfo],
    owned: dict[AccountId, Balance],
) -> None:
    """Refuse more than an account has, more schedules than it may have, and the treasury.

    What the treasury has neither votes nor is spent but by referendum.
    """
    if account == TREASURY:
        raise BadSpec(f"{field}.account: wanted an account that owns for itself, got the treasury")
    if len(schedules) > MOST[symbol]:
        raise BadSpec(
            f"{field}.account: wanted at most {MOST[symbol]} schedules of {symbol} for an account, "
            f"got {len(schedules)}"
        )
    least = sum(one.locked for one in schedules) + EXISTENTIAL_DEPOSIT
    has = owned.get(account, 0)
    if has < least:
        raise BadSpec(
            f"{field}.amount: wanted an account with what vests and the existential deposit, "
            f"{format_amount(least, symbol)}, got one with {format_amount(has, symbol)}"
        )

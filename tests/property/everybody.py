"""Everybody at once: all calls of all pallets of the runtime, by many accounts, in random order.

The calls are those of the runtime's own table, so a new pallet joins by itself. Some steps are the
work of the market, without which no job would ever be paid, and as many are of what somebody has
set out to do in an order (`intentions`); the others are any call, by any origin. Devices are a
verdict: what an author includes as opened counts as correct.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from runtime.block_execution import ExhaustedBlock
from runtime.constants import COMMISSIONS, MINTED_TO, POTS, TREASURY
from runtime.frame import DispatchError, GovernanceOrigin, Origin, Root
from runtime.frame.calls import Call, CallEntry
from runtime.frame.dispatch import DispatchClass, Governed
from runtime.frame.outcome import DispatchFailure, WrongOrigin, failure_of
from runtime.frame.pallet import calls_of
from runtime.genesis_state import GenesisConfig
from runtime.pallets.balances import Balances
from runtime.primitives.hashing import blake2_256
from runtime.primitives.schema import schema_of
from runtime.primitives.types import UNIT
from runtime.validity import Invalid, InvalidTransaction
from tests.property.arguments import ABOUT, Knowledge, value
from tests.property.by_hand import BY_HAND, Crowd, receipts
from tests.property.intentions.known import KNOWN
from tests.property.intentions.plan import Calls, Do, Inside, Intentions, Together
from tests.property.subjects import Subject, subject_of
from tests.support.chain import CHAIN, pair
from tests.support.flat_chain import FlatChain

ACCOUNTS = 9
VALIDATORS = 4
RICH = 1_000_000 * UNIT
LIVELY = replace(CHAIN, era_blocks=8, job_start_blocks=5, job_run_blocks=6)
"""A chain whose eras are short."""

POT_ACCOUNTS = (
    *(POTS.validators, POTS.oracles, POTS.stakers, COMMISSIONS),
    *(MINTED_TO.infra, MINTED_TO.governance, MINTED_TO.accuracy),
)
"""Where parts of fees and mints lie: below the existential deposit the first would not arrive."""

MARKET = {
    "Jobs.submit_job": 10,
    "Jobs.start_job": 12,
    "Jobs.commit_segment": 12,
    "Jobs.settle_segment": 2,
    "Providers.heartbeat": 3,
    "Providers.register_provider": 2,
    "Providers.resume": 2,
}
"""How often each step of a job is done, where a step is the market's."""
MARKET_SHARE, INTENTION_SHARE = 0.3, 0.4
NEW_SHARE, NEAR_SHARE = 0.6, 0.5
"""Of all other calls, how many are such as were never accepted; and of these, how many are of the
pallet that accepted one last, which leads from a proposal to what is done with it."""
SIGNED_SHARE = 0.7
"""How often a call is signed that is not known to refuse that."""
RARE = {
    "SafeMode.enter": 0.1,
    "SafeMode.force_enter": 0.1,
    "TxPause.pause": 0.5,
    "Pricing.set_tier": 0.2,
    "Balances.transfer_all": 0.2,
    "Amax.transfer_all": 0.2,
}
"""Calls after which little else is possible, and how often they are made when they are drawn."""
BLOCK_END, LONG_PAUSE = 0.12, 0.04
"""How often a block ends after a step, and how often a dozen empty ones follow."""
MISFIT = 0.05
"""How often a call is made as an origin of which it is known that the call refuses it."""
SIGNED, UNSIGNED = "signed", "unsigned"
OFFICES: dict[str, Origin] = {"root": Root()} | {
    one.name: Governed(one) for one in GovernanceOrigin
}
ORIGINS = (SIGNED, SIGNED, UNSIGNED, *OFFICES)
"""As whom a call may be made; most accounts sign."""
TIPS = (0, 0, 0, 10**9)
DEEPEST = 2
"""Calls inside calls."""
PLAIN_INNER = ("System.remark", "Balances.transfer_keep_alive", "Treasury.spend_local")
"""What lies inside the deepest calls."""


class Everybody:
    """Nine accounts, of which four are validators, and a die."""

    def __init__(self, seed: int) -> None:
        self.die = Random(seed)
        pairs = [pair(number) for number in range(1, ACCOUNTS + 1)]
        self.chain = FlatChain(genesis_of([one.public for one in pairs]))
        self.entries = {f"{one.pallet}.{one.name}": one for one in entries_of(self.chain)}
        self.know = Knowledge(
            self.die,
            [one.public for one in pairs],
            lambda: self.chain.number,
            lambda: self.inner(DEEPEST),
        )
        self.crowd = Crowd(self.chain, pairs, self.know)
        self.intentions = Intentions(self.crowd, KNOWN)
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        """By call and why."""
        self.unfit: dict[str, set[str]] = {name: set() for name in self.entries}
        """As whom each call may not be made, as far as was learned."""
        self.step = ""
        """The last one, for who reads a failure."""
        self.steps = 0
        self.latest = ""
        """The pallet that accepted a call last, the market's apart."""

    def run(self, steps: int) -> None:
        """Do so many random steps; after each block every invariant is checked.

        Raises:
            AssertionError: one does not hold.
        """
        market, weights = list(MARKET), list(MARKET.values())
        anything = [name for name, one in self.entries.items() if not is_inherent(one)]
        while self.steps < steps:
            chance = self.die.random()
            if chance < MARKET_SHARE:
                self.transact(self.die.choices(market, weights)[0])
            elif chance < MARKET_SHARE + INTENTION_SHARE:
                self.pursue()
            else:
                untried = [name for name in anything if not self.accepted[name]]
                is_new = untried and self.die.random() < NEW_SHARE
                near = [name for name in untried if name.partition(".")[0] == self.latest]
                goes_on = is_new and near and self.die.random() < NEAR_SHARE
                self.any_call(self.die.choice(near if goes_on else untried if is_new else anything))
            if self.die.random() < BLOCK_END:
                self.end_block()
        self.end_block()

    def pursue(self) -> None:
        """Let somebody take the next step of what it set out to do."""
        one = self.intentions.draw()
        calls = None if one is None else one.next_calls()
        if one is not None and calls is not None:
            one.hear(is_accepted=self.take(calls))

    def take(self, calls: Calls) -> bool:
        """Take a step of an intention; return whether all calls of it were accepted."""
        match calls:
            case Do():
                return self.do(calls)
            case Together(several):
                ends = [self.do(one) for one in several]
                return all(ends)
            case Inside(name):
                self.accepted[name] += 1
                return True

    def do(self, step: Do) -> bool:
        """Make a call as whom an intention says; return whether it was accepted."""
        one = self.chain.call(*step.name.split("."), *step.arguments)
        by, before = step.by, self.accepted[step.name]
        if isinstance(by, Origin):
            self.dispatch(step.name, one, next(name for name, it in OFFICES.items() if it == by))
        else:
            self.include(step.name, one, by)
        return self.accepted[step.name] > before

    def any_call(self, name: str) -> None:
        """Make a call as an origin that it has not refused yet, seldom as another."""
        if self.die.random() > RARE.get(name, 1.0):
            return
        fits = [one for one in ORIGINS if one not in self.unfit[name]]
        kind = self.die.choice(ORIGINS if not fits or self.die.random() < MISFIT else fits)
        if SIGNED in fits and self.die.random() < SIGNED_SHARE:
            kind = SIGNED
        if kind in OFFICES:
            self.command(name, kind)
        elif kind == UNSIGNED:
            self.transact(name, is_signed=False)
        else:
            self.transact(name)

    def transact(self, name: str, *, is_signed: bool = True) -> None:
        """Put a call into the block, signed by an account or by nobody."""
        who, one = self.made(name)
        self.include(name, one, who if is_signed else None)

    def include(self, name: str, one: Call, who: bytes | None) -> None:
        """Put a call into the block that an account signed, or with None nobody."""
        self.note(name, UNSIGNED if who is None else who.hex())
        try:
            if who is not None:
                failure = self.chain.sign(who, one, tip=self.die.choice(TIPS))
                self.count(name, SIGNED, failure)
            else:
                self.chain.inherent(one)
                self.count(name, UNSIGNED, None)
        except ExhaustedBlock:
            self.end_block()
        except InvalidTransaction as error:
            self.refused[name, error.kind.name] += 1
            if error.kind is Invalid.BAD_SIGNER:
                self.unfit[name].add(UNSIGNED)

    def command(self, name: str, office: str) -> None:
        """Make a call as the chain itself, or as a referendum of some track."""
        _, one = self.made(name)
        self.dispatch(name, one, office)

    def dispatch(self, name: str, one: Call, office: str) -> None:
        """Let an office make a call."""
        self.note(name, office)
        failure: DispatchFailure | None = None
        try:
            self.chain.dispatch(one, OFFICES[office])
        except DispatchError as error:
            failure = failure_of(error, self.chain.runtime.error_indices)
        self.count(name, office, failure)

    def made(self, name: str) -> tuple[bytes, Call]:
        """Return who makes a call, and the call: by hand, or by the types of its arguments."""
        pallet, _, call = name.partition(".")
        self.know.pallet = pallet
        self.know.subject = self.subject(pallet)
        if name in BY_HAND:
            who, arguments = BY_HAND[name](self.crowd)
        else:
            who = self.know.someone()
            arguments = tuple(
                value(schema_of(note), argument, self.know)
                for argument, note in self.entries[name].signature
            )
        one = self.chain.call(pallet, call, *arguments)
        self.know.note_hash(blake2_256(one.encode()))
        return who, one

    def subject(self, pallet: str) -> Subject:
        """Return an entry of the state that a call of a pallet could be about."""
        name = ABOUT[pallet] if pallet in ABOUT and self.die.random() < 0.5 else pallet
        return subject_of(self.chain.runtime.by_name[name], self.know.accounts, self.die)

    def inner(self, depth: int) -> Call:
        """Return a call to lie inside another, not too deep."""
        if depth == 0:
            return self.made(self.die.choice(PLAIN_INNER))[1]
        names = [name for name, one in self.entries.items() if not is_inherent(one)]
        self.know.inner = lambda: self.inner(depth - 1)
        try:
            return self.made(self.die.choice(names))[1]
        finally:
            self.know.inner = lambda: self.inner(DEEPEST)

    def end_block(self) -> None:
        """Include receipts, close the block, count the money, and sometimes let time pass."""
        found = receipts(self.crowd)
        if found.batches or found.openings:
            self.chain.inherent(self.chain.call("Receipts", "submit", found))
            self.accepted["Receipts.submit"] += 1
        self.close()
        if self.die.random() < LONG_PAUSE:
            for _ in range(12):
                self.close()

    def close(self) -> None:
        """Close a block, and add up what all accounts have."""
        self.chain.close()
        for record in self.chain.events:
            self.know.note_event(record)
        self.accepted["Timestamp.set"] += 1
        for ledger in (self.chain.runtime.balances, self.chain.runtime.amax):
            check_issuance(ledger)

    def note(self, name: str, by: str) -> None:
        self.steps += 1
        self.step = f"step {self.steps}, block {self.chain.number}: {name} by {by}"

    def count(self, name: str, kind: str, failure: DispatchFailure | None) -> None:
        """Count what became of a call; learn which origins it refuses."""
        if failure is None:
            self.accepted[name] += 1
            if name not in MARKET:
                self.latest = name.partition(".")[0]
            return
        self.refused[name, str(failure)] += 1
        is_own = self.entries[name].info.inner is None or kind != SIGNED
        if is_own and isinstance(failure, WrongOrigin):
            self.unfit[name].add(kind)


def check_issuance(ledger: Balances) -> None:
    """Check that the issuance is what all accounts have, to the planck, and where it came from.

    Raises:
        AssertionError: with the sums.
    """
    total = sum(one.free + one.reserved for _, one in ledger.accounts())
    minted = sum(amount for _, amount in ledger.minted_by_reason.items())
    burned = sum(amount for _, amount in ledger.burned_by_reason.items())
    came = ledger.genesis_issuance + minted - burned
    sums = f"{ledger.name}: issued {ledger.total_issuance}, held {total}, came {came}"
    assert ledger.total_issuance == total == came, sums


def entries_of(chain: FlatChain) -> tuple[CallEntry, ...]:
    """Return every call of the runtime."""
    table = chain.rules.calls
    return tuple(
        entry
        for pallet in chain.runtime.pallets
        for name, _ in calls_of(type(pallet)).values()
        if (entry := table.entry(pallet.name, name)) is not None
    )


def is_inherent(entry: CallEntry) -> bool:
    """Say whether only authors make a call, once in a block."""
    return entry.info.kind is DispatchClass.MANDATORY


def genesis_of(accounts: list[bytes]) -> GenesisConfig:
    """Endow accounts with both tokens; the first few are validators."""
    authorities = tuple((who, 1000) for who in accounts[:VALIDATORS])
    rich = tuple((who, RICH) for who in accounts)
    return GenesisConfig(
        chain=LIVELY,
        agpu=(*rich, (TREASURY, 10 * RICH), *((pot, UNIT) for pot in POT_ACCOUNTS)),
        amax=rich,
        validators=tuple(accounts[:VALIDATORS]),
        babe_authorities=authorities,
        grandpa_authorities=authorities,
        randomness=bytes(32),
    )

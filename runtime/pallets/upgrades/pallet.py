"""Upgrades: what providers say they improved, attested by drawn oracles, counts for a year.

A provider with a past claims a gain, with a bond. Five oracles, drawn by the randomness of a later
block, say whether the evidence holds; four equal verdicts decide after seven eras. An accepted
claim has points that fall in a straight line, and may be drawn again, or challenged, at any time.
Points move no AGPU by themselves: Mining pays the infrastructure pool by them.
Source: design page "Economy", section 5.14; requirements 17 and 22.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from runtime.frame import (
    Context,
    DoubleMap,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.fungible import Currency, are_held
from runtime.pallets.upgrades import records
from runtime.pallets.upgrades.ports import Improvers, Oracles, Randomness
from runtime.pallets.upgrades.records import (
    COMMITTEE,
    EVENTS,
    MAX_CLAIMS,
    MAX_DRAWS,
    NO_CLAIMS,
    NO_POINTS,
    PERBILL,
    Account,
    Cause,
    Claim,
    ClaimId,
    ClaimKind,
    Config,
    Error,
    Review,
    Sums,
    Verdict,
)
from runtime.pallets.upgrades.registry import Registry
from runtime.pallets.upgrades.reviews import BOND, Reviews
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, AccountId, Balance, BlockNumber

BASELINE = Weight(reads=52)
"""A provider, and what it proved and used in the epochs that its baseline is the average of."""
RECORD = Weight(reads=5, writes=5)
"""A claim, its number, the kinds of its provider, and the queue of draws."""
LISTED = Weight(reads=8, writes=10)
"""The list of accepted claims, one that moves up in it, and the sums by provider and group."""
MONEY = Weight(reads=5, writes=5)
"""Accounts, holds and total issuance behind one movement of a bond."""
ORACLE = Weight(reads=10, writes=10)
"""A slash of an oracle: see the pallet Oracle."""
DECIDE = BASELINE + RECORD + LISTED + MONEY * 2 + ORACLE * COMMITTEE + Weight(reads=9, writes=9)
"""A claim is decided; its provider's reputation may fall."""
DRAW = RECORD + LISTED + MONEY + Weight(reads=3, writes=2)
"""A committee is drawn, or a claim ends."""
TICK = Weight(reads=10, writes=8)
"""The queues of draws and verdicts, the era of the audits, the end of the sweep."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What claims need from pallets that stand above them."""

    improvers: Improvers
    oracles: Oracles
    randomness: Randomness


class Upgrades(Pallet):
    """What providers say they improved, attested by drawn oracles."""

    events = EVENTS
    errors = Error

    next_claim: Value[ClaimId] = Value(default=0)
    """The id of the next claim."""
    claim_count: Value[U32] = Value(default=0)
    """How many claims there are."""
    claims: Map[ClaimId, Claim] = Map(hasher=TWOX_64_CONCAT)
    """The claims that count, and those that are being looked at."""
    claim_of: DoubleMap[AccountId, ClaimKind, ClaimId] = DoubleMap()
    """The one claim of each kind that a provider has."""
    draws: Value[Annotated[tuple[ClaimId, ...], Bounded(MAX_DRAWS)]] = Value(default=())
    """Claims that wait for their committee, in order."""
    due: Map[U64, tuple[ClaimId, BlockNumber]] = Map(hasher=TWOX_64_CONCAT)
    """Claims with a committee, and the block from which its verdicts can be counted, in order."""
    due_head: Value[U64] = Value(default=0)
    """The first of them."""
    due_tail: Value[U64] = Value(default=0)
    """The place after the last."""
    live: Map[U32, ClaimId] = Map(hasher=TWOX_64_CONCAT)
    """The accepted claims, by place."""
    live_count: Value[U32] = Value(default=0)
    """How many there are."""
    sweep_at: Value[U32] = Value(default=0)
    """The place that is looked at next for the end of its time."""
    audit_era: Value[U32] = Value(default=0)
    """The era of the audits."""
    audits_left: Value[U32] = Value(default=0)
    """How many claims are still to be drawn in it."""
    sums: Value[Sums] = Value(default=NO_POINTS)
    """The points of all accepted claims."""
    accounts: Map[AccountId, Account] = Map(default=NO_CLAIMS)
    """The points of the accepted claims of each provider."""
    group_sums: Map[AccountId, Sums] = Map(default=NO_POINTS)
    """The points of the accepted claims of each operator group."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        ports: Ports,
        config: Config,
        *,
        index: int,
        name: str = "Upgrades",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.ports, self.config = currency, ports, config
        self.reviews, self.registry = Reviews(self), Registry(self)
        self.most = most(config)
        """What a block costs at most in which there is most to do."""

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=BASELINE + RECORD + MONEY + Weight(reads=2))
    def submit_claim(
        self, origin: Origin, kind: ClaimKind, baseline_root: H256, evidence: H256, gain: U32
    ) -> None:
        """Claim a gain, in parts per billion, with 100 AGPU at stake while the claim lives.

        For providers with 14 eras of history; one claim of each kind. A false one costs the bond
        and half of the reputation. Of efficiency no more counts than heartbeats show: claim it
        before the better devices work.
        """
        who, improvers = ensure_signed(origin), self.ports.improvers
        ensure(improvers.is_provider(who), Error.NOT_PROVIDER)
        ensure(0 < gain <= PERBILL, Error.GAIN_OUT_OF_RANGE)
        ensure((who, kind) not in self.claim_of, Error.CLAIM_EXISTS)
        ensure(self.claim_count < MAX_CLAIMS, Error.TOO_MANY_CLAIMS)
        ensure(len(self.draws) < MAX_DRAWS, Error.QUEUE_FULL)
        ensure(len(self.ports.oracles.members()) >= COMMITTEE, Error.TOO_FEW_ORACLES)
        has_past = improvers.eras_known(who) >= self.config.history_eras
        baseline = improvers.baseline(who) if has_past else 0
        ensure(baseline > 0, Error.NO_HISTORY)
        efficiency = improvers.efficiency(who) if kind is ClaimKind.EFFICIENCY else 0
        ensure(kind is not ClaimKind.EFFICIENCY or efficiency > 0, Error.NO_ENERGY)
        self.currency.hold(BOND, who, self.config.bond)
        claim, self.next_claim = self.next_claim, self.next_claim + 1
        self.claim_of[who, kind] = claim
        self.claim_count += 1
        record = Claim(
            provider=who,
            kind=kind,
            baseline_root=baseline_root,
            evidence=evidence,
            gain=gain,
            baseline=baseline,
            efficiency=efficiency,
            bond=self.config.bond,
            review=None,
            live=None,
        )
        self.reviews.begin(claim, record, Cause.SUBMITTED, None)
        self.deposit(records.ClaimSubmitted(claim, who, kind, gain, evidence))

    @call(1, weight=RECORD)
    def attest_claim(self, origin: Origin, claim: ClaimId, verdict: Verdict) -> None:
        """Say whether a claim is genuine. For the oracles that were drawn for it, once."""
        who = ensure_signed(origin)
        record, review = self._reviewed(claim)
        seats = {seat.oracle: seat for seat in review.committee}
        seat = require(seats.get(who), Error.NOT_DRAWN)
        ensure(seat.verdict is None, Error.ALREADY_ATTESTED)
        ensure(self.context.number < review.until, Error.TOO_LATE)
        seats[who] = replace(seat, verdict=verdict)
        review = replace(review, committee=tuple(seats.values()))
        self.claims[claim] = replace(record, review=review)
        self.deposit(records.ClaimAttested(claim, who, verdict))

    @call(2, weight=RECORD + MONEY)
    def challenge_claim(self, origin: Origin, claim: ClaimId) -> None:
        """Put 100 AGPU up that a claim is false; half of its bond if it is, else lost.

        A claim that counts is looked at again by oracles drawn anew.
        """
        who = ensure_signed(origin)
        record = require(self.claims.get(claim), Error.UNKNOWN_CLAIM)
        review = record.review
        judges = () if review is None else tuple(seat.oracle for seat in review.committee)
        ensure(who not in (record.provider, *judges), Error.OWN_CLAIM)
        if review is None:
            ensure(len(self.draws) < MAX_DRAWS, Error.QUEUE_FULL)
            self.reviews.begin(claim, record, Cause.CHALLENGED, who)
        else:
            ensure(review.challenger is None, Error.ALREADY_CHALLENGED)
            is_open = not review.committee or self.context.number < review.until
            ensure(is_open, Error.TOO_LATE)
            self.claims[claim] = replace(record, review=replace(review, challenger=who))
        self.currency.hold(BOND, who, self.config.bond)
        self.deposit(records.ClaimChallenged(claim, who))

    @call(3, weight=DECIDE)
    def finalise_claim(self, origin: Origin, claim: ClaimId) -> None:
        """Count the verdicts on a claim seven eras after the draw. Anyone may."""
        ensure_signed(origin)
        record, review = self._reviewed(claim)
        ensure(bool(review.committee), Error.NOT_DRAWN)
        ensure(self.context.number >= review.until, Error.TOO_EARLY)
        self.reviews.close(claim, record, review)

    @call(4, weight=RECORD + LISTED + MONEY)
    def withdraw_claim(self, origin: Origin, claim: ClaimId) -> None:
        """Take a claim back, and its bond; not while it is being looked at."""
        who = ensure_signed(origin)
        record = require(self.claims.get(claim), Error.UNKNOWN_CLAIM)
        ensure(who == record.provider, Error.NOT_CLAIMANT)
        ensure(record.review is None, Error.UNDER_REVIEW)
        self.end(claim, record)

    # ------------------------------------------------------------------------------------- hooks

    def on_poll(self, number: int, left: int) -> Weight:
        """Draw committees and audits, count verdicts, and end claims whose time is over."""
        if self.most.ref_time > left:
            return Weight()
        drawn, decided = self.reviews.draw_due(number), self.reviews.close_due(number)
        audited, swept = self.registry.audit(number), self.registry.sweep()
        return TICK + DRAW * (drawn + swept) + RECORD * audited + DECIDE * decided

    @constant
    def bond(self) -> Balance:
        """Return what a claim, or a challenge, puts at stake."""
        return self.config.bond

    @constant
    def lifetime(self) -> U32:
        """Return the eras over which the points of a claim fall to nothing."""
        return records.LIFETIME_ERAS

    # ----------------------------------------------------------------- what other pallets may ask

    def points_of(self, who: AccountId) -> int:
        """Return the points of a provider now, in micro-CU per epoch."""
        return self.registry.points_of(who)

    def total_points(self) -> int:
        """Return the points of all accepted claims now, before groups are cut."""
        return self.sums.at(self.era())

    def era(self) -> int:
        """Return the era under way."""
        return self.context.number // self.config.era_blocks

    # ------------------------------------------------------------------------------------ helpers

    def end(self, claim: int, record: Claim) -> None:
        """Give the bond of a claim back, and forget the claim."""
        self.currency.release(BOND, record.provider, record.bond)
        self.registry.remove(claim, record)
        self.deposit(records.ClaimEnded(claim, record.provider))

    def _reviewed(self, claim: int) -> tuple[Claim, Review]:
        record = require(self.claims.get(claim), Error.UNKNOWN_CLAIM)
        return record, require(record.review, Error.NOT_ENDED)

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def bonds_are_held(self) -> bool:
        """Claimants and challengers have on hold exactly what they put at stake."""
        kept = [record for _, record in self.claims.items()]
        parts = [(one.provider, one.bond) for one in kept]
        reviews = [one.review for one in kept if one.review is not None]
        challengers = [one.challenger for one in reviews if one.challenger is not None]
        parts += [(who, self.config.bond) for who in challengers]
        return are_held(self.currency, BOND, parts)

    @invariant
    def claims_are_listed(self) -> bool:
        """Each claim is the only one of its kind, and each accepted one is in its place."""
        claims = dict(self.claims.items())
        places = {one.live.place: claim for claim, one in claims.items() if one.live is not None}
        kinds = {(one.provider, one.kind): claim for claim, one in claims.items()}
        are_counted = (self.live_count, self.claim_count) == (len(places), len(claims))
        is_dense = sorted(places) == list(range(self.live_count))
        is_listed = dict(self.live.items()) == places and dict(self.claim_of.items()) == kinds
        return are_counted and is_dense and is_listed

    @invariant
    def the_queue_is_whole(self) -> bool:
        """Each claim that is being looked at and has no committee is in the queue, once."""
        waiting = [
            claim
            for claim, one in self.claims.items()
            if one.review is not None and not one.review.committee
        ]
        return sorted(waiting) == sorted(self.draws)

    @invariant
    def every_committee_is_heard(self) -> bool:
        """Each claim with a committee is in the queue of verdicts, which ascends."""
        places = range(self.due_head, self.due_tail)
        listed = [self.due[place] for place in places]
        reviews = [(claim, one.review) for claim, one in self.claims.items() if one.review]
        heard = all((claim, one.until) in listed for claim, one in reviews if one.committee)
        times = [until for _, until in listed]
        return heard and times == sorted(times) and len(dict(self.due.items())) == len(listed)

    @invariant
    def every_claim_counts_or_is_looked_at(self) -> bool:
        """No claim is left that nothing will happen to."""
        return all(one.live or one.review for _, one in self.claims.items())

    @invariant
    def points_add_up(self) -> bool:
        """Equal: the sums by provider, by group and of all, and those of the accepted claims."""
        claimed, groups, whole = dict[AccountId, Sums](), dict[AccountId, Sums](), NO_POINTS
        lives = [(one.provider, one.live) for _, one in self.claims.items() if one.live]
        for who, live in lives:
            claimed[who] = claimed.get(who, NO_POINTS).plus(live.sums)
        for who, sums in claimed.items():
            group, whole = self.accounts[who].group, whole.plus(sums)
            if group is not None:
                groups[group] = groups.get(group, NO_POINTS).plus(sums)
        counted = {who: one.sums for who, one in self.accounts.items()}
        by_group = dict(self.group_sums.items())
        return (counted, by_group, self.sums) == (
            _counting(claimed),
            _counting(groups),
            whole,
        )


def _counting(sums: dict[AccountId, Sums]) -> dict[AccountId, Sums]:
    """Return the sums that are not nothing: claims of no points leave none."""
    return {who: one for who, one in sums.items() if one != NO_POINTS}


def most(config: Config) -> Weight:
    """Return what a block costs at most in which there is most to do."""
    drawn = DRAW * (config.draws_per_block + config.sweeps_per_block)
    audited, decided = RECORD * config.audits_per_block, DECIDE * config.decided_per_block
    return TICK + drawn + audited + decided

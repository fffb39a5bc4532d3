"""Guardian: a few elected accounts that may slow the chain down, and nothing else.

Holders of AMAX elect them by approval, each term anew. Enough of them together let a call take the
quick track, postpone the call of an approved referendum once, stop a tokenised asset, or enter safe
mode for a while. They have no origin of their own: they neither spend nor change anything, and what
they may ends with their term. Elections are named as in FRAME's `pallet_elections_phragmen`.
Source: design page "Economy", 5.11 and 5.15, and the decisions on guardians.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.frame import (
    Context,
    EnsureOrigin,
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
from runtime.frame.accounts import account_of
from runtime.frame.fungible import FreezeReason, HoldReason, are_held
from runtime.frame.polls import PollIndex
from runtime.pallets.guardian.ports import Config, Error, Ports
from runtime.pallets.guardian.records import (
    EVENTS,
    MAX_APPROVALS,
    MAX_CANDIDATES,
    MAX_MOTIONS,
    MOTIONS_EACH,
    SEATS,
    Action,
    Approved,
    Ballot,
    Brake,
    CandidacySubmitted,
    Candidate,
    Candidates,
    CandidateSlashed,
    EmptyTerm,
    Executed,
    FreezeAsset,
    Member,
    MemberKicked,
    Members,
    Motion,
    Motions,
    NewTerm,
    Postponed,
    Renounced,
    Renouncing,
    Veto,
    Voted,
    Voter,
    VoterRemoved,
    WhitelistCall,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U32, AccountId, Balance, BlockNumber, CompactBalance

HOLD = HoldReason.GUARDIAN

DEPOSIT = Weight(reads=2, writes=2, compute=10_000)
"""Setting a deposit aside or giving it back: the account and its holds."""

BURN = Weight(reads=2, writes=2)
"""What burning a deposit costs besides: the issuance, and what was burned for the reason."""

LISTS = Weight(reads=4, writes=3, compute=30_000)
"""Members, candidates, their count, and the motions."""

VOTE = Weight(reads=5, writes=4, compute=40_000)
"""The list of candidates, the voter, what it has set aside, its freezes and its account."""

ACT = Weight(reads=14, writes=12, compute=120_000)
"""Members, motions, and the dearest action: a veto moves a call from one agenda to another."""

FULL_AGENDAS = Weight(reads=16)
"""Agendas without room that a postponed call may meet."""

ELECTION = LISTS + (DEPOSIT + Weight(compute=5_000)) * (MAX_CANDIDATES + SEATS) + BURN
"""Every candidate is ranked, and every deposit given back or burned."""


class Guardian(Pallet):
    """A few elected accounts that may slow the chain down, and nothing else."""

    events = EVENTS
    errors = Error

    members: Value[Members] = Value(default=())
    """The guardians, in order of their accounts."""
    candidates: Value[Candidates] = Value(default=())
    """Who stands for the next election, in the order in which they came."""
    candidate_count: Value[U32] = Value(default=0)
    """How many candidacies there were so far."""
    election_rounds: Value[U32] = Value(default=0)
    """How many elections there were so far."""
    voting: Map[AccountId, Voter] = Map(hasher=TWOX_64_CONCAT)
    """Of whom each account approves; candidacies of past elections count no more."""
    motions: Value[Motions] = Value(default=())
    """What some guardians stand behind, and not yet enough of them."""
    vetoed: Map[PollIndex, BlockNumber] = Map(hasher=TWOX_64_CONCAT)
    """Referenda whose call was postponed, and to which block."""
    braked_at: Value[BlockNumber | None] = Value(default=None)
    """When guardians last entered safe mode."""

    def __init__(
        self,
        context: Context,
        ports: Ports,
        removal: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "Guardian",
    ) -> None:
        """Who passes `removal` may take a guardian its seat."""
        super().__init__(context, index=index, name=name)
        self.ports, self.removal, self.config = ports, removal, config

    def build(self, members: tuple[AccountId, ...]) -> None:
        """Seat the guardians of block 0: nobody approved of them, and they put nothing up.

        Their term is the first one, and ends as any other does.
        """
        self.members = tuple(Member(who, 0, 0) for who in sorted(members))

    @call(0, weight=VOTE)
    def vote(self, origin: Origin, votes: Ballot, value: CompactBalance) -> None:
        """Approve of candidates, of each with so much of your seasoned AMAX, which is bound.

        It replaces what you voted before. After the election it counts no more: take it back.
        """
        who, config = ensure_signed(origin), self.config
        ensure(len(votes) > 0, Error.NO_VOTES)
        ensure(len(dict.fromkeys(votes)) == len(votes), Error.DUPLICATED_VOTE)
        ensure(value >= config.least_stake, Error.LOW_STAKE)
        seasoned = self.ports.seasoned.set_aside_by(who, self.context.number - config.season)
        ensure(value <= min(seasoned, self.ports.ledger.total(who)), Error.NOT_SEASONED)
        standing = {one.who: one.id for one in self.candidates}
        ids = tuple(require(standing.get(one), Error.NOT_CANDIDATE) for one in votes)
        self._count(self.voting.get(who), Voter(ids, value))
        self.voting[who] = Voter(ids, value)
        self.ports.ledger.set_freeze(FreezeReason.GUARDIAN_VOTE, who, value)
        self.deposit(Voted(who, votes, value))

    @call(1, weight=VOTE)
    def remove_voter(self, origin: Origin) -> None:
        """Take your approval back; your AMAX is free."""
        who = ensure_signed(origin)
        voter = require(self.voting.get(who), Error.MUST_BE_VOTER)
        self._count(voter, None)
        del self.voting[who]
        self.ports.ledger.set_freeze(FreezeReason.GUARDIAN_VOTE, who, 0)
        self.deposit(VoterRemoved(who))

    @call(2, weight=LISTS + DEPOSIT)
    def submit_candidacy(self, origin: Origin) -> None:
        """Stand for the next election; a deposit is held, and lost if nearly nobody approves."""
        who, standing = ensure_signed(origin), self.candidates
        ensure(all(one.who != who for one in standing), Error.DUPLICATED_CANDIDATE)
        ensure(len(standing) < MAX_CANDIDATES, Error.TOO_MANY_CANDIDATES)
        number, amount = self.candidate_count, self.config.candidacy_deposit
        self.ports.ledger.hold(HOLD, who, amount)
        self.candidate_count = number + 1
        self.candidates = (*standing, Candidate(number, who, amount, 0))
        self.deposit(CandidacySubmitted(who))

    @call(3, weight=LISTS + DEPOSIT)
    def renounce_candidacy(self, origin: Origin, renouncing: Renouncing) -> None:
        """Give up your seat, or your candidacy while the election is not near yet."""
        who = ensure_signed(origin)
        if renouncing is Renouncing.MEMBER:
            self._vacate(who)
        else:
            to_go = self.config.term - self.context.number % self.config.term
            ensure(to_go > self.config.fixed, Error.CANDIDATES_FIXED)
            found = next((one for one in self.candidates if one.who == who), None)
            self.ports.ledger.release(HOLD, who, require(found, Error.NOT_CANDIDATE).deposit)
            self.candidates = tuple(one for one in self.candidates if one.who != who)
        self.deposit(Renounced(who))

    @call(4, weight=LISTS + DEPOSIT)
    def remove_member(self, origin: Origin, who: MultiAddress) -> None:
        """Take a guardian its seat until the next election, by decision of AMAX holders."""
        self.removal(origin)
        member = account_of(who)
        self._vacate(member)
        self.deposit(MemberKicked(member))

    @call(10, weight=ACT + FULL_AGENDAS)
    def approve(self, origin: Origin, action: Action) -> None:
        """Stand behind an action as a guardian; when enough guardians do, it is done at once."""
        who, now = ensure_signed(origin), self.context.number
        ensure(any(one.who == who for one in self.members), Error.NOT_MEMBER)
        open_ones = tuple(one for one in self.motions if one.end >= now)
        motion = next((one for one in open_ones if one.action == action), None)
        if motion is None:
            begun = sum(one.ayes[0] == who for one in open_ones)
            ensure(begun < MOTIONS_EACH, Error.TOO_MANY_PROPOSALS)
            self._ensure_possible(action)
            motion = Motion(action, (), now + self.config.motion)
        ensure(who not in motion.ayes, Error.DUPLICATE_VOTE)
        joined = replace(motion, ayes=(*motion.ayes, who))
        others = tuple(one for one in open_ones if one.action != action)
        self.deposit(Approved(action, who, len(joined.ayes)))
        if len(joined.ayes) < self._needed(action):
            self.motions = (*others, joined)
            return
        self.motions = others
        self._ensure_possible(action)
        self._carry_out(action)
        self.deposit(Executed(action))

    @constant
    def term_duration(self) -> BlockNumber:
        """Return how many blocks lie between two elections."""
        return self.config.term

    @constant
    def candidacy_bond(self) -> Balance:
        """Return what is held of a candidate."""
        return self.config.candidacy_deposit

    @constant
    def desired_members(self) -> U32:
        """Return how many guardians there may be."""
        return SEATS

    @constant
    def max_candidates(self) -> U32:
        """Return how many accounts may stand at the same time."""
        return MAX_CANDIDATES

    @constant
    def max_votes_per_voter(self) -> U32:
        """Return of how many candidates an account may approve."""
        return MAX_APPROVALS

    @constant
    def veto_period(self) -> BlockNumber:
        """Return by how many blocks a veto postpones a call."""
        return self.config.veto

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Elect new guardians at the end of a term: those of before have no power any more."""
        if number % self.config.term:
            return Weight()
        self._elect()
        return ELECTION

    def _elect(self) -> None:
        """Give the seats to those who are approved of most; deposits go back, or are lost."""
        ledger, electorate = self.ports.ledger, self.ports.ledger.active_issuance()
        least, notable = (
            max(part.of_rounded_up(electorate), 1)
            for part in (self.config.seat, self.config.notable)
        )
        ranked = sorted(self.candidates, key=lambda one: (-one.approval, one.id))
        elected = [one for one in ranked if one.approval >= least][:SEATS]
        for outgoing in self.members:
            self._give_back(outgoing)
        for one in ranked:
            if one in elected:
                continue
            if one.approval >= notable:
                ledger.release(HOLD, one.who, one.deposit)
            else:
                ledger.burn_held(HOLD, one.who, one.deposit)
                self.deposit(CandidateSlashed(one.who, one.deposit))
        seated = (Member(one.who, one.approval, one.deposit) for one in elected)
        self.members = tuple(sorted(seated, key=lambda one: one.who))
        self.candidates, self.motions = (), ()
        self.election_rounds += 1
        terms = tuple((one.who, one.approval) for one in self.members)
        self.deposit(NewTerm(terms) if terms else EmptyTerm())

    def _count(self, old: Voter | None, new: Voter | None) -> None:
        """Take what a voter approved of out of the tallies, and add what it approves of now."""
        change: dict[int, Balance] = {}
        for voter, sign in ((old, -1), (new, 1)):
            for one in voter.votes if voter is not None else ():
                assert voter is not None
                change[one] = change.get(one, 0) + sign * voter.stake
        self.candidates = tuple(
            replace(one, approval=one.approval + change.get(one.id, 0)) for one in self.candidates
        )

    def _vacate(self, who: AccountId) -> None:
        """Take a guardian out of its seat and of every motion; its deposit goes back."""
        found = next((one for one in self.members if one.who == who), None)
        self._give_back(require(found, Error.NOT_MEMBER))
        self.members = tuple(one for one in self.members if one.who != who)
        without = (
            replace(one, ayes=tuple(aye for aye in one.ayes if aye != who)) for one in self.motions
        )
        self.motions = tuple(one for one in without if one.ayes)

    def _give_back(self, member: Member) -> None:
        """Give the deposit of a guardian back, if it put one up: those of block 0 did not."""
        if member.deposit:
            self.ports.ledger.release(HOLD, member.who, member.deposit)

    def _needed(self, action: Action) -> int:
        match action:
            case WhitelistCall():
                return self.config.needed.whitelist
            case Veto():
                return self.config.needed.veto
            case Brake():
                return self.config.needed.brake
            case FreezeAsset():
                return self.config.needed.freeze

    def _ensure_possible(self, action: Action) -> None:
        """Refuse an action whose time has not come, or is over."""
        match action:
            case Veto(referendum):
                ensure(referendum not in self.vetoed, Error.ALREADY_VETOED)
                ensure(self.ports.enactments.waits(referendum), Error.NOTHING_TO_VETO)
            case Brake():
                last = self.braked_at
                is_long_ago = last is None or self.context.number >= last + self.config.brake_pause
                ensure(is_long_ago, Error.BRAKED_LATELY)
            case FreezeAsset(asset):
                self.ports.assets.ensure_can_freeze(asset)

    def _carry_out(self, action: Action) -> None:
        match action:
            case WhitelistCall(call_hash):
                self.ports.reviewed.allow(call_hash)
            case Veto(referendum):
                placed = self.ports.enactments.postpone(referendum, self.config.veto)
                until = require(placed, Error.NO_ROOM)
                self.vetoed[referendum] = until
                self.deposit(Postponed(referendum, until))
            case Brake():
                self.ports.safe_mode.begin()
                self.braked_at = self.context.number
            case FreezeAsset(asset):
                self.ports.assets.freeze(asset)

    @invariant
    def approvals_are_the_sums_of_stakes(self) -> bool:
        """Equal for each candidacy: its approval, and the stakes of those who approve of it."""
        sums = {one.id: 0 for one in self.candidates}
        given = ((one, voter.stake) for _, voter in self.voting.items() for one in voter.votes)
        for one, stake in given:
            if one in sums:
                sums[one] += stake
        return sums == {one.id: one.approval for one in self.candidates}

    @invariant
    def deposits_are_on_hold(self) -> bool:
        """Equal sums: what an account has on hold, and its deposits as member and as candidate."""
        parts = [(one.who, one.deposit) for one in self.members]
        parts += [(one.who, one.deposit) for one in self.candidates]
        return are_held(self.ports.ledger, HOLD, parts)

    @invariant
    def nobody_has_two_seats(self) -> bool:
        """Guardians and candidates are each of them once in their list, within its bound."""
        members = [one.who for one in self.members]
        candidates = [one.who for one in self.candidates]
        return (
            len(dict.fromkeys(members)) == len(members) <= SEATS
            and len(dict.fromkeys(candidates)) == len(candidates) <= MAX_CANDIDATES
        )

    @invariant
    def only_guardians_stand_behind_motions(self) -> bool:
        """Who stands behind a motion is a guardian, once, and fewer than would carry it out."""
        seated = [one.who for one in self.members]
        return len(self.motions) <= MAX_MOTIONS and all(
            0 < len(dict.fromkeys(one.ayes)) == len(one.ayes) < self._needed(one.action)
            and all(aye in seated for aye in one.ayes)
            for one in self.motions
        )

"""Grandpa: who votes on finality, how the voters change, and who voted twice.

A change is announced by the block that makes it, in its digest, and takes effect when that block is
final: the old voters finalize up to that block and never beyond it, the new ones from there on.
In the state after that block the new set is the current one.
Source: FRAME, pallet_grandpa; arXiv 2007.01560, section 3.3.
"""

from __future__ import annotations

from typing import Annotated, Any

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_none,
    ensure_signed,
    event,
    invariant,
    require,
)
from runtime.frame.offence import REPORT, Equivocation, KeyOwners, Kind, OffenceReports
from runtime.frame.sessions import Member
from runtime.frame.unsigned import Admission, Why, admitted
from runtime.primitives.block import GRANDPA_ENGINE, Consensus
from runtime.primitives.equivocation import VoteEquivocation, proves_two_votes
from runtime.primitives.finality import Authority, ScheduledChange, change_payload
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.membership import GRANDPA_KEY, MembershipProof
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, AccountId, BlockNumber, PublicKey

MAX_AUTHORITIES = 64

MAX_SET_ID_SESSIONS = 4096
"""Sets whose sessions are known: a set lasts a session at least, and offences 28 eras."""

Authorities = Annotated[tuple[Authority, ...], Bounded(MAX_AUTHORITIES)]

AT_ONCE = 0
"""Blocks between a change and its effect: none, so that a session and its voters begin together."""

KIND: Kind = b"grandpa:equivoca"

REPORT_TAG = "GrandpaEquivocation"

Round = tuple[U64, U64]
"""The time slot of an offence: the set of voters, and the round."""

HAND_OVER = Weight(reads=4, writes=6)


@event
class NewAuthorities:
    """There are new voters; they decide on the blocks after this one, once it is final."""

    authority_set: Authorities


class Error(PalletError):
    """Why the pallet refused a call."""

    INVALID_KEY_OWNERSHIP_PROOF = 4, "No validator of the session is shown to own the key."
    INVALID_EQUIVOCATION_PROOF = 5, "The votes prove no offence of this voter, set and session."
    DUPLICATE_OFFENCE_REPORT = 6, "The offence was reported before."


WHY_NOT: dict[PalletError, Why] = {
    Error.INVALID_KEY_OWNERSHIP_PROOF: Why.BAD_PROOF,
    Error.INVALID_EQUIVOCATION_PROOF: Why.BAD_PROOF,
    Error.DUPLICATE_OFFENCE_REPORT: Why.STALE,
}


class Grandpa(Pallet):
    """The voters of finality."""

    events = (NewAuthorities,)
    errors = Error

    current_set_id: Value[U64] = Value(default=0)
    """The number of this set of voters."""
    set_id_session: Map[U64, U32] = Map(hasher=TWOX_64_CONCAT)
    """The last session in which each set of voters was the current one."""
    authorities: Value[Authorities] = Value(default=())
    """The keys of this set's voters and their weights."""
    set_since: Value[BlockNumber] = Value(default=0)
    """The block that made these voters the current ones."""

    def __init__(
        self,
        context: Context,
        owners: KeyOwners,
        offences: OffenceReports,
        *,
        index: int,
        name: str = "Grandpa",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.owners, self.offences = owners, offences

    @call(0, weight=REPORT)
    def report_equivocation(
        self,
        origin: Origin,
        equivocation_proof: VoteEquivocation,
        key_owner_proof: MembershipProof,
    ) -> None:
        """Prove that a voter voted twice in a stage of a round: it loses a part of its bond.

        Whoever reports it first earns a part of what the treasury gets of it, seven eras later.
        """
        self._report(ensure_signed(origin), equivocation_proof, key_owner_proof)

    @call(1, weight=REPORT, pays_fee=False)
    def report_equivocation_unsigned(
        self,
        origin: Origin,
        equivocation_proof: VoteEquivocation,
        key_owner_proof: MembershipProof,
    ) -> None:
        """Prove that a voter voted twice, as a node does by itself when it sees the votes."""
        ensure_none(origin)
        self._report(self.context.author, equivocation_proof, key_owner_proof)

    @constant
    def max_authorities(self) -> U32:
        """Return how many voters there may be."""
        return MAX_AUTHORITIES

    @constant
    def max_set_id_session_entries(self) -> U64:
        """Return of how many sets of voters the sessions are known."""
        return MAX_SET_ID_SESSIONS

    def on_new_session(self, index: U32, members: tuple[Member, ...]) -> Weight:
        """Hand over to the voters of the session that begins, if they are others."""
        voters = tuple((one.key(GRANDPA_KEY), one.stake) for one in members)
        if voters != self.authorities:
            self._hand_over(voters)
        self.set_id_session[self.current_set_id] = index
        return HAND_OVER

    def validate_unsigned(self, name: str, arguments: tuple[Any, ...]) -> Admission:
        """Let a report in that holds, if the chain does not know the offence."""
        if name != "report_equivocation_unsigned":
            return super().validate_unsigned(name, arguments)
        proof: VoteEquivocation
        proof, key_owner_proof = arguments
        tag: tuple[PublicKey, Round] = (
            proof.equivocation.identity,
            (proof.set_id, proof.equivocation.round_number),
        )
        with admitted(WHY_NOT):
            self._judge(proof, key_owner_proof)
        return Admission(encode((REPORT_TAG, tag), tuple[str, tuple[PublicKey, Round]]))

    def _report(
        self, reporter: AccountId | None, proof: VoteEquivocation, owner: MembershipProof
    ) -> None:
        is_first = self.offences.report_offence(reporter, self._judge(proof, owner))
        ensure(is_first, Error.DUPLICATE_OFFENCE_REPORT)

    def _judge(self, proof: VoteEquivocation, owner: MembershipProof) -> Equivocation:
        """Return the offence that a report proves, cheap checks first."""
        double, session = proof.equivocation, owner.session
        last = require(self.set_id_session.get(proof.set_id), Error.INVALID_EQUIVOCATION_PROOF)
        before = self.set_id_session.get(proof.set_id - 1) if proof.set_id else -1
        known = require(before, Error.INVALID_EQUIVOCATION_PROOF)
        ensure(known < session <= last, Error.INVALID_EQUIVOCATION_PROOF)
        offender = require(
            self.owners.check_proof(GRANDPA_KEY, double.identity, owner),
            Error.INVALID_KEY_OWNERSHIP_PROOF,
        )
        time_slot = encode((proof.set_id, double.round_number), Round)
        offence = Equivocation(KIND, time_slot, session, owner.validator_count, offender)
        ensure(not self.offences.is_known_offence(offence), Error.DUPLICATE_OFFENCE_REPORT)
        ensure(proves_two_votes(proof), Error.INVALID_EQUIVOCATION_PROOF)
        return offence

    def _hand_over(self, voters: tuple[Authority, ...]) -> None:
        self.authorities = voters
        if self.context.number == 0:
            return
        self.current_set_id += 1
        if self.current_set_id >= MAX_SET_ID_SESSIONS:
            del self.set_id_session[self.current_set_id - MAX_SET_ID_SESSIONS]
        self.set_since = self.context.number
        change = ScheduledChange(voters, AT_ONCE)
        self.context.digest.append(Consensus(GRANDPA_ENGINE, change_payload(change)))
        self.deposit(NewAuthorities(voters))

    @invariant
    def voters_are_distinct_and_weigh(self) -> bool:
        """No key votes twice, and each vote weighs something."""
        weights = dict(self.authorities)
        return len(weights) == len(self.authorities) and all(weights.values())

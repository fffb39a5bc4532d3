"""What voters set out to do: referenda, delegations, elections of guardians, whitelisted calls."""

from __future__ import annotations

from collections.abc import Generator

from runtime.frame import GovernanceOrigin, Governed, Root
from runtime.frame.dispatch import RefTime
from runtime.frame.origins import CustomOrigin
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.pallets.conviction_voting import Conviction, Standard, Vote
from runtime.pallets.guardian.records import Brake, WhitelistCall
from runtime.primitives.extrinsic import Id
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from tests.property.by_hand import Crowd
from tests.property.intentions.plan import (
    Do,
    Intention,
    Plan,
    Step,
    Until,
    eras,
    few,
    runtime_of,
)

TRACK, OTHER_TRACK = 20, 21
"""Of small spends, on which referenda are, and of larger ones, on which others are trusted."""
STAKE = 20_000 * UNIT
SEASON_ERAS, DECISION_ERAS = 8, 18
"""Until what was set aside votes; until a referendum is decided either way, and confirmed."""
ELECTED = 5
"""Guardians that an election is about: enough for most actions."""
KILLER = Governed(GovernanceOrigin.REFERENDUM_KILLER)
CANCELLER = Governed(GovernanceOrigin.REFERENDUM_CANCELLER)
QUICK = Governed(GovernanceOrigin.WHITELISTED_CALLER)
ENOUGH = RefTime(10**12, 10**6)
"""Weight that a whitelisted call may have."""


def seasoned(crowd: Crowd, who: bytes, amount: int = STAKE) -> Generator[Step, bool, bool]:
    """See to it that somebody has AMAX that votes; return whether that is so."""
    voting = runtime_of(crowd).conviction_voting
    since = crowd.chain.number - voting.config.season
    if voting.set_aside_by(who, since) >= amount:
        return True
    if not (yield Do("ConvictionVoting.season", who, (amount,))):
        return False
    yield eras(crowd, SEASON_ERAS)
    return True


def a_poll(crowd: Crowd) -> Generator[Step, bool, int]:
    """Submit a referendum about a remark, and pay for its decision; return its number."""
    number, (who, payer) = runtime_of(crowd).referenda.referendum_count, few(crowd, 2)
    remark = crowd.chain.call("System", "remark", b"%d" % number)
    origin = CustomOrigin(GovernanceOrigin.SMALL_SPENDER)
    yield Do("Referenda.submit", who, (origin, Inline(remark.encode()), After(1)))
    yield Do("Referenda.place_decision_deposit", payer, (number,))
    return number


def refunds(crowd: Crowd, number: int) -> Plan:
    """Ask for both deposits of a referendum back."""
    (who,) = few(crowd, 1)
    yield Do("Referenda.refund_decision_deposit", who, (number,))
    yield Do("Referenda.refund_submission_deposit", who, (number,))


def vote(crowd: Crowd) -> Plan:
    """Vote for and against, think again, and clear up when it is decided."""
    one, other, anyone = few(crowd, 3)
    yield from seasoned(crowd, one)
    yield from seasoned(crowd, other)
    number = yield from a_poll(crowd)
    aye = Standard(Vote(True, crowd.know.die.choice(list(Conviction))), STAKE)
    nay = Standard(Vote(False, Conviction.NONE), STAKE // 2)
    yield Do("ConvictionVoting.vote", one, (number, aye))
    yield Do("ConvictionVoting.vote", other, (number, nay))
    yield Do("ConvictionVoting.remove_vote", one, (None, number))
    yield Do("ConvictionVoting.vote", one, (number, aye))
    yield Do("Referenda.nudge_referendum", Root(), (number,))
    yield eras(crowd, DECISION_ERAS)
    for who in (other, one):
        yield Do("ConvictionVoting.remove_other_vote", anyone, (Id(who), TRACK, number))
    yield Do("ConvictionVoting.unlock", anyone, (TRACK, Id(other)))
    yield from refunds(crowd, number)


def call_off(crowd: Crowd) -> Plan:
    """Submit a referendum that is cancelled or killed."""
    number = yield from a_poll(crowd)
    if crowd.know.die.random() < 0.5:
        yield Do("Referenda.cancel", CANCELLER, (number,))
        yield from refunds(crowd, number)
    else:
        yield Do("Referenda.kill", KILLER, (number,))


def delegate(crowd: Crowd) -> Plan:
    """Trust somebody with one's votes for a while."""
    who, target = few(crowd, 2)
    yield from seasoned(crowd, who)
    conviction = crowd.know.die.choice(list(Conviction))
    trusted = (OTHER_TRACK, Id(target), conviction, STAKE // 2)
    if (yield Do("ConvictionVoting.delegate", who, trusted)):
        yield eras(crowd, 2)
        yield Do("ConvictionVoting.undelegate", who, (OTHER_TRACK,))


def elect(crowd: Crowd) -> Plan:
    """Stand, approve, think again, and wait for the election; some of the elected are removed."""
    guardian = runtime_of(crowd).guardian
    voters, candidates = few(crowd, 4), few(crowd, ELECTED)
    for who in voters:
        yield Do("ConvictionVoting.season", who, (500_000 * UNIT,))
    yield eras(crowd, SEASON_ERAS)
    for who in candidates:
        if all(one.who != who for one in runtime_of(crowd).guardian.candidates):
            yield Do("Guardian.submit_candidacy", who)
    ballot = tuple(one.who for one in runtime_of(crowd).guardian.candidates)
    for who in voters:
        mine = runtime_of(crowd).conviction_voting.set_aside_by(
            who, crowd.chain.number - guardian.config.season
        )
        yield Do("Guardian.vote", who, (ballot, mine))
    yield Do("Guardian.remove_voter", voters[0])
    yield Until((crowd.chain.number // guardian.config.term + 1) * guardian.config.term + 1)


def guard(crowd: Crowd) -> Plan:
    """Act as guardians do, who were elected; one of them is removed."""
    members = [one.who for one in runtime_of(crowd).guardian.members]
    digest = blake2_256(crowd.chain.call("System", "remark", b"guard").encode())
    action = crowd.know.die.choice([Brake(), WhitelistCall(digest), WhitelistCall(digest)])
    for who in members:
        yield Do("Guardian.approve", who, (action,))
    if members:
        yield Do("Guardian.remove_member", Root(), (Id(members[0]),))


def whitelist(crowd: Crowd) -> Plan:
    """Let a call be made without the full vote: by its preimage, in full, or not after all."""
    die, (who,) = crowd.know.die, few(crowd, 1)
    one = crowd.chain.call("System", "remark", die.randbytes(4))
    raw = one.encode()
    digest = blake2_256(raw)
    yield Do("Preimage.note_preimage", who, (raw,))
    yield Do("Whitelist.whitelist_call", Root(), (digest,))
    witness = (digest, len(raw), ENOUGH)
    ways = (
        Do("Whitelist.dispatch_whitelisted_call", QUICK, witness),
        Do("Whitelist.dispatch_whitelisted_call_with_preimage", QUICK, (one,)),
        Do("Whitelist.remove_whitelisted_call", Root(), (digest,)),
    )
    yield die.choice(ways)


VOTERS: tuple[Intention, ...] = (vote, call_off, delegate, elect, guard, whitelist)

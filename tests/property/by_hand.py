"""Arguments of calls that need more than their types to be accepted: one line each in `BY_HAND`.

A line returns who signs the call and its arguments. A call without a line is signed by anyone, with
arguments made from their types (`arguments`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.compute.job import DeclineReason, LatencyClass
from runtime.compute.receipt import Opening, Receipts
from runtime.compute.shares import Share, ShareBatch
from runtime.frame.calls import Call
from runtime.frame.dispatch import RefTime
from runtime.pallets.disputes.records import Content
from runtime.pallets.jobs import JobState
from runtime.pallets.multisig import Timepoint
from runtime.pallets.providers import PayoutDestination
from runtime.pallets.proxy.types import ProxyDefinition, ProxyType
from runtime.pallets.session import SessionKeys, ownership_message
from runtime.pallets.vaults import AGPU
from runtime.primitives.crypto import Pair
from runtime.primitives.equivocation import BlockEquivocation
from runtime.primitives.extrinsic import Id, MultiAddress
from runtime.primitives.finality import Precommit
from runtime.primitives.hashing import blake2_256
from runtime.primitives.membership import BABE_KEY, GRANDPA_KEY, MembershipProof
from runtime.primitives.schema import schema_of
from runtime.primitives.types import U32, UNIT, AccountId, Balance, CompactBalance
from tests.pallets.compute_market import PROOF, info, order, output
from tests.property.arguments import MARKETS, Knowledge, value
from tests.property.by_hand_assets import BY_HOLDERS, Holders
from tests.property.by_hand_rwa import RWA
from tests.property.parameter_changes import set_parameter
from tests.property.signs_of_life import heartbeat
from tests.property.stakers import STAKERS
from tests.support.equivocations import double_vote, twin_headers
from tests.support.flat_chain import FlatChain

Made = tuple[bytes, tuple[Any, ...]]
"""Who signs, and the arguments."""
Maker = Callable[["Crowd"], Made]
Note = tuple[str, Any]
"""Name and annotation of an argument that its type is enough for."""

LONGEST_LIFE = 30
"""Blocks until the deadline of a job."""
GIVEN = (JobState.ASSIGNED, JobState.RUNNING)
FAR = 10**6
"""Blocks: no run gets there."""
NO_PROOF = MembershipProof(0, (), 0)
"""For a key that nobody has any more."""
ENOUGH = RefTime(10**12, 10**6)
"""Weight that a call of several owners may have."""


@dataclass
class Crowd:
    """The accounts of the machine, and the chain that they use."""

    chain: FlatChain
    pairs: Sequence[Pair]
    know: Knowledge
    shares: int = 0
    """Counts the shares that were put into blocks."""

    def pair_of(self, who: bytes) -> Pair:
        return next(one for one in self.pairs if one.public == who)

    def job(self, *states: JobState) -> tuple[int, Any]:
        """Return a job in one of the states with its record, or a number that may be of none."""
        jobs = self.chain.runtime.jobs
        found = [(n, one) for n, one in jobs.jobs.items() if not states or one.state in states]
        if found and self.know.die.random() < 0.95:
            return self.know.die.choice(found)
        number = self.know.number()
        return number, jobs.jobs.get(number)

    def of_job(self, side: str, *states: JobState) -> tuple[bytes, int]:
        """Return the client or the provider of a job, mostly, and its number."""
        number, job = self.job(*states)
        who = None if job is None else getattr(job, side)
        if who is None or self.know.die.random() < 0.05:
            who = self.know.someone()
        return who, number


def submit_job(crowd: Crowd) -> Made:
    die, now = crowd.know.die, crowd.chain.number
    spec = order(
        now,
        market=die.choice(MARKETS),
        latency=die.choices(list(LatencyClass), (2, 4, 1, 1))[0],
        max_price=die.choice([UNIT // 2, 2 * UNIT, 4 * UNIT, 4 * UNIT, 100 * UNIT]),
        deadline=now + die.choice([0, 4, LONGEST_LIFE, LONGEST_LIFE]),
    )
    to = crowd.know.someone() if die.random() < 0.2 else None
    return crowd.know.someone(), (spec, to, die.choice([0, 0, 10**8, 10**9, 10**9 + 1]))


def step_of(*states: JobState, side: str = "provider", more: tuple[Any, ...] = ()) -> Maker:
    """Return what makes a call about a job in one of the states, by its client or provider."""

    def make(crowd: Crowd) -> Made:
        who, number = crowd.of_job(side, *states)
        return who, (number, *more)

    return make


def top_up(crowd: Crowd) -> Made:
    who, number = crowd.of_job("client")
    return who, (number, crowd.know.die.choice([0, 1, 100, 2**64 - 1]))


def register(crowd: Crowd) -> Made:
    die, who = crowd.know.die, crowd.know.someone()
    described = info(
        who, market=die.choice(MARKETS), payout=die.choice(list(PayoutDestination)[:2])
    )
    return who, (described, die.choice([99, 100, 300]) * UNIT)


def payout(crowd: Crowd) -> Made:
    epoch = crowd.chain.runtime.babe.current_epoch()
    closed = max(epoch - crowd.know.die.randrange(5), 0)
    return crowd.know.someone(), (crowd.know.someone(), closed)


def note_preimage(crowd: Crowd) -> Made:
    raw = crowd.know.inner().encode()
    crowd.know.note_hash(blake2_256(raw))
    return crowd.know.someone(), (raw,)


def set_keys(crowd: Crowd) -> Made:
    who = crowd.know.someone()
    new = crowd.pair_of(crowd.know.someone())
    proof = new.sign(ownership_message(who)) * 3
    return who, (SessionKeys(new.public, new.public, new.public), proof)


def upgrade(crowd: Crowd) -> Made:
    return crowd.know.someone(), (crowd.know.die.choice([1, 2]), FAR + crowd.know.number())


def pause(crowd: Crowd) -> Made:
    pallet, name = crowd.know.die.choice(PAUSABLE)
    return crowd.know.someone(), ((pallet, name),)


PAUSABLE = (
    (b"System", b"remark"),
    (b"Balances", b"burn"),
    (b"Jobs", b"top_up_job"),
    (b"No", b"no"),
)
"""Names of calls, of which one does not exist."""


def block_offence(crowd: Crowd) -> Made:
    """Report two headers of one slot, by a validator that does not author here."""
    place = crowd.know.die.randint(1, 3)
    offender, slot = crowd.pairs[place], crowd.chain.slot - crowd.know.die.randrange(3)
    proof = crowd.chain.runtime.historical.prove(BABE_KEY, offender.public) or NO_PROOF
    twins = BlockEquivocation(offender.public, slot, *twin_headers(offender, slot, place))
    return crowd.know.someone(), (twins, proof)


def vote_offence(crowd: Crowd) -> Made:
    offender, runtime = crowd.know.die.choice(crowd.pairs[1:4]), crowd.chain.runtime
    proof = runtime.historical.prove(GRANDPA_KEY, offender.public) or NO_PROOF
    set_id = runtime.grandpa.current_set_id
    votes = double_vote(offender, Precommit, 1 + crowd.know.number(), set_id)
    return crowd.know.someone(), (votes, proof)


def multisig(crowd: Crowd) -> tuple[bytes, tuple[bytes, ...], Call, Timepoint | None]:
    """Return one of three owners, the others in order, what they call, and since when."""
    owners = [one.public for one in crowd.pairs[:3]]
    who = crowd.know.die.choice(owners)
    others = tuple(sorted(set(owners) - {who}))
    one = crowd.chain.call("System", "remark", bytes((crowd.know.die.randrange(2),)))
    digest = blake2_256(one.encode())
    found = [
        operation.when
        for (_, hashed), operation in crowd.chain.runtime.multisig.multisigs.items()
        if hashed == digest
    ]
    return who, others, one, found[0] if found else None


def as_multi(crowd: Crowd) -> Made:
    who, others, one, since = multisig(crowd)
    return who, (2, others, since, one, ENOUGH)


def approve_as_multi(crowd: Crowd) -> Made:
    who, others, one, since = multisig(crowd)
    return who, (2, others, since, blake2_256(one.encode()), ENOUGH)


def cancel_as_multi(crowd: Crowd) -> Made:
    who, others, one, since = multisig(crowd)
    return who, (2, others, since or Timepoint(0, 0), blake2_256(one.encode()))


def poke_multi(crowd: Crowd) -> Made:
    who, others, one, _ = multisig(crowd)
    return who, (2, others, blake2_256(one.encode()))


def proxied(crowd: Crowd) -> tuple[bytes, ProxyDefinition]:
    """Return an account that has a proxy and that proxy, or a pair that may be none."""
    found = [
        (real, entry)
        for real, record in crowd.chain.runtime.proxy.proxies.items()
        for entry in record[0]
        if real in crowd.know.accounts and entry.delegate in crowd.know.accounts
    ]
    if found:
        return crowd.know.die.choice(found)
    return crowd.know.someone(), ProxyDefinition(crowd.know.someone(), ProxyType.ANY, 0)


def by_proxy(crowd: Crowd) -> Made:
    real, entry = proxied(crowd)
    return entry.delegate, (Id(real), None, crowd.know.inner())


def remove_proxy(crowd: Crowd) -> Made:
    real, entry = proxied(crowd)
    return real, (Id(entry.delegate), entry.proxy_type, entry.delay)


def announce(crowd: Crowd) -> Made:
    real, entry = proxied(crowd)
    return entry.delegate, (Id(real), crowd.know.die.choice(crowd.know.hashes[-4:]))


def of_bounty(*more: Note) -> Maker:
    """Return what makes a call about a bounty, by its curator if it has one."""

    def make(crowd: Crowd) -> Made:
        found = list(crowd.chain.runtime.bounties.bounties.items())
        number, record = crowd.know.die.choice(found) if found else (0, None)
        return curator_of(crowd, record), (number, *values_of(crowd, more))

    return make


def of_part(*more: Note) -> Maker:
    """Return what makes a call about a part of a bounty, by its curator if it has one."""

    def make(crowd: Crowd) -> Made:
        found = list(crowd.chain.runtime.child_bounties.child_bounties.items())
        places, record = crowd.know.die.choice(found) if found else ((0, 0), None)
        who = curator_of(crowd, record)
        if crowd.know.die.random() < 0.5:
            who = curator_of(crowd, crowd.chain.runtime.bounties.bounties.get(places[0]))
        return who, (*places, *values_of(crowd, more))

    return make


def curator_of(crowd: Crowd, record: Any) -> bytes:
    curator = getattr(getattr(record, "status", None), "curator", None)
    return curator if curator in crowd.know.accounts else crowd.know.someone()


def values_of(crowd: Crowd, notes: tuple[Note, ...]) -> list[Any]:
    return [value(schema_of(note), name, crowd.know) for name, note in notes]


def join_vault(crowd: Crowd) -> Made:
    found = [number for number, _ in crowd.chain.runtime.vaults.vaults.items()] or [0]
    die = crowd.know.die
    amount, lock = die.choice([9, 10, 5_000]) * UNIT, die.choice([27, 28, 28, 100])
    return crowd.know.someone(), (die.choice(found), AGPU, amount, lock)


def of_position(*more: Note) -> Maker:
    """Return what makes a call about a stake in a vault, by who has it."""

    def make(crowd: Crowd) -> Made:
        found = list(crowd.chain.runtime.vaults.positions.items())
        (vault, who), _ = crowd.know.die.choice(found) if found else ((0, bytes(32)), None)
        if who not in crowd.know.accounts:
            who = crowd.know.someone()
        return who, (vault, *values_of(crowd, more))

    return make


WHO, FEE = ("who", MultiAddress), ("fee", CompactBalance)
WORDS, AMOUNT, CHUNK = ("words", bytes), ("amount", Balance), ("chunk", U32)
NUMBER, ACCOUNT = ("number", U32), ("account", AccountId)


def dispute(crowd: Crowd) -> Made:
    who, number = crowd.of_job("client", JobState.COMPLETED)
    return who, (number, 0, crowd.know.die.choice(list(Content)))


def receipts(crowd: Crowd) -> Receipts:
    """Return what an author includes in this block, if the chain would accept any of it."""
    runtime, die = crowd.chain.runtime, crowd.know.die
    epoch = runtime.babe.current_epoch()
    openings = tuple(
        Opening(job, record.next_segment, PROOF)
        for job, record in runtime.jobs.jobs.items()
        if record.state is JobState.COMMITTED
        and is_opening_now(crowd, record)
        and die.random() < 0.8
    )
    workers = [who for who in crowd.know.accounts if runtime.providers.is_working(who)]
    crowd.shares += 1
    shares = (Share(crowd.shares, 0, 0),)
    batches = tuple(ShareBatch(epoch, who, shares) for who in workers if die.random() < 0.2)
    return Receipts(batches, openings[:16])


def is_opening_now(crowd: Crowd, record: Any) -> bool:
    first, last = crowd.chain.runtime.jobs.opening_window()
    return first <= crowd.chain.number - record.entered_at <= last


def of_holders(make: Callable[[Holders], Made]) -> Maker:
    """Return what makes a call about an asset, by who could."""

    def made(crowd: Crowd) -> Made:
        return make(Holders(crowd.chain.runtime, crowd.know.die, crowd.know.accounts))

    return made


BY_HAND: dict[str, Maker] = {
    "ImOnline.heartbeat": heartbeat,
    "Jobs.submit_job": submit_job,
    "Jobs.top_up_job": top_up,
    "Jobs.cancel_job": step_of(JobState.QUEUED, JobState.RUNNING, side="client"),
    "Jobs.start_job": step_of(JobState.ASSIGNED),
    "Jobs.decline_job": step_of(*GIVEN, more=(DeclineReason.BAD_SPEC,)),
    "Jobs.commit_segment": step_of(JobState.RUNNING, more=(0, output())),
    "Jobs.settle_segment": step_of(JobState.VERIFYING, more=(0,)),
    "Jobs.expire_job": step_of(JobState.QUEUED, JobState.ASSIGNED, JobState.RUNNING),
    "Providers.start_reclaim": step_of(*GIVEN),
    "Disputes.dispute_segment": dispute,
    "Providers.register_provider": register,
    "Emission.payout_provider": payout,
    "Parameters.set_parameter": set_parameter,
    "Preimage.note_preimage": note_preimage,
    "Session.set_keys": set_keys,
    "Vaults.join": join_vault,
    "Vaults.bond_extra": of_position(AMOUNT),
    "Vaults.unbond": of_position(AMOUNT),
    "Vaults.withdraw_unbonded": of_position(),
    "Vaults.rebond": of_position(CHUNK),
    "Vaults.claim_payout": of_position(),
    "Vaults.unbond_asset": of_position(NUMBER, AMOUNT),
    "Vaults.withdraw_asset": of_position(NUMBER),
    "Vaults.revalue": of_position(ACCOUNT),
    **RWA,
    "Bounties.approve_bounty": of_bounty(),
    "Bounties.propose_curator": of_bounty(WHO, FEE),
    "Bounties.accept_curator": of_bounty(),
    "Bounties.unassign_curator": of_bounty(),
    "Bounties.award_bounty": of_bounty(WHO),
    "Bounties.claim_bounty": of_bounty(),
    "Bounties.close_bounty": of_bounty(),
    "Bounties.extend_bounty_expiry": of_bounty(WORDS),
    "Bounties.poke_deposit": of_bounty(),
    "ChildBounties.add_child_bounty": of_bounty(FEE, WORDS),
    "ChildBounties.propose_curator": of_part(WHO, FEE),
    "ChildBounties.accept_curator": of_part(),
    "ChildBounties.unassign_curator": of_part(),
    "ChildBounties.award_child_bounty": of_part(WHO),
    "ChildBounties.claim_child_bounty": of_part(),
    "ChildBounties.close_child_bounty": of_part(),
    "RuntimeUpgrades.schedule": upgrade,
    "TxPause.pause": pause,
    "TxPause.unpause": pause,
    "Babe.report_equivocation": block_offence,
    "Babe.report_equivocation_unsigned": block_offence,
    "Grandpa.report_equivocation": vote_offence,
    "Grandpa.report_equivocation_unsigned": vote_offence,
    "Multisig.as_multi": as_multi,
    "Multisig.approve_as_multi": approve_as_multi,
    "Multisig.cancel_as_multi": cancel_as_multi,
    "Multisig.poke_deposit": poke_multi,
    "Proxy.proxy": by_proxy,
    "Proxy.remove_proxy": remove_proxy,
    "Proxy.announce": announce,
    "Proxy.remove_announcement": announce,
    **STAKERS,
} | {name: of_holders(make) for name, make in BY_HOLDERS.items()}
"""By pallet and call."""

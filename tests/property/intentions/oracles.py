"""What oracles report, and what others set out to do that rests on it: tokenised assets, claims."""

from __future__ import annotations

from collections.abc import Generator

from runtime.frame import GovernanceOrigin, Governed, Root
from runtime.pallets.oracle import Report, seal
from runtime.pallets.oracle.records import MemberStatus
from runtime.pallets.rwa import AssetKind, Meta
from runtime.pallets.upgrades.records import COMMITTEE, ClaimKind, Verdict
from runtime.pallets.vaults.assets import Agpu, OfRwa
from runtime.pallets.vaults.records import Insurance
from runtime.primitives.types import UNIT
from tests.property.by_hand import Crowd
from tests.property.intentions.plan import (
    Do,
    Intention,
    Plan,
    Step,
    Together,
    Until,
    eras,
    few,
    runtime_of,
)

REGISTRY = Governed(GovernanceOrigin.REGISTRY)
MEMBERS = 8
"""One more than a healthy feed needs."""
FEEDS = ((b"agpu/usd", 2, 200), (b"gold/usd", 2, 10_000), (b"gold/reserve", 0, 10**6))
"""Names, digits, and what all members say."""
BOND = 1_000 * UNIT
SALT = bytes(32)
DECIMALS = 2
"""Of a tokenised asset."""
TOKENS = 10**6
"""Units that are minted."""
LOCK_ERAS = 28
REVIEW_ERAS = 8


def seats(crowd: Crowd) -> Plan:
    """Give enough accounts a seat, let them put up a bond, and ask for all feeds."""
    for name, digits, _ in FEEDS:
        feeds = runtime_of(crowd).oracle.feeds
        if all(feeds[one].name != name for one in runtime_of(crowd).oracle.feed_ids):
            yield Do("Oracle.add_feed", REGISTRY, (name, digits))
    for who in crowd.know.accounts[:MEMBERS]:
        oracle = runtime_of(crowd).oracle
        if who not in oracle.seats:
            yield Do("Oracle.add_member", REGISTRY, (who,))
        member = runtime_of(crowd).oracle.member.get(who)
        if member is not None and member.status is MemberStatus.APPROVED:
            yield Do("Oracle.join", who, (2 * BOND,))
        elif member is not None and member.status is MemberStatus.JAILED:
            yield Do("Oracle.unjail", who)


def reported(crowd: Crowd) -> Generator[Step, bool, list[int]]:
    """Let all members report all feeds in a round; return the numbers of the feeds."""
    yield from seats(crowd)
    oracle = runtime_of(crowd).oracle
    length, round_ = oracle.config.round_blocks, oracle.current_round() + 1
    yield Until(round_ * length)
    oracle = runtime_of(crowd).oracle
    round_, members = oracle.current_round(), oracle.active
    known = {oracle.feeds[one].name: one for one in oracle.feed_ids}
    feeds = [(known[name], value) for name, _, value in FEEDS if name in known]
    seen = runtime_of(crowd).timestamp.now
    reports = [(who, feed, Report(value, seen, b"")) for who in members for feed, value in feeds]
    yield Together(
        tuple(
            Do("Oracle.commit", who, (feed, round_, seal(report, SALT, who, feed, round_)))
            for who, feed, report in reports
            if who in crowd.know.accounts
        )
    )
    yield Until((round_ + 1) * length)
    yield Together(
        tuple(
            Do("Oracle.reveal", who, (feed, report, SALT))
            for who, feed, report in reports
            if who in crowd.know.accounts
        )
    )
    yield Until((round_ + 2) * length + 2)
    return [feed for feed, _ in feeds]


def report(crowd: Crowd) -> Plan:
    """Report a round, be paid for it, and move the bond."""
    yield from reported(crowd)
    oracle, (who, anyone) = runtime_of(crowd).oracle, few(crowd, 2)
    earned = [one for one, member in oracle.member.items() if member.earned]
    if earned:
        yield Do("Oracle.claim", anyone, (earned[0],))
    yield Do("Oracle.bond_extra", who, (BOND,))
    yield Do("Oracle.unbond", who, (BOND,))
    yield eras(crowd, LOCK_ERAS + 1)
    yield Do("Oracle.withdraw_unbonded", who)


def issued(crowd: Crowd, owner: bytes) -> Generator[Step, bool, int | None]:
    """Register a tokenised asset, have it approved, and mint; return its number, if all went."""
    known = runtime_of(crowd).assets.asset
    number = next(n for n in range(2_000, 2**31) if n not in known)
    issuer = few(crowd, 1)[0]
    feeds = yield from reported(crowd)
    if len(feeds) < len(FEEDS):
        return None
    kind = crowd.know.die.choice(list(AssetKind))
    meta = Meta(number, kind, DECIMALS, feeds[1], feeds[2], bytes(32))
    yield Do("Rwa.register_rwa", issuer, (meta, BOND))
    yield Do("Rwa.approve_rwa", REGISTRY, (number, None, 10**9))
    for who in (owner, issuer):
        if not (yield Do("Rwa.mint_rwa", issuer, (number, who, TOKENS))):
            return None
    yield Do("Rwa.burn_rwa", issuer, (number, TOKENS // 2))
    return number


def tokenise(crowd: Crowd) -> Plan:
    """Issue a tokenised asset, freeze and thaw it, and retire it."""
    (owner,) = few(crowd, 1)
    number = yield from issued(crowd, owner)
    if number is not None:
        yield Do("Rwa.freeze_rwa", Governed(GovernanceOrigin.EMERGENCY), (number,))
        yield Do("Rwa.thaw_rwa", Root(), (number,))
        yield Do("Rwa.retire_rwa", REGISTRY, (number, crowd.know.die.choice([0, 10**8])))


def back_with_assets(crowd: Crowd) -> Plan:
    """Stake tokens in a vault beside AGPU, have them valued anew, and take them out."""
    (who,) = few(crowd, 1)
    number = yield from issued(crowd, who)
    vaults = runtime_of(crowd).vaults
    vault = vaults.vault_of.get(Insurance())
    if vault is None:
        vault = vaults.next_vault
        yield Do("Vaults.create", who, (Insurance(), None))
    position = runtime_of(crowd).vaults.positions.get((vault, who))
    lock = LOCK_ERAS if position is None else position.lock
    if position is None:
        yield Do("Vaults.join", who, (vault, Agpu(), 5_000 * UNIT, lock))
    if number is None or not (yield Do("Vaults.join", who, (vault, OfRwa(number), 1_000, lock))):
        return
    yield Do("Vaults.revalue", few(crowd, 1)[0], (vault, who))
    yield eras(crowd, lock + 1)
    yield Do("Vaults.unbond_asset", who, (vault, number, 500))
    yield eras(crowd, LOCK_ERAS + 1)
    yield Do("Vaults.withdraw_asset", who, (vault, number))


def improve(crowd: Crowd) -> Plan:
    """Claim a gain; it is challenged or not, judged, and taken back."""
    yield from seats(crowd)
    upgrades = runtime_of(crowd).upgrades
    known = [who for who in crowd.know.accounts if upgrades.ports.improvers.is_provider(who)]
    if not known or len(runtime_of(crowd).oracle.active) < COMMITTEE:
        return
    who, number = crowd.know.die.choice(known), upgrades.next_claim
    kind = crowd.know.die.choice([ClaimKind.COOLING, ClaimKind.NETWORK, ClaimKind.MEMORY])
    if not (yield Do("Upgrades.submit_claim", who, (kind, bytes(32), bytes(32), 10**8))):
        return
    challenger = few(crowd, 1)[0]
    if crowd.know.die.random() < 0.5:
        yield Do("Upgrades.challenge_claim", challenger, (number,))
    yield eras(crowd, 1)
    record = runtime_of(crowd).upgrades.claims.get(number)
    if record is None or record.review is None:
        return
    for seat in record.review.committee:
        yield Do("Upgrades.attest_claim", seat.oracle, (number, Verdict.GENUINE))
    yield eras(crowd, REVIEW_ERAS)
    yield Do("Upgrades.withdraw_claim", who, (number,))


ORACLES: tuple[Intention, ...] = (report, tokenise, back_with_assets, improve)

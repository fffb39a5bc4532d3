"""What issuers and holders of assets set out to do."""

from __future__ import annotations

from collections.abc import Generator

from runtime.frame import Root
from runtime.pallets.assets.types import AssetStatus
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.property.by_hand import Crowd
from tests.property.intentions.plan import Do, Intention, Plan, Step, few, runtime_of

SOME = 10**9
"""Units of an asset that somebody has at least."""
OLD_SHARE = 0.8
"""How often an asset is one that there is, if there is one."""


def issue(crowd: Crowd) -> Generator[Step, bool, int]:
    """Create an asset, by its owner or by decision, and give two accounts some of it."""
    owner, friend = few(crowd, 2)
    assets = runtime_of(crowd).assets
    number = next(n for n in range(20, 2**31) if n not in assets.asset)
    if crowd.know.die.random() < 0.7:
        yield Do("Assets.create", owner, (number, Id(owner), 1))
        yield Do("Assets.set_min_balance", owner, (number, crowd.know.die.choice([1, 10, 100])))
    else:
        yield Do("Assets.force_create", Root(), (number, Id(owner), True, 10))
    for who in (owner, friend):
        yield Do("Assets.mint", owner, (number, Id(who), 20 * SOME))
    return number


def an_asset(crowd: Crowd) -> Generator[Step, bool, int]:
    """Return an asset that moves and that accounts of the crowd look after: an old or a new one."""
    known = crowd.know.accounts
    found = [
        number
        for number, one in runtime_of(crowd).assets.asset.items()
        if one.status is AssetStatus.LIVE
        and all(who in known for who in (one.owner, one.issuer, one.admin, one.freezer))
    ]
    if found and crowd.know.die.random() < OLD_SHARE:
        return crowd.know.die.choice(found)
    return (yield from issue(crowd))


def stocked(crowd: Crowd, asset: int, who: bytes) -> Plan:
    """Give an account some of an asset."""
    details = runtime_of(crowd).assets.asset.get(asset)
    if details is not None:
        yield Do("Assets.mint", details.issuer, (asset, Id(who), 20 * SOME))


def move(crowd: Crowd) -> Plan:
    """Send an asset around in every way, by its holders and by its admin."""
    asset = yield from an_asset(crowd)
    one, other = few(crowd, 2)
    yield from stocked(crowd, asset, one)
    yield from stocked(crowd, asset, other)
    details = runtime_of(crowd).assets.asset.get(asset)
    if details is None:
        return
    yield Do("Assets.transfer", one, (asset, Id(other), SOME))
    yield Do("Assets.transfer_keep_alive", other, (asset, Id(one), SOME))
    yield Do("Assets.force_transfer", details.admin, (asset, Id(one), Id(other), SOME))
    yield Do("Assets.burn", details.admin, (asset, Id(other), SOME))
    keeps = crowd.know.die.random() < 0.5
    yield Do("Assets.transfer_all", other, (asset, Id(one), keeps))


def freeze(crowd: Crowd) -> Plan:
    """Stop an account, then the whole asset, and let both go again."""
    asset = yield from an_asset(crowd)
    one, other = few(crowd, 2)
    yield from stocked(crowd, asset, one)
    details = runtime_of(crowd).assets.asset.get(asset)
    if details is None:
        return
    for name in ("freeze", "block"):
        yield Do(f"Assets.{name}", details.freezer, (asset, Id(one)))
        yield Do("Assets.transfer", one, (asset, Id(other), 1))
        yield Do("Assets.thaw", details.admin, (asset, Id(one)))
    yield Do("Assets.freeze_asset", details.freezer, (asset,))
    yield Do("Assets.thaw_asset", details.admin, (asset,))


def approve(crowd: Crowd) -> Plan:
    """Approve of what others move, and end approvals in every way."""
    asset = yield from an_asset(crowd)
    owner, delegate, third = few(crowd, 3)
    yield from stocked(crowd, asset, owner)
    details = runtime_of(crowd).assets.asset.get(asset)
    if details is None:
        return
    approval = Do("Assets.approve_transfer", owner, (asset, Id(delegate), 2 * SOME))
    yield approval
    moved = (asset, Id(owner), Id(third), crowd.know.die.choice([SOME, 2 * SOME]))
    yield Do("Assets.transfer_approved", delegate, moved)
    yield approval
    yield Do("Assets.cancel_approval", owner, (asset, Id(delegate)))
    yield approval
    by = crowd.know.die.choice([details.admin, Root()])
    yield Do("Assets.force_cancel_approval", by, (asset, Id(owner), Id(delegate)))


def touch(crowd: Crowd) -> Plan:
    """Make entries with nothing in them, for oneself and for another, and end them."""
    asset = yield from issue(crowd)
    assets = runtime_of(crowd).assets
    details = assets.asset.get(asset)
    without = [who for who in crowd.know.accounts if (asset, who) not in assets.account]
    if details is None or len(without) < 2:
        return
    own, other = crowd.know.die.sample(without, 2)
    yield Do("Assets.touch", own, (asset,))
    yield Do("Assets.touch_other", details.admin, (asset, Id(other)))
    yield Do("Assets.refund", own, (asset, False))
    yield Do("Assets.refund_other", details.admin, (asset, Id(other)))


def name_it(crowd: Crowd) -> Plan:
    """Say how an asset is shown and take it back, by its owner and by decision."""
    asset = yield from an_asset(crowd)
    details = runtime_of(crowd).assets.asset.get(asset)
    if details is None:
        return
    shown = (asset, b"Shell", crowd.know.die.choice([b"SHL", b""]), 6)
    yield Do("Assets.set_metadata", details.owner, shown)
    yield Do("Assets.clear_metadata", details.owner, (asset,))
    yield Do("Assets.force_set_metadata", Root(), (*shown, crowd.know.die.random() < 0.5))
    yield Do("Assets.force_clear_metadata", Root(), (asset,))


def hand_over(crowd: Crowd) -> Plan:
    """Give an asset a team, another owner, and by decision other hands altogether."""
    asset = yield from an_asset(crowd)
    details = runtime_of(crowd).assets.asset.get(asset)
    if details is None:
        return
    team = tuple(Id(who) for who in few(crowd, 4))
    yield Do("Assets.set_team", details.owner, (asset, *team[:3]))
    yield Do("Assets.transfer_ownership", details.owner, (asset, team[3]))
    yield Do("Assets.force_asset_status", Root(), (asset, *team, 1, True, False))


def end_it(crowd: Crowd) -> Plan:
    """End an asset that people have and approve of, until nothing of it is left."""
    asset = yield from an_asset(crowd)
    owner, delegate = few(crowd, 2)
    yield from stocked(crowd, asset, owner)
    yield Do("Assets.approve_transfer", owner, (asset, Id(delegate), UNIT))
    details = runtime_of(crowd).assets.asset.get(asset)
    if details is None:
        return
    yield Do("Assets.start_destroy", crowd.know.die.choice([details.owner, Root()]), (asset,))
    for name in ("destroy_accounts", "destroy_approvals", "finish_destroy"):
        yield Do(f"Assets.{name}", delegate, (asset,))


ASSETS: tuple[Intention, ...] = (
    *(move, freeze, approve, touch),
    *(name_it, hand_over, end_it),
)

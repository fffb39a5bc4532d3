"""Whom accounts belong with, as the explorer says it: each against what the chain was told."""

from pathlib import Path

import pytest

from node.explorer.decoding import Decoder
from node.explorer.ties import (
    AnnouncementJson,
    IdentityJson,
    JudgementJson,
    ProposalJson,
    ProxyJson,
    SaidJson,
    SubJson,
    SubOfJson,
    TiesNamespace,
    text_of,
)
from node.rpc.addresses import Addresses
from runtime.frame.dispatch import RefTime
from runtime.pallets.identity import Data, DataKind, IdentityInfo, RegistrarInfo, raw
from runtime.pallets.identity.types import FeePaid, KnownGood
from runtime.pallets.multisig import multi_account
from runtime.pallets.proxy import ProxyType
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.explorer.browser import CHROMIUM
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode
from tests.explorer.visits import complaints, visit
from tests.node.backend_support import MemoryNode
from tests.support.chain import MemoryChain

OWNER, SUB, PROXY, KEEPER, MAKER, NOBODY = range(6)
ANNOUNCED, PROPOSED = bytes([7]) * 32, bytes([8]) * 32
DELAY = 10
INFO = IdentityInfo(
    additional=((raw(b"display"), raw(b"Eve")),),
    display=raw("Zoë".encode()),
    web=Data(DataKind.SHA256, bytes(32)),
    pgp_fingerprint=bytes(20),
)


def tie(real: MemoryNode) -> None:
    """Have an account say who it is, let others act for it, and propose a call of three."""
    pairs = real.maker.pairs
    owner, proxy = pairs[OWNER], pairs[PROXY]
    real.act(owner, "Identity", "set_identity", INFO)
    real.act(owner, "Identity", "add_sub", Id(pairs[SUB].public), raw(b"desk"))
    delayed = (Id(proxy.public), ProxyType.GOVERNANCE, DELAY)
    real.act(owner, "Proxy", "add_proxy", *delayed)
    real.act(owner, "Proxy", "add_proxy", Id(pairs[KEEPER].public), ProxyType.ANY, 0)
    real.act(proxy, "Proxy", "announce", Id(owner.public), ANNOUNCED)
    real.act(pairs[MAKER], "Proxy", "create_pure", ProxyType.ANY, 0, 0)
    others = tuple(sorted(pairs[one].public for one in (SUB, PROXY)))
    real.act(owner, "Multisig", "approve_as_multi", 2, others, None, PROPOSED, RefTime(0, 0))


@pytest.fixture(scope="module")
def node() -> MemoryNode:
    made = MemoryNode(MemoryChain(6, 10_000 * UNIT))
    tie(made)
    return made


@pytest.fixture
def decoder(node: MemoryNode) -> Decoder:
    return Decoder(node.executive, node.chain)


@pytest.fixture
def asked(decoder: Decoder) -> TiesNamespace:
    return TiesNamespace(decoder, Addresses(42))


def joint_account(node: MemoryNode) -> bytes:
    return multi_account(tuple(node.maker.pairs[one].public for one in (OWNER, SUB, PROXY)), 2)


def address(node: MemoryNode, account: int) -> str:
    return Addresses(42).encode(node.maker.pairs[account].public)


async def test_an_account_has_its_identity_with_what_registrars_say_of_it(
    node: MemoryNode, decoder: Decoder, asked: TiesNamespace
) -> None:
    pallet, who = decoder.best().runtime.identity, node.maker.pairs[OWNER].public
    pallet.registrars = (RegistrarInfo(node.maker.pairs[NOBODY].public, 0, 0),)
    known = pallet.identity_of[who]
    judgements = ((0, KnownGood()), (3, FeePaid(5)))
    pallet.identity_of[who] = type(known)(judgements, known.deposit, known.info)
    found = await asked.ties(address(node, OWNER))
    assert found.identity == IdentityJson(
        said=[
            SaidJson("display", "Zoë"),
            SaidJson("web", "sha256 0x" + "00" * 32),
            SaidJson("pgp_fingerprint", "0x" + "00" * 20),
            SaidJson("display", "Eve", is_own_name=True),
        ],
        judgements=[
            JudgementJson(0, address(node, NOBODY), "KnownGood"),
            JudgementJson(3, None, "FeePaid"),
        ],
        subs=[SubJson(address(node, SUB), "desk")],
    )


async def test_a_sub_account_says_of_whom(node: MemoryNode, asked: TiesNamespace) -> None:
    found = await asked.ties(address(node, SUB))
    assert found.identity is None
    assert found.sub_of == SubOfJson(address(node, OWNER), "desk", "Zoë")


async def test_proxies_are_told_on_both_sides_with_what_was_announced(
    node: MemoryNode, asked: TiesNamespace
) -> None:
    owner, proxy = await asked.ties(address(node, OWNER)), await asked.ties(address(node, PROXY))
    assert sorted(owner.proxies, key=lambda one: one.delay) == [
        ProxyJson(address(node, KEEPER), "any", 0),
        ProxyJson(address(node, PROXY), "governance", DELAY),
    ]
    assert proxy.acts_for == [ProxyJson(address(node, OWNER), "governance", DELAY)]
    announced = AnnouncementJson(
        address(node, PROXY), address(node, OWNER), "0x" + ANNOUNCED.hex(), 5, 5 + DELAY
    )
    assert owner.announcements == proxy.announcements == [announced]
    assert (await asked.ties(address(node, KEEPER))).announcements == []


async def test_what_a_proxy_announced_before_it_was_dismissed_is_never_ready(
    node: MemoryNode, decoder: Decoder, asked: TiesNamespace
) -> None:
    del decoder.best().runtime.proxy.proxies[node.maker.pairs[OWNER].public]
    assert [one.ready for one in (await asked.ties(address(node, PROXY))).announcements] == [None]
    assert (await asked.ties(address(node, OWNER))).announcements == []


async def test_an_account_without_a_key_says_who_made_it(
    node: MemoryNode, asked: TiesNamespace
) -> None:
    (made,) = (await asked.ties(address(node, MAKER))).acts_for
    pure = await asked.ties(made.address)
    assert pure.made_by == address(node, MAKER)
    assert pure.proxies == [ProxyJson(address(node, MAKER), "any", 0)]


async def test_a_call_that_waits_is_told_by_its_account_and_by_who_approved_it(
    node: MemoryNode, asked: TiesNamespace
) -> None:
    joint = Addresses(42).encode(joint_account(node))
    multisigs = node.runtime().multisig
    proposal = ProposalJson(
        account=joint,
        call_hash="0x" + PROPOSED.hex(),
        block=7,
        extrinsic=1,
        proposer=address(node, OWNER),
        deposit=str(multisigs.deposit_base() + 2 * multisigs.deposit_factor()),
        approvals=[address(node, OWNER)],
    )
    for who in (joint, address(node, OWNER)):
        found = await asked.ties(who)
        assert (found.proposals, found.has_more) == ([proposal], False)
    assert (await asked.ties(address(node, SUB))).proposals == []


async def test_an_account_of_nobody_s_has_nothing(node: MemoryNode, asked: TiesNamespace) -> None:
    found = await asked.ties(address(node, NOBODY))
    assert (found.identity, found.sub_of, found.made_by) == (None, None, None)
    lists = (found.proxies, found.acts_for, found.announcements, found.proposals)
    assert lists == ([], [], [], [])
    assert found.is_all


async def test_no_answer_looks_through_more_than_its_bound_and_it_says_so(
    node: MemoryNode, asked: TiesNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.explorer.ties.LOOKED", 1)
    accounts = [await asked.ties(address(node, one)) for one in (PROXY, MAKER)]
    assert sorted(len(one.acts_for) for one in accounts) == [0, 1]
    assert not any(one.is_all for one in accounts)
    monkeypatch.setattr("node.explorer.ties.PROPOSALS", 0)
    assert (await asked.ties(address(node, OWNER))).has_more


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (raw(b""), ""),
        (Data(DataKind.NONE), ""),
        (raw(b"\xff"), "\ufffd"),
        (raw("a\u202eb\n".encode()), "a\ufffdb\ufffd"),
    ],
)
def test_a_name_holds_only_what_can_be_printed(data: Data, text: str) -> None:
    assert text_of(data) == text


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")
async def test_the_page_of_an_account_shows_whom_it_belongs_with(tmp_path: Path) -> None:
    made = ExplorerNode(MemoryChain(6, 10_000 * UNIT))
    tie(made.real)
    async with shown(tmp_path, made) as (tab, _):
        await visit(tab, f"account/{address(made.real, OWNER)}")
        whole = await tab.text("main")
        assert "Identity Display Zoë" in whole
        assert "“display” Eve" in whole
        assert "by nobody: this is what the account says" in whole
        assert "any none" in await tab.text("[data-table=Proxies]")
        assert "governance 10 blocks" in await tab.text("[data-table=Proxies]")
        assert "#5 in " in await tab.text('[data-table="Announced calls"]')
        assert "7-1" in await tab.text('[data-table="Calls that wait for approval"]')
        assert not await tab.text('[data-table="Acts for"]'), "it acts for nobody"
        assert await complaints(tab) == []
        await visit(tab, f"account/{address(made.real, SUB)}")
        assert "(Zoë), as desk" in await tab.text("main")
        await visit(tab, f"account/{address(made.real, NOBODY)}")
        assert "No identity, no proxies" in await tab.text("#no-ties")

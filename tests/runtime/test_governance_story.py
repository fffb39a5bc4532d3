"""Governance from submission to enactment, by transactions alone, on the real runtime.

Holders set AMAX aside, a spend from the treasury passes and is paid, and a call that the root track
has whitelisted is made. Nobody has a key to any of it, and no node's memory matters: each story is
carried on by an executive that has seen none of the blocks before.
"""

from dataclasses import replace
from typing import Any

import pytest

from cli.referendum_rows import record_of
from cli.sdk.governance import referendum
from runtime.executive import Executive
from runtime.frame import GovernanceOrigin
from runtime.frame.calls import Call
from runtime.frame.fungible import HoldReason
from runtime.frame.origins import ROOT_CALLER, CustomOrigin, OriginCaller
from runtime.frame.outcome import Module, ModuleError
from runtime.frame.polls import FinishedPoll
from runtime.frame.preimages import BoundedCall, Inline, Lookup
from runtime.frame.results import Err, Ok
from runtime.frame.schedule import After
from runtime.pallets.conviction_voting import Conviction, Standard, Vote
from runtime.pallets.parameters import ParameterSet
from runtime.pallets.preimage import Requested
from runtime.pallets.referenda import enactment_name
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.pallets.scheduler import Dispatched
from runtime.pallets.system import ExtrinsicFailed
from runtime.pallets.treasury import AssetSpendApproved, Native, Paid
from runtime.pallets.vaults import AGPU, Insurance
from runtime.pallets.whitelist import CallWhitelisted, WhitelistedCallDispatched
from runtime.primitives.extrinsic import Id
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from runtime.terms.parameter import Parameter
from runtime.tracks import SUBMISSION_DEPOSIT
from runtime.versions import VERSIONS, Versions
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import CHAIN, MemoryChain

ERA = 10
SMALL = CustomOrigin(GovernanceOrigin.SMALL_SPENDER)
ECONOMIC = CustomOrigin(GovernanceOrigin.ECONOMIC_PARAMS)
WHITELISTED = CustomOrigin(GovernanceOrigin.WHITELISTED_CALLER)


class GovernedChain(MemoryChain):
    """Four holders with a quarter of all AMAX each, and a treasury of 10,000 AGPU."""

    def __init__(self, upgrade: Upgrade | None = None, versions: Versions = VERSIONS) -> None:
        super().__init__(
            endowment=20_000 * UNIT,
            chain=replace(CHAIN, era_blocks=ERA),
            amax=100_000 * UNIT,
            treasury=10_000 * UNIT,
            upgrade=upgrade,
            versions=versions,
        )
        self.nonces = [0] * len(self.pairs)
        self.events: list[Any] = []

    def send(self, who: int, pallet: str, name: str, *arguments: Any) -> list[Any]:
        """Put a transaction into a block of its own, which must succeed; return its events."""
        call = self.call(pallet, name, *arguments)
        raw = self.sign(self.pairs[who], call, self.nonces[who])
        self.nonces[who] += 1
        events = [record.event for record in self.advance(raw).events]
        assert not [one for one in events if isinstance(one, ExtrinsicFailed)]
        self.events += events
        return events

    def call_of(self, pallet: str, name: str, *arguments: Any) -> Call:
        return self.rules.calls.decode(self.call(pallet, name, *arguments))

    def idle(self, blocks: int = 1) -> None:
        """Build empty blocks."""
        for _ in range(blocks):
            _, built = self.build()
            self.adopt_unchecked(built.header, built.state)
            self.events += [record.event for record in built.events]

    def until(self, number: int) -> None:
        self.idle(number - self.head.number)

    def restart(self) -> None:
        """Carry on with an executive that knows nothing but the state."""
        self.executive = Executive.of_state(self.state, self.genesis.hash)

    def season(self) -> None:
        for who in (1, 2, 3):
            self.send(who, "ConvictionVoting", "season", 90_000 * UNIT)
        self.idle(7 * ERA)

    def propose(self, origin: OriginCaller, proposal: BoundedCall, after: int = 0) -> int:
        """Submit a referendum, pay for its decision and let everybody vote for it."""
        index = int(self.runtime().referenda.referendum_count)
        self.send(0, "Referenda", "submit", origin, proposal, After(after))
        self.send(0, "Referenda", "place_decision_deposit", index)
        vote = Standard(Vote(True, Conviction.LOCKED1X), 90_000 * UNIT)
        for who in (1, 2, 3):
            self.send(who, "ConvictionVoting", "vote", index, vote)
        return index

    def until_approved(self, index: int) -> int:
        """Build blocks until a referendum has passed; return the block of its call."""
        for _ in range(400):
            poll = self.runtime().referenda.poll(index)
            if isinstance(poll, FinishedPoll):
                assert poll.is_approved
                when, _ = self.runtime().scheduler.lookup[enactment_name(index)]
                return int(when)
            self.idle()
        raise AssertionError("the referendum did not end")

    def seen(self, kind: type) -> list[Any]:
        return [one for one in self.events if isinstance(one, kind)]


@pytest.fixture
def chain() -> GovernedChain:
    made = GovernedChain()
    made.season()
    return made


def test_req_69_and_73_a_spend_passes_and_is_paid_after_its_delay(chain: GovernedChain) -> None:
    beneficiary = b"\x07" * 32
    spend = chain.call("Treasury", "spend", Native(), 5 * UNIT, Id(beneficiary), None)
    chain.send(0, "Preimage", "note_preimage", spend)
    index = chain.propose(SMALL, Lookup(blake2_256(spend), len(spend)))
    when = chain.until_approved(index)
    approved = chain.head.number
    assert when >= approved + ERA
    chain.restart()
    chain.until(when - 1)
    assert chain.seen(AssetSpendApproved) == []
    chain.restart()
    chain.idle()
    expiry = when + 30 * ERA
    assert chain.seen(AssetSpendApproved) == [
        AssetSpendApproved(0, Native(), 5 * UNIT, beneficiary, when, expiry)
    ]
    assert chain.seen(Dispatched)[-1] == Dispatched((when, 0), enactment_name(index), Ok(()))
    chain.send(2, "Treasury", "payout", 0)
    assert chain.seen(Paid) == [Paid(0, ())]
    assert chain.runtime().balances.free(beneficiary) == 5 * UNIT
    for name in ("refund_decision_deposit", "refund_submission_deposit"):
        chain.send(3, "Referenda", name, index)
    chain.send(0, "Preimage", "unnote_preimage", blake2_256(spend))
    chain.runtime().try_state()


def test_req_25_and_42_a_referendum_raises_the_burn_share(chain: GovernedChain) -> None:
    """Two calls in one batch: the second needs the room that the first makes."""
    changes = (
        chain.call_of("Parameters", "set_parameter", Parameter.BASE_PROVIDER_HIGH, 760_000_000),
        chain.call_of("Parameters", "set_parameter", Parameter.BASE_BURN, 170_000_000),
    )
    batch = chain.call("Utility", "batch_all", changes)
    index = chain.propose(ECONOMIC, Inline(batch))
    when = chain.until_approved(index)
    assert when >= chain.head.number + 7 * ERA
    chain.until(when - 1)
    assert chain.runtime().parameters.get(Parameter.BASE_BURN) == 150_000_000
    chain.restart()
    chain.idle()
    assert chain.seen(ParameterSet) == [
        ParameterSet(Parameter.BASE_PROVIDER_HIGH, 780_000_000, 760_000_000),
        ParameterSet(Parameter.BASE_BURN, 150_000_000, 170_000_000),
    ]
    assert chain.runtime().parameters.fees.base.burn == 170_000_000
    chain.runtime().try_state()


def test_req_25_a_track_of_spenders_sets_no_parameter(chain: GovernedChain) -> None:
    call = chain.call("Parameters", "set_parameter", Parameter.BASE_BURN, 160_000_000)
    index = chain.propose(SMALL, Inline(call))
    chain.until(chain.until_approved(index))
    assert chain.seen(ParameterSet) == []
    (done,) = chain.seen(Dispatched)[-1:]
    assert done.result == Err(Module(ModuleError(72, b"\x03\0\0\0")))


async def test_who_looks_at_a_referendum_is_told_that_its_call_failed(chain: GovernedChain) -> None:
    """Approved is not carried out: 78 + 17 + 6 % are more than the whole of a fee."""
    call = chain.call("Parameters", "set_parameter", Parameter.BASE_BURN, 170_000_000)
    index = chain.propose(ECONOMIC, Inline(call))
    when = chain.until_approved(index)
    assert await shown(chain, index) == ("approved", when, None)
    chain.until(when)
    assert chain.runtime().parameters.get(Parameter.BASE_BURN) == 150_000_000
    failure = (
        f"failed in block {when}: Parameters.RelationBroken: With this value parameters would "
        "contradict each other."
    )
    assert await shown(chain, index) == ("approved", None, failure)
    chain.until(when + 20)
    assert await shown(chain, index) == ("approved", None, failure)


async def test_who_looks_at_a_referendum_is_told_when_its_call_was_made(
    chain: GovernedChain,
) -> None:
    call = chain.call("Parameters", "set_parameter", Parameter.BASE_BURN, 160_000_000)
    index = chain.propose(ECONOMIC, Inline(call))
    when = chain.until_approved(index)
    chain.until(when + 1)
    assert await shown(chain, index) == ("approved", None, f"carried out in block {when}")


async def shown(chain: GovernedChain, index: int) -> tuple[object, ...]:
    """Return what `gov show` says of a referendum: its phase, until when, and its outcome."""
    client = client_of(ChainRpc(chain))
    record = record_of(client, await referendum(client, index, await client.block_hash()))
    return record["phase"], record["until"], record["outcome"]


def test_req_25_the_root_track_lets_a_call_be_made_as_the_chain(chain: GovernedChain) -> None:
    wanted = b"\x09" * 32
    call = chain.call_of("Preimage", "request_preimage", wanted)
    hash_ = blake2_256(call.encode())
    allow = chain.call("Whitelist", "whitelist_call", hash_)
    root = chain.propose(ROOT_CALLER, Inline(allow))
    chain.until(chain.until_approved(root))
    assert chain.seen(CallWhitelisted) == [CallWhitelisted(hash_)]
    chain.restart()
    make = chain.call("Whitelist", "dispatch_whitelisted_call_with_preimage", call)
    quick = chain.propose(WHITELISTED, Inline(make))
    chain.until(chain.until_approved(quick))
    (done,) = chain.seen(WhitelistedCallDispatched)
    assert (done.call_hash, type(done.result)) == (hash_, Ok)
    assert chain.runtime().preimage.status(wanted) == Requested(None, 1, None)
    chain.runtime().try_state()


def test_req_27_amax_that_was_not_set_aside_decides_nothing(chain: GovernedChain) -> None:
    chain.send(1, "Referenda", "submit", SMALL, Inline(b"\0\0\0"), After(0))
    vote = Standard(Vote(True, Conviction.LOCKED1X), UNIT)
    call = chain.call("ConvictionVoting", "vote", 0, vote)
    executed = chain.advance(chain.sign(chain.pairs[0], call, chain.nonces[0]))
    (failed,) = [one.event for one in executed.events if isinstance(one.event, ExtrinsicFailed)]
    assert failed.dispatch_error == Module(ModuleError(20, b"\x32\0\0\0"))


def test_req_38_a_locked_stake_halves_the_deposit_of_a_referendum(chain: GovernedChain) -> None:
    chain.send(0, "Vaults", "create", Insurance(), None)
    chain.send(0, "Vaults", "join", 0, AGPU, 10 * UNIT, 28)
    before = chain.runtime().balances.held(HoldReason.VAULT, chain.pairs[0].public)
    assert before == 11 * UNIT - 10**6
    deposits = []
    for who in (0, 1):
        remark = chain.call("System", "remark", b"")
        chain.send(who, "Referenda", "submit", SMALL, Inline(remark), After(0))
        info = chain.runtime().referenda.referendum_info_for[who]
        deposits.append(info.status.submission_deposit.amount)
    assert deposits == [SUBMISSION_DEPOSIT // 2, SUBMISSION_DEPOSIT]
    chain.runtime().try_state()

"""The treasury pays grants by milestones, on each of the three spending tracks (requirement 71)."""

from __future__ import annotations

import pytest

from runtime.constants import TREASURY
from runtime.frame import GovernanceOrigin, Governed
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.tracks import ALLOWANCES, OBJECTION_ERAS
from tests.property.everybody import LIVELY, RICH, genesis_of
from tests.support.chain import pair
from tests.support.flat_chain import FlatChain

PEOPLE = tuple(pair(number).public for number in range(1, 5))
GRANTEE, CURATOR, EXAMINER, WORKER = PEOPLE
POT = 10 * RICH
MILESTONES = 2
EXAMINERS_FEE = UNIT


@pytest.mark.parametrize("track", [track for track, _ in ALLOWANCES])
def test_req_71_each_spending_track_grants_and_milestones_are_paid(track: GovernanceOrigin) -> None:
    chain, spender = FlatChain(genesis_of(list(PEOPLE))), Governed(track)
    allowance = dict(ALLOWANCES)[track]
    value = allowance.each.of(POT - 2 * UNIT)
    part = value // (2 * MILESTONES)
    act(chain, GRANTEE, "Bounties", "propose_bounty", value, b"kernels for another device")
    chain.dispatch(chain.call("Bounties", "approve_bounty", 0), spender)
    chain.dispatch(chain.call("Bounties", "propose_curator", 0, Id(CURATOR), UNIT), spender)
    act(chain, CURATOR, "Bounties", "accept_curator", 0)
    before = chain.runtime.balances.free(WORKER)
    for milestone in range(MILESTONES):
        words = b"milestone %d: the test of hash 0x07" % milestone
        act(chain, CURATOR, "ChildBounties", "add_child_bounty", 0, part, words)
        examined = (0, milestone, Id(EXAMINER), EXAMINERS_FEE)
        act(chain, CURATOR, "ChildBounties", "propose_curator", *examined)
        act(chain, EXAMINER, "ChildBounties", "accept_curator", 0, milestone)
        act(chain, EXAMINER, "ChildBounties", "award_child_bounty", 0, milestone, Id(WORKER))
        # a week in which who disagrees can stop it
        claim = chain.call("ChildBounties", "claim_child_bounty", 0, milestone)
        chain.pass_blocks(OBJECTION_ERAS * LIVELY.era_blocks - 1)
        assert chain.sign(EXAMINER, claim) is not None
        chain.pass_blocks(1)
        assert chain.sign(EXAMINER, claim) is None
    paid = chain.runtime.balances.free(WORKER) - before
    assert paid == MILESTONES * (part - EXAMINERS_FEE)
    account = chain.runtime.bounties.account_of_bounty(0)
    assert chain.runtime.balances.free(account) == value - MILESTONES * part
    assert chain.runtime.balances.free(TREASURY) >= POT - value


def act(chain: FlatChain, who: bytes, pallet: str, name: str, *arguments: object) -> None:
    """Make a call that must succeed."""
    assert chain.sign(who, chain.call(pallet, name, *arguments)) is None

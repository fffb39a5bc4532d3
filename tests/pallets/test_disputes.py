"""Disputes and challenges of availability: who is right wins, who is silent loses."""

from dataclasses import replace

import pytest

from runtime.compute.bisection import Node
from runtime.compute.opening import leaf_proof_bytes
from runtime.compute.proofs import LeafContext
from runtime.compute.receipt import Opening
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets.disputes import (
    CaseClosed,
    CaseOpened,
    Content,
    Error,
    Kind,
    NodePicked,
    NodesShown,
    Turn,
    Verdict,
)
from runtime.pallets.jobs import JobState, SegmentStatus
from runtime.primitives.types import UNIT
from runtime.vital import is_vital
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    FEE,
    NODE_KEY,
    PROOF,
    RICH,
    TURN,
    WINDOW,
)
from tests.pallets.dispute_world import LEAVES, RIGHT, WORK, DisputeWorld, leaf_at, wrong

BOND = UNIT
"""The least, above a tenth of the price of these jobs."""
STAKE = 8 * FEE
ROW = 99
"""Where the wrong result is wrong."""


@pytest.fixture
def honest() -> DisputeWorld:
    return DisputeWorld()


@pytest.fixture
def cheat() -> DisputeWorld:
    return DisputeWorld(wrong(ROW))


def held(world: DisputeWorld, who: bytes = BOB) -> int:
    return world.token.held(HoldReason.DISPUTE_BOND, who)


def closed(world: DisputeWorld) -> list[CaseClosed]:
    return [event for event in world.happened() if isinstance(event, CaseClosed)]


# ---------------------------------------------------------------------------- the way of a dispute


def test_a_wrong_leaf_is_found_by_bisection_and_costs_its_provider_eight_prices(
    cheat: DisputeWorld,
) -> None:
    cheat.settle()
    issued, client = cheat.token.total_issuance, cheat.token.free(ALICE)
    case = cheat.dispute()
    assert held(cheat) == BOND
    assert cheat.case(case).node == Node(10, 0)
    cheat.show(case)
    assert cheat.case(case).turn is Turn.PICK
    cheat.pick_difference(case)
    assert cheat.case(case).node.level == 2
    cheat.show(case)
    cheat.pick_difference(case)
    assert cheat.case(case).node == Node(0, leaf_at(ROW))
    assert not cheat.answer(case), "there is no proof of a wrong leaf"
    cheat.pass_blocks(TURN + 1)
    assert closed(cheat) == [CaseClosed(case, cheat.job, 0, Verdict.CONVICTED, STAKE, 0, 0)]
    assert cheat.token.free(BOB) == RICH + STAKE // 2
    assert cheat.token.free(ALICE) == client + FEE
    assert issued - cheat.token.total_issuance == STAKE - STAKE // 2 - FEE
    assert cheat.jobs.segments[cheat.job, 0].status is SegmentStatus.FAILED
    assert held(cheat) == 0


def test_a_false_report_costs_the_bond_half_for_the_provider_half_burned(
    honest: DisputeWorld,
) -> None:
    honest.settle()
    issued, provider = honest.token.total_issuance, honest.token.free(CAROL)
    case = honest.dispute()
    honest.bisect_to(case, 123)
    assert honest.answer(case)
    assert closed(honest) == [
        CaseClosed(case, honest.job, 0, Verdict.ANSWERED, 0, BOND // 2, BOND // 2)
    ]
    assert honest.token.free(BOB) == RICH - BOND
    assert honest.token.free(CAROL) == provider + BOND // 2
    assert issued - honest.token.total_issuance == BOND // 2
    assert honest.jobs.segments[honest.job, 0].status is SegmentStatus.SETTLED


def test_each_step_is_announced(honest: DisputeWorld) -> None:
    honest.settle()
    honest.context.events.clear()
    case = honest.dispute()
    honest.show(case)
    honest.pick(case, 3)
    assert honest.own_events(honest.disputes) == [
        CaseOpened(case, Kind.DISPUTE, BOB, CAROL, honest.job, 0, BOND),
        NodesShown(case, Node(10, 0)),
        NodePicked(case, Node(2, 3)),
    ]


def test_a_challenger_that_misses_a_turn_loses_its_bond(honest: DisputeWorld) -> None:
    honest.settle()
    case = honest.dispute()
    honest.show(case)
    honest.pass_blocks(TURN)
    assert case in honest.disputes.cases, "the last block of a turn counts"
    honest.pass_blocks(1)
    assert closed(honest)[-1].verdict is Verdict.WITHDRAWN
    assert honest.token.free(BOB) == RICH - BOND


def test_a_provider_that_shows_nothing_is_convicted_even_if_its_result_is_right(
    honest: DisputeWorld,
) -> None:
    honest.settle()
    honest.dispute()
    honest.pass_blocks(TURN + 1)
    assert closed(honest)[-1].verdict is Verdict.CONVICTED


def test_the_bond_is_a_tenth_of_the_price_if_that_is_more(honest: DisputeWorld) -> None:
    honest.settle()
    honest.jobs.config = replace(honest.jobs.config, minimum_fee=300 * UNIT)
    honest.dispute()
    assert held(honest) == 30 * UNIT


# ------------------------------------------------------------------------------ before the payment


def test_a_dispute_of_a_verified_segment_holds_its_payment_until_it_is_decided(
    honest: DisputeWorld,
) -> None:
    honest.open_sample()
    case = honest.dispute()
    honest.pass_blocks(4)
    assert honest.state(honest.job) is JobState.VERIFYING
    honest.bisect_to(case, 5)
    assert honest.answer(case)
    honest.pass_blocks(1)
    assert honest.state(honest.job) is JobState.COMPLETED


def test_a_dispute_before_the_opening_holds_the_payment_after_it(honest: DisputeWorld) -> None:
    case = honest.dispute()
    honest.show(case)
    honest.open_sample()
    honest.pass_blocks(1)
    assert honest.case(case).holds_payment
    assert honest.disputes.early == ()
    honest.pass_blocks(2)
    assert honest.state(honest.job) is JobState.VERIFYING
    honest.pass_blocks(TURN)
    assert closed(honest)[-1].verdict is Verdict.WITHDRAWN
    assert honest.state(honest.job) is JobState.COMPLETED


def test_a_cheat_found_before_payment_loses_the_job_and_its_client_nothing(
    cheat: DisputeWorld,
) -> None:
    cheat.open_sample()
    escrow = cheat.jobs.jobs[cheat.job].escrow
    case = cheat.dispute()
    cheat.bisect_to(case, leaf_at(ROW))
    cheat.pass_blocks(TURN + 1)
    assert closed(cheat)[-1].verdict is Verdict.CONVICTED
    assert cheat.jobs.jobs[cheat.job].tried == (CAROL,)
    assert (cheat.jobs.jobs[cheat.job].escrow, cheat.jobs.jobs[cheat.job].paid) == (escrow, 0)


def test_a_segment_that_fails_by_itself_leaves_its_cases_moot(honest: DisputeWorld) -> None:
    case = honest.dispute()
    honest.show(case)
    honest.pass_blocks(3)
    honest.pick(case, 0)
    honest.pass_blocks(10)
    assert honest.jobs.segments[honest.job, 0].status is SegmentStatus.FAILED
    with honest.refuses(Error.MOOT):
        honest.show(case)
    honest.pass_blocks(TURN)
    assert closed(honest)[-1].verdict is Verdict.MOOT
    assert (honest.token.free(BOB), honest.disputes.early) == (RICH, ())


def test_of_two_that_find_a_cheat_the_first_is_paid_and_the_other_loses_nothing(
    cheat: DisputeWorld,
) -> None:
    cheat.settle()
    first, second = cheat.dispute(), cheat.dispute(EVE)
    cheat.bisect_to(first, leaf_at(ROW))
    cheat.bisect_to(second, leaf_at(ROW), by=EVE)
    cheat.pass_blocks(TURN + 2)
    verdicts = {event.case: event.verdict for event in closed(cheat)}
    assert verdicts == {first: Verdict.CONVICTED, second: Verdict.MOOT}
    assert (cheat.token.free(BOB), cheat.token.free(EVE)) == (RICH + STAKE // 2, RICH)


# ------------------------------------------------------------------------------------- availability


def test_a_demanded_leaf_is_published_for_its_price(honest: DisputeWorld) -> None:
    honest.settle()
    price = honest.disputes.answer_price(WORK, 17)
    assert price > leaf_proof_bytes(WORK, 17) * 10**6
    provider = honest.token.free(CAROL)
    case = honest.challenge(17)
    assert held(honest) == price
    assert honest.answer(case)
    assert closed(honest) == [CaseClosed(case, honest.job, 0, Verdict.ANSWERED, 0, price, 0)]
    assert honest.token.free(CAROL) == provider + price
    assert honest.token.free(BOB) == RICH - price


def test_a_leaf_that_is_not_published_convicts_its_provider(honest: DisputeWorld) -> None:
    honest.settle()
    honest.challenge(LEAVES - 1)
    honest.pass_blocks(TURN + 1)
    assert closed(honest)[-1].verdict is Verdict.CONVICTED
    assert honest.token.free(BOB) == RICH + STAKE // 2


def test_a_challenge_of_availability_does_not_hold_the_payment(honest: DisputeWorld) -> None:
    honest.open_sample()
    honest.challenge(0)
    honest.pass_blocks(1)
    assert honest.state(honest.job) is JobState.COMPLETED


def test_an_opening_is_checked_against_the_leaf_that_is_demanded(honest: DisputeWorld) -> None:
    honest.settle()
    case = honest.challenge(17)
    asked = honest.receipts.context_at(honest.job, 0, case)
    assert asked == LeafContext(honest.spec, honest.commitment, 17)
    assert honest.receipts.context_at(honest.job, 1, case) is None
    assert honest.receipts.context_at(honest.job, 0, case + 1) is None
    disputed = honest.dispute()
    assert honest.receipts.context_at(honest.job, 0, disputed) is None, "not a leaf yet"
    honest.pass_blocks(TURN)
    assert honest.receipts.context_at(honest.job, 0, case) is not None
    honest.context.number += 1
    assert honest.receipts.context_at(honest.job, 0, case) is None, "the turn has run out"


def test_an_opening_that_no_case_demands_makes_the_block_bad(honest: DisputeWorld) -> None:
    honest.settle()
    case = honest.challenge(17)
    with honest.refuses(Error.NOT_DEMANDED):
        honest.include(openings=(Opening(honest.job, 0, PROOF, case + 1),))
    with honest.refuses(Error.NOT_DEMANDED):
        honest.include(openings=(Opening(honest.job + 1, 0, PROOF, case),))
    with honest.refuses(Error.NOT_DEMANDED):
        twice = Opening(honest.job, 0, PROOF, case)
        honest.include(openings=(twice, twice))


# ----------------------------------------------------------------------------------------- refusals


def test_only_what_was_committed_to_and_stands_can_be_judged(honest: DisputeWorld) -> None:
    dispute, challenge = honest.disputes.dispute_segment, honest.disputes.challenge_leaf
    with honest.refuses(Error.NOTHING_TO_JUDGE):
        honest.call(dispute, Signed(BOB), honest.job + 1, 0, Content.OUTPUT)
    with honest.refuses(Error.NOTHING_TO_JUDGE):
        honest.call(challenge, Signed(BOB), honest.job, 1, 0)
    with honest.refuses(Error.NO_SUCH_CONTENT):
        honest.call(dispute, Signed(BOB), honest.job, 0, Content.AUXILIARY)
    with honest.refuses(Error.NO_SUCH_LEAF):
        honest.call(challenge, Signed(BOB), honest.job, 0, LEAVES)
    honest.pass_blocks(20)
    with honest.refuses(Error.NOTHING_TO_JUDGE):
        honest.call(dispute, Signed(BOB), honest.job, 0, Content.OUTPUT)


def test_after_its_window_a_segment_is_left_in_peace(honest: DisputeWorld) -> None:
    honest.settle()
    honest.context.number += WINDOW
    honest.challenge(0)
    honest.context.number += 1
    with honest.refuses(Error.WINDOW_CLOSED):
        honest.challenge(0)


def test_turns_are_taken_by_those_whose_they_are(honest: DisputeWorld) -> None:
    honest.settle()
    case = honest.dispute()
    with honest.refuses(Error.NOT_PROVIDER):
        honest.show(case, by=BOB)
    with honest.refuses(Error.WRONG_TURN):
        honest.pick(case, 0)
    honest.show(case)
    with honest.refuses(Error.WRONG_TURN):
        honest.show(case)
    with honest.refuses(Error.NOT_CHALLENGER):
        honest.pick(case, 0, by=DAVE)
    with honest.refuses(Error.NO_SUCH_NODE):
        honest.pick(case, 138)
    honest.context.number += TURN + 1
    with honest.refuses(Error.TOO_LATE):
        honest.pick(case, 0)
    with honest.refuses(Error.UNKNOWN_CASE):
        honest.call(honest.disputes.pick_node, Signed(BOB), case + 1, 0)


def test_the_key_of_its_node_may_answer_for_a_provider(honest: DisputeWorld) -> None:
    honest.settle()
    honest.providers.key_owner[NODE_KEY] = CAROL
    case = honest.dispute()
    honest.show(case, by=NODE_KEY)
    assert honest.case(case).turn is Turn.PICK


@pytest.mark.parametrize("change", ["one fewer", "one more", "another", "of another result"])
def test_hashes_must_fold_up_to_the_disputed_node(honest: DisputeWorld, change: str) -> None:
    honest.settle()
    case = honest.dispute()
    honest.result = wrong(0) if change == "of another result" else RIGHT
    tree = honest.tree(honest.result)
    hashes = tree.nodes(2, range(138))
    tried = {
        "one fewer": hashes[:-1],
        "one more": (*hashes, bytes(32)),
        "another": (bytes(32), *hashes[1:]),
        "of another result": hashes,
    }[change]
    with honest.refuses(Error.WRONG_HASHES):
        honest.call(honest.disputes.show_nodes, Signed(CAROL), case, tried)


def test_whoever_is_flooded_with_demands_has_a_block_more_for_each(honest: DisputeWorld) -> None:
    honest.settle()
    now, cases = honest.context.number, [honest.challenge(leaf) for leaf in range(20)]
    assert [honest.case(case).deadline - now - TURN for case in cases] == list(range(20))
    for case in cases:
        honest.pass_blocks(1)
        assert honest.answer(case)
    assert {event.verdict for event in closed(honest)} == {Verdict.ANSWERED}
    honest.pass_blocks(1)
    assert honest.case(honest.dispute()).deadline == honest.context.number + TURN


def test_a_short_turn_behind_a_long_one_is_closed_with_it(honest: DisputeWorld) -> None:
    honest.settle()
    start = honest.context.number
    *soon, late = [honest.challenge(leaf) for leaf in range(5)]
    honest.include(openings=tuple(filter(None, map(honest.opened, soon))))
    disputed = honest.dispute(EVE)
    ends = [honest.case(case).deadline - start - TURN for case in (late, disputed)]
    assert ends == [4, 1]
    honest.pass_blocks(TURN + 2)
    with honest.refuses(Error.TOO_LATE):
        honest.show(disputed)
    honest.pass_blocks(3)
    assert [event.case for event in closed(honest)] == [*soon, late, disputed]
    assert closed(honest)[-1].verdict is Verdict.MOOT


def test_many_cases_that_run_out_at_once_are_closed_in_the_blocks_after(
    honest: DisputeWorld,
) -> None:
    honest.settle()
    cases = [honest.challenge(leaf) for leaf in range(20)]
    honest.context.number += TURN + 20
    honest.pass_blocks(1)
    assert len(closed(honest)) == 8
    honest.pass_blocks(2)
    assert [event.case for event in closed(honest)] == cases
    verdicts = [event.verdict for event in closed(honest)]
    assert verdicts == [Verdict.CONVICTED, *[Verdict.MOOT] * 19]
    assert held(honest) == 0


def test_an_open_case_is_fought_to_its_end_whatever_happens() -> None:
    assert is_vital("Disputes", "show_nodes")
    assert is_vital("Disputes", "pick_node")
    assert not is_vital("Disputes", "dispute_segment")
    assert not is_vital("Disputes", "challenge_leaf")

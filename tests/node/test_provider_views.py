"""What a provider's worker sees of the chain: what it must answer, and what it must keep."""

import pytest

from consensus.compute.provider_view import Demand, ProviderView
from node.provider import ProviderViews, may_be_demanded
from runtime.compute.bisection import Node, root_node
from runtime.compute.classes import Tree, chunk_count
from runtime.compute.receipt import NO_AUXILIARY
from runtime.compute.registry import work_of
from runtime.pallets.disputes import Content
from tests.node.backend_support import INPUT_ROOT, OUTPUT_ROOT, MemoryNode


@pytest.fixture
def node() -> MemoryNode:
    node = MemoryNode()
    node.register()
    return node


def seen(node: MemoryNode) -> ProviderView:
    views = ProviderViews(node.executive, node.chain, node.provider.public)
    return views.view(node.chain.best)


def test_a_provider_sees_what_is_demanded_of_it(node: MemoryNode) -> None:
    job = node.completed()
    node.act(node.client, "Disputes", "dispute_segment", job, 0, Content.OUTPUT)
    node.act(node.client, "Disputes", "challenge_leaf", job, 0, 3)
    spec = node.runtime().jobs.specs[job]
    commitment = node.runtime().jobs.segments[job, 0].commitment(job, 0)
    count = chunk_count(work_of(spec.job_class, spec.params), Tree.OUTPUT)
    assert seen(node).demands == (
        Demand(0, commitment, spec, Tree.OUTPUT, root_node(count), None),
        Demand(1, commitment, spec, Tree.OUTPUT, Node(0, 3), 3),
    )
    stranger = ProviderViews(node.executive, node.chain, node.client.public)
    assert stranger.view(node.chain.best).demands == ()


def test_a_demand_that_ran_out_is_seen_no_more(node: MemoryNode) -> None:
    job = node.completed()
    node.act(node.client, "Disputes", "challenge_leaf", job, 0, 3)
    node.pass_blocks(node.runtime().disputes.config.turn_blocks)
    assert len(seen(node).demands) == 1
    node.pass_blocks(1)
    assert seen(node).demands == ()


def test_the_input_of_a_job_is_kept_from_its_assignment_on(node: MemoryNode) -> None:
    assert seen(node).kept == frozenset()
    node.assigned()
    assert seen(node).kept == {INPUT_ROOT}


def test_what_a_result_was_made_from_is_kept_until_it_cannot_be_disputed(node: MemoryNode) -> None:
    job = node.completed()
    assert seen(node).kept == {INPUT_ROOT, OUTPUT_ROOT, NO_AUXILIARY}
    while node.runtime().jobs.jobs[job].state.is_open:
        node.grow()
    entered = node.runtime().jobs.jobs[job].entered_at
    last = entered + node.runtime().disputes.config.window_blocks
    runtime, record = node.runtime(), node.runtime().jobs.jobs[job]
    runtime.context.number = last
    assert may_be_demanded(runtime, record)
    runtime.context.number = last + 1
    assert not may_be_demanded(runtime, record)

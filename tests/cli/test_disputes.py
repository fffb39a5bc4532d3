"""What a client finds wrong with a result, before it spends anything on a dispute."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pytest

from cli.dispute import MEANINGS, case_record, is_shown_only
from cli.errors import CommandError
from cli.options import Remote
from cli.sdk.client import Client, unhex
from cli.sdk.disputes import Aim, Closed, Opened, committed_of, differing, find_error
from cli.sdk.jobs import Committed
from runtime.compute.classes import Result
from runtime.pallets.disputes import CaseClosed, Content, Verdict
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.runtime_compute.any_class import Ordered, ordered
from tests.runtime_compute.networks import block, perceptron
from tests.runtime_compute.orders import order
from tests.support.chain import MemoryChain, pair


@dataclass
class Served:
    """A node that has some blobs."""

    blobs: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def rpc(self) -> Served:
        return self

    async def call(self, method: str, *params: Any) -> Any:
        assert method == "blobs_get"
        root, offset, length = params
        content = self.blobs.get(unhex(root))
        if content is None:
            return None
        part = b64encode(content[offset : offset + length]).decode()
        return {"data": part, "size": len(content)}


def cheating(job: Ordered, at: int) -> Ordered:
    """Flip a bit of what a provider commits to: of the auxiliary content, if there is one."""
    tree = job.result.auxiliary or job.result.output
    cells = np.frombuffer(tree, np.uint8).copy()
    cells[at] ^= 1
    wrong = cells.tobytes()
    result = Result(job.result.output, wrong) if job.result.auxiliary else Result(wrong)
    return replace(job, result=result)


async def found(job: Ordered, served: Ordered | None) -> Aim | None:
    """Look for an error in what was committed to, with an input and perhaps a result at hand."""
    node = Served({job.spec.input_root: job.content})
    if served is not None:
        node.blobs[job.commitment.out_root] = served.result.output
        node.blobs[job.commitment.aux_root] = served.result.auxiliary
    held = Committed(job.spec, job.work, job.commitment)
    return await find_error(cast("Client", node), held)


def product() -> Ordered:
    made = order(60, 41, 30)
    return ordered(made.sizes, made.content)


async def test_there_is_nothing_to_dispute_about_a_right_result() -> None:
    assert await found(product(), None) is None


async def test_where_a_wrong_result_is_served_the_wrong_leaf_is_known() -> None:
    job = cheating(product(), 4 * 41 * 8)
    aim = await found(job, job)
    assert aim is not None
    assert (aim.content, aim.leaf, aim.exact) == (Content.OUTPUT, 6, product().result)


@pytest.mark.parametrize("serves_another", [False, True])
async def test_where_it_is_not_served_hashes_lead_to_the_first_difference(
    serves_another: bool,
) -> None:
    job = cheating(product(), 0)
    aim = await found(job, product() if serves_another else None)
    assert aim is not None
    assert (aim.content, aim.leaf) == (Content.OUTPUT, None)


async def test_what_lies_in_between_is_disputed_before_what_follows_from_it() -> None:
    aim = await found(cheating(ordered(*perceptron(20, (16, 24, 8))), 30), None)
    assert aim is not None
    assert (aim.content, aim.leaf) == (Content.AUXILIARY, None)


async def test_of_generated_tokens_hashes_do_not_say_which_leaf_is_wrong() -> None:
    job = cheating(ordered(*block(10, 8, 1, prompt=3)), 5)
    served = await found(job, job)
    assert served is not None
    assert served.leaf is not None
    with pytest.raises(CommandError, match="use `starminer job challenge`"):
        await found(job, None)


async def test_an_input_that_is_not_the_one_that_was_ordered_proves_nothing() -> None:
    job = product()
    node = Served({job.spec.input_root: bytes(len(job.content))})
    with pytest.raises(CommandError, match="what was served is not what the final block names"):
        await find_error(cast("Client", node), Committed(job.spec, job.work, job.commitment))


async def test_a_job_without_a_commitment_cannot_be_disputed() -> None:
    with pytest.raises(CommandError, match="there is no job 4"):
        await committed_of(client_of(ChainRpc(MemoryChain())), 4)


def test_the_first_difference_is_pointed_at() -> None:
    assert differing((b"a", b"b", b"c"), (b"a", b"x", b"y")) == 1


def test_every_verdict_is_told_in_words_and_amounts() -> None:
    assert set(MEANINGS) == set(Verdict)
    event = CaseClosed(3, 7, 0, Verdict.ANSWERED, 0, UNIT // 2, UNIT // 2)
    assert case_record(Opened(3, UNIT, 90), Closed(event, 99)) == {
        "case": 3,
        "job": 7,
        "verdict": "answered",
        "meaning": "the provider opened the leaf, and it is exact",
        "block": 99,
        "bond": "1 AGPU",
        "slashed": "0 AGPU",
        "paid_to_provider": "0.5 AGPU",
        "burned": "0.5 AGPU",
    }


@pytest.mark.parametrize("is_dry", [True, False])
async def test_a_dispute_says_its_call_and_fee_and_may_stay_at_that(is_dry: bool, capsys) -> None:
    rpc = ChainRpc(MemoryChain())
    call = ("challenge_leaf", 7, 0, 3)
    said = await is_shown_only(client_of(rpc), pair(2), is_dry, Remote(), *call)
    shown = capsys.readouterr()
    text = "Disputes.challenge_leaf(job=7, segment=0, leaf=3)"
    assert said == is_dry
    assert text in (shown.out if is_dry else shown.err)
    assert rpc.pending == []

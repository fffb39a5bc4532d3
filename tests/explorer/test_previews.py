"""Results to look at: what a page shows is what the chain paid for, or the reason why it is not."""

from base64 import b64decode

import numpy as np
import pytest

from node.explorer.blocks import missing
from node.explorer.decoding import Decoder
from node.explorer.previews import MAX_SIDE, PreviewNamespace, image_of
from node.rpc.errors import RpcError
from runtime.compute.job import ProofType
from runtime.compute.rendering import Rendering
from runtime.compute.sgd import forward
from tests.explorer.support import ExplorerNode, make
from tests.runtime_compute.scenes import marbles
from tests.runtime_compute.trainings import learnable

PICTURE = Rendering(24, 16, 1, 1, 2, 3, 1, 2)


def working() -> ExplorerNode:
    node = ExplorerNode()
    node.real.register()
    return node


def previews(node: ExplorerNode) -> PreviewNamespace:
    return PreviewNamespace(Decoder(node.real.executive, node.chain), node.blobs)


async def test_an_image_is_the_one_that_was_rendered():
    node = working()
    job = make(node, PICTURE, marbles())
    shown = await previews(node).preview(job)
    assert (shown.kind, shown.width, shown.height, shown.scale) == ("image", 24, 16, 1)
    drawn = PICTURE.image(PICTURE.run(marbles()).output)
    assert b64decode(shown.pixels) == drawn.tobytes()


async def test_a_curve_has_the_part_that_each_checkpoint_tells_right():
    node = working()
    work, payload = learnable(steps=96, segment=8)
    job = make(node, work, payload)
    shown = await previews(node).preview(job)
    assert (shown.kind, shown.examples) == ("curve", 512)
    assert [point.step for point in shown.curve] == list(range(0, 97, 8))
    rows = np.concatenate([batch.rows for batch in work.batches(payload)])[:512]
    labels = np.concatenate([batch.labels for batch in work.batches(payload)])[:512]
    ended = forward(work.layers, work.read_weights(work.run(payload).output), rows)[-1]
    assert shown.curve[-1].right == round(100 * float((ended.argmax(axis=1) == labels).mean()), 2)
    assert shown.curve[-1].right > shown.curve[0].right + 20


async def test_what_is_served_and_not_what_the_chain_names_is_not_shown():
    node = working()
    job = make(node, PICTURE, marbles())
    root = node.real.runtime().jobs.segments[job, 0].output.out_root
    honest = node.blobs.stored[root]
    node.blobs.stored[root] = bytes(len(honest))
    namespace = previews(node)
    shown = await namespace.preview(job)
    assert (shown.kind, shown.pixels) == ("none", "")
    assert shown.why.startswith("What is served is not what the chain names: wanted output root")
    del node.blobs.stored[root]
    assert (await namespace.preview(job)).why == "No node in reach serves its output now."
    node.blobs.stored[root] = honest
    assert (await namespace.preview(job)).kind == "image"


async def test_a_private_result_is_not_even_asked_for():
    node = working()
    terms = {"proof": ProofType.WITNESSED, "reply_key": bytes([9]) + bytes(31)}
    job = node.real.submitted(**terms)
    node.blobs.read = None  # type: ignore[assignment,method-assign]
    shown = await previews(node).preview(job)
    why = "Private: it is sealed to its client, and nobody else can look at it."
    assert (shown.kind, shown.why) == ("none", why)


async def test_reasons_why_there_is_nothing_to_see(monkeypatch):
    node = working()
    product = node.real.submitted()
    assert (await previews(node).preview(product)).why == ""
    job = make(node, PICTURE, marbles())
    monkeypatch.setattr("node.explorer.previews.MAX_CONTENT_BYTES", 100)
    assert (await previews(node).preview(job)).why == (
        "Its output has 1,152 bytes: too many to show here."
    )
    told = missing("no job 7 on the chain: its specification is not kept")
    with pytest.raises(RpcError, match=told.message):
        await previews(node).preview(7)


def test_a_large_image_is_shrunk_to_means_of_squares():
    image = np.arange(4 * 1000 * 3, dtype=np.uint32).reshape(4, 1000, 3).astype(np.uint8)
    shown = image_of(image)
    assert (shown.width, shown.height, shown.scale) == (333, 1, 3)
    assert shown.width <= MAX_SIDE
    first = b64decode(shown.pixels)[:3]
    assert first == image[:3, :3].mean((0, 1)).astype(np.uint8).tobytes()

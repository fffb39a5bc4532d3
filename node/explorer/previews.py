"""What a finished job made, small enough to look at: an image, or how training went.

Whatever a peer serves is held to the roots on chain first: a picture that is shown is the one that
was paid for. What is private stays sealed; it is not even fetched.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec
import numpy as np
import trio
from numpy.typing import NDArray

from node.explorer.blocks import missing
from node.explorer.decoding import Decoder
from node.rpc.registry import method
from node.store.lru import Lru
from runtime.compute.classes import Tree, Work
from runtime.compute.contents import (
    COMMITTED,
    BadPayload,
    check_content,
    check_input,
    root_on_chain,
)
from runtime.compute.job import JobSpec
from runtime.compute.receipt import Commitment
from runtime.compute.registry import work_of
from runtime.compute.rendering import Rendering
from runtime.compute.sgd import forward
from runtime.compute.training import TrainingParams
from runtime.construct import Runtime
from runtime.pallets.jobs.records import JobState

MAX_CONTENT_BYTES = 16 << 20
"""Of each content: an image of 2,300 pixels squared; more takes seconds to check."""

MAX_SIDE = 480
"""Pixels of a side that is sent: what a page has room for."""

MAX_POINTS = 32
"""Of a training curve, beside its beginning."""

MAX_EXAMPLES = 512
"""By which a checkpoint is judged: two per cent of error, and a glance needs no more."""

MAX_PRODUCTS = 1 << 30
"""Multiply-accumulates of all the judging: about a second of one core."""

FETCH_SECONDS = 12.0
"""For what peers must send: less than a page waits for an answer."""

KEPT = 8
"""Previews in memory, each of at most a megabyte."""


class BlobReader(Protocol):
    """Who has what jobs made."""

    async def read(self, root: bytes, offset: int, length: int) -> tuple[bytes, int] | None:
        """Return bytes from `offset` and the whole size, or None when nobody has them."""
        ...


class CurvePointJson(msgspec.Struct, frozen=True):
    """How many of the first examples a model told right after so many steps, in per cent."""

    step: int
    right: float


class PreviewJson(msgspec.Struct, frozen=True):
    """A result to look at; `why` says what is in the way of one.

    An image is red, green and blue of each pixel, row by row, in base64; `scale` is how many pixels
    of the result one of it stands for.
    """

    kind: Literal["image", "curve", "none"]
    why: str = ""
    width: int = 0
    height: int = 0
    scale: int = 1
    pixels: str = ""
    examples: int = 0
    curve: list[CurvePointJson] = []


class Unseen(Exception):
    """There is nothing to show, for this reason."""


class PreviewNamespace:
    """Shows results; one at a time is fetched and made, whoever asks."""

    def __init__(self, decoder: Decoder, blobs: BlobReader) -> None:
        self._decoder, self._blobs = decoder, blobs
        self._making = trio.Lock()
        self._made: Lru[bytes, PreviewJson] = Lru(KEPT)

    @method("explorer_preview")
    async def preview(self, number: int) -> PreviewJson:
        """Return the image, or the course of the training, that a completed job made."""
        runtime = self._decoder.best().runtime
        spec = runtime.jobs.specs.get(number)
        if spec is None:
            raise missing(f"no job {number} on the chain: its specification is not kept")
        try:
            commitment = _committed(runtime, number, spec)
            async with self._making:
                known = self._made.get(commitment.out_root)
                if known is None:
                    known = await self._shown(spec, commitment)
                    self._made.put(commitment.out_root, known)
                return known
        except Unseen as reason:
            return PreviewJson("none", str(reason))

    async def _shown(self, spec: JobSpec, commitment: Commitment) -> PreviewJson:
        work = work_of(spec.job_class, spec.params)
        wanted = (Tree.OUTPUT,) if isinstance(work, Rendering) else tuple(Tree)
        roots = {tree: _root(spec, commitment, tree) for tree in wanted}
        contents = {tree: await self._content(work, tree, root) for tree, root in roots.items()}
        try:
            return await trio.to_thread.run_sync(_made, work, spec, commitment, contents)
        except BadPayload as error:
            raise Unseen(f"What is served is not what the chain names: {error}.") from error

    async def _content(self, work: Work, tree: Tree, root: bytes) -> bytes:
        """Fetch a content of a job, or say why not."""
        size = work.content_bytes(tree)
        if size > MAX_CONTENT_BYTES:
            raise Unseen(f"Its {tree.value} has {size:,} bytes: too many to show here.")
        if not size:
            return b""
        found = None
        with trio.move_on_after(FETCH_SECONDS):
            found = await self._blobs.read(root, 0, size)
        if found is None:
            raise Unseen(f"No node in reach serves its {tree.value} now.")
        return found[0]


def _committed(runtime: Runtime, number: int, spec: JobSpec) -> Commitment:
    """Return what the provider of a job that can be shown committed to; raise Unseen."""
    if spec.is_private:
        raise Unseen("Private: it is sealed to its client, and nobody else can look at it.")
    kind = type(work_of(spec.job_class, spec.params))
    if kind not in (Rendering, TrainingParams):
        raise Unseen("")
    job, held = runtime.jobs.jobs.get(number), runtime.jobs.segments.get((number, 0))
    if job is None or held is None or job.state is not JobState.COMPLETED:
        raise Unseen("Shown once the job is completed.")
    output = held.output
    return Commitment(number, 0, held.provider, output.out_root, output.aux_root, output.out_bytes)


def _root(spec: JobSpec, commitment: Commitment, tree: Tree) -> bytes:
    return spec.input_root if tree is Tree.INPUT else root_on_chain(tree, commitment)


def _made(
    work: Work, spec: JobSpec, commitment: Commitment, contents: Mapping[Tree, bytes]
) -> PreviewJson:
    """Check contents against the chain, and make them small; raises BadPayload."""
    for tree, content in contents.items():
        if tree in COMMITTED and content:
            check_content(work, tree, commitment, content)
        elif content:
            check_input(work, spec.input_root, content)
    if isinstance(work, Rendering):
        return image_of(work.image(contents[Tree.OUTPUT]))
    assert isinstance(work, TrainingParams), "only images and trainings are fetched"
    return curve_of(work, contents)


def image_of(image: NDArray[np.uint8]) -> PreviewJson:
    """Shrink an image (height, width, 3) by a whole number, each pixel the mean of a square."""
    scale = -(-max(image.shape[:2]) // MAX_SIDE)
    height, width = (max(1, side // scale) for side in image.shape[:2])
    down, across = (min(scale, side) for side in image.shape[:2])
    squares = image[: height * down, : width * across].reshape(height, down, width, across, 3)
    small = squares.mean((1, 3)).astype(np.uint8)
    pixels = b64encode(small.tobytes()).decode()
    return PreviewJson("image", width=width, height=height, scale=scale, pixels=pixels)


def curve_of(work: TrainingParams, contents: Mapping[Tree, bytes]) -> PreviewJson:
    """Judge a training's beginning, checkpoints and end by the first of its examples."""
    size = 2 * work.weights
    aux = contents[Tree.AUXILIARY]
    states = {0: contents[Tree.INPUT][:size], work.steps: contents[Tree.OUTPUT]}
    states |= {
        (place + 1) * work.segment: aux[place * size : (place + 1) * size]
        for place in range(0, work.checkpoints - 1, -(-work.checkpoints // MAX_POINTS))
    }
    most = min(MAX_EXAMPLES, work.rows, max(1, MAX_PRODUCTS // (len(states) * work.weights)))
    batches = [(batch.rows, batch.labels) for batch in work.batches(contents[Tree.INPUT])]
    rows, labels = (np.concatenate(parts)[:most] for parts in zip(*batches, strict=True))
    curve = []
    for step, content in sorted(states.items()):
        outputs = forward(work.layers, work.read_weights(content), rows)[-1]
        right = 100 * float((outputs.argmax(axis=1) == labels).mean())
        curve.append(CurvePointJson(step, round(right, 2)))
    return PreviewJson("curve", examples=most, curve=curve)

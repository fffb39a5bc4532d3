"""What a network may be, what it costs, and how much of it an opening shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from runtime.compute.classes import Section, Tree, run_bytes
from runtime.compute.inference_plan import Plan
from runtime.compute.job import SAMPLES, BadSpec
from runtime.compute.network import VOCABULARY, Layer, LayerKind
from runtime.compute.tiles import BAND_ROWS, bands_in

MAX_ROWS = 65536
"""Rows of a batch: at eight to a band, a leaf is found by a number of 32 bits in any network."""
MAX_WIDTH = 4096
"""Width of a sheet: its band and one of the weights are 64 KiB, and 32 pairs fit a proof."""
MAX_PLACES = 2048
"""Rows that an attention may look back: scores of one head are 8 KiB of a GPU's shared memory."""
MAX_SCORE_SHIFT = 24
"""Sums of a head are below 2**26: beyond, all keys weigh the same."""
FINISHING = 16
"""Operations to bring one sum to int8: bias, rounding, clamping, and the store."""
WEIGHING = 32
"""Operations to make one weight of a softmax of one score."""
CHUNK_GAS = 3_000
"""Nanoseconds to cut, hash and place one opened chunk, beside the price of its bytes."""
LEAF_GAS = 100_000
"""Nanoseconds to recompute one tile, beside its chunks."""
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Opened:
    """The most that an opening shows."""

    proof_bytes: int
    gas: int


def check_network(rows: int, width: int, prompt: int, layers: tuple[Layer, ...]) -> None:
    """Check that a network can be run and checked.

    Raises:
        BadSpec: with the layer, what it wanted and what came.
    """
    _within("rows", rows, 1, MAX_ROWS)
    _within("cells in a row", width, 1, MAX_WIDTH)
    if not layers or layers[-1].kind is not LayerKind.DENSE:
        raise BadSpec("wanted a dense layer at the end of the network")
    widths = [width, *(layer.width for layer in layers)]
    for number, layer in enumerate(layers):
        try:
            _check_layer(number, layer, rows, widths)
        except BadSpec as error:
            raise BadSpec(f"layer {number}, {layer.kind.name.lower()}: {error}") from error
    if layers[-1].shift:
        raise BadSpec(f"wanted no shift in the last layer, got {layers[-1].shift}")
    if prompt:
        if layers[0].kind is not LayerKind.EMBEDDING or layers[-1].width != VOCABULARY:
            raise BadSpec(f"wanted an embedding first and {VOCABULARY} logits to generate tokens")
        _within("tokens in the prompt", prompt, 1, rows - 1)


def _check_layer(number: int, layer: Layer, rows: int, widths: list[int]) -> None:
    before = widths[number]
    if number == 0 and layer.kind in (LayerKind.ATTENTION, LayerKind.ADD):
        raise BadSpec("wanted a layer before it")
    _within("cells in a row", layer.width, 1, MAX_WIDTH)
    if layer.has_weights or layer.kind is LayerKind.EMBEDDING:
        _within("argument", layer.argument, 0, 0)
    match layer.kind:
        case LayerKind.ATTENTION:
            _within("rows", rows, 1, MAX_PLACES)
            _within("heads", layer.argument, 1, layer.width)
            _within("shift", layer.shift, 0, MAX_SCORE_SHIFT)
            if layer.width % (BAND_ROWS * layer.argument):
                raise BadSpec(
                    f"wanted heads of a multiple of {BAND_ROWS} cells, "
                    f"got {layer.argument} heads in {layer.width} cells"
                )
            _within("cells in the row before", before, 3 * layer.width, 3 * layer.width)
        case LayerKind.ADD:
            _within("shift", layer.shift, 0, 1)
            _within("sheets back", layer.argument, 2, number + 1)
            _within("cells in the row before", before, layer.width, layer.width)
            earlier = widths[number + 1 - layer.argument]
            _within("cells in the earlier row", earlier, layer.width, layer.width)
        case LayerKind.EMBEDDING:
            _within("place of the layer", number, 0, 0)
            _within("tokens in a row", before, 1, 1)
            _within("shift", layer.shift, 0, 0)
        case _:
            # Beyond, every sum is rounded to zero, whatever the input.
            _within("shift", layer.shift, 0, 14 + before.bit_length())


def network_operations(rows: int, width: int, prompt: int, layers: tuple[Layer, ...]) -> int:
    """Count the operations of a run, from the table of this module."""
    total, before = 0, width
    for layer in layers:
        total += FINISHING * rows * layer.width
        if layer.has_weights:
            total += rows * before * layer.width
        if layer.kind is LayerKind.ATTENTION:
            pairs = rows * (rows + 1) // 2
            total += pairs * (2 * layer.width + WEIGHING * layer.argument)
        before = layer.width
    return total + (VOCABULARY * rows if prompt else 0)


def most_opened(plan: Plan) -> Opened:
    """Bound the proof and the work of an opening: the lowest tiles need most."""
    sections = {tree: plan.sections(tree) for tree in Tree}
    counts = {tree: sum(section.count for section in sections[tree]) for tree in Tree}
    bytes_of = dict.fromkeys(Tree, 0)
    runs_of = dict.fromkeys(Tree, 1)
    most_chunks = 0
    for number in range(0 if plan.prompt is not None else 1, len(plan.sheets)):
        sheet = plan.sheets[number]
        reads = plan.reads(number, bands_in(sheet.rows) - 1, 0)
        chunks = [chunk for read in reads for chunk in read]
        most_chunks = max(most_chunks, len(chunks))
        for tree in Tree:
            held = [chunk.index for chunk in chunks if chunk.tree is tree]
            size = sum(_chunk_bytes(sections[tree], index) for index in held)
            own = sheet.section.chunk_bytes if sheet.tree is tree else 0
            bytes_of[tree] = max(bytes_of[tree], size + own)
            runs_of[tree] = max(runs_of[tree], _runs(held) + (sheet.tree is tree))
    size = sum(_LENGTH_BYTES * (len(sections[tree]) + 1) for tree in Tree)
    for tree in Tree:
        whole = sum(section.count * section.chunk_bytes for section in sections[tree])
        size += min(SAMPLES * bytes_of[tree], whole)
        size += run_bytes(SAMPLES * runs_of[tree], counts[tree])
    return Opened(size, SAMPLES * (LEAF_GAS + CHUNK_GAS * most_chunks))


def _runs(indices: Iterable[int]) -> int:
    """Count the runs of neighbours among ascending indices, at least as many as there are."""
    held = sorted(indices)
    return bool(held) + sum(after != before + 1 for before, after in pairwise(held))


def _chunk_bytes(sections: tuple[Section, ...], index: int) -> int:
    for section in sections:
        if index < section.count:
            return section.chunk_bytes
        index -= section.count
    raise AssertionError("a chunk of no section")


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        wanted = f"{low} to {high}" if low < high else f"{low}"
        raise BadSpec(f"wanted {wanted} {name}, got {value}")

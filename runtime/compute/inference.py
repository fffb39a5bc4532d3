"""The inference class: a client's own int8 network on its own input.

The input is the rows of sheet 0, or the tokens of a prompt, and then the weights of each layer.
The output is the last sheet; when tokens are generated it is all tokens, and the auxiliary content
ends with the sheet of their logits. The sheets in between are auxiliary. A sheet is cut in 8 x 8
tiles: each is a function of one band of the sheet before and one band of the weights, or, of an
attention, of the keys and values above it. A generated token is the likeliest by the logits in
the row before its own: who checks decoding checks one run over the tokens that were claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Annotated, ClassVar

import numpy as np

from runtime.compute.classes import Cells, Chunk, Definition, Result, Section, Tree, place_of
from runtime.compute.contents import spot_check
from runtime.compute.inference_limits import (
    Opened,
    check_network,
    most_opened,
    network_operations,
)
from runtime.compute.inference_plan import Plan, Sheet, head_columns, plan_of
from runtime.compute.integers import attend
from runtime.compute.job import SAMPLES, JobClass
from runtime.compute.network import (
    VOCABULARY,
    Layer,
    LayerKind,
    Network,
    Weights,
    add,
    embed,
    next_token,
    product,
)
from runtime.compute.tiles import BAND_ROWS, bands_of, tiles_of
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32

MAX_LAYERS = 12
"""One transformer block with an embedding and a head, or a deep perceptron: 98 bytes."""


@dataclass(frozen=True, slots=True)
class InferenceParams:
    """A network on `rows` rows of `width` cells."""

    rows: U32
    width: U32
    prompt: U32
    """Tokens that the client gives, when the other rows are to be generated; otherwise 0."""
    layers: Annotated[tuple[Layer, ...], Bounded(MAX_LAYERS)]

    job_class: ClassVar[JobClass] = JobClass.INFERENCE
    definition: ClassVar[Definition] = Definition(
        1,
        "sheet[l + 1] = layer l of sheet[l]: dense sat8((x W^T + b) >> s), relu, causal attention "
        "with weights 2^(15 - u / 16) of u = (max - q.k) >> s, add, embedding; the last in int32; "
        "generated token[t] = argmax(logits[t - 1])",
    )

    def check_limits(self) -> None:
        """Check the network layer by layer."""
        check_network(self.rows, self.width, self.prompt, self.layers)

    @property
    def plan(self) -> Plan:
        """Where everything lies in the trees."""
        return _planned(self)

    @property
    def operations(self) -> int:
        """Multiply-accumulates of products and attentions, and what else is done to a cell."""
        return network_operations(self.rows, self.width, self.prompt, self.layers)

    @property
    def samples(self) -> int:
        """As many as there may be: a tile is little work."""
        return SAMPLES

    @property
    def proof_bytes(self) -> int:
        """Sampled tiles with what they are made from, and the hashes beside it."""
        return _opened(self).proof_bytes

    @property
    def check_gas(self) -> int:
        """Price of putting chunks together and recomputing the tiles."""
        return _opened(self).gas

    @property
    def memory_bytes(self) -> int:
        """Contents, and the terms of the largest product or attention."""
        widest = max(layer.width for layer in self.layers)
        contents = sum(self.content_bytes(tree) for tree in Tree)
        return 2 * contents + 20 * self.rows * widest + 48 * min(self.rows, 4096) ** 2

    def content_bytes(self, tree: Tree) -> int:
        """Size of the input with its weights, or of the sheets of a tree."""
        if tree is not Tree.INPUT:
            sheets = (sheet for sheet in self.plan.sheets if sheet.tree is tree)
            return sum(_sheet_bytes(sheet) for sheet in sheets)
        inner = (self.width, *(layer.width for layer in self.layers))
        weights = (self._weight_bytes(*pair) for pair in zip(self.layers, inner, strict=False))
        return _sheet_bytes(self.plan.given) + sum(weights)

    def _weight_bytes(self, layer: Layer, inner: int) -> int:
        if layer.has_weights:
            return layer.width * (inner + 4)
        is_table = layer.kind is LayerKind.EMBEDDING
        return layer.width * (VOCABULARY + self.rows) if is_table else 0

    def sections(self, tree: Tree) -> tuple[Section, ...]:
        """List what is given and bands of weights, or tiles of sheets."""
        return self.plan.sections(tree)

    def cut(self, tree: Tree, content: bytes) -> tuple[Cells, ...]:
        """Cut a content in bands and tiles."""
        if tree is Tree.INPUT:
            given, network = self.read_input(content)
            return (bands_of(given), *_cut_weights(network))
        sheets = [sheet for sheet in self.plan.sheets if sheet.tree is tree]
        cells = _read_sheets(sheets, content)
        pairs = zip(sheets, cells, strict=True)
        return tuple(tiles_of(part) if sheet.is_tiled else bands_of(part) for sheet, part in pairs)

    def needs(self, leaf: int) -> tuple[Chunk, ...]:
        """Name what a tile, or a band of tokens, is made from."""
        plan = self.plan
        reads = plan.reads(*plan.find(place_of(self, leaf)))
        return tuple(chunk for read in reads for chunk in read)

    def recompute(self, leaf: int, chunks: Sequence[bytes]) -> Cells:
        """Make a tile, or a band of tokens, from its chunks."""
        plan, rest = self.plan, iter(chunks)
        number, band, column = plan.find(place_of(self, leaf))
        parts = [list(islice(rest, len(read))) for read in plan.reads(number, band, column)]
        if number == 0:
            return self._tokens(band, parts)
        tile = self._tile(number, band, column, parts)
        tile[max(self.rows - BAND_ROWS * band, 0) :] = 0
        return tile.astype(self.plan.sheets[number].cells, copy=False)

    def _tile(self, number: int, band: int, column: int, parts: list[list[bytes]]) -> Cells:
        """Apply a layer to the blocks that one tile of it needs."""
        layer, before = self.layers[number - 1], self.plan.sheets[number - 1]
        here = range(column, column + 1)
        match layer.kind:
            case LayerKind.ATTENTION:
                heads = [head_columns(layer, column, part) for part in (0, 1)]
                blocks = zip(parts, (*heads, here), strict=True)
                q, k, v = (before.block(part, columns) for part, columns in blocks)
                return attend(q, k, v, BAND_ROWS * band, layer.shift)
            case LayerKind.ADD:
                earlier = self.plan.sheets[number - layer.argument]
                return add(layer, before.block(parts[0], here), earlier.block(parts[1], here))
            case LayerKind.EMBEDDING:
                tokens, (table,), (places,) = parts
                columns = np.frombuffer(table, np.int8).reshape(BAND_ROWS, VOCABULARY)
                tile = np.frombuffer(places, np.int8).reshape(BAND_ROWS, BAND_ROWS)
                return embed(np.frombuffer(b"".join(tokens), np.uint8), columns, tile)
            case _:
                x = before.block(parts[0], range(before.columns))[:, : before.width]
                weights = _read_band(parts[1][0], before.width)
                return product(layer, x, weights, is_last=number == len(self.layers))

    def _tokens(self, band: int, parts: list[list[bytes]]) -> Cells:
        """Take tokens from the prompt as far as it reaches, and from the logits after it."""
        assert self.plan.prompt is not None
        tokens, first = np.zeros((BAND_ROWS, 1), np.uint8), BAND_ROWS * band
        given = min(max(self.prompt - first, 0), BAND_ROWS)
        if given:
            tokens[:given, 0] = np.frombuffer(parts[0][0], np.uint8)[:given]
        last = self.plan.sheets[-1]
        for row in range(given, min(BAND_ROWS, self.rows - first)):
            logits = last.block(parts[-1], range(last.columns))
            start = logits.shape[0] - BAND_ROWS
            tokens[row, 0] = next_token(logits[start + row - 1])
        return tokens

    def run(self, content: bytes) -> Result:
        """Compute all sheets; tokens one after the other, where they are to be generated."""
        given, network = self.read_input(content)
        sheets = self.blank_sheets(given)
        network.extend(sheets, 0, self.prompt or self.rows)
        for row in range(self.prompt, self.rows) if self.prompt else ():
            sheets[0][row, 0] = next_token(sheets[-1][row - 1])
            network.extend(sheets, row, row + 1)
        return self.result_of(sheets)

    def is_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Recompute some tiles."""
        return spot_check(self, content, result, seed)

    def is_constant(self, leaf: bytes) -> bool:
        """Say whether all rows of a tile are equal: no row of the input made a difference."""
        return leaf == leaf[: len(leaf) // BAND_ROWS] * BAND_ROWS

    # -- Contents as arrays -----------------------------------------------------------------------

    def read_input(self, content: bytes) -> tuple[Cells, Network]:
        """Read what is given (rows or tokens), and the network."""
        given, offset = self.plan.given, _sheet_bytes(self.plan.given)
        cells = np.frombuffer(content, given.cells, given.rows * given.width)
        weights, inner = [], self.width
        for layer in self.layers:
            size = self._weight_bytes(layer, inner)
            weights.append(self._read_weights(layer, content[offset : offset + size], inner))
            offset, inner = offset + size, layer.width
        return cells.reshape(given.rows, given.width), self.network(tuple(weights))

    def _read_weights(self, layer: Layer, content: bytes, inner: int) -> Weights | None:
        if not content:
            return None
        if layer.kind is LayerKind.EMBEDDING:
            inner = VOCABULARY
            table, places = content[: layer.width * inner], content[layer.width * inner :]
            matrix = np.frombuffer(table, np.int8).reshape(inner, layer.width)
            return Weights(matrix, np.frombuffer(places, np.int8).reshape(self.rows, layer.width))
        matrix = np.frombuffer(content, np.int8, layer.width * inner)
        bias = np.frombuffer(content, "<i4", layer.width, layer.width * inner)
        return Weights(matrix.reshape(layer.width, inner), bias)

    def network(self, weights: tuple[Weights | None, ...]) -> Network:
        """Return the network with its weights in the layout of a client."""
        return Network(self.layers, weights)

    def blank_sheets(self, given: Cells) -> list[Cells]:
        """Return all sheets, the first with what is given and the others blank."""
        sheets = [np.zeros((self.rows, sheet.width), sheet.cells) for sheet in self.plan.sheets]
        sheets[0][: given.shape[0]] = given
        return sheets

    def result_of(self, sheets: Sequence[Cells]) -> Result:
        """Lay the sheets out as they are stored."""
        contents = {Tree.INPUT: b"", Tree.OUTPUT: b"", Tree.AUXILIARY: b""}
        for sheet, cells in zip(self.plan.sheets, sheets, strict=True):
            contents[sheet.tree] += cells.tobytes()
        return Result(contents[Tree.OUTPUT], contents[Tree.AUXILIARY])

    def read_output(self, content: bytes) -> Cells:
        """Read the logits (rows, width) int32, or the tokens (rows, 1) uint8."""
        (cells,) = _read_sheets([s for s in self.plan.sheets if s.tree is Tree.OUTPUT], content)
        return cells


def pack_input(given: Cells, weights: Sequence[Weights | None]) -> bytes:
    """Lay out what a client sends: rows or tokens, then the weights of each layer."""
    parts = [np.ascontiguousarray(given).tobytes()]
    for held in weights:
        if held is not None:
            bias = held.bias.astype("<i4") if held.bias.ndim == 1 else held.bias
            parts += [np.ascontiguousarray(held.matrix).tobytes(), bias.tobytes()]
    return b"".join(parts)


@lru_cache(maxsize=64)
def _planned(work: InferenceParams) -> Plan:
    return plan_of(work.rows, work.width, work.prompt, work.layers)


@lru_cache(maxsize=64)
def _opened(work: InferenceParams) -> Opened:
    return most_opened(work.plan)


def _sheet_bytes(sheet: Sheet) -> int:
    return sheet.rows * sheet.width * np.dtype(sheet.cells).itemsize


def _read_sheets(sheets: Sequence[Sheet], content: bytes) -> list[Cells]:
    cells, offset = [], 0
    for sheet in sheets:
        part = np.frombuffer(content, sheet.cells, sheet.rows * sheet.width, offset)
        cells.append(part.reshape(sheet.rows, sheet.width))
        offset += part.nbytes
    return cells


def _cut_weights(network: Network) -> list[Cells]:
    """Cut the weights of all layers as their sections are."""
    sections: list[Cells] = []
    for layer, weights in zip(network.layers, network.weights, strict=True):
        if weights is None:
            continue
        if layer.kind is LayerKind.EMBEDDING:
            sections += [bands_of(weights.matrix.T), tiles_of(weights.bias)]
            continue
        bands = bands_of(weights.matrix)
        bias = bands_of(weights.bias.astype("<i4")[:, None])
        flat = (bands.reshape(len(bands), -1).view(np.uint8), bias.view(np.uint8))
        sections.append(np.concatenate([flat[0], flat[1].reshape(len(bands), -1)], axis=1))
    return sections


def _read_band(chunk: bytes, inner: int) -> Weights:
    """Read eight rows of weights and their biases."""
    matrix = np.frombuffer(chunk, np.int8, BAND_ROWS * inner).reshape(BAND_ROWS, inner)
    return Weights(matrix, np.frombuffer(chunk, "<i4", BAND_ROWS, BAND_ROWS * inner))

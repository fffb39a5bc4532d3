"""Where the sheets and weights of an inference job lie in its trees, and what a tile is made from.

A tile is named by its sheet, its band of rows, and its column of tiles. What it is made from is a
list of reads: each a block of chunks, by bands from top to bottom and from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from runtime.compute.classes import Cells, Chunk, Section, Tree
from runtime.compute.network import VOCABULARY, Layer, LayerKind
from runtime.compute.tiles import BAND_ROWS, bands_in

Read = tuple[Chunk, ...]

TOKEN, CELL, LOGIT = "u1", "i1", "<i4"
"""Cells of tokens, of sheets in between, and of the last sheet."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet and its place in a tree; one that a client sends is not cut in tiles."""

    tree: Tree
    first: int
    """Its first chunk."""
    rows: int
    width: int
    cells: str
    is_tiled: bool

    @property
    def columns(self) -> int:
        """Tiles in one band."""
        return bands_in(self.width)

    @property
    def section(self) -> Section:
        """Its chunks: tiles, or bands."""
        size, bands = np.dtype(self.cells).itemsize, bands_in(self.rows)
        if self.is_tiled:
            return Section(bands * self.columns, BAND_ROWS * BAND_ROWS * size)
        return Section(bands, BAND_ROWS * self.width * size)

    def read(self, bands: range, columns: range) -> Read:
        """Name the chunks that hold a block of tiles."""
        if not self.is_tiled:
            return tuple(Chunk(self.tree, self.first + band) for band in bands)
        tree, across = self.tree, self.columns
        starts = (self.first + band * across for band in bands)
        return tuple(
            Chunk(tree, index)
            for start in starts
            for index in range(start + columns.start, start + columns.stop)
        )

    def block(self, chunks: Sequence[bytes], columns: range) -> Cells:
        """Put the cells of a block together, zeros where there are none: whole tiles only."""
        cells = np.frombuffer(b"".join(chunks), self.cells)
        if self.is_tiled:
            tiles = cells.reshape(-1, len(columns), BAND_ROWS, BAND_ROWS).swapaxes(1, 2)
            return tiles.reshape(-1, BAND_ROWS * len(columns))
        rows = cells.reshape(-1, self.width)
        wide = np.zeros((rows.shape[0], BAND_ROWS * self.columns), rows.dtype)
        wide[:, : self.width] = rows
        return wide[:, BAND_ROWS * columns.start : BAND_ROWS * columns.stop]


@dataclass(frozen=True, slots=True)
class Plan:
    """The layout of one job."""

    layers: tuple[Layer, ...]
    sheets: tuple[Sheet, ...]
    prompt: Sheet | None
    """The tokens that a client gives, when the others are generated; they are sheet 0 then."""
    weight_sections: tuple[tuple[Section, ...], ...]
    """Of each layer, in the input tree, after what comes first in it."""

    @property
    def given(self) -> Sheet:
        """What comes first in the input tree."""
        return self.sheets[0] if self.prompt is None else self.prompt

    def sections(self, tree: Tree) -> tuple[Section, ...]:
        """List the sections of a tree."""
        if tree is Tree.INPUT:
            weights = (section for sections in self.weight_sections for section in sections)
            return (self.given.section, *weights)
        return tuple(sheet.section for sheet in self.sheets if sheet.tree is tree)

    def find(self, place: Chunk) -> tuple[int, int, int]:
        """Return the sheet, band and column of a committed chunk."""
        for number, sheet in enumerate(self.sheets):
            index = place.index - sheet.first
            if sheet.tree is place.tree and 0 <= index < sheet.section.count:
                return (number, *divmod(index, sheet.columns if sheet.is_tiled else 1))
        raise AssertionError(f"no sheet has {place}")

    def reads(self, number: int, band: int, column: int) -> list[Read]:
        """List what a tile of a sheet is made from, in the order of its formula."""
        if number == 0:
            return self._token_reads(band)
        layer, before = self.layers[number - 1], self.sheets[number - 1]
        only, whole = range(band, band + 1), range(before.columns)
        match layer.kind:
            case LayerKind.ATTENTION:
                return self._attention_reads(layer, before, band, column)
            case LayerKind.ADD:
                here = range(column, column + 1)
                earlier = self.sheets[number - layer.argument]
                return [before.read(only, here), earlier.read(only, here)]
            case LayerKind.EMBEDDING:
                table, places = self._weights(number - 1)
                tile = places + band * self.sheets[number].columns + column
                chunks = [(Chunk(Tree.INPUT, table + column),), (Chunk(Tree.INPUT, tile),)]
                return [before.read(only, whole), *chunks]
            case _:
                (weights,) = self._weights(number - 1)
                return [before.read(only, whole), (Chunk(Tree.INPUT, weights + column),)]

    def _attention_reads(self, layer: Layer, before: Sheet, band: int, column: int) -> list[Read]:
        """Name queries of this band; keys of its head and values of this column, down to it."""
        queries, keys = head_columns(layer, column, 0), head_columns(layer, column, 1)
        value = 2 * bands_in(layer.width) + column
        above = range(band + 1)
        return [
            before.read(range(band, band + 1), queries),
            before.read(above, keys),
            before.read(above, range(value, value + 1)),
        ]

    def _token_reads(self, band: int) -> list[Read]:
        """Name the prompt, as far as it reaches, and logits of the rows before other tokens."""
        assert self.prompt is not None, "only generated tokens are committed to"
        start, stop = BAND_ROWS * band, BAND_ROWS * (band + 1)
        given, logits = self.prompt, self.sheets[-1]
        whole, reads = range(logits.columns), []
        if start < given.rows:
            reads.append(given.read(range(band, band + 1), range(1)))
        if stop > given.rows:
            first = band if start < given.rows else band - 1
            reads.append(logits.read(range(first, band + 1), whole))
        return reads

    def _weights(self, layer: int) -> list[int]:
        """Return the first chunk of each section of a layer's weights."""
        sizes = [section.count for sections in self.weight_sections for section in sections]
        starts = list(accumulate(sizes, initial=self.given.section.count))
        before = sum(len(sections) for sections in self.weight_sections[:layer])
        return starts[before : before + len(self.weight_sections[layer])]


def head_columns(layer: Layer, column: int, part: int) -> range:
    """Return the columns of tiles that hold queries (part 0) or keys (1) of a column's head."""
    across = layer.head_width // BAND_ROWS
    start = part * bands_in(layer.width) + column // across * across
    return range(start, start + across)


def plan_of(rows: int, width: int, prompt: int, layers: tuple[Layer, ...]) -> Plan:
    """Lay a job out whose parameters have been checked."""
    has_tokens = layers[0].kind is LayerKind.EMBEDDING
    cells = TOKEN if has_tokens else CELL
    first = Sheet(Tree.OUTPUT if prompt else Tree.INPUT, 0, rows, width, cells, is_tiled=False)
    sheets, next_chunk = [first], 0
    for number, layer in enumerate(layers, start=1):
        is_last = number == len(layers)
        tree = Tree.OUTPUT if is_last and not prompt else Tree.AUXILIARY
        start = 0 if tree is Tree.OUTPUT else next_chunk
        kind = LOGIT if is_last else CELL
        sheets.append(Sheet(tree, start, rows, layer.width, kind, is_tiled=True))
        next_chunk += sheets[-1].section.count
    given = Sheet(Tree.INPUT, 0, prompt, 1, TOKEN, is_tiled=False) if prompt else None
    widths = [sheet.width for sheet in sheets]
    sections = tuple(
        _weight_sections(layer, inner, rows)
        for layer, (inner, _) in zip(layers, pairwise(widths), strict=True)
    )
    return Plan(layers, tuple(sheets), given, sections)


def _weight_sections(layer: Layer, inner: int, rows: int) -> tuple[Section, ...]:
    """Bands of a matrix with their biases; or those of a table, and the tiles of its places."""
    bands = bands_in(layer.width)
    if layer.has_weights:
        return (Section(bands, BAND_ROWS * (inner + 4)),)
    if layer.kind is LayerKind.EMBEDDING:
        tiles = Section(bands_in(rows) * bands, BAND_ROWS * BAND_ROWS)
        return (Section(bands, BAND_ROWS * VOCABULARY), tiles)
    return ()

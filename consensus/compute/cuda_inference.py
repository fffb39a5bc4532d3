"""Int8 networks on a GPU: products on its matrix units, the rest cell by cell.

Sheets stay on the GPU, padded with zeros to the steps of the product kernels; tokens that are
generated make one row of each sheet at a time, and only their logits come back.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from consensus.compute.cuda_gpu import THREADS, Gpu, Kernel, Memory
from consensus.compute.cuda_matmul import INNER_STEP, SIDE_STEP, filled, multiply
from runtime.compute.classes import Cells, Result
from runtime.compute.inference import InferenceParams
from runtime.compute.network import Layer, LayerKind, Network, next_token

FINISH_PRODUCT = Kernel("finish_product", "PiPPiPiiii")
ATTEND = Kernel("attend", "PiPiiiii")
ADD_SHEETS = Kernel("add_sheets", "PiPiPiiii")
EMBED_TOKENS = Kernel("embed_tokens", "PiPPPiii")
BLOCKS = 1024
"""Enough to fill a large GPU; the kernels stride over what is left."""


@dataclass(frozen=True, slots=True)
class DeviceSheet:
    """A sheet on the GPU: the last, of int32, without padding."""

    memory: Memory
    stride: int
    """Cells from one row to the next."""
    width: int

    def row(self, number: int) -> int:
        """Return the address of a row."""
        return int(self.memory) + number * self.stride


@dataclass(frozen=True, slots=True)
class DeviceLayer:
    """A layer with its weights on the GPU."""

    layer: Layer
    matrix: Memory
    """Filled up for the product kernels; or the table of an embedding."""
    bias: Memory
    """Or the places of an embedding."""
    inner: int
    """Inner side of the filled matrix."""


def run_inference(gpu: Gpu, work: InferenceParams, content: bytes) -> Result:
    """Run a network; generate tokens, if that is the job."""
    given, network = work.read_input(content)
    sheets = work.blank_sheets(given)
    with ExitStack() as stack:
        machine = _Machine(gpu, work, network, stack)
        machine.give(given)
        machine.extend(0, work.prompt or work.rows)
        for row in range(work.prompt, work.rows) if work.prompt else ():
            logits = np.empty(work.layers[-1].width, np.int32)
            gpu.download(logits, machine.logits(row - 1))
            sheets[0][row, 0] = next_token(logits)
            machine.give(sheets[0][row : row + 1], row)
            machine.extend(row, row + 1)
        machine.collect(sheets)
    return work.result_of(sheets)


class _Machine:
    """A network in the memory of a GPU. Invariant: cells beyond a sheet are zero."""

    def __init__(self, gpu: Gpu, work: InferenceParams, network: Network, stack: ExitStack) -> None:
        self._gpu, self._rows, self._stack = gpu, work.rows, stack
        self._sheets = [self._sheet(work.width)]
        self._layers: list[DeviceLayer] = []
        most = 0
        for layer, weights in zip(network.layers, network.weights, strict=True):
            inner, columns = self._sheets[-1].stride, _stepped(layer.width, SIDE_STEP)
            matrix, bias = self._weights(layer, weights)
            self._layers.append(DeviceLayer(layer, matrix, bias, inner))
            self._sheets.append(self._sheet(layer.width))
            most = max(most, columns)
        (self._sums,) = self._take(4 * _stepped(work.rows, SIDE_STEP) * most)
        (self._wide,) = self._take(4 * work.rows * work.layers[-1].width)

    def give(self, cells: Cells, first_row: int = 0) -> None:
        """Put rows of the first sheet in."""
        sheet = self._sheets[0]
        rows = np.zeros((cells.shape[0], sheet.stride), np.int8)
        rows[:, : sheet.width] = cells.view(np.int8)
        self._gpu.upload(sheet.row(first_row), rows)

    def extend(self, start: int, stop: int) -> None:
        """Queue rows start to stop of all sheets but the first."""
        for number in range(len(self._layers)):
            self._apply(number, start, stop)

    def logits(self, row: int) -> int:
        """Return the address of a row of the last sheet."""
        return int(self._wide) + 4 * row * self._sheets[-1].width

    def collect(self, sheets: list[Cells]) -> None:
        """Bring all sheets but the first back."""
        for sheet, cells in zip(self._sheets[1:-1], sheets[1:-1], strict=True):
            padded = np.empty((self._rows, sheet.stride), np.int8)
            self._gpu.download(padded, sheet.memory)
            cells[:] = padded[:, : sheet.width]
        self._gpu.download(sheets[-1], self._wide)

    def _apply(self, number: int, start: int, stop: int) -> None:
        held, before, after = self._layers[number], *self._sheets[number : number + 2]
        layer, rows = held.layer, stop - start
        source, target = before.row(start), after.row(start)
        match layer.kind:
            case LayerKind.ATTENTION:
                places = (before.memory, before.stride, after.memory, after.stride)
                shape = (start, layer.width, layer.head_width, layer.shift)
                self._gpu.launch(ATTEND, (rows, layer.argument), *places, *shape)
            case LayerKind.ADD:
                earlier = self._sheets[number + 1 - layer.argument]
                operands = (source, before.stride, earlier.row(start), earlier.stride)
                sums = (target, after.stride, rows, layer.width, layer.shift)
                self._gpu.launch(ADD_SHEETS, _grid(rows, layer), *operands, *sums)
            case LayerKind.EMBEDDING:
                tables = (held.matrix, int(held.bias) + start * layer.width)
                arguments = (source, before.stride, *tables, target, after.stride)
                self._gpu.launch(EMBED_TOKENS, _grid(rows, layer), *arguments, rows, layer.width)
            case _:
                self._product(number, source, target, start, rows)

    def _product(self, number: int, source: int, target: int, start: int, rows: int) -> None:
        held, after = self._layers[number], self._sheets[number + 1]
        layer, columns = held.layer, _stepped(held.layer.width, SIDE_STEP)
        sides = (_stepped(rows, SIDE_STEP), columns, held.inner)
        multiply(self._gpu, (source, held.matrix, self._sums), sides)
        is_last = number == len(self._layers) - 1
        wide = self.logits(start) if is_last else 0
        arguments = (self._sums, columns, held.bias, target, after.stride, wide)
        finish = (rows, layer.width, layer.shift, layer.low)
        self._gpu.launch(FINISH_PRODUCT, _grid(rows, layer), *arguments, *finish)

    def _sheet(self, width: int) -> DeviceSheet:
        """Take memory for a sheet, and for the rows that a product reads beyond its last."""
        stride = _stepped(width, INNER_STEP)
        rows = _stepped(self._rows, SIDE_STEP) + SIDE_STEP
        (memory,) = self._take(rows * stride)
        self._gpu.upload(memory, np.zeros((rows, stride), np.int8))
        return DeviceSheet(memory, stride, width)

    def _weights(self, layer: Layer, weights: Any) -> tuple[Memory, Memory]:
        if weights is None:
            return 0, 0
        matrix = weights.matrix if layer.kind is LayerKind.EMBEDDING else filled(weights.matrix)
        places = []
        for cells in (np.ascontiguousarray(matrix), np.ascontiguousarray(weights.bias)):
            (memory,) = self._take(cells.nbytes)
            self._gpu.upload(memory, cells)
            places.append(memory)
        return places[0], places[1]

    def _take(self, *sizes: int) -> tuple[Memory, ...]:
        return self._stack.enter_context(self._gpu.memory(*sizes))


def _grid(rows: int, layer: Layer) -> tuple[int, int]:
    """Return blocks for as many threads as a layer has cells in some rows."""
    return min(BLOCKS, -(-rows * layer.width // THREADS)), 1


def _stepped(side: int, step: int) -> int:
    return -(-side // step) * step

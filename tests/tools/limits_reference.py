"""Writes docs/reference/limits.md: what a job of each class may be, tried out on the code.

Run it: `python -m tests.tools.limits_reference`.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from node.receipts.pool import BLOCK_PROOF_BYTES
from runtime.compute.classes import Work, samples_of
from runtime.compute.data import MAX_COLUMNS, MAX_GROUPS, Data
from runtime.compute.gas import MAX_OPENING_GAS, VERIFY_GAS_LIMIT, opening_gas
from runtime.compute.inference import MAX_LAYERS, InferenceParams
from runtime.compute.inference_limits import MAX_PLACES, MAX_ROWS
from runtime.compute.job import MAX_CONTENT_BYTES, MAX_PROOF_BYTES, SAMPLES, BadSpec
from runtime.compute.matmul import MAX_SIDE, MatmulParams
from runtime.compute.network import Layer, LayerKind
from runtime.compute.receipt import MAX_OPENINGS_PER_BLOCK
from runtime.compute.registry import check_limits
from runtime.compute.rendering import MAX_SHAPES, Rendering
from runtime.compute.sgd import TrainedLayer
from runtime.compute.tables import MAX_CONDITIONS, NO_KEY, Operation, Query
from runtime.compute.training import TrainingParams

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "limits.md"
KIB, MIB = 1 << 10, 1 << 20
LARGEST = 1 << 25
"""Beyond any limit that is searched for."""

Row = Iterable[object]


def page() -> str:
    """Return the whole page."""
    parts = [introduction(), matmul(), inference(), training(), rendering(), data()]
    return "\n".join(parts).rstrip() + "\n"


def most(work_of: Callable[[int], Work], step: int = 1) -> int:
    """Return the largest number, a multiple of a step, whose work may be ordered; 0 if none."""
    low, high = 0, LARGEST // step
    while low < high:
        middle = (low + high + 1) // 2
        if may_be_ordered(work_of(middle * step)):
            low = middle
        else:
            high = middle - 1
    return low * step


def may_be_ordered(work: Work) -> bool:
    """Say whether work is within the limits."""
    try:
        check_limits(work)
    except BadSpec:
        return False
    return True


def introduction() -> str:
    """Say what all classes share."""
    return f"""\
# What a job may be

Generated from the code by `python -m tests.tools.limits_reference`; a test compares. `starminer job estimate` says for your files what a
job takes, and refuses what is above a limit in words.

Every importer of a block recomputes a sample of each job, so limits come from checking and not from computing:

| limit | | why |
|---|---|---|
| input, output, auxiliary content | {size(MAX_CONTENT_BYTES)} each | a client holds and hashes it in a second |
| opening proof | {size(MAX_PROOF_BYTES)} | travels in one message beside its block |
| proofs beside one block | {size(BLOCK_PROOF_BYTES)} | with a full body in one message of 4 MiB |
| openings in one block | {MAX_OPENINGS_PER_BLOCK} | |
| checking one opening | {gas(MAX_OPENING_GAS)} of the reference core | ten of the dearest fit a block, so none waits for long |
| checking one block | {gas(VERIFY_GAS_LIMIT)} | a sixth of its slot on one core |
| leaves opened | {SAMPLES}, or all | who cheats on a tenth passes 3.4 % of the time |

An opening that a block cannot afford waits in the pool and is in a later one; it has a dozen blocks. Prices of checking are set at four times
what they measured, so that the slowest validator keeps up.
"""  # noqa: E501


def matmul() -> str:
    """List the limits of products."""
    square = most(lambda n: MatmulParams(n, n, n))
    wide = most(lambda k: MatmulParams(MAX_SIDE, MAX_SIDE, k))
    rows = [sizes(f"{n} × {n} by {n} × {n}", MatmulParams(n, n, n)) for n in (256, 1024, square)]
    return f"""\
## Matrix products

Sides of 1 to {MAX_SIDE}. A leaf is a tile of 8 × 8 sums, which needs eight rows of A and eight columns of B: 16 bytes of proof for each step of
the inner side. The largest square product has {square} rows; {MAX_SIDE} × k by k × {MAX_SIDE} may have k up to {wide}.

{table(("product", "proof at most", "to check"), rows)}
"""  # noqa: E501


def inference() -> str:
    """List the limits of networks."""
    deep = most(lambda width: perceptron(256, width))
    widths = (128, 512, 1024, deep)
    rows = [sizes(f"perceptron, {width} wide", perceptron(256, width)) for width in widths]
    rows += [
        sizes(f"transformer block, {width} wide, {count} bytes of text", block(count, width, heads))
        for width, heads, count in ((64, 4, 64), (128, 8, 256), (256, 8, 512))
    ]
    return f"""\
## Inference

At most {MAX_LAYERS} layers, {MAX_ROWS} rows, {MAX_PLACES} where a layer attends. A leaf is a tile of 8 × 8 cells, which needs eight rows of the sheet
before and eight rows of weights: {SAMPLES} samples of an inner side of 1024 are 512 KiB beside their hashes, and on 256 rows a layer may be
{deep} wide. Tiles of 4 × 4 would halve the proof and have four times as many leaves for provider and client to hash; of 2 × 2, a quarter
for sixteen times as many. As the largest still fits a message and several fit a block, tiles stay 8 × 8, which is what kernels multiply by.

An attention needs the keys of its head and the values of its column down to its row, so proofs grow with the text:

{table(("network", "proof at most", "to check"), rows)}
"""  # noqa: E501


def training() -> str:
    """List the limits of trainings."""
    rows = [
        (
            f"{width} → {hidden} → 10",
            f"{most(lambda batch, w=width, h=hidden: training_of(w, h, batch, 1), 8)}",
            f"{most(lambda segment, w=width, h=hidden: training_of(w, h, 64, segment))}",
        )
        for width, hidden in ((16, 64), (64, 128), (256, 128), (784, 64))
    ]
    return f"""\
## Training

{samples_of(training_of(16, 64, 64, 1))} checkpoints are opened, and each is a whole segment of steps: its proof shows all weights twice, and its batches. `starminer job
submit training` chooses the shortest segments that make at most 256 checkpoints.

{table(("perceptron", "largest batch, steps of one", "longest segment, batches of 64"), rows)}
"""  # noqa: E501


def rendering() -> str:
    """List the limits of images."""
    rows = []
    for samples, bounces, lights in (
        *((1, 0, 1), (1, 1, 1), (1, 3, 2)),
        *((2, 1, 1), (2, 3, 2), (3, 3, 2), (4, 3, 2), (4, 8, 8)),
    ):
        shapes = most(lambda n, s=samples, b=bounces, k=lights: image(s, b, k, n))
        rows.append((samples * samples, bounces, lights, shapes or "none"))
    return f"""\
## Rendering

At most {MAX_SHAPES} shapes, 8 lights, 8 bounces, 16 samples in a pixel, 4096 pixels a side. {SAMPLES} tiles of 4 × 4 pixels are drawn again by every
importer, so care and shapes share what an opening may cost; the size of the image does not matter:

{table(("samples in a pixel", "bounces", "lights", "shapes at most"), rows)}

For a finer image of more shapes, order fewer samples at twice the size, and shrink it: the sides cost nothing in checks.
"""  # noqa: E501


def data() -> str:
    """List the limits of queries."""
    rows = []
    for columns in (1, 2, 4, MAX_COLUMNS):
        found = [most(lambda n, c=columns, o=one: query(n, c, o)) for one in Operation]
        rows.append((columns, *(f"{count:,}" for count in found)))
    return f"""\
## Data

At most {MAX_COLUMNS} columns that a query names, {MAX_CONDITIONS} conditions, {MAX_GROUPS[Operation.HISTOGRAM]} bins, {MAX_GROUPS[Operation.SUMMARY]} groups. A leaf is the answer for one chunk of rows; a sort
sorts each chunk, and the command merges them. Rows at most, by the columns that are sent:

{table(("columns", *(one.name.lower() for one in Operation)), rows)}
"""  # noqa: E501


# -- Works -----------------------------------------------------------------------------------------


def perceptron(rows: int, width: int) -> InferenceParams:
    """Two layers of one width, and ten classes."""
    hidden = Layer(LayerKind.RELU, width, 8, 0)
    return InferenceParams(rows, width, 0, (hidden, Layer(LayerKind.DENSE, 10, 0, 0)))


def block(rows: int, width: int, heads: int) -> InferenceParams:
    """The transformer block that `starminer model quantise` makes."""
    layers = (
        Layer(LayerKind.EMBEDDING, width, 0, 0),
        Layer(LayerKind.DENSE, 3 * width, 8, 0),
        Layer(LayerKind.ATTENTION, width, 6, heads),
        Layer(LayerKind.DENSE, width, 8, 0),
        Layer(LayerKind.ADD, width, 1, 4),
        Layer(LayerKind.RELU, 4 * width, 8, 0),
        Layer(LayerKind.DENSE, width, 8, 0),
        Layer(LayerKind.ADD, width, 0, 3),
        Layer(LayerKind.DENSE, 256, 0, 0),
    )
    return InferenceParams(rows, 1, 0, layers)


def training_of(width: int, hidden: int, batch: int, segment: int) -> TrainingParams:
    """Steps on a small table, in segments of so many."""
    layers = (TrainedLayer(hidden, 8), TrainedLayer(10, 8))
    return TrainingParams(batch, width, batch, 64 * segment, segment, 8, 1, layers)


def image(samples: int, bounces: int, lights: int, spheres: int) -> Rendering:
    """An image of spheres."""
    return Rendering(1920, 1080, samples, bounces, lights, spheres, 0, 0)


def query(rows: int, columns: int, operation: Operation) -> Data:
    """A query about the first column, with the most groups that there may be."""
    groups = MAX_GROUPS[operation] or 0
    key = columns - 1 if operation is Operation.SUMMARY else NO_KEY
    return Data(rows, columns, Query(operation, 0, key, 0, 1, groups, ()))


# -- Words -----------------------------------------------------------------------------------------


def sizes(name: str, work: Work) -> Row:
    """Return how much an opening of some work takes."""
    assert may_be_ordered(work), name
    return name, size(work.proof_bytes), gas(opening_gas(work))


def size(count: int) -> str:
    """Show bytes."""
    return f"{count / MIB:.2f} MiB" if count >= MIB else f"{count / KIB:.0f} KiB"


def gas(nanoseconds: int) -> str:
    """Show gas as time."""
    return f"{nanoseconds / 10**6:.0f} ms"


def table(names: Row, rows: Iterable[Row]) -> str:
    """Write a table."""

    def lines() -> Iterator[str]:
        yield f"| {' | '.join(map(str, names))} |"
        yield f"|{'---|' * len(list(names))}"
        for row in rows:
            yield f"| {' | '.join(map(str, row))} |"

    return "\n".join(lines())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

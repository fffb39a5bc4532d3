"""Buy the output of a model: order, wait, fetch, and check a part of it again at home.

The model is a small int8 perceptron; `starminer model quantise` makes one from floats.

python docs/examples/buy_inference.py [URL [SIGNER]]
"""

import sys

import numpy as np
from numpy.typing import NDArray

from cli.sdk import Balance, Keypair, connect
from cli.sdk.inference import rows_work
from cli.sdk.models import Model
from runtime.compute.network import Layer, LayerKind, Weights
from runtime.pallets.jobs.records import JobState


def main(url: str, signer: str = "//Alice") -> None:
    """Run 32 rows of 16 numbers through a perceptron of 24 and 10 cells."""
    model, rows = perceptron(16, 24, 10), numbers(32, 16)
    work, content = rows_work(model, rows)
    buyer = Keypair.from_uri(signer)
    with connect(url) as client:
        ordered = client.jobs.submit(buyer, work, content, Balance.parse("2AGPU"))
        print(f"job {ordered.number}: {ordered.escrow} on hold")
        job = client.jobs.wait(ordered.number)
        assert job.state is JobState.COMPLETED, f"it is {job.state.name.lower()}"
        print(f"paid {Balance(job.paid)}; the rest came back")

        result = client.jobs.result(ordered.number)
        checked = client.jobs.verify(ordered.number, leaves=4)
        print(f"{checked.recomputed} of {checked.leaves} leaves recomputed, wrong: {checked.wrong}")
        print("classes:", work.read_output(result.content).argmax(axis=1))


def perceptron(width: int, hidden: int, classes: int) -> Model:
    """Return a network of random weights: a hidden layer, and one of scores."""
    layers = (Layer(LayerKind.RELU, hidden, 10, 0), Layer(LayerKind.DENSE, classes, 0, 0))
    first = Weights(numbers(hidden, width), np.zeros(hidden, np.int32))
    second = Weights(numbers(classes, hidden), np.zeros(classes, np.int32))
    return Model(layers, (first, second))


def numbers(count: int, width: int) -> NDArray[np.int8]:
    """Return rows of made-up int8."""
    return np.random.default_rng(2).integers(-128, 128, (count, width)).astype(np.int8)


if __name__ == "__main__":
    main(*sys.argv[1:] or ["ws://127.0.0.1:9944"])

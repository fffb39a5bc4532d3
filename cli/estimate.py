"""`starminer job estimate`: what an order would take and cost now; nothing is signed or sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter

from cli.errors import UsageError
from cli.options import Remote
from cli.ordering import Wanted
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.jobs import DEFAULT_MARKET
from cli.sdk.prices import price_now, pricing_of, takers_now
from cli.sdk.session import ask
from cli.submit import (
    USUAL,
    Course,
    wanted_data,
    wanted_inference,
    wanted_matmul,
    wanted_render,
    wanted_training,
)
from genesis.notation import format_amount
from runtime.compute.classes import Tree, leaf_count, samples_of
from runtime.compute.gas import VERIFY_GAS_LIMIT, opening_gas
from runtime.compute.job import BadSpec, LatencyClass, Market
from runtime.compute.price import Price, fee_of
from runtime.compute.registry import check_limits, units

LOCAL = Remote()


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Asking:
    """Which market is asked."""

    tier: int = DEFAULT_MARKET.tier
    """The class of hardware to buy from."""

    region: int = DEFAULT_MARKET.region
    """Where it stands."""


ANY = Asking()


def estimate_matmul(a: Path, b: Path, /, *, asking: Asking = ANY, remote: Remote = LOCAL) -> None:
    """Say what the product of two int8 matrices would cost.

    Parameters
    ----------
    a
        A .npy file with an int8 matrix.
    b
        A .npy file with an int8 matrix of as many rows as A has columns.
    """
    estimate(wanted_matmul(a, b), asking, remote)


def estimate_inference(
    model: Path,
    rows: Path | None = None,
    /,
    *,
    asking: Asking = ANY,
    text: str | None = None,
    generate: int = 0,
    remote: Remote = LOCAL,
) -> None:
    """Say what the output of an int8 model would cost.

    Parameters
    ----------
    model
        A .npz or .safetensors file, as `starminer model quantise` writes.
    rows
        A .npy or .csv file with rows of numbers.
    text
        A text instead of rows, for a model that begins with an embedding of bytes.
    generate
        Bytes to go on with after the text.
    """
    estimate(wanted_inference(model, rows, text, generate), asking, remote)


def estimate_training(
    examples: Path,
    /,
    *,
    asking: Asking = ANY,
    course: Course = USUAL,
    labels: Path | None = None,
    remote: Remote = LOCAL,
) -> None:
    """Say what the training of an int8 perceptron would cost.

    Parameters
    ----------
    examples
        A .csv file whose last column is the class, or a .npy file with rows of numbers.
    labels
        A .npy file with the class of each row.
    """
    estimate(wanted_training(examples, course, labels), asking, remote)


def estimate_render(scene: Path, /, *, asking: Asking = ANY, remote: Remote = LOCAL) -> None:
    """Say what the image of a scene would cost.

    Parameters
    ----------
    scene
        A .toml file with a camera, lights, spheres, planes and triangles.
    """
    estimate(wanted_render(scene), asking, remote)


def estimate_data(
    table: Path,
    /,
    *,
    query: str,
    asking: Asking = ANY,
    decimals: int | None = None,
    remote: Remote = LOCAL,
) -> None:
    """Say what the answer to a query over a table would cost.

    Parameters
    ----------
    table
        A .csv file in UTF-8 with a header, or a .npy file of integers.
    query
        Such as: summary of price by city where age >= 18.
    decimals
        Decimals of the numbers in the table: 6 for .csv, 0 for .npy unless said otherwise.
    """
    estimate(wanted_data(table, query, decimals), asking, remote)


def estimate(wanted: Wanted, asking: Asking, remote: Remote) -> None:
    """Show what an order takes, and what it would cost at the price of this moment."""
    market = Market(asking.tier, asking.region)

    async def question(client: Client) -> dict[str, object]:
        found = estimated(wanted, market, client, await price_now(client, market))
        for one in LatencyClass:
            found[f"providers_for_{one.name.lower()}"] = await takers_now(client, market, one)
        return found

    show(ask(remote, question), remote.output)


def estimated(wanted: Wanted, market: Market, client: Client, per_cu: int) -> dict[str, object]:
    """Return an estimate at a price in planck per CU.

    Raises: UsageError if no provider could be held to the work.
    """
    work = wanted.work
    try:
        check_limits(work)
    except BadSpec as error:
        raise UsageError(str(error)) from error
    minimum = pricing_of(client).config.minimum_fee
    fee = fee_of(units(work), Price(per_cu, scarcity=0, surge=0), minimum)
    return {
        "class": work.job_class.name.lower(),
        "market": f"tier {market.tier}, region {market.region}",
        "micro_cu": units(work),
        "price_per_cu": format_amount(per_cu),
        "fee": format_amount(fee.total),
        "input_bytes": len(wanted.content),
        "output_bytes": work.content_bytes(Tree.OUTPUT),
        "memory_bytes": work.memory_bytes,
        "leaves": leaf_count(work),
        "opened": samples_of(work),
        "proof_bytes_at_most": work.proof_bytes,
        "part_of_a_blocks_checks": f"{opening_gas(work) / VERIFY_GAS_LIMIT:.2%}",
    }

"""Pools from the command line: amounts of many assets, slippage, and what is refused."""

from functools import partial
from typing import Any

import pytest
import trio

from cli import pool
from cli.errors import CommandError, UsageError
from cli.main import run
from cli.pool_amounts import (
    amount_in,
    amount_words,
    count_of,
    fitting,
    kind_of,
    lessened,
    path_of,
    price_words,
    raised,
)
from runtime.frame.fungibles import NATIVE, WithId
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

COIN, SHELL = WithId(1), WithId(2)


def test_amounts_are_of_agpu_or_of_an_asset() -> None:
    assert amount_in("10AGPU") == (10 * UNIT, NATIVE)
    assert amount_in("5000000:1") == (5_000_000, COIN)
    assert [amount_words(*amount_in(text)) for text in ("1.5AGPU", "7:2")] == ["1.5 AGPU", "7:2"]
    for text in ("x:1", ":1", "-1:1", f"{2**128}:1"):
        with pytest.raises(UsageError, match="amount: wanted UNITS:ASSET, such as 5000000:1"):
            amount_in(text)
    for text in ("5:x", "5:", f"5:{2**32}"):
        with pytest.raises(UsageError, match="wanted AGPU or the id of an asset"):
            amount_in(text)
    assert (kind_of("AGPU"), kind_of("7")) == (NATIVE, WithId(7))


def test_the_way_between_two_assets_is_by_agpu() -> None:
    assert path_of(NATIVE, COIN) == (NATIVE, COIN)
    assert path_of(COIN, NATIVE) == (COIN, NATIVE)
    assert path_of(COIN, SHELL) == (COIN, NATIVE, SHELL)
    with pytest.raises(UsageError, match="wanted two assets that differ"):
        path_of(COIN, COIN)


def test_a_slippage_is_exact_and_rounds_towards_refusing_less() -> None:
    assert (lessened(1_000, 0.5), lessened(999, 0.5), lessened(10**30, 0)) == (995, 994, 10**30)
    assert (raised(1_000, 0.5), raised(999, 0.5), raised(10**30, 0)) == (1_005, 1_004, 10**30)
    for percent in (-0.1, 100):
        with pytest.raises(UsageError, match="--slippage: wanted 0 to 100 percent"):
            lessened(1, percent)


def test_what_fits_a_pool_is_in_its_proportion() -> None:
    pool: dict[str, Any] = {"agpu": "200", "other": "100", "shares": "1000"}
    assert fitting(pool, 10, 100) == (10, 5)
    assert fitting(pool, 100, 10) == (20, 10)
    assert fitting(pool | {"shares": "0"}, 7, 9) == (7, 9)


def test_a_number_of_shares_is_one_that_there_is() -> None:
    assert [count_of(text, 10) for text in ("all", "1", "10")] == [10, 1, 10]
    for text in ("0", "11"):
        with pytest.raises(CommandError, match=f"wanted 1 to 10 shares, got {text}"):
            count_of(text, 10)
    with pytest.raises(CommandError, match="wanted 1 to 0 shares"):
        count_of("all", 0)
    with pytest.raises(UsageError, match="shares: wanted a number or all, got 'some'"):
        count_of("some", 10)


def test_a_price_is_agpu_for_a_million_units() -> None:
    assert [price_words(one) for one in (str(10**24), str(10**21), None)] == ["1", "0.001", None]


def test_a_pool_of_an_asset_that_nobody_created_is_refused_before_anybody_pays(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    monkeypatch.setattr(pool, "ask", lambda _remote, question: trio.run(partial(question, client)))
    words = ["pool", "create", "7", "--signer", "//Alice", "--wait", "none"]
    assert run(words) == 1
    told = capsys.readouterr()
    wanted = "error: there is no asset 7: `starminer asset create 7` makes one\n"
    assert (told.out, told.err, rpc.pending) == ("", wanted, [])
    assert run([*words[:2], str(2**32), *words[3:]]) == 2
    assert f"the id of an asset, got '{2**32}'" in capsys.readouterr().err

    owner = pair(1)
    made = client.calls.encode("Assets", "create", 7, Id(owner.public), 1)
    rpc.pending.append(rpc.chain.sign(owner, made, 0))
    rpc.seal()
    assert run(words) == 0

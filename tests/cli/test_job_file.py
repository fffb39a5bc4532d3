"""Orders in files: they say what flags would say, and what is wrong with one is named."""

import re
from pathlib import Path
from typing import Literal, get_args, get_origin

import numpy as np
import pytest

from cli.job_file import ORDERS, PLAIN, keys_of
from cli.main import run
from cli.options import Remote, Signing
from cli.ordering import Buying, Wanted
from cli.submit import Course, wanted_training
from tests.architecture.source import ROOT

MATMUL = 'class = "matmul"\na = "a.npy"\nb = "b.npy"\nmax_price = "5AGPU"\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a directory with two matrices and some examples."""
    np.save(tmp_path / "a.npy", np.ones((4, 8), np.int8))
    np.save(tmp_path / "b.npy", np.ones((8, 4), np.int8))
    (tmp_path / "examples.csv").write_text("x,y,class\n" + "1,2,0\n3,4,1\n" * 8)
    return tmp_path


@pytest.fixture
def bought(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Wanted, Buying, Signing, Remote]]:
    """Return what is ordered; nothing is sent."""
    found: list[tuple[Wanted, Buying, Signing, Remote]] = []
    monkeypatch.setattr("cli.submit.buy", lambda *order: found.append(order))
    return found


def test_the_file_of_the_manual_is_the_order_that_its_flags_would_be(
    place: Path, bought: list[tuple[Wanted, Buying, Signing, Remote]]
) -> None:
    manual = (ROOT / "docs/howto/jobs.md").read_text(encoding="utf-8")
    found = re.search(r"```toml\n(.*?)```", manual, re.DOTALL)
    assert found is not None
    file = place / "job.toml"
    file.write_text(found[1])
    words = ["a.npy", "b.npy", "--max-price", "5AGPU", "--out", "c.npy", "--deadline", "300"]
    words += ["--service", "standard", "--tip-percent", "10"]
    words += ["--allow-overflow", "2", "--allow-overflow", "1"]
    words = [str(place / word) if word.endswith(".npy") else word for word in words]
    signed = ["--signer", "//Alice", "--rpc", "ws://127.0.0.1:1"]
    assert run(["job", "submit", "matmul", *words, *signed, "--dry-run"]) == 0
    assert run(["job", "submit", "file", str(file), *signed, "--dry-run"]) == 0
    assert bought[0] == bought[1]


def test_keys_of_a_class_reach_it(
    place: Path, bought: list[tuple[Wanted, Buying, Signing, Remote]]
) -> None:
    file = place / "job.toml"
    file.write_text(
        'class = "training"\nexamples = "examples.csv"\nmax_price = "1AGPU"\nwait = true\n'
        "hidden = [8, 8]\nepochs = 2\nbatch = 4\n"
    )
    assert run(["job", "submit", "file", str(file)]) == 0
    course = Course(hidden=(8, 8), epochs=2, batch=4)
    wanted = wanted_training(place / "examples.csv", course, None)
    (found, buying, _, _) = bought[0]
    assert (found.work, found.content) == (wanted.work, wanted.content)
    assert buying == Buying("1AGPU", wait=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "class: wanted one of matmul, inference, training, data, render, got None"),
        (
            'class = "sort"',
            "class: wanted one of matmul, inference, training, data, render, got 's",
        ),
        (MATMUL + "colour = 1", "there is no key 'colour': matmul takes a, b, max_price,"),
        (MATMUL + 'signer = "//Alice"', "there is no key 'signer'"),
        (MATMUL + "hidden = [8]", "there is no key 'hidden'"),
        (MATMUL.replace("b = ", "# "), "b is missing: `starminer docs jobs --read` has an example"),
        (MATMUL.replace("max_price", "#"), "max_price is missing"),
        (MATMUL.replace('"5AGPU"', "5"), "max_price: wanted text in quotes, got 5"),
        (MATMUL.replace('"a.npy"', "1"), "a: wanted the path of a file in quotes, got 1"),
        (MATMUL + 'deadline = "soon"', "deadline: wanted an integer, got 'soon'"),
        (MATMUL + "deadline = true", "deadline: wanted an integer, got True"),
        (MATMUL + "wait = 1", "wait: wanted true or false, got 1"),
        (MATMUL + "deny = 7", "deny: wanted a list, as [...], got 7"),
        (MATMUL + "deny = [7]", "deny: wanted text in quotes, got 7"),
        (MATMUL + 'service = "fast"', "service: wanted one of economy, standard, premium, got 'f"),
        (MATMUL + "tip_percent = 101", "tip_percent: Must be <= 100, got 101"),
        (MATMUL + "[out]\nfile = 1", "out: wanted the path of a file in quotes, got {'file': 1}"),
        ("class", "wanted TOML: "),
    ],
)
def test_what_is_wrong_is_named_in_a_line(
    place: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = place / "job.toml"
    file.write_text(text)
    assert run(["job", "submit", "file", str(file)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"error: {file}: {said}")
    assert told.err.count("\n") == 1


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["job", "submit", "file", "nowhere.toml"]) == 2
    assert capsys.readouterr().err == (
        "error: there is no file nowhere.toml: `starminer docs jobs --read` has an example\n"
    )


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_every_flag_of_an_order_can_stand_in_a_file(name: str) -> None:
    keys = keys_of(ORDERS[name])
    assert {"max_price", "out", "reservation"} < set(keys)
    assert not {"signer", "rpc", "output"} & set(keys)
    assert all(is_readable(key.kind) for key in keys.values())


def is_readable(kind: object) -> bool:
    """Say whether a file can say a value of this kind."""
    inner = [one for one in get_args(kind) if one is not type(None) and one is not ...]
    if get_origin(kind) is Literal:
        return all(isinstance(one, str) for one in inner)
    return is_readable(inner[0]) if inner else kind in PLAIN

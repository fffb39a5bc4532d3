"""Files of blocks that were begun: what is kept of them, wherever they were cut or damaged."""

from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from node import block_part
from node.block_file import HEAD_BYTES, BadBlockFile, Contents, framed_block, write_blocks
from node.block_part import keep_agreed, write_rest
from node.chain import Chain
from tests.support.grown import GrownChain

BLOCKS, FINAL = 12, 9


def untold(_done: int) -> None:
    """Hear of no progress."""


@pytest.fixture
def grown() -> GrownChain:
    """A chain every third block of which carries a proof; the last three are not final."""
    chain = GrownChain()
    for number in range(1, BLOCKS + 1):
        chain.grow(*chain.transfers(number % 3), finalize=number <= FINAL and number % 3 == 0)
    return chain


@pytest.fixture(params=["all is unsure", "only the end is unsure"])
def unsure(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "only the end is unsure":
        monkeypatch.setattr(block_part, "UNSURE_BYTES", 1)


def wanted(chain: Chain, first: int = 1, last: int = BLOCKS) -> Contents:
    return Contents(chain.genesis_hash, first, last - first + 1)


def whole(chain: Chain, contents: Contents) -> bytes:
    out = BytesIO()
    write_blocks(chain, contents, out, untold)
    return out.getvalue()


def gone_on(chain: Chain, contents: Contents, begun: bytes, path: Path) -> tuple[int, bytes]:
    """Return how many blocks of a part were kept, and the file that it became."""
    path.write_bytes(begun)
    with path.open("r+b") as part:
        kept = keep_agreed(chain, contents, part)
        write_rest(chain, contents, kept, part, untold)
    return kept, path.read_bytes()


def ends(chain: Chain, contents: Contents) -> list[int]:
    """Return where the head and each block end in a file."""
    found = [HEAD_BYTES]
    for number in range(contents.first, contents.last + 1):
        found.append(found[-1] + len(framed_block(chain, number)))
    return found


@pytest.mark.usefixtures("unsure")
def test_wherever_a_part_was_cut_it_becomes_the_whole_file(
    grown: GrownChain, tmp_path: Path
) -> None:
    contents = wanted(grown.chain)
    file, borders = whole(grown.chain, contents), ends(grown.chain, contents)
    near = {place + step for place in borders for step in (-1, 0, 1)} & set(range(len(file) + 1))
    for cut in sorted(near | set(range(0, len(file), 97))):
        kept, became = gone_on(grown.chain, contents, file[:cut], tmp_path / "part")
        assert became == file
        assert kept == sum(end <= cut for end in borders[1:])


def test_wherever_a_part_was_damaged_it_becomes_the_whole_file(
    grown: GrownChain, tmp_path: Path
) -> None:
    contents, chance = wanted(grown.chain), Random(8)
    file, borders = whole(grown.chain, contents), ends(grown.chain, contents)
    for place in chance.sample(range(HEAD_BYTES, len(file)), 60):
        damaged = bytearray(file)
        damaged[place] ^= 1 << chance.randrange(8)
        kept, became = gone_on(grown.chain, contents, bytes(damaged), tmp_path / "part")
        assert became == file
        assert kept == sum(end <= place for end in borders[1:])


@pytest.mark.usefixtures("unsure")
def test_nothing_but_zeros_behind_the_last_block_is_cut_off(
    grown: GrownChain, tmp_path: Path
) -> None:
    contents = wanted(grown.chain)
    file, borders = whole(grown.chain, contents), ends(grown.chain, contents)
    zeros = file[: borders[5] + 3] + bytes(5000)
    assert gone_on(grown.chain, contents, zeros, tmp_path / "part") == (5, file)


@pytest.mark.usefixtures("unsure")
def test_blocks_of_a_fork_that_was_left_are_written_anew(grown: GrownChain, tmp_path: Path) -> None:
    contents = wanted(grown.chain)
    before = whole(grown.chain, contents)
    grown.chain.blocks.revert(2)
    for _ in range(2):
        grown.grow()
    after = whole(grown.chain, contents)
    assert after != before
    assert gone_on(grown.chain, contents, before, tmp_path / "part") == (BLOCKS - 2, after)


@pytest.mark.usefixtures("unsure")
def test_blocks_that_are_there_no_more_are_cut_off(grown: GrownChain, tmp_path: Path) -> None:
    before = whole(grown.chain, wanted(grown.chain))
    grown.chain.blocks.revert(2)
    contents = wanted(grown.chain, last=BLOCKS - 2)
    file = whole(grown.chain, contents)
    assert gone_on(grown.chain, contents, before, tmp_path / "part") == (BLOCKS - 2, file)


@pytest.mark.usefixtures("unsure")
def test_a_proof_that_came_later_is_in_the_file(grown: GrownChain, tmp_path: Path) -> None:
    contents = wanted(grown.chain)
    before = whole(grown.chain, contents)
    grown.finalize()
    after = whole(grown.chain, contents)
    assert gone_on(grown.chain, contents, before, tmp_path / "part") == (BLOCKS - 1, after)


@pytest.mark.usefixtures("unsure")
def test_the_range_may_end_elsewhere_than_it_did(grown: GrownChain, tmp_path: Path) -> None:
    few, many = (wanted(grown.chain, last=last) for last in (4, 11))
    short, long = whole(grown.chain, few), whole(grown.chain, many)
    assert gone_on(grown.chain, few, long, tmp_path / "part") == (4, short)
    assert gone_on(grown.chain, many, short, tmp_path / "part") == (4, long)


@pytest.mark.parametrize(
    ("begun", "message"),
    [
        (Contents(bytes(32), 1, 3).encoded(), "of another chain: wanted genesis 0x"),
        (b"number 1, whatever else it is" * 5, "wanted a file that begins with"),
    ],
)
def test_what_is_no_part_of_this_export_is_refused_and_left_alone(
    grown: GrownChain, tmp_path: Path, begun: bytes, message: str
) -> None:
    with pytest.raises(BadBlockFile, match=message):
        gone_on(grown.chain, wanted(grown.chain), begun, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == begun


def test_a_part_that_begins_elsewhere_is_refused(grown: GrownChain, tmp_path: Path) -> None:
    begun = whole(grown.chain, wanted(grown.chain, first=3))
    with pytest.raises(BadBlockFile, match="wanted blocks from 1 on, got blocks from 3 on; delete"):
        gone_on(grown.chain, wanted(grown.chain), begun, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == begun


def test_what_a_proof_of_finality_vouches_for_is_not_compared(
    grown: GrownChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents, compared = wanted(grown.chain), []
    file, end = whole(grown.chain, contents), ends(grown.chain, contents)[8]

    def noted(chain: Chain, number: int) -> bytes:
        compared.append(number)
        return framed_block(chain, number)

    monkeypatch.setattr(block_part, "UNSURE_BYTES", 1)
    monkeypatch.setattr(block_part, "framed_block", noted)
    assert gone_on(grown.chain, contents, file[:end], tmp_path / "part") == (8, file)
    assert compared == [6, 7, 8, *range(9, BLOCKS + 1)]

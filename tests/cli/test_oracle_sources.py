"""Where a reported value comes from: files, pages and scripts, and what is no number."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.errors import UsageError
from cli.oracle.commands import wanted_feeds
from cli.oracle.sources import (
    MAX_ANSWER_BYTES,
    BadReading,
    Reading,
    parse_reading,
    parse_source,
    read,
    report_of,
)
from runtime.pallets.oracle import Feed

FEED = Feed(b"agpu/usd", 6)


@pytest.mark.parametrize(
    ("text", "kind", "where", "path"),
    [
        ("file:/a b/c#d", "file", "/a b/c#d", ()),
        ("https://h/p?q=1#data.0.price", "url", "https://h/p?q=1", ("data", "0", "price")),
        ("http://h", "url", "http://h", ()),
        ("script:./price.sh --fast", "script", "./price.sh --fast", ()),
    ],
)
def test_a_source_is_read_from_its_words(text: str, kind: str, where: str, path: tuple[str, ...]):
    found = parse_source(text)
    assert (found.kind, found.where, found.path) == (kind, where, path)


@pytest.mark.parametrize("text", ["", "file:", "script: ", "ftp://h/p", "https:h", "price.txt"])
def test_what_is_no_source_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="wanted file:PATH"):
        parse_source(text)


@pytest.mark.parametrize("words", [["agpu/usd"], ["=file:x"], ["a=file:x", "a=file:y"]])
def test_feeds_are_named_once_each_with_a_source(words: list[str]) -> None:
    with pytest.raises(UsageError, match="--feed"):
        wanted_feeds(words)


@pytest.mark.parametrize(
    ("raw", "path", "value", "observed_at"),
    [
        (b" 1.25\n", (), "1.25", 7),
        (b"1e-3", (), "0.001", 7),
        (b'{"value": 0.1}', (), "0.1", 7),
        (b'{"value": "12", "observed_at": 1700000000000}', (), "12", 1_700_000_000_000),
        (b'{"data": [{"price": 123456789012345678.123456}]}', ("data", "0", "price"),
         "123456789012345678.123456", 7),
    ],
)  # fmt: skip
def test_numbers_are_read_digit_by_digit(
    raw: bytes, path: tuple[str, ...], value: str, observed_at: int
) -> None:
    assert parse_reading(raw, path, 7) == Reading(Decimal(value), observed_at)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"", ()),
        (b"-1", ()),
        (b"0", ()),
        (b"nan", ()),
        (b"inf", ()),
        (b"1 2", ()),
        (b"9" * 65, ()),
        (b"\xff", ()),
        (b"{", ()),
        (b"{}", ()),
        (b'{"value": null}', ()),
        (b'{"value": true}', ()),
        (b'{"value": 1, "observed_at": "soon"}', ()),
        (b'{"value": 1, "observed_at": -5}', ()),
        (b'{"data": []}', ("data", "0")),
        (b"[1]", ("data",)),
        (b"[" * 10_000, ("0",)),
    ],
)
def test_what_is_no_number_is_a_bad_reading(raw: bytes, path: tuple[str, ...]) -> None:
    with pytest.raises(BadReading):
        parse_reading(raw, path, None)


@pytest.mark.parametrize("value", ["0.0000001", "1e22", "1e999999", "1e-999999"])
def test_a_value_that_a_feed_cannot_hold_is_a_bad_reading(value: str) -> None:
    source = parse_source("file:x")
    with pytest.raises(BadReading, match="wanted a value from 1e-6 to 1e21"):
        report_of(FEED, source, Reading(Decimal(value), None), 5)


def test_a_report_is_not_dated_after_the_chain() -> None:
    source = parse_source("file:" + "x" * 40)
    found = report_of(FEED, source, Reading(Decimal("1.23"), 2_000), 1_000)
    assert (found.value, found.observed_at, len(found.source)) == (1_230_000, 1_000, 32)
    assert report_of(FEED, source, Reading(Decimal(1), 500), 1_000).observed_at == 500


async def test_files_scripts_and_their_failures(tmp_path: Path) -> None:
    price = tmp_path / "price"
    price.write_text("3.5")
    written = await read(parse_source(f"file:{price}"))
    assert written == Reading(Decimal("3.5"), price.stat().st_mtime_ns // 1_000_000)
    assert await read(parse_source("script:echo 4.5")) == Reading(Decimal("4.5"), None)
    (tmp_path / "long").write_text("1" * (MAX_ANSWER_BYTES + 1))
    for source, what in (
        (f"file:{tmp_path / 'none'}", r"none: No such file or directory$"),
        (f"file:{tmp_path / 'long'}", "wanted at most"),
        ("script:false", "code 1"),
        ("script:no-such-command-at-all", "No such file"),
        ("script:echo 'open", "No closing quotation"),
    ):
        with pytest.raises(BadReading, match=what):
            await read(parse_source(source))


@pytest.fixture
def served() -> Iterator[str]:
    """A page with a price, and others without, on this machine."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/price" else 500)
            self.end_headers()
            self.wfile.write(json.dumps({"data": {"price": "9.75"}}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_page_is_read_by_its_keys(served: str) -> None:
    found = await read(parse_source(f"{served}/price#data.price"))
    assert found == Reading(Decimal("9.75"), None)
    with pytest.raises(BadReading, match=r"the answer has no data\.cost"):
        await read(parse_source(f"{served}/price#data.cost"))
    with pytest.raises(BadReading, match="500"):
        await read(parse_source(f"{served}/broken#data.price"))
    with pytest.raises(BadReading, match="refused"):
        await read(parse_source("http://127.0.0.1:1/#x"))

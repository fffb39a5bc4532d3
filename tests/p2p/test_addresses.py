from pathlib import Path

from p2p.addresses import (
    HOPELESS_FAILURES,
    HOPELESS_SECONDS,
    MAX_ADDRESSES,
    MAX_AGE_SECONDS,
    SAVE_SECONDS,
    AddressBook,
    peer_of,
)

HOME = "/ip4/127.0.0.1/tcp/1/p2p/"


class Calendar:
    def __init__(self) -> None:
        self.time = 1_000_000_000.0

    def __call__(self) -> float:
        return self.time


def test_the_book_survives_the_node(tmp_path: Path) -> None:
    file = tmp_path / "node" / "addresses"
    AddressBook(file).remember([HOME + "a", HOME + "b"])
    AddressBook(file).remember(["/ip4/127.0.0.1/tcp/2/p2p/a"])
    assert AddressBook(file).all() == ("/ip4/127.0.0.1/tcp/2/p2p/a", HOME + "b")


def test_nonsense_in_the_book_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "addresses"
    file.write_bytes(
        b"\xff\xfe\n/p2p/\n\n" + (HOME + "a").encode() + b"\n/ip4/x/p2p/a/b\n"
        b"/ip4/1.2.3.4/tcp/1/p2p/b when often\n/ip4/1.2.3.4/tcp/1/p2p/c 1 2 3\n"
    )
    assert AddressBook(file).all() == (HOME + "a",)


def test_the_book_forgets_the_oldest() -> None:
    book = AddressBook(None)
    book.remember(f"{HOME}{number}" for number in range(MAX_ADDRESSES + 1))
    assert (len(book.all()), book.all()[0]) == (MAX_ADDRESSES, f"{HOME}{MAX_ADDRESSES}")


def test_a_peer_unmet_for_a_month_is_forgotten_over_restarts(tmp_path: Path) -> None:
    calendar, file = Calendar(), tmp_path / "addresses"
    AddressBook(file, calendar).remember([HOME + "a"])
    calendar.time += MAX_AGE_SECONDS
    AddressBook(file, calendar).remember([HOME + "b"])
    assert AddressBook(file, calendar).all() == (HOME + "b", HOME + "a")
    calendar.time += 1
    assert AddressBook(file, calendar).all() == (HOME + "b",)


def test_a_peer_that_fails_for_a_day_is_forgotten() -> None:
    calendar = Calendar()
    book = AddressBook(None, calendar)
    book.remember([HOME + "a", HOME + "b"])
    for _ in range(HOPELESS_FAILURES):
        book.failed("a")
    assert book.all() == (HOME + "b", HOME + "a")
    calendar.time += HOPELESS_SECONDS + 1
    book.failed("b")
    assert book.all() == (HOME + "b",)


def test_a_peer_that_is_met_again_is_forgiven_its_failures() -> None:
    calendar = Calendar()
    book = AddressBook(None, calendar)
    book.remember([HOME + "a"])
    for _ in range(HOPELESS_FAILURES):
        book.failed("a")
    book.remember([HOME + "a"])
    calendar.time += HOPELESS_SECONDS + 1
    book.remember([])
    assert book.all() == (HOME + "a",)


def test_a_clock_that_was_set_back_does_not_keep_peers_for_ever(tmp_path: Path) -> None:
    calendar, file = Calendar(), tmp_path / "addresses"
    file.write_text(f"{HOME}a {int(calendar.time) + 10**9} 0\n")
    book = AddressBook(file, calendar)
    calendar.time += MAX_AGE_SECONDS + 1
    book.remember([])
    assert book.all() == ()


def test_the_file_is_not_written_again_for_every_meeting(tmp_path: Path) -> None:
    calendar, file = Calendar(), tmp_path / "addresses"
    book = AddressBook(file, calendar)
    book.remember([HOME + "a"])
    first = file.read_text()
    calendar.time += SAVE_SECONDS - 1
    book.remember([HOME + "a"])
    assert file.read_text() == first
    calendar.time += 1
    book.remember([HOME + "a"])
    assert file.read_text() == f"{HOME}a {int(calendar.time)} 0\n"


def test_a_peer_is_named_at_the_end_of_its_address() -> None:
    assert peer_of(HOME + "a") == "a"
    assert peer_of("/p2p/a") is None
    assert peer_of("/ip4/127.0.0.1/tcp/1") is None

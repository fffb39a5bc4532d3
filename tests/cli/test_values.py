"""What people type becomes what the runtime's annotations ask for, or is refused in words."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar

import pytest

from cli.errors import UsageError
from cli.printing import jsonable
from cli.sdk.values import Reader
from runtime.frame.calls import RuntimeCall
from runtime.primitives.extrinsic import Id, MultiAddress
from runtime.primitives.schema import Bounded, Fixed
from runtime.primitives.types import (
    I32,
    U8,
    U32,
    U64,
    AccountId,
    Balance,
    CompactBalance,
    CompactU32,
)

ALICE = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
READER = Reader(42, "AGPU")


class Colour(Enum):
    RED = 0
    DARK_BLUE = 1


@dataclass(frozen=True, slots=True)
class Point:
    x: U8
    y: U8


@dataclass(frozen=True, slots=True)
class Circle:
    index: ClassVar[int] = 0
    centre: Point


@dataclass(frozen=True, slots=True)
class Nothing:
    index: ClassVar[int] = 1


@pytest.mark.parametrize(
    ("annotation", "given", "value"),
    [
        (U32, "7", 7),
        (U64, "0x10", 16),
        (I32, "-5", -5),
        (CompactU32, "9", 9),
        (Balance, "1.5AGPU", 15 * 10**11),
        (CompactBalance, "3planck", 3),
        (bool, "true", True),
        (str, "hello", "hello"),
        (bytes, "0x0102", b"\x01\x02"),
        (bytes, "hello", b"hello"),
        (Annotated[bytes, Fixed(2)], "0x0102", b"\x01\x02"),
        (Annotated[bytes, Bounded(9)], "0x01", b"\x01"),
        (AccountId, "//Alice", ALICE),
        (MultiAddress, "//Alice", Id(ALICE)),
        (Colour, "dark_blue", Colour.DARK_BLUE),
        (Colour, "DarkBlue", Colour.DARK_BLUE),
        (U32 | None, "none", None),
        (U32 | None, "4", 4),
        (tuple[U8, ...], "[1, 2]", (1, 2)),
        (tuple[U8, bool], '[1, "false"]', (1, False)),
        (Annotated[tuple[U8, ...], Bounded(3)], "[1]", (1,)),
        (Point, '{"x": 1, "y": 2}', Point(1, 2)),
        (Circle | Nothing, '{"circle": {"centre": {"x": 1, "y": 2}}}', Circle(Point(1, 2))),
        (Circle | Nothing, "nothing", Nothing()),
    ],
)
def test_text_is_read_by_its_annotation(annotation: Any, given: str, value: object) -> None:
    assert READER.read("it", annotation, given) == value


@pytest.mark.parametrize(
    ("annotation", "given", "complaint"),
    [
        (U8, "256", "it: wanted 0 to 255, got 256"),
        (I32, "2147483648", "it: wanted -2147483648 to 2147483647, got 2147483648"),
        (U8, "many", "it: wanted a whole number, got 'many'"),
        (
            Balance,
            "7",
            "it: wanted an amount with its unit, such as 1.5AGPU or 250planck, got '7'",
        ),
        (Annotated[bytes, Fixed(2)], "0x01", "it: wanted 2 bytes in hex, got 1"),
        (bytes, "0xzz", "it: wanted hex digits after 0x, got '0xzz'"),
        (bool, "maybe", "no value of it is called 'maybe': there are true, false"),
        (Colour, "green", "no value of it is called 'green': there are RED, DARK_BLUE"),
        (Point, '{"x": 1}', "it.y is missing: wanted x, y"),
        (Point, '{"x": 1, "y": 2, "z": 3}', "it.z is unknown: wanted x, y"),
        (Point, "7", "it: wanted an object in JSON, got '7'"),
        (tuple[U8, bool], "[1]", "it: wanted 2 entries, got 1"),
        (tuple[U8, ...], "[1, 300]", "it[1]: wanted 0 to 255, got 300"),
        (tuple[U8, ...], "1", "it: wanted a list in JSON, got '1'"),
        (RuntimeCall, "{}", "it: a call inside a call has no notation here"),
    ],
)
def test_text_that_does_not_fit_is_refused(annotation: Any, given: str, complaint: str) -> None:
    with pytest.raises(UsageError) as refusal:
        READER.read("it", annotation, given)
    assert str(refusal.value) == complaint


def test_runtime_values_print_as_json_without_losing_digits() -> None:
    value = {b"\x01": (Point(1, 2), Colour.DARK_BLUE, 2**60, None, True)}
    assert jsonable(value) == {"0x01": [{"x": 1, "y": 2}, "dark_blue", str(2**60), None, True]}

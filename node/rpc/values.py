"""How bytes, hashes and heights look at the JSON edge; everywhere else they are bytes and int.

Clients disagree: hex comes with or without `0x`, "" means no bytes, a height is `2` or `"0x2"`.
"""

from typing import Any, Self

import msgspec

HASH_BYTES = 32
"""blake2-256: block hashes, roots, ids."""

MAX_HEIGHT = (1 << 32) - 1
"""Block numbers are u32 in the header."""


class Hex(bytes):
    """Bytes written in hex."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read hex with or without its prefix."""
        if not isinstance(value, str):
            raise ValueError(f"wanted a hex string, got {_kind(value)}")
        digits = value[2:] if value[:2] in ("0x", "0X") else value
        if not digits.isascii() or (not digits.isalnum() and digits):
            raise ValueError("wanted hex digits only")
        try:
            return cls(bytes.fromhex(digits))
        except ValueError:
            raise ValueError(f"wanted pairs of hex digits, got {value[:20]!r}") from None


class Hash(Hex):
    """32 bytes written in hex."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read exactly 32 bytes of hex."""
        read = super().from_json(value)
        if len(read) != HASH_BYTES:
            raise ValueError(f"wanted {HASH_BYTES} bytes of hex, got {len(read)}")
        return read


class Height(int):
    """A block number, as a JSON number or as hex."""

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read a height from `2`, `"2"` or `"0x2"`."""
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(f"wanted a block number, got {_kind(value)}")
        if isinstance(value, str):
            if not value.isascii() or not 0 < len(value) <= len("0xffffffff"):
                raise ValueError(f"wanted a block number, got {value[:20]!r}")
            try:
                value = int(value, 16 if value[:2] in ("0x", "0X") else 10)
            except ValueError:
                raise ValueError(f"wanted a block number, got {value!r}") from None
        if not 0 <= value <= MAX_HEIGHT:
            raise ValueError(f"wanted a block number of 32 bits, got {value}")
        return cls(value)


class Heights:
    """One height or a list of them; `is_list` says which form the answer takes."""

    __slots__ = ("is_list", "values")
    MAX = 1024
    """Heights in one call: a page of any block list."""

    def __init__(self, values: tuple[Height, ...], *, is_list: bool) -> None:
        self.values = values
        self.is_list = is_list

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read one height or a bounded list."""
        if not isinstance(value, list):
            return cls((Height.from_json(value),), is_list=False)
        if len(value) > cls.MAX:
            raise ValueError(f"wanted at most {cls.MAX} block numbers, got {len(value)}")
        return cls(tuple(map(Height.from_json, value)), is_list=True)


class Hashes:
    """One hash or a list of them."""

    __slots__ = ("values",)
    MAX = 4096
    """Hashes in one call: more than any subscription pins."""

    def __init__(self, values: tuple[Hash, ...]) -> None:
        self.values = values

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read one hash or a bounded list."""
        if not isinstance(value, list):
            return cls((Hash.from_json(value),))
        if len(value) > cls.MAX:
            raise ValueError(f"wanted at most {cls.MAX} hashes, got {len(value)}")
        return cls(tuple(map(Hash.from_json, value)))


def decode_value(wanted: type, value: Any) -> Any:
    """Build one of the types above from JSON: msgspec's `dec_hook`."""
    if issubclass(wanted, Hex | Height | Heights | Hashes):
        return wanted.from_json(value)
    raise NotImplementedError(f"no JSON form for {wanted}")


def to_hex(raw: bytes) -> str:
    """Write bytes as clients expect them."""
    return "0x" + raw.hex()


def maybe_hex(raw: bytes | None) -> str | None:
    """Write bytes, or null."""
    return None if raw is None else "0x" + raw.hex()


def encode_json(value: object) -> bytes:
    """Encode any result; integers of any size stay exact."""
    return msgspec.json.encode(value)


def _kind(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", list: "a list"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")

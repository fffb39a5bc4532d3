"""An amount of one of the chain's tokens, exact to the planck.

    Balance.parse("1.5AGPU") + Balance(250, Token.AGPU)

A float cannot hold most amounts, and a bare number does not say of what: neither becomes a
`Balance`, and neither is compared with one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

from genesis.notation import DECIMALS, PLANCK, BadNotation, format_amount, parse_amount


class Token(Enum):
    """A token of the chain, by its symbol; both have 12 decimals."""

    AGPU = "AGPU"
    """Pays for work, fees and bonds."""
    AMAX = "AMAX"
    """Votes."""


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """An amount of one token. A difference of two may be below zero; what is sent may not."""

    planck: int
    """The least units: 10^12 are one token."""
    token: Token = Token.AGPU

    def __post_init__(self) -> None:
        if type(self.planck) is not int:
            raise TypeError(
                f"wanted whole planck as an int, got {_named(self.planck)}: "
                'write an amount as text, such as Balance.parse("1.5AGPU")'
            )
        if not isinstance(self.token, Token):
            raise TypeError(f"wanted a Token, got {_named(self.token)}")

    @classmethod
    def parse(cls, text: str, token: Token | None = None) -> Balance:
        """Read `1.5AGPU` or `2AMAX`; with a token also `250planck`, and nothing of another token.

        Raises: BadNotation, TypeError.
        """
        if not isinstance(text, str):
            raise TypeError(f'wanted text with a unit, such as "1.5AGPU", got {_named(text)}')
        tokens = tuple(Token) if token is None else (token,)
        for one in tokens:
            if text.rstrip().endswith(one.value):
                return cls(parse_amount(text, one.value), one)
        if token is not None:
            return cls(parse_amount(text, token.value), token)
        units = " or ".join(one.value for one in tokens)
        what = f"{PLANCK} of which token?" if text.rstrip().endswith(PLANCK) else "no unit"
        raise BadNotation(f"wanted an amount in {units}, such as 1.5AGPU, got {text!r}: {what}")

    def __str__(self) -> str:
        """Return the amount exactly, as `parse` reads it back: `1234.5AGPU`."""
        return format_amount(self.planck, self.token.value).replace(",", "").replace(" ", "")

    def __repr__(self) -> str:
        return f"Balance({str(self)!r})"

    def __format__(self, spec: str) -> str:
        """Format as text; the format `,` groups digits: `1,234.5 AGPU`."""
        if spec == ",":
            return format_amount(self.planck, self.token.value)
        return format(str(self), spec)

    def __hash__(self) -> int:
        return hash((self.planck, self.token))

    def __bool__(self) -> bool:
        return self.planck != 0

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | float):
            raise _no_number("compare with", other)
        if not isinstance(other, Balance):
            return NotImplemented
        return (self.planck, self.token) == (other.planck, other.token)

    def __lt__(self, other: Balance) -> bool:
        return self.planck < self._same(other, "compare with")

    def __le__(self, other: Balance) -> bool:
        return self.planck <= self._same(other, "compare with")

    def __gt__(self, other: Balance) -> bool:
        return self.planck > self._same(other, "compare with")

    def __ge__(self, other: Balance) -> bool:
        return self.planck >= self._same(other, "compare with")

    def __add__(self, other: Balance) -> Balance:
        return Balance(self.planck + self._same(other, "add"), self.token)

    def __sub__(self, other: Balance) -> Balance:
        return Balance(self.planck - self._same(other, "subtract"), self.token)

    def __neg__(self) -> Balance:
        return Balance(-self.planck, self.token)

    def __mul__(self, factor: int) -> Balance:
        return Balance(self.planck * _whole(factor, "multiply by"), self.token)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Balance:
        """Return a part, rounded down to a planck."""
        return Balance(self.planck // _whole(divisor, "divide by"), self.token)

    def __truediv__(self, divisor: Any) -> NoReturn:
        raise TypeError("an amount has no fractions of a planck: wanted //, got /")

    def _same(self, other: object, verb: str) -> int:
        """Return the planck of another amount; raises TypeError unless it is of this token."""
        if not isinstance(other, Balance):
            raise _no_number(verb, other)
        if other.token is not self.token:
            raise TypeError(f"cannot {verb} {other.token.value}: wanted {self.token.value}")
        return other.planck


def planck_of(amount: Balance, token: Token) -> int:
    """Return what a call of the chain is given for an amount of a token.

    Raises: TypeError if it is of another token or no amount; ValueError below zero.
    """
    if not isinstance(amount, Balance):
        raise TypeError(f'wanted a Balance, such as Balance.parse("1.5AGPU"), got {_named(amount)}')
    if amount.token is not token:
        raise TypeError(f"wanted an amount of {token.value}, got {amount}")
    if amount.planck < 0:
        raise ValueError(f"wanted an amount from 0 on, got {amount}")
    return amount.planck


def agpu(tokens: int) -> Balance:
    """Return a whole number of AGPU."""
    return Balance(_whole(tokens, "count") * 10**DECIMALS, Token.AGPU)


def amax(tokens: int) -> Balance:
    """Return a whole number of AMAX."""
    return Balance(_whole(tokens, "count") * 10**DECIMALS, Token.AMAX)


def _whole(number: object, verb: str) -> int:
    if type(number) is not int:
        raise TypeError(f"cannot {verb} {_named(number)}: wanted a whole number")
    return number


def _no_number(verb: str, other: object) -> TypeError:
    return TypeError(f"cannot {verb} {_named(other)}: wanted a Balance")


def _named(value: object) -> str:
    return f"{type(value).__name__} {value!r}"

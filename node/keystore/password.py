"""Where a keystore's password comes from: a file, a descriptor or the environment.

Never the command line: the arguments of a process can be read by everybody on the machine.
"""

from __future__ import annotations

import os
from pathlib import Path

MAX_PASSWORD_BYTES = 1024
"""More is a mistaken file."""


class NoPassword(ValueError):
    """There is no usable password where one was promised."""


def password_from_file(path: Path) -> bytes:
    """Return the first line of a file; raises NoPassword."""
    try:
        with path.open("rb") as file:
            return _checked(file.read(MAX_PASSWORD_BYTES + 2), f"file {path}")
    except OSError as error:
        raise NoPassword(f"cannot read password file {path}: {error.strerror}") from error


def password_from_descriptor(descriptor: int) -> bytes:
    """Return the first line that an open descriptor gives, and close it; raises NoPassword."""
    try:
        with open(descriptor, "rb") as file:
            return _checked(file.read(MAX_PASSWORD_BYTES + 2), f"descriptor {descriptor}")
    except OSError as error:
        cause = error.strerror
        raise NoPassword(f"cannot read password descriptor {descriptor}: {cause}") from error


def password_from_environment(name: str) -> bytes:
    """Return the value of an environment variable; raises NoPassword."""
    value = os.environb.get(name.encode())
    if value is None:
        raise NoPassword(f"wanted a password in the environment variable {name}, which is not set")
    return _checked(value, f"environment variable {name}")


def _checked(raw: bytes, where: str) -> bytes:
    """Return the password without the end of its line."""
    lines = raw.splitlines()
    if not lines or not lines[0]:
        raise NoPassword(f"wanted a password in {where}, got nothing")
    if len(lines) > 1:
        raise NoPassword(f"wanted one line with a password in {where}, got more")
    if len(lines[0]) > MAX_PASSWORD_BYTES:
        raise NoPassword(f"wanted at most {MAX_PASSWORD_BYTES} bytes of password in {where}")
    return lines[0]

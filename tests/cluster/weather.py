"""Bad links between processes of one machine: a filter in the kernel drops what arrives.

Every socket of a node gets a classic BPF program (Linux `SO_ATTACH_FILTER`). It runs for each TCP
segment before TCP sees it, so a drop is a real loss: the sender's TCP waits and sends again. Nodes
have addresses of their own, 127.0.0.10 and up, and the filter looks at the sender's: what comes
from elsewhere, such as a test that calls RPC, always arrives. This needs no rights and no module
of the kernel; `tc netem` needs both.
Source: Linux, Documentation/networking/filter.rst; `sk_filter` in net/ipv4/tcp_ipv4.c.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Sequence

import msgspec

SO_ATTACH_FILTER = 26

FIRST_HOST = 10
MAX_MEMBERS = 64

NETWORK_OFFSET = 0x1_0000_0000 - 0x10_0000
"""`SKF_NET_OFF`: from here on loads read the IP header."""
SOURCE_OFFSET = NETWORK_OFFSET + 12
RANDOM_OFFSET = 0x1_0000_0000 - 0x1000 + 56
"""`SKF_AD_OFF + SKF_AD_RANDOM`: a load from here is 32 random bits."""

LOAD_WORD, LOAD_BYTE, AND = 0x20, 0x30, 0x54
IF_EQUAL, IF_GREATER_OR_EQUAL, RETURN = 0x15, 0x35, 0x06
DROP, KEEP = 0, 0xFFFF_FFFF

Instruction = tuple[int, int, int, int]
"""What to do, how many instructions to skip if true and if false, and the operand."""


class Weather(msgspec.Struct, frozen=True):
    """What happens to segments that arrive at a member."""

    loss: float = 0.0
    cut: tuple[int, ...] = ()
    """Members of whom nothing arrives."""


def address_of(member: int) -> str:
    """Return the loopback address of a member."""
    return f"127.0.0.{FIRST_HOST + member}"


def program_of(weather: Weather) -> list[Instruction]:
    """Return the filter: cut members first, then chance."""
    below = min(round(weather.loss * 2**32), 2**32 - 1)
    tests: list[Instruction] = [(IF_EQUAL, 0, 1, FIRST_HOST + member) for member in weather.cut]
    drops: list[Instruction] = [step for test in tests for step in (test, (RETURN, 0, 0, DROP))]
    return [
        (LOAD_WORD, 0, 0, SOURCE_OFFSET),
        (AND, 0, 0, 0xFFFF_FF00),
        (IF_EQUAL, 1, 0, 0x7F00_0000),
        (RETURN, 0, 0, KEEP),
        (LOAD_BYTE, 0, 0, SOURCE_OFFSET + 3),
        (IF_GREATER_OR_EQUAL, 0, 1, FIRST_HOST),
        (IF_GREATER_OR_EQUAL, 0, 1, FIRST_HOST + MAX_MEMBERS),
        (RETURN, 0, 0, KEEP),
        *drops,
        (LOAD_WORD, 0, 0, RANDOM_OFFSET),
        (IF_GREATER_OR_EQUAL, 1, 0, below),
        (RETURN, 0, 0, DROP),
        (RETURN, 0, 0, KEEP),
    ]


def attach(sock: socket.socket, program: Sequence[Instruction]) -> None:
    """Make the kernel run a filter for what arrives at a socket; it replaces an older one."""
    packed = b"".join(struct.pack("=HBBI", *step) for step in program)
    code = ctypes.create_string_buffer(packed, len(packed))
    sock.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code))
    )

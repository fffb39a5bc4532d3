"""The how-to is true: every block of Python on it runs, in order."""

import re
from contextlib import ExitStack

from cli.sdk.chain import AsyncClient
from cli.sdk.client import Client
from cli.sdk.modes import Group, stream, verb
from cli.sdk.nonces import Nonces
from cli.sdk.sessions import Session
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.node.support import ROOT
from tests.support.chain import MemoryChain

PAGE = ROOT / "docs" / "howto" / "sdk.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
GROUP = re.compile(r"^\| `client\.(?P<group>\w+)` \| (?P<verbs>.*) \|$", re.MULTILINE)

CORE: Client = client_of(ChainRpc(MemoryChain()))
NOBODYS = AsyncClient(Session(CORE, Nonces(CORE)), None)
"""A client of no node: its verbs are looked at, and not used."""


def test_every_block_of_the_page_runs() -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) > 5
    with ExitStack() as stack:
        names: dict[str, object] = {"stack": stack}
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)


def test_the_page_lists_every_verb() -> None:
    listed = {
        found["group"]: sorted(re.findall(r"`(\w+)`", found["verbs"]))
        for found in GROUP.finditer(PAGE.read_text(encoding="utf-8"))
    }
    groups = {name: type(one) for name, one in vars(NOBODYS).items() if isinstance(one, Group)}
    assert listed == {name: verbs_of(kind) for name, kind in groups.items()}


def verbs_of(kind: type) -> list[str]:
    return sorted(name for name, one in vars(kind).items() if isinstance(one, verb | stream))

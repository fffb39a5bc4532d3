"""A validator's node as it is released, but for its auditor: one that lies, one that never reads.

The first word says which; the others are those of a node.
"""

from __future__ import annotations

import sys

from consensus.compute.audit_view import Duty
from consensus.compute.auditor import Auditor
from node import service
from runtime.compute.classes import Result, Tree, Work
from tests.e2e import dishonest_node


class Liar(Auditor):
    """Checks like everyone, and says the opposite."""

    async def is_exact(self, duty: Duty, work: Work, content: bytes, result: Result) -> bool:
        return not await super().is_exact(duty, work, content, result)


class Lazy(Auditor):
    """Calls everything good without fetching it."""

    async def is_exact(self, duty: Duty, work: Work, content: bytes, result: Result) -> bool:
        return True

    async def _contents(self, duty: Duty, work: Work) -> tuple[bytes, Result]:
        made_up = (bytes(work.content_bytes(tree)) for tree in (Tree.OUTPUT, Tree.AUXILIARY))
        return b"", Result(*made_up)


if __name__ == "__main__":
    kind = sys.argv.pop(1)
    service.Auditor = {"liar": Liar, "lazy": Lazy}[kind]  # type: ignore[misc]
    dishonest_node.honest()

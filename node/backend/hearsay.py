"""What peers say of where payloads lie: believed for a while, and held against who said it.

A peer's word names a blob for a chain's root. Whoever serves the chunks of that blob serves what
its own hash promises; so when the content is not what the chain's root says, the fault is with
those who named it, not with those who sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import trio

from node.backend.recent import Recent
from p2p.peers import Offence
from p2p.requests import RequestFailed

ROOT_BYTES = 32

ALIAS_SECONDS = 5.0
"""How long peers have to tell an alias: a few round trips, and less than a slot."""

HEARSAY_SECONDS = 120.0
"""How long an alias of a peer is believed, and who said it known: a client reads a large payload in
many parts. After that it counts only where no peer says another."""

BLAME_SECONDS = 600.0
"""How long one word is held against a peer once: an auditor asks again with every block, and a
client's wrong word must not ban the node that it told."""


class AliasSource(Protocol):
    """Asks peers what they have; `p2p.requests.Requests` is one."""

    async def opening(self, peer: str, proof_hash: bytes) -> bytes | None:
        """Ask for the blob root of a payload by the chain's root; raises RequestFailed."""
        ...


class Hearsay:
    """Words of peers, who said them, and which of them turned out wrong."""

    def __init__(
        self,
        requests: AliasSource,
        report: Callable[[str, Offence], None],
        now: Callable[[], float],
    ) -> None:
        """`report` holds an offence against a peer."""
        self._requests, self._report = requests, report
        self._believed: Recent[bytes] = Recent(HEARSAY_SECONDS, now)
        self._said: Recent[frozenset[str]] = Recent(HEARSAY_SECONDS, now)
        self._blamed: Recent[frozenset[str]] = Recent(BLAME_SECONDS, now)

    def get(self, chain_root: bytes) -> bytes | None:
        """Return the blob that a peer's word names, if it was believed a moment ago."""
        return self._believed.get(chain_root)

    def believe(self, chain_root: bytes, blob_root: bytes) -> None:
        """Take a word to be true for a while."""
        self._believed.put(chain_root, blob_root)

    def drop(self, chain_root: bytes) -> None:
        """Believe nothing of a payload any more."""
        self._believed.drop(chain_root)

    async def ask(self, chain_root: bytes, peers: Sequence[str]) -> list[bytes]:
        """Ask peers for a payload; return the blobs named, the most frequent first.

        Those that were disproved come last: the order that did so may itself have been wrong.
        """
        answers: dict[bytes, frozenset[str]] = {}

        async def ask(peer: str) -> None:
            try:
                answer = await self._requests.opening(peer, chain_root)
            except RequestFailed:
                return  # another may know
            if answer is not None and len(answer) == ROOT_BYTES:
                answers[answer] = answers.get(answer, frozenset()) | {peer}

        with trio.move_on_after(ALIAS_SECONDS):
            async with trio.open_nursery() as nursery:
                for peer in peers:
                    nursery.start_soon(ask, peer)
        for blob_root, speakers in answers.items():
            before = self._said.get(chain_root + blob_root) or frozenset()
            self._said.put(chain_root + blob_root, before | speakers)
        return sorted(answers, key=lambda root: self._doubt(chain_root, root, len(answers[root])))

    def disprove(self, chain_root: bytes, blob_root: bytes) -> None:
        """Hold a wrong word against all who said it, each once; believe it no more."""
        word = chain_root + blob_root
        speakers, blamed = self._said.get(word), self._blamed.get(word) or frozenset()
        for peer in sorted((speakers or frozenset()) - blamed):
            self._report(peer, Offence.BAD_PAYLOAD)
        self._blamed.put(word, blamed | (speakers or frozenset()))
        self._said.drop(word)
        if self.get(chain_root) == blob_root:
            self.drop(chain_root)

    def _doubt(self, chain_root: bytes, blob_root: bytes, speakers: int) -> tuple[bool, int]:
        """Return what to sort the words of peers by."""
        return self._blamed.get(chain_root + blob_root) is not None, -speakers

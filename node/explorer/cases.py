"""Receipts that somebody challenges: the disputes that are open now."""

from __future__ import annotations

from itertools import islice

import msgspec

from node.explorer.decoding import Decoder
from node.rpc.addresses import Addresses
from node.rpc.registry import method

CASES_LISTED = 100
"""Open cases that are shown: each holds a bond, so there are few."""


class OpenCaseJson(msgspec.Struct, frozen=True):
    """A challenge: against which job, by whom, whose turn it is until when; the bond in planck."""

    case: int
    kind: str
    job: int
    challenger: str
    provider: str
    bond: str
    content: str
    turn: str
    deadline: int


class CasesNamespace:
    """What is asked about challenges."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_cases")
    def cases(self) -> list[OpenCaseJson]:
        """Return the open challenges of results and of their availability, newest first."""
        held = islice(self._decoder.best().runtime.disputes.cases.items(), CASES_LISTED)
        return [
            OpenCaseJson(
                case=number,
                kind=case.kind.name.lower(),
                job=case.job,
                challenger=self._addresses.encode(case.challenger),
                provider=self._addresses.encode(case.provider),
                bond=str(case.bond),
                content=case.content.tree,
                turn=case.turn.name.lower(),
                deadline=case.deadline,
            )
            for number, case in sorted(held, reverse=True)
        ]

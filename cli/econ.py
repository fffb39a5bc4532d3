"""`starminer econ`: whether the economy adds up, as anybody can check from outside."""

from __future__ import annotations

from typing import Annotated, Any

import trio
from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import progress, show
from cli.sdk.client import FINAL, Client, enhex
from cli.sdk.flows import Answer, checks_in
from cli.sdk.replay import Replay
from cli.sdk.session import ask
from genesis.notation import format_amount
from runtime.books.books import Books
from runtime.books.flows import Check

LOCAL = Remote()

PROGRESS_SECONDS = 2.0


def flow(*, epoch: int | None = None, remote: Remote = LOCAL) -> None:
    """Show what flowed in an epoch, and check that it adds up to the last planck.

    The sums are made here, of the terms that the node tells; exit code 1 if they do not add up.

    Parameters
    ----------
    epoch
        Which one; the last that is over, when none is named.
    """
    if epoch is not None and epoch < 0:
        raise UsageError(f"--epoch: wanted the number of an epoch, got {epoch}")

    async def question(client: Client) -> Answer:
        answer: Answer = await client.rpc.call("economy_flows", *([] if epoch is None else [epoch]))
        return answer

    answer = ask(remote, question)
    checks = checks_in(answer)
    show(flow_record(answer, checks), remote.output)
    broken = [one for one in checks if not one.holds]
    if broken:
        told = "; ".join(f"{one.name}: wanted {one.expected}, got {one.found}" for one in broken)
        begin = "`starminer econ replay --from-genesis` finds where that began"
        raise CommandError(f"epoch {answer['epoch']} does not add up: {told}: {begin}")


def replay(
    *,
    from_genesis: Annotated[bool, Parameter(negative="")] = False,
    until: str = FINAL,
    remote: Remote = LOCAL,
) -> None:
    """Reckon every payment and balance anew from the events of all blocks; compare with the state.

    Exit code 1 names the first difference. The node must keep the states of all blocks.

    Parameters
    ----------
    from_genesis
        Begin with block 0: what accounts had before the first event.
    until
        The last block: final, best, a number or a hash.
    """
    if not from_genesis:
        raise UsageError("a replay begins with block 0, since balances have no other beginning "
                         "that needs no trust: say --from-genesis")  # fmt: skip

    async def question(client: Client) -> dict[str, object]:
        at = await client.block_hash(until)
        last = await client.number(at)
        reader, teller = Replay(client), Teller()
        books = await reader.run(last, teller.tell)
        return replay_record(reader, books, last, at)

    show(ask(remote, question), remote.output)


class Teller:
    """Tells how far a replay is, now and then."""

    def __init__(self) -> None:
        self._next = 0.0

    def tell(self, number: int, last: int) -> None:
        """Hear of a block that was read."""
        now = trio.current_time()
        if now >= self._next or number == last:
            self._next = now + PROGRESS_SECONDS
            progress(f"block {number:,} of {last:,}")


def flow_record(answer: Answer, checks: tuple[Check, ...]) -> dict[str, object]:
    """Return an epoch as it is printed."""
    opening, closing = answer["opening"], answer["closing"]
    energy = answer["work"]["energyWattHours"]
    return {
        "epoch": answer["epoch"],
        "blocks": f"{answer['firstBlock']} to {answer['lastBlock']}",
        "complete": answer["isComplete"],
        "adds_up": all(one.holds for one in checks),
        "work_paid_micro_cu": int(answer["work"]["paid"]),
        "work_proven_micro_cu": int(answer["work"]["proven"]),
        "energy_watt_hours": None if energy is None else int(energy),
        "segments": answer["jobs"]["segments"],
        "issuance": [
            _line("before", opening["issuance"]),
            *_lines("+ minted:", answer["minted"]),
            *_lines("- burned:", answer["burned"]),
            _line("after", closing["issuance"]),
        ],
        "fees": [
            *(_line(f"transactions: {name}", amount) for name, amount in answer["fees"].items()),
            *(
                _line(f"jobs: {name}", amount)
                for name, amount in answer["jobs"].items()
                if name != "segments"
            ),
        ],
        "stake_and_holds": [
            {"hold": one["reason"], **{way: _amount(one[way]) for way in list(one)[1:]}}
            for one in answer["holds"]
        ],
        "treasury": [
            _line("before", opening["treasury"]),
            *_lines("+", answer["treasury"]["inflows"]),
            *_lines("-", answer["treasury"]["outflows"]),
            _line("after", closing["treasury"]),
        ],
        "checks": [
            {
                "check": one.name,
                "by_events": _amount(one.expected),
                "found": _amount(one.found),
                "difference": one.found - one.expected,
            }
            for one in checks
        ],
    }


def replay_record(reader: Replay, books: Books, last: int, at: bytes) -> dict[str, object]:
    """Return what a replay that found no difference has read."""
    found, minted = reader.found, books.issuance.minted
    return {
        "blocks": last,
        "last_hash": enhex(at),
        "events": found.events,
        "accounts": found.accounts,
        "issuance": _amount(books.agpu.issuance),
        "differences": 0,
        "minted": [_line(one.name.lower(), amount) for one, amount in minted.items()],
        "burned": [_line(one.name.lower(), amount) for one, amount in books.agpu.burned.items()],
        "moves": [
            {"event": name, "times": times} for name, times in sorted(found.payments.items())
        ],
    }


def _lines(sign: str, told: list[Answer]) -> list[dict[str, object]]:
    return [_line(f"{sign} {one['cause']}", one["amount"]) for one in told]


def _line(name: str, amount: Any) -> dict[str, object]:
    return {"what": name, "amount": _amount(amount)}


def _amount(planck: Any) -> str:
    return format_amount(int(planck))

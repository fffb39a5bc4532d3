"""`starminer upgrades`: claim what was improved, say whether others did, and see what counts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal

from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.names import find_call, find_pallet
from cli.sdk.session import ask
from cli.sending import Sending, order_of, send
from cli.tx import carry_out, readable
from runtime.pallets.providers.records import Heartbeat
from runtime.pallets.upgrades import Claim, ClaimKind, Upgrades, Verdict
from runtime.pallets.upgrades.records import PERBILL
from runtime.primitives.hashing import blake2_256

LOCAL, USUAL = Remote(), Sending()
MICRO = 10**6
MOST_CLAIMS = 1000
"""Claims looked at, newest first: a call each."""
ROOT_BYTES = 32

Kind = Literal["cooling", "efficiency", "network", "memory", "generation", "renewable"]
Finding = Literal["genuine", "false"]


def claim(
    kind: Kind,
    gain: str,
    /,
    *,
    evidence: Path,
    baseline: str | None = None,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Claim that something was improved, with 100 AGPU at stake while the claim lives.

    Parameters
    ----------
    kind
        What was improved.
    gain
        By how much, such as 12.5%.
    evidence
        The file that shows it. The chain keeps its hash; the drawn oracles ask you for the file.
    baseline
        The root of the telemetry before, 0x and 64 hex digits; by default that of your last
        heartbeat.
    """
    order, digest, parts = order_of(sending), hash_of_file(evidence), parts_of(gain)
    root = None if baseline is None else root_of(baseline)

    async def send_it(client: Client) -> None:
        before = await last_telemetry(client, order.pair.account) if root is None else root
        entry = find_call(client.pallets, client.calls, "upgrades.submit_claim")
        call = readable(client, entry, ClaimKind[kind.upper()], before, digest, parts)
        await carry_out(client, call, order, remote.output)

    ask(remote, send_it)


def attest(
    number: int, finding: Finding, /, *, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Say what you found, as an oracle that was drawn for a claim.

    Parameters
    ----------
    number
        The claim.
    finding
        Whether its evidence holds.
    """
    send(sending, remote, "upgrades.attest_claim", number, Verdict[finding.upper()])


def challenge(number: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Put 100 AGPU up that a claim is false: lost if it is not.

    Parameters
    ----------
    number
        The claim.
    """
    send(sending, remote, "upgrades.challenge_claim", number)


def finalise(number: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Count the verdicts on a claim, seven eras after its oracles were drawn.

    Parameters
    ----------
    number
        The claim.
    """
    send(sending, remote, "upgrades.finalise_claim", number)


def withdraw(number: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Take a claim back, and its bond.

    Parameters
    ----------
    number
        The claim.
    """
    send(sending, remote, "upgrades.withdraw_claim", number)


def list_claims(*, limit: int = 20, at: str = "best", remote: Remote = LOCAL) -> None:
    """List the newest claims: what they count, and which oracles look at them.

    Parameters
    ----------
    limit
        How many claims to look back, at most 1000.
    at
        best, final, a number or a hash.
    """
    if not 1 <= limit <= MOST_CLAIMS:
        raise UsageError(f"--limit: wanted 1 to {MOST_CLAIMS}, got {limit}")

    async def question(client: Client) -> list[dict[str, object]]:
        block = await client.block_hash(at)
        era = await client.number(block) // upgrades_of(client).config.era_blocks
        newest: int = await client.storage("Upgrades", "NextClaim", at=block)
        rows = []
        for number in range(newest - 1, max(newest - 1 - limit, -1), -1):
            found: Claim | None = await client.storage("Upgrades", "Claims", number, at=block)
            if found is not None:
                rows.append(claim_row(client, number, found, era))
        return rows

    show(ask(remote, question), remote.output)


# ---------------------------------------------------------------------------------------- helpers


def claim_row(client: Client, number: int, found: Claim, era: int) -> dict[str, object]:
    """Return a claim in one line; points in CU per epoch."""
    review = found.review
    seats = () if review is None else review.committee
    return {
        "claim": number,
        "provider": client.address(found.provider),
        "kind": found.kind,
        "gain": f"{Decimal(found.gain * 100) / PERBILL:f}%",
        "points": None if found.live is None else found.live.points_at(era) / MICRO,
        "looked_at": None if review is None else review.cause,
        "until_block": None if review is None else review.until or None,
        "oracles": [
            {"oracle": client.address(seat.oracle), "found": seat.verdict} for seat in seats
        ],
        "evidence": found.evidence,
    }


async def last_telemetry(client: Client, who: bytes) -> bytes:
    """Return the telemetry root of a provider's last heartbeat.

    Raises: CommandError if it sent none.
    """
    beat: Heartbeat | None = await client.storage("Providers", "Heartbeats", who)
    if beat is None:
        raise CommandError(
            f"{client.address(who)} sent no heartbeat: name the telemetry before with --baseline"
        )
    return beat.telemetry_root


def hash_of_file(path: Path) -> bytes:
    """Return the BLAKE2b-256 hash of a file.

    Raises: UsageError.
    """
    try:
        return blake2_256(path.read_bytes())
    except OSError as error:
        raise UsageError(f"--evidence: {error}") from error


def root_of(text: str) -> bytes:
    """Read a root.

    Raises: UsageError.
    """
    try:
        root = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        root = b""
    if len(root) != ROOT_BYTES:
        raise UsageError(f"--baseline: wanted 0x and 64 hex digits, got {text!r}")
    return root


def parts_of(text: str) -> int:
    """Read a percentage as parts per billion.

    Raises: UsageError.
    """
    try:
        percent = Decimal(text.removesuffix("%")) if text.endswith("%") else None
    except InvalidOperation:
        percent = None
    parts = percent * PERBILL / 100 if percent is not None and percent.is_finite() else Decimal(0)
    if not 0 < parts <= PERBILL or parts != int(parts):
        raise UsageError(f"gain: wanted a percentage above 0% and up to 100%, got {text!r}")
    return int(parts)


def upgrades_of(client: Client) -> Upgrades:
    """Return the registry of the chain's runtime: its configuration is the chain's."""
    pallet = find_pallet(client.pallets, "Upgrades")
    assert isinstance(pallet, Upgrades), "the runtime of this chain has upgrades"
    return pallet

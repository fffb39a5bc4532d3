"""What of an epoch's flows belongs to which layer: application, compute, chain.

Requirement 10 asks that AGPU flows through each of them: work is ordered and paid in the first,
queued, placed and backed in the second, secured and settled in the third.
"""

from __future__ import annotations

import msgspec

from runtime.books.flows import Flows
from runtime.frame.fungible import HoldReason

APPLICATION = (HoldReason.JOB_ESCROW, HoldReason.RESERVATION, HoldReason.DISPUTE_BOND)
"""What clients set aside: for their jobs, for capacity ahead of them, against bad results."""
COMPUTE = (HoldReason.QUEUE_DEPOSIT, HoldReason.VAULT, HoldReason.CLAIM_BOND, HoldReason.REFERRAL)
"""What gives a place in a queue, access and cover, and stands behind claims of better machines."""
CHAIN = (HoldReason.PROVIDER_BOND, HoldReason.VALIDATOR_BOND, HoldReason.ORACLE_BOND)
"""What stands behind work, blocks and reports."""
WAYS = ("held", "released", "paid", "burned")


class LayerFlowJson(msgspec.Struct, frozen=True):
    """What flowed by one cause, in planck of AGPU, as a decimal string."""

    cause: str
    amount: str


class LayerJson(msgspec.Struct, frozen=True):
    """A layer, and what flowed through it in an epoch; causes without a flow are left out."""

    layer: str
    flows: list[LayerFlowJson]


def layers_of(flows: Flows) -> list[LayerJson]:
    """Return the flows of an epoch by layer, in the order in which a job meets them."""
    named = {
        "application": {
            **moved(flows, APPLICATION),
            "jobs: fees of settled segments": flows.get("jobs.fee", 0),
            "jobs: paid to providers": flows.get("jobs.provider_paid", 0),
        },
        "compute": {
            **moved(flows, COMPUTE),
            "jobs: burned for scarcity": flows.get("jobs.scarcity_burn", 0),
            "jobs: paid to stakers": flows.get("jobs.stakers", 0),
            "minted for work": flows.get("mint.work", 0),
            "minted for capacity": flows.get("mint.availability", 0),
        },
        "chain": {
            **moved(flows, CHAIN),
            "transactions: fees": flows.get("fees.taken", 0),
            "jobs: burned": flows.get("jobs.burn", 0),
            "jobs: paid to validators": flows.get("jobs.validators", 0),
            "jobs: paid to oracles": flows.get("jobs.oracles", 0),
            "jobs: paid to the treasury": flows.get("jobs.treasury", 0),
        },
    }
    return [
        LayerJson(
            layer, [LayerFlowJson(cause, str(amount)) for cause, amount in found.items() if amount]
        )
        for layer, found in named.items()
    ]


def moved(flows: Flows, reasons: tuple[HoldReason, ...]) -> Flows:
    """Return what came on hold for some reasons, and how it left."""
    names = [reason.name.lower() for reason in reasons]
    return {f"{name}: {way}": flows.get(f"holds.{name}.{way}", 0) for name in names for way in WAYS}

"""Who pays for a transaction that is refused."""

import pytest

from node.net.network import NEVER_VALID
from runtime.validity import Invalid


@pytest.mark.parametrize(
    "kind",
    [
        Invalid.STALE,
        Invalid.FUTURE,
        Invalid.PAYMENT,
        Invalid.ANCIENT_BIRTH_BLOCK,
        Invalid.EXHAUSTS_RESOURCES,
    ],
)
def test_what_may_be_valid_on_another_branch_costs_its_sender_nothing(kind: Invalid) -> None:
    assert kind not in NEVER_VALID


@pytest.mark.parametrize("kind", [Invalid.CALL, Invalid.BAD_PROOF, Invalid.BAD_SIGNER])
def test_what_is_valid_nowhere_costs_its_sender(kind: Invalid) -> None:
    assert kind in NEVER_VALID

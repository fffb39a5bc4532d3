"""A program buys an inference from a provider of the devnet, as docs/examples has it."""

import re

import pytest

from tests.e2e.devnet import Devnet
from tests.sdk.test_examples import NEEDS_PROVIDER, run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_an_inference_is_bought_fetched_and_checked(
    devnet: Devnet, capsys: pytest.CaptureFixture[str]
) -> None:
    run(NEEDS_PROVIDER, devnet.url(), "ed25519://Dave")
    held, paid, checked, *classes = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"job \d+: 2AGPU on hold", held)
    assert re.fullmatch(r"paid 0\.\d+AGPU; the rest came back", paid)
    assert re.fullmatch(r"\d+ of \d+ leaves recomputed, wrong: \(\)", checked)
    assert len(re.findall(r"\d+", " ".join(classes))) == 32

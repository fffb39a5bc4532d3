"""An unmodified @polkadot/api works with the node: reading, following, signing and sending."""

import pytest

from tests.conformance.client_scripts import needs_npm_packages, run_client
from tests.e2e.commands import LoneNode

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), needs_npm_packages]


def http_url(node: LoneNode) -> str:
    return node.url.replace("ws:", "http:")


def test_it_reads_the_chain_over_websocket(dev_node: LoneNode) -> None:
    assert "# fail 0" in run_client("node", "polkadot_js/reading.mjs", dev_node.url)


def test_it_reads_the_chain_over_http(dev_node: LoneNode) -> None:
    assert "# fail 0" in run_client("node", "polkadot_js/reading.mjs", http_url(dev_node))


def test_it_follows_the_chain(dev_node: LoneNode) -> None:
    assert "# fail 0" in run_client("node", "polkadot_js/following.mjs", dev_node.url)


def test_it_signs_and_sends(dev_node: LoneNode) -> None:
    assert "# fail 0" in run_client("node", "polkadot_js/transacting.mjs", dev_node.url)


def test_it_reads_every_version_of_the_metadata(dev_node: LoneNode) -> None:
    assert "# fail 0" in run_client("node", "polkadot_js/metadata.mjs", dev_node.url)

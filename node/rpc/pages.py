"""The pages of the node itself: is it healthy, is it alive, what does it measure."""

from collections.abc import Callable
from http import HTTPStatus

from node.rpc.backend import Network
from node.rpc.connection import JSON, Page
from node.rpc.http import HttpRequest, HttpResponse
from node.rpc.system import health_json
from node.rpc.values import encode_json

NO_STORE = ((b"cache-control", b"no-store"),)
"""Yesterday's health helps nobody."""

METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
"""The Prometheus text format."""


def node_pages(network: Network, metrics: Callable[[], bytes]) -> dict[bytes, Page]:
    """Return the pages by path."""

    def health(_: HttpRequest) -> HttpResponse:
        return HttpResponse(HTTPStatus.OK, encode_json(health_json(network)), JSON, NO_STORE)

    def readiness(_: HttpRequest) -> HttpResponse:
        now = network.health()
        is_ready = not now.is_syncing and (now.peers > 0 or not now.should_have_peers)
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return HttpResponse(status, encode_json(health_json(network)), JSON, NO_STORE)

    def live(_: HttpRequest) -> HttpResponse:
        return HttpResponse(HTTPStatus.OK, b"alive\n", headers=NO_STORE)

    def measured(_: HttpRequest) -> HttpResponse:
        return HttpResponse(HTTPStatus.OK, metrics(), METRICS_TYPE, NO_STORE)

    return {
        b"/health": health,
        b"/health/readiness": readiness,
        b"/health/live": live,
        b"/metrics": measured,
    }

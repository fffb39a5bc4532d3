"""The explorer's files as pages of the RPC server, with headers that let it talk to nobody else."""

from hashlib import blake2b
from http import HTTPStatus
from importlib.resources import files

from node.rpc.connection import Page
from node.rpc.http import Headers, HttpRequest, HttpResponse

TYPES = {
    "index.html": b"text/html; charset=utf-8",
    "app.js": b"text/javascript; charset=utf-8",
    "rpc.js": b"text/javascript; charset=utf-8",
    "views.js": b"text/javascript; charset=utf-8",
    "format.js": b"text/javascript; charset=utf-8",
    "style.css": b"text/css; charset=utf-8",
    "favicon.svg": b"image/svg+xml",
}
"""Every file that is served; nothing else under the folder is."""

SECURITY_HEADERS: Headers = (
    (
        b"content-security-policy",
        b"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        b"frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
"""No foreign code, no foreign frame, no foreign connection."""


def explorer_pages() -> dict[bytes, Page]:
    """Load the page and its parts; `/` is the page."""
    folder = files("node.explorer").joinpath("static")
    pages: dict[bytes, Page] = {}
    for name, content_type in TYPES.items():
        pages[b"/" + name.encode()] = _page(folder.joinpath(name).read_bytes(), content_type)
    pages[b"/"] = pages[b"/index.html"]
    pages[b"/favicon.ico"] = pages[b"/favicon.svg"]
    return pages


def _page(content: bytes, content_type: bytes) -> Page:
    tag = b'"' + blake2b(content, digest_size=12).hexdigest().encode() + b'"'
    headers = (*SECURITY_HEADERS, (b"cache-control", b"no-cache"), (b"etag", tag))
    whole = HttpResponse(HTTPStatus.OK, content, content_type, headers)
    unchanged = HttpResponse(HTTPStatus.NOT_MODIFIED, b"", content_type, headers)

    def page(request: HttpRequest) -> HttpResponse:
        return unchanged if request.headers.get(b"if-none-match") == tag else whole

    return page

"""The explorer's files as pages of the RPC server, with headers that let it talk to nobody else."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import blake2b, sha256
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable

from node.rpc.connection import Page
from node.rpc.http import Headers, HttpRequest, HttpResponse

TYPES = {
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "mjs": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml",
}
"""What is served, by the end of its name; nothing else in the folders is."""

FOLDERS = {"static": "", "static/pages": "pages/", "vendor": "vendor/"}
"""Where files lie, and under which path they are served."""

INLINE = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)
"""The one script that stands in the page: browsers read no import map from a file."""


def explorer_pages() -> dict[bytes, Page]:
    """Load the page and its parts; `/` is the page."""
    contents = dict(served_files())
    headers = security_headers(contents["index.html"])
    pages = {
        b"/" + path.encode(): _page(content, TYPES[path.rpartition(".")[2]], headers)
        for path, content in contents.items()
    }
    pages[b"/"] = pages[b"/index.html"]
    pages[b"/favicon.ico"] = pages[b"/favicon.svg"]
    return pages


def served_files() -> Iterator[tuple[str, bytes]]:
    """Yield every file with the path that it is served under."""
    for folder, path in FOLDERS.items():
        place: Traversable = files("node.explorer").joinpath(folder)
        for entry in sorted(place.iterdir(), key=lambda one: one.name):
            if entry.is_file() and entry.name.rpartition(".")[2] in TYPES:
                yield path + entry.name, entry.read_bytes()


def security_headers(index: bytes) -> Headers:
    """Return headers that allow no foreign code, frame or connection, and one inline script."""
    found = INLINE.search(index)
    assert found is not None, "the page has an import map"
    hashed = b64encode(sha256(found[1]).digest())
    policy = (
        b"default-src 'self'; script-src 'self' 'sha256-%s'; object-src 'none'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'" % hashed
    )
    return (
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    )


def _page(content: bytes, content_type: bytes, security: Headers) -> Page:
    tag = b'"' + blake2b(content, digest_size=12).hexdigest().encode() + b'"'
    headers = (*security, (b"cache-control", b"no-cache"), (b"etag", tag))
    whole = HttpResponse(HTTPStatus.OK, content, content_type, headers)
    unchanged = HttpResponse(HTTPStatus.NOT_MODIFIED, b"", content_type, headers)

    def page(request: HttpRequest) -> HttpResponse:
        return unchanged if request.headers.get(b"if-none-match") == tag else whole

    return page

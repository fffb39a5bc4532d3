"""What of the explorer is served, and what stands in its files."""

import re
import shutil
import subprocess

import pytest

from node.explorer.pages import TYPES, explorer_pages, served_files
from tests.architecture.source import ROOT
from tests.explorer.support import ExplorerNode
from tests.rpc.support import serving
from tests.support.needs import NODE_MISSING, needs
from tests.tools import vendor

STATIC = ROOT / "node" / "explorer" / "static"
FILES = dict(served_files())
OURS = sorted(name for name in FILES if not name.startswith("vendor/"))
MAX_JS_LINES = 400


async def test_every_file_is_served_with_its_type_and_a_strict_policy():
    async with serving() as server:
        for name, content in FILES.items():
            reply = await server.get(f"/{name}")
            assert (reply.status, reply.body) == (200, content)
            assert reply.headers["content-type"].encode() == TYPES[name.rpartition(".")[2]]
            policy = reply.headers["content-security-policy"]
            assert policy.startswith("default-src 'self'; script-src 'self' 'sha256-")
            assert "unsafe" not in policy
            assert reply.headers["x-content-type-options"] == "nosniff"
        again = await server.get("/app.js", f"if-none-match: {await tag_of(server)}\r\n")
        assert (again.status, again.body) == (304, b"")


async def tag_of(server) -> str:
    found: str = (await server.get("/app.js")).headers["etag"]
    return found


async def test_the_page_is_at_the_root_unless_it_is_switched_off():
    async with serving() as server:
        assert (await server.get("/?x=1")).body == FILES["index.html"]
    async with serving(serves_explorer=False) as server:
        assert (await server.get("/")).status == 404


async def test_a_node_without_an_explorer_has_none_of_its_methods():
    async with serving() as server:
        assert (await server.call("explorer_overview"))[0] == -32601
    async with serving(ExplorerNode()) as server:
        names = await server.call("rpc_methods")
        assert "explorer_overview" in names["methods"]


def test_nothing_else_in_the_folders_is_served():
    assert set(explorer_pages()) == {b"/" + name.encode() for name in FILES} | {
        b"/",
        b"/favicon.ico",
    }
    assert not [name for name in FILES if name.endswith((".toml", "LICENSE"))]


def test_every_page_is_reachable_and_every_module_is_named_somewhere():
    app = FILES["app.js"].decode()
    named = set(re.findall(r'"([a-z]+)"', app.partition("const SECTION")[0])) | {"lost"}
    pages = {name[len("pages/") : -len(".js")] for name in OURS if name.startswith("pages/")}
    assert pages <= named


@pytest.mark.parametrize("name", OURS)
def test_nothing_is_inline_and_nothing_is_foreign(name):
    text = FILES[name].decode().replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|//[a-z]+\.", text) == []
    assert re.findall(r"<style|\sstyle=\"|<script(?![^>]*(?:src|importmap))", text) == []
    assert re.findall(r"innerHTML|dangerously|\beval\b|new Function", text) == []
    assert len(text.splitlines()) <= MAX_JS_LINES


@pytest.mark.parametrize("name", [name for name in OURS if name.endswith(".js")])
def test_what_is_clicked_is_a_button_or_a_link(name):
    clicked = re.findall(r"<([a-zA-Z]+)[^<>]*?\sonClick=", FILES[name].decode())
    assert set(clicked) <= {"a", "button"}


def test_vendored_modules_are_what_the_list_says_and_a_change_is_noticed(tmp_path):
    assert list(vendor.complaints()) == []
    copy = tmp_path / "vendor"
    shutil.copytree(vendor.VENDOR, copy)
    (copy / "htm.mjs").write_text("changed")
    (copy / "hooks.mjs").unlink()
    (copy / "more.mjs").write_text("")
    found = list(vendor.complaints(copy))
    assert [line.partition(":")[0] for line in found] == ["hooks.mjs", "htm.mjs", "more.mjs"]


def test_every_vendored_package_has_its_version_integrity_and_licence():
    for package in vendor.packages():
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["integrity"].startswith("sha512-")
        assert package["license"] in {"MIT", "Apache-2.0"}
        assert any(entry["name"].endswith(".LICENSE") for entry in package["files"])


@needs(shutil.which("node"), NODE_MISSING)
def test_amounts_are_exact_and_csv_holds_no_formulas(tmp_path):
    module = tmp_path / "format.mjs"
    module.write_bytes(FILES["format.js"])
    script = (
        f"import {{ amount, brief, csv, work, short }} from '{module}';"
        "console.log([amount('1'), amount((2n ** 128n - 1n).toString()), amount(null), "
        "amount('1500000000000', 'AMAX'), brief('1234567890123'), brief('1234567890123456789'), "
        "brief('1'), brief('-1'), "
        "brief('0'), work(21475), work(0), short('0x0123456789abcdef'), "
        "JSON.stringify(csv([['a', 'b,\"c'], ['=1+1', -5], [null, {x: 1}]]))].join('|'))"
    )
    command = ["node", "--input-type=module", "-e", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert ran.replace("\u202f", " ") == (
        "0.000000000001 AGPU|340 282 366 920 938 463 463 374 607.431768211455 AGPU|–|1.5 AMAX|"
        "1.2345 AGPU|1 234 567.89 AGPU|<0.0001 AGPU|−<0.0001 AGPU|0 AGPU|0.021475 CU|–|0x0123…cdef|"
        '"a,\\"b,\\"\\"c\\"\\r\\n\'=1+1,-5\\r\\n,\\"{\\"\\"x\\"\\":1}\\"\\r\\n"'
    )

"""The JSON-RPC envelope: whatever comes, an answer by the specification goes out."""

from typing import Any

import msgspec
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from node.rpc.dispatch import Dispatcher
from node.rpc.jsonrpc import Entry
from node.rpc.limits import Limits
from node.rpc.registry import Registry, method
from node.rpc.values import Hash, Height, Hex, to_hex
from tests.rpc.clients import request
from tests.rpc.support import FakeNode, Notes, anybody, serving


class Sums:
    """A namespace of made-up methods."""

    @method("sum", "plus")
    def add(self, left: int, right: int = 10) -> int:
        """Add."""
        return left + right

    @method("show")
    def show(self, raw: Hex, at: Hash | None = None, heights: list[Height] | None = None) -> Any:
        """Show what was understood."""
        shown = heights if heights is None else [int(height) for height in heights]
        return [to_hex(raw), None if at is None else to_hex(at), shown]

    @method("later")
    async def later(self) -> str:
        """Answer after a while."""
        await trio.lowlevel.checkpoint()
        return "late"

    @method("nothing")
    def nothing(self) -> None:
        """Answer null."""

    @method("big")
    def big(self) -> int:
        """Answer beyond 64 bits."""
        return 2**128 - 1

    @method("unshown")
    def unshown(self) -> object:
        """Answer with what has no JSON form."""
        return object()

    @method("broken")
    def broken(self) -> None:
        """Fail."""
        raise ZeroDivisionError("a bug")


LIMITS = Limits(batch_calls=4)


async def answer(body: bytes | str) -> Any:
    dispatcher = Dispatcher(Registry([Sums()], allow_unsafe=True), LIMITS, Notes())
    reply = (await dispatcher.answer(body, anybody())).reply
    return None if reply is None else msgspec.json.decode(reply)


async def call(name: str, params: object, **more: object) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": name, "params": params, **more}
    return await answer(msgspec.json.encode(body))


async def error_of(name: str, params: object) -> tuple[int, str]:
    error = (await call(name, params))["error"]
    return error["code"], error["message"]


async def test_parameters_by_position_by_name_and_by_default():
    assert (await call("sum", [1, 2]))["result"] == 3
    assert (await call("plus", [1]))["result"] == 11
    assert (await call("sum", {"right": 5, "left": 1}))["result"] == 6
    assert (await call("sum", [1, None]))["result"] == 11
    assert (await call("sum", [1, 2, None, None]))["result"] == 3


async def test_wrong_parameters_are_named():
    assert await error_of("sum", []) == (-32602, "Invalid params: left is missing")
    assert await error_of("sum", [1, 2, 3]) == (
        -32602,
        "Invalid params: wanted at most 2 parameters, got 3",
    )
    assert await error_of("sum", {"up": 1}) == (
        -32602,
        "Invalid params: wanted left, right, got 'up'",
    )
    assert await error_of("sum", ["x"]) == (
        -32602,
        "Invalid params: left: Expected `int`, got `str`",
    )
    assert await error_of("show", ["0xabc"]) == (
        -32602,
        "Invalid params: raw: wanted pairs of hex digits, got '0xabc'",
    )
    assert await error_of("show", ["0x", "0x00"]) == (
        -32602,
        "Invalid params: at: wanted 32 bytes of hex, got 1",
    )


async def test_the_forms_of_hex_that_clients_send():
    block = "11" * 32
    for raw in ("0xAB", "ab", "0Xab"):
        assert (await call("show", [raw, block, [1, "2", "0x3"]]))["result"] == [
            "0xab",
            "0x" + block,
            [1, 2, 3],
        ]
    assert (await call("show", ["", "", None]))["result"] == ["0x", None, None]
    for bad in ("0x1", "zz", "0x 1", "a b", "\u0661\u0661", 5, True, [], None):
        assert (await error_of("show", [bad]))[0] == -32602


@pytest.mark.parametrize("call_id", [0, -1, 2**70, "", "abc", "0x1", None])
async def test_the_id_comes_back_as_it_was(call_id):
    reply = await call("sum", [1], id=call_id)
    assert reply == {"jsonrpc": "2.0", "id": call_id, "result": 11}


@pytest.mark.parametrize("params", [[], {}, "", None])
async def test_no_parameters_have_many_forms(params):
    assert await call("nothing", params) == {"jsonrpc": "2.0", "id": 1, "result": None}


async def test_numbers_beyond_64_bits_are_exact():
    assert (await call("big", []))["result"] == 2**128 - 1


async def test_a_notification_gets_no_reply():
    assert await answer(b'{"jsonrpc":"2.0","method":"sum","params":[1]}') is None
    assert await answer(b'{"jsonrpc":"2.0","method":"none"}') is None
    assert await answer(b'[{"jsonrpc":"2.0","method":"sum","params":[1]}]') is None


async def test_a_batch_is_answered_in_order_with_its_errors():
    calls = [
        request("sum", 1, call_id="a"),
        request("none", call_id=None),
        1,
        request("later", call_id=2),
    ]
    replies = await answer(msgspec.json.encode(calls))
    assert [reply["id"] for reply in replies] == ["a", None, None, 2]
    assert [reply.get("result") for reply in replies] == [11, None, None, "late"]
    assert [reply.get("error", {}).get("code") for reply in replies] == [None, -32601, -32600, None]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"nonsense", -32700),
        (b"\xff\xfe", -32700),
        (b'"\xff"', -32700),
        (b"[" * 100_000, -32700),
        (b'{"a":' * 100_000, -32700),
        (b"[]", -32600),
        (b"1", -32600),
        (b"null", -32600),
        (b"{}", -32600),
        (b"[" + b"1," * 4 + b"1]", -32010),
        (b'{"jsonrpc":"1.0","id":1,"method":"sum"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"sum"}', -32600),
        (b'{"jsonrpc":"2.0","id":{},"method":"sum"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"sum","params":5}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"nope"}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1e400]}', -32700),
    ],
)
async def test_what_is_no_call_is_refused_by_the_specification(body, code):
    assert (await answer(body))["error"]["code"] == code


async def test_the_id_of_a_wrong_call_is_found():
    reply = await answer(b'{"jsonrpc":"2.0","id":"mine","method":5}')
    assert (reply["id"], reply["error"]["code"]) == ("mine", -32600)


async def test_a_bug_in_a_method_is_reported_and_answered():
    notes = Notes()
    dispatcher = Dispatcher(Registry([Sums()], allow_unsafe=True), LIMITS, notes)
    reply = (await dispatcher.answer(msgspec.json.encode(request("broken")), anybody())).reply
    assert msgspec.json.decode(reply or b"")["error"] == {
        "code": -32603,
        "message": "Internal error",
        "data": "ZeroDivisionError",
    }
    assert [(name, str(error)) for name, error in notes.bugs] == [("broken", "a bug")]
    assert notes.calls == [("broken", False)]
    assert (await error_of("unshown", []))[0] == -32603


async def test_a_bug_in_the_runtime_does_not_stop_the_server():
    node = FakeNode()
    async with serving(node) as server:
        node.bug = AssertionError("a bug")
        assert (await server.call("state_call", "Echo", "0x"))[0] == -32603
        node.bug = None
        assert await server.call("state_call", "Echo", "0x") == "0x"
        server.notes.bugs.clear()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
METHODS = sorted(set(Registry([Sums()], allow_unsafe=True).names()) - {"broken", "unshown"})
calls = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | json_values, "method": st.sampled_from(METHODS) | json_values},
    optional={"id": json_values, "params": json_values},
)


def check_reply(reply: Any) -> None:
    replies = reply if isinstance(reply, list) else [reply]
    for one in replies:
        assert one["jsonrpc"] == "2.0"
        assert isinstance(one["id"], int | str | None)
        assert ("result" in one) != ("error" in one)
        if "error" in one:
            assert one["error"]["code"] != -32603
            assert isinstance(one["error"]["message"], str)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_get_an_answer(body):
    check_reply(trio.run(answer, body))


@settings(max_examples=300, deadline=None)
@given(calls | st.lists(calls | json_values, max_size=6) | json_values)
def test_any_json_gets_an_answer(message):
    reply = trio.run(answer, msgspec.json.encode(message))
    if reply is not None:
        check_reply(reply)


def test_reading_never_raises_for_deep_nesting_in_the_parameters():
    entry = Entry(LIMITS)
    for depth in (100, 900, 990, 5_000):
        deep = b"[" * depth + b"]" * depth
        entry.read(b'{"jsonrpc":"2.0","id":1,"method":"sum","params":' + deep + b"}")
        entry.read(b"[" + b'{"jsonrpc":"2.0","id":1,"method":"sum","params":' + deep + b"}]")

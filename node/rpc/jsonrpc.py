"""The JSON-RPC 2.0 envelope: bytes to calls, results and refusals to bytes.

Source: https://www.jsonrpc.org/specification
"""

from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from node.rpc.errors import Code, RpcError
from node.rpc.limits import Limits
from runtime.primitives.record import record

Params = list[object] | dict[str, object]


@record
class Call:
    """One call as it came; without an id it is a notification and gets no reply."""

    method: str
    params: Params
    id: int | str | None
    wants_reply: bool


@dataclass(frozen=True, slots=True)
class BadCall:
    """Something in the place of a call; it is answered with this error."""

    id: int | str | None
    error: RpcError


@dataclass(frozen=True, slots=True)
class Batch:
    """Several calls in one message, answered in one message."""

    calls: tuple[Call | BadCall, ...]


class Request(msgspec.Struct):
    """The call object of the specification."""

    jsonrpc: Literal["2.0"]
    method: str
    params: list[object] | dict[str, object] | Literal[""] | None = None
    id: int | str | UnsetType | None = UNSET


class ErrorBody(msgspec.Struct, omit_defaults=True):
    """The error object of the specification."""

    code: int
    message: str
    data: str | None = None


class Success(msgspec.Struct):
    """A reply that carries a result, `null` included."""

    id: int | str | None
    result: object
    jsonrpc: str = "2.0"


class Failure(msgspec.Struct):
    """A reply that carries an error."""

    id: int | str | None
    error: ErrorBody
    jsonrpc: str = "2.0"


class Entry:
    """Reads the messages of clients; the one door through which their JSON comes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._decoder = msgspec.json.Decoder(Request)

    def read(self, body: bytes | str) -> Call | BadCall | Batch:
        """Read one message; never raises, whatever the bytes."""
        try:
            return _call_of(self._decoder.decode(body))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return self._read_slowly(body)

    def _read_slowly(self, body: bytes | str) -> Call | BadCall | Batch:
        try:
            message = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return BadCall(None, RpcError(Code.PARSE, "Parse error", str(error)))
        if not isinstance(message, list):
            return _convert(message)
        if not message:
            return BadCall(None, RpcError(Code.INVALID_REQUEST, "Invalid request: empty batch"))
        if len(message) > self._limits.batch_calls:
            reason = f"Exceeded max limit of {self._limits.batch_calls}"
            refusal = RpcError(Code.BATCH_TOO_BIG, "The batch request was too large", reason)
            return BadCall(None, refusal)
        return Batch(tuple(map(_convert, message)))


def success(call_id: int | str | None, result: object) -> bytes:
    """Encode a result for the call with this id."""
    return msgspec.json.encode(Success(call_id, result))


def failure(call_id: int | str | None, error: RpcError) -> bytes:
    """Encode a refusal for the call with this id."""
    return msgspec.json.encode(
        Failure(call_id, ErrorBody(int(error.code), error.message, error.data))
    )


def too_big(what: str, limit: int) -> RpcError:
    """Refuse a request or a reply that is above its limit."""
    code = Code.REQUEST_TOO_BIG if what == "Request" else Code.RESPONSE_TOO_BIG
    return RpcError(code, f"{what} is too big", f"Exceeded max limit of {limit}")


def _convert(message: object) -> Call | BadCall:
    try:
        return _call_of(msgspec.convert(message, Request))
    except (msgspec.ValidationError, RecursionError) as error:
        refusal = RpcError(Code.INVALID_REQUEST, "Invalid request", str(error))
        return BadCall(_id_of(message), refusal)


def _call_of(request: Request) -> Call:
    return Call(
        method=request.method,
        params=request.params or [],
        id=None if request.id is UNSET else request.id,
        wants_reply=request.id is not UNSET,
    )


def _id_of(message: object) -> int | str | None:
    """Find the id of a call that is otherwise wrong, so that its sender can place the error."""
    if not isinstance(message, dict):
        return None
    found = message.get("id")
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None

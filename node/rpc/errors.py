"""What an RPC method answers when it does not answer: codes and words of polkadot-sdk.

Source: polkadot-sdk `substrate/client/rpc-api/src/*/error.rs`, jsonrpsee `types/src/error.rs`.
"""

from enum import IntEnum


class Code(IntEnum):
    """Error codes that existing clients branch on."""

    PARSE = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL = -32603
    TOO_MANY_SUBSCRIPTIONS = -32006
    REQUEST_TOO_BIG = -32007
    RESPONSE_TOO_BIG = -32008
    BATCH_TOO_BIG = -32010
    TOO_MANY_CALLS = -32999
    FOLLOW_LIMIT = -32800
    UNKNOWN_BLOCK_HASH = -32801
    FOLLOWS_WITHOUT_RUNTIME = -32802
    NOT_WAITING = -32803
    DUPLICATE_HASHES = -32804
    GRANDPA_NOT_READY = 1
    BAD_EXTRINSIC_FORMAT = 1001
    VERIFICATION = 1002
    INVALID_TRANSACTION = 1010
    UNKNOWN_VALIDITY = 1011
    TEMPORARILY_BANNED = 1012
    ALREADY_IMPORTED = 1013
    TOO_LOW_PRIORITY = 1014
    CYCLE_DETECTED = 1015
    IMMEDIATELY_DROPPED = 1016
    UNACTIONABLE = 1018
    INVALID_BLOCK_RANGE = 4001
    INVALID_COUNT = 4002
    CLIENT = 4003
    BLOB = 7001
    WORK = 7002


class RpcError(Exception):
    """A refusal with a code, a sentence, and what a program may want to know besides."""

    def __init__(self, code: Code, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def invalid_params(message: str) -> RpcError:
    """Say which parameter was wanted and what came."""
    return RpcError(Code.INVALID_PARAMS, f"Invalid params: {message}")

"""Why a node does not run where its operator can change it: a sentence, and no traceback."""

from __future__ import annotations

from genesis.spec import BadSpec
from node.config import BadConfig
from node.keystore.password import NoPassword
from node.keystore.vault import KeystoreError
from node.log import LogLevelError
from node.net.identity import BadNodeKey
from node.provider_desk import BadWish
from node.providing import CannotProvide
from node.rpc.server import PortBusy
from node.store.db import DatabaseError
from p2p.host import ListenFailed
from runtime.config import UnknownRuntime

REFUSALS = (
    BadConfig,
    BadNodeKey,
    BadSpec,
    BadWish,
    CannotProvide,
    DatabaseError,
    KeystoreError,
    ListenFailed,
    LogLevelError,
    NoPassword,
    PortBusy,
    UnknownRuntime,
)
"""Each says what was wanted, what came and what to do."""


def refusal_in(error: BaseException) -> BaseException | None:
    """Return the refusal that ended a node; None if anything else was among what ended it."""
    if isinstance(error, REFUSALS):
        return error
    if not isinstance(error, BaseExceptionGroup):
        return None
    found = [refusal_in(one) for one in error.exceptions]
    return None if None in found else found[0]

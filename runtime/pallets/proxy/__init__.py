"""Proxy: accounts that act for others, within limits and, if wished, after a delay."""

from runtime.pallets.proxy.pallet import Proxy
from runtime.pallets.proxy.types import (
    Announced,
    Announcement,
    Config,
    DepositKind,
    DepositPoked,
    Error,
    ProxyAdded,
    ProxyDefinition,
    ProxyExecuted,
    ProxyRemoved,
    ProxyType,
    PureCreated,
    PureKilled,
    Spawned,
    pure_account,
)

__all__ = [
    "Announced",
    "Announcement",
    "Config",
    "DepositKind",
    "DepositPoked",
    "Error",
    "Proxy",
    "ProxyAdded",
    "ProxyDefinition",
    "ProxyExecuted",
    "ProxyRemoved",
    "ProxyType",
    "PureCreated",
    "PureKilled",
    "Spawned",
    "pure_account",
]

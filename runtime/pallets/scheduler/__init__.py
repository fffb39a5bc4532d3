"""Scheduler: calls that the chain makes by itself, at a block."""

from runtime.pallets.scheduler.pallet import Config, Error, Scheduler
from runtime.pallets.scheduler.types import (
    EVENTS,
    AgendaIncomplete,
    CallUnavailable,
    Canceled,
    Dispatched,
    Outcome,
    PeriodicFailed,
    PermanentlyOverweight,
    RetryCancelled,
    RetryConfig,
    RetryFailed,
    RetrySet,
    Scheduled,
    Task,
)

__all__ = [
    "EVENTS",
    "AgendaIncomplete",
    "CallUnavailable",
    "Canceled",
    "Config",
    "Dispatched",
    "Error",
    "Outcome",
    "PeriodicFailed",
    "PermanentlyOverweight",
    "RetryCancelled",
    "RetryConfig",
    "RetryFailed",
    "RetrySet",
    "Scheduled",
    "Scheduler",
    "Task",
]

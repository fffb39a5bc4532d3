"""Disputes: wrong leaves are found by bisection, and those that are not served are demanded."""

from runtime.pallets.disputes.events import CaseClosed, CaseOpened, Error, NodePicked, NodesShown
from runtime.pallets.disputes.pallet import Disputes
from runtime.pallets.disputes.ports import Accused, Config, ProviderBook, Verdicts
from runtime.pallets.disputes.records import Case, Content, Kind, Timer, Turn, Verdict

__all__ = [
    "Accused",
    "Case",
    "CaseClosed",
    "CaseOpened",
    "Config",
    "Content",
    "Disputes",
    "Error",
    "Kind",
    "NodePicked",
    "NodesShown",
    "ProviderBook",
    "Timer",
    "Turn",
    "Verdict",
    "Verdicts",
]

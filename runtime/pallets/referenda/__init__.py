"""Referenda: what holders of the governance token decide."""

from runtime.pallets.referenda.pallet import Referenda, enactment_name
from runtime.pallets.referenda.ports import Config, Error, Ports, Powers
from runtime.pallets.referenda.tracks import TrackDetails, Tracks
from runtime.pallets.referenda.types import EVENTS

__all__ = [
    "EVENTS",
    "Config",
    "Error",
    "Ports",
    "Powers",
    "Referenda",
    "TrackDetails",
    "Tracks",
    "enactment_name",
]

"""What decides who authors and votes, and makes offenders pay."""

from __future__ import annotations

from runtime import constants
from runtime.config import ChainConfig
from runtime.construct.ledgers import Ledgers
from runtime.frame import Context
from runtime.pallets import babe, validator_bonds
from runtime.pallets.authorship import Authorship
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.grandpa import Grandpa
from runtime.pallets.historical import Historical
from runtime.pallets.offences import Offences
from runtime.pallets.session import Session, Sessions
from runtime.pallets.timestamp import Timestamp
from runtime.pallets.validator_bonds import ValidatorBonds


class Validators(Ledgers):
    """Who authors and votes, and what makes offenders pay."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        self.session = Session(context, index=12)
        eras = validator_bonds.Config(config.era_blocks, constants.TREASURY)
        self.validator_bonds = ValidatorBonds(context, self.balances, self.session, eras, index=54)
        self.historical = Historical(context, self.validator_bonds, index=26)
        self.offences = Offences(context, self.validator_bonds, index=25)
        self.grandpa = Grandpa(context, self.historical, self.offences, index=18)
        listeners = (self.validator_bonds, self.historical, self.offences, self.grandpa)
        self.sessions = Sessions(self.session, listeners)
        self.canonical_work = CanonicalWork(context, self.session, index=53)
        times = babe.Config(config.slot_milliseconds, config.epoch_slots)
        reports = babe.Reports(self.historical, self.offences)
        self.babe = babe.Babe(context, self.sessions, self.canonical_work, reports, times, index=2)
        self.timestamp = Timestamp(context, config.slot_milliseconds, self.babe, index=3)
        self.authorship = Authorship(context, self.babe, self.session, index=4)

"""What decides who authors and votes, and makes offenders pay."""

from __future__ import annotations

from runtime import constants, tracks
from runtime.config import ChainConfig
from runtime.construct.ledgers import Ledgers
from runtime.contributors import Bonded, SessionClock, Stakes
from runtime.frame import Context
from runtime.pallets import babe, im_online, staking
from runtime.pallets.authorship import Authorship
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.grandpa import Grandpa
from runtime.pallets.historical import Historical
from runtime.pallets.im_online import ImOnline
from runtime.pallets.mining import Mining
from runtime.pallets.offences import Offences
from runtime.pallets.session import Session, Sessions
from runtime.pallets.staking import Elections, Staking
from runtime.pallets.timestamp import Timestamp
from runtime.pallets.voter_list import VoterList


class Validators(Ledgers):
    """Who authors and votes, and what makes offenders pay."""

    mining: Mining
    """Made with the market: where it is written down who earned what."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        self.session = Session(context, Bonded(self.balances), index=12)
        self.voter_list = VoterList(context, Stakes(lambda: self.staking), index=37)
        ports = staking.Ports(
            self.session,
            self.voter_list,
            ballots=lambda: self.elections,
            slots=SessionClock(lambda: self.babe).slots_into_epoch,
            earnings=lambda: self.mining,
            terms=self.parameters,
        )
        staked = constants.staking_config(config)
        self.staking = Staking(
            context, self.balances, ports, staked, index=54, forgives=tracks.FORGIVENESS
        )
        self.elections = Elections(context, self.staking.eras, index=39)
        self.historical = Historical(context, self.staking.stakers, index=26)
        self.offences = Offences(context, self.staking.stakers, index=25)
        self.grandpa = Grandpa(context, self.historical, self.offences, index=18)
        self.im_online = ImOnline(
            context,
            self.historical,
            self.offences,
            SessionClock(lambda: self.babe),
            im_online.Config(config.epoch_slots),
            index=11,
        )
        # who was silent is known by the validators and stakes of the session that ends
        listeners = (self.im_online, self.staking.stakers, self.historical, self.grandpa)
        self.sessions = Sessions(self.session, listeners)
        self.canonical_work = CanonicalWork(context, self.session, index=53)
        times = babe.Config(config.slot_milliseconds, config.epoch_slots)
        reports = babe.Reports(self.historical, self.offences)
        self.babe = babe.Babe(context, self.sessions, self.canonical_work, reports, times, index=2)
        self.timestamp = Timestamp(context, config.slot_milliseconds, self.babe, index=3)
        self.authorship = Authorship(context, self.babe, self.session, index=4)

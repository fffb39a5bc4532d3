"""Seven validators on real pallets, who may say two things, and what it takes to report them."""

from __future__ import annotations

from runtime.contributors import Bonded, Stakes
from runtime.frame import NoOrigin
from runtime.frame.earnings import UNRECORDED
from runtime.pallets.babe import Babe, Reports
from runtime.pallets.babe import Config as Times
from runtime.pallets.balances import Balances
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.grandpa import Grandpa
from runtime.pallets.historical import Historical
from runtime.pallets.offences import Offences
from runtime.pallets.session import Session, SessionKeys, Sessions
from runtime.pallets.staking import STAKE_UNIT, Config, Elections, Ports, Staking
from runtime.pallets.voter_list import VoterList
from runtime.primitives.block import Header
from runtime.primitives.equivocation import (
    BlockEquivocation,
    VoteEquivocation,
)
from runtime.primitives.finality import Precommit, Prevote
from runtime.primitives.membership import BABE_KEY, GRANDPA_KEY, MembershipProof
from runtime.primitives.slot_claim import SecondaryVrfPreDigest, VrfSignature
from tests.support import equivocations
from tests.support.bench import Bench, account
from tests.support.chain import pair
from tests.support.free_terms import free_terms

VALIDATORS = 7
STAKE = 1_000_000
BOND = STAKE * STAKE_UNIT
EPOCH_SLOTS = 3
ERA_BLOCKS = 6
TREASURY, AUTHOR, STRANGER, POT = account(900), account(901), account(902), account(903)
MINIMUM = 10**9


def keys_of(number: int) -> SessionKeys:
    return SessionKeys(*(pair(10 * number + kind).public for kind in (1, 2, 3)))


class OffenceWorld(Bench):
    """Epochs of three slots; an era begins with every other one."""

    def __init__(self, validators: int = VALIDATORS) -> None:
        super().__init__()
        self.context.number = 0
        context = self.context
        self.money = self.add(Balances(context, MINIMUM, index=6, name="Balances"))
        self.session = self.add(Session(context, Bonded(self.money), index=12))
        eras = Config(ERA_BLOCKS, EPOCH_SLOTS, TREASURY, POT, MINIMUM)
        self.voters = VoterList(context, Stakes(lambda: self.staking), index=37)
        self.terms = free_terms(self.context)
        ports = Ports(
            self.session,
            self.voters,
            ballots=lambda: self.elections,
            slots=lambda: self.babe.slots_into_epoch(),
            earnings=lambda: UNRECORDED,
            terms=self.terms,
        )
        self.staking = Staking(context, self.money, ports, eras, index=54)
        self.elections = Elections(context, self.staking.eras, index=39)
        self.historical = Historical(context, self.staking.stakers, index=26)
        self.offences = Offences(context, self.staking.stakers, index=25)
        self.grandpa = Grandpa(context, self.historical, self.offences, index=18)
        listeners = (self.staking.stakers, self.historical, self.grandpa)
        sessions = Sessions(self.session, listeners)
        work = CanonicalWork(context, self.session, index=53)
        reports = Reports(self.historical, self.offences)
        times = Times(1000, EPOCH_SLOTS)
        self.babe = self.add(Babe(context, sessions, work, reports, times, index=2))
        for pallet in (self.staking, self.historical, self.grandpa):
            self.add(pallet)
        for pallet in (self.offences, self.elections, self.voters):
            self.add(pallet)
        self.accounts = tuple(account(100 + number) for number in range(validators))
        self.money.build(tuple((who, BOND + MINIMUM) for who in self.accounts))
        self.money.mint_into(TREASURY, MINIMUM)
        self.money.mint_into(AUTHOR, MINIMUM)
        self.staking.build(tuple((who, BOND) for who in self.accounts))
        stakes = tuple((who, STAKE) for who in self.accounts)
        sessions.build(stakes, tuple(keys_of(number) for number in range(validators)))
        self.babe.build(bytes(32))
        self.slot = 99
        self.block()

    # time

    def block(self, slots: int = 1, author: int = 0) -> None:
        self.slot += slots
        self.context.events.clear()
        vrf = VrfSignature(self.slot.to_bytes(32, "big"), bytes(64))
        self.claim(SecondaryVrfPreDigest(author, self.slot, vrf))
        self.context.author = AUTHOR
        self.next_block()

    def epoch(self, author: int = 0) -> None:
        """Make the first block of the next epoch, three blocks later."""
        for _ in range(EPOCH_SLOTS - (self.slot - 100) % EPOCH_SLOTS):
            self.block(author=author)

    def era(self, author: int = 0) -> None:
        """Make the first block of the next era."""
        before = self.staking.era()
        while self.staking.era() == before:
            self.epoch(author)

    # proofs

    def owner(self, kind: bytes, number: int) -> MembershipProof:
        keys = dict(keys_of(number).by_kind())
        proof = self.historical.prove(kind, keys[kind])
        assert proof is not None, "the key is of this session"
        return proof

    def blocks_by(self, number: int, slot: int | None = None) -> BlockEquivocation:
        slot = self.slot if slot is None else slot
        headers = (sealed_header(number, slot, name) for name in (b"one", b"other"))
        return BlockEquivocation(pair(10 * number + 1).public, slot, *headers)

    def votes_by(
        self, number: int, stage: type[Prevote] | type[Precommit] = Prevote, round_number: int = 5
    ) -> VoteEquivocation:
        return votes(number, stage, round_number, self.grandpa.current_set_id)

    # reports

    def report(self, number: int, slot: int | None = None) -> None:
        proof, owner = self.blocks_by(number, slot), self.owner(BABE_KEY, number)
        self.call(self.babe.report_equivocation_unsigned, NoOrigin(), proof, owner)

    def report_votes(self, number: int, round_number: int = 5) -> None:
        proof = self.votes_by(number, round_number=round_number)
        owner = self.owner(GRANDPA_KEY, number)
        self.call(self.grandpa.report_equivocation_unsigned, NoOrigin(), proof, owner)

    def stake(self, number: int) -> int:
        return dict(self.session.electorate)[self.accounts[number]]


def sealed_header(number: int, slot: int, name: bytes, place: int | None = None) -> Header:
    key = pair(10 * number + 1)
    return equivocations.sealed_header(key, slot, number if place is None else place, name)


def votes(
    number: int, stage: type[Prevote] | type[Precommit], round_number: int, set_id: int
) -> VoteEquivocation:
    return equivocations.double_vote(pair(10 * number + 2), stage, round_number, set_id)

"""A compute market whose segments are audited by validators with real keys, small products only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from runtime.compute.audit import (
    NOT_READ,
    Finding,
    Verdict,
    is_drawn,
    seal,
    sealed_message,
    vrf_input,
)
from runtime.compute.classes import Result
from runtime.compute.contents import commit, input_root
from runtime.compute.job import PERBILL, LatencyClass, Terms
from runtime.compute.matmul import matmul_of, pack_input
from runtime.compute.reading import NOTHING_READ, Reading, prove_reading, tag_of
from runtime.compute.receipt import Commitment, Opening
from runtime.compute.registry import job_spec
from runtime.contributors import Stakes
from runtime.frame import NoOrigin, Signed
from runtime.frame.offence import Exposure, Identification
from runtime.pallets import audits, jobs, staking
from runtime.pallets.audits import Audits
from runtime.pallets.offences import Offences
from runtime.pallets.receipts import ReceiptsPallet
from runtime.pallets.staking import Elections, Forcing, Staking
from runtime.pallets.voter_list import VoterList
from runtime.primitives import vrf
from runtime.primitives.crypto import Pair
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import (
    ALICE,
    DEPOSIT,
    MARKET,
    POTS,
    PRICE,
    PROOF,
    SHARES,
    ComputeMarket,
)
from tests.support.bench import account
from tests.support.chain import pair

BOND = 1_000 * UNIT
SESSION = 7
WEIGHT_UNIT = 10**9
RANDOM = np.random.default_rng(11)
LEFT = RANDOM.integers(-128, 128, (24, 16), dtype=np.int8)
RIGHT = RANDOM.integers(-128, 128, (16, 40), dtype=np.int8)
WORK, CONTENT = matmul_of(LEFT, RIGHT), pack_input(LEFT, RIGHT)
RESULT = WORK.run(CONTENT)
"""Fifteen tiles."""


class Seats:
    """Validators that keep their places, whatever they do."""

    def __init__(self) -> None:
        self.disabled: list[bytes] = []

    def set_stake(self, who: bytes, stake: int) -> None:
        """Hear of a stake."""

    def disable(self, who: bytes, severity: Perbill) -> None:
        self.disabled.append(who)

    def enable_all(self) -> None:
        self.disabled.clear()

    def elect(self, electorate: tuple[tuple[bytes, int], ...]) -> None:
        """Hear who was elected."""

    def stakes(self) -> tuple[tuple[bytes, int], ...]:
        return ()

    def has_keys(self, who: bytes) -> bool:
        return True

    def forget(self, who: bytes) -> None:
        """Hear that a stake ended."""


@dataclass
class Members:
    """The validators of a session, by number."""

    world: AuditWorld

    def session(self) -> int:
        return self.world.session

    def owners_of(self, kind: bytes) -> tuple[tuple[Identification, bytes], ...]:
        return tuple(
            ((who, Exposure(BOND, BOND)), key.public) for who, key in self.world.validators.items()
        )


class Newcomers:
    """Nobody is new, unless a test says so."""

    def __init__(self) -> None:
        self.new: list[bytes] = []

    def is_new(self, who: bytes) -> bool:
        return who in self.new


class AuditWorld(ComputeMarket):
    """A market with a number of validators, whose verdicts tests decide."""

    def __init__(self, validators: int = 4, pot: bytes = POTS.validators, **config: Any) -> None:
        super().__init__()
        self.pallets.remove(self.receipts)
        self.session = SESSION
        self.validators: dict[bytes, Pair] = {
            account(200 + n): pair(500 + n) for n in range(validators)
        }
        self.seats, self.newcomers = Seats(), Newcomers()
        self._stake(pot)
        self.audits = self.add(
            Audits(
                self.context,
                self.token,
                audits.Ports(
                    segments=self.jobs,
                    verdicts=self.jobs.verdicts,
                    randomness=self.chance,
                    newcomers=self.newcomers,
                    validators=Members(self),
                    era_points=self.staking,
                    terms=self.terms,
                    rewards=self.mining,
                ),
                self.offences,
                audits.Config(pot=pot, existential_deposit=DEPOSIT, **config),
                index=55,
            )
        )
        # receipts see jobs through audits, and the draw runs before jobs are paid
        self.receipts = self.add(
            ReceiptsPallet(
                self.context,
                self.providers,
                self.audits,
                self.chance,
                SHARES,
                demands=self.disputes,
                index=10,
            )
        )
        for who in self.validators:
            self.token.mint_into(who, BOND + DEPOSIT)
        self.staking.build(tuple((who, BOND) for who in self.validators))
        self.staking.stakers.on_new_session(0, ())

    def _stake(self, pot: bytes) -> None:
        """Make what elects and punishes validators."""
        eras = staking.Config(30, 30, POTS.treasury, pot, DEPOSIT)
        voters = self.add(VoterList(self.context, Stakes(lambda: self.staking), index=37))
        ports = staking.Ports(
            self.seats,
            voters,
            ballots=lambda: self.elections,
            slots=lambda: 0,
            earnings=lambda: self.mining,
            terms=self.terms,
        )
        self.staking = self.add(Staking(self.context, self.token, ports, eras, index=54))
        self.elections = self.add(Elections(self.context, self.staking.eras, index=39))
        self.offences = self.add(Offences(self.context, self.staking.stakers, index=25))

    # jobs

    def proven(self, *, client: bytes = ALICE, result: Result = RESULT, rate: int = PERBILL) -> int:
        """Order a product and bring it to the block in which its opening is counted."""
        terms = Terms(
            max_price=2 * PRICE,
            deadline=self.context.number + 2000,
            market=MARKET,
            latency=LatencyClass.STANDARD,
            audit_rate=rate,
        )
        spec = job_spec(WORK, input_root(WORK, CONTENT), terms)
        self.call(self.jobs.submit_job, Signed(client), spec, None, 0)
        job = self.jobs.next_job_id - 1
        self.pass_blocks(2)
        provider = self.provider_of(job)
        self.call(self.jobs.start_job, Signed(provider), job)
        stated = commit(WORK, job, 0, provider, result)
        output = jobs.Output(stated.out_root, stated.aux_root, stated.out_bytes)
        self.call(self.jobs.commit_segment, Signed(provider), job, 0, output)
        self.pass_blocks(3)
        self.include(openings=(Opening(job, 0, PROOF),))
        return job

    def drawn(self, **terms: Any) -> tuple[int, int]:
        """Order a product whose segment is audited; return the job and its audit."""
        job = self.proven(**terms)
        audit = self.audits.next_audit_id - 1
        self.pass_blocks(2)
        return job, audit

    # auditors

    def committee(self, audit: int) -> list[bytes]:
        """Return who is drawn and has no seat yet, in order."""
        record = self.audits.audits[audit]
        return [
            who
            for who in self.validators
            if is_drawn(self.output(audit, who), record.size, len(self.validators))
            and record.seat_of(who) is None
        ]

    def proof(self, audit: int, who: bytes) -> bytes:
        record = self.audits.audits[audit]
        alpha = vrf_input(record.seed, record.commitment.hash)
        return vrf.prove(self.validators[who].secret[:32], alpha)

    def output(self, audit: int, who: bytes) -> bytes:
        return vrf.output_of(self.proof(audit, who))

    def finding(self, audit: int, who: bytes, verdict: Verdict, result: Result = RESULT) -> Finding:
        tag = NOT_READ
        if verdict is not Verdict.MISSING:
            tag = tag_of(WORK, result, self.output(audit, who))
        return Finding(verdict, tag, who)

    def commit_to(self, audit: int, who: bytes, finding: Finding) -> None:
        record = self.audits.audits[audit]
        sealed = seal(record.seed, record.commitment.hash, who, finding)
        message = sealed_message(record.seed, record.commitment.hash, sealed)
        signature = self.validators[who].sign(message)
        arguments = (audit, who, self.proof(audit, who), sealed, signature)
        self.audits.validate_unsigned("commit", arguments)
        self.call(self.audits.commit, NoOrigin(), *arguments)

    def reading(self, audit: int, who: bytes, result: Result = RESULT) -> Reading:
        record = self.audits.audits[audit]
        randomness = self.audits.shown_by(record)
        assert randomness is not None
        output = self.output(audit, who)
        return prove_reading(WORK, record.commitment, result, output, randomness)

    def show(self, audit: int, who: bytes, finding: Finding, result: Result = RESULT) -> None:
        is_missing = finding.verdict is Verdict.MISSING
        reading = NOTHING_READ if is_missing else self.reading(audit, who, result)
        arguments = (audit, who, finding, reading)
        self.audits.validate_unsigned("reveal", arguments)
        self.call(self.audits.reveal, NoOrigin(), *arguments)

    def seal_all(self, audit: int, verdicts: dict[bytes, Verdict], result: Result = RESULT) -> None:
        """Let auditors commit, and wait until they may reveal."""
        for who, verdict in verdicts.items():
            self.commit_to(audit, who, self.finding(audit, who, verdict, result))
        while self.audits.audits[audit].phase is audits.Phase.COMMITTING:
            self.next_block()
        self.next_block()
        self.next_block()

    def judge(self, audit: int, verdicts: dict[bytes, Verdict], result: Result = RESULT) -> None:
        """Let auditors commit and reveal, and wait for the decision."""
        self.seal_all(audit, verdicts, result)
        for who, verdict in verdicts.items():
            self.show(audit, who, self.finding(audit, who, verdict, result), result)
        self.next_block()

    def commitment_of(self, audit: int) -> Commitment:
        return self.audits.audits[audit].commitment

    def bond_of(self, who: bytes) -> int:
        """Return what a validator still has at stake."""
        return self.staking.ledger[who].active

    def points(self) -> dict[bytes, int]:
        """Return the points of the validators in this era."""
        return self.staking.eras_reward_points[self.staking.era()].individual

    def new_era(self) -> None:
        """Begin the next era: one session elects for it, the next one opens it."""
        self.context.number = max(self.context.number, 30)
        self.staking.eras.force(Forcing.FORCE_NEW)
        self.poll(self.elections)
        for session in (1, 2):
            self.staking.stakers.on_new_session(session, ())

    def decided(self) -> list[audits.Outcome]:
        """Return how audits were decided so far."""
        return [
            one.outcome
            for one in self.own_events(self.audits)
            if isinstance(one, audits.AuditDecided)
        ]


def flipped(result: Result = RESULT) -> Result:
    """Return a result with one wrong element."""
    cells = np.frombuffer(result.output, "<i4").copy()
    cells[len(cells) // 2] += 1
    return Result(cells.tobytes(), result.auxiliary)

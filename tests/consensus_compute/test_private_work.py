"""A provider and its witnesses take private jobs to their end, and show nobody else."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from consensus.compute.prover import WITNESS_PATIENCE_BLOCKS
from consensus.compute.provider_view import Ports
from consensus.compute.witness import Duty, Witness, WitnessPorts
from consensus.compute.worker import Worker, WorkerSettings
from node.keystore.sealing import open_as_signer, seal, seal_to_signer, x25519_of
from node.sealing import DevelopmentVendor
from runtime.compute.contents import check_output
from runtime.compute.job import DeclineReason, ProofType
from runtime.compute.private import InputHeader, input_name, output_name, sealable_input
from runtime.compute.witnesses import Testimony as Said
from runtime.compute.witnesses import decode_quorum, prove_quorum, quorum_of
from runtime.primitives.crypto import KeyKind, Pair, pair_from_uri
from tests.consensus_compute.fakes import BLOCK_SECONDS, FakeBlobs, FakeChain, FakeDevice, FakeLog
from tests.runtime_compute.orders import JOB, PROVIDER, order
from tests.runtime_compute.private_orders import (
    SECRET,
    VALIDATORS,
    VENDOR,
    VENDOR_PAIR,
    PrivateOrder,
    attested_spec,
    private_order,
)

PUBLIC = order(100, 70, 50)
CLIENT = pair_from_uri(KeyKind.ED25519, "//client")
PROVIDER_PAIR = pair_from_uri(KeyKind.ED25519, "//provider")
SETTINGS = WorkerSettings(mines=False)


@dataclass
class Boxes:
    """The sealing keys of the provider."""

    def open(self, box: bytes) -> bytes:
        return open_as_signer(PROVIDER_PAIR.secret, box)

    def seal(self, key: bytes, plain: bytes) -> bytes:
        return seal(key, plain)

    def seal_to_signer(self, key: bytes, plain: bytes) -> bytes:
        return seal_to_signer(key, plain)


@dataclass
class Heard:
    """Gossip of testimonies, and who hears it."""

    chain: FakeChain
    words: list[Said] = field(default_factory=list)

    async def testimony(self, testimony: Said) -> None:
        self.words.append(testimony)

    def signed(self, job: int, segment: int) -> tuple[bytes, ...]:
        return tuple(one.word.witness for one in self.words if (one.job, one.segment) == (job, 0))

    def proof(self, job: int, segment: int) -> bytes | None:
        (item,) = self.chain.view().awaiting
        return prove_quorum(item.witnesses, [one.word for one in self.words])


@dataclass
class OneValidator:
    """What one validator sees, and its key."""

    chain: FakeChain
    heard: Heard
    pair: Pair

    async def waiting(self) -> AsyncIterator[tuple[Duty, ...]]:
        while True:
            yield tuple(
                Duty(item.spec, item.commitment, item.randomness, self.pair.public)
                for item in self.chain.view().awaiting
                if item.randomness is not None
                and self.pair.public in item.witnesses
                and self.pair.public not in self.heard.signed(*item.id)
            )
            await trio.sleep(BLOCK_SECONDS)

    def open(self, witness: bytes, box: bytes) -> bytes:
        assert witness == self.pair.public
        return open_as_signer(self.pair.secret, box)

    def sign(self, witness: bytes, message: bytes) -> bytes:
        assert witness == self.pair.public
        return self.pair.sign(message)


class World:
    """A provider, some validators, and a private job whose client is done but for fetching."""

    def __init__(self, validators: int = 4) -> None:
        self.pairs = VALIDATORS[:validators]
        self.chain = FakeChain(
            validators=tuple(pair.public for pair in self.pairs), vendors=(VENDOR,)
        )
        self.blobs, self.device, self.log = FakeBlobs(), FakeDevice(), FakeLog()
        self.heard = Heard(self.chain)
        private = private_order(PUBLIC.sizes, PUBLIC.content)
        spec = replace(private.spec, reply_key=x25519_of(CLIENT.public))
        self.order: PrivateOrder = replace(private, spec=spec)
        self.sealing: Boxes | None = Boxes()
        self.attester: DevelopmentVendor | None = DevelopmentVendor(VENDOR_PAIR, VENDOR)
        self.offline: tuple[bytes, ...] = ()

    def header(self) -> InputHeader:
        assert self.order.spec.reply_key is not None
        return InputHeader(JOB, PROVIDER, self.order.spec.reply_key, SECRET)

    def serve_input(self, header: InputHeader | None = None, to: Pair = PROVIDER_PAIR) -> None:
        plain = sealable_input(header or self.header(), self.order.content)
        box = seal_to_signer(to.public, plain)
        self.blobs.content[input_name(JOB, PROVIDER)] = box

    def assign(self) -> None:
        self.chain.assign(JOB, self.order.spec)

    async def run(self, blocks: float) -> None:
        """Let a fresh worker and the validators that are online run for some blocks."""
        ports = Ports(
            *(self.chain, self.blobs, self.chain, self.device, self.log),
            sealing=self.sealing,
            testimonies=self.heard,
            attester=self.attester,
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Worker(PROVIDER, SETTINGS, ports, offload=at_once).run)
            for pair in self.pairs:
                if pair.public not in self.offline:
                    nursery.start_soon(self.witness(pair).run)
            await trio.sleep(blocks * BLOCK_SECONDS - 0.5)
            nursery.cancel_scope.cancel()

    def witness(self, pair: Pair) -> Witness:
        one = OneValidator(self.chain, self.heard, pair)
        return Witness(WitnessPorts(one, self.blobs, one, self.heard, self.log), at_once)

    def declined(self) -> DeclineReason:
        name, arguments = self.chain.calls[-1]
        assert (name, arguments["job"]) == ("Jobs.decline_job", JOB)
        reason: DeclineReason = arguments["reason"]
        return reason

    def readable(self, *secrets: bytes) -> bool:
        """Whether something that is served, or that was put on chain, shows any of the secrets."""
        everything = [*self.blobs.content.values(), *self.chain.proofs]
        return any(secret in raw for raw in everything for secret in secrets)


async def at_once(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function that takes long here and now: threads know no mock clock."""
    return function(*arguments)


def pieces(content: bytes, size: int = 16) -> list[bytes]:
    """Return parts of a content that would not stand anywhere by chance."""
    return [content[at : at + size] for at in range(0, len(content) - size, 97)]


async def test_a_private_job_is_settled_by_the_word_of_its_witnesses(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.serve_input()
    world.assign()
    await world.run(blocks=9)
    assert world.chain.settled == [JOB]
    (proof,) = world.chain.proofs
    assert len(decode_quorum(proof)) == quorum_of(4) == 3
    commitment = world.order.commitment()
    output = open_as_signer(CLIENT.secret, world.blobs.content[output_name(commitment)])
    check_output(world.order.work, commitment, output, SECRET)
    assert output == world.order.result.output


async def test_nothing_that_is_served_or_put_on_chain_can_be_read(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.serve_input()
    world.assign()
    await world.run(blocks=9)
    assert world.chain.settled == [JOB]
    content, output = world.order.content, world.order.result.output
    assert not world.readable(SECRET, *pieces(content), *pieces(output))
    world.blobs.content[b"leak"] = b"..." + output[97:200]
    assert world.readable(*pieces(output)), "the search finds what there is"


async def test_no_more_witnesses_are_asked_than_must_sign(autojump_clock: MockClock) -> None:
    world = World(validators=10)
    world.serve_input()
    world.assign()
    await world.run(blocks=9)
    assert world.chain.settled == [JOB]
    boxes = len(world.blobs.content) - 2
    assert boxes == quorum_of(10) == 7 < len(world.pairs)


async def test_witnesses_that_are_offline_are_replaced(autojump_clock: MockClock) -> None:
    world = World(validators=10)
    world.serve_input()
    world.assign()
    world.offline = world.chain.validators
    await world.run(blocks=4)
    (awaiting,) = world.chain.view().awaiting
    assert len(awaiting.witnesses) == 10
    world.offline = awaiting.witnesses[:2]
    await world.run(blocks=6 + WITNESS_PATIENCE_BLOCKS)
    assert world.chain.settled == [JOB]
    (proof,) = world.chain.proofs
    assert not set(world.offline) & {word.witness for word in decode_quorum(proof)}


async def test_without_a_quorum_nothing_is_opened(autojump_clock: MockClock) -> None:
    world = World()
    world.serve_input()
    world.assign()
    world.offline = world.chain.validators[:2]
    await world.run(blocks=12)
    assert world.chain.settled == []
    assert "opening" not in world.chain.steps
    assert len(world.heard.words) == 2


async def test_witnesses_do_not_sign_for_a_wrong_result(autojump_clock: MockClock) -> None:
    world = World()
    world.serve_input()
    world.assign()
    lie = bytes(byte ^ 1 for byte in world.order.result.output)
    honest = world.device.run

    async def lying(work: Any, content: bytes) -> Any:
        return replace(await honest(work, content), output=lie)

    world.device.run = lying  # type: ignore[method-assign]
    await world.run(blocks=10)
    assert world.chain.settled == []
    assert world.heard.words == []
    assert "sample_refused" in world.log.events


async def test_a_worker_that_restarts_computes_a_private_result_again(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.serve_input()
    world.assign()
    await world.run(blocks=2)
    assert world.chain.steps == ["Jobs.start_job", "Jobs.commit_segment"]
    assert world.device.products == 1
    await world.run(blocks=9)
    assert world.chain.settled == [JOB]
    assert world.device.products == 2


@pytest.mark.parametrize(
    "change", [{"job": JOB + 1}, {"reply_key": x25519_of(PROVIDER_PAIR.public)}]
)
async def test_an_input_copied_from_another_job_is_not_used(
    change: dict[str, Any], autojump_clock: MockClock
) -> None:
    """Else whoever copies a sealed input has its result sealed to itself."""
    world = World()
    world.serve_input(replace(world.header(), **change))
    world.assign()
    await world.run(blocks=16)
    assert world.device.products == 0
    assert world.declined() is DeclineReason.INPUT_UNAVAILABLE


async def test_an_input_that_was_sealed_to_another_key_is_not_read(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.serve_input(to=CLIENT)
    world.assign()
    await world.run(blocks=16)
    assert world.device.products == 0
    assert world.declined() is DeclineReason.INPUT_UNAVAILABLE


async def test_a_provider_without_a_key_gives_private_jobs_back(autojump_clock: MockClock) -> None:
    world = World()
    world.sealing = None
    world.assign()
    await world.run(blocks=2)
    assert world.chain.steps == ["Jobs.decline_job"]
    assert world.declined() is DeclineReason.NO_SEALING_KEY


async def test_a_reply_key_that_is_none_costs_its_client_the_job_and_nobody_else(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.order = replace(world.order, spec=replace(world.order.spec, reply_key=bytes(32)))
    world.serve_input()
    world.assign()
    await world.run(blocks=4)
    assert world.chain.steps == ["Jobs.decline_job"]
    assert world.declined() is DeclineReason.BAD_SPEC


async def test_a_seat_whose_key_is_none_is_silent_and_replaced(autojump_clock: MockClock) -> None:
    world = World()
    world.chain.validators = (bytes(32), *world.chain.validators[:3])
    world.pairs = world.pairs[:3]
    world.serve_input()
    world.assign()
    await world.run(blocks=9 + WITNESS_PATIENCE_BLOCKS)
    assert world.chain.settled == [JOB]


async def test_seats_that_are_drawn_anew_are_asked_anew(autojump_clock: MockClock) -> None:
    """The validators change while a segment waits: whom the provider had asked counts no more."""
    world = World()
    world.serve_input()
    world.assign()
    after = VALIDATORS[4:8]

    async def change() -> None:
        await trio.sleep(4.5 * BLOCK_SECONDS)
        world.chain.validators = tuple(pair.public for pair in after)
        world.heard.words.clear()

    world.offline = world.chain.validators
    world.pairs = [*world.pairs, *after]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(change)
        await world.run(blocks=12)
    assert world.chain.settled == [JOB]
    signers = {word.witness for word in decode_quorum(world.chain.proofs[0])}
    assert signers <= {pair.public for pair in after}


@pytest.mark.parametrize("is_private", [False, True])
async def test_an_attested_job_is_settled_by_the_word_of_a_vendor(
    is_private: bool, autojump_clock: MockClock
) -> None:
    world = World()
    spec = world.order.spec if is_private else PUBLIC.spec
    world.order = replace(world.order, spec=attested_spec(spec))
    if is_private:
        world.serve_input()
    world.blobs.content[spec.input_root] = PUBLIC.content
    world.assign()
    await world.run(blocks=8)
    assert world.chain.settled == [JOB]
    assert len(world.chain.proofs[0]) == 6 * 32 + 64
    assert world.heard.words == []


async def test_a_provider_without_such_hardware_gives_attested_jobs_back(
    autojump_clock: MockClock,
) -> None:
    world = World()
    world.attester = None
    world.order = replace(world.order, spec=attested_spec(PUBLIC.spec))
    world.assign()
    await world.run(blocks=2)
    assert world.declined() is DeclineReason.NO_ATTESTATION
    assert world.order.spec.proof is ProofType.ATTESTED

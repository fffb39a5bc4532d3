"""A private job at its client: secrets on disk, what is refused, and to whom an input is sealed."""

import stat
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cli.errors import CommandError, DispatchFailed, UsageError
from cli.ordering import Buying, way_of
from cli.sdk.jobs import Way, order_work
from cli.sdk.matmul import matmul_work
from cli.sdk.private import (
    InputSealing,
    Secrets,
    beside,
    check_sealed_output,
    kept_secrets,
    load_secrets,
    new_secrets,
    save_secrets,
)
from node.keystore.sealing import new_pair, seal
from runtime.compute.contents import BadPayload, WrongPayloadRoot, input_root
from runtime.compute.job import ProofType
from runtime.compute.private import InputHeader, input_name, opened_input
from runtime.compute.registry import check_spec
from runtime.pallets.jobs.records import Job, JobState
from runtime.primitives.types import UNIT
from tests.runtime_compute.private_orders import SECRET, private_product

PROVIDER, ANOTHER = b"p" * 32, b"a" * 32
A, B = np.eye(8, dtype=np.int8), np.ones((8, 16), np.int8)


@pytest.fixture
def secrets() -> Secrets:
    return new_secrets()


def buying(**words: Any) -> Buying:
    return Buying(max_price="5AGPU", **words)


def test_a_private_order_says_where_the_result_goes_and_hides_its_input(secrets: Secrets) -> None:
    work, content = matmul_work(A, B)
    way = Way(ProofType.WITNESSED, secrets)
    spec = order_work(work, content, 5 * UNIT, 100, way=way).spec
    assert (spec.proof, spec.reply_key) == (ProofType.WITNESSED, secrets.reply.public)
    assert spec.input_root == input_root(work, content, secrets.salt) != input_root(work, content)
    check_spec(spec)


def test_secrets_lie_beside_the_result_for_their_owner_alone(
    tmp_path: Path, secrets: Secrets
) -> None:
    path = beside(tmp_path / "c.npy")
    save_secrets(secrets, path)
    assert path.name == "c.npy.secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secrets(path) == secrets
    for shown in (repr(secrets), str(secrets)):
        assert secrets.salt.hex() not in shown
        assert repr(secrets.salt) not in shown
        assert repr(secrets.reply.secret) not in shown


def test_secrets_are_not_written_over(tmp_path: Path, secrets: Secrets) -> None:
    out, told = tmp_path / "c.npy", list[str]()
    with kept_secrets(secrets, out, told.append):
        assert load_secrets(beside(out)) == secrets, "before the job is ordered"
    assert told == [f"{beside(out)} opens the result of this job: keep it as long as you want that"]
    with pytest.raises(UsageError, match="holds the secrets of another job: name another --out"):
        way_of(buying(private=True, out=out))
    assert load_secrets(beside(out)) == secrets


@pytest.mark.parametrize(("error", "left"), [(DispatchFailed("no"), 0), (CommandError("?"), 1)])
def test_secrets_of_a_job_go_only_when_the_chain_has_refused_it(
    tmp_path: Path, secrets: Secrets, error: CommandError, left: int
) -> None:
    with (
        pytest.raises(type(error)),
        kept_secrets(secrets, tmp_path / "c.npy", lambda _: None),
    ):
        raise error
    assert len(list(tmp_path.iterdir())) == left


@pytest.mark.parametrize(
    "text", ["", "[]", '{"reply": "00"}', '{"reply": "0x00", "salt": "0x00"}', '{"reply": 1}']
)
def test_a_file_without_secrets_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.secret"
    path.write_text(text)
    with pytest.raises(UsageError, match="wanted the secrets of a private job"):
        load_secrets(path)
    with pytest.raises(UsageError, match="wanted the secrets of a private job"):
        load_secrets(tmp_path / "absent")


@pytest.mark.parametrize(
    ("words", "proof"),
    [
        ({}, ProofType.SAMPLED),
        ({"proof": "sampled"}, ProofType.SAMPLED),
        ({"proof": "attested"}, ProofType.ATTESTED),
        ({"private": True}, ProofType.WITNESSED),
        ({"private": True, "proof": "attested"}, ProofType.ATTESTED),
    ],
)
def test_a_job_is_proven_as_was_asked(
    words: dict[str, Any], proof: ProofType, tmp_path: Path
) -> None:
    way = way_of(buying(out=tmp_path / "c.npy", **words))
    assert (way.proof, way.secrets is not None) == (proof, "private" in words)
    assert list(tmp_path.iterdir()) == []


def test_a_private_job_needs_a_place_for_its_secrets_and_shows_no_sample(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="wanted --out, beside which the secrets"):
        way_of(buying(private=True))
    with pytest.raises(UsageError, match="a sample that every node recomputes"):
        way_of(buying(private=True, proof="sampled", out=tmp_path / "c.npy"))
    assert list(tmp_path.iterdir()) == []


@dataclass
class Chain:
    """A client that sees one item of the state, and uploads."""

    keys: dict[bytes, bytes] = field(default_factory=dict)
    uploads: list[tuple[bytes, bytes]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def block_hash(self, at: str) -> bytes:
        assert at == "final", "a provider of an abandoned block must read nothing"
        return bytes(32)

    async def storage(self, pallet: str, item: str, who: bytes, *, at: bytes) -> bytes | None:
        assert (pallet, item, at) == ("Sealing", "Keys", bytes(32))
        return self.keys.get(who)

    def address(self, account: bytes) -> str:
        return account.decode()

    async def upload(self, client: Any, payload: bytes, name: bytes) -> None:
        self.uploads.append((name, payload))


def record(provider: bytes | None, state: JobState) -> Job:
    job: Job = SimpleNamespace(provider=provider, state=state)  # type: ignore[assignment]
    return job


async def test_the_input_is_sealed_to_each_provider_once(secrets: Secrets) -> None:
    first, second = new_pair(), new_pair()
    chain = Chain({PROVIDER: first.public, ANOTHER: second.public})
    sealing = InputSealing(4, b"content", secrets, chain.upload, chain.told.append)
    client: Any = chain
    for seen in (
        record(None, JobState.QUEUED),
        record(PROVIDER, JobState.ASSIGNED),
        record(PROVIDER, JobState.ASSIGNED),
        record(None, JobState.QUEUED),
        record(ANOTHER, JobState.ASSIGNED),
        record(ANOTHER, JobState.COMPLETED),
    ):
        await sealing.attend(client, seen)
    assert [name for name, _ in chain.uploads] == [input_name(4, PROVIDER), input_name(4, ANOTHER)]
    for (_, box), pair, provider in zip(
        chain.uploads, (first, second), (PROVIDER, ANOTHER), strict=True
    ):
        header = InputHeader(4, provider, secrets.reply.public, bytes(32))
        assert opened_input(header, pair.open(box)) == (secrets.salt, b"content")
        assert b"content" not in box


async def test_a_provider_that_has_started_is_served_too(secrets: Secrets) -> None:
    pair = new_pair()
    chain = Chain({PROVIDER: pair.public})
    sealing = InputSealing(4, b"content", secrets, chain.upload, chain.told.append)
    client: Any = chain
    await sealing.attend(client, record(PROVIDER, JobState.RUNNING))
    assert len(chain.uploads) == 1


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, "has published no key to seal to: it will give the job back"),
        ({PROVIDER: bytes(32)}, "nothing can be sealed to the key of"),
    ],
)
async def test_where_there_is_no_key_nothing_is_served(
    secrets: Secrets, keys: dict[bytes, bytes], told: str
) -> None:
    chain = Chain(keys)
    sealing = InputSealing(4, b"content", secrets, chain.upload, chain.told.append)
    client: Any = chain
    await sealing.attend(client, record(PROVIDER, JobState.ASSIGNED))
    assert chain.uploads == []
    assert told in chain.told[0]


def test_an_output_opens_with_its_secrets_only(secrets: Secrets) -> None:
    private = private_product(20, 30, 40)
    held = replace(secrets, salt=SECRET)
    box = seal(held.reply.public, private.result.output)
    check = partial(check_sealed_output, private.work, private.commitment())
    check(held, box)
    with pytest.raises(BadPayload, match="it was not sealed to these secrets"):
        check(replace(held, reply=new_pair()), box)
    with pytest.raises(WrongPayloadRoot):
        check(secrets, box)
    with pytest.raises(BadPayload):
        check(held, box[:-1])

"""Setting up a provider: keys, settings, registration, and the node that it starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.errors import CommandError, UsageError
from cli.main import run
from cli.options import Signing
from cli.provider.settings import (
    Provider,
    Settings,
    acting_key,
    load_settings,
    memory_mib,
    signer_of,
    text_of,
)
from cli.provider.setup import Offer, micro_units, node_config, registration
from node.config import NodeConfig
from node.keystore import keystore as keystore_module
from node.keystore.vault import Cost, Vault, create_vault
from runtime.compute.job import Market
from runtime.pallets.providers import PayoutDestination
from runtime.primitives.crypto import verify_signature
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.cli.provider_world import OTHER, OWNER, included, settings_for, written
from tests.support.chain import MemoryChain


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = Cost(operations=1, memory_bytes=8192)

    def create_cheaply(directory: Path, password: bytes, _cost: Cost | None) -> Vault:
        return create_vault(directory, password, cheap)

    monkeypatch.setattr(keystore_module, "create_vault", create_cheaply)
    monkeypatch.setenv("STARMINER_PASSWORD", "correct horse")


def words(directory: Path, *more: str) -> list[str]:
    base, file = str(directory / "base"), str(directory / "provider.toml")
    return ["provider", "init", "--base-path", base, "--settings", file, "-o", "json", *more]


def initialised(directory: Path, capsys: Any, *more: str) -> dict[str, Any]:
    assert run(words(directory, *more)) == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return shown


def test_init_makes_a_sealed_key_and_settings_that_name_it(tmp_path: Path, capsys) -> None:
    shown = initialised(tmp_path, capsys, "--device", "numpy", "--device-memory", "512MiB")
    settings = load_settings(tmp_path / "provider.toml")
    assert (settings.key, settings.device) == (shown["public_key"], "numpy")
    (sealed,) = Path(shown["keystore"]).glob("prov-*.key.json")
    assert settings.key.removeprefix("0x") in sealed.name
    signer = signer_of(Signing(), Provider(tmp_path / "provider.toml"))
    assert verify_signature(signer.kind, signer.sign(b"words"), b"words", settings.public)


def test_init_brings_a_key_of_ones_own(tmp_path: Path, capsys) -> None:
    (tmp_path / "secret").write_text("//Alice\n")
    shown = initialised(tmp_path, capsys, "--secret-file", str(tmp_path / "secret"))
    assert shown["address"] == "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


def test_init_replaces_nothing_and_tries_without_writing(tmp_path: Path, capsys) -> None:
    shown = initialised(tmp_path, capsys, "--dry-run")
    assert (shown["would_write"], list(tmp_path.iterdir())) == (True, [])
    initialised(tmp_path, capsys)
    assert run(words(tmp_path)) == 1
    assert "is there already: name another file with --settings" in capsys.readouterr().err


def test_init_without_a_password_says_where_it_may_come_from(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STARMINER_PASSWORD")
    assert run(words(tmp_path)) == 2
    assert "STARMINER_PASSWORD, which is not set" in capsys.readouterr().err


def test_without_settings_the_next_command_is_named(tmp_path: Path, capsys) -> None:
    file = str(tmp_path / "none.toml")
    assert run(["provider", "start", "--settings", file]) == 1
    assert "make it with `starminer provider init`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("chain = ", "Invalid value"),
        ('chain = "dev"', "wanted base_path = …"),
        ('chain = "dev"\nbase_path = "b"\nkey = "0x12"', "key: wanted 0x and 64 hex digits"),
        ('colour = "red"', "got colour"),
        ('chain = 1\nbase_path = "b"\nkey = "k"', "wanted text in quotes for chain"),
    ],
)
def test_settings_that_are_none_are_refused(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "provider.toml").write_text(text)
    with pytest.raises(CommandError, match=complaint):
        load_settings(tmp_path / "provider.toml")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("device", "tpu", "device: wanted auto or cuda or numpy, got 'tpu'"),
        ("executor", "slurm", "executor: wanted local or ray, got 'slurm'"),
        ("device_memory", "2", "device_memory: wanted memory with its unit"),
    ],
)
def test_a_setting_out_of_range_is_refused(
    name: str, value: str, complaint: str, tmp_path: Path
) -> None:
    text = text_of(settings_for(OWNER)).splitlines()
    lines = [f'{name} = "{value}"' if line.startswith(f"{name} =") else line for line in text]
    (tmp_path / "provider.toml").write_text("\n".join(lines))
    with pytest.raises(CommandError, match=complaint):
        load_settings(tmp_path / "provider.toml")


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    settings = Settings("dev", 'a "b" \\ c', "0x" + "ab" * 32, "ray", "head:6379", "cuda", "8GiB")
    assert load_settings(written(settings, tmp_path)) == settings


def test_start_runs_a_node_that_the_settings_describe() -> None:
    settings = Settings("dev", "base", "0x" + "ab" * 32, "ray", "head:6379", "cuda", "8GiB")
    config = node_config(settings, NodeConfig(rpc_port=1234))
    assert (config.provider, config.register, config.rpc_port) == (True, False, 1234)
    assert (config.executor, config.ray_address, config.device) == ("ray", "head:6379", "cuda")
    assert (config.device_memory_mib, config.base_path) == (8192, Path("base"))


async def test_registering_puts_the_least_bond_on_hold_and_names_the_node_key() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    call = await registration(client, settings_for(OTHER), Offer(payout="bond", hardware="card"))
    (await included(rpc, client, call.encoded, OWNER)).required()
    record = rpc.chain.runtime().providers.providers[OWNER.account]
    assert (record.bond, record.info.node_key) == (100 * UNIT, OTHER.public)
    assert (record.info.market, record.info.rating) == (Market(1, 0), 1)
    assert record.info.payout is PayoutDestination.BOND
    assert "bond=100 AGPU" in call.shown


@pytest.mark.parametrize(
    ("offer", "complaint"),
    [
        (Offer(bond="1AGPU"), "asks for 100000000000000 planck or more, got 1000000000000planck"),
        (Offer(bond="500"), "--bond: wanted an amount with its unit"),
        (Offer(rating="5"), "--rating: wanted a speed with its unit"),
        (Offer(rating="0CU/s"), "--rating: wanted a speed with its unit"),
        (Offer(tier=9), "wanted --tier below 4 and --region below 16, got 9 and 0"),
        (Offer(hardware="x" * 33), "--hardware: wanted at most 32 bytes, got 33"),
    ],
)
async def test_an_offer_that_the_chain_would_refuse_is_refused_before(
    offer: Offer, complaint: str
) -> None:
    client = client_of(ChainRpc(MemoryChain()))
    with pytest.raises(UsageError) as refusal:
        await registration(client, settings_for(OWNER), offer)
    assert complaint in str(refusal.value)


def test_speeds_and_memory_have_units() -> None:
    assert (micro_units("0.25CU/s"), micro_units("12CU/s")) == (250_000, 12_000_000)
    assert (memory_mib("512MiB"), memory_mib("2GiB")) == (512, 2048)
    for text in ("2", "2GB", "-1MiB", "1.5GiB"):
        with pytest.raises(UsageError, match="wanted memory with its unit"):
            memory_mib(text)


def test_a_provider_is_named_by_its_address_or_by_the_settings(tmp_path: Path) -> None:
    file = written(settings_for(OTHER), tmp_path)
    assert acting_key(Provider(file)) == OTHER.public
    assert acting_key(Provider(file, "0x" + OWNER.public.hex())) == OWNER.public
    with pytest.raises(UsageError, match="--account: "):
        acting_key(Provider(file, "nobody"))

"""Chain specs: what is accepted, what is refused and in which words."""

from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from genesis.build import build_block, to_raw
from genesis.notation import parse_account
from genesis.spec import PRESETS, BadSpec, ChainSpec, Genesis, load_spec, parse_spec, to_json
from runtime.compute.shares import DEVELOPMENT_SHARES, MAINNET_SHARES, ShareParameters
from runtime.config import CODE_KEY, ChainConfig, UnknownRuntime
from runtime.executive import Executive
from runtime.frame.fungible import HoldReason
from runtime.pallets.guardian import Member
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.primitives.types import UNIT

DEV = to_json(load_spec("dev"))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_builds_the_same_block_again(name: str) -> None:
    spec = load_spec(name)
    assert build_block(spec).hash == build_block(load_spec(name)).hash


def test_the_presets_are_different_chains() -> None:
    assert len({build_block(load_spec(name)).hash for name in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_spec_survives_its_own_json(name: str) -> None:
    spec = load_spec(name)
    assert parse_spec(to_json(spec), "spec", is_toml=False) == spec


@pytest.mark.parametrize("name", PRESETS)
def test_a_raw_spec_is_the_same_chain(name: str) -> None:
    spec = load_spec(name)
    raw = parse_spec(to_json(to_raw(spec)), "raw", is_toml=False)
    assert raw.genesis.config is None
    assert build_block(raw).storage == build_block(spec).storage
    assert build_block(raw).hash == build_block(spec).hash


def test_a_spec_is_read_from_a_file_of_either_kind(tmp_path: Path) -> None:
    (tmp_path / "chain.json").write_text(DEV)
    preset = Path(__file__).parents[2] / "genesis/presets/dev.toml"
    (tmp_path / "chain.toml").write_text(preset.read_text())
    both = [load_spec(str(tmp_path / name)) for name in ("chain.json", "chain.toml")]
    assert both == [load_spec("dev"), load_spec("dev")]


def test_the_code_of_the_chain_holds_its_constants() -> None:
    config = ChainConfig.decode(build_block(load_spec("dev")).storage[CODE_KEY])
    assert (config.slot_milliseconds, config.epoch_slots, config.ss58_prefix) == (3000, 10, 42)


@pytest.mark.parametrize(
    ("name", "shares"),
    [("dev", DEVELOPMENT_SHARES), ("local", DEVELOPMENT_SHARES), ("testnet", MAINNET_SHARES)],
)
def test_the_presets_ask_for_shares_that_their_machines_find(
    name: str, shares: ShareParameters
) -> None:
    config = ChainConfig.decode(build_block(load_spec(name)).storage[CODE_KEY])
    assert ShareParameters(config.share_size, config.share_target) == shares


def test_what_a_validator_has_at_stake_is_on_hold_beside_its_balance() -> None:
    block = build_block(load_spec("local"))
    runtime = Executive.of_state(block.state, block.hash).runtime_at(block.state, 0)
    bonds = dict(runtime.staking.ledger.items())
    assert {bond.total for bond in bonds.values()} == {10_000 * UNIT}
    assert len(bonds) == 4
    who = next(iter(bonds))
    assert runtime.balances.held(HoldReason.VALIDATOR_BOND, who) == 10_000 * UNIT
    assert runtime.balances.free(who) == 1_000_000 * UNIT
    assert [weight for _, weight in runtime.grandpa.authorities] == [10_000_000] * 4


def test_the_guardians_of_a_spec_are_seated_until_the_first_election() -> None:
    block = build_block(load_spec("local"))
    runtime = Executive.of_state(block.state, block.hash).runtime_at(block.state, 0)
    names = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")
    wanted = [parse_account(f"//{name}", 42) for name in names]
    wanted.append(parse_account("ed25519://Alice", 42))
    assert runtime.guardian.members == tuple(Member(who, 0, 0) for who in sorted(wanted))
    testnet = build_block(load_spec("testnet"))
    public = Executive.of_state(testnet.state, testnet.hash).runtime_at(testnet.state, 0)
    assert public.guardian.members == ()


@pytest.mark.parametrize(
    ("guardians", "complaint"),
    [
        (["//Bob", "//Bob"], "genesis.config.guardians: two of them are the same"),
        (["//Bob", "Carl"], "genesis.config.guardians[1]: wanted"),
        (["//Bob"] * 8, "genesis.config.guardians: Expected `array` of length <= 7"),
    ],
)
def test_guardians_that_cannot_be_are_refused_by_place(
    guardians: list[str], complaint: str
) -> None:
    written = msgspec.json.decode(DEV)
    written["genesis"]["config"]["guardians"] = guardians
    with pytest.raises(BadSpec) as refusal:
        build_block(parse_spec(msgspec.json.encode(written).decode(), "my.json", is_toml=False))
    assert complaint in str(refusal.value)


def test_a_guardian_of_a_public_chain_has_a_key_of_its_own() -> None:
    written = msgspec.json.decode(to_json(load_spec("testnet")))
    written["genesis"]["config"]["guardians"] = ["//Alice"]
    spec = parse_spec(msgspec.json.encode(written).decode(), "my.json", is_toml=False)
    with pytest.raises(BadSpec, match="'//Alice' on a Live chain: everybody has the key"):
        build_block(spec)


def with_upgrade(version: int, height: int) -> ChainSpec:
    upgrade = f'"upgrade": {{"specVersion": {version}, "height": {height}}}'
    return parse_spec(DEV.replace('"upgrade": null', upgrade, 1), "my.json", is_toml=False)


def test_a_spec_may_schedule_an_upgrade_so_that_a_devnet_rehearses_it() -> None:
    block = build_block(with_upgrade(2, 12))
    runtime = Executive.of_state(block.state, block.hash).runtime_at(block.state, 0)
    assert runtime.runtime_upgrades.scheduled == Upgrade(2, 12)


@pytest.mark.parametrize(
    ("version", "height", "complaint"),
    [
        (1, 12, "genesis.config.upgrade.specVersion: wanted one above 1, got 1"),
        (2, 1, "genesis.config.upgrade.height: wanted at least 2, got 1"),
    ],
)
def test_an_upgrade_that_cannot_be_is_refused(version: int, height: int, complaint: str) -> None:
    with pytest.raises(BadSpec) as refusal:
        build_block(with_upgrade(version, height))
    assert str(refusal.value) == complaint


def test_a_spec_of_a_version_that_this_release_lacks_is_refused_with_what_to_install() -> None:
    spec = parse_spec(
        DEV.replace('"specVersion": 1', '"specVersion": 7', 1), "my.json", is_toml=False
    )
    with pytest.raises(UnknownRuntime, match="install a release that carries starminer 7"):
        build_block(spec)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"id": "starminer_dev",', "", "id is missing"),
        ('"slotMilliseconds": 3000,', "", "genesis.config.consensus.slotMilliseconds is missing"),
        ('"epochSlots": 10', '"epochSlots": 0', "epochSlots: Expected `int` >= 1"),
        ('"epochSlots": 10', '"epochSlot": 10', "unknown field `epochSlot`"),
        ('"chainType": "Development"', '"chainType": "Toy"', "chainType: Invalid enum value 'Toy'"),
        ('"protocolId"', '"protocol"', "unknown field `protocol`"),
        ("{", "", "JSON is malformed"),
    ],
)
def test_a_wrong_spec_is_refused_by_file_and_field(old: str, new: str, complaint: str) -> None:
    with pytest.raises(BadSpec) as refusal:
        parse_spec(DEV.replace(old, new, 1), "my.json", is_toml=False)
    assert str(refusal.value).startswith("my.json: ")
    assert complaint in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            '"//Bob": "1000000AGPU"',
            '"//Bob": "1000000"',
            "genesis.config.balances.//Bob: wanted an amount with its unit, such as 1.5AGPU or "
            "250planck, got '1000000'",
        ),
        (
            '"//Bob": "1000000AGPU"',
            '"//Bob": "1planck"',
            "genesis.config.balances.//Bob: wanted at least the existential deposit, "
            "1000000000 planck, got 1",
        ),
        (
            '"babe": "//Alice"',
            '"babe": "Alice"',
            "genesis.config.validators[0].babe: wanted 0x and 64 hex digits or a name such as "
            "//Alice, got 'Alice'",
        ),
        (
            '"bond": "10000AGPU"',
            '"bond": "0AGPU"',
            "genesis.config.validators[0].bond: wanted a multiple of 1000000000 planck from 1 to "
            "281474976710656 times as much, got 0",
        ),
        (
            '"bond": "10000AGPU"',
            '"bond": "1.0000000001AGPU"',
            "times as much, got 1000000000100",
        ),
        (
            '"bond": "10000AGPU"',
            '"bond": "10000"',
            "genesis.config.validators[0].bond: wanted an amount with its unit",
        ),
        (
            '"shareSize": 512',
            '"shareSize": 500',
            "genesis.config.compute: wanted a multiple of 128, got 500",
        ),
        (
            '"chainType": "Development"',
            '"chainType": "Live"',
            "genesis.config: '//Alice' on a Live chain: everybody has the key of a development "
            "name",
        ),
        (
            '"//Bob": "1000000AGPU"',
            '"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY": "1000000AGPU"',
            "genesis.config.balances.5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY: "
            "the account stands there twice",
        ),
    ],
)
def test_a_spec_that_cannot_be_built_says_which_field(old: str, new: str, complaint: str) -> None:
    assert old in DEV
    spec = parse_spec(DEV.replace(old, new, 1), "my.json", is_toml=False)
    with pytest.raises(BadSpec) as refusal:
        build_block(spec)
    assert complaint in str(refusal.value)


def test_two_validators_with_one_key_are_refused() -> None:
    local = to_json(load_spec("local")).replace('"babe": "//Bob"', '"babe": "//Alice"')
    with pytest.raises(BadSpec, match=r"validators\.babe: two of them are the same"):
        build_block(parse_spec(local, "my.json", is_toml=False))


def test_a_missing_file_is_refused_with_the_presets_named() -> None:
    with pytest.raises(BadSpec) as refusal:
        load_spec("nowhere.json")
    wanted = "wanted one of dev, local, testnet or the path of a chain spec, got 'nowhere.json'"
    assert str(refusal.value).startswith(wanted)


@pytest.mark.parametrize(("parts", "count"), [("", 0), ('"config": CONFIG, "raw": RAW', 2)])
def test_a_spec_has_one_kind_of_genesis(parts: str, count: int) -> None:
    spec = load_spec("dev")
    config = msgspec.json.encode(spec.genesis.config).decode()
    both = parts.replace("CONFIG", config).replace("RAW", '{"top": {"0x00": "0x01"}}')
    text = msgspec.json.encode(structs.replace(spec, genesis=Genesis())).decode()
    text = text.replace('"genesis":{"config":null,"raw":null}', f'"genesis": {{{both}}}')
    with pytest.raises(BadSpec) as refusal:
        parse_spec(text, "my.json", is_toml=False)
    wanted = f"my.json: genesis: wanted either config or raw, got {count} of them"
    assert str(refusal.value) == wanted

"""Vesting from block 0 on: what a spec may say, what a preset says, and what is read of it."""

import pytest
from msgspec import structs

from cli.chain import unlock_row
from genesis.build import GenesisBlock, build_block, to_raw
from genesis.spec import BadSpec, ChainSpec, Genesis, VestingPart, load_spec, parse_spec, to_json
from genesis.vesting import AGPU, AMAX, Unlock, unlocks_of
from runtime.constants import SHARED_POTS, TREASURY
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.frame.fungible import HoldReason
from runtime.pallets.vesting import VestingInfo
from runtime.primitives.types import UNIT

DEV = to_json(load_spec("dev"))
TWO_YEARS = 2 * 365 * 14_400
"""Blocks of six seconds."""


def with_vesting(*schedules: str) -> ChainSpec:
    text = DEV.replace('"vesting": []', f'"vesting": [{", ".join(schedules)}]', 1)
    assert text != DEV, "the notation of a spec has changed"
    return parse_spec(text, "my.json", is_toml=False)


def schedule(
    account: str = "//Alice", amount: str = "1000AMAX", blocks: int = 100, **more: int
) -> str:
    rest = "".join(f', "{name}": {value}' for name, value in more.items())
    return f'{{"account": "{account}", "amount": "{amount}", "blocks": {blocks}{rest}}}'


def runtime_of(block: GenesisBlock) -> Runtime:
    return Executive.of_state(block.state, block.hash).runtime_at(block.state, 0)


def test_what_a_spec_lets_vest_is_held_from_block_0_on() -> None:
    spec = with_vesting(
        schedule(startBlock=50), schedule(amount="5AGPU"), schedule(amount="7AMAX", blocks=3)
    )
    block = build_block(spec)
    runtime, found = runtime_of(block), unlocks_of(block.state, block.hash)
    (alice,) = dict.fromkeys(one.account for one in found)
    assert found == (
        Unlock(alice, AGPU, VestingInfo(5 * UNIT, UNIT // 20, 0)),
        Unlock(alice, AMAX, VestingInfo(1000 * UNIT, 10 * UNIT, 50)),
        Unlock(alice, AMAX, VestingInfo(7 * UNIT, 2333333333334, 0)),
    )
    assert runtime.amax.held(HoldReason.VESTING, alice) == 1007 * UNIT
    assert runtime.amax.total(alice) == 100_000 * UNIT
    assert runtime.amax.inactive_issuance == 1007 * UNIT
    assert runtime.balances.held(HoldReason.VESTING, alice) == 5 * UNIT
    assert unlock_row(found[1], 42) == {
        "account": unlock_row(found[0], 42)["account"],
        "vests": "1,000 AMAX",
        "per_block": "10 AMAX",
        "from_block": 50,
        "free_at_block": 150,
    }


def test_a_raw_spec_tells_the_same_unlocks() -> None:
    plain, raw = build_block(load_spec("testnet")), build_block(to_raw(load_spec("testnet")))
    assert unlocks_of(plain.state, plain.hash) == unlocks_of(raw.state, raw.hash) != ()


FIELD = "genesis.config.vesting"


@pytest.mark.parametrize(
    ("schedules", "complaint"),
    [
        (
            (schedule("//Nobody"),),
            f"{FIELD}[0].amount: wanted an account with what vests and the existential deposit, "
            "1,000.001 AMAX, got one with 0 AMAX",
        ),
        (
            (schedule(amount="60000AMAX"), schedule(amount="40000AMAX")),
            f"{FIELD}[1].amount: wanted an account with what vests and the existential deposit, "
            "100,000.001 AMAX, got one with 100,000 AMAX",
        ),
        (
            (schedule(amount="0.5AMAX"),),
            f"{FIELD}[0].amount: wanted at least 1 AMAX, got 0.5 AMAX",
        ),
        (
            (schedule(amount="10USD"),),
            f"{FIELD}[0]: wanted an amount with its unit, such as 1.5AGPU or 250planck, "
            "got '10USD'",
        ),
        (
            (schedule("treasury"),),
            f"{FIELD}[0].account: wanted an account that owns for itself, got the treasury",
        ),
        (
            tuple(schedule(amount="1AMAX") for _ in range(13)),
            f"{FIELD}[12].account: wanted at most 12 schedules of AMAX for an account, got 13",
        ),
        (
            (schedule(startBlock=2**32 - 10),),
            f"{FIELD}[0]: wanted an end at block 4294967295 at most, got 4294967386",
        ),
    ],
)
def test_what_cannot_vest_is_refused(schedules: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(BadSpec) as refusal:
        build_block(with_vesting(*schedules))
    assert str(refusal.value) == complaint


def test_a_schedule_without_an_end_is_refused() -> None:
    with pytest.raises(BadSpec, match=r"genesis\.config\.vesting\[0\]\.blocks"):
        with_vesting(schedule(blocks=0))


def test_a_live_chain_lets_nothing_vest_for_a_public_key() -> None:
    spec = load_spec("testnet")
    config = spec.genesis.config
    assert config is not None
    bad = VestingPart(account="//Alice", amount="1AMAX", blocks=1)
    genesis = Genesis(config=structs.replace(config, vesting=(bad,)))
    with pytest.raises(BadSpec, match="'//Alice' on a Live chain"):
        build_block(structs.replace(spec, genesis=genesis))


def test_req_58_a_public_chain_begins_with_all_agpu_in_the_treasury() -> None:
    runtime = runtime_of(build_block(load_spec("testnet")))
    accounts = (who for who, _ in runtime.balances.accounts())
    bonds = sum(runtime.balances.held(HoldReason.VALIDATOR_BOND, who) for who in accounts)
    assert runtime.balances.free(TREASURY) == 200_000_000 * UNIT
    others = runtime.balances.total_issuance - runtime.balances.free(TREASURY) - bonds
    pots = len(SHARED_POTS) - 1  # these and four accounts of validators are kept alive
    assert others == (4 + pots) * runtime.balances.minimum


def test_req_54_pots_take_even_the_first_and_smallest_parts_of_fees() -> None:
    runtime = runtime_of(build_block(load_spec("testnet")))
    for pot in SHARED_POTS:
        before = runtime.balances.free(pot)
        runtime.balances.transfer(TREASURY, pot, 1)
        assert runtime.balances.free(pot) == before + (pot != TREASURY)


def test_req_d9_a_public_chain_begins_with_amax_as_the_design_says() -> None:
    block = build_block(load_spec("testnet"))
    runtime, unlocks = runtime_of(block), unlocks_of(block.state, block.hash)
    assert runtime.amax.total_issuance == 40_000_000 * UNIT
    assert runtime.amax.free(TREASURY) == 25_000_000 * UNIT
    assert sum(one.schedule.locked for one in unlocks) == (15_000_000 - len(unlocks)) * UNIT
    assert {one.schedule.ending_block for one in unlocks} == {TWO_YEARS}
    runtime.treasury.on_initialize(1)
    assert runtime.amax.active_issuance() == len(unlocks) * UNIT

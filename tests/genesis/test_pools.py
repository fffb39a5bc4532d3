"""Liquidity of the chain's own: what a spec may say of it, and whose it is from block 0 on."""

import pytest

from genesis.build import GenesisBlock, build_block, to_raw
from genesis.spec import BadSpec, ChainSpec, load_spec, parse_spec, to_json
from runtime.constants import TREASURY
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.frame import BadOrigin, DispatchError, GovernanceOrigin, Governed, Root, Signed
from runtime.frame.fungibles import NATIVE, WithId
from runtime.pallets.asset_conversion import LOCKED_SHARES, Error
from runtime.pallets.asset_conversion.formulas import first_shares
from runtime.primitives.types import UNIT
from tests.support.chain import pair

DEV = to_json(load_spec("dev"))
PAIR = (NATIVE, WithId(7))
STRANGER = pair(99).public
FULL = {
    "asset": "7",
    "name": '"Test dollar"',
    "symbol": '"TUSD"',
    "decimals": "6",
    "issuer": '"//Alice"',
    "agpu": '"1000AGPU"',
    "amount": '"250.5"',
}


def with_pools(*pools: dict[str, str]) -> ChainSpec:
    shown = ", ".join(
        "{" + ", ".join(f'"{name}": {value}' for name, value in one.items()) + "}" for one in pools
    )
    text = DEV.replace('"pools": []', f'"pools": [{shown}]', 1)
    assert '"pools": []' in DEV, "the notation of a spec has changed"
    return parse_spec(text, "my.json", is_toml=False)


def runtime_of(block: GenesisBlock) -> Runtime:
    return Executive.of_state(block.state, block.hash).runtime_at(block.state, 0)


def test_a_pool_of_block_0_is_the_treasurys_and_has_a_price_req_58() -> None:
    runtime = runtime_of(build_block(with_pools(FULL)))
    pools, shares = runtime.asset_conversion, runtime.pool_assets.ledger
    assert pools.reserves(7) == (1000 * UNIT, 250_500_000)
    whole = first_shares(1000 * UNIT, 250_500_000)
    token = pools.shares_of(7)
    assert token == 0
    assert shares.balance(token, TREASURY) == whole - LOCKED_SHARES
    assert shares.total_issuance(token) == whole
    assert pools.spot(7) == 1000 * UNIT * 10**18 // 250_500_000
    shown = runtime.assets.metadata[7]
    assert (shown.name, shown.symbol, shown.decimals) == (b"Test dollar", b"TUSD", 6)
    assert runtime.assets.ledger.total_issuance(7) == 250_500_000, "nobody else has any"


def test_the_treasury_has_what_its_balance_says_besides() -> None:
    before, after = (runtime_of(build_block(one)) for one in (with_pools(), with_pools(FULL)))
    assert after.treasury.pot() == before.treasury.pot()
    grown = after.balances.total_issuance - before.balances.total_issuance
    assert grown == 1000 * UNIT + (after.balances.free(TREASURY) - before.balances.free(TREASURY))


def test_only_the_chain_itself_takes_the_liquidity_out_req_58() -> None:
    runtime = runtime_of(build_block(with_pools(FULL)))
    pools, amount = runtime.asset_conversion, 10**9
    for origin in (Signed(STRANGER), Signed(pair(1).public)):
        with pytest.raises(DispatchError) as refused:
            pools.remove_liquidity(origin, *PAIR, amount, 0, 0, STRANGER)
        assert refused.value.error is Error.ZERO_LIQUIDITY
    for track in GovernanceOrigin:
        with pytest.raises(DispatchError) as refused:
            pools.remove_liquidity(Governed(track), *PAIR, amount, 0, 0, STRANGER)
        assert refused.value.error is BadOrigin.BAD_ORIGIN
    with pytest.raises(DispatchError) as refused:
        pools.remove_liquidity(Root(), *PAIR, amount, 0, 0, STRANGER)
    assert refused.value.error is Error.NOT_THE_TREASURY
    before = runtime.balances.free(TREASURY)
    pools.remove_liquidity(Root(), *PAIR, amount, 0, 0, TREASURY)
    assert runtime.balances.free(TREASURY) > before
    runtime.try_state()


def test_agpu_can_be_bought_and_sold_in_block_1() -> None:
    runtime = runtime_of(build_block(with_pools(FULL)))
    product = 1000 * UNIT * 250_500_000
    runtime.balances.mint_into(STRANGER, 10 * UNIT)
    path = (NATIVE, WithId(7))
    runtime.asset_conversion.swap_exact_tokens_for_tokens(
        Signed(STRANGER), path, UNIT, 1, STRANGER, True
    )
    agpu, units = runtime.asset_conversion.reserves(7)
    assert agpu * units >= product
    assert runtime.assets.ledger.balance(7, STRANGER) == 250_500_000 - units > 0


def test_a_spec_with_pools_reads_back_raw_and_plain() -> None:
    spec = with_pools(FULL)
    assert build_block(to_raw(spec)).hash == build_block(spec).hash
    assert build_block(parse_spec(to_json(spec), "a", is_toml=False)).hash == build_block(spec).hash
    assert build_block(with_pools()).hash != build_block(spec).hash


def test_the_local_preset_has_a_pool_and_the_others_none() -> None:
    pools = {name: load_spec(name).genesis.config.pools for name in ("local", "dev", "testnet")}
    assert {name: len(found) for name, found in pools.items()} == {
        "local": 1,
        "dev": 0,
        "testnet": 0,
    }
    runtime = runtime_of(build_block(load_spec("local")))
    (part,) = pools["local"]
    assert min(runtime.asset_conversion.reserves(part.asset)) > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"asset": "-1"}, "asset: Expected `int` >= 0"),
        ({"name": '""'}, r"pools\[0\].name: wanted 1 to 50 bytes, got 0"),
        ({"symbol": f'"{"x" * 51}"'}, r"pools\[0\].symbol: wanted 1 to 50 bytes, got 51"),
        ({"issuer": '"nobody"'}, r"pools\[0\]: "),
        ({"agpu": '"5"'}, "wanted an amount with its unit"),
        ({"agpu": '"1planck"'}, r"pools\[0\].agpu: wanted at least the existential deposit"),
        ({"amount": '"much"'}, "wanted a number of whole tokens, such as 1_500.25, got 'much'"),
        ({"amount": '"0.1234567"'}, "is finer than a unit: wanted at most 6 decimals"),
        (
            {"amount": '"1"', "leastUnits": "2000000"},
            r"pools\[0\].amount: wanted at least leastUnits, 2000000 units, got 1000000",
        ),
        (
            {"agpu": '"0.001AGPU"', "amount": '"0.000001"'},
            r"wanted amounts whose product has a root above 2000000, got 31622",
        ),
        ({"colour": '"red"'}, "colour"),
    ],
)
def test_a_pool_that_cannot_be_is_refused_by_name(changes: dict[str, str], message: str) -> None:
    with pytest.raises(BadSpec, match=message):
        build_block(with_pools({**FULL, **changes}))


def test_an_asset_has_one_pool_and_a_live_chain_no_issuer_whom_everybody_is() -> None:
    with pytest.raises(BadSpec, match=r"pools\[1\].asset: asset 7 has a pool already"):
        build_block(with_pools(FULL, FULL))
    live = to_json(with_pools(FULL)).replace('"Development"', '"Live"')
    with pytest.raises(BadSpec, match="on a Live chain"):
        build_block(parse_spec(live, "live.json", is_toml=False))

"""The runtime APIs of assets and pools: what they quote is what a swap then does."""

from typing import Any

import pytest

from runtime.api import RuntimeApi
from runtime.frame.fungibles import NATIVE, NativeOrWithId, WithId
from runtime.pallets.asset_conversion import PoolView
from runtime.primitives.extrinsic import Id
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import U32, UNIT, AccountId, Balance
from tests.support.chain import MemoryChain

COIN = WithId(1)
PAIR = (NATIVE, COIN)


class Traded(MemoryChain):
    """A chain with an asset and a pool of 100 AGPU and 100 of it."""

    def __init__(self) -> None:
        super().__init__(3)
        one = Id(self.pairs[2].public)
        self.act("Assets", "create", 1, one, 1)
        self.act("Assets", "mint", 1, one, 10**9)
        self.act("AssetConversion", "create_pool", *PAIR)
        amounts = (100 * UNIT, 10**8, 0, 0)
        self.act("AssetConversion", "add_liquidity", *PAIR, *amounts, one.account)

    def act(self, pallet: str, name: str, *arguments: Any) -> None:
        who = self.pairs[2]
        nonce = self.runtime().system.nonce(who.public)
        self.advance(self.sign(who, self.call(pallet, name, *arguments), nonce))

    def ask(self, name: str, arguments: bytes, answer: Any) -> Any:
        api = RuntimeApi(self.executive)
        found = api.call(name, arguments, self.state, self.head.number, self.head.hash)
        return decode(found, answer)

    def quote(self, name: str, pair: tuple[Any, Any], amount: int, *, include_fee: bool) -> Any:
        arguments = b"".join(encode(one, NativeOrWithId) for one in pair)
        arguments += encode(amount, Balance) + encode(include_fee, bool)
        return self.ask(f"AssetConversionApi_quote_price_{name}", arguments, Balance | None)


@pytest.fixture
def chain() -> Traded:
    return Traded()


def test_what_is_quoted_is_what_a_swap_does(chain: Traded) -> None:
    given = "exact_tokens_for_tokens"
    assert chain.quote(given, PAIR, UNIT, include_fee=False) == 10**6
    out = chain.quote(given, PAIR, UNIT, include_fee=True)
    assert chain.quote("tokens_for_exact_tokens", PAIR, out, include_fee=True) <= UNIT
    assert chain.quote("tokens_for_exact_tokens", PAIR, 10**6, include_fee=False) == UNIT
    before = chain.runtime().assets.ledger.balance(1, chain.pairs[2].public)
    swap = (PAIR, UNIT, out, chain.pairs[2].public, True)
    chain.act("AssetConversion", "swap_exact_tokens_for_tokens", *swap)
    ledger = chain.runtime().assets.ledger
    assert ledger.balance(1, chain.pairs[2].public) == before + out


def test_nothing_is_quoted_that_cannot_be(chain: Traded) -> None:
    for pair in ((NATIVE, NATIVE), (COIN, WithId(2)), (NATIVE, WithId(2))):
        for name in ("exact_tokens_for_tokens", "tokens_for_exact_tokens"):
            for include_fee in (True, False):
                assert chain.quote(name, pair, 1, include_fee=include_fee) is None
    assert chain.quote("tokens_for_exact_tokens", PAIR, 10**8, include_fee=True) is None
    both = encode(COIN, NativeOrWithId) + encode(COIN, NativeOrWithId)
    answer = tuple[Balance, Balance] | None
    assert chain.ask("AssetConversionApi_get_reserves", both, answer) is None


def test_pools_and_balances_are_listed(chain: Traded) -> None:
    pair = encode(COIN, NativeOrWithId) + encode(NATIVE, NativeOrWithId)
    answer = tuple[Balance, Balance] | None
    assert chain.ask("AssetConversionApi_get_reserves", pair, answer) == (10**8, 100 * UNIT)
    (view,) = chain.ask("LiquidityApi_pools", b"", tuple[PoolView, ...])
    assert (view.asset, view.agpu, view.other, view.price) == (1, 100 * UNIT, 10**8, 10**24)
    path = encode((COIN, NATIVE), tuple[NativeOrWithId, ...])
    arguments = path + encode(10**6, Balance) + encode(False, bool)
    quoted = chain.ask("LiquidityApi_quote_path", arguments, Balance | None)
    given = chain.quote("exact_tokens_for_tokens", (COIN, NATIVE), 10**6, include_fee=True)
    assert quoted == given
    who = encode(chain.pairs[2].public, AccountId)
    balances = chain.ask("AssetsApi_account_balances", who, tuple[tuple[U32, Balance], ...])
    assert balances == ((1, 9 * 10**8),)

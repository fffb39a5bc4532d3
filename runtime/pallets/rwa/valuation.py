"""What tokenised assets count for: valued once in each round of the oracle, for everyone.

All quotes lie in one stored list, so that whoever weighs a stake reads one key, however many assets
it is made of and however many stakes there are. A quote says until when it holds; nothing has to
happen for a stale one to count for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.pallets.rwa import formulas
from runtime.pallets.rwa.ports import Reading
from runtime.pallets.rwa.records import Quote, Rwa, RwaView, Status
from runtime.primitives.types import Balance

if TYPE_CHECKING:
    from runtime.pallets.rwa.pallet import RwaPallet


class Valuation:
    """Values assets. Invariant: a quote is of an asset that is approved or frozen."""

    def __init__(self, pallet: RwaPallet) -> None:
        self._pallet = pallet

    def value_of(self, asset: int, units: Balance) -> Balance:
        """Return what units of an asset count for in planck; 0 where nothing vouches for them."""
        now = self._pallet.context.number
        for quote in self._pallet.quotes:
            if quote.asset == asset:
                return formulas.value(quote.price, units) if now <= quote.until else 0
        return 0

    def agpu(self) -> Reading | None:
        """Return the price of AGPU, while it is not stale."""
        pallet = self._pallet
        feed = pallet.feeds.named(pallet.config.agpu_feed)
        return None if feed is None else pallet.feeds.reading(feed)

    def renew(self) -> int:
        """Value every asset that counts; return how many there are."""
        pallet = self._pallet
        listed, agpu = pallet.quotes, self.agpu()
        pallet.quotes = tuple(self._valued(quote.asset, agpu) for quote in listed)
        return len(listed)

    def renew_one(self, asset: int) -> None:
        """Value one asset, which begins to count if it did not."""
        quotes = {quote.asset: quote for quote in self._pallet.quotes}
        quotes[asset] = self._valued(asset, self.agpu())
        self._pallet.quotes = tuple(quotes[number] for number in sorted(quotes))

    def drop(self, asset: int) -> None:
        """Let an asset count no more."""
        kept = tuple(quote for quote in self._pallet.quotes if quote.asset != asset)
        self._pallet.quotes = kept

    def reserve_of(self, record: Rwa) -> Balance | None:
        """Return how many units the reserve of an asset covers; None while nobody says."""
        reading = self._pallet.feeds.reading(record.reserve)
        return None if reading is None else formulas.units_of(reading, record.decimals)

    def is_priced(self, record: Rwa) -> bool:
        """Say whether the price, the reserve and AGPU have values that are not stale."""
        feeds = self._pallet.feeds
        both = (feeds.reading(record.feed), feeds.reading(record.reserve))
        return None not in both and self.agpu() is not None

    def view(self, asset: int) -> RwaView:
        """Return an asset as it stands."""
        record = self._pallet.assets[asset]
        whole = 10**record.decimals
        return RwaView(
            asset=asset,
            issuer=record.issuer,
            bond=record.bond,
            kind=record.kind,
            decimals=record.decimals,
            feed=record.feed,
            reserve_feed=record.reserve,
            haircut=record.haircut,
            cap=record.cap,
            issued=self._pallet.tokens.total_issuance(asset),
            reserve=self.reserve_of(record),
            status=record.status,
            frozen_until=record.frozen_until,
            legal_hash=record.legal_hash,
            token_value=self.value_of(asset, whole),
            token_price=formulas.value(record.reference, whole),
        )

    def _valued(self, asset: int, agpu: Reading | None) -> Quote:
        """Value an asset, and note its price for the day on which nobody says one."""
        pallet, record = self._pallet, self._pallet.assets[asset]
        price = pallet.feeds.reading(record.feed)
        reserve = pallet.feeds.reading(record.reserve)
        if price is None or reserve is None or agpu is None or record.status is Status.FROZEN:
            return Quote(asset, 0, 0)
        covers = formulas.units_of(reserve, record.decimals)
        whole = formulas.price_of(price, agpu, record.decimals)
        whole = formulas.covered(whole, covers, pallet.tokens.total_issuance(asset))
        pallet.assets[asset] = replace(record, reference=whole)
        until = min(price.until, reserve.until, agpu.until)
        return Quote(asset, formulas.after_haircut(whole, record.haircut), until)

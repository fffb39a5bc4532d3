"""Rwa: tokens that stand for things outside, and what they count for in vaults.

An issuer registers an asset with a bond; a referendum approves it, up to a cap. The issuer mints no
more than the cap and than a reserve which the oracle attests. In a vault the tokens weigh what two
feeds say, less a haircut, and nothing while a feed is stale; they are never part of a bond, of a
provider or of a validator. Source: design page "Economy", section 5.11; requirements 15 and 36.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.frame.fungibles import AssetId, Fungibles
from runtime.pallets.rwa import formulas, records, weights
from runtime.pallets.rwa.ports import Collateral, Feeds, Powers, Terms
from runtime.pallets.rwa.records import (
    EVENTS,
    FREEZE_ERAS,
    MAX_DECIMALS,
    MAX_LISTED,
    PERBILL,
    Config,
    Error,
    Meta,
    Quotes,
    Rwa,
    RwaView,
    Status,
    haircut_of,
)
from runtime.pallets.rwa.valuation import Valuation
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U32, U128, AccountId, Balance, BlockNumber

HOLD = HoldReason.RWA_ISSUER


class RwaPallet(Pallet):
    """Tokens that stand for things outside, and what they count for in vaults."""

    events = EVENTS
    errors = Error

    assets: Map[AssetId, Rwa] = Map(hasher=TWOX_64_CONCAT)
    """Every tokenised asset."""
    quotes: Value[Quotes] = Value(default=())
    """What the approved ones count for, in order of their numbers."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        tokens: Fungibles,
        powers: Powers,
        config: Config,
        *,
        feeds: Feeds,
        collateral: Collateral,
        terms: Terms,
        index: int,
        name: str = "Rwa",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.tokens, self.powers = currency, tokens, powers
        self.config, self.feeds, self.collateral = config, feeds, collateral
        self.terms = terms
        self.valuation = Valuation(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=weights.RECORD + weights.MONEY + weights.TOKENS + weights.TERMS)
    def register_rwa(self, origin: Origin, meta: Meta, bond: Balance) -> None:
        """Offer an asset with 1,000 AGPU or more on hold; a referendum decides whether it counts.

        The bond comes back when no token is left, less what a referendum declares forfeited. It
        costs 10 AGPU besides, for the treasury.
        """
        who = ensure_signed(origin)
        is_new = meta.asset not in self.assets and not self.tokens.exists(meta.asset)
        ensure(is_new, Error.ASSET_EXISTS)
        ensure(meta.decimals <= MAX_DECIMALS, Error.INVALID_META)
        ensure(bond >= self.config.minimum_bond, Error.BOND_TOO_LOW)
        self.currency.transfer(who, self.config.beneficiary, self.config.entry_fee)
        self.currency.hold(HOLD, who, bond)
        self.tokens.create(meta.asset, self.config.account, 1)
        self.assets[meta.asset] = Rwa(
            issuer=who,
            bond=bond,
            kind=meta.kind,
            decimals=meta.decimals,
            feed=meta.feed,
            reserve=meta.reserve,
            haircut=haircut_of(meta.kind, self.terms.rwa),
            cap=0,
            status=Status.REGISTERED,
            legal_hash=meta.legal_hash,
            frozen_until=0,
            thawed_at=0,
            reference=0,
        )
        self.deposit(records.RwaRegistered(meta.asset, who, bond, meta.legal_hash))

    @call(1, weight=weights.QUOTED)
    def approve_rwa(self, origin: Origin, asset: AssetId, haircut: U32 | None, cap: U128) -> None:
        """Let an asset count, up to a cap of tokens; or change both. A referendum on registries.

        Without a haircut, in parts per billion, that of its kind, which is a parameter: 40 %, of
        treasury bills 10 %, of energy credits 50 %.
        """
        self.powers.lists(origin)
        record = self._find(asset)
        ensure(record.status in (Status.REGISTERED, Status.APPROVED), Error.NOT_APPROVED)
        haircut = haircut_of(record.kind, self.terms.rwa) if haircut is None else haircut
        ensure(haircut < PERBILL, Error.HAIRCUT_OUT_OF_RANGE)
        ensure(cap >= self.tokens.total_issuance(asset), Error.CAP_BELOW_ISSUED)
        is_new = record.status is Status.REGISTERED
        ensure(not is_new or len(self.quotes) < MAX_LISTED, Error.TOO_MANY_LISTED)
        ensure(self.valuation.is_priced(record), Error.STALE_FEED)
        self.assets[asset] = replace(record, haircut=haircut, cap=cap, status=Status.APPROVED)
        self.valuation.renew_one(asset)
        self.deposit(records.RwaApproved(asset, haircut, cap))

    @call(2, weight=weights.RECORD + weights.READING + weights.TOKENS)
    def mint_rwa(self, origin: Origin, asset: AssetId, to: AccountId, amount: U128) -> None:
        """Make tokens of an asset: its issuer, within the cap and the attested reserve."""
        record = self._issued_by(origin, asset)
        ensure(record.status is Status.APPROVED, Error.NOT_APPROVED)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        issued = self.tokens.total_issuance(asset) + amount
        ensure(issued <= record.cap, Error.CAP_EXCEEDED)
        reserve = require(self.valuation.reserve_of(record), Error.STALE_FEED)
        ensure(issued <= reserve, Error.RESERVE_EXCEEDED)
        self.tokens.mint_into(asset, to, amount)
        self.deposit(records.RwaMinted(asset, to, amount))

    @call(3, weight=weights.RECORD + weights.TOKENS)
    def burn_rwa(self, origin: Origin, asset: AssetId, amount: U128) -> None:
        """Destroy tokens that the issuer has taken back for what they stand for."""
        record = self._issued_by(origin, asset)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        self.tokens.burn_from(asset, record.issuer, amount)
        self.deposit(records.RwaBurned(asset, amount))

    @call(4, weight=weights.RECORD + weights.TOKENS)
    def freeze_rwa(self, origin: Origin, asset: AssetId) -> None:
        """Stop an asset for 7 eras at most: it neither moves nor counts. By referendum only.

        Guardians do the same by an action of their own.
        """
        self.powers.freezes(origin)
        self.freeze(asset)

    @call(5, weight=weights.QUOTED + weights.TOKENS)
    def thaw_rwa(self, origin: Origin, asset: AssetId) -> None:
        """Let a frozen asset move and count again: a referendum; anyone when its time is over."""
        record = self._find(asset)
        ensure(record.status is Status.FROZEN, Error.NOT_FROZEN)
        if self.context.number < record.frozen_until:
            self.powers.freezes(origin)
        else:
            ensure_signed(origin)
        self._thaw(asset, record)
        self.valuation.renew_one(asset)

    @call(6, weight=weights.LOT + weights.RECORD + weights.TOKENS + weights.MONEY)
    def liquidate(
        self, origin: Origin, asset: AssetId, vault: U32, units: U128, most: Balance
    ) -> None:
        """Buy what a slash took of an asset in a vault, for `most` planck at most. Anyone may.

        The price falls in 7 eras from 120 % of the last known one to nothing. What is paid is the
        treasury's.
        """
        who, config, record = ensure_signed(origin), self.config, self._find(asset)
        ensure(units > 0, Error.ZERO_AMOUNT)
        ensure(record.status is not Status.FROZEN, Error.NOT_APPROVED)
        left, since = require(self.collateral.lot(asset, vault), Error.NOTHING_SEIZED)
        ensure(units <= left, Error.NOTHING_SEIZED)
        passed = self.context.number - max(since, record.thawed_at)
        length = config.auction_eras * config.era_blocks
        price = formulas.auctioned(record.reference, passed, length)
        paid = formulas.cost(price, units)
        ensure(paid <= most, Error.PRICE_TOO_HIGH)
        if paid:
            self.currency.transfer(who, config.beneficiary, paid)
        self.collateral.sell(asset, vault, units, who)
        self.deposit(records.Liquidated(asset, vault, who, units, paid))

    @call(7, weight=weights.RECORD + weights.TOKENS + weights.MONEY)
    def retire_rwa(self, origin: Origin, asset: AssetId, forfeited: U32) -> None:
        """End an asset: it counts no more, and is only given back. A referendum on registries.

        A part of the issuer's bond, in parts per billion, goes to the treasury.
        """
        self.powers.lists(origin)
        record = self._find(asset)
        ensure(record.status is not Status.RETIRED, Error.RETIRED)
        ensure(forfeited <= PERBILL, Error.HAIRCUT_OUT_OF_RANGE)
        if record.status is Status.FROZEN:
            self.tokens.thaw_asset(asset)
        lost = record.bond * forfeited // PERBILL
        if lost:
            self.currency.transfer_on_hold(HOLD, record.issuer, self.config.beneficiary, lost)
        self.valuation.drop(asset)
        bond = record.bond - lost
        self.assets[asset] = replace(record, status=Status.RETIRED, bond=bond)
        self.deposit(records.RwaRetired(asset, lost))

    @call(8, weight=weights.RECORD + weights.TOKENS + weights.MONEY)
    def close_rwa(self, origin: Origin, asset: AssetId) -> None:
        """Have the bond of an asset back of which no token is left. Its issuer only.

        Its number is not used again: what is known by it never becomes another issuer's promise.
        """
        record = self._issued_by(origin, asset)
        ensure(record.status is not Status.FROZEN, Error.NOT_APPROVED)
        ensure(not self.tokens.total_issuance(asset), Error.STILL_ISSUED)
        self.currency.release(HOLD, record.issuer, record.bond)
        self.valuation.drop(asset)
        del self.assets[asset]
        self.deposit(records.RwaClosed(asset, record.bond))

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Value all assets that count, once in each round of the oracle; freezes end by then."""
        if number % self.config.round_blocks != self.config.valuing_block or not self.quotes:
            return weights.LOOK
        thawed = self._end_freezes()
        return weights.ROUND + weights.VALUED * self.valuation.renew() + weights.THAWED * thawed

    @constant
    def minimum_bond(self) -> Balance:
        """Return the least bond of an issuer."""
        return self.config.minimum_bond

    @constant
    def auction_length(self) -> BlockNumber:
        """Return the blocks in which the price of an auction falls to nothing."""
        return self.config.auction_eras * self.config.era_blocks

    # ----------------------------------------------------------------- what other pallets may ask

    def ensure_can_freeze(self, asset: int) -> None:
        """Raise `DispatchError` where an asset does not count, or was frozen not long ago."""
        record = self._find(asset)
        ensure(record.status is Status.APPROVED, Error.NOT_APPROVED)
        rested = not record.thawed_at or self.context.number >= record.thawed_at + self._pause
        ensure(rested, Error.THAWED_LATELY)

    def freeze(self, asset: int) -> None:
        """Stop an asset for 7 eras: it neither moves nor counts.

        Raises:
            DispatchError: it does not count, or was frozen not long ago.
        """
        self.ensure_can_freeze(asset)
        until = self.context.number + self._pause
        self.tokens.freeze_asset(asset)
        self.assets[asset] = replace(self._find(asset), status=Status.FROZEN, frozen_until=until)
        self.quotes = tuple(
            replace(one, price=0) if one.asset == asset else one for one in self.quotes
        )
        self.deposit(records.RwaFrozen(asset, until))

    def value_of(self, asset: int, units: Balance) -> Balance:
        """Return what units of an asset count for in planck, after its haircut.

        0 for one that is not approved, frozen, or valued by a feed that is stale.
        """
        return self.valuation.value_of(asset, units)

    def balance(self, asset: int, who: AccountId) -> Balance:
        """Return what an account has of an asset."""
        return self.tokens.balance(asset, who)

    def transfer(self, asset: int, source: AccountId, dest: AccountId, units: Balance) -> None:
        """Move units of a tokenised asset.

        Raises:
            DispatchError: it is frozen or unknown, or the source has less.
        """
        self._find(asset)
        self.tokens.transfer(asset, source, dest, units, keep_alive=False)

    def listing(self) -> tuple[RwaView, ...]:
        """Return every tokenised asset as it stands, by number."""
        return tuple(map(self.valuation.view, sorted(number for number, _ in self.assets.items())))

    # ------------------------------------------------------------------------------------ helpers

    @property
    def _pause(self) -> BlockNumber:
        """How long a freeze lasts, and how long an asset then has peace."""
        return FREEZE_ERAS * self.config.era_blocks

    def _end_freezes(self) -> int:
        """Thaw the assets whose time is over; return how many there were."""
        listed = [(quote.asset, self._find(quote.asset)) for quote in self.quotes]
        frozen = [(number, one) for number, one in listed if one.status is Status.FROZEN]
        over = [(number, one) for number, one in frozen if one.frozen_until <= self.context.number]
        for asset, record in over:
            self._thaw(asset, record)
        return len(over)

    def _thaw(self, asset: int, record: Rwa) -> None:
        """Let an asset move again; what it counts for is for those who call this."""
        self.tokens.thaw_asset(asset)
        number = self.context.number
        self.assets[asset] = replace(record, status=Status.APPROVED, thawed_at=number)
        self.deposit(records.RwaThawed(asset))

    def _find(self, asset: int) -> Rwa:
        return require(self.assets.get(asset), Error.UNKNOWN_RWA)

    def _issued_by(self, origin: Origin, asset: int) -> Rwa:
        """Return an asset, if its issuer asks."""
        who, record = ensure_signed(origin), self._find(asset)
        ensure(record.issuer == who, Error.NOT_ISSUER)
        return record

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def bonds_are_held(self) -> bool:
        """Issuers have on hold exactly the bonds of their assets."""
        parts = [(one.issuer, one.bond) for _, one in self.assets.items()]
        return are_held(self.currency, HOLD, parts)

    @invariant
    def nothing_is_issued_above_its_cap(self) -> bool:
        """No more of an asset exists than governance allows."""
        issued = self.tokens.total_issuance
        return all(issued(number) <= one.cap for number, one in self.assets.items())

    @invariant
    def what_counts_is_valued(self) -> bool:
        """There is a quote of each asset that is approved or frozen, in order; none of others."""
        counting = (Status.APPROVED, Status.FROZEN)
        listed = sorted(number for number, one in self.assets.items() if one.status in counting)
        return [quote.asset for quote in self.quotes] == listed

    @invariant
    def a_frozen_asset_counts_for_nothing(self) -> bool:
        """Zero is the quote of a frozen asset, and seven eras its longest time."""
        frozen = {n: one for n, one in self.assets.items() if one.status is Status.FROZEN}
        latest = self.context.number + self._pause
        are_zero = all(quote.price == 0 for quote in self.quotes if quote.asset in frozen)
        return are_zero and all(one.frozen_until <= latest for one in frozen.values())

"""Emission: the only pallet that creates AGPU after block 0, and why each planck is created.

A settled job gives back a part κ of what it burned, half at most, to those who served it: so nobody
gains by buying own work. Proven capacity is paid from a budget that no purchase can raise, pulled
by whoever wants it paid. Both curves fall as the issuance nears its cap, and a breaker bounds what
24 epochs can mint whatever else goes wrong. Source: design page "Economy", sections 4 and 5.7.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.compute.job import PERBILL
from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.earnings import UNRECORDED, Recorder, Rule
from runtime.frame.fungible import MintReason
from runtime.pallets.emission import formulas
from runtime.pallets.emission.epochs import Epochs
from runtime.pallets.emission.ports import (
    NOBODY,
    Clock,
    Contributors,
    Load,
    Mint,
    Referrers,
    Terms,
)
from runtime.pallets.emission.records import (
    EPOCHS_KEPT,
    EVENTS,
    NOTHING,
    AvailabilityPaid,
    BreakerTripped,
    Config,
    DeferredPaid,
    EpochInfo,
    Error,
    MintDeferred,
    PaidEpochs,
    Parties,
    Slices,
    Tally,
    Window,
    WorkMinted,
)
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U32, U64, AccountId, Balance, BlockNumber
from runtime.terms import DEFAULTS

REFERRERS_PART = 10
"""One in so many planck that work creates is the referrers'."""

MINTING = Weight(reads=6, writes=4)
"""The tally, κ, the curve, the epoch, the total issuance, and what was minted by reason."""
ACCOUNT = Weight(reads=2, writes=2)
"""An account, and what its token knows of it."""
PAYOUT = MINTING + ACCOUNT * 3 + Weight(reads=27, writes=23)
"""Capacity, record, payout and earnings of a provider; its bond or its vault, where they go."""
HOOK = Weight(reads=19, writes=12, compute=20_000)
"""An epoch begins, another is closed, one is forgotten."""


class Emission(Pallet):
    """The only pallet that creates AGPU after block 0."""

    events = EVENTS
    errors = Error

    kappa: Value[U32] = Value(default=DEFAULTS.emission.kappa_min)
    """The part of a burn that is minted again in this epoch, in ppb."""
    highest_kappa: Value[U32] = Value(default=DEFAULTS.emission.kappa_max)
    """The highest κmax that ever was: the bound of all that was minted for work."""
    util_ema: Value[U32 | None] = Value(default=None)
    """The moving average of utilisation, in ppb."""
    epoch: Value[U64 | None] = Value(default=None)
    """The epoch that began last."""
    next_to_close: Value[U64] = Value(default=0)
    """The oldest epoch that is not closed."""
    epoch_info: Map[U64, EpochInfo] = Map(hasher=TWOX_64_CONCAT)
    """The epochs that can still be paid, and those under way."""
    availability_claimed: Map[AccountId, PaidEpochs] = Map(default=())
    """The epochs that each provider was paid for, of those that are kept."""
    tally: Value[Tally] = Value(default=NOTHING)
    """What was burned by jobs and minted since block 0, and in the block under way."""
    deferred: Map[AccountId, Balance] = Map(default=0)
    """Slices of work that the breaker holds back."""

    referral_minted: Value[Balance] = Value(default=0)
    """What was minted for referrers since block 0."""

    def __init__(
        self,
        context: Context,
        token: Mint,
        contributors: Contributors,
        terms: Terms,
        config: Config,
        *,
        clock: Clock,
        load: Load,
        referrers: Referrers = NOBODY,
        earnings: Recorder = UNRECORDED,
        index: int,
        name: str = "Emission",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.token, self.contributors, self.terms = token, contributors, terms
        self.config, self.clock, self.load = config, clock, load
        self.referrers, self.earnings = referrers, earnings
        self.epochs = Epochs(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=PAYOUT)
    def payout_provider(self, origin: Origin, provider: AccountId, epoch: U64) -> None:
        """Pay a provider for the capacity that it proved in a closed epoch. Anyone may.

        By how reliable it was in that epoch: nobody gains or loses by when this is called.
        """
        ensure_signed(origin)
        ensure(epoch >= self.next_to_close - EPOCHS_KEPT, Error.EXPIRED)
        ensure(epoch < self.next_to_close, Error.NOT_CLOSED)
        info = require(self.epoch_info.get(epoch), Error.NOT_CONTRIBUTION)
        paid = self.availability_claimed[provider]
        ensure(epoch not in paid, Error.ALREADY_PAID)
        credit = self.contributors.proven(epoch, provider)
        reliability = self.contributors.reliability_in(epoch, provider)
        amount = formulas.pay_of(credit, info.rate, reliability)
        ensure(amount > 0, Error.NOT_CONTRIBUTION)
        ensure(amount <= self.room(), Error.BREAKER_TRIPPED)
        kept = tuple(one for one in paid if one >= self.next_to_close - EPOCHS_KEPT)
        self.availability_claimed[provider] = (*kept, epoch)
        minted = self._mint_availability(provider, epoch, amount, reliability)
        self.epoch_info[epoch] = replace(info, minted=info.minted + minted)

    @call(2, weight=PAYOUT)
    def payout_deferred(self, origin: Origin, who: AccountId) -> None:
        """Pay what the breaker held back of an account, as far as it lets through now. Anyone."""
        ensure_signed(origin)
        held = self.deferred[who]
        ensure(held > 0, Error.NOTHING_DEFERRED)
        amount = min(held, self.room())
        ensure(amount > 0, Error.BREAKER_TRIPPED)
        self.token.mint(MintReason.WORK, who, amount)
        self.contributors.paid(who, amount)
        self.earnings.earned(who, Rule.WORK, amount)
        self.deferred[who] = held - amount
        tally = self._settling()
        self._minted(replace(tally, deferred=tally.deferred - amount), amount, 0)
        self.deposit(DeferredPaid(who, amount))

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Begin the epoch if there is a new one, and close one whose shares are all in."""
        self.epochs.run()
        return HOOK

    # ----------------------------------------------------------------- what other pallets may ask

    def mint_work(
        self,
        job: int,
        provider: AccountId,
        burn: Balance,
        *,
        client: AccountId,
        is_direct: bool,
    ) -> Balance:
        """Give back a part of what a settled segment burned; return what was minted.

        `burn` is of the base and surge parts of its fee: what scarcity burns stays burned.
        """
        tally = self._settling()
        tally = replace(tally, burn_reemittable=tally.burn_reemittable + burn)
        amount, kappa = burn * self.kappa // PERBILL, self.kappa
        room = self.room()
        performance = self.contributors.performance(provider)
        parties = self._parties(provider, client)
        slices = formulas.slices_of(
            amount,
            self.terms.emission.shares,
            performance,
            has_referrers=parties.has_referrers,
            is_direct=is_direct,
        )
        self.referrers.burned(client, burn)
        if amount > room:
            self.tally = replace(tally, deferred=tally.deferred + amount)
            self._defer(parties, slices)
            self.deposit(MintDeferred(job, amount))
            self.deposit(BreakerTripped(self.clock.current_epoch(), amount, room))
            return 0
        minted = self._pay(parties, slices, burn)
        self._minted(tally, minted, 0)
        if minted:
            earned = 0 if is_direct else performance
            self.deposit(WorkMinted(job, minted, kappa, earned))
        return minted

    def room(self) -> Balance:
        """Return what may be minted now: by the breaker, and below the cap."""
        issuance, curve = self.token.total_issuance, self.terms.emission
        counted = formulas.still_counted(self.tally.window, self.clock.current_epoch())
        most = issuance * curve.breaker // PERBILL
        return max(0, min(most - counted, curve.cap - issuance))

    # ------------------------------------------------------------------------------------ helpers

    def _settling(self) -> Tally:
        """Return the tally with one more verified contribution settled in this block."""
        tally, number = self.tally, self.context.number
        if tally.block != number:
            tally = replace(tally, block=number, minted_in_block=0, settled_in_block=0)
        return replace(tally, settled_in_block=tally.settled_in_block + 1)

    def _minted(self, tally: Tally, work: Balance, capacity: Balance) -> None:
        """Record what was minted, for work and for capacity."""
        epoch, minted = self.clock.current_epoch(), work + capacity
        counted = formulas.still_counted(tally.window, epoch) + minted
        self.tally = replace(
            tally,
            minted_work=tally.minted_work + work,
            minted_availability=tally.minted_availability + capacity,
            minted_in_block=tally.minted_in_block + minted,
            window=Window(epoch, counted) if minted else tally.window,
        )

    def _parties(self, provider: AccountId, client: AccountId) -> Parties:
        """Return between whom a job was, and whom their referrals pay."""
        of = self.referrers.of
        return Parties(provider, client, of(provider), of(client))

    def _pay(self, parties: Parties, slices: Slices, burn: Balance) -> Balance:
        """Mint slices; one that its account cannot take is the treasury's, or not minted."""
        to, provider = self.config.to, parties.provider
        pools = ((to.infra, slices.infra), (to.governance, slices.governance))
        paid = self._create(MintReason.WORK, provider, slices.provider)
        if paid:
            self.contributors.paid(provider, paid)
            self.earnings.earned(provider, Rule.WORK, paid)
        paid += self._refer(parties.client, parties.client_referrer, slices.client_referrer, burn)
        paid += self._refer(provider, parties.provider_referrer, slices.provider_referrer, burn)
        for pool, part in (*pools, (to.accuracy, slices.accuracy)):
            paid += self._create(MintReason.WORK, pool, part)
        rest = slices.total - paid
        return paid + self._create(MintReason.WORK, to.treasury, rest)

    def _refer(
        self, referee: AccountId, referrer: AccountId | None, amount: Balance, burn: Balance
    ) -> Balance:
        """Mint a slice on hold for who brought a party; return what was minted."""
        if referrer is None or not amount:
            return 0

        def mint_on_hold() -> None:
            self.token.mint(MintReason.WORK, referrer, amount)
            self.referrers.reward(referee, amount, burn)

        if not self.attempt(mint_on_hold):
            return 0
        self.referral_minted += amount
        self.earnings.earned(referrer, Rule.REFERRAL, amount)
        return amount

    def _defer(self, parties: Parties, slices: Slices) -> None:
        """Remember slices for when the breaker lets them through; referrers' vest meanwhile."""
        to = self.config.to
        self.deferred[parties.provider] += slices.provider
        if parties.client_referrer is not None:
            self.deferred[parties.client_referrer] += slices.client_referrer
        if parties.provider_referrer is not None:
            self.deferred[parties.provider_referrer] += slices.provider_referrer
        self.deferred[to.infra] += slices.infra
        self.deferred[to.governance] += slices.governance
        self.deferred[to.accuracy] += slices.accuracy
        self.deferred[to.treasury] += slices.treasury

    def _mint_availability(
        self, provider: AccountId, epoch: int, amount: Balance, reliability: int
    ) -> Balance:
        """Mint the pay for an epoch's capacity; a part that nobody can take is not minted."""
        reason, to = MintReason.AVAILABILITY, self.config.to
        own, others = (amount * part // PERBILL for part in self.config.availability)
        paid = self._create(reason, provider, own)
        self.contributors.paid(provider, paid)
        self.earnings.earned(provider, Rule.AVAILABILITY, paid)
        validators = self._create(reason, to.validators, others)
        oracles = self._create(reason, to.oracles, amount - own - others)
        minted = paid + validators + oracles
        self._minted(self._settling(), 0, minted)
        self.deposit(AvailabilityPaid(provider, epoch, paid, validators, oracles, reliability))
        return minted

    def _create(self, reason: MintReason, who: AccountId, amount: Balance) -> Balance:
        """Mint `amount` for `who`; return what was minted: nothing, if it cannot be taken."""
        return amount if amount and self.attempt(self.token.mint, reason, who, amount) else 0

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def work_is_backed_by_its_burn(self) -> bool:
        """Of what jobs burned, no more than the highest κmax was or will be minted for work."""
        tally = self.tally
        owed = (tally.minted_work + tally.deferred) * PERBILL
        return owed <= self.highest_kappa * tally.burn_reemittable

    @invariant
    def referrers_have_a_tenth_of_work_at_most(self) -> bool:
        """Of what burns could ever give back, referrers have a tenth at most."""
        most = self.highest_kappa * self.tally.burn_reemittable // PERBILL
        return self.referral_minted * REFERRERS_PART <= most

    @invariant
    def mints_come_with_settlements(self) -> bool:
        """No block mints without a verified contribution that it settles."""
        tally = self.tally
        return not tally.minted_in_block or tally.settled_in_block > 0

    @invariant
    def issuance_is_below_its_cap(self) -> bool:
        """No more AGPU is issued than there can ever be."""
        return self.token.total_issuance <= self.terms.emission.cap

    @invariant
    def kappa_is_on_its_curve(self) -> bool:
        """No epoch gives back more than the highest κmax that an epoch began with."""
        return self.kappa <= self.highest_kappa

    @invariant
    def epochs_stay_within_their_budgets(self) -> bool:
        """No epoch minted more for capacity than its budget."""
        return all(info.minted <= info.budget for _, info in self.epoch_info.items())

    @invariant
    def deferred_slices_add_up(self) -> bool:
        """Equal: what the tally says the breaker holds back, and the sum of it by account."""
        return self.tally.deferred == sum(amount for _, amount in self.deferred.items())

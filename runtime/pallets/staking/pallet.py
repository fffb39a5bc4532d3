"""Staking: what validators and nominators have at stake, who is elected, paid and slashed.

A stake is a hold on its owner's own account. Accounts that stand for election and those that
nominate them vote with it; a session before each era the winners and what stands behind them are
fixed. Their income is what the validators' pot received; what they do wrong costs a part of what
stood behind them in the era of the offence.
Source: design page "Economy", section 5.10; names and shapes follow FRAME's `pallet_staking`.
"""

from __future__ import annotations

from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    TripleMap,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_root,
    ensure_signed,
    invariant,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungible import Currency
from runtime.pallets.staking import audit, events, records, weights
from runtime.pallets.staking.ballots import Candidate
from runtime.pallets.staking.eras import Eras
from runtime.pallets.staking.events import Error
from runtime.pallets.staking.ledgers import Ledgers
from runtime.pallets.staking.payouts import Payouts
from runtime.pallets.staking.ports import Ports
from runtime.pallets.staking.records import Config, Forcing, RewardDestination, ValidatorPrefs
from runtime.pallets.staking.roles import Roles
from runtime.pallets.staking.slashing import Slashes
from runtime.pallets.staking.stakers import Stakers
from runtime.primitives.fixed import Perbill, PerbillParts
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import (
    U32,
    AccountId,
    Balance,
    BlockNumber,
    CompactBalance,
    CompactU32,
)

BY_ERA = (TWOX_64_CONCAT, TWOX_64_CONCAT)


class Staking(Pallet):
    """What validators and nominators have at stake, who is elected, paid and slashed."""

    events = events.EVENTS
    errors = Error

    validator_count: Value[U32] = Value(default=records.MAX_WINNERS)
    """How many validators are elected at most."""
    minimum_validator_count: Value[U32] = Value(default=1)
    """If fewer can be elected, the validators stay."""
    min_nominator_bond: Value[Balance] = Value(default=0)
    """The least that must count as stake of who nominates."""
    min_validator_bond: Value[Balance] = Value(default=0)
    """The least that must count as stake of who stands for election."""
    min_commission: Value[PerbillParts] = Value(default=0)
    """The least commission that a validator may ask for."""
    bonded: Map[AccountId, AccountId] = Map(hasher=TWOX_64_CONCAT)
    """Who controls each stake: its owner."""
    ledger: Map[AccountId, records.StakingLedger] = Map()
    """What each staker has on hold."""
    payee: Map[AccountId, RewardDestination] = Map(hasher=TWOX_64_CONCAT)
    """Where each staker's rewards go."""
    validators: Map[AccountId, ValidatorPrefs] = Map(hasher=TWOX_64_CONCAT)
    """Who stands for election, and on what terms."""
    counter_for_validators: Value[U32] = Value(default=0)
    """How many stand for election."""
    nominators: Map[AccountId, records.Nominations] = Map(hasher=TWOX_64_CONCAT)
    """Who nominates, and whom."""
    counter_for_nominators: Value[U32] = Value(default=0)
    """How many nominate."""
    current_era: Value[U32 | None] = Value(default=None)
    """The last era that was elected: the one under way, or in its last session the next."""
    force_era: Value[Forcing] = Value(default=Forcing.NOT_FORCING)
    """Whether eras begin by the blocks, or as a referendum said."""
    eras_ahead: Value[U32] = Value(default=0)
    """Eras that were forced before their blocks: by so many eras count more than blocks say."""
    active_era: Value[records.ActiveEraInfo | None] = Value(default=None)
    """The era under way."""
    eras_start_session_index: Map[U32, U32] = Map(hasher=TWOX_64_CONCAT)
    """The first session of each era."""
    eras_stakers_overview: DoubleMap[U32, AccountId, records.PagedExposureMetadata] = DoubleMap(
        hashers=BY_ERA
    )
    """What stood behind each validator of an era."""
    eras_stakers_paged: TripleMap[U32, AccountId, U32, records.ExposurePage] = TripleMap(
        hashers=(*BY_ERA, TWOX_64_CONCAT)
    )
    """The nominators behind each validator of an era, in pages."""
    claimed_rewards: DoubleMap[U32, AccountId, records.Claimed] = DoubleMap(
        default=(), hashers=BY_ERA
    )
    """The pages of an exposure that were paid."""
    eras_validator_prefs: DoubleMap[U32, AccountId, ValidatorPrefs] = DoubleMap(
        default=ValidatorPrefs(), hashers=BY_ERA
    )
    """On what terms each validator of an era was elected."""
    eras_validator_reward: Map[U32, Balance] = Map(hasher=TWOX_64_CONCAT)
    """What the validators of an era divide."""
    eras_reward_points: Map[U32, records.EraRewardPoints] = Map(
        default=records.EraRewardPoints(), hasher=TWOX_64_CONCAT
    )
    """By what they divide it."""
    eras_total_stake: Map[U32, Balance] = Map(default=0, hasher=TWOX_64_CONCAT)
    """What stood behind all validators of an era."""
    uncollected: Map[U32, Balance] = Map(default=0, hasher=TWOX_64_CONCAT)
    """What nobody has collected of an era's reward."""
    uncollected_rewards: Value[Balance] = Value(default=0)
    """The sum of these: what the pot owes."""
    oldest_era: Value[U32] = Value(default=0)
    """The first era of which something may be kept."""
    bonded_eras: Value[records.EraStarts] = Value(default=())
    """The eras whose offences are punished, and the first session of each."""
    unapplied_slashes: Map[U32, records.Unapplied] = Map(default=(), hasher=TWOX_64_CONCAT)
    """What will be taken, by the era of the offence."""
    validator_slash_in_era: DoubleMap[U32, AccountId, tuple[PerbillParts, Balance]] = DoubleMap(
        hashers=BY_ERA
    )
    """The gravest offence of a validator in an era, and what it owes for it."""
    nominator_slash_in_era: DoubleMap[U32, AccountId, Balance] = DoubleMap(hashers=BY_ERA)
    """What was taken of a nominator for an era."""
    discounted: Map[AccountId, Balance] = Map(default=0, hasher=TWOX_64_CONCAT)
    """What of the stake behind a validator weighs no more since its election."""
    collecting: Map[U32, records.Collecting] = Map(hasher=TWOX_64_CONCAT)
    """Slashes of nominators that are being taken, in order."""
    collecting_range: Value[tuple[U32, U32]] = Value(default=(0, 0))
    """The first of them, and the place after the last."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        ports: Ports,
        config: Config,
        *,
        index: int,
        name: str = "Staking",
        forgives: EnsureOrigin[None] = ensure_root,
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.ports, self.config = currency, ports, config
        self.forgives = forgives
        self.ledgers, self.roles, self.eras = Ledgers(self), Roles(self), Eras(self)
        self.slashes, self.payouts, self.stakers = Slashes(self), Payouts(self), Stakers(self)

    def build(self, bonds: tuple[tuple[AccountId, Balance], ...]) -> None:
        """Write the state of block 0: stakes, however small, and what the first era weighs."""
        for who, amount in bonds:
            self.ledgers.open(who, amount, records.ToBond())
            self.roles.stand(who, ValidatorPrefs())
            self.eras.expose(0, Candidate(who, ValidatorPrefs()), {who: amount})
        self.current_era = 0
        self.eras.follow_terms()

    # -------------------------------------------------------------------------------------- calls

    @call(0, weight=weights.BOND)
    def bond(self, origin: Origin, value: CompactBalance, payee: RewardDestination) -> None:
        """Set an amount aside as stake. It does nothing until you validate or nominate with it.

        What you unbond later is free after 29 eras.
        """
        self.ledgers.open(ensure_signed(origin), value, payee)

    @call(1, weight=weights.CHANGE)
    def bond_extra(self, origin: Origin, max_additional: CompactBalance) -> None:
        """Add to your stake; it counts from the next election on."""
        self.ledgers.add(ensure_signed(origin), max_additional)

    @call(2, weight=weights.UNBOND)
    def unbond(self, origin: Origin, value: CompactBalance) -> None:
        """Let a part of your stake leave: it can be withdrawn after 29 eras.

        Until then it pays for offences of eras in which it still counted. Whoever validates or
        nominates keeps at least the least for that, or chills first.
        """
        self.ledgers.unbond(self.ledgers.of(ensure_signed(origin)), value)

    @call(3, weight=weights.WITHDRAW)
    def withdraw_unbonded(self, origin: Origin, num_slashing_spans: U32) -> None:  # noqa: ARG002
        """Free what has waited long enough; there are no spans to count here, so give any number.

        A stake with nothing left is forgotten, with its session keys.
        """
        self.ledgers.withdraw(self.ledgers.of(ensure_signed(origin)))

    @call(4, weight=weights.VALIDATE)
    def validate(self, origin: Origin, prefs: ValidatorPrefs) -> None:
        """Stand for election from the next era on; set your session keys too, or you are left out.

        The commission is your part of the rewards before nominators have theirs.
        """
        self.roles.validate(self.ledgers.of(ensure_signed(origin)), prefs)

    @call(5, weight=weights.NOMINATE)
    def nominate(self, origin: Origin, targets: records.Targets) -> None:
        """Name up to 16 validators: your stake stands behind those that win, and pays for them.

        It counts from the next era on, if you are among those with most at stake.
        """
        ledger = self.ledgers.of(ensure_signed(origin))
        ensure(ledger.active >= self.min_nominator_bond, Error.INSUFFICIENT_BOND)
        self.roles.nominate(ledger.stash, tuple(account_of(one) for one in targets))

    @call(6, weight=weights.CHILL)
    def chill(self, origin: Origin) -> None:
        """Neither validate nor nominate from the next era on."""
        self.roles.chill(self.ledgers.of(ensure_signed(origin)).stash)

    @call(7, weight=Weight(reads=1, writes=1))
    def set_payee(self, origin: Origin, payee: RewardDestination) -> None:
        """Say where your rewards go."""
        self.payee[self.ledgers.of(ensure_signed(origin)).stash] = payee

    @call(9, weight=Weight(reads=1, writes=1))
    def set_validator_count(self, origin: Origin, new: CompactU32) -> None:
        """Let up to this many validators be elected. For referenda."""
        ensure_root(origin)
        least = max(self.minimum_validator_count, 1)
        ensure(least <= new <= records.MAX_WINNERS, Error.BAD_COUNT)
        self.validator_count = new

    @call(12, weight=weights.FORCE)
    def force_no_eras(self, origin: Origin) -> None:
        """Let no era be seated until it is said otherwise; votes wait. For referenda."""
        ensure_root(origin)
        self.eras.force(Forcing.FORCE_NONE)

    @call(13, weight=weights.FORCE)
    def force_new_era(self, origin: Origin) -> None:
        """Elect now, and let an era begin with the session after next. For referenda."""
        ensure_root(origin)
        self.eras.force(Forcing.FORCE_NEW)

    @call(16, weight=weights.FORCE)
    def force_new_era_always(self, origin: Origin) -> None:
        """Let each session begin an era until it is said otherwise. For referenda."""
        ensure_root(origin)
        self.eras.force(Forcing.FORCE_ALWAYS)

    @call(17, weight=lambda _, slash_indices: weights.cancel(len(slash_indices)))
    def cancel_deferred_slash(
        self, origin: Origin, era: U32, slash_indices: records.Places
    ) -> None:
        """Cancel slashes of an era, by their places, before they are taken. For referenda."""
        self.forgives(origin)
        self.slashes.cancel(era, slash_indices)

    @call(18, weight=weights.PAYOUT_PAGE)
    def payout_stakers(self, origin: Origin, validator_stash: AccountId, era: U32) -> None:
        """Pay the next page of those behind a validator for an era. Anyone may."""
        ensure_signed(origin)
        self.payouts.pay_next(validator_stash, era)

    @call(19, weight=weights.UNBOND)
    def rebond(self, origin: Origin, value: CompactBalance) -> None:
        """Let what is on its way out count again, the last of it first."""
        self.ledgers.rebond(self.ledgers.of(ensure_signed(origin)), value)

    @call(21, weight=lambda who: weights.KICK * len(who) + weights.LEDGER)
    def kick(self, origin: Origin, who: records.Kicks) -> None:
        """Remove your name from what nominators named, from the next election on.

        Block nominations first (`validate`), or they may name you again. Whoever names nobody else
        is chilled, so that it takes no other voter's place.
        """
        stash = self.ledgers.of(ensure_signed(origin)).stash
        self.roles.kick(stash, tuple(account_of(one) for one in who))

    @call(23, weight=weights.CHILL)
    def chill_other(self, origin: Origin, stash: AccountId) -> None:
        """Chill an account whose stake fell below the least for what it does. Anyone may."""
        ensure_signed(origin)
        self.roles.chill_other(self.ledgers.of(stash))

    @call(24, weight=Weight(reads=2, writes=1))
    def force_apply_min_commission(self, origin: Origin, validator_stash: AccountId) -> None:
        """Raise the commission of a validator to the least there may be. Anyone may."""
        ensure_signed(origin)
        self.roles.raise_commission(validator_stash)

    @call(25, weight=Weight(writes=1))
    def set_min_commission(self, origin: Origin, new: PerbillParts) -> None:
        """Set the least commission that a validator may ask for from now on. For referenda."""
        ensure_root(origin)
        ensure(new <= Perbill.ONE, Error.BAD_COMMISSION)
        self.min_commission = new

    @call(26, weight=weights.PAYOUT_PAGE)
    def payout_stakers_by_page(
        self, origin: Origin, validator_stash: AccountId, era: U32, page: U32
    ) -> None:
        """Pay one page of those behind a validator for an era. Anyone may."""
        ensure_signed(origin)
        self.payouts.pay(validator_stash, era, page)

    # -------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Give the author its points."""
        if self.context.author is not None:
            self.reward_by_ids(((self.context.author, records.AUTHOR_POINTS),))
        return weights.TICK

    def on_poll(self, number: BlockNumber, left: int) -> Weight:  # noqa: ARG002
        """Take a page of what nominators owe, and forget a part of what is old."""
        if left < weights.POLL.ref_time:
            return Weight()
        return weights.LOOK + self.slashes.collect() + self.eras.forget()

    @constant
    def bonding_duration(self) -> U32:
        """Return the eras for which an offence is punished."""
        return records.BONDING_ERAS

    @constant
    def slash_defer_duration(self) -> U32:
        """Return the eras between the era of an offence and its slash."""
        return records.SLASH_DEFER_ERAS

    @constant
    def history_depth(self) -> U32:
        """Return for how many eras rewards can be collected."""
        return records.HISTORY_ERAS

    @constant
    def max_exposure_page_size(self) -> U32:
        """Return how many nominators a page of an exposure holds."""
        return records.PAGE_NOMINATORS

    @constant
    def sessions_per_era(self) -> U32:
        """Return the sessions of an era, where slots do not stay empty."""
        return max(self.config.era_blocks // self.config.session_blocks, 1)

    @constant
    def max_unlocking_chunks(self) -> U32:
        """Return how many amounts of one stake may be on their way out."""
        return records.MAX_CHUNKS

    @constant
    def max_nominations(self) -> U32:
        """Return how many validators one may name."""
        return records.MAX_NOMINATIONS

    # ----------------------------------------------------------------- what other pallets may ask

    def era(self) -> U32:
        """Return the era under way."""
        return 0 if self.active_era is None else self.active_era.index

    def counting_era(self) -> U32:
        """Return the last era whose validators were seated."""
        return self.current_era or 0

    def reward_by_ids(self, earned: tuple[tuple[AccountId, U32], ...]) -> None:
        """Add points of the era under way; accounts that do not validate in it have none."""
        self.payouts.reward(earned)

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def stakes_are_held(self) -> bool:
        """Each stake is on hold, whole: what counts, what leaves, and what is owed."""
        return audit.stakes_are_held(self)

    @invariant
    def exposures_add_up(self) -> bool:
        """Pages add up to overviews, and overviews to the stake of their era."""
        return audit.exposures_add_up(self)

    @invariant
    def roles_are_counted(self) -> bool:
        """Who validates or nominates has a stake and one role; the counters are right."""
        return audit.roles_are_counted(self)

    @invariant
    def the_pot_holds_what_it_owes(self) -> bool:
        """Rewards that nobody collected add up, and lie in the pot."""
        return audit.the_pot_holds_what_it_owes(self)

    @invariant
    def slashes_are_listed_once(self) -> bool:
        """Offenders owe once in an era; slashes being taken lie in their range."""
        return audit.slashes_are_listed_once(self)

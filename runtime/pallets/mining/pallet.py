"""Mining: how each account behaves in five scores, what it earned by which rule, and three pools.

The scores are for reading: rank, certification and the other token's distribution; none of them
multiplies a mint of AGPU. The pools are divided by what buying jobs cannot raise: attested points,
votes of seasoned AMAX, blocks and right verdicts. Everything is pulled, and nobody is iterated.
Source: design page "Economy", sections 4 and 5.8.
"""

from __future__ import annotations

from runtime.frame import (
    Context,
    DoubleMap,
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
)
from runtime.frame.contribution import NO_SHARES, EraShares
from runtime.frame.earnings import Rule
from runtime.frame.fungible import Currency
from runtime.frame.polls import PollIndex
from runtime.pallets.mining.history import History
from runtime.pallets.mining.pools import Pools
from runtime.pallets.mining.ports import Behaviour, Clock, Config
from runtime.pallets.mining.records import (
    ENDED_ERAS,
    EPOCHS_KEPT,
    ERAS_KEPT,
    EVENTS,
    NO_CASTS,
    NO_VOTES,
    NONE_ENDED,
    AccuratePoints,
    BehaviourScore,
    Casts,
    Claimable,
    Cursor,
    EndedEra,
    Enrolment,
    EpochRecord,
    Error,
    Items,
    PayoutClaimed,
    PollVotes,
    Pool,
    PoolEra,
    SubScores,
    TurnoutWindow,
)
from runtime.pallets.mining.turnout import Turnout
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U32, U64, U128, AccountId, Balance, BlockNumber

CLAIM = Weight(reads=2 * ERAS_KEPT + ENDED_ERAS + 40, writes=ERAS_KEPT + 16, compute=100_000)
"""Every closed era of a pool, the shares of each, the votes that count in them, the
points of upgrades as they are now, and two accounts."""
POINTS = Weight(reads=2, writes=1)
"""The author of a block has points."""
ERA = Weight(reads=30, writes=32, compute=20_000)
"""Three pools are divided and swept into the treasury, and what counts in them moves on."""


class Mining(Pallet):
    """How each account behaves, what it earned, and three pools that volume cannot move."""

    events = EVENTS
    errors = Error

    records: DoubleMap[U64, AccountId, EpochRecord] = DoubleMap(
        hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """What each account did and earned in an epoch, of those that are kept."""
    active: DoubleMap[U64, U32, AccountId] = DoubleMap(hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT))
    """The accounts that have a record of an epoch, in order of arrival."""
    active_count: Map[U64, U32] = Map(default=0, hasher=TWOX_64_CONCAT)
    """How many they are."""
    scoring: Value[Cursor | None] = Value(default=None)
    """The account that is scored next."""
    pruning: Value[Cursor | None] = Value(default=None)
    """The record that is forgotten next."""

    current_era: Value[U32] = Value(default=0)
    """The era under way."""
    pool_eras: DoubleMap[Pool, U32, PoolEra] = DoubleMap(hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT))
    """What closed eras pay, by pool."""
    owed: Map[Pool, Balance] = Map(default=0, hasher=TWOX_64_CONCAT)
    """What of each pot is divided and not claimed."""
    claimed_until: DoubleMap[Pool, AccountId, U32] = DoubleMap(
        default=0, hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """The first era of a pool that an account has not claimed."""

    era_shares: Map[U32, EraShares] = Map(default=NO_SHARES, hasher=TWOX_64_CONCAT)
    """What all accounts contributed in each closed era that can be claimed."""

    enrolments: Map[AccountId, Enrolment] = Map(hasher=TWOX_64_CONCAT)
    """The points for which each account has its part of the infrastructure pool."""
    enrolled: Value[U128] = Value(default=0)
    """Their sum."""
    enrolments_ending: Map[U32, U128] = Map(default=0, hasher=TWOX_64_CONCAT)
    """What leaves the sum when an era begins."""
    accurate: Map[U32, AccuratePoints] = Map(default=(), hasher=TWOX_64_CONCAT)
    """Points of accuracy of each era, by account."""

    casts: Map[AccountId, Casts] = Map(default=NO_CASTS, hasher=TWOX_64_CONCAT)
    """The turnout of each account."""
    poll_votes: Map[PollIndex, PollVotes] = Map(default=NO_VOTES, hasher=TWOX_64_CONCAT)
    """The AMAX of the votes in each ongoing referendum."""
    ended_polls: Map[U32, EndedEra] = Map(default=NONE_ENDED, hasher=TWOX_64_CONCAT)
    """The referenda that were decided in each of the last 56 eras."""
    window: Value[TurnoutWindow] = Value(default=TurnoutWindow(0, 0))
    """Sums over those of the last 28 closed eras."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        behaviour: Behaviour,
        config: Config,
        *,
        clock: Clock,
        index: int,
        name: str = "Mining",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.behaviour = currency, behaviour
        self.config, self.clock = config, clock
        self.turnout, self.history, self.pools = Turnout(self), History(self), Pools(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=CLAIM)
    def claim_payout(self, origin: Origin, pool: Pool) -> None:
        """Take your part of a pool, of all closed eras of the last 28 that you have not claimed.

        For the infrastructure pool this also lets the points of your upgrades count for 28 eras:
        the first claim pays nothing and enrols you.
        """
        who = ensure_signed(origin)
        self._claim(who, pool)

    @call(1, weight=CLAIM)
    def claim_payout_other(self, origin: Origin, who: AccountId, pool: Pool) -> None:
        """Pay another account its part of a pool, and look at its points anew. Anyone may."""
        ensure_signed(origin)
        self._claim(who, pool)

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Give the author its points, and close an era that is over."""
        weight = POINTS
        era = number // self.config.era_blocks
        if era != self.current_era:
            self.pools.close_era(self.current_era)
            self.current_era = era
            weight = weight + ERA
        if self.context.author is not None:
            self.pools.add_points(self.context.author, self.config.author_points)
        return weight

    def on_poll(self, _number: BlockNumber, left: int) -> Weight:
        """Score some accounts of closed epochs, and forget some of long ago."""
        return self.history.run(left)

    @constant
    def epochs_kept(self) -> U32:
        """Return the closed epochs whose earnings and scores are known."""
        return EPOCHS_KEPT

    @constant
    def eras_kept(self) -> U32:
        """Return the closed eras whose pools can be claimed."""
        return ERAS_KEPT

    @constant
    def governance_cap(self) -> U32:
        """Return the most of the governance pool of an era that one account has, in ppb."""
        return self.config.governance_cap

    # ----------------------------------------------------------------- what other pallets may ask

    def era(self) -> int:
        """Return the era under way; within the hook, the one that is being closed is over."""
        return self.context.number // self.config.era_blocks

    def earned(self, who: AccountId, rule: Rule, amount: Balance) -> None:
        """Hear that a rule paid an account."""
        self.history.earned(who, rule, amount)

    def contributed(self, who: AccountId) -> None:
        """Hear that an account proved work in the epoch under way."""
        self.history.note(who)

    def was_right(self, who: AccountId, points: int) -> None:
        """Hear that an account judged a segment right."""
        self.pools.add_points(who, points)

    def voted(self, who: AccountId, index: PollIndex, amount: Balance) -> None:
        """Hear that an account votes in an ongoing referendum with so much, or votes anew."""
        self.turnout.voted(who, index, amount)

    def withdrew(self, who: AccountId, index: PollIndex) -> None:
        """Hear that an account took its vote in an ongoing referendum back."""
        self.turnout.withdrew(who, index)

    def ended(self, index: PollIndex, *, is_decided: bool) -> None:
        """Hear that a referendum ended: approved or rejected, or without a decision."""
        self.turnout.ended(index, is_decided=is_decided)

    def behaviour_score(self, who: AccountId, epoch: int) -> BehaviourScore:
        """Return the score of an account in an epoch and its parts."""
        return self.history.score(who, epoch)

    def sub_scores(self, who: AccountId, epoch: int) -> SubScores:
        """Return the five sub-scores of an account in an epoch, in ppb."""
        return self.history.score(who, epoch).parts

    def score(self, who: AccountId, epoch: int) -> int:
        """Return the score of an account in an epoch, in ppb."""
        return self.history.score(who, epoch).score

    def earnings(self, who: AccountId, epoch: int) -> Items:
        """Return what an account earned in an epoch by each rule; nothing after 84 epochs."""
        record = self.records.get((epoch, who))
        return () if record is None else record.earned

    def all_shares(self, era: int) -> EraShares:
        """Return the shares of all accounts in a closed era of the last 28."""
        return self.era_shares[era]

    def shares_in(self, who: AccountId, eras: tuple[int, ...]) -> tuple[EraShares, ...]:
        """Return the shares of an account in each of these closed eras."""
        return self.pools.shares_in(who, eras)

    def claimable(self, who: AccountId) -> tuple[Claimable, ...]:
        """Return what an account can claim of each pool now."""
        return tuple(
            Claimable(pool, sum(amount for _, amount in self.pools.due(pool, who))) for pool in Pool
        )

    # ------------------------------------------------------------------------------------ helpers

    def _claim(self, who: AccountId, pool: Pool) -> None:
        paid = self.pools.claim(pool, who)
        is_enrolled = pool is Pool.INFRA and self.pools.enrol(who)
        ensure(paid > 0 or is_enrolled, Error.NOTHING_TO_CLAIM)
        if paid:
            self.deposit(PayoutClaimed(who, pool, paid))

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def pots_hold_what_they_owe(self) -> bool:
        """Each pot holds what its closed eras have not paid, and what keeps its account."""
        unpaid = dict.fromkeys(Pool, 0)
        for (pool, _), closed in self.pool_eras.items():
            assert closed.paid <= closed.inflow, f"{closed.paid} paid of {closed.inflow}"
            unpaid[pool] += closed.inflow - closed.paid
        free = self.currency.free
        return all(
            self.owed[pool] == owed
            and (not owed or free(self.pools.pot(pool)) >= owed + self.config.existential_deposit)
            for pool, owed in unpaid.items()
        )

    @invariant
    def records_are_listed(self) -> bool:
        """Each record is listed once, under its own epoch."""
        listed = [(epoch, who) for (epoch, _), who in self.active.items()]
        counted = sum(count for _, count in self.active_count.items())
        return sorted(listed) == sorted(key for key, _ in self.records.items()) and (
            len(listed) <= counted
        )

    @invariant
    def enrolled_points_add_up(self) -> bool:
        """Equal: the sum of the points that count, those of accounts, and those that will end."""
        era = self.current_era
        counted = [one for _, one in self.enrolments.items() if one.until > era]
        points = sum(one.points for one in counted)
        return self.enrolled == points == sum(each for _, each in self.enrolments_ending.items())

    @invariant
    def turnout_adds_up(self) -> bool:
        """No ongoing referendum has more votes than the accounts that are in it."""
        cast: dict[int, int] = {}
        for one in (each for _, casts in self.casts.items() for each in casts.open):
            cast[one.poll] = cast.get(one.poll, 0) + one.amount
        return all(
            votes.settled + sum(one.amount for one in votes.recent) == cast.get(index, 0)
            for index, votes in self.poll_votes.items()
        )

"""AssetRewards: who keeps shares of a pool staked has a part of what its fees bring the treasury.

After each epoch a part, at first half, of what the treasury got of a pool's fees in it is set aside
for those who have shares staked, and streams to them over the next epoch, block by block, by how
much each has staked: so what counts is shares times blocks, and who comes for one block has the
part of one. Nothing is minted. Shares stay on their owner's account, frozen. Names follow FRAME's
`pallet_asset_rewards`; the rate is what trades brought instead of what somebody promised. Source:
design page "Economy", 5.18.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    accumulator,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.pallets.asset_rewards.types import (
    EVENTS,
    MAX_POOLS,
    NO_STAKE,
    Config,
    Error,
    PoolCreated,
    PoolFunded,
    Ports,
    RewardPool,
    Rewards,
    RewardsHarvested,
    Staked,
    Staker,
    Unstaked,
)
from runtime.primitives.fixed import Perbill
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U32, AccountId, Balance, BlockNumber

STAKE = Weight(reads=5, writes=3)
"""A pool, a staker, its shares and what is frozen of them."""
PAY = Weight(reads=5, writes=5)
"""The pot, the staker, and dust."""
FUND = Weight(reads=11, writes=6)
"""A pool, its fees and the stakers' part, the treasury and what it promised, and the pot."""


class AssetRewards(Pallet):
    """Rewards for shares of pools, out of their fees."""

    events = EVENTS
    errors = Error

    pools: Map[U32, RewardPool] = Map(hasher=TWOX_64_CONCAT)
    """Pools whose shares can be staked."""
    pool_stakers: DoubleMap[U32, AccountId, Staker] = DoubleMap(default=NO_STAKE)
    """What each account has staked of each pool."""
    pool_of: Map[U32, U32] = Map(hasher=TWOX_64_CONCAT)
    """The pool here of each asset that is traded."""
    next_pool_id: Value[U32] = Value(default=0)
    """How many pools there are."""

    def __init__(
        self,
        context: Context,
        ports: Ports,
        governs: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "AssetRewards",
    ) -> None:
        """Let who passes `governs` say which pools have rewards."""
        super().__init__(context, index=index, name=name)
        self.agpu, self.shares = ports.agpu, ports.shares
        self.amm, self.treasury = ports.pools, ports.treasury
        self.terms, self.governs, self.config = ports.terms, governs, config

    @call(0, weight=Weight(reads=6, writes=3))
    def create_pool(self, origin: Origin, traded_asset_id: U32) -> None:
        """Let shares of the pool of AGPU and an asset be staked. Governance only."""
        self.governs(origin)
        number, traded = self.next_pool_id, traded_asset_id
        token = require(self.amm.shares_of(traded), Error.NON_EXISTENT_ASSET)
        ensure(traded not in self.pool_of, Error.POOL_EXISTS)
        ensure(number < MAX_POOLS, Error.TOO_MANY_POOLS)
        now, fees = self.context.number, self.amm.to_treasury(traded)
        self.pools[number] = RewardPool(token, traded, 0, 0, now, now, 0, 0, 0, 0, fees)
        self.pool_of[traded], self.next_pool_id = number, number + 1
        self.deposit(PoolCreated(number, traded, token))

    @call(1, weight=STAKE)
    def stake(self, origin: Origin, pool_id: U32, amount: Balance) -> None:
        """Freeze shares of yours; from now on they earn."""
        who = ensure_signed(origin)
        pool, staker = self._settled(pool_id, who)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        total = staker.amount + amount
        ensure(total <= self.shares.balance(pool.staked_asset_id, who), Error.NOT_ENOUGH_TOKENS)
        staked = pool.total_tokens_staked + amount
        self._put(pool_id, who, replace(pool, total_tokens_staked=staked), staker, total)
        self.deposit(Staked(who, pool_id, amount))

    @call(2, weight=STAKE)
    def unstake(
        self, origin: Origin, pool_id: U32, amount: Balance, staker: AccountId | None
    ) -> None:
        """Free shares of yours, at any time; what they earned stays yours."""
        who = ensure_signed(origin)
        ensure(staker in (None, who), Error.NOT_STAKER)
        pool, record = self._settled(pool_id, who)
        ensure(amount > 0, Error.ZERO_AMOUNT)
        ensure(amount <= record.amount, Error.NOT_ENOUGH_TOKENS)
        left = pool.total_tokens_staked - amount
        pool = replace(pool, total_tokens_staked=left)
        self._put(pool_id, who, pool, record, record.amount - amount)
        self.deposit(Unstaked(who, who, pool_id, amount))

    @call(3, weight=STAKE + PAY)
    def harvest_rewards(self, origin: Origin, pool_id: U32, staker: AccountId | None) -> None:
        """Have a staker, or yourself, paid what was earned. Anyone may."""
        caller = ensure_signed(origin)
        who = caller if staker is None else staker
        pool, record = self._settled(pool_id, who)
        ensure(record != NO_STAKE, Error.NON_EXISTENT_STAKER)
        ensure(record.rewards > 0, Error.NOTHING_TO_HARVEST)
        self.agpu.transfer(self.config.pot, who, record.rewards)
        pool = replace(pool, owed=pool.owed - record.rewards)
        self._record(pool_id, who, pool, replace(record, rewards=0))
        self.deposit(RewardsHarvested(caller, who, pool_id, record.rewards))

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Fund the pools whose epoch ends in this block: each has a block of its own for that."""
        due = range(number % self.config.epoch_blocks, self.next_pool_id, self.config.epoch_blocks)
        for pool_id in due:
            self._fund(pool_id)
        return Weight(reads=1) + FUND * len(due)

    @constant
    def max_pools(self) -> U32:
        """Return how many pools have rewards at most."""
        return MAX_POOLS

    @constant
    def pot(self) -> AccountId:
        """Return the account that rewards wait in."""
        return self.config.pot

    def rewards_of(self, who: AccountId) -> tuple[Rewards, ...]:
        """Return what an account has staked of each pool, and could harvest now."""
        found = []
        for pool_id in range(self.next_pool_id):
            record = self._settled(pool_id, who)[1]
            if record != NO_STAKE:
                traded = self.pools[pool_id].traded_asset_id
                found.append(Rewards(pool_id, traded, record.amount, record.rewards))
        return tuple(found)

    def _settled(self, pool_id: int, who: AccountId) -> tuple[RewardPool, Staker]:
        """Return a pool and a staker with all that streamed so far; nothing is written."""
        pool = self._streamed(require(self.pools.get(pool_id), Error.NON_EXISTENT_POOL))
        record, earned = self.pool_stakers[pool_id, who], pool.reward_per_token_stored
        if not record.amount:
            return pool, record
        new = accumulator.due(record.amount, earned, record.reward_per_token_paid)
        settled = Staker(record.amount, record.rewards + new, earned)
        return pool, settled

    def _streamed(self, pool: RewardPool) -> RewardPool:
        """Return a pool after the blocks since it was last looked at.

        What streams while nobody has shares staked is kept for the next epoch.
        """
        now = self.context.number
        blocks = max(min(now, pool.expiry_block) - pool.last_update_block, 0)
        amount = pool.reward_rate_per_block * blocks
        if not amount or not pool.total_tokens_staked:
            return replace(pool, last_update_block=now)
        step, rest = accumulator.shared(amount, pool.remainder, pool.total_tokens_staked)
        return replace(
            pool,
            last_update_block=now,
            reward_per_token_stored=pool.reward_per_token_stored + step,
            remainder=rest,
            unstreamed=pool.unstreamed - amount,
            owed=pool.owed + amount,
        )

    def _put(
        self, pool_id: int, who: AccountId, pool: RewardPool, record: Staker, staked: Balance
    ) -> None:
        """Record how much an account has staked, and keep so much of its shares from going."""
        self.shares.set_frozen(pool.staked_asset_id, who, staked)
        paid = pool.reward_per_token_stored
        self._record(pool_id, who, pool, Staker(staked, record.rewards, paid))

    def _record(self, pool_id: int, who: AccountId, pool: RewardPool, record: Staker) -> None:
        is_over = not record.amount and not record.rewards
        self.pools[pool_id] = pool
        self.pool_stakers[pool_id, who] = NO_STAKE if is_over else record

    def _fund(self, pool_id: int) -> None:
        """Set the stream of the epoch that begins: a part of the fees of the one that ended.

        Without a stake, and while the treasury has promised all that it has, its part stays its.
        """
        pool, now = self._streamed(self.pools[pool_id]), self.context.number
        fees = self.amm.to_treasury(pool.traded_asset_id)
        amount = Perbill(self.terms.exchange.rewards).of(fees - pool.counted_fees)
        added = self._pay_in(amount) if pool.total_tokens_staked else 0
        unstreamed = pool.unstreamed + added
        rate = unstreamed // self.config.epoch_blocks
        self.pools[pool_id] = replace(
            pool,
            unstreamed=unstreamed,
            reward_rate_per_block=rate,
            expiry_block=now + self.config.epoch_blocks,
            counted_fees=fees,
        )
        if added:
            self.deposit(PoolFunded(pool_id, added, rate))

    def _pay_in(self, amount: Balance) -> Balance:
        """Move an amount from the treasury to the pot; return what of it streams.

        The first payment leaves what keeps the pot's account alive.
        """
        pot, treasury = self.config.pot, self.treasury
        kept = max(self.config.existential_deposit - self.agpu.free(pot), 0)
        is_there = kept < amount <= treasury.pot() - treasury.committed
        if not is_there or not self.attempt(self.agpu.transfer, treasury.account, pot, amount):
            return 0
        return amount - kept

    @invariant
    def stakes_add_up(self) -> bool:
        """Each pool has as much staked as its stakers, and each of them has that much."""
        staked = Counter[int]()
        for (pool_id, who), record in self.pool_stakers.items():
            staked[pool_id] += record.amount
            if record.amount > self.shares.balance(self.pools[pool_id].staked_asset_id, who):
                return False
        return all(one.total_tokens_staked == staked[number] for number, one in self.pools.items())

    @invariant
    def the_pot_covers_what_is_owed(self) -> bool:
        """Enough lies in the pot: what streams, what was not harvested, what keeps it alive."""
        owed, claims = 0, 0
        for pool_id, pool in self.pools.items():
            owed += pool.unstreamed + pool.owed
            for (_, who), _record in self.pool_stakers.items_under(pool_id):
                claims += self._settled(pool_id, who)[1].rewards
        streaming = sum(self._streamed(pool).owed for _, pool in self.pools.items())
        least = self.config.existential_deposit if owed else 0
        return claims <= streaming and self.agpu.free(self.config.pot) >= owed + least

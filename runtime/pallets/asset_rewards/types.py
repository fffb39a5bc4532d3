"""What rewards of pools store and announce; names follow `pallet_asset_rewards`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from runtime.frame import PalletError, event
from runtime.frame.fungibles import AssetId
from runtime.frame.treasury import Treasury
from runtime.primitives.record import record
from runtime.primitives.types import U32, U128, U256, AccountId, Balance, BlockNumber
from runtime.terms import Trading

MAX_POOLS = 64
"""Of which each is looked at once in an epoch: on a chain with epochs of an hour one in a block."""


@record
class RewardPool:
    """The shares of one pool that were staked, and what streams to them."""

    staked_asset_id: U32
    """The asset that the shares are."""
    traded_asset_id: U32
    """That which the pool trades for AGPU."""
    total_tokens_staked: Balance
    reward_rate_per_block: Balance
    expiry_block: BlockNumber
    """The block in which the stream of this epoch ends."""
    last_update_block: BlockNumber
    reward_per_token_stored: U256
    """What one share earned so far, in parts of 10^24."""
    remainder: U128
    """What the last division left."""
    unstreamed: Balance
    """What was funded and has not streamed."""
    owed: Balance
    """What streamed and was not harvested."""
    counted_fees: Balance
    """Fees of the pool that rewards were paid for, of all that the treasury got."""


@record
class Staker:
    """What an account has staked of a pool."""

    amount: Balance
    rewards: Balance
    """Earned and not harvested, when it was last settled."""
    reward_per_token_paid: U256
    """What one share had earned then."""


NO_STAKE = Staker(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Rewards:
    """What an account has in one pool of rewards, for those who look."""

    pool_id: U32
    traded_asset_id: U32
    staked: Balance
    rewards: Balance
    """What could be harvested now."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    pot: AccountId
    existential_deposit: Balance
    epoch_blocks: BlockNumber


class Agpu(Protocol):
    """The ledger of AGPU."""

    def free(self, who: AccountId) -> Balance:
        """Return the free balance of `who`."""
        ...

    def transfer(self, source: AccountId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` between free balances and keep `source` alive."""


class Shares(Protocol):
    """The ledger of shares of pools."""

    def balance(self, asset: AssetId, who: AccountId) -> Balance:
        """Return the shares that `who` has."""
        ...

    def set_frozen(self, asset: AssetId, who: AccountId, amount: Balance) -> None:
        """Keep `amount` of what `who` has from going out, in place of what was kept before."""


class Pools(Protocol):
    """Where shares come from, and what their fees bring the treasury."""

    def shares_of(self, asset: AssetId) -> AssetId | None:
        """Return the asset that the shares of a pool are; None without a pool."""
        ...

    def to_treasury(self, asset: AssetId) -> Balance:
        """Return all that the treasury got of a pool's fees so far, in planck."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def exchange(self) -> Trading:
        """What part of the treasury's fees of a pool its stakers have."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What rewards stand on."""

    agpu: Agpu
    shares: Shares
    pools: Pools
    treasury: Treasury
    terms: Terms


@event
class Staked:
    """An account staked shares of a pool."""

    index: ClassVar[int] = 0
    staker: AccountId
    pool_id: U32
    amount: Balance


@event
class Unstaked:
    """An account has shares of a pool free again."""

    index: ClassVar[int] = 1
    caller: AccountId
    staker: AccountId
    pool_id: U32
    amount: Balance


@event
class RewardsHarvested:
    """A staker was paid what its shares earned."""

    index: ClassVar[int] = 2
    caller: AccountId
    staker: AccountId
    pool_id: U32
    amount: Balance


@event
class PoolCreated:
    """Shares of a pool can be staked."""

    index: ClassVar[int] = 3
    pool_id: U32
    traded_asset_id: U32
    staked_asset_id: U32


@event
class PoolFunded:
    """The treasury gave a part of a pool's fees of an epoch, which streams over the next one."""

    index: ClassVar[int] = 64
    pool_id: U32
    amount: Balance
    reward_rate_per_block: Balance


EVENTS = (Staked, Unstaked, RewardsHarvested, PoolCreated, PoolFunded)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOT_ENOUGH_TOKENS = 0, "The account has not as many shares free, or staked."
    NON_EXISTENT_POOL = 1, "There are no rewards for such a pool."
    NON_EXISTENT_STAKER = 2, "The account has nothing staked in the pool."
    NON_EXISTENT_ASSET = 3, "The asset has no pool."
    ZERO_AMOUNT = 64, "The amount must be above zero."
    TOO_MANY_POOLS = 65, "64 pools at most have rewards."
    POOL_EXISTS = 66, "The pool has rewards already."
    NOT_STAKER = 67, "Only the staker itself may take its shares back."
    NOTHING_TO_HARVEST = 68, "The shares have earned nothing since the last harvest."

"""Vaults: AGPU staked for access to a market, behind a provider, or as insurance.

A stake stays on hold on its owner's account; a vault only counts points. It gives its owner a place
further ahead in the queues of its market and a part of what that market pays: nothing is created
for it, and a market that pays nothing earns it nothing. Source: design page "Economy", 5.9.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.compute.job import JobClass, Market
from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
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
from runtime.frame.fungible import Currency
from runtime.pallets.vaults import audit, events, formulas, weights
from runtime.pallets.vaults.assets import AssetKind, OfRwa
from runtime.pallets.vaults.backing import Backing
from runtime.pallets.vaults.chunks import UNBONDING_ERAS, LeavingPools
from runtime.pallets.vaults.cover import Cover
from runtime.pallets.vaults.events import Error
from runtime.pallets.vaults.leavers import Leavers
from runtime.pallets.vaults.members import HOLD, Members
from runtime.pallets.vaults.parts import Parts
from runtime.pallets.vaults.pools import Pool
from runtime.pallets.vaults.ports import Clock, Markets, RealAssets, Terms
from runtime.pallets.vaults.records import (
    Claim,
    Cohort,
    Config,
    Insurance,
    Memberships,
    Position,
    Vault,
    VaultKind,
    new_vault,
)
from runtime.pallets.vaults.standing import Standing
from runtime.pallets.vaults.yields import NOBODY, Yields
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U8, U32, U64, U128, AccountId, Balance, BlockNumber


class Vaults(Pallet):
    """AGPU staked for access to a market, behind a provider, or as insurance."""

    events = events.EVENTS
    errors = Error

    next_vault: Value[U32] = Value(default=0)
    """The id of the next vault."""
    vaults: Map[U32, Vault] = Map(hasher=TWOX_64_CONCAT)
    """Every vault."""
    vault_of: Map[VaultKind, U32] = Map()
    """The vault of each market, task and provider, and that of insurance."""
    positions: DoubleMap[U32, AccountId, Position] = DoubleMap()
    """What each account has in a vault."""
    memberships: Map[AccountId, Memberships] = Map(default=())
    """The vaults in which an account has something."""
    leaving: Map[U32, LeavingPools] = Map(default=(), hasher=TWOX_64_CONCAT)
    """What left each vault in eras whose offences it is still liable for."""
    left: DoubleMap[U32, U32, Pool] = DoubleMap(hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT))
    """What left a vault before them, and was not withdrawn."""
    cohorts: DoubleMap[U32, U64, Cohort] = DoubleMap(
        default=NOBODY, hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """By vault and epoch: whose weight counts from the next epoch on."""
    part_leaving: DoubleMap[U32, U32, LeavingPools] = DoubleMap(
        default=(), hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """The same as `leaving` of the units of tokenised assets, by vault and asset."""
    part_left: DoubleMap[tuple[U32, U32], U32, Pool] = DoubleMap(
        hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """The same as `left` of them."""
    owed: Map[AccountId, Balance] = Map(default=0)
    """Earnings in each pot that members have not claimed."""
    access_level: Map[Market, U8] = Map(default=0)
    """The level that clients of a market need."""
    covered: Map[AccountId, Balance] = Map(default=0)
    """What insurance may still pay for a provider: half of what convictions burned of its bond."""
    next_claim: Value[U32] = Value(default=0)
    """The id of the next claim on insurance."""
    claims: Map[U32, Claim] = Map(hasher=TWOX_64_CONCAT)
    """What insurance owes, and whom."""
    claimed: Value[Balance] = Value(default=0)
    """The sum of all claims."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        governs: EnsureOrigin[None],
        terms: Terms,
        config: Config,
        *,
        clock: Clock,
        markets: Markets,
        real: RealAssets,
        index: int,
        name: str = "Vaults",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.governs = currency, governs
        self.terms, self.config = terms, config
        self.clock, self.markets, self.real = clock, markets, real
        self.yields, self.members, self.parts = Yields(self), Members(self), Parts(self)
        self.leavers = Leavers(self, self.leaving, self.left)
        self.part_leavers = Leavers(self, self.part_leaving, self.part_left)
        self.backing, self.standing, self.cover = Backing(self), Standing(self), Cover(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=weights.CREATE)
    def create(self, origin: Origin, kind: VaultKind, commission: U32 | None) -> None:
        """Open a vault for a deposit of 1 AGPU. That of a provider: the provider itself only.

        There is one of each kind. A commission, in parts per billion, is what members have of a
        provider's income. Who opens that of insurance also brings what keeps its pot alive.
        """
        founder, number, config = ensure_signed(origin), self.next_vault, self.config
        self.standing.check_new(kind, founder, commission or 0)
        self.currency.hold(HOLD, founder, config.deposit)
        if isinstance(kind, Insurance):
            self.currency.transfer(founder, config.insurance, config.existential_deposit)
        self.next_vault, self.vault_of[kind] = number + 1, number
        self.vaults[number] = new_vault(kind, founder, commission or 0, self.era())
        self.deposit(events.VaultCreated(number, kind, founder, commission or 0))

    @call(1, weight=weights.JOIN)
    def join(
        self, origin: Origin, vault: U32, asset: AssetKind, amount: Balance, lock: U32
    ) -> None:
        """Put `amount` on hold as a stake, locked for 28 to 364 eras; it counts up to twice.

        It counts from the next epoch on. The first in an empty vault brings 10 AGPU at least,
        of which 0.000001 AGPU is burned for points that nobody owns; others bring 1 AGPU. Tokens
        of an approved asset join a stake that is there, under its lock, and count up to as much.
        """
        who = ensure_signed(origin)
        ensure(lock >= self.terms.vaults.least_lock, Error.LOCK_TOO_SHORT)
        ensure(lock <= formulas.FULL_LOCK, Error.LOCK_TOO_LONG)
        if isinstance(asset, OfRwa):
            record, position, points = self.parts.join(vault, who, asset.asset, amount, lock)
        else:
            record, position = self.members.newcomer(vault, who, amount, lock)
            self.currency.hold(HOLD, who, amount)
            record, position, points = self.members.add(who, record, position, amount)
        self.members.put(vault, who, record, position)
        self.deposit(events.Joined(vault, who, asset, amount, points, lock))

    @call(2, weight=weights.CHANGE)
    def bond_extra(self, origin: Origin, vault: U32, amount: Balance) -> None:
        """Add `amount` to a stake. The lock of all of it begins again."""
        who = ensure_signed(origin)
        record, position = self.members.find(vault, who)
        self.currency.hold(HOLD, who, amount)
        record, position, points = self.members.add(who, record, position, amount)
        self.members.put(vault, who, record, position)
        self.deposit(events.Bonded(vault, who, amount, points))

    @call(3, weight=weights.CHANGE + weights.POOLS)
    def unbond(self, origin: Origin, vault: U32, points: U128) -> None:
        """Start to take points out of a vault whose lock has run out: 28 eras.

        They count no more, for queues or earnings, and stay liable for what was done before.
        """
        who = ensure_signed(origin)
        record, position = self.members.find(vault, who)
        record, position, amount = self.members.leave(vault, record, position, points)
        self.members.put(vault, who, record, position)
        era = self.era() + UNBONDING_ERAS
        self.deposit(events.Unbonded(vault, who, points, amount, era))

    @call(4, weight=weights.WITHDRAW)
    def withdraw_unbonded(self, origin: Origin, vault: U32) -> None:
        """Take back what left a vault 28 eras ago; with nothing left, all earnings are paid."""
        who = ensure_signed(origin)
        record, position = self.members.find(vault, who)
        chunks = len(position.chunks)
        position, amount = self.members.withdraw(vault, who, position)
        ensure(len(position.chunks) < chunks, Error.NOTHING_DUE)
        if position.owed and not position.points and not position.chunks:
            record, position = self.members.pay(vault, who, record, position)
        self.members.put(vault, who, record, position)
        self.deposit(events.Withdrawn(vault, who, amount))

    @call(5, weight=weights.CHANGE + Weight(reads=1, writes=1))
    def rebond(self, origin: Origin, vault: U32, chunk: U32) -> None:
        """Let a part on its way out stay after all; the lock of the whole stake begins again.

        Parts are counted from 0, those that left first before the others.
        """
        who = ensure_signed(origin)
        record, position = self.members.find(vault, who)
        ensure(chunk < len(position.chunks), Error.NO_SUCH_CHUNK)
        chosen = position.chunks[chunk]
        amount = self.members.take(vault, who, chosen)
        kept = tuple(one for one in position.chunks if one is not chosen)
        position = replace(position, chunks=kept)
        record, position, points = self.members.add(who, record, position, amount)
        self.members.put(vault, who, record, position)
        self.deposit(events.Rebonded(vault, who, amount, points))

    @call(6, weight=weights.CLAIM)
    def claim_payout(self, origin: Origin, vault: U32) -> None:
        """Be paid what a position has earned."""
        who = ensure_signed(origin)
        record, position = self.members.find(vault, who)
        ensure(position.owed > 0, Error.NOTHING_TO_CLAIM)
        record, position = self.members.pay(vault, who, record, position)
        self.members.put(vault, who, record, position)

    @call(7, weight=weights.RECORD)
    def set_commission(self, origin: Origin, vault: U32, commission: U32) -> None:
        """Decide what members have of the signer's income as a provider: up to 20 %.

        It moves by 1 % of the income at most, once in an era. In parts per billion.
        """
        self.backing.set_commission(ensure_signed(origin), vault, commission)
        self.deposit(events.CommissionSet(vault, commission))

    @call(8, weight=weights.CLOSE)
    def close(self, origin: Origin, vault: U32) -> None:
        """Close a vault that nobody is in, and have its deposit back. Who created it only."""
        who = ensure_signed(origin)
        record = require(self.vaults.get(vault), Error.UNKNOWN_VAULT)
        ensure(record.founder == who, Error.NOT_FOUNDER)
        ensure(not record.members and not record.rwa, Error.NOT_EMPTY)
        # what rounding left of its earnings is nobody's now, and the treasury's at the era's end
        self.owed[self.yields.pot_of(record)] -= record.owed
        self.currency.release(HOLD, who, self.config.deposit)
        del self.vaults[vault]
        del self.vault_of[record.kind]
        self.deposit(events.VaultClosed(vault))

    @call(9, weight=weights.CHANGE)
    def apply_slash(self, origin: Origin, vault: U32, who: AccountId) -> None:
        """Burn, or collect for claims, a member's part of slashes of its vault. Anyone may."""
        ensure_signed(origin)
        before = self.positions.get((vault, who))
        record, position = self.members.find(vault, who)
        is_owed = before is not None and position.held < before.held
        ensure(is_owed, Error.NOTHING_TO_APPLY)
        self.members.put(vault, who, record, position)

    @call(10, weight=Weight(reads=2, writes=1))
    def set_access_level(self, origin: Origin, market: Market, level: U8) -> None:
        """Decide which level clients of a market need, 0 to 8. A referendum on parameters only.

        A premium market asks for 3, one of a favoured region for 5.
        """
        self.governs(origin)
        ensure(self.markets.has_market(market), Error.UNKNOWN_MARKET)
        ensure(level <= formulas.MAX_LEVEL, Error.LEVEL_TOO_HIGH)
        self.access_level[market] = level
        self.deposit(events.AccessLevelSet(market, level))

    @call(11, weight=weights.PAY_CLAIM)
    def pay_claim(self, origin: Origin, claim: U32) -> None:
        """Pay a client what insurance owes it, as far as it is collected. Anyone may.

        `apply_slash` collects a member's part.
        """
        ensure_signed(origin)
        self.cover.pay(claim)

    @call(12, weight=weights.PARTS)
    def unbond_asset(self, origin: Origin, vault: U32, asset: U32, points: U128) -> None:
        """Start to take a tokenised asset out of a vault whose lock has run out: 28 eras."""
        who = ensure_signed(origin)
        record, position = self.members.find(vault, who)
        record, position, units = self.parts.leave(vault, record, position, asset, points)
        self.members.put(vault, who, record, position)
        era = self.era() + UNBONDING_ERAS
        self.deposit(events.AssetUnbonded(vault, who, asset, points, units, era))

    @call(13, weight=weights.PARTS)
    def withdraw_asset(self, origin: Origin, vault: U32, asset: U32) -> None:
        """Take back what of a tokenised asset left a vault 28 eras ago."""
        who = ensure_signed(origin)
        record, position = self.members.find(vault, who)
        position, units = self.parts.withdraw(vault, who, position, asset)
        self.members.put(vault, who, record, position)
        self.deposit(events.AssetWithdrawn(vault, who, asset, units))

    @call(14, weight=weights.CHANGE)
    def revalue(self, origin: Origin, vault: U32, who: AccountId) -> None:
        """Reckon anew what a member's tokenised assets count for in earnings. Anyone may."""
        ensure_signed(origin)
        record, position = self.members.find(vault, who)
        ensure(bool(position.rwa), Error.NO_SUCH_ASSET)
        self.members.put(vault, who, record, position)
        self.deposit(events.Revalued(vault, who))

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Give the treasury what no vault earned and nobody claims, when an era begins."""
        if number % self.config.era_blocks:
            return Weight()
        self.yields.sweep()
        return weights.SWEEP

    @constant
    def era_length(self) -> U32:
        """Blocks of an era; a stake is locked for 28 eras at least, and leaves in 28."""
        return self.config.era_blocks

    @constant
    def least_stakes(self) -> tuple[Balance, Balance]:
        """Least stake in planck: of the first in a vault, and of others."""
        return self.config.first_join, self.config.least_join

    # -------------------------------------------------------------- what other parts may ask for

    def era(self) -> int:
        """Return the era under way."""
        return self.context.number // self.config.era_blocks

    def earned(self, market: Market, task: JobClass, amount: Balance) -> None:
        """Hear that the stakers' part of a fee of a market has arrived in their pot.

        A fifth is the insurance vault's; the rest is that of the market's vault, and half of it
        that of the task's if both have stakes. What nobody has a stake for goes to the treasury.
        """
        self.standing.earned(market, task, amount)

    def level(self, who: AccountId, market: Market, task: JobClass, jobs: int = 1) -> int:
        """Return by how many levels, 0 to 8, a client's stakes put one of its open jobs ahead."""
        return formulas.level(self.standing.access(who, market, task), jobs)

    def admits(self, who: AccountId, market: Market, task: JobClass) -> bool:
        """Say whether a client has the level that a market asks for."""
        needed = self.access_level[market]
        return not needed or self.level(who, market, task) >= needed

    def is_locker(self, who: AccountId) -> bool:
        """Say whether a stake of an account is locked: then it may take part in governance."""
        return any(self.standing.is_locked(one, who) for one in self.memberships[who])

    def weight_of(self, who: AccountId, epoch: int | None = None) -> Balance:
        """Return the weight of all stakes of an account that count in an epoch, or now."""
        return sum(self.standing.weight(one, who, epoch) for one in self.memberships[who])

    # -------------------------------------------------------------------------------- invariants

    @invariant
    def stakes_are_held(self) -> bool:
        """Each account has on hold its stakes, what leaves of them, and deposits of its vaults."""
        return audit.stakes_are_held(self)

    @invariant
    def assets_add_up(self) -> bool:
        """Tokenised assets of a vault are those of its members, and the account has all of them."""
        return audit.assets_add_up(self)

    @invariant
    def points_add_up(self) -> bool:
        """Equal: the points of a vault, and those of its members with those that nobody owns."""
        return audit.points_add_up(self) and audit.leaving_points_add_up(self)

    @invariant
    def holds_cover_points(self) -> bool:
        """No points are worth more than what is on hold for them."""
        return audit.holds_cover_points(self)

    @invariant
    def weights_add_up(self) -> bool:
        """Equal: the weight of a vault, and the sum of its members', by when it counts."""
        return audit.weights_add_up(self) and audit.cohorts_are_counted(self)

    @invariant
    def pots_hold_what_is_owed(self) -> bool:
        """Each pot holds what its vaults owe, and no vault owes less than its members can claim."""
        return audit.pots_hold_what_is_owed(self)

    @invariant
    def claims_are_covered(self) -> bool:
        """All that insurance owes lies in its pot, or on hold of members who will bear it."""
        return audit.claims_are_covered(self)

    @invariant
    def lists_agree(self) -> bool:
        """Vaults by kind, members by vault and vaults by member say the same."""
        return audit.lists_agree(self)

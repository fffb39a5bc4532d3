"""AmaxDistribution: the only pallet that creates AMAX, for what buying compute cannot raise.

AMAX decides, so it is not sold for volume: an epoch creates a part of what its cap leaves, the more
the more capacity was proven, for capacity times reliability, for accuracy, for votes, and for
attested upgrades. Nothing of it looks at jobs or at AGPU. An account pulls its part within 84
epochs; it vests over 180 eras and votes only then. Source: design page "Economy", 5.19.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    constant,
    ensure,
    ensure_signed,
    invariant,
)
from runtime.frame.contribution import NO_SHARES
from runtime.frame.fungible import MintReason
from runtime.pallets.amax_distribution import formulas
from runtime.pallets.amax_distribution.ports import Behaviour, Capacity, Epochs, Grants, Mint, Terms
from runtime.pallets.amax_distribution.records import (
    EPOCHS_KEPT,
    EVENTS,
    NO_PARTS,
    Claimed,
    Config,
    EpochBudget,
    EpochBudgeted,
    Error,
    GroupMint,
    GroupMints,
    Outlook,
    Parts,
)
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U32, U64, AccountId, Balance, BlockNumber

EPOCH = Weight(reads=3, writes=1)
"""The budget of an epoch, what an account proved in it, and how reliable it was."""
ERA = Weight(reads=3)
"""The shares of all in an era, its points of accuracy, and its referenda."""
CLAIM = EPOCH * EPOCHS_KEPT + ERA * 28 + Weight(reads=90, writes=16, compute=300_000)
"""84 epochs, divided by the shares of 28 eras at most, each of which looks back over 28 more; the
standing of a provider, the mint, and what vests."""
HOOK = Weight(reads=8, writes=3)
"""Whether an epoch was closed; its capacity, the issuance, K* and the terms; the oldest one is
forgotten."""


class AmaxDistribution(Pallet):
    """The only pallet that creates AMAX after block 0."""

    events = EVENTS
    errors = Error

    epochs: Map[U64, EpochBudget] = Map(hasher=TWOX_64_CONCAT)
    """The closed epochs that can be claimed."""
    next_epoch: Value[U64 | None] = Value(default=None)
    """The epoch that is budgeted next: those below it are closed."""
    claimed_until: Map[AccountId, U64] = Map(default=0)
    """The first epoch that each account has not claimed."""
    group_minted: Map[AccountId, GroupMints] = Map(default=())
    """What the capacity of each operator has earned of the epochs that are kept."""
    minted: Value[Balance] = Value(default=0)
    """All that was created since block 0."""

    def __init__(
        self,
        context: Context,
        token: Mint,
        vesting: Grants,
        config: Config,
        *,
        epochs: Epochs,
        providers: Capacity,
        behaviour: Behaviour,
        terms: Terms,
        index: int,
        name: str = "AmaxDistribution",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.token, self._vesting, self.config = token, vesting, config
        self._terms = terms
        self._emission, self._providers, self._behaviour = epochs, providers, behaviour

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=CLAIM)
    def claim(self, origin: Origin) -> None:
        """Take your part of every closed epoch of the last 84 that you have not claimed.

        It vests over 180 eras, from the end of the period of 12 eras in which you claim.
        """
        self._claim(ensure_signed(origin))

    @call(1, weight=CLAIM)
    def claim_other(self, origin: Origin, who: AccountId) -> None:
        """Have another account's part created for it. Anyone may; you pay the fee."""
        ensure_signed(origin)
        self._claim(who)

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Budget an epoch that emission has closed, one in a block, and forget the oldest."""
        first_open, due = self._emission.first_open(), self.next_epoch
        if due is None:
            self.next_epoch = first_open
        elif due < first_open:
            self._budget(due)
        return HOOK

    @constant
    def cap(self) -> Balance:
        """Return the AMAX that can ever be issued, in planck."""
        return self.config.cap

    @constant
    def epochs_kept(self) -> U32:
        """Return how many closed epochs can be claimed."""
        return EPOCHS_KEPT

    @constant
    def vesting_eras(self) -> U32:
        """Return the eras over which what is claimed becomes free."""
        return self.config.vesting_eras

    # --------------------------------------------------------------------- what clients may ask

    def claimable(self, who: AccountId) -> Parts:
        """Return what an account can claim now, by dimension."""
        return total(parts for _, parts in self._due(who))

    def outlook(self) -> Outlook:
        """Return how the distribution stands."""
        due = self.next_epoch
        last = self.epochs.get(due - 1) if due else None
        kept = sum(1 for _ in self.epochs.items())
        return Outlook(
            cap=self.config.cap,
            issuance=self.token.total_issuance,
            minted=self.minted,
            last_epoch=None if not due or last is None else due - 1,
            last_budget=0 if last is None else last.budget,
            claimable_epochs=kept,
        )

    # ------------------------------------------------------------------------------------ helpers

    def _budget(self, epoch: int) -> None:
        """Fix what an epoch may create: what was proven in it decides, and nothing that is paid."""
        self.next_epoch = epoch + 1
        if epoch >= EPOCHS_KEPT:
            del self.epochs[epoch - EPOCHS_KEPT]
        capacity = self._emission.capacity(epoch)
        if capacity is None:  # nobody authored in it
            return
        terms, era = self._terms.distribution, self._behaviour.era()
        amount = formulas.budget(
            self.config.cap,
            terms.delta,
            self.token.total_issuance,
            capacity,
            self._emission.k_star(),
        )
        divides = era - 1 if era else None
        self.epochs[epoch] = EpochBudget(amount, capacity, divides, 0, terms)
        self.deposit(EpochBudgeted(epoch, amount, capacity, divides))

    def _claim(self, who: AccountId) -> None:
        """Create what is due to an account, and let it vest."""
        due, token, end = self._due(who), self.token, self.next_epoch or 0
        parts = total(part for _, part in due)
        amount = parts.total
        ensure(amount > 0, Error.NOTHING_TO_CLAIM)
        ensure(token.total_issuance + amount <= self.config.cap, Error.CAP_REACHED)
        first = self._first(who)
        for epoch, part in due:
            self.epochs[epoch] = self._taken(self.epochs[epoch], part.total)
        self._note_group(who, tuple((epoch, part.capacity) for epoch, part in due))
        self.claimed_until[who] = end
        self.minted += amount
        token.mint(MintReason.DISTRIBUTION, who, amount)
        self._vest(who, amount)
        self.deposit(Claimed(who, parts, first, end))

    def _vest(self, who: AccountId, amount: Balance) -> None:
        """Let an amount vest from the end of this period on; what keeps an account stays free."""
        config, number = self.config, self.context.number
        vests = min(amount, self.token.reducible(who, keep_alive=True))
        ensure(vests > 0, Error.BELOW_MINIMUM)
        period = config.period_eras * config.era_blocks
        start = (number // period + 1) * period
        self._vesting.grant(who, vests, start, config.vesting_eras * config.era_blocks)

    def _first(self, who: AccountId) -> int:
        return max(self.claimed_until[who], (self.next_epoch or 0) - EPOCHS_KEPT, 0)

    def _due(self, who: AccountId) -> tuple[tuple[int, Parts], ...]:
        """Return what an account can claim of each closed epoch; writes nothing."""
        known = [
            (epoch, info)
            for epoch in range(self._first(who), self.next_epoch or 0)
            if (info := self.epochs.get(epoch)) is not None
        ]
        eras = tuple(sorted({one.era: None for _, one in known if one.era is not None}))
        shares = dict(zip(eras, self._behaviour.shares_in(who, eras), strict=True))
        used = {one.epoch: one.amount for one in self.group_minted[self._providers.operator(who)]}
        found: list[tuple[int, Parts]] = []
        for epoch, info in known:
            slices = formulas.slices_of(info.budget, info.terms)
            own = NO_SHARES if info.era is None else shares[info.era]
            all_ = NO_SHARES if info.era is None else self._behaviour.all_shares(info.era)
            part = formulas.part_of
            most = info.terms.voter_cap
            parts = Parts(
                self._by_capacity(who, epoch, info, used.get(epoch, 0)),
                part(slices.accuracy, own.accuracy, all_.accuracy),
                part(slices.participation, own.participation, all_.participation, most),
                part(slices.infra, own.infra, all_.infra),
            )
            if parts.total:
                found.append((epoch, parts))
        return tuple(found)

    def _by_capacity(self, who: AccountId, epoch: int, info: EpochBudget, used: Balance) -> Balance:
        """Return what the capacity of an account earns, beside what its operator already has."""
        if not (credit := self._providers.proven(epoch, who)):
            return 0
        reliability = self._providers.reliability_in(epoch, who)
        earned = (
            formulas.part_of(info.capacity_slice, credit, info.capacity) * reliability // PERBILL
        )
        return min(earned, max(info.operator_cap - used, 0))

    def _note_group(self, who: AccountId, earned: tuple[tuple[int, Balance], ...]) -> None:
        """Remember what the capacity of an account earned for its operator."""
        group, oldest = self._providers.operator(who), (self.next_epoch or 0) - EPOCHS_KEPT
        sums = {one.epoch: one.amount for one in self.group_minted[group] if one.epoch >= oldest}
        for epoch, amount in earned:
            if amount:
                sums[epoch] = sums.get(epoch, 0) + amount
        self.group_minted[group] = tuple(GroupMint(one, sums[one]) for one in sorted(sums))

    def _taken(self, info: EpochBudget, amount: Balance) -> EpochBudget:
        """Return an epoch of which so much more was created."""
        taken = replace(info, minted=info.minted + amount)
        assert taken.minted <= info.budget, f"{taken.minted} planck of a budget of {info.budget}"
        return taken

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def issuance_is_below_its_cap(self) -> bool:
        """No more AMAX is issued than there can ever be."""
        return self.token.total_issuance <= self.config.cap

    @invariant
    def epochs_stay_within_their_budgets(self) -> bool:
        """No epoch created more than its budget."""
        return all(info.minted <= info.budget for _, info in self.epochs.items())

    @invariant
    def closed_epochs_alone_are_kept(self) -> bool:
        """Of the closed epochs the last 84 at most are kept."""
        end = self.next_epoch or 0
        return all(end - EPOCHS_KEPT <= epoch < end for epoch, _ in self.epochs.items())

    @invariant
    def operators_stay_within_their_part(self) -> bool:
        """No operator has more of an epoch's capacity slice than the part that it may."""
        most = {epoch: info.operator_cap for epoch, info in self.epochs.items()}
        return all(
            one.amount <= most[one.epoch]
            for _, mints in self.group_minted.items()
            for one in mints
            if one.epoch in most
        )


def total(parts: Iterator[Parts]) -> Parts:
    """Return the sums by dimension."""
    whole = NO_PARTS
    for one in parts:
        whole = Parts(
            whole.capacity + one.capacity,
            whole.accuracy + one.accuracy,
            whole.participation + one.participation,
            whole.infra + one.infra,
        )
    return whole

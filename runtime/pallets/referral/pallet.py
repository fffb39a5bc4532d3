"""Referral: an account says once who brought it; a part of what it burns then pays that account.

There is no bounty for a sign-up: a referrer has a slice of what its referee's jobs, or work, gave
back of their own burn, a twentieth of it for each, so that bringing oneself costs more than it
returns at any scale. Referrals are one level deep. What is earned is on hold on the referrer's own
account for 28 eras, and void if the referee meanwhile fails a verification.
Source: design page "Economy", section 5.13.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice

from runtime.frame import (
    Context,
    DoubleMap,
    Map,
    Origin,
    Pallet,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.fungible import Currency, HoldReason, are_held
from runtime.pallets.referral.ports import Accounts, Clock, Conduct, Config, Terms
from runtime.pallets.referral.records import (
    EPOCHS_KEPT,
    EVENTS,
    MAX_LISTED,
    Burns,
    Chunks,
    Error,
    Link,
    QualifiedBurn,
    ReferralClaimed,
    ReferralEarned,
    ReferralVoided,
    ReferredBy,
    ReferrerSet,
    Tree,
    VestingChunk,
)
from runtime.primitives.types import U32, AccountId, Balance

HOLD = HoldReason.REFERRAL

SET = Weight(reads=8, writes=3)
"""Both accounts: what they did, who brought them, whom they brought."""
CLAIM = Weight(reads=10, writes=8)
"""A link, its chunks, the conduct of a provider, and two accounts with their holds."""


class Referral(Pallet):
    """Who brought whom, paid out of what the one who came burns."""

    events = EVENTS
    errors = Error

    referrer_of: Map[AccountId, Link] = Map()
    """Who brought each account, and since when."""
    referees: Map[AccountId, U32] = Map(default=0)
    """How many accounts each has brought."""
    referred: DoubleMap[AccountId, AccountId, U32] = DoubleMap()
    """By referrer, the accounts that it brought, and in which era each said so."""
    burned_by: Map[AccountId, Balance] = Map(default=0)
    """What the jobs of each client have burned, in planck."""
    vesting: DoubleMap[AccountId, AccountId, Chunks] = DoubleMap(default=())
    """By referrer and referee: what was earned and not claimed."""
    earned_by: Map[AccountId, Balance] = Map(default=0)
    """All that its referees ever earned each referrer."""
    qualified_burns: Map[AccountId, Burns] = Map(default=())
    """What the referees of each account burned in its last epochs."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        accounts: Accounts,
        conduct: Conduct,
        config: Config,
        *,
        terms: Terms,
        clock: Clock,
        index: int,
        name: str = "Referral",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.accounts, self.conduct = currency, accounts, conduct
        self.terms, self.config, self.clock = terms, config, clock

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=SET)
    def set_referrer(self, origin: Origin, referrer: AccountId) -> None:
        """Say who brought you, once: before your first paid job, and before you are a provider.

        Among your first 16 transactions. It must have burned 50 AGPU itself, or provided for 30
        eras. It costs you nothing: for 30 eras you have 0.25 % of your fees back.
        """
        who = ensure_signed(origin)
        ensure(who not in self.referrer_of, Error.ALREADY_SET)
        ensure(referrer != who, Error.SELF_REFERRAL)
        # whoever refers others is referred by nobody later: so no circle can close
        ensure(self.referees[who] == 0, Error.REFERS_OTHERS)
        ensure(self.is_new(who), Error.NOT_NEW)
        ensure(self.is_qualified(referrer), Error.NOT_QUALIFIED)
        self.referrer_of[who] = Link(referrer, self.era())
        self.referees[referrer] += 1
        self.referred[referrer, who] = self.era()
        self.deposit(ReferrerSet(who, referrer))

    @call(1, weight=CLAIM)
    def claim_payout(self, origin: Origin, referee: AccountId) -> None:
        """Free what a referral earned 28 eras ago and more, for its referrer. Anyone may call.

        If the referee has failed a verification since, all that is left goes to the treasury.
        """
        ensure_signed(origin)
        link = require(self.referrer_of.get(referee), Error.NOT_REFERRED)
        chunks = self.vesting[link.referrer, referee]
        if self.is_void(referee, link) and chunks:
            self._void(link.referrer, referee)
            return
        due, rest = parted(chunks, self.era() - self.terms.referral.vesting_eras)
        amount = total(due)
        ensure(amount > 0, Error.NOTHING_VESTED)
        self.vesting[link.referrer, referee] = rest
        self.currency.release(HOLD, link.referrer, amount)
        self.deposit(ReferralClaimed(link.referrer, referee, amount))

    @constant
    def least_burn(self) -> Balance:
        """Return what a referrer must have burned itself, in planck."""
        return self.config.least_burn

    # ----------------------------------------------------------------- what other pallets may ask

    def era(self) -> int:
        """Return the era under way."""
        return self.context.number // self.config.era_blocks

    def is_new(self, who: AccountId) -> bool:
        """Say whether an account may still say who brought it."""
        is_fresh = self.burned_by[who] == 0 and self.conduct.served_eras(who) is None
        return is_fresh and self.accounts.nonce(who) <= self.config.first_transactions

    def is_qualified(self, who: AccountId) -> bool:
        """Say whether an account has burned enough, or provided for long enough, to refer."""
        served = self.conduct.served_eras(who)
        has_served = served is not None and served >= self.config.least_eras
        return has_served or self.burned_by[who] >= self.config.least_burn

    def of(self, who: AccountId) -> AccountId | None:
        """Return whom the burn of `who` pays now: in the first 180 eras, unless it was a cheat."""
        link = self.referrer_of.get(who)
        return None if link is None or not self.is_active(who, link) else link.referrer

    def is_active(self, referee: AccountId, link: Link) -> bool:
        """Say whether a referral still earns."""
        is_over = self.era() >= link.since + self.terms.referral.window_eras
        return not is_over and not self.is_void(referee, link)

    def is_favoured(self, who: AccountId) -> bool:
        """Say whether `who` pays a little less for its jobs: in the first 30 eras, as a referee."""
        link = self.referrer_of.get(who)
        return link is not None and self.era() < link.since + self.config.discount_eras

    def is_void(self, referee: AccountId, link: Link) -> bool:
        """Say whether a referee was caught cheating since it was brought."""
        failure = self.conduct.last_failure(referee)
        return failure is not None and failure >= link.since

    def burned(self, who: AccountId, amount: Balance) -> None:
        """Hear that a job of `who` burned so much."""
        self.burned_by[who] += amount

    def reward(self, referee: AccountId, amount: Balance, burn: Balance) -> None:
        """Put a slice on hold that was minted for the referrer of `referee`, for this burn.

        Raises:
            DispatchError: the referrer cannot hold it.
        """
        who, era = self.referrer_of[referee].referrer, self.era()
        self.currency.hold(HOLD, who, amount)
        chunks = with_more(
            self.vesting[who, referee], era, amount, self.terms.referral.vesting_eras
        )
        self.vesting[who, referee] = chunks
        self.earned_by[who] += amount
        self._qualify(who, burn)
        self.deposit(ReferralEarned(who, referee, amount))

    def qualified_burn(self, who: AccountId, epoch: int) -> Balance:
        """Return what the referees of `who` burned in an epoch, of the last 84, in planck."""
        return sum(one.amount for one in self.qualified_burns[who] if one.epoch == epoch)

    def tree(self, who: AccountId) -> Tree:
        """Return an account's referrer and the accounts that it brought, 1,000 at most.

        For queries: the cost grows with the referees.
        """
        listed = islice(self.referred.items_under(who), MAX_LISTED)
        found = tuple(self._seen_by(who, referee, since) for (_, referee), since in listed)
        return Tree(self.referrer_of.get(who), self.earned_by[who], found)

    # ------------------------------------------------------------------------------------ helpers

    def _seen_by(self, referrer: AccountId, referee: AccountId, since: int) -> ReferredBy:
        chunks = self.vesting[referrer, referee]
        due, rest = parted(chunks, self.era() - self.terms.referral.vesting_eras)
        is_active = self.is_active(referee, Link(referrer, since))
        return ReferredBy(referee, since, is_active, total(rest), total(due))

    def _qualify(self, who: AccountId, burn: Balance) -> None:
        epoch = self.clock.current_epoch()
        burns = tuple(one for one in self.qualified_burns[who] if one.epoch + EPOCHS_KEPT > epoch)
        if burns and burns[-1].epoch == epoch:
            burn += burns[-1].amount
            burns = burns[:-1]
        self.qualified_burns[who] = (*burns, QualifiedBurn(epoch, burn))

    def _void(self, referrer: AccountId, referee: AccountId) -> None:
        """Send what a cheat earned its referrer to the treasury, or burn what it cannot take."""
        amount = total(self.vesting[referrer, referee])
        del self.vesting[referrer, referee]
        treasury, move = self.config.treasury, self.currency.transfer_on_hold
        if not self.attempt(move, HOLD, referrer, treasury, amount):
            self.currency.burn_held(HOLD, referrer, amount)
        self.deposit(ReferralVoided(referrer, referee, amount))

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def what_vests_is_held(self) -> bool:
        """Each referrer has on hold what its referrals earned and it did not claim."""
        parts = [(who, total(chunks)) for (who, _), chunks in self.vesting.items()]
        return are_held(self.currency, HOLD, parts)

    @invariant
    def referrals_have_no_circle(self) -> bool:
        """No circle of referrals: following them ends."""
        links = {who: link.referrer for who, link in self.referrer_of.items()}
        return all(ends(links, who) for who in links)

    @invariant
    def referees_are_counted(self) -> bool:
        """Equal for each account: the accounts it brought, their list, and their count."""
        links = {(one.referrer, who): one.since for who, one in self.referrer_of.items()}
        counts = Counter(referrer for referrer, _ in links)
        return links == dict(self.referred.items()) and counts == dict(self.referees.items())

    @invariant
    def nothing_vests_that_was_not_earned(self) -> bool:
        """Hold of an account's referrals at most what they ever earned it."""
        return all(
            sum(total(chunks) for _, chunks in self.vesting.items_under(who)) <= earned
            for who, earned in self.earned_by.items()
        )


def with_more(chunks: Chunks, era: int, amount: Balance, vesting_eras: int) -> Chunks:
    """Return what vests with more of this era; what has vested is one chunk."""
    vested, rest = parted(chunks, era - vesting_eras)
    if rest and rest[-1].era == era:
        amount += rest[-1].amount
        rest = rest[:-1]
    merged = (VestingChunk(vested[-1].era, total(vested)),) if vested else ()
    return (*merged, *rest, VestingChunk(era, amount))


def parted(chunks: Chunks, last: int) -> tuple[Chunks, Chunks]:
    """Return the chunks up to an era, which have vested, and those after it."""
    due = tuple(one for one in chunks if one.era <= last)
    return due, chunks[len(due) :]


def total(chunks: Chunks) -> Balance:
    """Return what is in chunks."""
    return sum(one.amount for one in chunks)


def ends(links: dict[AccountId, AccountId], who: AccountId) -> bool:
    """Say whether following links from an account comes to an end."""
    seen: dict[AccountId, None] = {}
    while who in links:
        if who in seen:
            return False
        seen[who] = None
        who = links[who]
    return True

"""Proxy: accounts that act for others, within limits and, if wished, after a delay.

An account in a safe lets a machine do its daily work; a delayed proxy must announce each call,
and the account can reject it meanwhile. A pure account has no key at all, so that its owners can
change. Names, indices and layouts are those of FRAME's `pallet_proxy`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    Signed,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.accounts import account_of
from runtime.frame.calls import Call, RuntimeCall
from runtime.frame.fungible import Currency, HoldReason, are_held, rehold
from runtime.frame.inner import Dispatcher
from runtime.frame.results import Err, Ok
from runtime.pallets.proxy.types import (
    EVENTS,
    MAX_PENDING,
    MAX_PROXIES,
    Announced,
    Announcement,
    Config,
    DepositKind,
    DepositPoked,
    Error,
    ProxyAdded,
    ProxyDefinition,
    ProxyExecuted,
    ProxyRemoved,
    ProxyType,
    PureCreated,
    PureKilled,
    Spawned,
    pure_account,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    H256,
    U16,
    U32,
    AccountId,
    Balance,
    BlockNumber,
    CompactU32,
)

PROXIES = Weight(reads=4, writes=4, compute=20_000)
"""A list, who made the account, and the account and the holds of who pays for it."""
PROXIED = Weight(reads=2, writes=1, compute=20_000)
"""The proxies of the account, and the account, which may not have been read yet."""
HOLD = HoldReason.PROXY

Definitions = Annotated[tuple[ProxyDefinition, ...], Bounded(MAX_PROXIES)]
Announcements = Annotated[tuple[Announcement, ...], Bounded(MAX_PENDING)]


def last(*arguments: Call) -> tuple[Call, ...]:
    """Return the call that stands behind all other arguments."""
    return (arguments[-1],)


class Proxy(Pallet):
    """Accounts that act for others."""

    events = EVENTS
    errors = Error

    proxies: Map[AccountId, tuple[Definitions, Balance]] = Map(
        default=((), 0), hasher=TWOX_64_CONCAT
    )
    """Who may act for each account, and the deposits for that."""
    announcements: Map[AccountId, tuple[Announcements, Balance]] = Map(
        default=((), 0), hasher=TWOX_64_CONCAT
    )
    """What each proxy has announced, and its deposit for that."""
    spawned: Map[AccountId, Spawned] = Map(hasher=TWOX_64_CONCAT)
    """Who made each pure account: the part of its deposit that is not on hold of itself."""

    def __init__(
        self,
        context: Context,
        inside: Dispatcher,
        currency: Currency,
        config: Config,
        *,
        index: int,
        name: str = "Proxy",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self._inside, self._currency, self._config = inside, currency, config

    # ------------------------------------------------------------------------------------ acting

    @call(0, weight=PROXIED, inner=last)
    def proxy(
        self,
        origin: Origin,
        real: MultiAddress,
        force_proxy_type: ProxyType | None,
        call: RuntimeCall,
    ) -> None:
        """Make a call for another account, at once; an event tells how it ended."""
        who, real_account = ensure_signed(origin), account_of(real)
        found = self._find(real_account, who, force_proxy_type)
        ensure(found.delay == 0, Error.UNANNOUNCED)
        self._make(call, origin, real_account, found.proxy_type)

    @call(9, weight=PROXIED + PROXIES, inner=last)
    def proxy_announced(
        self,
        origin: Origin,
        delegate: MultiAddress,
        real: MultiAddress,
        force_proxy_type: ProxyType | None,
        call: RuntimeCall,
    ) -> None:
        """Make a call that a proxy announced long enough ago. Anyone may."""
        ensure_signed(origin)
        proxy, real_account = account_of(delegate), account_of(real)
        found = self._find(real_account, proxy, force_proxy_type)
        hash_, now = blake2_256(call.encode()), self.context.number

        def is_ripe(one: Announcement) -> bool:
            return one.is_of(real_account, hash_) and now - one.height >= found.delay

        ensure(self._drop_announcements(proxy, is_ripe), Error.UNANNOUNCED)
        self._make(call, origin, real_account, found.proxy_type)

    # -------------------------------------------------------------------------------- who may act

    @call(1, weight=PROXIES)
    def add_proxy(
        self, origin: Origin, delegate: MultiAddress, proxy_type: ProxyType, delay: BlockNumber
    ) -> None:
        """Let another account act for the sender."""
        who, proxy = ensure_signed(origin), account_of(delegate)
        ensure(proxy != who, Error.NO_SELF_PROXY)
        added, (known, deposit) = ProxyDefinition(proxy, proxy_type, delay), self.proxies[who]
        ensure(added not in known, Error.DUPLICATE)
        ensure(len(known) < MAX_PROXIES, Error.TOO_MANY)
        definitions = tuple(sorted((*known, added), key=lambda one: one.order))
        self._put_proxies(who, definitions, deposit)
        self.deposit(ProxyAdded(who, proxy, proxy_type, delay))

    @call(2, weight=PROXIES)
    def remove_proxy(
        self, origin: Origin, delegate: MultiAddress, proxy_type: ProxyType, delay: BlockNumber
    ) -> None:
        """Let another account act for the sender no more."""
        who, proxy = ensure_signed(origin), account_of(delegate)
        removed, (known, deposit) = ProxyDefinition(proxy, proxy_type, delay), self.proxies[who]
        ensure(removed in known, Error.NOT_FOUND)
        self._put_proxies(who, tuple(one for one in known if one != removed), deposit)
        self.deposit(ProxyRemoved(who, proxy, proxy_type, delay))

    @call(3, weight=PROXIES)
    def remove_proxies(self, origin: Origin) -> None:
        """Let nobody act for the sender any more. A pure account is lost by that."""
        who = ensure_signed(origin)
        self._put_proxies(who, (), self.proxies[who][1])

    @call(4, weight=PROXIES)
    def create_pure(
        self, origin: Origin, proxy_type: ProxyType, delay: BlockNumber, index: U16
    ) -> None:
        """Make an account without a key, for which the sender may act."""
        who, now = ensure_signed(origin), self.context.number
        place = max(self.context.extrinsic_index, 0)
        pure = pure_account(who, proxy_type, index, now, place)
        ensure(pure not in self.proxies, Error.DUPLICATE)
        deposit = self._proxies_cost(1)
        self._currency.hold(HOLD, who, deposit)
        self.proxies[pure] = (ProxyDefinition(who, proxy_type, delay),), deposit
        self.spawned[pure] = Spawned(who, deposit)
        self.deposit(PureCreated(pure, who, proxy_type, index, now, place))

    @call(5, weight=PROXIES)
    def kill_pure(
        self,
        origin: Origin,
        spawner: MultiAddress,
        proxy_type: ProxyType,
        index: U16,
        height: CompactU32,
        ext_index: CompactU32,
    ) -> None:
        """Give up a pure account, by itself; it must be said when it was made."""
        who, maker = ensure_signed(origin), account_of(spawner)
        named = pure_account(maker, proxy_type, index, height, ext_index)
        ensure(named == who and who in self.proxies, Error.NO_PERMISSION)
        self._put_proxies(who, (), self.proxies[who][1])
        self.deposit(PureKilled(who, maker, proxy_type, index))

    # ------------------------------------------------------------------------------ announcements

    @call(6, weight=PROXIES + PROXIED)
    def announce(self, origin: Origin, real: MultiAddress, call_hash: H256) -> None:
        """Announce a call that the sender is going to make for another account."""
        who, real_account = ensure_signed(origin), account_of(real)
        self._find(real_account, who, None)
        pending, deposit = self.announcements[who]
        ensure(len(pending) < MAX_PENDING, Error.TOO_MANY)
        announced = (*pending, Announcement(real_account, call_hash, self.context.number))
        self._put_announcements(who, announced, deposit)
        self.deposit(Announced(real_account, who, call_hash))

    @call(7, weight=PROXIES)
    def remove_announcement(self, origin: Origin, real: MultiAddress, call_hash: H256) -> None:
        """Take an announcement of the sender's back."""
        who, real_account = ensure_signed(origin), account_of(real)
        self._forget(who, real_account, call_hash)

    @call(8, weight=PROXIES)
    def reject_announcement(self, origin: Origin, delegate: MultiAddress, call_hash: H256) -> None:
        """Forbid a call that a proxy announced for the sender."""
        who, proxy = ensure_signed(origin), account_of(delegate)
        self._forget(proxy, who, call_hash)

    @call(10, weight=PROXIES * 2)
    def poke_deposit(self, origin: Origin) -> None:
        """Hold what the sender's proxies and announcements cost now, if that is not the same."""
        who = ensure_signed(origin)
        (definitions, old), (pending, pledged) = self.proxies[who], self.announcements[who]
        if definitions:
            self._put_proxies(who, definitions, old)
            self._tell(who, DepositKind.PROXIES, old, self.proxies[who][1])
        if pending:
            self._put_announcements(who, pending, pledged)
            self._tell(who, DepositKind.ANNOUNCEMENTS, pledged, self.announcements[who][1])

    # ---------------------------------------------------------------------------------- constants

    @constant
    def proxy_deposit_base(self) -> Balance:
        """Return what having proxies holds."""
        return self._config.proxy_deposit_base

    @constant
    def proxy_deposit_factor(self) -> Balance:
        """Return what each proxy holds."""
        return self._config.proxy_deposit_factor

    @constant
    def max_proxies(self) -> U32:
        """Return how many proxies an account may have."""
        return MAX_PROXIES

    @constant
    def max_pending(self) -> U32:
        """Return how many announcements a proxy may have."""
        return MAX_PENDING

    @constant
    def announcement_deposit_base(self) -> Balance:
        """Return what having announcements holds."""
        return self._config.announcement_deposit_base

    @constant
    def announcement_deposit_factor(self) -> Balance:
        """Return what each announcement holds."""
        return self._config.announcement_deposit_factor

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def deposits_are_held(self) -> bool:
        """Whoever pays for proxies, pure accounts and announcements has that on hold."""
        spawned = dict(self.spawned.items())
        of_makers = [(one.spawner, one.deposit) for one in spawned.values()]
        of_accounts = [
            (who, deposit - (spawned[who].deposit if who in spawned else 0))
            for who, (_, deposit) in self.proxies.items()
        ]
        of_proxies = [(who, deposit) for who, (_, deposit) in self.announcements.items()]
        return are_held(self._currency, HOLD, of_makers + of_accounts + of_proxies)

    @invariant
    def lists_are_whole(self) -> bool:
        """No list is empty, proxies are in order, and each pure account has some."""
        lists = [definitions for _, (definitions, _) in self.proxies.items()]
        in_order = all(
            list(one) == sorted(one, key=lambda definition: definition.order) for one in lists
        )
        pending = all(announced for _, (announced, _) in self.announcements.items())
        return (
            all(lists)
            and in_order
            and pending
            and all(pure in self.proxies for pure, _ in self.spawned.items())
        )

    # ------------------------------------------------------------------------------------ helpers

    def _find(
        self, real: AccountId, delegate: AccountId, wanted: ProxyType | None
    ) -> ProxyDefinition:
        """Return the first proxy of an account that is `delegate`, and of the type that is wanted.

        Raises:
            DispatchError: there is none.
        """
        found = next(
            (
                one
                for one in self.proxies[real][0]
                if one.delegate == delegate and wanted in (None, one.proxy_type)
            ),
            None,
        )
        return require(found, Error.NOT_PROXY)

    def _make(self, one: Call, origin: Origin, real: AccountId, allowed: ProxyType) -> None:
        """Make a call for an account, and whatever it holds, as far as the proxy's type goes."""
        assert isinstance(origin, Signed), "only an account signs"
        limit: Callable[[Call], bool] = partial(self._lets_through, allowed)
        error = self._inside.attempt(one, Signed(real, (*origin.filters, limit)))
        result = Ok(()) if error is None else Err(self._inside.failure(error))
        self.deposit(ProxyExecuted(result))

    def _lets_through(self, allowed: ProxyType, one: Call) -> bool:
        """Say whether a proxy may make a call; none may give more power than it has."""
        pallet, name = one.entry.pallet, one.entry.name
        gives = pallet == self.name and name in ("add_proxy", "remove_proxy")
        ends = pallet == self.name and name in ("remove_proxies", "kill_pure")
        if (gives and not allowed.includes(one.arguments[1])) or (
            ends and allowed is not ProxyType.ANY
        ):
            return False
        return allowed.lets_through(pallet, name)

    def _proxies_cost(self, count: int) -> Balance:
        config = self._config
        return config.proxy_deposit_base + config.proxy_deposit_factor * count if count else 0

    def _put_proxies(
        self, who: AccountId, definitions: tuple[ProxyDefinition, ...], deposit: Balance
    ) -> None:
        """Record proxies; the account itself holds what its maker does not."""
        spawned = self.spawned.get(who)
        cost, least = self._proxies_cost(len(definitions)), 0
        if spawned is not None and definitions:
            least = spawned.deposit
        elif spawned is not None:
            self._currency.release(HOLD, spawned.spawner, spawned.deposit)
            del self.spawned[who]
            deposit -= spawned.deposit
        rehold(self._currency, HOLD, who, deposit, max(cost, least))
        if definitions:
            self.proxies[who] = definitions, max(cost, least)
        elif who in self.proxies:
            del self.proxies[who]

    def _put_announcements(
        self, who: AccountId, pending: tuple[Announcement, ...], deposit: Balance
    ) -> None:
        config, count = self._config, len(pending)
        cost = config.announcement_deposit_base + config.announcement_deposit_factor * count
        rehold(self._currency, HOLD, who, deposit, cost if count else 0)
        if count:
            self.announcements[who] = pending, cost
        else:
            del self.announcements[who]

    def _tell(self, who: AccountId, kind: DepositKind, old: Balance, new: Balance) -> None:
        if old != new:
            self.deposit(DepositPoked(who, kind, old, new))

    def _forget(self, proxy: AccountId, real: AccountId, call_hash: H256) -> None:
        is_known = self._drop_announcements(proxy, lambda one: one.is_of(real, call_hash))
        ensure(is_known, Error.NOT_FOUND)

    def _drop_announcements(
        self, proxy: AccountId, is_dropped: Callable[[Announcement], bool]
    ) -> bool:
        """Drop some announcements of a proxy; say whether there were any."""
        pending, deposit = self.announcements[proxy]
        kept = tuple(one for one in pending if not is_dropped(one))
        if len(kept) == len(pending):
            return False
        self._put_announcements(proxy, kept, deposit)
        return True

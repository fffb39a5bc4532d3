"""Whom an account belongs with: who it says it is, who acts for it, and whose approval it awaits.

All of it is read from the state. Whom an account acts for, and what of others it has approved, is
kept there by the other side: it is looked for among a bounded number of entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
import trio

from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.numbered import LOOKED, LOOKED_PER_STEP
from node.rpc.addresses import Addresses
from node.rpc.registry import method
from node.rpc.values import to_hex
from runtime.construct import Runtime
from runtime.frame.pallet import Pallet
from runtime.frame.storage import Item
from runtime.pallets.identity import Data, DataKind, IdentityInfo, Registration
from runtime.pallets.multisig import MultisigPallet
from runtime.pallets.proxy import Proxy, ProxyDefinition
from runtime.primitives.types import AccountId

PROPOSALS = 50
"""Calls that wait for approvals and are listed: of an account, and of others with its approval."""

NAMED = ("display", "legal", "web", "riot", "email", "image", "twitter")
"""Fields of an identity, in the order in which they are told; others bring their own names."""


class JudgementJson(msgspec.Struct, frozen=True):
    """What a registrar says of an identity; `account` is null where its index has none."""

    registrar: int
    account: str | None
    judgement: str


class SubJson(msgspec.Struct, frozen=True):
    """An account under an identity, and its name there."""

    address: str
    name: str


class SaidJson(msgspec.Struct, frozen=True):
    """A field of an identity; one that the account named itself can be called like any other."""

    name: str
    text: str
    is_own_name: bool = False


class IdentityJson(msgspec.Struct, frozen=True):
    """What an account says of itself, and what registrars say of that."""

    said: list[SaidJson]
    judgements: list[JudgementJson]
    subs: list[SubJson]


class SubOfJson(msgspec.Struct, frozen=True):
    """Under whose identity an account is: as what, and how that one calls itself, if it does."""

    address: str
    name: str
    display: str | None


class ProxyJson(msgspec.Struct, frozen=True):
    """An account that acts for another; `delay` blocks after it has announced a call."""

    address: str
    """The one that acts in `proxies`, the one that it acts for in `acts_for`."""
    kind: str
    delay: int


class AnnouncementJson(msgspec.Struct, frozen=True):
    """A call that a proxy announced; `ready` is the block from which on it may be made.

    `ready` is null if the account does not let the proxy act for it any more.
    """

    proxy: str
    real: str
    call_hash: str
    block: int
    ready: int | None


class ProposalJson(msgspec.Struct, frozen=True):
    """A call of an account that several own, which waits for approvals; deposit in planck."""

    account: str
    call_hash: str
    block: int
    extrinsic: int
    proposer: str
    deposit: str
    approvals: list[str]


class TiesJson(msgspec.Struct, frozen=True):
    """Whom an account belongs with.

    `proposals` are calls of this account, and of others that it has approved; fifty of each at
    most, and `has_more` says if there are more.
    """

    address: str
    identity: IdentityJson | None
    sub_of: SubOfJson | None
    made_by: str | None
    """Who made this account, which has no key; null of others."""
    proxies: list[ProxyJson]
    acts_for: list[ProxyJson]
    announcements: list[AnnouncementJson]
    """Of its proxies for it, and its own for others."""
    proposals: list[ProposalJson]
    has_more: bool
    is_all: bool
    """Whether all of the state was looked through for `acts_for` and what it has approved."""


class TiesNamespace:
    """What is asked about accounts that belong together."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_ties")
    async def ties(self, address: str) -> TiesJson:
        """Return the identity of an account, its proxies, and its calls that wait for approvals.

        Whom it acts for is looked for among the first 1,000 accounts that have proxies, and what
        of others it has approved among the first 1,000 calls that wait.
        """
        who, best = self._addresses.decode(address.strip()), self._decoder.best()
        runtime = best.runtime
        spawned = runtime.proxy.spawned.get(who)
        acts_for, are_all_owners = await self._search(
            best, runtime.proxy, Proxy.proxies, lambda held: who in delegates_of(held[0])
        )
        approved, are_all_waiting = await self._search(
            best, runtime.multisig, MultisigPallet.multisigs, lambda held: who in held.approvals
        )
        own = [place for place, _ in runtime.multisig.multisigs.some_under(who, PROPOSALS + 1)]
        return TiesJson(
            address=self._addresses.encode(who),
            identity=self._identity(runtime, who),
            sub_of=self._sub_of(runtime, who),
            made_by=None if spawned is None else self._addresses.encode(spawned.spawner),
            proxies=[self._proxy(one.delegate, one) for one in runtime.proxy.proxies[who][0]],
            acts_for=[
                self._proxy(owner, one)
                for owner in acts_for
                for one in runtime.proxy.proxies[owner][0]
                if one.delegate == who
            ],
            announcements=list(self._announcements(runtime, who)),
            proposals=[
                self._proposal(runtime, place)
                for place in (*own[:PROPOSALS], *approved[:PROPOSALS])
            ],
            has_more=max(len(own), len(approved)) > PROPOSALS,
            is_all=are_all_owners and are_all_waiting,
        )

    async def _search(
        self, best: DecodedBlock, pallet: Pallet, item: Item, is_wanted: Callable[[Any], bool]
    ) -> tuple[list[Any], bool]:
        """Return the keys of what is wanted among a map's first entries; say if these are all."""
        held, keys = getattr(pallet, item.attribute), self._decoder.keys(best, pallet, item)
        found = []
        for looked, key in enumerate(islice(keys, LOOKED), 1):
            if is_wanted(held[key]):
                found.append(key)
            if looked % LOOKED_PER_STEP == 0:
                await trio.lowlevel.checkpoint()
        return found, next(keys, None) is None

    def _identity(self, runtime: Runtime, who: AccountId) -> IdentityJson | None:
        found = runtime.identity.identity_of.get(who)
        if found is None:
            return None
        _, subs = runtime.identity.subs_of[who]
        owners = ((one, runtime.identity.super_of.get(one)) for one in subs)
        return IdentityJson(
            said=list(said_in(found.info)),
            judgements=list(self._judgements(runtime, found)),
            subs=[
                SubJson(self._addresses.encode(one), text_of(owner[1]))
                for one, owner in owners
                if owner is not None
            ],
        )

    def _judgements(self, runtime: Runtime, found: Registration) -> Iterator[JudgementJson]:
        registrars = dict(enumerate(runtime.identity.registrars))
        for index, judgement in found.judgements:
            known = registrars.get(index)
            account = None if known is None else self._addresses.encode(known.account)
            yield JudgementJson(index, account, type(judgement).__name__)

    def _sub_of(self, runtime: Runtime, who: AccountId) -> SubOfJson | None:
        owner = runtime.identity.super_of.get(who)
        if owner is None:
            return None
        known = runtime.identity.identity_of.get(owner[0])
        display = text_of(known.info.display) if known else ""
        return SubOfJson(self._addresses.encode(owner[0]), text_of(owner[1]), display or None)

    def _proposal(self, runtime: Runtime, place: tuple[AccountId, bytes]) -> ProposalJson:
        one = runtime.multisig.multisigs[place]
        return ProposalJson(
            account=self._addresses.encode(place[0]),
            call_hash=to_hex(place[1]),
            block=one.when.height,
            extrinsic=one.when.index,
            proposer=self._addresses.encode(one.depositor),
            deposit=str(one.deposit),
            approvals=[self._addresses.encode(each) for each in one.approvals],
        )

    def _proxy(self, who: AccountId, definition: ProxyDefinition) -> ProxyJson:
        kind = definition.proxy_type.name.lower()
        return ProxyJson(self._addresses.encode(who), kind, definition.delay)

    def _announcements(self, runtime: Runtime, who: AccountId) -> Iterator[AnnouncementJson]:
        """Yield what was announced for an account, and then what it announced for others."""
        pallet = runtime.proxy
        for proxy in (*delegates_of(pallet.proxies[who][0]), who):
            for one in pallet.announcements[proxy][0]:
                if who not in (proxy, one.real):
                    continue
                allowed = (each for each in pallet.proxies[one.real][0] if each.delegate == proxy)
                delay = min((each.delay for each in allowed), default=None)
                yield AnnouncementJson(
                    proxy=self._addresses.encode(proxy),
                    real=self._addresses.encode(one.real),
                    call_hash=to_hex(one.call_hash),
                    block=one.height,
                    ready=None if delay is None else one.height + delay,
                )


def delegates_of(definitions: Iterable[ProxyDefinition]) -> dict[AccountId, None]:
    """Return who may act by these definitions, each once, in their order."""
    return dict.fromkeys(one.delegate for one in definitions)


def said_in(info: IdentityInfo) -> Iterator[SaidJson]:
    """Yield what an identity says; what it leaves out is not there."""
    for name in NAMED:
        if text := text_of(getattr(info, name)):
            yield SaidJson(name, text)
    if info.pgp_fingerprint is not None:
        yield SaidJson("pgp_fingerprint", to_hex(info.pgp_fingerprint))
    for key, value in info.additional:
        yield SaidJson(text_of(key), text_of(value), is_own_name=True)


def text_of(data: Data) -> str:
    """Return a field as text: signs that are not printed, or turn the writing, are replaced."""
    if data.kind is DataKind.NONE:
        return ""
    if data.kind is not DataKind.RAW:
        return f"{data.kind.name.lower()} {to_hex(data.value)}"
    text = data.value.decode(errors="replace")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)

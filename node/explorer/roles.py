"""Actors: as what an account takes part, what that earned it, and what it lost.

The record of a role is read from the state; when it began, payments and losses are from the index;
what rules of mining paid is from the books that the state keeps by epoch. Source: requirement 11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from node.explorer import records
from node.explorer.conduct import ROLE_OF_RULE, Role
from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.index import Index
from node.explorer.numbered import LOOKED
from node.explorer.readable import Json
from node.explorer.records import ConductRow
from node.rpc.addresses import Addresses
from node.rpc.registry import method
from runtime.construct import Runtime
from runtime.frame.earnings import Rule
from runtime.pallets.mining.records import EPOCHS_KEPT
from runtime.primitives.types import U32_MAX, AccountId, Balance

ROWS = 50
"""Payments, and losses, that an answer lists: the newest."""

Record = dict[str, Json]


class RoleJson(msgspec.Struct, frozen=True):
    """A role of an account; `since` is the block in which the index first saw it take it.

    `record` is empty for a role that it had once, and `since` null for one from before the index.
    """

    role: str
    since: int | None
    is_active: bool
    record: Record


class EpochEarningJson(msgspec.Struct, frozen=True):
    """What a rule of mining paid in an epoch, in planck of AGPU, and as what it was earned."""

    epoch: int
    role: str
    rule: str
    amount: str


class ConductJson(msgspec.Struct, frozen=True):
    """A payment or a loss, by the event that says so; `amount` is null where it says none."""

    block: int
    event: int
    time: int
    name: str
    role: str
    amount: str | None
    symbol: str


class RolesJson(msgspec.Struct, frozen=True):
    """An actor: its roles, what it earned by the rules and beside them, and what it lost."""

    address: str
    roles: list[RoleJson]
    earnings: list[EpochEarningJson]
    payments: list[ConductJson]
    losses: list[ConductJson]


class RolesNamespace:
    """Who takes part as what."""

    def __init__(self, decoder: Decoder, index: Index, addresses: Addresses) -> None:
        self._decoder, self._index, self._addresses = decoder, index, addresses

    @method("explorer_roles")
    def roles(self, address: str) -> RolesJson:
        """Return the roles of an account, its earnings of 84 epochs, its payments and losses.

        Earnings, payments and losses are listed newest first, of the last two the newest fifty.
        """
        account, best = self._addresses.decode(address.strip()), self._decoder.best()
        began = {row.role: row for row in self._rows(records.ROLE, account)}
        found = (self._role(best, account, role, began.get(role.name.lower())) for role in Role)
        return RolesJson(
            address=self._addresses.encode(account),
            roles=[one for one in found if one is not None],
            earnings=list(earnings_of(best.runtime, account)),
            payments=[shown(row) for row in self._rows(records.EARNED, account)],
            losses=[shown(row) for row in self._rows(records.LOST, account)],
        )

    def _rows(self, kind: bytes, account: AccountId) -> list[ConductRow]:
        return self._index.conduct(kind, account, ROWS)

    def _role(
        self, best: DecodedBlock, account: AccountId, role: Role, began: ConductRow | None
    ) -> RoleJson | None:
        record = RECORDS[role](best, account)
        if began is None and record is None:
            return None
        since = None if began is None else began.block
        return RoleJson(role.name.lower(), since, record is not None, record or {})


def earnings_of(runtime: Runtime, who: AccountId) -> Iterator[EpochEarningJson]:
    """Yield what rules of mining paid an account, the newest epoch first."""
    current = runtime.babe.current_epoch()
    stakes = who in runtime.staking.nominators
    for epoch in range(current, max(current - EPOCHS_KEPT, 0) - 1, -1):
        for item in runtime.mining.earnings(who, epoch):
            is_nominators = item.rule is Rule.STAKING and stakes
            role = Role.STAKER if is_nominators else ROLE_OF_RULE[item.rule]
            name, rule = role.name.lower(), item.rule.name.lower()
            yield EpochEarningJson(epoch, name, rule, str(item.amount))


def shown(row: ConductRow) -> ConductJson:
    """Show a row of the index."""
    return ConductJson(row.block, row.event, row.time, row.name, row.role, row.amount, row.symbol)


def planck(amount: Balance, symbol: str = "AGPU") -> Json:
    """Show an amount as the pages show amounts."""
    return {"$": "amount", "value": str(amount), "symbol": symbol}


def of_client(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return what is open of a client; None of an account that has no job under way."""
    open_jobs = best.runtime.jobs.jobs_by_client[who]
    burned = best.runtime.referral.burned_by[who]
    if not open_jobs and not burned:
        return None
    return {"open_jobs": open_jobs, "burned_by_its_jobs": planck(burned)}


def of_provider(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return the record of a provider."""
    found = best.runtime.providers.providers.get(who)
    return None if found is None else best.readable.fields(found, "Providers")


def of_validator(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return on what terms an account validates, whether it does now, and what it has at stake."""
    staking, seated = best.runtime.staking, who in best.runtime.session.validators
    terms, ledger = staking.validators.get(who), staking.ledger.get(who)
    if terms is None and not seated:
        return None
    stake = 0 if ledger is None else ledger.active
    record: Record = {"is_elected": seated, "own_stake": planck(stake)}
    return record if terms is None else record | best.readable.fields(terms, "Staking")


def of_oracle(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return the record of a member of the oracle, also of one that has not joined yet."""
    oracle = best.runtime.oracle
    found, approved = oracle.member.get(who), who in oracle.seats
    if found is not None:
        return best.readable.fields(found, "Oracle")
    return {"status": "approved"} if approved else None


def of_governance(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return with how much AMAX an account decides, and whether it is a guardian."""
    runtime = best.runtime
    set_aside = runtime.conviction_voting.set_aside_by(who, U32_MAX)
    tracks = len(runtime.conviction_voting.class_locks_for[who])
    is_guardian = any(one.who == who for one in runtime.guardian.members)
    if not (set_aside or tracks or is_guardian):
        return None
    aside = planck(set_aside, "AMAX")
    return {"set_aside": aside, "tracks_voted_on": tracks, "is_guardian": is_guardian}


def of_staker(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return in which vaults an account has a stake, and whom it nominates."""
    runtime = best.runtime
    vaults, nominated = runtime.vaults.memberships[who], runtime.staking.nominators.get(who)
    if not vaults and nominated is None:
        return None
    ledger = runtime.staking.ledger.get(who)
    record: Record = {"vaults": list(vaults)}
    if nominated is None:
        return record
    behind = planck(0 if ledger is None else ledger.active)
    targets = [{"$": "account", "value": best.readable.address(one)} for one in nominated.targets]
    return record | {"behind_validators": behind, "nominates": targets}


def of_liquidity(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return which shares of pools an account has, and which of them it has staked."""
    runtime = best.runtime
    shares: dict[str, Json] = {}
    for _, pool in islice(runtime.asset_conversion.pools.items(), LOOKED):
        if amount := runtime.pool_assets.ledger.balance(pool.lp_token, who):
            shares[f"pool {pool.lp_token}"] = str(amount)
    for number, _ in islice(runtime.asset_rewards.pools.items(), LOOKED):
        if staked := runtime.asset_rewards.pool_stakers[number, who].amount:
            shares[f"staked in {number}"] = str(staked)
    return {"shares": shares} if shares else None


def of_referrer(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return how many accounts one has brought, and what they ever earned it."""
    referral = best.runtime.referral
    count = referral.referees[who]
    return {"referees": count, "earned": planck(referral.earned_by[who])} if count else None


def of_builder(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return what an account has made that others use, and how many clients it pays for."""
    runtime = best.runtime
    made: dict[str, list[int]] = {
        "assets": numbers(runtime.assets.asset, lambda one: one.owner == who),
        "tokenised_assets": numbers(runtime.rwa.assets, lambda one: one.issuer == who),
        "pools": numbers(runtime.asset_conversion.creators, lambda one: one[0] == who),
        "vaults": numbers(runtime.vaults.vaults, lambda one: one.founder == who),
    }
    sponsored = len(runtime.jobs.budgets.some_under(who, LOOKED))
    record: Record = {name: found for name, found in made.items() if found}
    if sponsored:
        record["clients_it_pays_for"] = sponsored
    return record or None


def of_grantee(best: DecodedBlock, who: AccountId) -> Record | None:
    """Return which spends of the treasury are for an account, and which bounties it looks after."""
    runtime = best.runtime
    local = numbers(runtime.treasury.proposals, lambda one: one.beneficiary == who)
    spends = numbers(runtime.treasury.spends, lambda one: one.beneficiary == who)
    bounties = numbers(runtime.bounties.bounties, lambda one: concerns(one.status, who))
    if not (local or spends or bounties):
        return None
    return {"local_spends": local, "spends": spends, "bounties": bounties}


def concerns(status: object, who: AccountId) -> bool:
    """Say whether a bounty in a state is looked after by an account, or awarded to it."""
    return who in (getattr(status, "curator", None), getattr(status, "beneficiary", None))


def numbers(entries: Any, is_wanted: Callable[[Any], bool]) -> list[int]:
    """Return the numbers of a map's first entries that are wanted, ascending."""
    return sorted(number for number, one in islice(entries.items(), LOOKED) if is_wanted(one))


RECORDS: dict[Role, Callable[[DecodedBlock, AccountId], Record | None]] = {
    Role.CLIENT: of_client,
    Role.PROVIDER: of_provider,
    Role.VALIDATOR: of_validator,
    Role.ORACLE: of_oracle,
    Role.GOVERNANCE: of_governance,
    Role.STAKER: of_staker,
    Role.LIQUIDITY: of_liquidity,
    Role.REFERRER: of_referrer,
    Role.BUILDER: of_builder,
    Role.GRANTEE: of_grantee,
}
"""What the state says of an account in each role; None where it does not have it now."""

"""The economy after the best block: supply, queue, prices, validators, treasury."""

from __future__ import annotations

import msgspec

from node.backend.ledger import slot_claim
from node.explorer.decoding import Decoder
from node.explorer.entries import priced_markets, providers_in_all, waiting_jobs
from node.explorer.index import Index
from node.explorer.readable import Json
from node.rpc.addresses import Addresses
from node.rpc.registry import method
from runtime.compute.job import Market
from runtime.constants import COMMISSIONS, POTS
from runtime.construct import Runtime

BLOCKS_COUNTED = 256
"""Blocks whose authors are counted: headers alone are read for it, in some milliseconds."""

QUEUE_LISTED = 50
"""Waiting jobs that a lane shows."""

SPENDS_LISTED = 100
"""Newest spends of the treasury."""


class TokenJson(msgspec.Struct, frozen=True):
    """What exists of a token, in planck."""

    symbol: str
    issuance: str
    inactive: str


class PotJson(msgspec.Struct, frozen=True):
    """An account of the chain itself."""

    name: str
    address: str
    free: str
    held: str


class SupplyJson(msgspec.Struct, frozen=True, rename="camel"):
    """Supply after a block; what was minted and burned counts from `first` on."""

    block: int
    first: int
    tokens: list[TokenJson]
    initial: str
    minted: str
    burned: str
    fees: str
    settled: str
    pots: list[PotJson]


class LaneJson(msgspec.Struct, frozen=True, rename="camel"):
    """A market: its price in planck per CU, its providers, and the jobs that wait in order."""

    tier: int
    region: int
    price: str
    providers: int
    idle: int
    waiting: int
    jobs: list[int]


class OverviewJson(msgspec.Struct, frozen=True, rename="camel"):
    """The economy in a few numbers, for the first page."""

    block: int
    tokens: list[TokenJson]
    waiting: int
    open_jobs: int
    ordered: int
    providers: int
    lanes: list[LaneJson]


class ValidatorJson(msgspec.Struct, frozen=True, rename="camel"):
    """A validator; stake and bond are planck, work is micro-CU of the last blocks."""

    address: str
    weight: int
    bond: str
    active: str
    behind: str
    """All that stands behind it in this era, its own and its nominators'."""
    nominators: int
    commission: int
    """In parts per billion of its rewards."""
    points: int
    """Of this era, by which the validators divide what their pot receives."""
    disabled: bool
    next_session: bool
    blocks: int
    work: int


class ValidatorsJson(msgspec.Struct, frozen=True, rename="camel"):
    """The validators of the session, in order of authority."""

    block: int
    session: int
    epoch: int
    era: int
    slot: int
    epoch_ends: int
    counted: int
    grandpa_set: int
    validators: list[ValidatorJson]
    slashes: list[Json]


class SpendJson(msgspec.Struct, frozen=True):
    """A spend that the treasury approved."""

    index: int
    status: Json
    stream: Json


class TreasuryJson(msgspec.Struct, frozen=True):
    """The treasury after the best block; amounts are planck."""

    block: int
    address: str
    free: str
    pot: str
    committed: str
    approvals: list[Json]
    spends: list[SpendJson]
    windows: list[Json]


class EconomyNamespace:
    """What is asked about the present."""

    def __init__(self, decoder: Decoder, index: Index, addresses: Addresses) -> None:
        self._decoder, self._index, self._addresses = decoder, index, addresses
        self._chain = decoder.chain

    @method("explorer_overview")
    def overview(self) -> OverviewJson:
        """Return the economy in a few numbers."""
        best = self._decoder.best()
        runtime = best.runtime
        return OverviewJson(
            block=best.header.number,
            tokens=tokens_of(runtime),
            waiting=waiting_jobs(runtime),
            open_jobs=runtime.jobs.open_jobs,
            ordered=runtime.jobs.next_job_id,
            providers=providers_in_all(runtime),
            lanes=lanes_of(runtime),
        )

    @method("explorer_supply")
    def supply(self) -> SupplyJson:
        """Return what exists of both tokens, and how AGPU came to be what it is."""
        tip = self._index.tip
        number = self._chain.best.number if tip is None else tip.number
        best = self._decoder.best() if tip is None else self._decoder.block(tip.hash)
        point = self._index.point(number)
        issuance = best.runtime.balances.total_issuance
        minted, burned, fees, settled = (
            (0, 0, 0, 0)
            if point is None
            else (point.minted, point.burned, point.fees, point.settled)
        )
        return SupplyJson(
            block=best.header.number,
            first=0 if tip is None else tip.first,
            tokens=tokens_of(best.runtime),
            initial=str(issuance - minted + burned),
            minted=str(minted),
            burned=str(burned),
            fees=str(fees),
            settled=str(settled),
            pots=self._pots(best.runtime),
        )

    @method("explorer_validators")
    def validators(self) -> ValidatorsJson:
        """Return who validates in this session."""
        best = self._decoder.best()
        runtime, session = best.runtime, best.runtime.session
        weights = dict(runtime.babe.authorities)
        stakes = dict(session.electorate)
        work = dict(
            zip(session.validators, runtime.canonical_work.of(session.validators), strict=True)
        )
        disabled = dict(session.disabled_validators)
        authored, counted = self._authored(best.header.hash)
        following = {account for account, _ in session.queued_keys}
        staking, rows = runtime.staking, []
        era = staking.era()
        for place, account in enumerate(session.validators):
            bond = staking.ledger.get(account)
            exposure = staking.eras_stakers_overview.get((era, account))
            keys = session.next_keys.get(account)
            rows.append(
                ValidatorJson(
                    address=self._addresses.encode(account),
                    weight=weights.get(keys.babe, stakes.get(account, 0)) if keys else 0,
                    bond=str(bond.total if bond else 0),
                    active=str(bond.active if bond else 0),
                    behind=str(exposure.total if exposure else 0),
                    nominators=exposure.nominator_count if exposure else 0,
                    commission=staking.eras_validator_prefs[era, account].commission,
                    points=staking.eras_reward_points[era].individual.get(account, 0),
                    disabled=place in disabled,
                    next_session=account in following,
                    blocks=authored.get(place, 0),
                    work=work[account],
                )
            )
        return ValidatorsJson(
            block=best.header.number,
            session=session.current_index,
            epoch=runtime.babe.current_epoch(),
            era=era,
            slot=runtime.babe.current_slot,
            epoch_ends=self._epoch_ends(runtime),
            counted=counted,
            grandpa_set=runtime.grandpa.current_set_id,
            validators=rows,
            slashes=[
                best.readable.show(None, slash, "Staking") | {"era": era}
                for era, slashes in staking.unapplied_slashes.items()
                for slash in slashes
            ],
        )

    @method("explorer_treasury")
    def treasury(self) -> TreasuryJson:
        """Return what the treasury has, has promised, and was let spend."""
        best = self._decoder.best()
        treasury, show = best.runtime.treasury, best.readable.show
        newest = range(treasury.spend_count - 1, -1, -1)[:SPENDS_LISTED]
        spends = [(index, treasury.spends.get(index)) for index in newest]
        windows = [("all tracks", treasury.global_window)]
        windows += [(track.name.lower(), spent) for track, spent in treasury.track_window.items()]
        return TreasuryJson(
            block=best.header.number,
            address=self._addresses.encode(treasury.account),
            free=str(best.runtime.balances.free(treasury.account)),
            pot=str(treasury.pot()),
            committed=str(treasury.committed),
            approvals=[
                {"index": index} | show(None, treasury.proposals[index], "Treasury")
                for index in treasury.approvals
            ],
            spends=[
                SpendJson(
                    index,
                    show(None, status, "Treasury"),
                    show(None, treasury.streams.get(index), "Treasury"),
                )
                for index, status in spends
                if status is not None
            ],
            windows=[
                {"track": name, "spends": [show(None, one, "Treasury") for one in spent]}
                for name, spent in windows
            ],
        )

    def _pots(self, runtime: Runtime) -> list[PotJson]:
        named = {
            "Treasury": POTS.treasury,
            "Validators": POTS.validators,
            "Oracles": POTS.oracles,
            "Stakers": POTS.stakers,
            "Commissions": COMMISSIONS,
        }
        shown = []
        for name, account in named.items():
            data = runtime.balances.store.data(account)
            address = self._addresses.encode(account)
            shown.append(PotJson(name, address, str(data.free), str(data.reserved)))
        return shown

    def _authored(self, block_hash: bytes) -> tuple[dict[int, int], int]:
        """Count the blocks of each authority among the last ones, and these."""
        authored: dict[int, int] = {}
        counted = 0
        while counted < BLOCKS_COUNTED:
            header = self._chain.header(block_hash)
            claim = None if header is None else slot_claim(header)
            if header is None or claim is None:
                break
            authored[claim.authority_index] = authored.get(claim.authority_index, 0) + 1
            counted, block_hash = counted + 1, header.parent_hash
        return authored, counted

    def _epoch_ends(self, runtime: Runtime) -> int:
        """Return the first slot of the next epoch."""
        epoch_slots = self._decoder.executive.config.epoch_slots
        return runtime.babe.genesis_slot + (runtime.babe.current_epoch() + 1) * epoch_slots


def tokens_of(runtime: Runtime) -> list[TokenJson]:
    """Return what exists of both tokens."""
    ledgers = (("AGPU", runtime.balances), ("AMAX", runtime.amax))
    return [
        TokenJson(symbol, str(ledger.total_issuance), str(ledger.inactive_issuance))
        for symbol, ledger in ledgers
    ]


def lanes_of(runtime: Runtime) -> list[LaneJson]:
    """Return every market that was priced, that has providers, or in which jobs wait."""
    lanes = []
    for tier, region, price in priced_markets(runtime):
        market = Market(tier, region)
        items = runtime.jobs.lanes[market].items
        lane = LaneJson(
            tier=tier,
            region=region,
            price=str(price),
            providers=runtime.providers.market_size[market],
            idle=runtime.providers.idle_count[market],
            waiting=len(items),
            jobs=[item.job for item in items[:QUEUE_LISTED]],
        )
        lanes.append(lane)
    return lanes

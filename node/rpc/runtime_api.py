"""The runtime APIs that the RPC itself asks, typed over `call(name, SCALE bytes, block)`."""

from node.rpc.backend import RuntimeCaller
from runtime.api import DispatchQuote, FeeDetails, InclusionFee, RuntimeVersion, UnknownApi
from runtime.api.market import JobContract, MarketQueue
from runtime.books.supply import Supply
from runtime.compute.job import LatencyClass, Market
from runtime.frame.fungibles import NativeOrWithId
from runtime.pallets.asset_conversion import PoolView
from runtime.pallets.asset_rewards import Rewards
from runtime.pallets.oracle import Health
from runtime.pallets.parameters import ParameterView
from runtime.pallets.pricing import MarketPrice, PricePoint, Quote
from runtime.pallets.providers import JobEnergy, Report
from runtime.pallets.providers.reports import Takers
from runtime.pallets.rwa import RwaView
from runtime.pallets.stability import Outlook
from runtime.pallets.vaults import ClaimsView, PositionView, VaultView
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import U32, U64, AccountId, Balance


class RuntimeCallRefused(Exception):
    """There is no such runtime API, or it cannot read its arguments; the message says which."""


class TypedRuntime:
    """Typed runtime calls; all raise RuntimeCallRefused and node.store.blocks.UnknownBlock."""

    def __init__(self, caller: RuntimeCaller) -> None:
        self._caller = caller

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        """Call any runtime API by name."""
        try:
            return self._caller.call(name, arguments, at)
        except UnknownApi:
            raise RuntimeCallRefused(f"Exported method {name[:80]} is not found") from None
        except DecodeError as error:
            raise RuntimeCallRefused(f"{name}: {error}") from None

    def version(self, at: bytes) -> RuntimeVersion:
        """Return the version in force after a block."""
        found: RuntimeVersion = decode(self.call("Core_version", b"", at), RuntimeVersion)
        return found

    def metadata(self, at: bytes) -> bytes:
        """Return metadata V14, without the length prefix of `OpaqueMetadata`."""
        found: bytes = decode(self.call("Metadata_metadata", b"", at), bytes)
        return found

    def quote(self, extrinsic: bytes, at: bytes) -> DispatchQuote:
        """Price an extrinsic (no length prefix) without looking at its signature."""
        reply = self.call("TransactionPaymentApi_query_info", _sized(extrinsic), at)
        found: DispatchQuote = decode(reply, DispatchQuote)
        return found

    def inclusion_fee(self, extrinsic: bytes, at: bytes) -> InclusionFee | None:
        """Return the parts of the price; None for an extrinsic that pays none."""
        reply = self.call("TransactionPaymentApi_query_fee_details", _sized(extrinsic), at)
        details: FeeDetails = decode(reply, FeeDetails)
        return details.inclusion_fee

    def prices(self, at: bytes) -> tuple[MarketPrice, ...]:
        """Return what compute costs in each market."""
        reply = self.call("PricingApi_prices", b"", at)
        found: tuple[MarketPrice, ...] = decode(reply, tuple[MarketPrice, ...])
        return found

    def compute_quote(
        self, market: Market, latency: LatencyClass, tip: int, units: int, at: bytes
    ) -> Quote | None:
        """Return what micro-CU cost; None where there is no such market."""
        asked = (market, latency, tip, units)
        arguments = encode(asked, tuple[Market, LatencyClass, U32, U64])
        found: Quote | None = decode(self.call("PricingApi_quote", arguments, at), Quote | None)
        return found

    def price_history(self, market: Market, at: bytes) -> tuple[PricePoint, ...]:
        """Return the last pricing periods of a market, the oldest first."""
        reply = self.call("PricingApi_price_history", encode(market, Market), at)
        found: tuple[PricePoint, ...] = decode(reply, tuple[PricePoint, ...])
        return found

    def oracle_health(self, at: bytes) -> Health:
        """Return who reports feeds, and how each stands."""
        found: Health = decode(self.call("OracleApi_health", b"", at), Health)
        return found

    def parameters(self, at: bytes) -> tuple[ParameterView, ...]:
        """Return every parameter as it stands."""
        reply = self.call("ParametersApi_parameters", b"", at)
        found: tuple[ParameterView, ...] = decode(reply, tuple[ParameterView, ...])
        return found

    def vaults(self, at: bytes) -> tuple[VaultView, ...]:
        """Return every vault."""
        reply = self.call("VaultsApi_vaults", b"", at)
        found: tuple[VaultView, ...] = decode(reply, tuple[VaultView, ...])
        return found

    def vault_positions(self, who: bytes, at: bytes) -> tuple[PositionView, ...]:
        """Return what an account has in vaults."""
        reply = self.call("VaultsApi_positions", encode(who, AccountId), at)
        found: tuple[PositionView, ...] = decode(reply, tuple[PositionView, ...])
        return found

    def insurance_claims(self, at: bytes) -> ClaimsView:
        """Return what insurance owes, and whose parts of it are not collected yet."""
        found: ClaimsView = decode(self.call("VaultsApi_claims", b"", at), ClaimsView)
        return found

    def pools(self, at: bytes) -> tuple[PoolView, ...]:
        """Return every pool of AGPU and another asset."""
        reply = self.call("LiquidityApi_pools", b"", at)
        found: tuple[PoolView, ...] = decode(reply, tuple[PoolView, ...])
        return found

    def quote_path(
        self, path: tuple[NativeOrWithId, ...], amount: int, is_exact_out: bool, at: bytes
    ) -> int | None:
        """Return what an amount buys along a path of pools, or what buys it; None if nothing."""
        asked = (path, amount, is_exact_out)
        arguments = encode(asked, tuple[tuple[NativeOrWithId, ...], Balance, bool])
        reply = self.call("LiquidityApi_quote_path", arguments, at)
        found: int | None = decode(reply, Balance | None)
        return found

    def pool_rewards(self, who: bytes, at: bytes) -> tuple[Rewards, ...]:
        """Return what an account has staked of pools, and what that has earned."""
        reply = self.call("LiquidityApi_rewards", encode(who, AccountId), at)
        found: tuple[Rewards, ...] = decode(reply, tuple[Rewards, ...])
        return found

    def asset_balances(self, who: bytes, at: bytes) -> tuple[tuple[int, int], ...]:
        """Return what an account has of each asset."""
        reply = self.call("AssetsApi_account_balances", encode(who, AccountId), at)
        found: tuple[tuple[int, int], ...] = decode(reply, tuple[tuple[U32, Balance], ...])
        return found

    def rwa_assets(self, at: bytes) -> tuple[RwaView, ...]:
        """Return every tokenised asset."""
        reply = self.call("RwaApi_assets", b"", at)
        found: tuple[RwaView, ...] = decode(reply, tuple[RwaView, ...])
        return found

    def provider_report(self, who: AccountId, at: bytes) -> Report | None:
        """Return all that the chain knows of a provider; None if it is none."""
        reply = self.call("ProvidersApi_report", encode(who, AccountId), at)
        found: Report | None = decode(reply, Report | None)
        return found

    def takers(self, market: Market, at: bytes) -> Takers:
        """Return how many providers of a market have room for a job, by latency class."""
        found: Takers = decode(self.call("ProvidersApi_takers", encode(market, Market), at), Takers)
        return found

    def job_energy(self, job: int, at: bytes) -> tuple[JobEnergy, ...]:
        """Return the energy of a job's paid segments, where it was reported."""
        reply = self.call("ProvidersApi_job_energy", encode(job, U64), at)
        found: tuple[JobEnergy, ...] = decode(reply, tuple[JobEnergy, ...])
        return found

    def supply(self, at: bytes) -> Supply:
        """Return why there is as much AGPU as there is."""
        found: Supply = decode(self.call("EconomyApi_supply", b"", at), Supply)
        return found

    def stability(self, at: bytes) -> Outlook:
        """Return how the supply of AGPU is cared for."""
        found: Outlook = decode(self.call("EconomyApi_stability", b"", at), Outlook)
        return found

    def market_queue(self, market: Market, at: bytes) -> MarketQueue | None:
        """Return what waits in a market; None where there is no such market."""
        reply = self.call("JobsApi_queue", encode(market, Market), at)
        found: MarketQueue | None = decode(reply, MarketQueue | None)
        return found

    def job_contract(self, job: int, at: bytes) -> JobContract | None:
        """Return what was agreed on for a job; None if it is not known any more."""
        reply = self.call("JobsApi_contract", encode(job, U64), at)
        found: JobContract | None = decode(reply, JobContract | None)
        return found

    def dry_run(self, extrinsic: bytes, at: bytes) -> bytes:
        """Apply an extrinsic to a copy of the state; return the SCALE `ApplyExtrinsicResult`."""
        return self.call("BlockBuilder_apply_extrinsic", encode(extrinsic, bytes), at)


def _sized(extrinsic: bytes) -> bytes:
    wire = encode(extrinsic, bytes)
    return wire + encode(len(wire), U32)

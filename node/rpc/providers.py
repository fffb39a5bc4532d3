"""The providers namespace: who sells work."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.jobs import MAX_LISTED, checked_limit
from node.rpc.registry import method
from node.rpc.views import Work


class ProviderJson(msgspec.Struct, frozen=True, rename="camel"):
    """A provider; its rating is proven speed, in micro-CU a second."""

    account: str
    state: str
    bond: str
    price_per_unit: str
    rating: int
    jobs_done: int
    failures: int


class ProvidersNamespace:
    """What buyers of work ask about its sellers."""

    def __init__(self, work: Work, addresses: Addresses) -> None:
        self._work = work
        self._addresses = addresses

    @method("providers_list")
    def list_all(self, limit: int = MAX_LISTED) -> list[ProviderJson]:
        """Return the registered providers."""
        return [
            ProviderJson(
                account=self._addresses.encode(provider.account),
                state=provider.state,
                bond=str(provider.bond),
                price_per_unit=str(provider.price_per_unit),
                rating=provider.rating,
                jobs_done=provider.jobs_done,
                failures=provider.failures,
            )
            for provider in self._work.providers(checked_limit(limit))
        ]

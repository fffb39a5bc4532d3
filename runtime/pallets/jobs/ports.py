"""What jobs need from the rest of the runtime, and the constants of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.compute.job import JobClass, LatencyClass, Market
from runtime.compute.price import Price
from runtime.primitives.types import H256, AccountId, Balance, BlockNumber
from runtime.terms import Bonding, Queueing, SplitRates


class Randomness(Protocol):
    """Chance that no author can choose."""

    def of_block(self, number: BlockNumber) -> H256 | None:
        """Return the randomness of a block: of the one under way, and of at least 16 before."""
        ...


class Candidate(Protocol):
    """What a job must know of a provider that it may be given to."""

    @property
    def provider(self) -> AccountId:
        """The account of the provider."""
        ...

    @property
    def reputation(self) -> int:
        """Its reputation, in parts per billion."""
        ...

    @property
    def free_bond(self) -> Balance:
        """What it can still put at stake."""
        ...

    @property
    def certified(self) -> tuple[LatencyClass, ...]:
        """The latency classes that it may be given."""
        ...


class Standing(Protocol):
    """Where conduct is written down."""

    def reputation(self, who: AccountId) -> int:
        """Return the reputation of a provider, in parts per billion."""
        ...

    def started(self, who: AccountId, latency: LatencyClass, blocks: int) -> None:
        """Hear that a provider started a job so many blocks after it was assigned."""

    def served(self, who: AccountId, units: int) -> None:
        """Hear that work of a provider was paid for, in micro-CU."""

    def reliability(self, who: AccountId) -> int:
        """Return how reliable a provider is, in parts per billion."""
        ...

    def praise(self, who: AccountId, client: AccountId, burn: Balance) -> None:
        """Raise a reputation for a verified job, by what the job burned."""

    def late(self, who: AccountId) -> None:
        """Lower a reputation for a job that its deadline overtook."""

    def no_show(self, who: AccountId, exposure: Balance, *, is_matched: bool = True) -> None:
        """Punish a provider that did not do a job in time."""

    def gave_back(self, who: AccountId, until: BlockNumber) -> None:
        """Hear that a provider gave a job back, which takes a slot of it until a block."""

    def disproved(
        self,
        who: AccountId,
        amount: Balance,
        client: AccountId,
        loss: Balance,
        finder: AccountId | None = None,
        *,
        paid: Balance = 0,
        since: BlockNumber | None = None,
    ) -> Balance:
        """Punish a provider whose commitment of a block does not hold; return what it lost.

        `paid` is what the client has paid for it.
        """
        ...


class ProviderBook(Protocol):
    """Who may be given jobs."""

    @property
    def standing(self) -> Standing:
        """Where conduct is written down."""
        ...

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a market."""
        ...

    def has_any(self, market: Market) -> bool:
        """Say whether anybody is a provider in a market, whether it works now or not."""
        ...

    def has_idle(self, market: Market) -> bool:
        """Say whether any provider of a market is idle."""
        ...

    def candidates(self, market: Market, seed: bytes) -> tuple[Candidate, ...]:
        """Draw idle providers of a market by a seed."""
        ...

    def candidate(self, market: Market, who: AccountId) -> Candidate | None:
        """Return a provider by name, if it is idle in the market."""
        ...

    def acting_for(self, who: AccountId) -> AccountId | None:
        """Return the provider that `who` may act for."""
        ...

    def operator(self, who: AccountId) -> AccountId:
        """Return who operates a provider: its group, or itself."""
        ...

    def exposure(self, who: AccountId) -> Balance:
        """Return what open jobs put at stake of a bond."""
        ...

    def reserve(self, who: AccountId, exposure: Balance) -> None:
        """Give a provider one more job, which puts `exposure` of its bond at stake."""

    def release(self, who: AccountId, exposure: Balance) -> None:
        """Take a job back, and what it put at stake."""

    def paid(self, who: AccountId, amount: Balance) -> None:
        """Hear that earnings reached the free balance of a provider."""

    def wants_back(self, who: AccountId, job: int) -> bool:
        """Say whether a provider may give a job back now, with the notice that it gave."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def fees(self) -> SplitRates:
        """Where the fee of a job goes."""
        ...

    @property
    def queue(self) -> Queueing:
        """What a place costs, and how jobs and providers meet."""
        ...

    @property
    def bonds(self) -> Bonding:
        """What providers put at stake."""
        ...


class Prices(Protocol):
    """What work costs, and who hears of the demand for it. Units are micro-CU."""

    def price(self, market: Market) -> Balance:
        """Return the price of a market, in planck per CU: what a limit is compared to."""
        ...

    def quote(self, market: Market, latency: LatencyClass, tip: int) -> Price:
        """Return what a CU costs now, by parts; the tip is in ppb."""
        ...

    def ceiling(self, limit: Balance, latency: LatencyClass, tip: int) -> Price:
        """Return the most that a CU can cost while a market's price is at most `limit`."""
        ...

    def max_tip(self) -> int:
        """Return the highest tip that an order may give, in ppb."""
        ...

    def waits(self, market: Market, limit: Balance, units: int) -> None:
        """Hear that a job waits whose client pays up to `limit` planck per CU."""

    def leaves(self, market: Market, limit: Balance, units: int) -> None:
        """Hear that a job waits no more."""

    def serve(self, market: Market, units: int) -> None:
        """Hear that work was paid for."""

    def backlog(self, market: Market) -> int:
        """Return all that waits in a market."""
        ...

    def pressure(self, market: Market) -> int:
        """Return the load of a market in its last pricing period, in ppb."""
        ...


class Reservations(Protocol):
    """Work that clients have paid for ahead."""

    def draw(
        self, number: int, who: AccountId, market: Market, units: int, amount: Balance
    ) -> None:
        """Give money of a reservation of `who` free, for a job of so many micro-CU.

        Raises:
            DispatchError: there is no such reservation, or not for this.
        """
        ...


class Reemission(Protocol):
    """What gives back a part of what jobs burn."""

    def mint_work(
        self,
        job: int,
        provider: AccountId,
        burn: Balance,
        *,
        client: AccountId,
        is_direct: bool,
    ) -> Balance:
        """Mint for a settled segment, by what it burned of base and surge; return what was."""
        ...


class Stakers(Protocol):
    """Those who stake for access: they share fees, and have a better place in the queues."""

    def earned(self, market: Market, task: JobClass, amount: Balance) -> None:
        """Hear that their part of a fee has arrived in their pot."""

    def level(self, who: AccountId, market: Market, task: JobClass, jobs: int) -> int:
        """Return by how many levels, 0 to 8, stakes put one of a client's open jobs ahead."""
        ...

    def admits(self, who: AccountId, market: Market, task: JobClass) -> bool:
        """Say whether a client has staked what a market asks for."""
        ...


class Unstaked:
    """Nobody has staked anything, and no market asks for it."""

    def earned(self, _market: Market, _task: JobClass, _amount: Balance) -> None:
        """Let the stakers' part of a fee lie in its pot."""

    def level(self, _who: AccountId, _market: Market, _task: JobClass, _jobs: int) -> int:
        """Put no job ahead."""
        return 0

    def admits(self, _who: AccountId, _market: Market, _task: JobClass) -> bool:
        """Let everybody in."""
        return True


UNSTAKED = Unstaked()


class Referees(Protocol):
    """Clients that somebody brought."""

    def is_favoured(self, who: AccountId) -> bool:
        """Say whether `who` pays a little less now because somebody brought it."""
        ...


class Unreferred:
    """Nobody brought anybody."""

    def is_favoured(self, _who: AccountId) -> bool:
        """Favour nobody."""
        return False


UNREFERRED = Unreferred()


@dataclass(frozen=True, slots=True)
class Pots:
    """Accounts that receive parts of every fee."""

    validators: AccountId
    oracles: AccountId
    stakers: AccountId
    treasury: AccountId


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    minimum_fee: Balance
    """The least fee of a segment: it must be worth verifying."""
    pots: Pots
    era_blocks: BlockNumber
    start_blocks: BlockNumber = 20
    """Blocks that a provider has to start."""
    run_blocks: BlockNumber = 600
    """Blocks that it then has to commit a segment: an hour of work."""
    verdict_blocks: BlockNumber = 600
    """Blocks after which a verified segment is paid although verdicts on it are still awaited:
    whoever should give them is not there, and the provider has done its part."""
    opening_grace: BlockNumber = 0
    """Blocks added to the opening window."""
    longest_deadline: BlockNumber = 14_400
    """A day."""
    hook_picoseconds: int = 12 * 10**10
    """What the hook may weigh at most: three fifths of what all hooks of a block may."""


class Ceiling(Protocol):
    """How much the treasury may have."""

    def takes_fees(self) -> bool:
        """Say whether it has its part of fees; otherwise that is burned."""
        ...


class NoCeiling:
    """For a treasury that may have all."""

    def takes_fees(self) -> bool:
        """Return that it has its part."""
        return True


UNBOUNDED = NoCeiling()

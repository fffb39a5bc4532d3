"""A world with guardians: referenda, safe mode, a tokenised asset, and twelve who may stand."""

from runtime import tracks
from runtime.contributors import Enactments
from runtime.frame import GovernanceOrigin, Governed, Signed
from runtime.pallets import guardian, rwa
from runtime.pallets.guardian import Action, Guardian
from runtime.pallets.rwa import RwaPallet
from runtime.pallets.safe_mode import SafeMode
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import ANNA, BERT, CARA, CONFIG, ERA, GovernanceWorld
from tests.pallets.rwa_world import CAP, GOLD, HASH, ONE, PRICE_FEED, RESERVE_FEED, Feeds
from tests.support.bench import account
from tests.support.free_terms import free_terms
from tests.support.fungibles import PlainAssets

TERM = tracks.TERM_ERAS * ERA
SEVEN = tuple(account(n) for n in range(11, 18))
"""Those who mostly are guardians, in order of their accounts."""
FIVE = tuple(account(n) for n in range(21, 26))
"""Others who may stand."""
PURSE = 5_000 * UNIT
DEPOSIT = tracks.CANDIDACY_DEPOSIT
ROUND = 20
"""Blocks from one valuation of assets to the next."""


class NothingSeized:
    """Vaults from which no slash took anything."""

    def lot(self, _asset: int, _vault: int) -> None:
        return None

    def sell(self, _asset: int, _vault: int, _units: int, _to: bytes) -> None:
        raise AssertionError("nothing is for sale")


class GuardianWorld(GovernanceWorld):
    """Anna, Bert, Cara and Dora have nearly all AMAX; twelve others have a little."""

    def __init__(self) -> None:
        super().__init__()
        self.amax.build(tuple((who, PURSE) for who in (*SEVEN, *FIVE)))
        self.safe_mode = SafeMode(
            self.context,
            self.agpu,
            lambda *_: True,
            tracks.BRAKE,
            tracks.safe_mode_config(CONFIG),
            index=63,
        )
        self.tokens = PlainAssets(self.context)
        self.rwa = RwaPallet(
            self.context,
            self.agpu,
            self.tokens,
            rwa.Powers(tracks.REGISTRIES, tracks.BRAKE),
            rwa.Config(account(96), account(93), ERA, ROUND),
            terms=free_terms(self.context),
            feeds=Feeds(),
            collateral=NothingSeized(),
            index=77,
        )
        ports = guardian.Ports(
            self.amax,
            self.voting,
            Enactments(self.scheduler),
            self.whitelist,
            self.safe_mode,
            self.rwa,
        )
        config = tracks.guardian_config(CONFIG)
        self.guardian = Guardian(self.context, ports, tracks.REGISTRIES, config, index=80)
        self.pallets[-1:] = [self.safe_mode, self.rwa, self.guardian, self.scheduler]
        self.know()

    def stand(self, *accounts: bytes) -> None:
        """Let accounts stand for election."""
        for who in accounts:
            self.call(self.guardian.submit_candidacy, Signed(who))

    def elect(self, who: bytes, *votes: bytes, stake: int = 50_000 * UNIT) -> None:
        """Let an account approve of candidates."""
        self.call(self.guardian.vote, Signed(who), votes, stake)

    def approve(self, action: Action, *guardians: bytes) -> None:
        """Let guardians stand behind an action."""
        for who in guardians:
            self.call(self.guardian.approve, Signed(who), action)

    def issue(self) -> None:
        """Let Anna have a hundred tokens of gold."""
        meta = rwa.Meta(GOLD, rwa.AssetKind.OTHER, 2, PRICE_FEED, RESERVE_FEED, HASH)
        self.call(self.rwa.register_rwa, Signed(ANNA), meta, 1_000 * UNIT)
        self.call(self.rwa.approve_rwa, Governed(GovernanceOrigin.REGISTRY), GOLD, None, CAP)
        self.call(self.rwa.mint_rwa, Signed(ANNA), GOLD, ANNA, 100 * ONE)

    def end_term(self) -> list[object]:
        """Open blocks up to the next election; return what happened in its block."""
        self.until(self.context.number // TERM * TERM + TERM - 1)
        return self.block()

    @property
    def seated(self) -> tuple[bytes, ...]:
        """The guardians."""
        return tuple(one.who for one in self.guardian.members)


def guarded_world() -> GuardianWorld:
    """Return a world in which seven guardians were elected; what led there is no event any more."""
    world = GuardianWorld()
    world.season(ANNA, BERT, CARA)
    world.stand(*SEVEN)
    world.elect(ANNA, *SEVEN)
    world.end_term()
    assert world.seated == SEVEN
    world.context.events.clear()
    return world

"""What calls other calls, and what decides which the chain itself makes."""

from __future__ import annotations

from runtime import constants, tracks
from runtime.config import ChainConfig
from runtime.construct.market import Market
from runtime.contributors import Enactments, Savings
from runtime.frame import Context, PalletError, ensure_root
from runtime.frame.calls import Call, CallTable
from runtime.frame.inner import Dispatcher
from runtime.frame.pallet import Pallet
from runtime.pallets import child_bounties, guardian, identity, referenda, system
from runtime.pallets.bounties import Bounties
from runtime.pallets.child_bounties import ChildBounties
from runtime.pallets.conviction_voting import ConvictionVoting
from runtime.pallets.multisig import MultisigPallet
from runtime.pallets.origins import Origins
from runtime.pallets.preimage import Preimage
from runtime.pallets.proxy import Proxy
from runtime.pallets.referenda import Referenda
from runtime.pallets.runtime_upgrades import RuntimeUpgrades
from runtime.pallets.safe_mode import SafeMode
from runtime.pallets.scheduler import Scheduler
from runtime.pallets.treasury import Treasury
from runtime.pallets.tx_pause import TxPause
from runtime.pallets.utility import Utility
from runtime.pallets.whitelist import Whitelist
from runtime.vital import is_vital


class Governance(Market):
    """What calls other calls, and what decides which the chain itself makes."""

    pallets: tuple[Pallet, ...]
    """Every pallet: calls find theirs when all are made."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        self.by_name: dict[str, Pallet] = {}
        self.error_indices: dict[type[PalletError], int] = {}
        """Which pallet an error list is of; the first of two that share one, so AGPU's ledger."""
        filtered = system.Error.CALL_FILTERED
        inside = Dispatcher(
            context, self.by_name, self.error_indices, self.calls, self.permits, filtered
        )
        self._make_callers(inside, config)
        self._make_deciding(inside, config)
        self._make_spending(config)
        self.runtime_upgrades = RuntimeUpgrades(
            context, self.system, constants.upgrade_config(config), index=60
        )

    def _make_callers(self, inside: Dispatcher, config: ChainConfig) -> None:
        """Make what accounts call others' calls by, and what holds calls up."""
        context, braking = self.context, tracks.safe_mode_config(config)
        self.safe_mode = SafeMode(context, self.balances, is_vital, tracks.BRAKE, braking, index=63)
        self.tx_pause = TxPause(context, self.calls, is_vital, tracks.BRAKE, index=64)
        self.utility = Utility(context, inside, index=24)
        self.multisig = MultisigPallet(
            context, inside, self.balances, constants.MULTISIGS, index=30
        )
        self.proxy = Proxy(context, inside, self.balances, constants.PROXIES, index=29)

    def _make_deciding(self, inside: Dispatcher, config: ChainConfig) -> None:
        """Make what AMAX decides by, and what does what was decided when its time has come."""
        context = self.context
        self.origins = Origins(context)
        self.preimage = Preimage(context, self.balances, ensure_root, constants.PREIMAGES, index=34)
        self.scheduler = Scheduler(
            context, inside, self.preimage, ensure_root, constants.TASKS, index=32
        )
        ports = referenda.Ports(
            self.amax, self.scheduler, self.preimage, turnout=self.mining, lockers=self.vaults
        )
        deciding = tracks.referenda_config(config)
        self.referenda = Referenda(context, ports, tracks.POWERS, deciding, index=21)
        voting = tracks.voting_config(config)
        self.conviction_voting = ConvictionVoting(
            context, self.amax, self.referenda, voting, turnout=self.mining, index=20
        )
        self.whitelist = Whitelist(context, inside, self.preimage, tracks.WHITELISTING, index=23)
        watched = guardian.Ports(
            self.amax,
            self.conviction_voting,
            Enactments(self.scheduler),
            self.whitelist,
            self.safe_mode,
            self.rwa,
        )
        guarding = tracks.guardian_config(config)
        self.guardian = guardian.Guardian(context, watched, tracks.REGISTRIES, guarding, index=80)
        self.identity = identity.Identity(
            context, self.balances, tracks.REGISTRIES, tracks.IDENTITIES, index=28
        )

    def _make_spending(self, config: ChainConfig) -> None:
        """Make what the treasury pays, at once and for milestones."""
        context = self.context
        spending = tracks.treasury_config(config, constants.EXISTENTIAL_DEPOSIT)
        self.treasury = Treasury(
            context,
            self.balances,
            self.amax,
            tracks.CANCEL,
            spending,
            terms=self.parameters,
            restraint=Savings(lambda: self.stability),
            assets=self.assets.ledger,
            index=19,
        )
        self.bounties = Bounties(
            context,
            self.balances,
            self.treasury,
            tracks.CANCEL,
            tracks.bounties_config(config),
            index=35,
        )
        parts = child_bounties.Config(tracks.TREASURY_ID, tracks.LEAST_CHILD_BOUNTY)
        self.child_bounties = ChildBounties(
            context, self.balances, self.bounties, tracks.CANCEL, parts, index=38
        )

    def calls(self) -> CallTable:
        """Return every call of this runtime."""
        return CallTable.of(self.pallets)

    def permits(self, one: Call) -> bool:
        """Say whether accounts may make a call now: nothing holds it up."""
        return self.safe_mode.permits(one) and self.tx_pause.permits(one)

"""The runtime: which pallets there are, and which sees which.

Read top to bottom: a pallet can only be given what is built above it, so there are no cycles.
Pallet indices are on the wire: only append.
"""

from __future__ import annotations

from runtime import constants, tracks
from runtime.compute.shares import ShareParameters
from runtime.config import ChainConfig
from runtime.contributors import (
    Behaviour,
    Conduct,
    Contributors,
    Improvers,
    ProxyOwners,
    Workers,
)
from runtime.frame import Context, PalletError, ensure_root
from runtime.frame.calls import Call, CallTable
from runtime.frame.inner import Dispatcher
from runtime.frame.pallet import Pallet
from runtime.pallets import (
    audits,
    babe,
    child_bounties,
    emission,
    providers,
    referenda,
    system,
    transaction_payment,
    upgrades,
    validator_bonds,
)
from runtime.pallets.attestations import Attestations
from runtime.pallets.audits import Audits
from runtime.pallets.authorship import Authorship
from runtime.pallets.balances import Balances
from runtime.pallets.bounties import Bounties
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.child_bounties import ChildBounties
from runtime.pallets.conviction_voting import ConvictionVoting
from runtime.pallets.disputes import Disputes
from runtime.pallets.emission import Emission
from runtime.pallets.grandpa import Grandpa
from runtime.pallets.historical import Historical
from runtime.pallets.jobs import Jobs
from runtime.pallets.mining import Mining
from runtime.pallets.multisig import MultisigPallet
from runtime.pallets.offences import Offences
from runtime.pallets.oracle import Oracle
from runtime.pallets.origins import Origins
from runtime.pallets.preimage import Preimage
from runtime.pallets.pricing import Pricing
from runtime.pallets.providers import Providers
from runtime.pallets.proxy import Proxy
from runtime.pallets.receipts import ReceiptsPallet
from runtime.pallets.referenda import Referenda
from runtime.pallets.referral import Referral
from runtime.pallets.reservations import Reservations
from runtime.pallets.runtime_upgrades import RuntimeUpgrades
from runtime.pallets.safe_mode import SafeMode
from runtime.pallets.scheduler import Scheduler
from runtime.pallets.sealing import Sealing
from runtime.pallets.session import Session, Sessions
from runtime.pallets.timestamp import Timestamp
from runtime.pallets.treasury import Treasury
from runtime.pallets.tx_pause import TxPause
from runtime.pallets.upgrades import Upgrades
from runtime.pallets.utility import Utility
from runtime.pallets.validator_bonds import ValidatorBonds
from runtime.pallets.vaults import Vaults
from runtime.pallets.vesting import Vesting
from runtime.pallets.whitelist import Whitelist
from runtime.trust import Trust
from runtime.vital import is_vital


class Runtime:
    """The state transition function, over the state of one block."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        self.context = context
        self.by_name: dict[str, Pallet] = {}
        self.error_indices: dict[type[PalletError], int] = {}
        """Which pallet an error list is of; the first of two that share one, so AGPU's ledger."""
        self._make_ledgers(config)
        self._make_validators(config)
        self._make_providers(config)
        self._make_oracle(config)
        self._make_rewards(config)
        self._make_work(config)
        self._make_proofs(config)
        self._make_governance(config)
        self.runtime_upgrades = RuntimeUpgrades(
            context, self.system, constants.upgrade_config(config), index=60
        )
        self.pallets = self._in_order()
        self._list_by_name()

    def _in_order(self) -> tuple[Pallet, ...]:
        """Return every pallet, in the order their hooks run: disputes before jobs pay."""
        return (
            self.system,
            self.babe,
            self.timestamp,
            self.authorship,
            self.balances,
            self.transaction_payment,
            self.session,
            self.grandpa,
            self.amax,
            self.pricing,
            self.emission,
            self.attestations,
            self.vaults,
            self.providers,
            self.referral,
            self.mining,
            self.disputes,
            self.reservations,
            self.jobs,
            self.audits,
            self.receipts,
            self.canonical_work,
            self.utility,
            self.validator_bonds,
            self.historical,
            self.offences,
            self.runtime_upgrades,
            self.origins,
            self.preimage,
            self.treasury,
            self.referenda,
            self.conviction_voting,
            self.whitelist,
            self.multisig,
            self.proxy,
            self.safe_mode,
            self.tx_pause,
            self.bounties,
            self.child_bounties,
            self.oracle,
            self.upgrades,
            self.scheduler,
            self.sealing,
            self.vesting,
            self.amax_vesting,
        )

    def _list_by_name(self) -> None:
        """Make the tables in which calls find their pallet, and errors their index."""
        for pallet in self.pallets:
            self.by_name[pallet.name] = pallet
            if pallet.errors is not None:
                self.error_indices.setdefault(pallet.errors, pallet.index)

    def _make_ledgers(self, config: ChainConfig) -> None:
        """Make the accounts, both tokens, and what transactions cost."""
        context, least = self.context, constants.EXISTENTIAL_DEPOSIT
        self.system = system.System(
            context, system.Config(config.ss58_prefix, constants.LIMITS), index=0
        )
        self.balances = Balances(context, least, self.system, index=6, name="Balances")
        self.amax = Balances(context, least, index=40, name="Amax")
        granted = constants.LEAST_VESTED
        self.vesting = Vesting(context, self.balances, granted, index=27)
        self.amax_vesting = Vesting(context, self.amax, granted, index=41, name="AmaxVesting")
        self.transaction_payment = transaction_payment.TransactionPayment(
            context, self.balances, constants.FEES, index=7
        )

    def _make_validators(self, config: ChainConfig) -> None:
        """Make what decides who authors and votes, and makes offenders pay."""
        context = self.context
        self.session = Session(context, index=12)
        eras = validator_bonds.Config(config.era_blocks, constants.TREASURY)
        self.validator_bonds = ValidatorBonds(context, self.balances, self.session, eras, index=54)
        self.historical = Historical(context, self.validator_bonds, index=26)
        self.offences = Offences(context, self.validator_bonds, index=25)
        self.grandpa = Grandpa(context, self.historical, self.offences, index=18)
        listeners = (self.validator_bonds, self.historical, self.offences, self.grandpa)
        self.sessions = Sessions(self.session, listeners)
        self.canonical_work = CanonicalWork(context, self.session, index=53)
        times = babe.Config(config.slot_milliseconds, config.epoch_slots)
        reports = babe.Reports(self.historical, self.offences)
        self.babe = babe.Babe(context, self.sessions, self.canonical_work, reports, times, index=2)
        self.timestamp = Timestamp(context, config.slot_milliseconds, self.babe, index=3)
        self.authorship = Authorship(context, self.babe, self.session, index=4)

    def _make_providers(self, config: ChainConfig) -> None:
        """Make prices, and those who sell at them: with what they stake, and others behind them."""
        context = self.context
        self.pricing = Pricing(context, tracks.PARAMETERS, constants.price_config(config), index=61)
        bonding = constants.provider_config(config)
        self.vaults = Vaults(
            context,
            self.balances,
            tracks.PARAMETERS,
            constants.vault_config(config),
            clock=self.babe,
            markets=self.pricing,
            index=65,
        )
        self.attestations = Attestations(context, tracks.REGISTRIES, config.era_blocks, index=70)
        watched = (self.pricing, self.babe, ProxyOwners(lambda: self.proxy))
        seen = providers.Ports(*watched, self.attestations, self.vaults.backing)
        self.providers = Providers(context, self.balances, bonding, seen, index=50)

    def _make_work(self, config: ChainConfig) -> None:
        """Make the market of compute, and what it gives back of what it burns."""
        context, ordering = self.context, constants.job_config(config)
        self.emission = Emission(
            context,
            self.balances,
            Contributors(self.providers),
            tracks.PARAMETERS,
            emission.Config(constants.MINTED_TO, config.era_blocks),
            clock=self.babe,
            load=self.pricing,
            referrers=self.referral,
            earnings=self.mining,
            index=62,
        )
        booking = constants.reservation_config(config)
        self.reservations = Reservations(context, self.balances, self.pricing, booking, index=71)
        self.jobs = Jobs(
            context,
            self.balances,
            self.providers,
            self.babe,
            ordering,
            prices=self.pricing,
            emission=self.emission,
            earnings=self.mining,
            stakers=self.vaults,
            reservations=self.reservations,
            governs=tracks.PARAMETERS,
            index=51,
        )

    def _make_proofs(self, config: ChainConfig) -> None:
        """Make the proofs of work, and what is done about wrong ones."""
        context = self.context
        shares = ShareParameters(config.share_size, config.share_target)
        workers = Workers(self.providers, self.canonical_work, self.mining)
        self.disputes = Disputes(
            context,
            self.balances,
            self.providers,
            self.jobs.verdicts,
            constants.dispute_config(config),
            index=56,
        )
        auditing, ports = constants.audit_config(config), self._audit_ports()
        self.audits = Audits(context, self.balances, ports, self.offences, auditing, index=55)
        trust = Trust(context, self.session, config.vendors)
        self.receipts = ReceiptsPallet(
            context,
            workers,
            self.audits,
            self.babe,
            shares,
            demands=self.disputes,
            trust=trust,
            index=52,
        )
        self.sealing = Sealing(context, self.providers, index=58)

    def _make_oracle(self, config: ChainConfig) -> None:
        """Make what is known from outside, and what oracles attest."""
        context = self.context
        reporting = constants.oracle_config(config)
        self.oracle = Oracle(
            context, self.balances, tracks.REGISTRIES, reporting, time=self.timestamp, index=68
        )
        improvers = Improvers(self.providers, self.babe)
        ports = upgrades.Ports(improvers, self.oracle, randomness=self.babe)
        claiming = constants.claim_config(config)
        self.upgrades = Upgrades(context, self.balances, ports, claiming, index=69)

    def _make_rewards(self, config: ChainConfig) -> None:
        """Make what hears who did what: referrals, then the scores and pools that look at them."""
        context, balances = self.context, self.balances
        self.referral = Referral(
            context,
            balances,
            self.system,
            Conduct(self.providers),
            constants.referral_config(config),
            clock=self.babe,
            index=67,
        )
        behaviour = Behaviour(self.providers, self.referral, self.vaults, self.upgrades)
        scoring = constants.mining_config(config)
        self.mining = Mining(context, balances, behaviour, scoring, clock=self.babe, index=66)

    def _audit_ports(self) -> audits.Ports:
        """Return what audits see: jobs below receipts, chance, providers and validators."""
        return audits.Ports(
            segments=self.jobs,
            verdicts=self.jobs.verdicts,
            randomness=self.babe,
            newcomers=self.providers.standing,
            validators=self.historical,
            rewards=self.mining,
        )

    def _make_governance(self, config: ChainConfig) -> None:
        """Make what calls other calls, and what decides which the chain itself makes."""
        context = self.context
        filtered = system.Error.CALL_FILTERED
        inside = Dispatcher(
            context, self.by_name, self.error_indices, self.calls, self.permits, filtered
        )
        braking = tracks.safe_mode_config(config)
        self.safe_mode = SafeMode(context, self.balances, is_vital, tracks.BRAKE, braking, index=63)
        self.tx_pause = TxPause(context, self.calls, is_vital, tracks.BRAKE, index=64)
        self.utility = Utility(context, inside, index=24)
        self.multisig = MultisigPallet(
            context, inside, self.balances, constants.MULTISIGS, index=30
        )
        self.proxy = Proxy(context, inside, self.balances, constants.PROXIES, index=29)
        self.origins = Origins(context)
        self.preimage = Preimage(context, self.balances, ensure_root, constants.PREIMAGES, index=34)
        self.scheduler = Scheduler(
            context, inside, self.preimage, ensure_root, constants.TASKS, index=32
        )
        spending = tracks.treasury_config(config, constants.EXISTENTIAL_DEPOSIT)
        self.treasury = Treasury(
            context, self.balances, self.amax, tracks.CANCEL, spending, index=19
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
        self.whitelist = Whitelist(context, inside, self.preimage, tracks.WHITELISTING, index=23)

    def calls(self) -> CallTable:
        """Return every call of this runtime."""
        return CallTable.of(self.pallets)

    def permits(self, one: Call) -> bool:
        """Say whether accounts may make a call now: nothing holds it up."""
        return self.safe_mode.permits(one) and self.tx_pause.permits(one)

    def disabled_in(self, number: int, *, is_new_epoch: bool) -> tuple[int, ...]:
        """Return the authorities whose blocks are refused in the block of a number on this one."""
        if not is_new_epoch:
            return self.session.disabled()
        return () if self.validator_bonds.begins_era(number) else self.session.disabled_next()

    def try_state(self) -> None:
        """Check every invariant of every pallet."""
        for pallet in self.pallets:
            pallet.try_state()

"""The market of compute: prices, providers, jobs, proofs of work, and what is earned."""

from __future__ import annotations

from runtime import constants, tracks
from runtime.compute.shares import ShareParameters
from runtime.config import ChainConfig
from runtime.construct.validators import Validators
from runtime.contributors import (
    Accurate,
    Behaviour,
    ClosedEpochs,
    Conduct,
    Contributors,
    Improvers,
    JobHolders,
    Proven,
    ProxyOwners,
    Savings,
    Workers,
)
from runtime.frame import Context
from runtime.pallets import audits, emission, providers, rwa, upgrades
from runtime.pallets.amax_distribution import AmaxDistribution
from runtime.pallets.attestations import Attestations
from runtime.pallets.audits import Audits
from runtime.pallets.disputes import Disputes
from runtime.pallets.emission import Emission
from runtime.pallets.jobs import Jobs
from runtime.pallets.mining import Mining
from runtime.pallets.oracle import Oracle
from runtime.pallets.pricing import Pricing
from runtime.pallets.providers import Providers
from runtime.pallets.proxy import Proxy
from runtime.pallets.receipts import ReceiptsPallet
from runtime.pallets.referral import Referral
from runtime.pallets.reservations import Reservations
from runtime.pallets.rwa import RwaPallet
from runtime.pallets.sealing import Sealing
from runtime.pallets.upgrades import Upgrades
from runtime.pallets.vaults import Vaults
from runtime.real_assets import Prices, RealAssets
from runtime.trust import Trust


class Market(Validators):
    """Those who sell compute, those who watch them, and what both earn."""

    proxy: Proxy
    """Made with what governs: who acts for another owns nothing of its own."""

    def __init__(self, context: Context, config: ChainConfig) -> None:
        super().__init__(context, config)
        self._make_providers(config)
        self._make_oracle(config)
        self._make_rewards(config)
        self._make_work(config)
        self._make_distribution(config)
        self._make_proofs(config)

    def _make_providers(self, config: ChainConfig) -> None:
        """Make prices, and those who sell at them: with what they stake, and others behind them."""
        context = self.context
        self.pricing = Pricing(
            context, tracks.PARAMETERS, self.parameters, constants.price_config(config), index=61
        )
        bonding = constants.provider_config(config)
        self.vaults = Vaults(
            context,
            self.balances,
            tracks.PARAMETERS,
            self.parameters,
            constants.vault_config(config),
            clock=self.babe,
            markets=self.pricing,
            real=RealAssets(lambda: self.rwa),
            index=65,
        )
        self.attestations = Attestations(context, tracks.REGISTRIES, config.era_blocks, index=70)
        watched = (self.pricing, self.babe, ProxyOwners(lambda: self.proxy))
        others = (self.attestations, self.parameters)
        work, backers = JobHolders(lambda: self.jobs), self.vaults.backing
        seen = providers.Ports(*watched, *others, work=work, backers=backers)
        self.providers = Providers(context, self.balances, bonding, seen, index=50)

    def _make_oracle(self, config: ChainConfig) -> None:
        """Make what is known from outside, what oracles attest, and what is worth by them."""
        context = self.context
        reporting = constants.oracle_config(config)
        self.oracle = Oracle(
            context,
            self.balances,
            tracks.REGISTRIES,
            self.parameters,
            reporting,
            time=self.timestamp,
            accuracy=Accurate(lambda: self.mining),
            index=68,
        )
        improvers = Improvers(self.providers, self.babe)
        ports = upgrades.Ports(improvers, self.oracle, randomness=self.babe)
        claiming = constants.claim_config(config)
        self.upgrades = Upgrades(context, self.balances, ports, claiming, index=69)
        self.rwa = RwaPallet(
            context,
            self.balances,
            self.assets.ledger,
            rwa.Powers(tracks.REGISTRIES, tracks.BRAKE),
            constants.rwa_config(config),
            feeds=Prices(self.oracle),
            collateral=self.vaults.parts,
            terms=self.parameters,
            index=77,
        )

    def _make_rewards(self, config: ChainConfig) -> None:
        """Make what hears who did what: referrals, then the scores and pools that look at them."""
        context, balances = self.context, self.balances
        self.referral = Referral(
            context,
            balances,
            self.system,
            Conduct(self.providers),
            constants.referral_config(config),
            terms=self.parameters,
            clock=self.babe,
            index=67,
        )
        behaviour = Behaviour(self.providers, self.referral, self.vaults, self.upgrades)
        scoring = constants.mining_config(config)
        self.mining = Mining(context, balances, behaviour, scoring, clock=self.babe, index=66)

    def _make_work(self, config: ChainConfig) -> None:
        """Make the market of compute, and what it gives back of what it burns."""
        context, ordering = self.context, constants.job_config(config)
        self.emission = Emission(
            context,
            self.balances,
            Contributors(self.providers),
            self.parameters,
            emission.Config(constants.MINTED_TO, config.era_blocks),
            clock=self.babe,
            load=self.pricing,
            referrers=self.referral,
            earnings=self.mining,
            index=62,
        )
        booking = constants.reservation_config(config)
        self.reservations = Reservations(
            context, self.balances, self.pricing, booking, terms=self.parameters, index=71
        )
        self.jobs = Jobs(
            context,
            self.balances,
            self.providers,
            self.babe,
            ordering,
            terms=self.parameters,
            prices=self.pricing,
            emission=self.emission,
            earnings=self.mining,
            stakers=self.vaults,
            referees=self.referral,
            reservations=self.reservations,
            ceiling=Savings(lambda: self.stability),
            governs=tracks.PARAMETERS,
            index=51,
        )

    def _make_distribution(self, config: ChainConfig) -> None:
        """Make what creates AMAX for contribution: by the epochs of emission, and no job."""
        self.amax_distribution = AmaxDistribution(
            self.context,
            self.amax,
            self.amax_vesting,
            constants.distribution_config(config),
            epochs=ClosedEpochs(self.emission),
            providers=Proven(self.providers),
            behaviour=self.mining,
            terms=self.parameters,
            index=78,
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
        auditing, ports = constants.audit_config(), self._audit_ports()
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

    def _audit_ports(self) -> audits.Ports:
        """Return what audits see: jobs below receipts, chance, providers and validators."""
        return audits.Ports(
            segments=self.jobs,
            verdicts=self.jobs.verdicts,
            randomness=self.babe,
            newcomers=self.providers.standing,
            validators=self.historical,
            era_points=self.staking,
            terms=self.parameters,
            rewards=self.mining,
        )

"""The constants of a chain: limits of its blocks, pots, fees, deposits, and what each pallet gets.

What governance decides on has a module of its own, `runtime.tracks`.
"""

from __future__ import annotations

from dataclasses import replace

from runtime import tracks
from runtime.config import ChainConfig
from runtime.frame.limits import BlockLimits
from runtime.pallets import (
    amax_distribution,
    audits,
    disputes,
    jobs,
    mining,
    multisig,
    oracle,
    preimage,
    pricing,
    providers,
    proxy,
    referral,
    reservations,
    runtime_upgrades,
    rwa,
    scheduler,
    stability,
    staking,
    transaction_payment,
    upgrades,
    vaults,
)
from runtime.pallets.emission import Recipients
from runtime.pallets.jobs import Pots
from runtime.primitives.hashing import pallet_account
from runtime.primitives.types import UNIT

EXISTENTIAL_DEPOSIT = 10**9
"""Planck; a thousandth of a token."""

BLOCK_PICOSECONDS = 2 * 10**12
"""The most weight of a block: two seconds of the reference machine."""

BLOCK_BYTES = 3 << 19
"""The most bytes of extrinsics in a block: with its proofs it travels in one message of 4 MiB."""

LEAST_VESTED = UNIT
"""Of either token: a schedule costs state for as long as it runs."""

GRANTED_PERIODS = 16
"""Of the 28 schedules of an account, those that the distribution of AMAX may need: it begins one in
twelve eras, and each is over after 180."""

LIMITS = BlockLimits(
    max_picoseconds=BLOCK_PICOSECONDS,
    normal_picoseconds=BLOCK_PICOSECONDS * 3 // 4,
    hook_picoseconds=BLOCK_PICOSECONDS // 10,
    extrinsic_picoseconds=100_000_000,
    max_bytes=BLOCK_BYTES,
    normal_bytes=BLOCK_BYTES * 3 // 4,
)
"""Ordinary calls may fill three quarters of a block, hooks a tenth."""

TREASURY = pallet_account(tracks.TREASURY_ID)

POTS = Pots(
    validators=pallet_account("sm/valid"),
    oracles=pallet_account("sm/oracl"),
    stakers=pallet_account("sm/stake"),
    treasury=TREASURY,
)
"""Where the parts of a fee go that are not burned or the provider's."""

MINTED_TO = Recipients(
    infra=pallet_account("sm/infra"),
    governance=pallet_account("sm/gover"),
    accuracy=pallet_account("sm/accur"),
    treasury=TREASURY,
    validators=POTS.validators,
    oracles=POTS.oracles,
)
"""Where what is created for work and capacity goes that is not the provider's."""

COMMISSIONS = pallet_account("sm/vault")
"""Where what providers give to those behind them lies until it is claimed."""

INSURANCE = pallet_account("sm/insur")
"""What claims took of those who insure, until clients are paid."""

SHARED_POTS = (
    TREASURY,
    POTS.validators,
    POTS.oracles,
    POTS.stakers,
    MINTED_TO.infra,
    MINTED_TO.governance,
    MINTED_TO.accuracy,
    COMMISSIONS,
)
"""Accounts that exist from block 0: a part of a small fee is less than what begins an account."""

STAKED_ASSETS, ISSUED_ASSETS = pallet_account("sm/vrwas"), pallet_account("sm/rwass")
"""Where tokenised assets of all vaults lie, and who alone mints and burns them."""

FEES = transaction_payment.Config(
    base_fee=10**8,
    fee_per_byte=10**6,
    picoseconds_per_planck=1,
    block_picoseconds=BLOCK_PICOSECONDS,
    treasury=TREASURY,
)
"""A transfer costs about 0.0008 AGPU when blocks are not full."""


MULTISIGS = multisig.Config(deposit_base=UNIT // 10, deposit_factor=UNIT // 100)
"""A call that three must agree on holds 0.13 AGPU until it is made."""

PROXIES = proxy.Config(UNIT // 10, UNIT // 100, UNIT // 10, UNIT // 50)
"""One proxy holds 0.11 AGPU, one announcement 0.12."""

PREIMAGES = preimage.Config(base_deposit=UNIT // 10, byte_deposit=10**8)
"""A preimage of a kilobyte holds 0.2 AGPU while it lies in state."""

DAY_BLOCKS = 14_400
"""Of six seconds."""

TASKS = scheduler.Config(max_picoseconds=BLOCK_PICOSECONDS * 7 // 100)
"""What a block in which no period ends can give the chain's own calls, when it is their turn: a
task that is heavier would wait for ever."""

PERIODS_PER_EPOCH = 6
"""Prices move every ten minutes of an epoch of an hour."""

LEAST_PERIOD_BLOCKS = 5
"""A job is done in about as many: a period of a short epoch must see some."""

ROUND_BLOCKS, LEAST_ROUND_BLOCKS = 20, 5
"""Oracles have two minutes to seal a report and two to show it; on local chains, with epochs of ten
blocks, a quarter of that."""


BEATS_PER_EPOCH = 12
"""A heartbeat each 50 blocks of an epoch of an hour."""

LEAST_BEAT_BLOCKS = 10
"""Of a short epoch each block would bring some: a sign of life is a transaction."""


def provider_config(config: ChainConfig) -> providers.Config:
    """Return the constants of Providers on a chain."""
    return providers.Config(
        minimum_bond=config.minimum_provider_bond,
        price_per_cu=config.base_price_per_cu,
        era_blocks=config.era_blocks,
        heartbeat_blocks=max(config.epoch_slots // BEATS_PER_EPOCH, LEAST_BEAT_BLOCKS),
        epoch_seconds=max(config.epoch_slots * config.slot_milliseconds // 1000, 1),
        reclaim_blocks=config.job_run_blocks,
    )


def vault_config(config: ChainConfig) -> vaults.Config:
    """Return the constants of Vaults on a chain."""
    return vaults.Config(
        fees=POTS.stakers,
        commissions=COMMISSIONS,
        insurance=INSURANCE,
        treasury=TREASURY,
        assets=STAKED_ASSETS,
        era_blocks=config.era_blocks,
        existential_deposit=EXISTENTIAL_DEPOSIT,
    )


def rwa_config(config: ChainConfig) -> rwa.Config:
    """Return the constants of Rwa on a chain."""
    return rwa.Config(
        account=ISSUED_ASSETS,
        beneficiary=TREASURY,
        era_blocks=config.era_blocks,
        round_blocks=oracle_config(config).round_blocks,
    )


def audit_config() -> audits.Config:
    """Return the constants of Audits."""
    return audits.Config(pot=POTS.validators, existential_deposit=EXISTENTIAL_DEPOSIT)


def upgrade_config(config: ChainConfig) -> runtime_upgrades.Config:
    """Return the constants of RuntimeUpgrades on a chain: an upgrade is known for an era ahead."""
    return runtime_upgrades.Config(
        spec_version=config.spec_version,
        minimum_notice=config.era_blocks,
        code_of=lambda version: replace(config, spec_version=version).encode(),
    )


def price_config(config: ChainConfig) -> pricing.Config:
    """Return the constants of Pricing on a chain."""
    return pricing.Config(
        start_price=config.base_price_per_cu,
        minimum_fee=config.minimum_job_fee,
        period_blocks=max(config.epoch_slots // PERIODS_PER_EPOCH, LEAST_PERIOD_BLOCKS),
        epoch_blocks=config.epoch_slots,
        era_blocks=config.era_blocks,
        block_milliseconds=config.slot_milliseconds,
    )


def job_config(config: ChainConfig) -> jobs.Config:
    """Return the constants of Jobs on a chain."""
    return jobs.Config(
        minimum_fee=config.minimum_job_fee,
        pots=POTS,
        era_blocks=config.era_blocks,
        start_blocks=config.job_start_blocks,
        run_blocks=config.job_run_blocks,
        hook_picoseconds=BLOCK_PICOSECONDS * 6 // 100,
    )


def mining_config(config: ChainConfig) -> mining.Config:
    """Return the constants of Mining on a chain: a full score is a reference device at work."""
    epoch_micro_cu = config.epoch_slots * config.slot_milliseconds * 1000
    return mining.Config(
        pots=mining.Pots(
            MINTED_TO.infra, MINTED_TO.governance, MINTED_TO.accuracy, MINTED_TO.treasury
        ),
        era_blocks=config.era_blocks,
        existential_deposit=EXISTENTIAL_DEPOSIT,
        scale=mining.Scale(compute=epoch_micro_cu, infra=epoch_micro_cu),
    )


def referral_config(config: ChainConfig) -> referral.Config:
    """Return the constants of Referral on a chain."""
    return referral.Config(treasury=TREASURY, era_blocks=config.era_blocks)


def reservation_config(config: ChainConfig) -> reservations.Config:
    """Return the constants of Reservations on a chain."""
    return reservations.Config(config.epoch_slots, config.minimum_job_fee)


def dispute_config(config: ChainConfig) -> disputes.Config:
    """Return the constants of Disputes on a chain.

    Results are served for a day, or for six of the seven eras for which ended jobs are known. A
    turn is a sixth of the time that a job may run, on public chains ten minutes: time to restart a
    node. An answer costs what a transaction of its size and weight would.
    """
    return disputes.Config(
        window_blocks=min(DAY_BLOCKS, 6 * config.era_blocks),
        turn_blocks=max(config.job_start_blocks, config.job_run_blocks // 6),
        minimum_bond=UNIT,
        price_per_byte=FEES.fee_per_byte,
        price_per_nanosecond=1_000 // FEES.picoseconds_per_planck,
    )


def oracle_config(config: ChainConfig) -> oracle.Config:
    """Return the constants of Oracle on a chain."""
    return oracle.Config(
        pot=POTS.oracles,
        treasury=TREASURY,
        existential_deposit=EXISTENTIAL_DEPOSIT,
        era_blocks=config.era_blocks,
        epoch_blocks=config.epoch_slots,
        epoch_milliseconds=config.epoch_slots * config.slot_milliseconds,
        round_blocks=max(min(ROUND_BLOCKS, config.epoch_slots // 2), LEAST_ROUND_BLOCKS),
    )


def distribution_config(config: ChainConfig) -> amax_distribution.Config:
    """Return the constants of AmaxDistribution on a chain."""
    return amax_distribution.Config(era_blocks=config.era_blocks)


def stability_config(config: ChainConfig) -> stability.Config:
    """Return the constants of Stability on a chain."""
    return stability.Config(era_blocks=config.era_blocks)


def claim_config(config: ChainConfig) -> upgrades.Config:
    """Return the constants of Upgrades on a chain."""
    return upgrades.Config(era_blocks=config.era_blocks)


def staking_config(config: ChainConfig) -> staking.Config:
    """Return the constants of Staking on a chain."""
    return staking.Config(
        era_blocks=config.era_blocks,
        session_blocks=config.epoch_slots,
        treasury=TREASURY,
        pot=POTS.validators,
        existential_deposit=EXISTENTIAL_DEPOSIT,
    )

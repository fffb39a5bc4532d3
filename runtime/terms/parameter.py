"""The keys of all parameters, as they are on the wire."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from runtime.primitives.schema import Named, Uint

ParameterValue = Annotated[int, Named(Uint(16), "starminer_runtime::terms::ParameterValue")]
"""A number in the unit of its parameter: wallets must not show it as an amount of tokens."""


class Parameter(Enum):
    """What can be set. Indices are append-only."""

    KAPPA_MIN = 0
    KAPPA_MAX = 1
    A0 = 2
    K_STAR = 3
    RHO = 4
    HALVING_ERAS = 5
    BREAKER = 6
    CAP = 7
    MINT_PROVIDER = 8
    MINT_CLIENT_REFERRER = 9
    MINT_PROVIDER_REFERRER = 10
    MINT_INFRA = 11
    MINT_GOVERNANCE = 12
    MINT_ACCURACY = 13
    TARGET = 14
    DIVISOR = 15
    BASE_MIN = 16
    BASE_MAX = 17
    AVERAGE_DIVISOR = 18
    BAND = 19
    LEAST_MARKETS = 20
    BATCH = 21
    FAST = 22
    REALTIME = 23
    MAX_TIP = 24
    BASE_PROVIDER_LOW = 25
    BASE_PROVIDER_HIGH = 26
    BASE_BURN = 27
    BASE_VALIDATORS = 28
    BASE_ORACLES = 29
    BASE_STAKERS = 30
    SCARCITY_PROVIDER = 31
    SCARCITY_BURN = 32
    SCARCITY_VALIDATORS = 33
    SCARCITY_ORACLES = 34
    SCARCITY_STAKERS = 35
    SURGE_PROVIDER = 36
    SURGE_BURN = 37
    SURGE_VALIDATORS = 38
    SURGE_ORACLES = 39
    SURGE_STAKERS = 40
    QUEUE_DEPOSIT = 41
    MAX_BOOST = 42
    MAX_MATCHES = 43
    DRAWS = 44
    REVENUE_HOURS = 45
    CAPACITY_EPOCHS = 46
    EXPOSURE_FACTOR = 47
    UNBONDING_ERAS = 48
    TRANSACTION_BURN = 49
    TRANSACTION_TREASURY = 50
    TIP_BURN = 51
    LEAST_LOCK = 52
    LEAST_MEMBERS = 53
    HEALTH_BAND = 54
    LARGEST_STEP = 55
    STALE_EPOCHS = 56
    REFERRAL_WINDOW = 57
    REFERRAL_VESTING = 58
    SPEND_SMALL = 59
    SPEND_MEDIUM = 60
    SPEND_BIG = 61
    SPEND_ALL = 62
    AUDIT_RATE = 63
    NEWCOMER_AUDIT_RATE = 64
    LP_FEE = 65
    POOL_BURN = 66
    POOL_TREASURY = 67
    POOL_REWARDS = 68
    AMAX_DELTA = 69
    AMAX_CAPACITY = 70
    AMAX_ACCURACY = 71
    AMAX_PARTICIPATION = 72
    AMAX_INFRA = 73
    AMAX_OPERATOR = 74
    AMAX_VOTER = 75
    SUPPLY_GROWTH = 76
    RESERVE_BURN = 77
    POOL_PART = 78
    ABOVE_AVERAGE = 79
    DEAREST = 80
    IDLE = 81
    RWA_SHARE = 82
    INSURANCE_SHARE = 83
    HAIRCUT = 84
    HAIRCUT_BILLS = 85
    HAIRCUT_ENERGY = 86
    VALIDATOR_BOND = 87
    NOMINATOR_BOND = 88
    OUTLIER = 89
    NOT_REVEALED = 90

"""The attack register: each attack, what defends, and the tests that show it with its numbers.

The rows are those of the design page "Economy", section 7, and one that was found since. A row
whose pallet is not in the runtime yet says which it waits for; as soon as the pallet is there, its
tests must be.
"""

from __future__ import annotations

from dataclasses import dataclass

PALLETS = "tests/pallets/"
HERE = "tests/attacks/test_numbers.py::"
ECONOMY = "tests/simulation/economy/test_economy.py::"


@dataclass(frozen=True)
class Row:
    """An attack, and where it is shown to fail."""

    attack: str
    tests: tuple[str, ...]
    """File and name of each test."""
    pallet: str | None = None
    """The pallet without which there is nothing to attack."""


REGISTER = (
    Row(
        "provider buys own jobs",
        (
            f"{PALLETS}test_emission_formulas.py::test_buying_own_work_returns_less_than_it_costs",
            f"{PALLETS}test_market_attacks.py::test_a_provider_that_buys_its_own_jobs_loses",
        ),
    ),
    Row(
        "pool displacement with multipliers",
        (f"{HERE}test_a_shared_pool_would_return_more_than_it_costs_and_own_burn_does_not",),
    ),
    Row(
        "subsidy farming",
        (
            f"{ECONOMY}test_req_64_a_rush_for_the_subsidy_ends_the_subsidy",
            f"{PALLETS}test_emission_formulas.py::"
            "test_a_rush_to_eight_times_the_strategic_capacity_is_paid_nothing",
        ),
    ),
    Row(
        "referral farming",
        (f"{PALLETS}test_referral.py::test_referrers_have_a_tenth_of_what_work_creates_at_most",),
        pallet="Referral",
    ),
    Row(
        "price pump by fake demand",
        (
            f"{PALLETS}test_market_attacks.py::test_pumping_a_price_loses_up_to_half_of_a_market",
            f"{ECONOMY}test_req_64_fake_demand_loses",
        ),
    ),
    Row(
        "flash or bought votes",
        (
            f"{PALLETS}test_conviction_voting.py::test_freshly_moved_amax_has_no_vote",
            f"{PALLETS}test_conviction_voting.py::"
            "test_fresh_amax_does_not_vote_through_a_delegate_either",
        ),
    ),
    Row(
        "treasury drain",
        (
            f"{HERE}test_whoever_holds_all_votes_drains_a_third_of_the_treasury_in_a_year_at_most",
            f"{PALLETS}test_treasury.py::test_all_tracks_together_have_a_limit_for_28_eras",
            "tests/attacks/test_parameters.py::"
            "test_the_treasury_loses_a_third_in_a_year_at_most_under_any_admissible_parameters",
        ),
    ),
    Row(
        "treasury drain through a pool",
        (
            "tests/attacks/test_pools.py::"
            "test_attack_of_root_a_share_that_the_treasury_paid_is_the_treasurys",
            "tests/attacks/test_pools.py::"
            "test_attack_of_root_a_pool_of_junk_takes_three_percent_of_the_treasury_in_28_eras",
        ),
    ),
    Row(
        "treasury's AMAX for a majority",
        (
            f"{PALLETS}test_treasury_assets.py::"
            "test_attack_of_all_votes_a_third_of_the_amax_in_a_year_and_three_percent_in_28_eras",
            "tests/attacks/test_votes.py::"
            "test_attack_of_a_whale_amax_that_the_treasury_pays_votes_as_late_as_bought_amax",
        ),
    ),
    Row(
        "oracle capture",
        (f"{PALLETS}test_oracle.py::test_a_third_of_liars_moves_a_feed_a_little_and_more_halt_it",),
        pallet="Oracle",
    ),
    Row(
        "leaving the oracle's jail by a new bond",
        (
            f"{PALLETS}test_oracle_members.py::"
            "test_attack_of_leaving_jail_by_taking_the_bond_out_and_joining_again",
        ),
        pallet="Oracle",
    ),
    Row(
        "overdrawn service",
        (
            f"{PALLETS}test_pricing_formulas.py::test_an_escrow_covers_every_fee_below_its_limits",
            "tests/property/test_jobs_machine.py::"
            "test_random_calls_break_no_invariant_and_lose_no_planck",
        ),
    ),
    Row(
        "stuck deposits when a hook fails",
        (f"{HERE}test_a_job_that_no_hook_can_serve_is_refunded_and_others_go_on",),
    ),
    Row(
        "free cron and unbounded hooks",
        (
            f"{PALLETS}test_pricing.py::"
            "test_64_markets_with_full_queues_cost_less_than_a_tenth_of_a_block",
            f"{PALLETS}test_scheduler.py::test_the_hook_never_weighs_more_than_it_may",
            f"{PALLETS}test_jobs_matching.py::"
            "test_a_block_looks_at_as_many_jobs_as_its_weight_has_room_for",
            "tests/runtime/test_hooks.py::"
            "test_the_hooks_of_the_worst_block_of_the_fullest_state_use_a_tenth",
        ),
    ),
    Row(
        "rounding drift",
        (
            "tests/property/test_all_calls_machine.py::"
            "test_thousands_of_random_calls_break_no_invariant_and_lose_no_planck",
            f"{PALLETS}test_emission.py::test_issuance_is_accounted_for_to_the_planck",
        ),
    ),
    Row(
        "unbonding before a slash",
        (f"{PALLETS}test_providers.py::test_a_slash_also_takes_what_is_on_its_way_out",),
    ),
    Row(
        "unbonding a stake before a slash",
        (
            f"{PALLETS}test_vaults_slashes.py::"
            "test_attack_of_unbonding_before_the_slash_what_left_after_the_offence_pays",
        ),
        pallet="Vaults",
    ),
    Row(
        "theft of a commitment",
        (f"{PALLETS}test_audits_refusals.py::test_a_verdict_cannot_be_copied_from_who_sealed_it",),
    ),
    Row(
        "reputation wash",
        (
            f"{PALLETS}test_providers.py::"
            "test_one_client_moves_a_reputation_by_a_twentieth_of_the_window_in_an_era",
            f"{PALLETS}test_jobs.py::"
            "test_a_job_for_a_named_provider_is_its_at_once_and_moves_no_reputation",
        ),
    ),
    Row(
        "queue griefing and flicker",
        (
            f"{HERE}test_a_full_queue_costs_its_griefer_three_thousand_first_slots",
            f"{PALLETS}test_jobs.py::test_a_quick_cancellation_burns_a_tenth_of_the_deposit",
        ),
    ),
    Row(
        "giving jobs back",
        (
            "tests/attacks/test_orders.py::test_attack_of_declining_all_jobs_are_done_by_the_honest",
            "tests/attacks/test_orders.py::test_attack_of_declining_an_id_has_four_jobs_in_the_time_to_start",
            "tests/pallets/test_jobs_exits.py::test_who_gives_a_job_back_late_pays_as_who_lets_its_time_run_out",
        ),
    ),
    Row(
        "all places of orders",
        (
            "tests/attacks/test_orders.py::test_attack_of_all_places_of_orders_they_hold_six_times_as_much",
            "tests/attacks/test_orders.py::test_attack_of_markets_without_providers_a_quarter_of_the_places_is_all_they_take",
        ),
    ),
    Row(
        "wishes for audits",
        (
            "tests/attacks/test_orders.py::test_attack_of_wishes_for_audits_a_quarter_of_all_places_is_the_chains_own",
        ),
    ),
    Row(
        "all places of reservations",
        (
            f"{HERE}test_all_places_of_reservations_cost_ninety_thousand_agpu_for_a_month",
            f"{PALLETS}test_reservations.py::"
            "test_who_fills_places_does_not_multiply_what_a_large_reservation_burns",
        ),
    ),
    Row(
        "id spam",
        (f"{PALLETS}test_providers.py::test_registration_holds_the_bond_and_burns_a_hundredth",),
    ),
    Row(
        "share inflation",
        (
            f"{PALLETS}test_vaults_formulas.py::"
            "test_attack_of_share_inflation_nobody_can_make_others_round_down_to_nothing",
        ),
        pallet="Vaults",
    ),
    Row(
        "runaway controller",
        (
            f"{PALLETS}test_emission_formulas.py::"
            "test_the_marginal_re_emission_of_a_safe_curve_is_at_most_four_fifths",
            f"{PALLETS}test_emission_formulas.py::"
            "test_steeper_curves_would_pay_for_fake_work_and_are_refused",
        ),
    ),
    Row(
        "lazy verification",
        (
            f"{HERE}test_a_fake_result_and_an_unread_verdict_cost_more_than_they_gain",
            f"{PALLETS}test_audits_refusals.py::"
            "test_a_good_verdict_on_what_was_not_read_cannot_be_shown",
        ),
    ),
    Row(
        "market power",
        (f"{HERE}test_half_of_a_market_gains_less_by_a_pump_the_more_it_buys",),
    ),
    Row(
        "over-valued assets of the real world",
        (
            f"{PALLETS}test_rwa_attacks.py::"
            "test_attack_of_an_over_valued_asset_buys_no_priority_beyond_its_caps",
            f"{PALLETS}test_vaults_assets.py::"
            "test_assets_earn_thirty_percent_at_most_however_far_they_rose",
        ),
        pallet="Rwa",
    ),
    Row(
        "an issuer that runs away",
        (
            f"{PALLETS}test_rwa_attacks.py::"
            "test_attack_of_an_issuer_that_runs_away_costs_its_bond_and_no_stake",
        ),
        pallet="Rwa",
    ),
    Row(
        "a feed that goes stale in the middle",
        (
            f"{PALLETS}test_rwa_attacks.py::"
            "test_attack_of_a_feed_that_goes_stale_in_the_middle_freezes_weight_and_no_principal",
        ),
        pallet="Rwa",
    ),
)
"""In the order of the design; reservations, orders, jail and pools were found later, unbonding has
a second row, assets of the real world have three."""

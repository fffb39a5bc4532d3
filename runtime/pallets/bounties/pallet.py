"""Bounties: money that a referendum sets aside for work, and a curator who sees that it is done.

Anyone proposes a bounty; a referendum of a spending track grants it, and its money moves to an
account of its own at once. The curator holds a deposit, awards the bounty, and has a fee; between
award and payment there is time to object. Names, indices and layouts are those of FRAME's
`pallet_bounties`. Source: design page "Economy", 5.16.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Protocol

from runtime.frame import (
    BadOrigin,
    Context,
    DispatchError,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    Signed,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungible import Currency, HoldReason, are_held, rehold
from runtime.pallets.bounties.types import (
    EVENTS,
    FUNDED,
    PROPOSED,
    Active,
    Bounty,
    BountyApproved,
    BountyAwarded,
    BountyBecameActive,
    BountyCanceled,
    BountyClaimed,
    BountyExtended,
    BountyProposed,
    BountyRejected,
    Config,
    CuratorAccepted,
    CuratorNamed,
    CuratorProposed,
    CuratorUnassigned,
    DepositPoked,
    Error,
    PendingPayout,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.fixed import PerbillParts
from runtime.primitives.hashing import TWOX_64_CONCAT, pallet_account
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    U32,
    AccountId,
    Balance,
    BlockNumber,
    CompactBalance,
    CompactU32,
)

MAX_DESCRIPTION_BYTES = 16_384
HOLD = HoldReason.BOUNTY

RECORD = Weight(reads=2, writes=2, compute=10_000)
"""A bounty, and the count of them or of its parts."""
LEDGER = Weight(reads=4, writes=4, compute=10_000)
"""Two accounts, the holds of one, and the total issuance."""
FUNDING = Weight(reads=6, writes=6, compute=20_000)
"""The windows of the treasury, and what it has promised."""


class Treasury(Protocol):
    """Where the money of bounties comes from, and goes back to."""

    account: AccountId

    def fund(self, origin: Origin, dest: AccountId, amount: Balance) -> None:
        """Pay `amount` as far as the origin may spend, or raise `DispatchError`."""

    def ensure_spender(self, origin: Origin) -> None:
        """Let those pass who may spend, or raise `DispatchError`."""


class Bounties(Pallet):
    """Money for work that is to be done."""

    events = EVENTS
    errors = Error

    bounty_count: Value[U32] = Value(default=0)
    """How many bounties were proposed so far."""
    bounties: Map[U32, Bounty] = Map(hasher=TWOX_64_CONCAT)
    """Bounties on their way."""
    bounty_descriptions: Map[U32, Annotated[bytes, Bounded(MAX_DESCRIPTION_BYTES)]] = Map(
        hasher=TWOX_64_CONCAT
    )
    """What each is for."""
    parts: Map[U32, U32] = Map(default=0, hasher=TWOX_64_CONCAT)
    """How many child bounties of each are under way."""
    part_fees: Map[U32, Balance] = Map(default=0, hasher=TWOX_64_CONCAT)
    """What curators of child bounties had: the curator of the whole has so much less."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        treasury: Treasury,
        reject_origin: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "Bounties",
    ) -> None:
        """Let those call bounties off who pass `reject_origin`."""
        super().__init__(context, index=index, name=name)
        self.currency, self.treasury, self.config = currency, treasury, config
        self.reject_origin = reject_origin

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=RECORD + LEDGER + Weight(writes=1))
    def propose_bounty(self, origin: Origin, value: CompactBalance, description: bytes) -> None:
        """Propose a bounty; a bond is on hold until it is granted."""
        who, number = ensure_signed(origin), self.bounty_count
        ensure(len(description) <= MAX_DESCRIPTION_BYTES, Error.REASON_TOO_BIG)
        ensure(value >= self.config.minimum, Error.INVALID_VALUE)
        bond = self.config.bond(len(description))
        self.currency.hold(HOLD, who, bond)
        self.bounties[number] = Bounty(who, value, 0, 0, bond, PROPOSED)
        self.bounty_descriptions[number] = description
        self.bounty_count = number + 1
        self.deposit(BountyProposed(number))

    @call(1, weight=RECORD + LEDGER + FUNDING)
    def approve_bounty(self, origin: Origin, bounty_id: CompactU32) -> None:
        """Grant a bounty: its money moves to an account of its own. A spending track only."""
        self.treasury.ensure_spender(origin)
        bounty = self.bounty(bounty_id)
        ensure(bounty.status == PROPOSED, Error.UNEXPECTED_STATUS)
        self.treasury.fund(origin, self.account_of_bounty(bounty_id), bounty.value)
        self.currency.release(HOLD, bounty.proposer, bounty.bond)
        self.bounties[bounty_id] = replace(bounty, bond=0, status=FUNDED)
        self.deposit(BountyApproved(bounty_id))
        self.deposit(BountyBecameActive(bounty_id))

    @call(2, weight=RECORD)
    def propose_curator(
        self, origin: Origin, bounty_id: CompactU32, curator: MultiAddress, fee: CompactBalance
    ) -> None:
        """Name who is to look after a bounty, for a fee out of it. A spending track only."""
        self.treasury.ensure_spender(origin)
        who, bounty = account_of(curator), self.bounty(bounty_id)
        ensure(bounty.status == FUNDED, Error.UNEXPECTED_STATUS)
        ensure(fee < bounty.value, Error.INVALID_FEE)
        self.bounties[bounty_id] = replace(bounty, fee=fee, status=CuratorProposed(who))
        self.deposit(CuratorNamed(bounty_id, who))

    @call(3, weight=RECORD + LEDGER)
    def unassign_curator(self, origin: Origin, bounty_id: CompactU32) -> None:
        """Let nobody look after a bounty any more.

        A curator leaves with the deposit; one that governance removes, or that anyone removes who
        was not heard of for too long, loses it.
        """
        by, bounty = self._rejecting(origin), self.bounty(bounty_id)
        match bounty.status:
            case CuratorProposed(curator):
                ensure(by in (None, curator), BadOrigin.BAD_ORIGIN)
            case Active(curator, update_due):
                is_late = self.context.number > update_due
                ensure(by in (None, curator) or is_late, Error.PREMATURE)
                bounty = self._without_deposit(bounty, curator, is_lost=by != curator)
            case PendingPayout(curator):
                ensure(by is None, BadOrigin.BAD_ORIGIN)
                bounty = self._without_deposit(bounty, curator, is_lost=True)
            case _:
                raise DispatchError(Error.UNEXPECTED_STATUS)
        self.bounties[bounty_id] = replace(bounty, status=FUNDED)
        self.deposit(CuratorUnassigned(bounty_id))

    @call(4, weight=RECORD + LEDGER)
    def accept_curator(self, origin: Origin, bounty_id: CompactU32) -> None:
        """Look after a bounty, as was proposed; a deposit is on hold meanwhile."""
        who, bounty = ensure_signed(origin), self.bounty(bounty_id)
        ensure(isinstance(bounty.status, CuratorProposed), Error.UNEXPECTED_STATUS)
        ensure(bounty.status == CuratorProposed(who), Error.REQUIRE_CURATOR)
        deposit = self.config.curator_deposit(bounty.fee)
        self.currency.hold(HOLD, who, deposit)
        status = Active(who, self.context.number + self.config.update_period)
        self.bounties[bounty_id] = replace(bounty, curator_deposit=deposit, status=status)
        self.deposit(CuratorAccepted(bounty_id, who))

    @call(5, weight=RECORD)
    def award_bounty(
        self, origin: Origin, bounty_id: CompactU32, beneficiary: MultiAddress
    ) -> None:
        """Award a bounty, as its curator; it is paid after a delay."""
        who, winner = ensure_signed(origin), account_of(beneficiary)
        bounty = self.bounty(bounty_id)
        ensure(self.active_curator(bounty) == who, Error.REQUIRE_CURATOR)
        ensure(not self.parts[bounty_id], Error.HAS_ACTIVE_CHILD_BOUNTY)
        unlock_at = self.context.number + self.config.payout_delay
        status = PendingPayout(who, winner, unlock_at)
        self.bounties[bounty_id] = replace(bounty, status=status)
        self.deposit(BountyAwarded(bounty_id, winner))

    @call(6, weight=RECORD + LEDGER + LEDGER + Weight(reads=1, writes=1))
    def claim_bounty(self, origin: Origin, bounty_id: CompactU32) -> None:
        """Have an awarded bounty paid once its delay is over. Anyone may."""
        ensure_signed(origin)
        bounty = self.bounty(bounty_id)
        status = bounty.status
        if not isinstance(status, PendingPayout):
            raise DispatchError(Error.UNEXPECTED_STATUS)
        ensure(self.context.number >= status.unlock_at, Error.PREMATURE)
        account = self.account_of_bounty(bounty_id)
        pot = self.currency.free(account)
        fee = min(max(bounty.fee - self.part_fees[bounty_id], 0), pot)
        payout = pot - fee
        self._close(bounty_id, self._without_deposit(bounty, status.curator, is_lost=False))
        self.currency.transfer_and_reap(account, status.curator, fee)
        self.currency.transfer_and_reap(account, status.beneficiary, payout)
        self.deposit(BountyClaimed(bounty_id, payout, status.beneficiary))

    @call(7, weight=RECORD + LEDGER + LEDGER)
    def close_bounty(self, origin: Origin, bounty_id: CompactU32) -> None:
        """Call a bounty off; what it has goes back to the treasury."""
        self.reject_origin(origin)
        bounty = self.bounty(bounty_id)
        ensure(not self.parts[bounty_id], Error.HAS_ACTIVE_CHILD_BOUNTY)
        ensure(not isinstance(bounty.status, PendingPayout), Error.PENDING_PAYOUT)
        if bounty.status == PROPOSED:
            self.currency.burn_held(HOLD, bounty.proposer, bounty.bond)
            self._close(bounty_id, bounty)
            self.deposit(BountyRejected(bounty_id, bounty.bond))
            return
        if isinstance(bounty.status, Active):
            bounty = self._without_deposit(bounty, bounty.status.curator, is_lost=False)
        self._close(bounty_id, bounty)
        account = self.account_of_bounty(bounty_id)
        self.currency.transfer_and_reap(account, self.treasury.account, self.currency.free(account))
        self.deposit(BountyCanceled(bounty_id))

    @call(8, weight=RECORD)
    def extend_bounty_expiry(self, origin: Origin, bounty_id: CompactU32, remark: bytes) -> None:  # noqa: ARG002
        """Be heard of, as the curator; the remark says how the work goes on."""
        who, bounty = ensure_signed(origin), self.bounty(bounty_id)
        ensure(self.active_curator(bounty) == who, Error.REQUIRE_CURATOR)
        assert isinstance(bounty.status, Active), "a bounty with an active curator is active"
        due = max(self.context.number + self.config.update_period, bounty.status.update_due)
        self.bounties[bounty_id] = replace(bounty, status=Active(who, due))
        self.deposit(BountyExtended(bounty_id))

    @call(10, weight=RECORD + LEDGER)
    def poke_deposit(self, origin: Origin, bounty_id: CompactU32) -> None:
        """Hold what proposing costs now, while a bounty waits for its grant. Its proposer only."""
        who, bounty = ensure_signed(origin), self.bounty(bounty_id)
        ensure(bounty.proposer == who, Error.NOT_PROPOSER)
        ensure(bounty.status == PROPOSED, Error.UNEXPECTED_STATUS)
        bond = self.config.bond(len(self.bounty_descriptions[bounty_id]))
        if bond != bounty.bond:
            rehold(self.currency, HOLD, who, bounty.bond, bond)
            self.bounties[bounty_id] = replace(bounty, bond=bond)
            self.deposit(DepositPoked(bounty_id, who, bounty.bond, bond))

    # ---------------------------------------------------------------------------------- constants

    @constant
    def bounty_deposit_base(self) -> Balance:
        """Return what proposing holds, without the description."""
        return self.config.deposit_base

    @constant
    def data_deposit_per_byte(self) -> Balance:
        """Return what each byte of a description holds."""
        return self.config.deposit_per_byte

    @constant
    def bounty_deposit_payout_delay(self) -> BlockNumber:
        """Return the blocks from an award until it is paid."""
        return self.config.payout_delay

    @constant
    def bounty_update_period(self) -> BlockNumber:
        """Return the blocks in which a curator must be heard of."""
        return self.config.update_period

    @constant
    def curator_deposit_multiplier(self) -> PerbillParts:
        """Return what a curator holds, in parts of the fee."""
        return self.config.curator_multiplier.parts

    @constant
    def bounty_value_minimum(self) -> Balance:
        """Return the least value of a bounty."""
        return self.config.minimum

    @constant
    def maximum_reason_length(self) -> U32:
        """Return how long a description may be."""
        return MAX_DESCRIPTION_BYTES

    # ------------------------------------------------------------------- what child bounties need

    def bounty(self, number: int) -> Bounty:
        """Return a bounty, or raise DispatchError."""
        return require(self.bounties.get(number), Error.INVALID_INDEX)

    def account_of_bounty(self, number: int) -> AccountId:
        """Return the account of a bounty's money; nobody has a key for it."""
        return pallet_account(self.config.pallet_id, encode(("bt", number), tuple[str, U32]))

    def active_curator(self, bounty: Bounty) -> AccountId:
        """Return who looks after a bounty, or raise DispatchError."""
        if not isinstance(bounty.status, Active):
            raise DispatchError(Error.UNEXPECTED_STATUS)
        return bounty.status.curator

    def active_curator_of(self, number: int) -> AccountId | None:
        """Return who looks after a bounty, or None."""
        bounty = self.bounties.get(number)
        status = None if bounty is None else bounty.status
        return status.curator if isinstance(status, Active) else None

    def curator_deposit(self, fee: Balance) -> Balance:
        """Return what a curator holds for a fee."""
        return self.config.curator_deposit(fee)

    def payout_delay(self) -> BlockNumber:
        """Return the blocks from an award until it is paid."""
        return self.config.payout_delay

    def parts_of(self, number: int) -> int:
        """Return how many child bounties of a bounty are under way."""
        return self.parts[number]

    def begin_part(self, number: int) -> None:
        """Count one more child bounty."""
        self.parts[number] += 1

    def end_part(self, number: int, fee: Balance) -> None:
        """Count one child bounty fewer, of whose curator the parent's pays `fee`."""
        self.parts[number] -= 1
        self.part_fees[number] += fee

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def deposits_are_held(self) -> bool:
        """Who proposed or looks after bounties has the deposits for that on hold."""
        bounties = [one for _, one in self.bounties.items()]
        bonds = [(one.proposer, one.bond) for one in bounties]
        deposits = [
            (one.status.curator, one.curator_deposit)
            for one in bounties
            if isinstance(one.status, Active | PendingPayout)
        ]
        return are_held(self.currency, HOLD, bonds + deposits)

    # ------------------------------------------------------------------------------------ helpers

    def _rejecting(self, origin: Origin) -> AccountId | None:
        """Return who signed, or None for governance."""
        if isinstance(origin, Signed):
            return origin.who
        self.reject_origin(origin)
        return None

    def _without_deposit(self, bounty: Bounty, curator: AccountId, *, is_lost: bool) -> Bounty:
        """Give a curator's deposit back, or burn it."""
        settle = self.currency.burn_held if is_lost else self.currency.release
        settle(HOLD, curator, bounty.curator_deposit)
        return replace(bounty, curator_deposit=0)

    def _close(self, number: int, bounty: Bounty) -> None:
        """Forget a bounty."""
        assert not bounty.curator_deposit, "the curator has settled"
        del self.bounties[number]
        del self.bounty_descriptions[number]
        del self.part_fees[number]

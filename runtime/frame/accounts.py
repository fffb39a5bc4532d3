"""Accounts: how a call names one, and what one holds of a token, in FRAME's layout."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from runtime.frame.dispatch import DispatchError, LookupFailure
from runtime.primitives.extrinsic import Id, MultiAddress
from runtime.primitives.record import record
from runtime.primitives.schema import Named, Uint
from runtime.primitives.types import U128, AccountId

IS_NEW_LOGIC = 1 << 127
"""The flag that FRAME sets in every account since its reserves became holds."""

Flags = Annotated[int, Named(Uint(16), "pallet_balances::types::ExtraFlags")]


@record
class AccountData:
    """What an account holds of one token, in planck."""

    type_path: ClassVar[str] = "pallet_balances::types::AccountData"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Balance", U128),)
    free: U128 = 0
    """What it may spend, but for the part below `frozen`."""
    reserved: U128 = 0
    """What is on hold."""
    frozen: U128 = 0
    """Free and reserved together may not fall below this by the owner's doing."""
    flags: Flags = IS_NEW_LOGIC


NO_DATA = AccountData()


def account_of(address: MultiAddress) -> AccountId:
    """Return the account of an address; only account ids resolve on this chain.

    Raises:
        DispatchError: the address is of another kind.
    """
    if isinstance(address, Id):
        return address.account
    raise DispatchError(LookupFailure.CANNOT_LOOKUP)

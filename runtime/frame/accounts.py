"""What an account holds of a token, in FRAME's layout: shared by System and every ledger."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from runtime.primitives.record import record
from runtime.primitives.schema import Named, Uint
from runtime.primitives.types import U128

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

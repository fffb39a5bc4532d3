"""Origins: what a passed referendum may act as, besides the chain itself.

The pallet has neither storage nor calls: it gives the origins their place on the wire, as the
pallet of this name does in Polkadot's runtime. Each track of Referenda has one of them.
"""

from __future__ import annotations

from runtime.frame import Context, Pallet
from runtime.frame.origins import ORIGINS_INDEX


class Origins(Pallet):
    """The origins of governance."""

    def __init__(self, context: Context, *, name: str = "Origins") -> None:
        super().__init__(context, index=ORIGINS_INDEX, name=name)

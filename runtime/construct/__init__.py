"""The runtime: which pallets there are, and which sees which.

Each module makes a layer upon the one below it, in this order: `ledgers`, `validators`, `market`,
`governance`, `liquidity`, `runtime`. A pallet can only be given what is made above it or in a layer
below, so there are no cycles. Pallet indices are on the wire: only append.
"""

from runtime.construct.runtime import Runtime

__all__ = ["Runtime"]

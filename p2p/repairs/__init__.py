"""Everything that is wrong in py-libp2p 0.8.1 for a node that strangers talk to, put right in one place.

Subclasses where the library lets us pass a class, replaced module attributes where it does not. Nothing
happens on import: `p2p.host` calls `repairs.attributes.apply()` once before it builds a host, which
refuses any other version of the library. Each repair says when it can go; each has a test in
tests/p2p that fails without it where that is quick to show.

    yamux        a read loop that never writes, whole frames under cancellation, enforced windows, dead peers
    connections  inbound slots and tasks that end with their connection, limits per address and connection
    pubsub       a contained, bounded read loop; StrictNoSign; content message ids; no signed peer records
    attributes   the attributes replaced in the library's modules
"""

"""What is wrong in py-libp2p 0.8.1 for a node that strangers talk to, put right in one place.

Subclasses where the library lets us pass a class, replaced module attributes where it does not.
Nothing happens on import: `p2p.router` calls `attributes.apply()` before it builds a host, and that
refuses any other version of the library. Each repair says when it can go; each has a test in
tests/p2p that fails without it where that is quick to show.

    yamux        a read loop that never writes, whole frames, enforced windows, dead peers
    connections  slots and tasks that end with their connection; limits; contained handlers
    pubsub       a contained, bounded read loop; StrictNoSign; content message ids
    attributes   the attributes replaced in the library's modules
"""

"""Carries bytes between StarMiner nodes: peers, gossip, requests, transactions, blobs and range sync.

py-libp2p is imported by `p2p.host`, `p2p.router` and `p2p.repairs` only; it costs about a second, so
import those late. Everything else here is plain trio and msgpack.

Start a node:

    services = Services(
        status=chain_status,                     # () -> messages.Status, asked at every handshake
        responder=responder,                     # requests.Responder: blocks, block, opening, manifest, chunks
        topics={"blocks": Topic(validate, consume), "votes": ..., "receipts": ...},
        transactions=consume_transactions,       # async (peer, tuple[bytes, ...]) -> None
        peer_changed=on_peer_changed,            # (peer, messages.Status | None) -> None; optional
    )
    async with open_network(NetworkConfig(seed=..., genesis_hash=..., listen=(...,)), services) as network:
        await network.gossip.publish("blocks", payload)         # at most 256 KiB
        network.transactions.broadcast((raw, ...))              # never blocks
        answer = await network.requests.blocks(peer, query)     # raises requests.RequestFailed subclasses
        network.peers.connected()                               # tuple[peers.PeerView, ...]
        network.announce_status()                               # after a new best block

or `network = Network(config, services)` and `await nursery.start(network.run)`.

Modules
    messages       msgpack envelopes with bounds and named decode errors
    peers          reputation, bans, limits, what each peer says its best block is
    framing        u32 length frames over any byte stream
    gossip         topics, verdicts, seen-cache, queues to the consumers
    notifications  transactions on long-lived streams
    requests       one reused request stream per peer, both ends
    blobs          chunk manifests, the blob directory, fetching
    sync           range sync and ancestor filling, over small Protocols
    host           the trio service that joins all of it to py-libp2p
    router         the only users of libp2p's pubsub
    addresses      the address book file
    dialing        the dial loop
    repairs        what is wrong in py-libp2p 0.8.1, put right

A peer is named by its base58 peer id, a `str`, everywhere above libp2p.
"""

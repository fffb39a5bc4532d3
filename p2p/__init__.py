"""Carries bytes between StarMiner nodes: peers, gossip, requests, transactions, blobs and sync.

`p2p.host`, `p2p.router` and `p2p.repairs` import py-libp2p, which costs about a second: import
those late. Everything else here is plain trio and msgpack. A node:

    services = Services(
        status=chain_status,                # () -> messages.Status, asked at every handshake
        responder=responder,                # requests.Responder: what this node answers
        topics={"blocks": Topic(validate, consume), "votes": ..., "receipts": ...},
        transactions=take_transactions,     # async (peer, tuple[bytes, ...]) -> None
        peer_changed=sync.peer_changed,     # (peer, Status | None) -> None, must not block
    )
    async with open_network(NetworkConfig(seed, genesis_hash, listen), services) as network:
        await network.gossip.publish("blocks", payload)          # at most 256 KiB
        network.transactions.broadcast((raw, ...))               # never blocks
        blocks = await network.requests.blocks(peer, query)      # raises requests.RequestFailed
        network.peers.connected()                                # tuple[peers.PeerView, ...]
        network.peers.saw_block(peer, number, block_hash)        # after a valid announcement
        network.report(peer, Offence.BAD_BLOCK)                  # bans and disconnects at last

or `network = Network(config, services)`, which does no I/O, and `await nursery.start(network.run)`.

    messages       envelopes with bounds and named errors (`schema`: the readers; `packing`: bytes)
    peers          reputation, bans, limits, what each peer says its best block is
    gossip         topics, verdicts, seen-cache, queues to the consumers
    budgets        what each peer may send over each protocol; `queues`, `streams`: other bounds
    notifications  transactions on long-lived streams
    requests       one reused request stream per peer, the asking side; `serving`: the other
    blobs          chunk manifests and the blob directory; `fetching`: from peers, checked
    sync           range sync; `download`, `ranges`: from several peers; `links`: chain checks
    headers        what a peer proves final, before its blocks; `light`: these messages
    state          a state in parts that prove themselves; `backfill`: bodies of old blocks
    ancestors      small holes and bodies
    discovery      fills the outbound slots; `addresses`: the book; `exchange`: what peers tell;
                   `mdns`, `dns`: the local network; `dialing`: the dial loop
    nat            has the home router lead a port to ours
    slots          who keeps a connection when there are more peers than slots; `subnets`
    host           the trio service that joins all of it
    router         py-libp2p as the rest sees it; `framing`: streams and frames
    repairs        what is wrong in py-libp2p 0.8.1, put right

A peer is named by its base58 peer id, a `str`, everywhere above libp2p.
"""

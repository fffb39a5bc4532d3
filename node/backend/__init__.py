"""What the RPC asks for (`node.rpc.backend`, `node.rpc.views`), over the real parts of the node.

    StateRuntime(api: RuntimeApi, chain: Chain)                                   RuntimeCaller
    StateLedger(executive: Executive, chain: Chain)                               Ledger
    StateWork(executive: Executive, chain: Chain)                                 Work
    PeerNetwork(host: p2p.host.Network, sync: RangeSync, chain: Chain,
                should_have_peers: bool)                                          Network
    GrandpaFinality(chain: Chain, rounds: VotingRounds | None = None) Finality
    ReceiptDoor(pool: ReceiptPool, chain: Chain,
                spread: Callable[[bytes], Awaitable[None]])                       ReceiptIntake
    Payloads(aux: AuxStore, blobs: p2p.fetching.Blobs, requests: Requests,
             peers: Callable[[], Sequence[str]],
             report: Callable[[str, Offence], None])
                                                    the worker's Blobs; `find` for the Responder
    PayloadBlobs(payloads: Payloads)                                              Blobs

`Chain` itself is the ChainView and the StateReader, `chain.blocks` the Justifications and
`chain.states` the NodeReader; Pool and Keystore are in `node.pool.rpc_adapter` and
`node.keystore.rpc_adapter`.
"""

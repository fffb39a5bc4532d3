"""Consensus: which block is next, best and final.

Production follows BABE (`slots`, `lottery`, `verification`, `authoring`), fork choice follows
proven work (`fork_choice`, `fork_tree`), finality is GRANDPA (`finality`), and every block enters
by one door (`import_queue`). Nothing here knows the network, the database or the runtime's
pallets: the node gives each service what it needs, as these Protocols.

What the node provides
- to `ImportQueue(QueueParts(...))`, see `protocols`: `Store` (load, import_block, finalize: each
  write one atomic batch), `Executor.execute(block, parent)` (a generator; it reads the parent's
  state itself, translates the runtime's refusals into `errors.BadBlock` classes, and must check
  that the header's runtime digest items are those it makes), `BodyChecker` (extrinsics root,
  receipts against the proofs beside the block, signatures), `ChainListener` (imported, finalized,
  equivocation; called synchronously from the queue's task), a `Runner` (`Slices`), `SlotClock`
  with the wall clock, `EpochSource.epoch_at(parent, slot)` over the chain's state, the `VoterSet`
  in the state of the last finalized block. Later sets come from the headers: a set decides up to
  the block that announces its successor, and no further.
- to `Author(AuthorParts(...))`: `SlotKeys` (public key to a key that signs and proves),
  `BlockFactory.propose(parent, claim, deadline_ms)` (builds the unsealed block whose digest begins
  with the claim), `AuthorListener` (announces), `may_author` (False while syncing). Other modes of
  production are other `SlotSource`s.
- to `Voter(VoterParts(...))`: the queue's `tree`, the queue itself as `Finalizer`, a `VoteNetwork`
  (broadcast), a `VoterStore` (its save must be on disk with all blocks imported before), `want`
  (fetch a block someone voted for), `report`, the same `VoterSet`, and `key_for`, which finds the
  node's key in a set, if it has one.

What the node does
- runs `queue.run`, `author.run` and `voter.run`, each as one task;
- hands vote gossip to `voter.on_message(payload, peer)` and obeys the verdict;
- calls `voter.on_chain_change()` from `on_imported` and `on_finalized`;
- submits blocks by `queue.submit(ImportRequest(...))`: `UnknownParent` asks for a sync,
  `FutureSlot` for a later try, any `BadBlock` for less trust in the sender;
- keeps the justifications it gets, and serves them with the blocks they finalize.
"""

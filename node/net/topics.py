"""The gossip topics: what is accepted at first sight, and where it goes then."""

from __future__ import annotations

from collections.abc import Callable

import trio

from consensus.finality.gossip import Verdict as VoteVerdict
from consensus.finality.voter import Voter
from node.chain import Chain
from node.log import Logger
from node.net.intake import Ancestry, BlockIntake, PeerBook
from node.receipts.check import NotWanted
from node.receipts.messages import OpeningAnnounced, OpeningWithProof, ReceiptMessage, Shares, Word
from node.receipts.pool import PoolFull, ReceiptPool
from p2p.gossip import Topic, Verdict
from p2p.messages import decode_announce
from p2p.peers import Offence
from p2p.requests import RequestFailed, Requests
from p2p.schema import MessageError
from runtime.compute.receipt import Opening
from runtime.compute.shares import ShareBatch
from runtime.compute.verify import BadReceipt
from runtime.primitives.block import Header
from runtime.primitives.scale import DecodeError, decode

VOTE_VERDICTS = {
    VoteVerdict.ACCEPT: Verdict.ACCEPT,
    VoteVerdict.IGNORE: Verdict.IGNORE,
    VoteVerdict.REJECT: Verdict.REJECT,
}


class Topics:
    """Judges gossip and hands it on. Judging is quick and never raises."""

    def __init__(
        self,
        chain: Chain,
        intake: BlockIntake,
        voter: Voter,
        receipts: ReceiptPool,
        log: Logger,
    ) -> None:
        self._chain, self._intake, self._voter = chain, intake, voter
        self._receipts, self._log = receipts, log

    def topics(self, network: NetworkSide, nursery: trio.Nursery) -> dict[str, Topic]:
        """Return the topics of a node; announced blocks are imported by tasks of `nursery`."""

        async def take_block(peer: str, payload: bytes) -> None:
            nursery.start_soon(
                self._intake.take_announcement, peer, payload, network.ancestry, network.peers
            )

        async def take_receipt(peer: str, payload: bytes) -> None:
            await self._take_receipt(peer, payload, network)

        async def nothing_more(peer: str, payload: bytes) -> None:
            """Do nothing: the voter took the message in when it judged it."""

        return {
            "blocks": Topic(self._judge_block, take_block),
            "votes": Topic(self._judge_vote, nothing_more),
            "receipts": Topic(self._judge_receipt, take_receipt),
        }

    def _judge_block(self, peer: str, payload: bytes) -> Verdict:  # noqa: ARG002
        try:
            header: Header = decode(decode_announce(payload).header, Header)
        except (MessageError, DecodeError):
            return Verdict.REJECT
        if header.number <= self._chain.finalized.number:
            return Verdict.IGNORE
        return Verdict.ACCEPT

    def _judge_vote(self, peer: str, payload: bytes) -> Verdict:
        return VOTE_VERDICTS[self._voter.on_message(payload, peer)]

    def _judge_receipt(self, peer: str, payload: bytes) -> Verdict:  # noqa: ARG002
        try:
            decode(payload, ReceiptMessage)
        except DecodeError:
            return Verdict.REJECT
        return Verdict.ACCEPT

    async def _take_receipt(self, peer: str, payload: bytes, network: NetworkSide) -> None:
        message: ReceiptMessage = decode(payload, ReceiptMessage)
        try:
            match message:
                case OpeningWithProof(opening, proof):
                    await self._take_opening(opening, proof)
                case OpeningAnnounced(opening):
                    proof = await self._fetched(peer, opening, network.requests())
                    await self._take_opening(opening, proof)
                case Shares(batch):
                    await self._receipts.add_shares(batch, self._chain.best)
                case Word(testimony):
                    self._receipts.testimonies.add(testimony, self._chain.best)
        except (NotWanted, PoolFull, RequestFailed) as error:
            self._log.debug("receipt_dropped", reason=str(error))
        except BadReceipt as error:
            kind = type(error).__name__
            self._log.warning("receipt_refused", error=kind, reason=str(error), peer=peer)
            if self._receipts.is_settled(_subject(message)):
                network.report(peer, Offence.BAD_GOSSIP)

    async def _take_opening(self, opening: Opening, proof: bytes) -> None:
        if not self._receipts.has_opening(opening):
            await self._receipts.add_opening(opening, proof, self._chain.best)

    async def _fetched(self, peer: str, opening: Opening, requests: Requests) -> bytes:
        if self._receipts.has_opening(opening):
            return b""
        proof = await requests.opening(peer, opening.proof_hash)
        if proof is None:
            raise RequestFailed(f"{peer} has no proof {opening.proof_hash.hex()}")
        return proof


def _subject(message: ReceiptMessage) -> Opening | ShareBatch:
    """Return the receipt that a message is about."""
    match message:
        case Shares(batch):
            return batch
        case Word(testimony):
            return Opening(testimony.job, testimony.segment, testimony.word.witness)
        case OpeningWithProof(opening) | OpeningAnnounced(opening):
            return opening


class NetworkSide:
    """What the topics need from the network, which is made after them."""

    def __init__(
        self,
        ancestry: Ancestry,
        peers: PeerBook,
        requests: Callable[[], Requests],
        report: Callable[[str, Offence], None],
    ) -> None:
        self.ancestry, self.peers, self.requests, self.report = ancestry, peers, requests, report

"""The explorer of a node: its methods, and the index that it keeps beside the chain."""

from __future__ import annotations

from node.chain import Chain
from node.explorer.assets import AssetsNamespace
from node.explorer.blocks import BlocksNamespace
from node.explorer.cases import CasesNamespace
from node.explorer.decoding import Decoder
from node.explorer.economy import EconomyNamespace
from node.explorer.flows import FlowsNamespace
from node.explorer.governance import GovernanceNamespace
from node.explorer.histories import HistoriesNamespace
from node.explorer.index import Index
from node.explorer.indexer import Indexer
from node.explorer.previews import BlobReader, PreviewNamespace
from node.explorer.providers import ProviderListNamespace
from node.explorer.roles import RolesNamespace
from node.explorer.scores import ScoresNamespace
from node.explorer.search import SearchNamespace
from node.explorer.stakers import StakersNamespace
from node.explorer.state import StateNamespace
from node.explorer.ties import TiesNamespace
from node.explorer.validators import ValidatorsNamespace
from node.explorer.vaults import VaultListNamespace
from node.explorer.votes import VotesNamespace
from node.rpc.addresses import Addresses
from node.store.db import Database
from runtime.executive import Executive


class Explorer:
    """What the RPC offers to the explorer's pages, and the task that keeps the index."""

    def __init__(self, executive: Executive, chain: Chain, db: Database, blobs: BlobReader) -> None:
        decoder, index = Decoder(executive, chain), Index(db)
        addresses = Addresses(executive.config.ss58_prefix)
        blocks = BlocksNamespace(decoder, index)
        self.indexer = Indexer(decoder, index)
        self.namespaces: tuple[object, ...] = (
            blocks,
            AssetsNamespace(decoder, addresses),
            CasesNamespace(decoder, addresses),
            HistoriesNamespace(decoder, index, addresses),
            EconomyNamespace(decoder, index, addresses),
            FlowsNamespace(index),
            GovernanceNamespace(decoder, addresses),
            PreviewNamespace(decoder, blobs),
            ProviderListNamespace(decoder, addresses),
            RolesNamespace(decoder, index, addresses),
            ScoresNamespace(decoder, addresses),
            SearchNamespace(decoder, index, addresses),
            StakersNamespace(decoder, addresses),
            StateNamespace(decoder, blocks, addresses),
            TiesNamespace(decoder, addresses),
            ValidatorsNamespace(decoder, index, addresses),
            VaultListNamespace(decoder, addresses),
            VotesNamespace(decoder, addresses),
        )

    async def run(self) -> None:
        """Keep the index until cancelled."""
        await self.indexer.run()

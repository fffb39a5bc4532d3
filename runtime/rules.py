"""The rules of one chain at one version of its runtime: what a block is made and judged by."""

from __future__ import annotations

from functools import cached_property

from runtime.config import SPEC_NAME, TRANSACTION_VERSION, ChainConfig
from runtime.construct import Runtime
from runtime.frame import Context, Weight
from runtime.frame.calls import CallTable
from runtime.frame.metadata.digest import SignerNotes, metadata_digest
from runtime.frame.migration import migrate
from runtime.pallets.system import UpgradeInfo
from runtime.primitives.extrinsic import Additional
from runtime.signing import SignatureChecker
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie, fetch_nothing
from runtime.versions import Version

TOKEN_SYMBOL, DECIMALS = "AGPU", 12
"""How offline signers show amounts."""


class Rules:
    """One version of the runtime on one chain: its calls, its signatures, its pallets."""

    def __init__(self, config: ChainConfig, version: Version, genesis_hash: bytes) -> None:
        self.config, self._version = config, version
        self._prototype = self.make(Context(Overlay(Trie(None, fetch_nothing)), number=0))
        self.calls = CallTable.of(self._prototype.pallets)
        additional = Additional(config.spec_version, TRANSACTION_VERSION, genesis_hash)
        self.signatures = SignatureChecker(self.calls, additional, self.metadata_hash)

    def make(self, context: Context) -> Runtime:
        """Make the pallets over the state of a block."""
        return self._version.make(context, self.config)

    def take_over(self, runtime: Runtime) -> Weight:
        """Migrate what another version wrote, if the state is one's; return what that cost.

        Raises:
            MigrationError: a bug of the release.
        """
        ours, system = self.config.spec_version, runtime.system
        last = system.last_runtime_upgrade
        if last is not None and last.spec_version == ours:
            return Weight()
        weight = migrate(runtime.pallets, self._version.migrations)
        system.last_runtime_upgrade = UpgradeInfo(ours, SPEC_NAME)
        return weight + Weight(reads=1, writes=1)

    @cached_property
    def _metadata_hash(self) -> bytes:
        config = self.config
        notes = SignerNotes(
            config.spec_version, config.spec_name, config.ss58_prefix, DECIMALS, TOKEN_SYMBOL
        )
        return metadata_digest(self._prototype.pallets, notes)

    def metadata_hash(self) -> bytes:
        """Return the metadata digest that signers may vouch for; made when first asked for."""
        return self._metadata_hash

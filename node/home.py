"""What a node finds on its disk, where that is, and what of the chain it keeps there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genesis.spec import ChainSpec
from node.assembly import Ground
from node.config import NodeConfig
from node.development import DEVELOPMENT_TYPES
from node.directories import Directories
from node.keystore.keystore import Keystore
from node.metrics import Metrics
from node.store.pruning import ARCHIVE, DEFAULT_WINDOW, FINAL_ONLY, PruningChoice


@dataclass(frozen=True, slots=True)
class Home:
    """What a node finds on its disk, opened."""

    directories: Directories
    keystore: Keystore
    ground: Ground
    metrics: Metrics


def pruning_choice(config: NodeConfig, spec: ChainSpec) -> PruningChoice:
    """Return what to keep: on development chains, whose history people look at, everything."""
    is_local = spec.chain_type in DEVELOPMENT_TYPES
    return PruningChoice(
        config.state_pruning,
        ARCHIVE if is_local else DEFAULT_WINDOW,
        config.blocks_pruning,
        ARCHIVE if is_local else FINAL_ONLY,
    )


@contextmanager
def base_directory(config: NodeConfig) -> Iterator[Path]:
    """Yield where the node keeps its files; a temporary place is removed at the end."""
    if config.tmp:
        with tempfile.TemporaryDirectory(prefix="starminer-") as name:
            yield Path(name)
    else:
        yield config.base_path.expanduser()

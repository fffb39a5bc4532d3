"""The keys this node acts with: development names, or the sealed keystore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from consensus.finality.tally import VoterSet
from node.config import NodeConfig
from node.keystore.keystore import Keystore, KeyType, open_keystore
from node.keystore.password import password_from_environment, password_from_file
from runtime.primitives import vrf
from runtime.primitives.crypto import KeyKind, Pair, pair_from_uri

PASSWORD_VARIABLE = "STARMINER_PASSWORD"
"""The environment variable that holds the keystore's password, when no file is named."""


def load_keys(config: NodeConfig, directory: Path) -> Keystore:
    """Return the node's keys: of a development name, of the keystore, or none for a full node.

    Raises:
        KeystoreError, NoPassword: the keystore cannot be opened.
    """
    if config.dev_key is not None:
        keystore = Keystore()
        pair = development_pair(config.dev_key)
        for key_type in KeyType:
            keystore.insert(key_type, pair)
        return keystore
    if not (config.validator or config.provider):
        return Keystore()
    if config.password_file is not None:
        password = password_from_file(config.password_file)
    else:
        password = password_from_environment(PASSWORD_VARIABLE)
    return open_keystore(directory, password)


def development_pair(name: str) -> Pair:
    """Return the ed25519 key of a development name. Everybody has it."""
    return pair_from_uri(KeyKind.ED25519, f"//{name.capitalize()}")


@dataclass(frozen=True, slots=True)
class AuthorKey:
    """A block production key, wherever the keystore keeps it."""

    keystore: Keystore
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the ed25519 signature of `message`."""
        return self.keystore.sign(KeyType.BABE, self.public, message)

    def prove(self, alpha: bytes) -> bytes:
        """Return the VRF proof over `alpha`."""
        return vrf.prove(self.keystore.vrf_seed(self.public), alpha)


@dataclass(frozen=True, slots=True)
class VoterKey:
    """A finality key, wherever the keystore keeps it."""

    keystore: Keystore
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the ed25519 signature of `message`."""
        return self.keystore.sign(KeyType.GRANDPA, self.public, message)


class AuthorKeys(Mapping[bytes, AuthorKey]):
    """Every block production key, by its public half; keys that are added later count too."""

    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore

    def __getitem__(self, public: bytes) -> AuthorKey:
        if public not in self._keystore.public_keys(KeyType.BABE):
            raise KeyError(public)
        return AuthorKey(self._keystore, public)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._keystore.public_keys(KeyType.BABE))

    def __len__(self) -> int:
        return len(self._keystore.public_keys(KeyType.BABE))


@dataclass(frozen=True, slots=True)
class VoterKeys:
    """Chooses our finality key in a set of voters, if there is one."""

    keystore: Keystore

    def __call__(self, voters: VoterSet) -> VoterKey | None:
        """Return the first of our keys that votes in the set."""
        publics = self.keystore.public_keys(KeyType.GRANDPA)
        ours = [public for public in publics if voters.weight_of(public) > 0]
        return VoterKey(self.keystore, ours[0]) if ours else None


def no_key(voters: VoterSet) -> VoterKey | None:  # noqa: ARG001
    """Return no key: this node follows finality without a voice."""
    return None

"""Keys for programs: from a development name, a seed, a phrase, or a file that holds one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from genesis.notation import BadNotation, parse_pair
from node.keystore.mnemonic import pair_from_secret
from node.keystore.polkadot_js import MAX_FILE_BYTES, read_account
from runtime.primitives.crypto import BadSecret, KeyKind, Pair


@dataclass(frozen=True, slots=True, repr=False)
class Keypair:
    """A key that signs for its account. Its secret is never shown."""

    pair: Pair

    @classmethod
    def from_uri(cls, uri: str, kind: KeyKind = KeyKind.SR25519) -> Keypair:
        """Return the key of `//Alice`, of `0x` and a seed, or of `ed25519://Alice`.

        Raises: BadNotation; its message never shows the secret.
        """
        return cls(parse_pair(uri, kind))

    @classmethod
    def from_phrase(cls, phrase: str, kind: KeyKind = KeyKind.SR25519) -> Keypair:
        """Return the key of twelve or more words, with a path behind them if there is one.

        Raises: BadNotation; its message never shows the secret.
        """
        try:
            return cls(pair_from_secret(kind, phrase))
        except BadSecret as error:
            raise BadNotation(str(error)) from error

    @classmethod
    def from_file(cls, path: Path, password: bytes | None = None) -> Keypair:
        """Return the key in an account file of polkadot-js.

        Raises: OSError; KeystoreError if it is none, or the password is wrong.
        """
        with path.open("rb") as file:
            return cls(read_account(file.read(MAX_FILE_BYTES), password).pair)

    def __repr__(self) -> str:
        return f"Keypair of 0x{self.account.hex()}"

    @property
    def account(self) -> bytes:
        """The account that it signs for."""
        return self.pair.account

    @property
    def kind(self) -> KeyKind:
        """The scheme of its signatures."""
        return self.pair.kind

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        return self.pair.sign(message)

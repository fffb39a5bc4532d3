"""The author namespace: handing extrinsics in, and the validator's session keys."""

from node.rpc.backend import ExtrinsicStatus, Keystore, Pool, SubmissionRefused
from node.rpc.blocks import extrinsic_from_wire, extrinsic_hash, extrinsic_to_wire
from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.registry import method, subscription
from node.rpc.subscriptions import Stream
from node.rpc.values import Hex, maybe_hex, to_hex
from runtime.primitives.hashing import ACCOUNT_BYTES

REFUSALS: dict[str, tuple[Code, str]] = {
    "bad_format": (Code.BAD_EXTRINSIC_FORMAT, "Extrinsic has invalid format"),
    "invalid": (Code.INVALID_TRANSACTION, "Invalid Transaction"),
    "unknown_validity": (Code.UNKNOWN_VALIDITY, "Unknown Transaction Validity"),
    "temporarily_banned": (Code.TEMPORARILY_BANNED, "Transaction is temporarily banned"),
    "already_imported": (Code.ALREADY_IMPORTED, "Transaction Already Imported"),
    "too_low_priority": (Code.TOO_LOW_PRIORITY, "Priority is too low"),
    "cycle_detected": (Code.CYCLE_DETECTED, "Cycle Detected"),
    "immediately_dropped": (Code.IMMEDIATELY_DROPPED, "Immediately Dropped"),
    "unactionable": (Code.UNACTIONABLE, "Unactionable"),
}
"""Code and words of each refusal, as polkadot-sdk has them: wallets show them."""


class AuthorNamespace:
    """Handing extrinsics in."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @method("author_submitExtrinsic")
    async def submit_extrinsic(self, extrinsic: Hex) -> str:
        """Put an extrinsic into the pool and return its hash."""
        raw = extrinsic_from_wire(extrinsic)
        try:
            await self._pool.submit(raw)
        except SubmissionRefused as refusal:
            raise _error_of(refusal, raw) from None
        return to_hex(extrinsic_hash(raw))

    @subscription(
        "author_submitAndWatchExtrinsic",
        notification="author_extrinsicUpdate",
        unsubscribe=("author_unwatchExtrinsic",),
    )
    async def submit_and_watch_extrinsic(self, extrinsic: Hex) -> Stream[ExtrinsicStatus]:
        """Put an extrinsic into the pool and send its status until it is final or gone."""
        raw = extrinsic_from_wire(extrinsic)
        try:
            statuses = await self._pool.submit_and_watch(raw)
        except SubmissionRefused as refusal:
            raise _error_of(refusal, raw) from None
        return Stream(statuses, status_json)

    @method("author_pendingExtrinsics")
    def pending_extrinsics(self) -> list[str]:
        """List the extrinsics that are ready for a block."""
        return [to_hex(extrinsic_to_wire(raw)) for raw in self._pool.pending()]


class AuthorKeysNamespace:
    """The session keys of a validator; offered only where the node has a keystore."""

    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore

    @method("author_rotateKeys", unsafe=True)
    def rotate_keys(self) -> str:
        """Make new session keys and return their public halves."""
        return to_hex(self._keystore.rotate_keys())

    @method("author_rotateKeysWithOwner", unsafe=True)
    def rotate_keys_with_owner(self, owner: Hex) -> dict[str, str]:
        """Make new session keys, and the proof with which the account `owner` may set them."""
        if len(owner) != ACCOUNT_BYTES:
            raise invalid_params(f"owner: wanted an account of 32 bytes, got {len(owner)}")
        keys = self._keystore.rotate_keys()
        proof = self._keystore.prove_keys(keys, owner)
        return {"keys": to_hex(keys), "proof": to_hex(proof)}

    @method("author_insertKey", unsafe=True)
    def insert_key(self, key_type: str, suri: str, public_key: Hex) -> None:
        """Store the key of this secret."""
        try:
            self._keystore.insert_key(key_type, suri, public_key)
        except ValueError as error:
            raise invalid_params(str(error)) from None

    @method("author_hasKey", unsafe=True)
    def has_key(self, public_key: Hex, key_type: str) -> bool:
        """Tell whether the secret of a public key is here."""
        return self._keystore.has_key(public_key, key_type)


def status_json(status: ExtrinsicStatus) -> object:
    """Show a status: a word, or a word and the block."""
    if status.kind == "broadcast":
        return {"broadcast": list(status.peers)}
    if status.block_or_hash is None:
        return status.kind
    return {status.kind: maybe_hex(status.block_or_hash)}


def _error_of(refusal: SubmissionRefused, extrinsic: bytes) -> RpcError:
    code, message = REFUSALS[refusal.kind]
    if refusal.kind == "already_imported":
        return RpcError(code, message, to_hex(extrinsic_hash(extrinsic)))
    if refusal.kind == "bad_format":
        return RpcError(code, f"{message}: {refusal.detail}")
    return RpcError(code, message, refusal.detail or None)

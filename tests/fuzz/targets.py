"""The doors for bytes and texts of strangers: what reads them, and the errors that it may raise.

One list for both fuzzers: hypothesis damages valid inputs, atheris follows the branches.
"""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

import numpy as np
from hypothesis import strategies as st

from cli.sdk.npy import read_npy
from cli.sdk.tensors import read_npz, read_safetensors
from consensus.errors import BadJustification
from consensus.finality.justification import decoded as read_justification
from genesis.inspection import inspection_of, read_raw_spec
from genesis.json_stream import BadJson
from genesis.notation import BadNotation, format_amount, parse_account, parse_amount
from genesis.spec import BadSpec, parse_spec
from genesis.wasm import WASM_HEADER, BadCode, can_ask_for_v1, embedded_version
from node.keystore.mnemonic import pair_from_secret
from node.keystore.polkadot_js import BadAccountFile, read_account
from node.keystore.vault import WrongPassword
from node.rpc.jsonrpc import Entry
from node.rpc.limits import Limits
from p2p import messages
from p2p.blobs import BadChunk, checked_manifest, hash_of
from p2p.schema import MessageError
from runtime.events import decode_records, encode_records
from runtime.frame.calls import Call, CallEntry, CallTable
from runtime.frame.pallet import FINALIZATION, INITIALIZATION, Record
from runtime.primitives.crypto import BadSecret, KeyKind
from runtime.primitives.extrinsic import (
    Extrinsic,
    decode_extrinsic,
    encode_bare,
    encode_general,
    encode_proven,
    encode_signed,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import DecodeError, decode_compact, encode
from runtime.primitives.schema import Custom, Product, Schema, Sequence, schema_of
from runtime.primitives.ss58 import BadAddress, decode_ss58, encode_ss58
from runtime.state.proof import BadProof, verify_reads
from runtime.state.trie import Trie, fetch_nothing
from runtime.state.trie_build import TooDeep
from runtime.state.trie_node import (
    Branch,
    CorruptNode,
    Node,
    ValueHash,
    decode_node,
    encode_branch,
    encode_leaf,
)
from tests.conformance.vectors_of import load, unhex
from tests.fuzz.schemas import MESSAGES, holds_custom, runtime
from tests.fuzz.target import Target, seeds_of
from tests.fuzz.values import values_of
from tests.fuzz.work import work_targets


@cache
def calls() -> CallTable:
    """Return the calls of the runtime."""
    return CallTable.of(runtime().pallets)


def write_extrinsic(extrinsic: Extrinsic) -> bytes:
    """Encode an extrinsic anew from its parts."""
    call, signature, general = extrinsic.call, extrinsic.signature, extrinsic.general
    if general is not None and signature is not None:
        return encode_proven(call, signature)
    if general is not None:
        return encode_general(call, general.extra, general.version)
    if signature is not None:
        return encode_signed(call, signature)
    return encode_bare(call, extrinsic.raw[0])


def call_seeds() -> st.SearchStrategy[bytes]:
    """Return every call with arguments of its types, some with calls inside."""
    entries = list(calls()._entries.values())
    plain = [entry for entry in entries if not holds_custom(entry.schema)]
    inner = st.recursive(_calls_of(plain, st.nothing()), lambda some: _calls_of(entries, some))
    return _calls_of(entries, inner).map(write_call)


def _calls_of(entries: list[CallEntry], inner: st.SearchStrategy[Call]) -> st.SearchStrategy[Call]:
    return st.sampled_from(entries).flatmap(
        lambda entry: values_with(entry.schema, inner).map(lambda arguments: Call(entry, arguments))
    )


def values_with(schema: Schema, inner: st.SearchStrategy[Call]) -> st.SearchStrategy[Any]:
    """Return the values of arguments among which there may be calls."""
    match schema:
        case Custom(name="RuntimeCall"):
            return inner
        case Sequence(Custom(name="RuntimeCall")):
            return st.lists(inner, max_size=3).map(tuple)
        case Product(items):
            return st.tuples(*(values_with(item, inner) for item in items))
        case _:
            return values_of(schema)


def write_call(call: Call) -> bytes:
    """Encode a call anew from its parts."""
    return call.entry.head + encode(call.arguments, call.entry.schema)


def event_seeds() -> st.SearchStrategy[bytes]:
    """Return records of every event, with values of its fields."""
    kinds = [
        (pallet, kind)
        for pallet in runtime().pallets
        for kind in pallet.events
        if not holds_custom(schema_of(kind))
    ]
    phases = st.sampled_from([INITIALIZATION, FINALIZATION, 0, 7])
    records = st.sampled_from(kinds).flatmap(
        lambda found: st.builds(Record, phases, st.just(found[0]), values_of(found[1]))
    )
    return st.lists(records, max_size=3).map(encode_records)


PAIRS = {bytes([i]): bytes(i * 9) for i in range(9)}
STATE = Trie(None, fetch_nothing).updated(PAIRS)
ROOT, PROOF = STATE.root, tuple(STATE.take_nodes().values())


def read_proof(raw: bytes) -> object:
    """Check a proof of two nodes that the bytes are cut into, besides those of a real one."""
    cut = raw[0] % (len(raw) + 1) if raw else 0
    return verify_reads(ROOT, [raw[:cut], raw[cut:], *PROOF[1:]], [b"\x03", b"\x04\x05"])


def read_lone_root(raw: bytes) -> object:
    """Take bytes as the root node of a state, and look under it."""
    return verify_reads(blake2_256(raw), [raw, *PROOF], [b"", b"\x03", b"\x04\x05"])


def write_node(node: Node) -> bytes:
    """Encode a node anew from its parts."""
    hashed = isinstance(node.value, ValueHash)
    value = node.value.hash if isinstance(node.value, ValueHash) else node.value
    if isinstance(node, Branch):
        return encode_branch(node, value, hashed)
    assert value is not None
    return encode_leaf(node.partial, value, hashed)


def read_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Read any bytes as a text."""
    return lambda raw: read(raw.decode("utf-8", "replace"))


def read_code(raw: bytes) -> object:
    """Look for the version in Wasm."""
    return embedded_version(raw), can_ask_for_v1(raw)


def check_amount(text: str) -> None:
    """Read an amount; the text that we would show for it means the same."""
    planck = parse_amount(text)
    assert parse_amount(format_amount(planck).replace(",", "_").replace(" ", "")) == planck


def check_address(text: str) -> None:
    """Read an address; the account has no other one in that network."""
    account, prefix = decode_ss58(text)
    assert encode_ss58(account, prefix) == text


ACCOUNTS = [one["json"] for one in load("polkadot_js/accounts.json")["accounts"]]
OPEN = [json.dumps(one).encode() for one in ACCOUNTS if one["encoding"]["type"] == ["none"]]
OLD = [json.dumps(one).encode() for one in ACCOUNTS if one["encoding"]["version"] == "2"]
ON_THE_WIRE = [unhex(one["extrinsic"]) for one in load("extrinsics.json") if "extrinsic" in one]
SIGNED = [raw[decode_compact(raw, 0)[1] :] for raw in ON_THE_WIRE]
BARE = [b"\x04\0\0", b"\x05\0\0"]
GENERAL = [
    b"\x45\0\0\0\0\0call",
    b"\x45\1\1\0\0\0\0call",
    *(bytes((0x45, 1, 0, kind)) + bytes(size + 36) + b"call" for kind, size in ((0, 64), (2, 65))),
]
RAW_SPEC = (
    b'{"name":"x","id":"y","a":[1,{"b":null}],"genesis":{"raw":{"top":{"0x01":"0x02"},'
    b'"childrenDefault":{"0x63":{"0x0a":"0x"}}}}}'
)
TOML_SPEC = (files("genesis") / "presets" / "dev.toml").read_bytes()
VERSION_SECTION = bytes.fromhex("00230f") + b"runtime_version" + bytes.fromhex(
    "0461046200000000070000000000000000"
)  # fmt: skip
IMPORTS = bytes.fromhex("021b") + b"ext_storage_root_version_1" + b"x"

REQUEST = messages.BlocksRequest(7, messages.Direction(0), 3)
BLOCK = messages.BlockData(b"header", (b"one", b"two"), (b"proof",), b"justification")
STATUS = messages.Status(bytes(32), 1, bytes(32), 0, bytes(32))


@cache
def targets() -> dict[str, Target]:
    """Return every door by its name."""
    work, files = work_targets(), _file_targets()
    return {**_chain_targets(), **work, **_peer_targets(), **_text_targets(), **files}


def _chain_targets() -> dict[str, Target]:
    justifications = values_of(MESSAGES["justification"])
    return {
        "extrinsic": Target(
            decode_extrinsic,
            (DecodeError,),
            seeds_of(*SIGNED, *BARE, *GENERAL),
            write_extrinsic,
        ),
        "call": Target(lambda raw: calls().decode(raw), (DecodeError,), call_seeds(), write_call),
        "events": Target(
            lambda raw: decode_records(raw, runtime().pallets),
            (DecodeError,),
            event_seeds(),
            encode_records,
        ),
        "justification": Target(
            read_justification,
            (BadJustification,),
            justifications.map(lambda value: encode(value, MESSAGES["justification"])),
            lambda value: encode(value, MESSAGES["justification"]),
        ),
        "trie node": Target(decode_node, (CorruptNode,), seeds_of(*PROOF), write_node),
        "read proof": Target(read_proof, (BadProof, CorruptNode), seeds_of(*PROOF)),
        "state of one node": Target(read_lone_root, (BadProof, CorruptNode), seeds_of(*PROOF)),
    }


def _peer_targets() -> dict[str, Target]:
    refused = (MessageError,)
    manifest = messages.encode_manifest(messages.Manifest(70_000, (bytes(32), bytes(32))))
    requests = [messages.encode_request(1, REQUEST), messages.encode_request(2, _status())]
    responses = [messages.encode_response(1, messages.BlocksResponse((BLOCK,)))]
    return {
        "request": Target(messages.decode_request, refused, seeds_of(*requests)),
        "response": Target(messages.decode_response, refused, seeds_of(*responses)),
        "transactions": Target(
            messages.decode_transactions,
            refused,
            seeds_of(messages.encode_transactions((b"one", b"two"))),
        ),
        "announcement": Target(
            messages.decode_announce, refused, seeds_of(messages.encode_announce(BLOCK))
        ),
        "manifest": Target(
            lambda raw: checked_manifest(hash_of(raw), raw),
            (MessageError, BadChunk),
            seeds_of(manifest),
            messages.encode_manifest,
        ),
    }


def _file_targets() -> dict[str, Target]:
    """List the files that a buyer of compute may have from anybody."""
    plain, packed, named = (BytesIO() for _ in range(3))
    rows = np.arange(24, dtype=np.int8).reshape(4, 6)
    np.save(plain, rows)
    np.savez_compressed(packed, allow_pickle=False, rows=rows, step=np.array(0.5))
    np.save(named, np.zeros(3, [("a", "<i4"), ("b", ">u2")]))
    head = b'{"w":{"dtype":"I8","shape":[2,3],"data_offsets":[0,6]},"__metadata__":{"a":"b"}}'
    tensors = len(head).to_bytes(8, "little") + head + bytes(6)
    return {
        "array file": Target(
            lambda raw: read_npy(BytesIO(raw), len(raw)),
            (ValueError,),
            seeds_of(plain.getvalue(), named.getvalue()),
        ),
        "archive of arrays": Target(
            lambda raw: read_npz(BytesIO(raw), len(raw)),
            (ValueError,),
            seeds_of(packed.getvalue()),
        ),
        "file of tensors": Target(
            lambda raw: read_safetensors(BytesIO(raw), len(raw)), (ValueError,), seeds_of(tensors)
        ),
    }


def _text_targets() -> dict[str, Target]:
    limits = Limits()
    bad_account = (BadAccountFile, WrongPassword)
    call = b'{"jsonrpc":"2.0","id":1,"method":"system_name","params":[]}'
    return {
        "rpc message": Target(Entry(limits).read, (), seeds_of(call, b"[" + call + b"]")),
        "open account file": Target(
            lambda raw: read_account(raw, None), bad_account, seeds_of(*OPEN)
        ),
        "account file": Target(
            lambda raw: read_account(raw, b"second"), bad_account, seeds_of(*OLD)
        ),
        "raw chain spec": Target(
            lambda raw: inspection_of(read_raw_spec(BytesIO(raw)), 1),
            (BadSpec, BadJson, BadCode, TooDeep),
            seeds_of(RAW_SPEC),
        ),
        "chain spec": Target(
            read_text(lambda text: parse_spec(text, "it", is_toml=True)),
            (BadSpec,),
            st.sampled_from([TOML_SPEC]),
        ),
        "chain spec as JSON": Target(
            read_text(lambda text: parse_spec(text, "it", is_toml=False)),
            (BadSpec,),
            seeds_of(RAW_SPEC),
        ),
        "code": Target(
            read_code, (BadCode,), seeds_of(WASM_HEADER + IMPORTS + VERSION_SECTION, WASM_HEADER)
        ),
        "amount": Target(read_text(check_amount), (BadNotation,), seeds_of(*AMOUNTS)),
        "account's name": Target(
            read_text(parse_account), (BadNotation,), seeds_of(b"//Alice/soft//7")
        ),
        "address": Target(
            read_text(check_address),
            (BadAddress,),
            seeds_of(b"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
        ),
        "secret": Target(
            read_text(lambda text: pair_from_secret(KeyKind.SR25519, text)),
            (BadSecret,),
            seeds_of(b"0x" + b"07" * 32 + b"//a/b", b"//Alice///word", PHRASE),
        ),
    }


PHRASE = b"seed sock milk update focus rotate barely fade car face mechanic mercy//hard/soft///pw"


AMOUNTS = [b"1.5AGPU", b"7planck", b"340282366920938463463374607.431768211455 AGPU"]


def _status() -> messages.StatusRequest:
    return messages.StatusRequest(STATUS)

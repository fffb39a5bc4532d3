"""Search: what a word could name, what was looked for, and what was found."""

from __future__ import annotations

import msgspec

from node.backend.work import StateWork
from node.explorer.decoding import Decoder
from node.explorer.entries import UNLISTED
from node.explorer.histories import events_of
from node.explorer.index import Index
from node.explorer.records import ALL_PLACES, JOB_BYTES
from node.rpc.addresses import Addresses
from node.rpc.errors import RpcError
from node.rpc.registry import method
from node.rpc.values import HASH_BYTES, Hex, to_hex

MAX_CHARACTERS = 200
"""Longer than any name of anything here."""

SHORTEST_PART = 3
"""Letters of an event's name: fewer stand in most of them."""

NAMES_FOUND = 20
"""Names that hold the same letters: a screen of them."""

LONGEST_PLACE = 20
"""Characters of a block's number and a place in it: more name nothing."""

JOBS_LOOKED = 200
"""Newest jobs among which an output is looked for: some milliseconds."""

RECEIPTS_LOOKED = 200
"""Newest receipts among which an id is looked for: as many as a page of them has at most."""


class TriedJson(msgspec.Struct, frozen=True):
    """Something that a word was looked up as, and what came of it."""

    what: str
    outcome: str


class HitJson(msgspec.Struct, frozen=True):
    """Something that a word names; `kind` and `id` are where its page is."""

    kind: str
    id: str
    label: str


class SearchJson(msgspec.Struct, frozen=True):
    """What a search found, and what it tried."""

    found: list[HitJson]
    tried: list[TriedJson]


class SearchNamespace:
    """Finds what people paste: blocks, extrinsics, events, accounts, jobs, receipts, referenda."""

    def __init__(self, decoder: Decoder, index: Index, addresses: Addresses) -> None:
        self._decoder, self._index, self._addresses = decoder, index, addresses
        self._chain = decoder.chain
        self._work = StateWork(decoder.executive, decoder.chain)

    @method("explorer_search")
    def search(self, text: str) -> SearchJson:
        """Find what a number, a hash, an address, an event's name, or a place as `12-1` names."""
        word = text.strip()[:MAX_CHARACTERS]
        found: list[HitJson] = []
        tried: list[TriedJson] = []
        number = word.removeprefix("#").replace(",", "")
        if number.isascii() and number.isdecimal() and len(number) <= len(str(2**64)):
            self._by_number(int(number), found, tried)
        elif word[:2] in ("0x", "0X"):
            self._by_hash(word, found, tried)
        elif "-" in word:
            self._by_place(word, found, tried)
        else:
            self._by_name(word, found, tried)
            self._by_address(word, found, tried)
        return SearchJson(found, tried)

    def _by_number(self, number: int, found: list[HitJson], tried: list[TriedJson]) -> None:
        best = self._chain.best.number
        # a fork of a running chain has none below its first
        is_block = self._chain.hash_at(number) is not None
        if is_block:
            found.append(HitJson("block", str(number), f"Block #{number}"))
        first = self._chain.header(self._chain.genesis_hash)
        begins = f"this chain begins with block #{0 if first is None else first.number}"
        why = f"the best is #{best}" if number > best else begins
        tried.append(TriedJson(f"block #{number}", _word(is_block, why)))
        runtime = self._decoder.best().runtime
        jobs = runtime.jobs.next_job_id
        if number < jobs:
            found.append(HitJson("job", str(number), f"Job {number}"))
        tried.append(TriedJson(f"job {number}", _word(number < jobs, f"{jobs} were ordered")))
        referenda = runtime.referenda.referendum_count
        if number < referenda:
            found.append(HitJson("referendum", str(number), f"Referendum {number}"))
        outcome = _word(number < referenda, f"{referenda} were submitted")
        tried.append(TriedJson(f"referendum {number}", outcome))

    def _by_hash(self, word: str, found: list[HitJson], tried: list[TriedJson]) -> None:
        try:
            raw = bytes(Hex.from_json(word))
        except ValueError as error:
            tried.append(TriedJson("hex", str(error)))
            return
        if len(raw) == JOB_BYTES:
            self._by_job_id(int.from_bytes(raw, "big"), found, tried)
            return
        if len(raw) != HASH_BYTES:
            outcome = f"wanted {HASH_BYTES} bytes, or {JOB_BYTES} of a job, got {len(raw)}"
            tried.append(TriedJson("a hash or a public key", outcome))
            return
        header = self._chain.header(raw)
        if header is not None:
            found.append(HitJson("block", to_hex(raw), f"Block #{header.number}"))
        tried.append(TriedJson("block hash", _word(header is not None, "unknown")))
        place = self._index.extrinsic(raw)
        if place is not None:
            name = f"{place[0]}-{place[1]}"
            found.append(HitJson("extrinsic", name, f"Extrinsic {name}"))
        tried.append(TriedJson("extrinsic hash", _word(place is not None, "not in the index")))
        is_known = self._is_known(raw)
        if is_known:
            address = self._addresses.encode(raw)
            found.append(HitJson("account", address, address))
        tried.append(TriedJson("public key", _word(is_known, "no such account")))
        providers = self._decoder.best().runtime.providers.providers
        if raw in providers:
            address = self._addresses.encode(raw)
            found.append(HitJson("provider", address, f"Provider {address}"))
        job = self._job_of_output(raw)
        if job is not None:
            found.append(HitJson("job", str(job), f"Job {job}, whose output this is"))
        tried.append(TriedJson("output of a job", _word(job is not None, "none of the newest")))
        self._by_receipt_id(raw, found, tried)

    def _by_job_id(self, job: int, found: list[HitJson], tried: list[TriedJson]) -> None:
        """Find a job by the bytes that the RPC and receipts call it by."""
        jobs = self._decoder.best().runtime.jobs.next_job_id
        if job < jobs:
            found.append(HitJson("job", str(job), f"Job {job}"))
        tried.append(TriedJson(f"job {job}", _word(job < jobs, f"{jobs} were ordered")))

    def _by_receipt_id(self, raw: bytes, found: list[HitJson], tried: list[TriedJson]) -> None:
        """Find what a receipt is of, by the id that the RPC and the list of receipts give it."""
        wanted = (one for one in self._work.receipts(RECEIPTS_LOOKED) if one.id == raw)
        receipt = next(wanted, None)
        if receipt is not None and receipt.job is not None:
            job = int.from_bytes(receipt.job, "big")
            found.append(HitJson("job", str(job), f"Job {job}, whose receipt this is"))
        elif receipt is not None:
            address = self._addresses.encode(receipt.provider)
            found.append(HitJson("provider", address, f"Provider {address}, whose receipt this is"))
        tried.append(TriedJson("receipt", _word(receipt is not None, "none of the newest")))

    def _job_of_output(self, root: bytes) -> int | None:
        """Return the job among the newest a segment of which committed to an output."""
        jobs = self._decoder.best().runtime.jobs
        for job in range(jobs.next_job_id - 1, -1, -1)[:JOBS_LOOKED]:
            segment = jobs.segments.get((job, 0))
            if segment is not None and root in (segment.output.out_root, segment.output.aux_root):
                return job
        return None

    def _by_place(self, word: str, found: list[HitJson], tried: list[TriedJson]) -> None:
        """Find what stands at a place of a block: an extrinsic, a receipt, an event.

        All three are called by block and place. An event is looked for unless only an extrinsic
        has the name: nearly every extrinsic has a namesake among the events of its block, and
        people mean the extrinsic.
        """
        first, _, last = word.partition("-")
        is_place = all(part.isascii() and part.isdecimal() for part in (first, last))
        is_place = is_place and len(word) < LONGEST_PLACE
        number, place = (int(first), int(last)) if is_place else (0, 0)
        block_hash = self._chain.hash_at(number) if is_place else None
        body = None if block_hash is None else self._chain.body(block_hash)
        lacking = "not on the chain"
        if block_hash is not None and body is None:
            lacking = self._chain.blocks.bodies.why_missing(number)
        is_extrinsic = body is not None and place < len(body)
        if is_extrinsic:
            found.append(HitJson("extrinsic", word, f"Extrinsic {word}"))
        tried.append(TriedJson(f"extrinsic {word}", _word(is_extrinsic, lacking)))
        is_receipt = block_hash is not None and place < ALL_PLACES
        is_receipt = is_receipt and self._index.receipt(number, place) is not None
        if is_receipt:
            found.append(HitJson("receipt", word, f"Receipt {word}"))
        tried.append(TriedJson(f"receipt {word}", _word(is_receipt, "not in the index")))
        if is_extrinsic and not is_receipt:
            return
        happened = 0
        if block_hash is not None and self._chain.has_state(block_hash) and body is not None:
            happened = len(self._decoder.block(block_hash).events)
        is_event = is_place and place < happened
        if is_event:
            found.append(HitJson("event", word, f"Event {word}"))
        tried.append(TriedJson(f"event {word}", _word(is_event, lacking)))

    def _by_name(self, word: str, found: list[HitJson], tried: list[TriedJson]) -> None:
        """Find events: those of this name, with or without their pallet's, else those with it."""
        wanted, every = word.lower(), events_of(self._decoder.best().runtime)
        known = [name for name in every if name not in UNLISTED]
        names = [name for name in known if _is_called(name, wanted)]
        if not names and len(word) >= SHORTEST_PART:
            names = [name for name in known if wanted in name.lower()][:NAMES_FOUND]
        silent = next((name for name in every if _is_called(name, wanted)), None)
        lacking = "no event is called that"
        if silent is not None:
            lacking = f"{silent} comes with every extrinsic or block and is not listed by name"
        found += [HitJson("events", name, f"Events {name}") for name in names]
        tried.append(TriedJson("event name", _word(bool(names), lacking)))

    def _by_address(self, word: str, found: list[HitJson], tried: list[TriedJson]) -> None:
        try:
            account = self._addresses.decode(word)
        except RpcError as error:
            tried.append(TriedJson("address", error.message))
            return
        address = self._addresses.encode(account)
        found.append(HitJson("account", address, address))
        known = "found" if self._is_known(account) else "valid; nothing happened there yet"
        tried.append(TriedJson("address", known))

    def _is_known(self, account: bytes) -> bool:
        runtime = self._decoder.best().runtime
        data = runtime.balances.store.data(account)
        return bool(data.free or data.reserved or runtime.system.nonce(account)) or bool(
            self._index.account(account, b"", 1)[0]
        )


def _is_called(event: str, wanted: str) -> bool:
    """Say whether a word in small letters is an event's name, with or without its pallet's."""
    return wanted in (event.lower(), event.lower().split(".")[1])


def _word(is_found: bool, otherwise: str) -> str:
    return "found" if is_found else f"none: {otherwise}"

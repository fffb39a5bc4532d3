"""Write the golden files anew, after a change of the wire that is meant; read the diff.

    python -m tests.conformance.fill

A name or an index that is already on the wire must never change its meaning: a diff that does more
than add lines breaks every wallet, and wants a new transaction version.
"""

import json
from pathlib import Path
from typing import Any

from runtime.api import describe_runtime
from runtime.frame.metadata import Description
from runtime.frame.metadata.shapes import (
    ArrayDef,
    CompactDef,
    CompositeDef,
    MapEntry,
    PalletMetadata,
    PrimitiveDef,
    SequenceDef,
    StorageEntry,
    TupleDef,
    TypeInfo,
    VariantDef,
)
from tests.support.chain import MemoryChain

GOLDEN = Path(__file__).parent / "vectors" / "golden"

HASHERS = ("blake2_128", "blake2_256", "blake2_128_concat", "twox_128", "twox_256",
           "twox_64_concat", "identity")  # fmt: skip


def main() -> None:
    """Write every golden file."""
    GOLDEN.mkdir(exist_ok=True)
    text = json.dumps(metadata(), indent=1, ensure_ascii=False)
    (GOLDEN / "metadata.json").write_text(text + "\n", encoding="utf-8")


def metadata() -> dict[str, Any]:
    """Return all of the metadata that is on the wire, in the order of names."""
    rules = MemoryChain().rules
    return {
        "digest": rules.metadata_hash().hex(),
        **Wire(describe_runtime(rules)).all(),
    }


class Wire:
    """What of a description has a meaning on the wire, in words."""

    def __init__(self, found: Description) -> None:
        self._found = found
        self._types = [item.type for item in found.types + found.verifying_types]

    def all(self) -> dict[str, Any]:
        """Return pallets, extensions, runtime APIs and the types with a path."""
        return {
            "pallets": {pallet.name: self._pallet(pallet) for pallet, _ in self._found.pallets},
            "extensions": [
                f"{one.identifier}: {self.text(one.type)}, {self.text(one.additional_signed)}"
                for one in self._found.extrinsic.extensions
            ],
            "headline of extensions 1": self._found.verifying.identifier,
            "apis": {
                f"{api.name} {api.version}": {
                    method.name: f"({self._named(method.inputs)}) -> {self.text(method.output)}"
                    for method in api.methods
                }
                for api in self._found.apis
            },
            "types": self._paths(),
        }

    def text(self, number: int) -> str:
        """Return the name of a type: its path and parameters, or what it is made of."""
        info = self._types[number]
        if info.path:
            params = [self.text(one.type) for one in info.params if one.type is not None]
            return "::".join(info.path) + (f"<{', '.join(params)}>" if params else "")
        match info.definition:
            case PrimitiveDef(kind):
                return kind.name.lower()
            case CompactDef(inner):
                return f"Compact<{self.text(inner)}>"
            case SequenceDef(item):
                return f"Vec<{self.text(item)}>"
            case ArrayDef(size, item):
                return f"[{self.text(item)}; {size}]"
            case TupleDef(items):
                return f"({', '.join(map(self.text, items))})"
            case _:
                raise AssertionError(f"a type without a path: {info}")

    def _paths(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, info in enumerate(self._types):
            if info.path and info.path[-1] not in ("Call", "Event", "Error"):
                name = self.text(number)
                assert name not in found, f"two types are called {name}"
                found[name] = self._layout(info)
        return dict(sorted(found.items()))

    def _layout(self, info: TypeInfo) -> Any:
        match info.definition:
            case CompositeDef(fields):
                return self._named(fields)
            case VariantDef(variants) if len(variants) < 256:
                return {
                    f"{one.index} {one.name}": self._named(one.fields)
                    for one in sorted(variants, key=lambda one: one.index)
                }
            case VariantDef(variants):
                return f"{len(variants)} variants, {variants[0].name} to {variants[-1].name}"
            case _:
                raise AssertionError(f"a path on {info.definition}")

    def _named(self, fields: Any) -> str:
        return ", ".join(
            self.text(one.type) if one.name is None else f"{one.name}: {self.text(one.type)}"
            for one in fields
        )

    def _pallet(self, pallet: PalletMetadata) -> dict[str, Any]:
        def variants(number: int | None) -> Any:
            return {} if number is None else self._layout(self._types[number])

        entries = pallet.storage.entries if pallet.storage else ()
        return {
            "index": pallet.index,
            "calls": variants(pallet.calls),
            "events": variants(pallet.event),
            "errors": variants(pallet.error),
            "storage": {entry.name: self._entry(entry) for entry in entries},
            "constants": {one.name: self.text(one.type) for one in pallet.constants},
        }

    def _entry(self, entry: StorageEntry) -> str:
        default = "" if entry.modifier.name == "OPTIONAL" else f" or {entry.default.hex()[:80]}"
        if not isinstance(entry.type, MapEntry):
            return self.text(entry.type.value) + default
        hashers = ", ".join(HASHERS[code] for code in entry.type.hashers)
        return f"{hashers} {self.text(entry.type.key)}: {self.text(entry.type.value)}{default}"


if __name__ == "__main__":
    main()

"""Runtime APIs by name, in SCALE: what `state_call` asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from runtime.api.apis import APIS, constants_of
from runtime.api.question import Place, Question
from runtime.executive import Executive
from runtime.frame import Context
from runtime.frame.metadata import (
    METADATA_VERSIONS,
    Description,
    describe,
    encode_metadata,
    methods_of,
)
from runtime.genesis_state import empty_state
from runtime.primitives.compact import encode_compact
from runtime.primitives.scale import decode, encode
from runtime.rules import Rules
from runtime.signing import UNKNOWN_HASH
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie


class UnknownApi(LookupError):
    """There is no runtime API of that name."""


class RuntimeApi:
    """Answers runtime API calls on the state of a block."""

    def __init__(self, executive: Executive) -> None:
        self._executive = executive
        self._metadata: dict[int, dict[int, bytes]] = {}
        """By version of the runtime, then by that of the metadata."""
        self._methods = {
            f"{api.__name__}_{method.name}": (api, method)
            for api in APIS
            for method in methods_of(api)
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Every call there is."""
        return tuple(self._methods)

    def call(
        self,
        name: str,
        arguments: bytes,
        state: Trie,
        number: int,
        block_hash: bytes = UNKNOWN_HASH,
        *,
        submit: Callable[[bytes], None] | None = None,
    ) -> bytes:
        """Call a runtime API on `state`, the state of the block of that number and hash.

        Only the dry run looks at the hash: without it, transactions born at this block look old.
        An API that submits an extrinsic hands it to `submit`, and says so if there is none.

        Raises:
            UnknownApi: there is no such API.
            DecodeError: the arguments are not what the API takes.
        """
        found = self._methods.get(name)
        if found is None:
            raise UnknownApi(f"no runtime API is called {name}")
        api, method = found
        values = decode(arguments, method.input_schema)
        metadata = partial(self.metadata, state)
        question = Question(self._executive, metadata, state, Place(number, block_hash), submit)
        return encode(method.function(api(question), *values), method.output)

    def metadata(self, state: Trie, version: int = 14) -> bytes:
        """Return the metadata of the runtime of a state, in one of the versions of metadata."""
        rules = self._executive.rules_at(state)
        found = self._metadata.get(rules.config.spec_version)
        if found is None:
            described = describe_runtime(rules)
            found = {one: encode_metadata(described, one) for one in METADATA_VERSIONS}
            self._metadata[rules.config.spec_version] = found
        return found[version]


def describe_runtime(rules: Rules) -> Description:
    """Describe a version of the runtime."""
    runtime = rules.make(Context(Overlay(empty_state()), number=0))
    return describe(runtime.pallets, APIS, constants_of(rules))


def with_length(extrinsic: bytes) -> bytes:
    """Return an extrinsic as clients exchange it: with its length in front."""
    return encode_compact(len(extrinsic)) + extrinsic

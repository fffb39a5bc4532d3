"""The params namespace: every number of the economy that referenda move."""

import msgspec

from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.frame.storage import camel_case
from runtime.pallets.parameters import ParameterView


class ParameterJson(msgspec.Struct, frozen=True, rename="camel"):
    """A parameter; values are decimal strings in its unit, ppb are parts per billion.

    `step` is the most that one change moves it by: an amount, or a part of the value. `changedEra`
    and `changedBlock` say when it was last set, if ever; `freeFrom` is the first era in which it
    can be set.
    """

    key: str
    group: str
    unit: str
    value: str
    default: str
    least: str
    most: str
    step: str
    cooldown_eras: int
    track: str
    changed_era: int | None
    changed_block: int | None
    free_from: int


class ParametersNamespace:
    """The numbers of the economy."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime) -> None:
        self._chain, self._runtime = chain, runtime

    @method("params_list")
    def list(self, at: Hash | None = None) -> list[ParameterJson]:
        """Return every parameter: value, bounds, largest step, cooldown, track, last change."""
        found = self._runtime.parameters(block_hash_or_best(self._chain, at))
        return [_row(one) for one in found]


def _row(one: ParameterView) -> ParameterJson:
    change = one.change
    return ParameterJson(
        key=camel_case(one.key.name),
        group=one.path.decode().partition(".")[0],
        unit=one.unit.decode(),
        value=str(one.value),
        default=str(one.default),
        least=str(one.least),
        most=str(one.most),
        step=str(one.step),
        cooldown_eras=one.cooldown_eras,
        track=one.owner.track,
        changed_era=None if change is None else change.era,
        changed_block=None if change is None else change.block,
        free_from=one.free_from,
    )

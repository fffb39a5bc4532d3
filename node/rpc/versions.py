"""The runtime version as clients see it."""

import msgspec

from node.rpc.values import to_hex
from runtime.api import RuntimeVersion


class VersionJson(msgspec.Struct, frozen=True, rename="camel"):
    """A runtime version; `apis` are pairs of id and version."""

    spec_name: str
    impl_name: str
    authoring_version: int
    spec_version: int
    impl_version: int
    apis: tuple[tuple[str, int], ...]
    transaction_version: int
    system_version: int
    state_version: int


def version_json(version: RuntimeVersion) -> VersionJson:
    """Show a runtime version; the state version has an old name and a new one."""
    return VersionJson(
        spec_name=version.spec_name,
        impl_name=version.impl_name,
        authoring_version=version.authoring_version,
        spec_version=version.spec_version,
        impl_version=version.impl_version,
        apis=tuple((to_hex(api), number) for api, number in version.apis),
        transaction_version=version.transaction_version,
        system_version=version.system_version,
        state_version=version.system_version,
    )

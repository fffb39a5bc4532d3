"""The file that `starminer provider init` writes, and the key that the other commands act with."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal, get_args

from cyclopts import Parameter

from cli.chain import chain_directory, checked_spec
from cli.errors import CommandError, UsageError
from cli.options import Signing
from cli.sdk.transactions import Signer
from cli.secrets import ENVIRONMENT, Password, read_password
from cli.tx import signing_pair
from genesis.notation import BadNotation, parse_account
from node.config import DEFAULT_BASE_PATH
from node.directories import Directories
from node.keystore.keystore import Keystore, open_keystore
from node.keystore.vault import KeystoreError

DEFAULT_FILE = DEFAULT_BASE_PATH / "provider.toml"

Kind = Literal["auto", "cuda", "numpy"]
Executor = Literal["local", "ray"]

SettingsFile = Annotated[Path, Parameter(env_var="STARMINER_PROVIDER")]
"""The file that `starminer provider init` writes."""

_MEMORY = re.compile(r"(?P<count>[0-9]+)(?P<unit>MiB|GiB)")


@dataclass(frozen=True, slots=True)
class Settings:
    """How one provider runs on this machine."""

    chain: str
    """A preset or the path of a chain spec."""
    base_path: str
    """Where its node keeps its data; the key lies there, sealed."""
    key: str
    """The public key that acts for it, 0x and 64 hex digits."""
    executor: Executor = "local"
    ray_address: str = "auto"
    device: Kind = "auto"
    device_memory: str = "2GiB"

    @property
    def public(self) -> bytes:
        """The key as bytes."""
        return bytes.fromhex(self.key.removeprefix("0x"))

    @property
    def keystore(self) -> Path:
        """Where the sealed key lies."""
        return Directories(chain_directory(Path(self.base_path), checked_spec(self.chain))).keystore


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Provider:
    """Which provider a command is about."""

    settings: SettingsFile = DEFAULT_FILE
    """The file that `starminer provider init` wrote."""

    account: str | None = None
    """A provider by its address; without it, the one that the file's key is or acts for."""


def load_settings(path: Path) -> Settings:
    """Read a file of settings.

    Raises: CommandError, naming the file and what is wrong with it.
    """
    try:
        found = tomllib.loads(path.expanduser().read_text())
    except FileNotFoundError as error:
        raise CommandError(
            f"there is no {path}: make it with `starminer provider init`, or name another with "
            "--settings"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{path}: {error}") from error
    names = [item.name for item in fields(Settings)]
    if unknown := sorted(set(found) - set(names)):
        raise CommandError(f"{path}: wanted {', '.join(names)}, got {unknown[0]}")
    if missing := [name for name in ("chain", "base_path", "key") if name not in found]:
        raise CommandError(f"{path}: wanted {missing[0]} = …")
    if wrong := [name for name, value in found.items() if not isinstance(value, str)]:
        raise CommandError(f"{path}: wanted text in quotes for {wrong[0]}")
    settings = Settings(**found)
    _check(path, settings)
    return settings


def _check(path: Path, settings: Settings) -> None:
    chosen = {"executor": get_args(Executor), "device": get_args(Kind)}
    for name, wanted in chosen.items():
        if (came := getattr(settings, name)) not in wanted:
            raise CommandError(f"{path}: {name}: wanted {' or '.join(wanted)}, got {came!r}")
    if not re.fullmatch(r"0x[0-9a-f]{64}", settings.key):
        raise CommandError(f"{path}: key: wanted 0x and 64 hex digits, got {settings.key!r}")
    try:
        memory_mib(settings.device_memory)
    except UsageError as error:
        raise CommandError(f"{path}: device_memory: {error}") from error


def text_of(settings: Settings) -> str:
    """Return settings as the text of a file."""
    lines = ["# How this machine provides: `starminer provider start` runs it."]
    for item in fields(Settings):
        value = str(getattr(settings, item.name)).replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{item.name} = "{value}"')
    return "\n".join(lines) + "\n"


def memory_mib(text: str) -> int:
    """Read an amount of memory with its unit: `512MiB`, `2GiB`.

    Raises: UsageError.
    """
    parts = _MEMORY.fullmatch(text)
    if parts is None:
        raise UsageError(f"wanted memory with its unit, such as 512MiB or 2GiB, got {text!r}")
    return int(parts["count"]) * (1024 if parts["unit"] == "GiB" else 1)


def acting_key(provider: Provider) -> bytes:
    """Return the account that a command is about, or the key that acts for it.

    Raises: CommandError, UsageError.
    """
    if provider.account is None:
        return load_settings(provider.settings).public
    try:
        return parse_account(provider.account)
    except BadNotation as error:
        raise UsageError(f"--account: {error}") from error


def signer_of(signing: Signing, provider: Provider, password: Password = ENVIRONMENT) -> Signer:
    """Return who signs: whom the command line names, or else the key of the settings.

    Raises: CommandError, UsageError.
    """
    if signing.signer is not None or signing.signer_file is not None:
        return signing_pair(signing)
    settings = load_settings(provider.settings)
    # Imported here: the worker of a node comes with it, which questions to the chain do not need.
    from node.provider import ProviderPair

    return ProviderPair(opened_keystore(settings.keystore, password), settings.public)


def opened_keystore(directory: Path, password: Password) -> Keystore:
    """Open a keystore, or make it.

    Raises: CommandError, UsageError.
    """
    try:
        return open_keystore(directory, read_password(password))
    except KeystoreError as error:
        raise CommandError(str(error)) from error

"""`starminer provider init|register|start`: from an empty machine to a provider that works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.key import PREFIX
from cli.key_files import write_new
from cli.options import Output, Remote, Signing, Verbosity
from cli.printing import show
from cli.provider.records import bond_asked
from cli.provider.settings import (
    DEFAULT_FILE,
    Executor,
    Kind,
    Provider,
    Settings,
    SettingsFile,
    load_settings,
    memory_mib,
    opened_keystore,
    signer_of,
    text_of,
)
from cli.run import DEFAULTS, SHORT
from cli.run import start as start_node
from cli.sdk.client import Client
from cli.sdk.names import find_call
from cli.sdk.prices import pricing_of
from cli.sdk.session import ask
from cli.sdk.transactions import Wait
from cli.secrets import ENVIRONMENT, Password, pair_in_file
from cli.tx import Order, Readable, amount_of, carry_out, readable
from node.config import DEFAULT_BASE_PATH, NodeConfig
from node.keystore.keystore import KeyType
from node.keystore.vault import KeystoreError
from runtime.compute.job import Market
from runtime.pallets.providers import EnergySource, PayoutDestination, ProviderInfo
from runtime.pallets.providers.conduct import MICRO
from runtime.primitives.ss58 import encode_ss58

PLAIN, LOCAL, NOBODY, USUAL = Output(), Remote(), Signing(), Provider()
QUIET = Verbosity()
RATING_UNIT = "CU/s"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Machine:
    """What a machine computes on."""

    device: Kind = "auto"
    """cuda, numpy, or auto: a GPU where there is one."""

    device_memory: str = "2GiB"
    """The most memory that one job may take."""

    executor: Executor = "local"
    """local: this machine. ray: the machines of a Ray cluster (pip install starminer[fleet])."""

    ray_address: str = "auto"
    """The head of the Ray cluster, as HOST:PORT."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider says of itself."""

    rating: str = "0.000001CU/s"
    """Speed on offer; `starminer provider benchmark` measures and proposes it."""

    bond: str | None = None
    """What stands for your conduct, such as 100AGPU; the least for the rating when not given."""

    tier: int = 1
    """The class of hardware to sell in."""

    region: int = 0
    """Where it stands."""

    payout: Literal["free", "bond"] = "free"
    """Where earnings go: the free balance, or on top of the bond."""

    energy: Literal["unknown", "grid", "renewable", "mixed"] = "unknown"
    """What the machine runs on."""

    hardware: str = ""
    """The name of the device, at most 32 bytes."""


THIS, LEAST = Machine(), Offer()


def init(
    *,
    chain: str = "dev",
    base_path: Path = DEFAULT_BASE_PATH,
    settings: SettingsFile = DEFAULT_FILE,
    machine: Machine = THIS,
    secret_file: Path | None = None,
    password: Password = ENVIRONMENT,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Make the provider's key in the node's keystore, and a file of settings.

    Parameters
    ----------
    chain
        A preset or the path of a chain spec.
    base_path
        Where the node keeps its data; the sealed key lies there.
    settings
        The file to write; one that is there is not replaced.
    secret_file
        A file with a phrase, a seed or a name, to bring a key of your own.
    dry_run
        Show the settings, and write nothing.
    """
    made = settings_for(chain, base_path, machine)
    directory, file = made.keystore, settings.expanduser()
    if file.exists():
        raise CommandError(f"{file} is there already: name another file with --settings")
    places: dict[str, object] = {"keystore": str(directory), "settings": str(file)}
    if dry_run:
        show({"would_write": True, **places}, output.output)
        return
    public = kept_key(directory, secret_file, password)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_new(file, text_of(replace(made, key="0x" + public.hex())).encode())
    address = encode_ss58(public, PREFIX)
    named = {"address": address, "public_key": "0x" + public.hex()}
    following = f"send {address} some AGPU, then `starminer provider register`"
    show({**named, **places, "next": following}, output.output)


def settings_for(chain: str, base_path: Path, machine: Machine) -> Settings:
    """Return settings whose key is still to be made.

    Raises: UsageError.
    """
    memory_mib(machine.device_memory)
    return Settings(
        chain,
        str(base_path.expanduser().absolute()),
        "0x" + bytes(32).hex(),
        machine.executor,
        machine.ray_address,
        machine.device,
        machine.device_memory,
    )


def kept_key(directory: Path, secret_file: Path | None, password: Password) -> bytes:
    """Make a key in a keystore, or bring one from a file; return its public part.

    Raises: CommandError, UsageError.
    """
    keystore = opened_keystore(directory, password)
    try:
        if secret_file is None:
            return keystore.generate(KeyType.PROVIDER)
        pair = pair_in_file(secret_file, "sr25519", password)
        return keystore.insert(KeyType.PROVIDER, pair)
    except KeystoreError as error:
        raise CommandError(str(error)) from error


def register(
    *,
    provider: Provider = USUAL,
    offer: Offer = LEAST,
    signing: Signing = NOBODY,
    password: Password = ENVIRONMENT,
    wait: Wait = "finalized",
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    remote: Remote = LOCAL,
) -> None:
    """Join a market with a bond. A hundredth of the bond is burned on top of it.

    The key of the settings signs and owns the bond, unless --signer or --signer-file names another
    account: then that one owns it, and the key on this machine only acts for it.

    Parameters
    ----------
    wait
        Return when it is handed in, in a block, or in a final block.
    dry_run
        Show the call and its fee, and send nothing.
    """
    settings = load_settings(provider.settings)
    signer = signer_of(signing, provider, password)

    async def join(client: Client) -> None:
        call = await registration(client, settings, offer)
        await carry_out(client, call, Order(signer, wait, dry_run), remote.output)

    ask(remote, join)


async def registration(client: Client, settings: Settings, offer: Offer) -> Readable:
    """Return the call that registers a provider.

    Raises: UsageError for a bond below what the rating asks for.
    """
    rating = micro_units(offer.rating)
    market = Market(offer.tier, offer.region)
    if not pricing_of(client).has_market(market):
        raise UsageError(
            f"wanted --tier below {len(pricing_of(client).config.tiers)} and --region below "
            f"{pricing_of(client).config.regions}, got {offer.tier} and {offer.region}"
        )
    least = await bond_asked(client, market, rating)
    bond = least if offer.bond is None else amount_of("--bond", offer.bond)
    if bond < least:
        raise UsageError(
            f"--bond: a rating of {offer.rating} asks for {least} planck or more, got {bond}planck"
        )
    info = ProviderInfo(
        node_key=settings.public,
        market=market,
        memory_mib=memory_mib(settings.device_memory),
        rating=rating,
        hardware=hardware_name(offer.hardware),
        energy=EnergySource[offer.energy.upper()],
        payout=PayoutDestination[offer.payout.upper()],
    )
    entry = find_call(client.pallets, client.calls, "providers.register_provider")
    return readable(client, entry, info, bond)


def start(
    *,
    settings: SettingsFile = DEFAULT_FILE,
    config: Annotated[NodeConfig, SHORT] = DEFAULTS,
    verbosity: Verbosity = QUIET,  # noqa: ARG001 (read by cli.main)
) -> None:
    """Run a node that provides, as the settings say; flags of `starminer run` go with it.

    It works as soon as the account is registered in a final block. Ctrl-C or SIGTERM stops it;
    what it has promised is found again on the chain when it starts.

    Parameters
    ----------
    settings
        The file that `starminer provider init` wrote.
    """
    start_node(node_config(load_settings(settings), config))


def node_config(settings: Settings, config: NodeConfig) -> NodeConfig:
    """Return the node's configuration: what the settings say, beside other flags."""
    return replace(
        config,
        chain=settings.chain,
        base_path=Path(settings.base_path),
        provider=True,
        register=False,
        executor=settings.executor,
        ray_address=settings.ray_address,
        device=settings.device,
        device_memory_mib=memory_mib(settings.device_memory),
    )


def micro_units(text: str) -> int:
    """Read a speed with its unit, `0.25CU/s`, in micro-CU per second.

    Raises: UsageError.
    """
    number = text.removesuffix(RATING_UNIT)
    try:
        micro = Fraction(number) * MICRO if number != text else None
    except (ValueError, ZeroDivisionError):
        micro = None
    if micro is None or micro.denominator != 1 or not 0 < micro < 2**64:
        raise UsageError(
            f"--rating: wanted a speed with its unit and at most 6 decimals, such as "
            f"0.25{RATING_UNIT}, got {text!r}"
        )
    return int(micro)


def hardware_name(text: str) -> bytes:
    """Return the name of a device as the chain keeps it.

    Raises: UsageError.
    """
    raw = text.encode()
    if len(raw) > 32:
        raise UsageError(f"--hardware: wanted at most 32 bytes, got {len(raw)}")
    return raw

"""The provider's service in a node: opens the device, registers, and runs the worker."""

from __future__ import annotations

from dataclasses import dataclass, replace

import trio

from consensus.compute.device import DeviceError
from consensus.compute.device_process import DeviceOptions, DeviceProcess
from consensus.compute.energy import EnergyMeter, Unread, source_for
from consensus.compute.executor import JobExecutor
from consensus.compute.fleet import FleetExecutor, FleetOptions
from consensus.compute.provider_view import Ports
from consensus.compute.worker import Worker, WorkerSettings
from node.assembly import Ground
from node.config import NodeConfig
from node.keystore.keystore import Keystore, KeyType
from node.log import Logger
from node.net.network import PeerNetwork
from node.provider import ProviderPair, ProviderSubmit, ProviderViews, Registration
from node.provider_desk import ProviderDesk
from node.sealing import KeyPublication, ProviderSealing, attester_of

PROVIDER_RATING = 1
"""Micro-CU per second that a provider registers with, until it has proven more: the least bond."""

SETTINGS = WorkerSettings(rest_seconds=1.0)


class CannotProvide(ValueError):
    """The node cannot provide: it has no account, or no device."""


@dataclass(frozen=True, slots=True)
class ProvidingParts:
    """What a provider stands on."""

    config: NodeConfig
    ground: Ground
    keystore: Keystore
    network: PeerNetwork
    desk: ProviderDesk
    device: DeviceOptions
    log: Logger


class Providing:
    """The service of a provider's node."""

    def __init__(self, parts: ProvidingParts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Register, if that is wanted, then work; a device that cannot start ends the node.

        Raises:
            CannotProvide: there is no key, or nothing to compute on.
        """
        parts, log = self._parts, self._parts.log
        (public, *_) = parts.keystore.public_keys(KeyType.PROVIDER) or (None,)
        if public is None:
            raise CannotProvide(
                "--provider wants a key of type `prov`: `starminer provider init` makes one"
            )
        executor = self._executor()
        try:
            info = await executor.start()
            log.info("device", name=info.name, memory_bytes=info.memory_bytes, gpu_off=info.gpu_off)
            parts.desk.opened(public, info)
            await self._work(public, executor)
        except DeviceError as error:
            raise CannotProvide(f"the compute device does not work: {error}") from error
        finally:
            with trio.CancelScope(shield=True):
                await executor.aclose()

    async def _work(self, public: bytes, executor: JobExecutor) -> None:
        """Work for the account that the key is, or acts for."""
        parts, ground, network = self._parts, self._parts.ground, self._parts.network
        pair = ProviderPair(parts.keystore, public)
        submit = ProviderSubmit(ground, pair, network.publish_opening, network.publish_shares)
        rating = PROVIDER_RATING if parts.config.register else None
        account = await Registration(ground, submit, public, rating, parts.log).run()
        views = ProviderViews(ground.executive, ground.chain, account)
        sealing = ProviderSealing(parts.keystore)
        ports = Ports(
            *(views, network.payloads, submit, executor, parts.log),
            sealing=sealing,
            testimonies=ground.receipts.testimonies,
            attester=attester_of(ground.executive.config.vendors, parts.log),
        )
        publication = KeyPublication(ground, submit, account, sealing.public, parts.log)
        settings = replace(SETTINGS, may_chill=account == public)
        meter = await self._meter(executor)
        worker = Worker(account, settings, ports, duty=parts.desk.duty, energy=meter)
        parts.desk.employ(account, worker)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(publication.run)
            if meter is not None:
                nursery.start_soon(meter.run)
            await worker.run()
            nursery.cancel_scope.cancel()

    async def _meter(self, executor: JobExecutor) -> EnergyMeter | None:
        """Return what measures this machine; nothing here knows what a cluster uses."""
        if self._parts.config.executor == "ray":
            return None
        source = source_for((await executor.start()).gpu_off)
        try:
            await source.microjoules(0.0)
        except Unread as error:
            self._parts.log.info("energy_not_measured", reason=str(error))
            return None
        return EnergyMeter(source)

    def _executor(self) -> JobExecutor:
        """Return what computes: the device of this machine, or a cluster."""
        config, device = self._parts.config, self._parts.device
        if config.executor == "ray":
            return FleetExecutor(FleetOptions(config.ray_address, device))
        return DeviceProcess(device)

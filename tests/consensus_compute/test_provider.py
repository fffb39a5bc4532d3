"""The worker with a real device process: a job through all its steps, on the real clock."""

from dataclasses import replace

import trio

from consensus.compute.device_process import DeviceOptions, DeviceProcess
from consensus.compute.provider_view import Lottery, Ports
from consensus.compute.worker import Worker, WorkerSettings
from runtime.compute.shares import DEVELOPMENT_SHARES
from tests.consensus_compute.fakes import FakeBlobs, FakeChain, FakeLog
from tests.runtime_compute.orders import JOB, PROVIDER, order
from tests.support.patience import patient

SETTINGS = WorkerSettings(search_seconds=0.1)
LOTTERY = Lottery(4, b"b" * 32, replace(DEVELOPMENT_SHARES, size=128, target=2**62), 0)


async def until(chain: FakeChain, jobs: int) -> None:
    """Wait until so many jobs are settled and some shares are counted."""
    while len(chain.settled) < jobs or not chain.batches:
        await trio.sleep(0.02)


async def test_jobs_are_settled_and_shares_found_by_a_device_process() -> None:
    chain, blobs = FakeChain(lottery=LOTTERY, block_seconds=0.3), FakeBlobs()
    device = DeviceProcess(DeviceOptions(kind="numpy", niceness=0))
    for job in range(3):
        wanted = order(60 + job, 50, 40, seed=job)
        blobs.content[wanted.spec.input_root] = wanted.content
        chain.assign(JOB + job, wanted.spec)
    ports = Ports(chain, blobs, chain, device, FakeLog())
    try:
        with trio.fail_after(patient(40)):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(Worker(PROVIDER, SETTINGS, ports).run)
                await until(chain, jobs=3)
                nursery.cancel_scope.cancel()
    finally:
        await device.aclose()
    assert sorted(chain.settled) == [JOB, JOB + 1, JOB + 2]

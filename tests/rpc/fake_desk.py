"""A provider's desk without a worker behind it."""

from node.rpc.views import RunningView, WorkerView

ALICE = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")


class FakeDesk:
    """A provider's worker that does a job on a card."""

    def __init__(self) -> None:
        self.mode = "working"

    def status(self) -> WorkerView:
        return WorkerView(
            account=ALICE,
            device="NVIDIA H200",
            memory_bytes=2 << 30,
            gpu_off="",
            mode=self.mode,
            fault="",
            is_withdrawn=False,
            slots=1,
            running=(RunningView("matmul", 1.25),),
            final_block=7,
            open_segments=2,
        )

    def order(self, mode: str) -> None:
        if mode not in ("working", "draining", "paused"):
            raise ValueError(f"wanted working, draining, paused, got {mode!r}")
        self.mode = mode

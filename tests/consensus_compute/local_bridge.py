"""A bridge without a cluster: two devices of this machine, of which one may do wrong.

Its first argument names the fault; the others are those of the real bridge.
"""

import os
import sys
import threading

from consensus.compute.device_main import claim_pipes
from consensus.compute.device_wire import Message
from consensus.compute.fleet_bridge import IsGone, read_arguments, serve_fleet
from consensus.compute.fleet_device import FleetDevice, FleetDeviceOptions, failed


class LocalDevices:
    """Two devices, `good` and `bad`; the bad one is asked first."""

    def __init__(self, fault: str, options: FleetDeviceOptions) -> None:
        self.fault = fault
        self.devices = {"bad": FleetDevice(options), "good": FleetDevice(options)}
        self.turn = threading.Lock()

    def probe(self) -> Message:
        if not self.devices or self.fault == "has no device":
            return failed("DeviceUnavailable", "no machine has a device")
        greeting = next(iter(self.devices.values())).greet()
        if greeting.kind != "done":
            return greeting
        return Message("done", {**greeting.values, "slots": len(self.devices)})

    def ban(self, name: str) -> Message:
        del self.devices[name]
        return Message("done")

    def do(self, request: Message, is_gone: IsGone) -> Message:
        with self.turn:
            name, device = next(iter(self.devices.items()))
            if self.fault == "hangs" and name == "bad":
                while not is_gone():
                    threading.Event().wait(0.05)
                del self.devices[name]
            reply = device.exchange(request)
        if self.fault == "lies" and name == "bad" and reply.contents:
            output, auxiliary = reply.contents
            reply = Message("done", {}, (bytes([output[0] ^ 1]) + output[1:], auxiliary))
        if self.fault == "dies":
            os._exit(9)
        return Message(reply.kind, {**reply.values, "member": name}, reply.contents)


if __name__ == "__main__":
    _, replies = claim_pipes()
    told = read_arguments(sys.argv[2:])
    assert told is not None, sys.argv
    serve_fleet(told[0], LocalDevices(sys.argv[1], told[2]), replies)

"""Clients that follow the head."""

from tests.rpc.clients import Client


async def events_of(client: Client, subscription: str, count: int) -> list:
    found = []
    for _ in range(count):
        message = await client.receive()
        assert message["method"] == "chainHead_v1_followEvent"
        assert message["params"]["subscription"] == subscription
        found.append(message["params"]["result"])
    return found


async def followed(client: Client, count: int, *, with_runtime: bool = False) -> tuple[str, list]:
    """Follow and return the id with the first events."""
    subscription = await client.call("chainHead_v1_follow", with_runtime)
    return subscription, await events_of(client, subscription, count)

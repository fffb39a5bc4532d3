"""The RPC server's numbers, under the names that Substrate's dashboards ask for."""

from io import StringIO

import trio

from node.log import LogFormat, LogLevels, Logs
from node.metrics import Metrics
from node.rpc.api import RpcConfig, RpcService
from node.rpc_side import Journal
from tests.rpc.clients import Served
from tests.rpc.support import FakeNode, Notes


async def test_calls_and_sessions_are_counted_by_protocol_and_method():
    metrics = Metrics("dev", "0.1.0")
    logs = Logs(LogFormat.JSON, LogLevels.parse(()), node="node", stream=StringIO())
    journal = Journal(logs.logger("rpc"), metrics.rpc)
    service = RpcService(FakeNode().backend(), RpcConfig(port=0), journal, metrics.render)
    async with trio.open_nursery() as nursery:
        port = await nursery.start(service.run)
        server = Served(FakeNode(), Notes(), port, nursery.cancel_scope.cancel)
        for _ in range(2):
            await server.call("system_name")
        async with server.websocket() as client:
            await client.call("system_dryRun", "0x00")
        page = (await server.get("/metrics")).body.decode()
        nursery.cancel_scope.cancel()
    wanted = [
        'calls_started{chain="dev",method="system_name",protocol="http"} 2.0',
        'calls_finished{chain="dev",is_error="false",is_rate_limited="false",'
        'method="system_name",protocol="http"} 2.0',
        'calls_finished{chain="dev",is_error="true",is_rate_limited="false",'
        'method="system_dryRun",protocol="ws"} 1.0',
        'calls_time_count{chain="dev",is_rate_limited="false",method="system_name",'
        'protocol="http"} 2.0',
        'sessions_opened{chain="dev",protocol="ws"} 1.0',
    ]
    assert [line for line in wanted if f"substrate_rpc_{line}" not in page] == []
    assert "substrate_rpc_sessions_time_bucket" in page

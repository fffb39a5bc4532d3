"""A headless Chromium, driven over its debugging WebSocket by trio-websocket alone."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio
from trio_websocket import WebSocketConnection, open_websocket_url

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
START_SECONDS = 30
"""A cold start of the browser on a busy machine."""

SHOW_SECONDS = 20
"""For the page to show what a test waits for."""

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--window-size=400,900",
)


class Tab:
    """One page: evaluates scripts in it and notes what its console says."""

    def __init__(self, connection: WebSocketConnection) -> None:
        self._connection = connection
        self._session: str | None = None
        self._last_id = 0
        self.console: list[str] = []

    async def open(self, url: str) -> None:
        """Open a page and listen to its console."""
        target = await self._command("Target.createTarget", url="about:blank")
        attached = await self._command(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        await self._command("Runtime.enable")
        await self._command("Log.enable")
        await self._command("Page.enable")
        await self._command("Page.navigate", url=url)

    async def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        found = await self._command("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def text(self, selector: str) -> str:
        """Return the visible text of an element, cells separated by single blanks."""
        shown = await self.evaluate(f"document.querySelector({selector!r})?.innerText ?? ''")
        return " ".join(str(shown).split())

    async def wait_for(self, selector: str, words: str) -> str:
        """Wait until an element shows these words, and return all its text."""
        shown = ""
        with trio.move_on_after(SHOW_SECONDS):
            while words not in (shown := await self.text(selector)):
                await trio.sleep(0.02)
        assert words in shown, f"wanted {words!r} in {selector}, got {shown!r}; {self.console}"
        return shown

    async def _command(self, method: str, **params: object) -> Any:
        self._last_id += 1
        message: dict[str, object] = {"id": self._last_id, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        await self._connection.send_message(json.dumps(message))
        while True:
            reply = json.loads(await self._connection.get_message())
            if reply.get("id") == self._last_id:
                assert "error" not in reply, (method, reply["error"])
                return reply["result"]
            self._note(reply)

    def _note(self, event: Any) -> None:
        params = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            self.console.append(str(params["exceptionDetails"]))
        elif event["method"] == "Runtime.consoleAPICalled" and params["type"] != "log":
            self.console.append(str(params["args"]))
        elif event["method"] == "Log.entryAdded":
            self.console.append(params["entry"]["text"])


@asynccontextmanager
async def browsing(url: str, profile: Path) -> AsyncIterator[Tab]:
    """Open a URL in a browser of its own."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    async with trio.open_nursery() as nursery:
        process = await nursery.start(
            partial(
                trio.run_process, command, capture_stdout=True, capture_stderr=True, check=False
            )
        )
        try:
            address = await _debugging_address(profile)
            async with open_websocket_url(address, max_message_size=1 << 24) as connection:
                tab = Tab(connection)
                await tab.open(url)
                yield tab
        finally:
            process.kill()
            nursery.cancel_scope.cancel()


async def _debugging_address(profile: Path) -> str:
    noted = profile / "DevToolsActivePort"
    with trio.fail_after(START_SECONDS):
        while not noted.exists() or len(noted.read_text().splitlines()) < 2:
            await trio.sleep(0.02)
    port, path = noted.read_text().splitlines()[:2]
    return f"ws://127.0.0.1:{port}{path}"

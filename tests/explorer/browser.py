"""A headless Chromium, driven over its debugging WebSocket by trio-websocket alone."""

import json
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio
from trio_websocket import WebSocketConnection, open_websocket_url

from tests.support.patience import patient

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
START_SECONDS = patient(15)
"""A cold start of the browser on a busy machine."""

SHOW_SECONDS = patient(20)
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
        self.requests: list[str] = []
        """Every address that the page asked for anything."""

    async def open(self, url: str, first: str = "") -> None:
        """Open a page and listen to its console; `first` runs before its own scripts."""
        target = await self._command("Target.createTarget", url="about:blank")
        attached = await self._command(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        await self._command("Runtime.enable")
        await self._command("Log.enable")
        await self._command("Page.enable")
        await self._command("Network.enable")
        if first:
            await self._command("Page.addScriptToEvaluateOnNewDocument", source=first)
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

    async def show_as(self, width: int, height: int = 900, *, theme: str = "light") -> None:
        """Give the page a size, and the reader a taste."""
        await self._command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await self._command("Emulation.setScrollbarsHidden", hidden=True)
        feature = {"name": "prefers-color-scheme", "value": theme}
        await self._command("Emulation.setEmulatedMedia", features=[feature])

    async def press(self, key: str, text: str = "") -> None:
        """Press a key, and let it go; `text` is what it types."""
        codes = {"Tab": 9, "Enter": 13}
        named = {"key": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        await self._command("Input.dispatchKeyEvent", type="keyDown", text=text, **named)
        await self._command("Input.dispatchKeyEvent", type="keyUp", **named)

    async def type(self, text: str) -> None:
        """Type into what has the focus."""
        await self._command("Input.insertText", text=text)

    async def run(self, script: str) -> None:
        """Run a script that is too long for an expression."""
        await self._command("Runtime.evaluate", expression=script)

    async def resolved(self, script: str) -> Any:
        """Return what a promise in the page comes to."""
        found = await self._command(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def screenshot(self, *, is_whole: bool = False) -> bytes:
        """Return the page as PNG, all of it or what fits the window."""
        shot = await self._command(
            "Page.captureScreenshot", format="png", captureBeyondViewport=is_whole
        )
        return b64decode(shot["data"])

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
        elif event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            self.requests.append(params["request"]["url"] if "request" in params else params["url"])
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

"""A headless Chromium for the tests of the page: it is told what to do over a pipe."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 60.0  # seconds for one answer

# Keys that are no characters, with what Chromium wants to know of them.
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}


class Browser:
    """One page at a time.  with Browser(tmp_path) as browser: browser.open(file)"""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM is not None
        command_read, self._write = os.pipe()
        self._read, answer_write = os.pipe()

        def place() -> None:  # Chromium reads from 3 and writes to 4
            reading, writing = os.dup(command_read), os.dup(answer_write)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self._process = subprocess.Popen(
            [PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars",
             f"--user-data-dir={folder / 'profile'}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(command_read)
        os.close(answer_write)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Browser:
        targets = self.tell("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        told = self.tell("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = told["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.tell(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, until - time.monotonic()))
            piece = os.read(self._read, 1 << 20) if ready else b""
            if not piece:
                raise RuntimeError("the browser does not answer")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))

    # ---- what a reader does --------------------------------------------------------------------

    def open(self, file: Path, width: int = 1280, height: int = 900) -> None:
        """Shows a file, and waits until it is there."""
        self.events.clear()
        self.size(width, height)
        self.tell("Page.navigate", url=file.absolute().as_uri())
        while self.ask("document.readyState") != "complete":
            time.sleep(0.02)

    def size(self, width: int, height: int) -> None:
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def ask(self, expression: str, wait: bool = False) -> Any:
        """The value of an expression in the page; wait: of the promise that it is."""
        told = self.tell("Runtime.evaluate", expression=expression, returnByValue=True,
                         awaitPromise=wait)
        if "exceptionDetails" in told:
            raise RuntimeError(told["exceptionDetails"]["text"])
        return told["result"].get("value")

    def type(self, text: str) -> None:
        for character in text:
            self.tell("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
            self.tell("Input.dispatchKeyEvent", type="keyUp", key=character)

    def press(self, key: str) -> None:
        code = KEYS[key]
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        if key == "Enter":
            about["text"] = "\r"
        self.tell("Input.dispatchKeyEvent", type="keyDown", **about)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **about)

    def picture(self, file: Path) -> None:
        """What the window shows, as a PNG."""
        told = self.tell("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(told["data"]))

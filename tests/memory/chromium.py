"""Debian's Chromium without a window, by its own protocol over a pipe: no library is needed.

Every request that a page makes is noted; a proxy that is not there would fail any that got out.
"""

import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
needs_chromium = pytest.mark.skipif(not PROGRAM, reason="chromium is not installed")
#: Seconds that anything may take.
PATIENCE = 30.0
#: Has a program read from descriptor 3 and write to 4.
_WITH_PIPES = """
import os, sys
high = [os.dup2(int(one), 100 + at) for at, one in enumerate(sys.argv[1:3])]
for at, one in enumerate(high):
    os.dup2(one, 3 + at)
    os.close(one)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """A browser with one page; `asked` are the addresses of every request, in their order."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._rest = to, back, b""
        self._numbers = itertools.count(1)
        self._session = ""
        self.asked: list[str] = []
        self.problems: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Network", "Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Do something, and return what it is answered with."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> Any:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._back], [], [], max(0.0, until - time.monotonic()))
            assert ready, "chromium did not answer"
            chunk = os.read(self._back, 1 << 20)
            assert chunk, "chromium ended"
            self._rest += chunk
        one, _, self._rest = self._rest.partition(b"\0")
        message = json.loads(one)
        self._note(message)
        return message

    def _note(self, message: Any) -> None:
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.asked.append(parameters["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(parameters["exceptionDetails"])[:500])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.problems.append(parameters["entry"]["text"])

    def go(self, url: str) -> None:
        """Open a page, and wait until it is loaded."""
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = PATIENCE) -> Any:
        """Wait until an expression is true in the page; return its value."""
        until = time.monotonic() + seconds
        while not (value := self.value(expression)):
            assert time.monotonic() < until, f"not so: {expression}; {self.problems}"
        return value

    def click(self, expression: str) -> None:
        """Click with the mouse on the middle of the element that an expression gives."""
        box = self.value(
            f"(() => {{ const one = {expression}; one.scrollIntoView({{block: 'center'}});"
            " const b = one.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=box[0],
                y=box[1],
                button="left",
                clickCount=1,
            )


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Have a browser with a profile of its own in `folder`."""
    read_there, to = os.pipe()
    back, write_there = os.pipe()
    argv = [
        PROGRAM,
        "--headless=new",
        "--remote-debugging-pipe",
        f"--user-data-dir={folder}",
        "--no-first-run",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--proxy-server=127.0.0.1:9",
        "--proxy-bypass-list=127.0.0.1",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    child = subprocess.Popen(
        [sys.executable, "-c", _WITH_PIPES, str(read_there), str(write_there), *argv],
        pass_fds=(read_there, write_there),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
        start_new_session=True,
    )
    os.close(read_there)
    os.close(write_there)
    try:
        yield Browser(to, back)
    finally:
        os.close(to)
        os.close(back)
        child.kill()
        child.wait()
        _end_group(child.pid)


def _end_group(pid: int) -> None:
    try:
        os.killpg(pid, 9)
    except (ProcessLookupError, PermissionError):
        return

"""Serves pages of ours to a browser on this machine, and to nobody else.

It listens on loopback alone, behind a random token that stands in every address. Whoever does not
know the token learns nothing, not even whether there is such a page. It ends with the event loop.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from cockpit.errors import CockpitError

#: A request is not longer, in bytes, does not take longer to come, in seconds, nor do more than
#: so many come at once.
_REQUEST, _PATIENCE, _MOST = 16 << 10, 10.0, 32
#: Bytes that are sent at a time: a slow reader holds no more of a page in memory.
_CHUNK = 256 << 10
#: What a page may do: run the scripts it holds, and load nothing from anywhere. memray's pages keep
#: their scripts, styles, pictures and fonts within themselves, and make functions of text.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "font-src data:",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Connection": "close",
}
_KINDS = {".html": "text/html; charset=utf-8", ".svg": "image/svg+xml"}
_REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 405: "Method Not Allowed"}


class Server:
    """Serves the pages that it was given; `async with` it, or `close` it."""

    def __init__(self) -> None:
        """Serve nothing yet, and listen nowhere."""
        self._token = secrets.token_urlsafe(32)
        self._pages: dict[str, Path] = {}
        self._server: asyncio.Server | None = None
        #: Where it listens; 0 while it does not.
        self.port = 0
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Server":
        """Listen."""
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        await self.close()

    async def open(self) -> None:
        """Listen at a port that is free. Raises `CockpitError` where that cannot be."""
        if self._server is None:
            try:
                self._server = await asyncio.start_server(
                    self._accept, "127.0.0.1", 0, limit=_REQUEST
                )
            except OSError as error:
                raise CockpitError(f"no page can be served here: {error.strerror}") from error
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more, and hang up on whoever is still there."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for talk in tuple(self._talks):
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            await server.wait_closed()

    def serve(self, page: Path) -> str:
        """Serve the file `page` by its name from now on, and return its address."""
        self._pages[page.name] = page
        return f"http://127.0.0.1:{self.port}/{self._token}/{quote(page.name)}"

    # --- Answering ----------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is None or len(self._talks) >= _MOST:
            writer.close()
            return
        self._talks.add(talk)
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # whoever asked has gone, or we go
        finally:
            self._talks.discard(talk)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            return
        except asyncio.LimitOverrunError:
            self._say(writer, 400)
            return
        status, page = self._judge(head.decode("latin-1").split("\r\n"))
        if page is None:
            self._say(writer, status)
            await writer.drain()
            return
        await self._send(writer, page, head.startswith(b"HEAD "))

    def _judge(self, lines: list[str]) -> tuple[int, Path | None]:
        """Return what a request is answered with: a status, and the page where there is one."""
        method, _, rest = lines[0].partition(" ")
        target, _, version = rest.rpartition(" ")
        if not version.startswith("HTTP/1."):
            return 400, None
        hosts = [line[5:].strip() for line in lines[1:] if line[:5].lower() == "host:"]
        # A page of somebody else's could have its own name mean this machine (DNS rebinding).
        if hosts not in ([f"127.0.0.1:{self.port}"], [f"localhost:{self.port}"]):
            return 403, None
        token, _, name = target.removeprefix("/").partition("?")[0].partition("/")
        if not secrets.compare_digest(token.encode("latin-1"), self._token.encode()):
            return 403, None
        if method not in ("GET", "HEAD"):
            return 405, None
        named: Mapping[str, Path] = {quote(known): page for known, page in self._pages.items()}
        return (200, named[name]) if name in named else (403, None)

    def _say(self, writer: asyncio.StreamWriter, status: int) -> None:
        words = f"{_REASONS[status]}\n".encode()
        writer.write(_head(status, "text/plain; charset=utf-8", len(words)) + words)

    async def _send(self, writer: asyncio.StreamWriter, page: Path, head_alone: bool) -> None:
        try:
            content = await asyncio.to_thread(page.read_bytes)
        except OSError:  # it was deleted since
            self._say(writer, 403)
            return
        writer.write(_head(200, _KINDS.get(page.suffix, _KINDS[".html"]), len(content)))
        for start in range(0, 0 if head_alone else len(content), _CHUNK):
            writer.write(content[start : start + _CHUNK])
            async with asyncio.timeout(_PATIENCE):
                await writer.drain()


def _head(status: int, kind: str, length: int) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", f"Content-Type: {kind}"]
    lines += [f"Content-Length: {length}", *(f"{name}: {said}" for name, said in _HEADERS.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()

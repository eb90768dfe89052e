"""Pages on loopback: only who knows the token gets one, and nothing that asks does any harm."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cockpit import serving
from cockpit.serving import Server

pytestmark = [pytest.mark.integration, pytest.mark.security]
WORDS = "<h1>grün</h1>" + "x" * 400_000


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "a page.html"
    file.write_text(WORDS, encoding="utf-8")
    return file


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as one:
        yield one


async def talk(url: str, request: bytes) -> bytes:
    """Send bytes to where `url` is, and return all that comes back."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(request)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


async def ask(url: str, path: str | None = None, method: str = "GET", host: str = "") -> bytes:
    """Ask for a page as a browser does."""
    parts = urlsplit(url)
    request = f"{method} {path or parts.path} HTTP/1.1\r\nHost: {host or parts.netloc}\r\n\r\n"
    return await talk(url, request.encode("latin-1"))


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_who_knows_the_address_gets_the_page_and_what_guards_it(
    server: Server, page: Path
) -> None:
    url = server.serve(page)
    parts = urlsplit(url)
    assert parts.hostname == "127.0.0.1"
    assert len(parts.path.split("/")[1]) >= 43, "32 bytes of chance"
    head, _, body = (await ask(url)).partition(b"\r\n\r\n")
    assert status(head) == 200
    assert body.decode() == WORDS
    for line in (
        b"Content-Type: text/html; charset=utf-8",
        b"Cache-Control: no-store",
        b"Referrer-Policy: no-referrer",
        b"X-Content-Type-Options: nosniff",
    ):
        assert line in head
    assert b"default-src 'none'" in head and b"frame-ancestors 'none'" in head
    assert not await_body(await ask(url, method="HEAD"))


def await_body(answer: bytes) -> bytes:
    assert status(answer) == 200
    return answer.partition(b"\r\n\r\n")[2]


async def test_another_token_or_none_is_forbidden_whatever_is_asked_for(
    server: Server, page: Path
) -> None:
    url = server.serve(page)
    token, name = urlsplit(url).path.split("/")[1:]
    wrong = ("A" if token[0] != "A" else "B") + token[1:]
    for path in (
        "/",
        "/" + name,
        f"/{wrong}/{name}",
        f"/{token[:-1]}/{name}",
        f"/{token}x/{name}",
        f"/{token}/",
        f"/{token}",
        f"/{token}/../{name}",
        f"/{token}/..%2f..%2fetc/passwd",
        f"/{token}/other.html",
        f"//{token}/{name}/../../etc/passwd",
        "/\xfc/\xfc",
        "*",
    ):
        answer = await ask(url, path)
        assert status(answer) == 403, path
        assert answer.endswith(b"Forbidden\n")


async def test_two_servers_do_not_know_each_others_tokens(page: Path) -> None:
    async with Server() as one, Server() as other:
        urls = [urlsplit(each.serve(page)) for each in (one, other)]
        assert urls[0].path != urls[1].path
        assert status(await ask(urls[0].geturl(), urls[1].path)) == 403


async def test_a_name_that_means_this_machine_is_not_enough(server: Server, page: Path) -> None:
    url = server.serve(page)
    port = urlsplit(url).port
    assert status(await ask(url, host=f"localhost:{port}")) == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.2:{port}"):
        assert status(await ask(url, host=host)) == 403
    path = urlsplit(url).path
    assert status(await talk(url, f"GET {path} HTTP/1.1\r\n\r\n".encode())) == 403
    twice = f"GET {path} HTTP/1.1\r\nHost: evil\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    assert status(await talk(url, twice.encode())) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
async def test_a_page_can_only_be_read(server: Server, page: Path, method: str) -> None:
    assert status(await ask(server.serve(page), method=method)) == 405


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"\x00" * 200 + b"\r\n\r\n",
        b"GET /" + b"a" * 50_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_rubbish_is_refused_and_the_next_is_served(
    server: Server, page: Path, request_: bytes
) -> None:
    url = server.serve(page)
    answer = await talk(url, request_)
    assert not answer or status(answer) in (400, 403)
    assert status(await ask(url)) == 200


async def test_who_says_nothing_is_hung_up_on(
    server: Server, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_PATIENCE", 0.2)
    url = server.serve(page)
    assert await talk(url, b"GET / HT") == b""


async def test_many_who_say_nothing_keep_nobody_out_for_long(
    server: Server, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_PATIENCE", 0.5)
    url = server.serve(page)
    parts = urlsplit(url)
    silent = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(60)]

    async def served() -> bool:
        try:
            answer = await ask(url)
        except OSError:
            return False
        return answer.startswith(b"HTTP/1.1 200")

    async with asyncio.timeout(20):
        while not await served():  # noqa: ASYNC110 -- there is nothing to wait for but the answer
            await asyncio.sleep(0)
    for _, writer in silent:
        writer.close()


async def test_it_is_gone_with_its_end(page: Path) -> None:
    server = Server()
    await server.open()
    parts = urlsplit(server.serve(page))
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    await server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), 2)
    writer.close()
    await server.close()


async def test_a_page_that_was_deleted_is_as_if_it_had_never_been(
    server: Server, page: Path
) -> None:
    url = server.serve(page)
    page.unlink()
    assert status(await ask(url)) == 403

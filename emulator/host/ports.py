# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The License Servers' own ports: real listeners on loopback, all served by one thread."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

WEB_PROCESS = "httpd"
_PAGE = b"<!DOCTYPE html><title>Citrix Licensing Manager</title><h1>Emulated License Server</h1>\n"
_PATIENCE = 30  # seconds that a silent client is kept
_T = TypeVar("_T")


class PortThread:
    """One event loop in one thread for the ports of all servers; it runs while at least one server does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def enter(self) -> None:
        with self._lock:
            self._users += 1
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="license-ports", daemon=True)
                self._thread.start()

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users or self._loop is None or self._thread is None:
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do something in the loop and wait for it."""
        if self._loop is None:
            work.close()
            raise OSError("the ports of this server are switched off")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=_PATIENCE)


class LoopbackPorts:
    """The listeners of one server on its own address. The web service's port speaks HTTPS, the others only listen."""

    def __init__(self, thread: PortThread, address: str, tls: Callable[[], ssl.SSLContext]) -> None:
        self._thread = thread
        self._address = address
        self._tls = tls
        self._servers: dict[int, asyncio.Server] = {}
        self._connections: set[asyncio.StreamWriter] = set()

    def open(self, port: int, process: str) -> None:
        """Listen; OSError if the port is taken or the certificate is no good."""
        if port in self._servers:
            return
        context = self._tls() if process == WEB_PROCESS else None
        self._servers[port] = self._thread.run(self._listen(port, context))

    def close(self, port: int) -> None:
        """Stop listening and drop the connections."""
        server = self._servers.pop(port, None)
        if server is not None:
            self._thread.run(self._hang_up(server))

    async def _listen(self, port: int, context: ssl.SSLContext | None) -> asyncio.Server:
        handler = self._page if context is not None else self._silence
        return await asyncio.start_server(handler, self._address, port, ssl=context)

    async def _hang_up(self, server: asyncio.Server) -> None:
        own = {tuple(socket.getsockname()) for socket in server.sockets}
        server.close()
        for writer in list(self._connections):
            if tuple(writer.get_extra_info("sockname", ())) in own:
                writer.transport.abort()

    async def _page(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._kept(writer), contextlib.suppress(OSError, asyncio.TimeoutError, EOFError, ValueError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)
            found = head.split(b" ", 2)[1:2] == [b"/"]
            status, body = (b"200 OK", _PAGE) if found else (b"404 Not Found", b"Not Found\n")
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()

    async def _silence(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The daemons' own protocol is FlexNet's and not public: they listen, and say nothing.
        with self._kept(writer), contextlib.suppress(OSError, asyncio.TimeoutError):
            while await asyncio.wait_for(reader.read(4096), _PATIENCE):
                pass

    @contextlib.contextmanager
    def _kept(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._connections.add(writer)
        try:
            yield
        finally:
            self._connections.discard(writer)
            writer.close()

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control connection: how `stats` reaches the emulator that runs on the same state folder.

One line of JSON each way, on loopback. ``control.json`` in the state folder says where, and holds the token that a
request must show, so that only who may read the folder may ask.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT = 10.0
"""Seconds to wait for the answer of a running emulator."""

_FILE = "control.json"

Handler = Callable[[dict[str, object]], dict[str, object]]


@dataclass
class ControlServer:
    """Answers requests of other processes with ``handler``, in the event loop it was started in."""

    folder: Path
    handler: Handler
    _server: asyncio.Server | None = None
    _token: str = ""

    async def start(self) -> None:
        self._token = secrets.token_hex(16)
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        document = json.dumps({"port": port, "token": self._token, "process_id": os.getpid()})
        file = self.folder / _FILE
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(document, encoding="utf-8")

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            (self.folder / _FILE).unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(await asyncio.wait_for(reader.readline(), _TIMEOUT))
            if hmac.compare_digest(str(request.pop("token", "")), self._token):
                writer.write(json.dumps(self.handler(request)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, TimeoutError, asyncio.TimeoutError, ValueError, AttributeError):
            pass
        finally:
            writer.close()


def ask(folder: Path, request: dict[str, object]) -> dict[str, object] | None:
    """Ask the emulator that runs on a state folder; None if none runs."""
    try:
        where = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        with socket.create_connection(("127.0.0.1", where["port"]), _TIMEOUT) as connection:
            connection.sendall(json.dumps({**request, "token": where["token"]}).encode() + b"\n")
            with connection.makefile("rb") as answer:
                line = answer.readline()
    except (FileNotFoundError, ConnectionError, TimeoutError, ValueError, KeyError):
        return None
    # Another program may have got the port of an emulator that was killed; it does not know the token.
    document: dict[str, object] | None = json.loads(line) if line else None
    return document

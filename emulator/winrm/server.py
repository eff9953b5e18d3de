# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sockets of one emulated WinRM listener, and the one place where time passes."""

from __future__ import annotations

import asyncio
import ssl
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

from emulator.winrm import encryption, programs, wsman
from emulator.winrm.authentication import Accounts, Authenticator, Challenge, LoggedOn
from emulator.winrm.http import MAX_HEAD_SIZE, BadRequestError, Head, Response, parse_head
from emulator.winrm.payload import UnsupportedPayloadError, parse_module_call, recognise
from emulator.winrm.session import AgentHost, Session
from emulator.winrm.shells import CommandLine, Outcome, ShellService, Waiting
from emulator.winrm.statistics import Statistics

_SOAP = ("Content-Type", "application/soap+xml;charset=UTF-8")

_SEALING_RESERVE = 4096
"""Bytes that encryption may add to an envelope."""

_THREADS = 8
"""Calls of the agent that may run at once on one host; others wait. Each host has its own, so that a host whose calls
are slow never holds up another."""


@dataclass(frozen=True)
class Listener:
    """How one server listens. ``tls`` None is HTTP; ``basic`` offers Basic beside Negotiate.

    ``allow_unencrypted`` is the WinRM service's setting of that name: over HTTP, whether messages may come in clear.
    ``process_start`` is how many seconds it takes until the program of a Command runs.
    """

    port: int
    tls: ssl.SSLContext | None
    basic: bool
    allow_unencrypted: bool
    process_start: float = 0.0


class _DroppedError(Exception):
    """The fault drop_connection has struck: close, do not answer."""


@dataclass(frozen=True)
class _Answer:
    """A SOAP answer, and the operation it is for (empty if the request could not be read)."""

    status: HTTPStatus
    envelope: bytes
    operation: str = ""


class WinRmServer:
    """One host's listener. Lives in one event loop; only ``AgentHost.run_agent`` leaves its thread."""

    def __init__(self, host: AgentHost, listener: Listener, folder: Path, statistics: Statistics | None = None) -> None:
        self.statistics = statistics or Statistics()
        self._host = host
        self._listener = listener
        self._accounts = Accounts(host.credentials, host.name, folder / f"{host.name}.accounts")
        self._shells = ShellService(f"{host.address}:{listener.port}", recognise, self._launch)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix=host.name)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; the one asked for, unless that was 0."""
        if self._server is None:
            return self._listener.port
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError if the address or port is taken."""
        self._host.tell_process_starts(partial(self._tell_process_start, asyncio.get_running_loop()))
        self._server = await asyncio.start_server(
            self._connected, self._host.address, self._listener.port, ssl=self._listener.tls, limit=MAX_HEAD_SIZE
        )

    def _tell_process_start(self, loop: asyncio.AbstractEventLoop) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._count_process_start)

    def _count_process_start(self) -> None:
        self.statistics.count_process_start()

    async def stop(self) -> None:
        """Close the listener and every connection. A call of the agent that is still running runs on in its thread."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._converse(reader, writer)
        except (_DroppedError, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            # The server stops. The task ends here, so nobody has to be told.
            writer.transport.abort()
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        authenticator = Authenticator(self._accounts, self._listener.basic)
        client_address = str(writer.get_extra_info("peername")[0])
        close = False
        while not close:
            try:
                head = await self._read_head(reader)
            except BadRequestError as error:
                response = Response(error.status, close=True)
            else:
                if head is None:
                    return
                body = await reader.readexactly(head.content_length)
                self.statistics.bytes_in += len(body)
                response = await self._respond(head, body, authenticator, client_address)
            await self._delay()
            data = response.encode()
            self.statistics.bytes_out += len(data)
            writer.write(data)
            await writer.drain()
            close = response.close

    async def _read_head(self, reader: asyncio.StreamReader) -> Head | None:
        try:
            data = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError as error:
            raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from error
        self.statistics.http_requests += 1
        self.statistics.bytes_in += len(data)
        head = parse_head(data)
        if head.content_length > wsman.MAX_ENVELOPE_SIZE + _SEALING_RESERVE:
            await self._discard(reader, head.content_length)
            raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return head

    async def _discard(self, reader: asyncio.StreamReader, length: int) -> None:
        # A client that is still sending does not read; closing on it would hide the answer.
        while length > 0:
            data = await reader.read(min(length, MAX_HEAD_SIZE))
            if not data:
                raise ConnectionResetError
            self.statistics.bytes_in += len(data)
            length -= len(data)

    async def _delay(self) -> None:
        seconds = self._host.fault("slow_answers")
        if isinstance(seconds, (int, float)):
            await asyncio.sleep(seconds)

    async def _respond(self, head: Head, body: bytes, authenticator: Authenticator, client_address: str) -> Response:
        if head.path.partition("?")[0].rstrip("/").lower() != "/wsman":
            return Response(HTTPStatus.NOT_FOUND)
        if head.method != "POST":
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers=[("Allow", "POST")])
        logged_on = authenticator.log_on(head.headers.get("authorization"))
        if isinstance(logged_on, LoggedOn) and self._host.fault("refuse_log_in"):
            logged_on = authenticator.challenge()
        if isinstance(logged_on, Challenge):
            return Response(HTTPStatus.UNAUTHORIZED, headers=logged_on.headers)
        if not body:
            # The empty message by which clients log on before they encrypt.
            return Response(HTTPStatus.OK, headers=logged_on.headers)
        return await self._respond_to_message(head, body, authenticator, logged_on, client_address)

    async def _respond_to_message(
        self, head: Head, body: bytes, authenticator: Authenticator, logged_on: LoggedOn, client_address: str
    ) -> Response:
        encrypted = encryption.is_encrypted(head.headers.get("content-type", ""))
        context = authenticator.context
        if encrypted:
            if context is None:
                return Response(HTTPStatus.BAD_REQUEST)
            try:
                body = encryption.unseal(context, body)
            except encryption.DecryptionError:
                return Response(HTTPStatus.BAD_REQUEST, close=True)
        elif self._listener.tls is None and not self._listener.allow_unencrypted:
            # What Windows answers with AllowUnencrypted=false: no body (diyan/pywinrm issue 208).
            return Response(HTTPStatus.INTERNAL_SERVER_ERROR, headers=logged_on.headers)
        if len(body) > wsman.MAX_ENVELOPE_SIZE:
            return Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, close=True)
        answer = await self._operate(body, Session(logged_on.user), client_address)
        self._drop_if_asked(answer.operation)
        if encrypted and context is not None:
            sealed = encryption.seal(context, answer.envelope)
            return Response(answer.status, sealed, [("Content-Type", encryption.CONTENT_TYPE), *logged_on.headers])
        return Response(answer.status, answer.envelope, [_SOAP, *logged_on.headers])

    async def _operate(self, envelope: bytes, session: Session, client_address: str) -> _Answer:
        operation = ""
        try:
            request = wsman.parse(envelope)
            operation = request.operation
            self.statistics.count_operation(operation)
            answer = self._shells.handle(request, session, client_address)
            if operation == "Command":
                self.statistics.count_process_start()
            if isinstance(answer, Waiting):
                await asyncio.wait([asyncio.wrap_future(answer.command.ended)], timeout=request.operation_timeout)
                answer = self._shells.receive(answer)
        except wsman.FaultError as fault:
            return _Answer(HTTPStatus.INTERNAL_SERVER_ERROR, wsman.fault_answer(fault, self._host.address), operation)
        return _Answer(HTTPStatus.OK, answer, operation)

    def _drop_if_asked(self, operation: str) -> None:
        fault = self._host.fault("drop_connection")
        if isinstance(fault, dict) and fault.get("operation", operation) == operation:
            strikes = not fault.get("after")
            self._host.spend_fault("drop_connection")
            if strikes:
                raise _DroppedError

    def _launch(self, line: CommandLine, stdin: bytes, session: Session, end: Callable[[Outcome], None]) -> None:
        if line.reads_stdin and _is_agent_call(stdin):
            self.statistics.count_module_call(len(stdin))
        if line.reads_stdin:
            program = partial(programs.run_module, self._host, self._accounts, stdin, session)
        else:
            program = partial(programs.run_line, self._host, line)
        asyncio.get_running_loop().call_later(self._listener.process_start, self._run, program, end)

    def _run(self, program: Callable[[], Outcome], end: Callable[[Outcome], None]) -> None:
        try:
            running = self._pool.submit(program)
        except RuntimeError:
            # The server has stopped meanwhile: nobody waits for the program.
            return
        running.add_done_callback(partial(_report, asyncio.get_running_loop(), end))


def _is_agent_call(stdin: bytes) -> bool:
    try:
        return programs.agent_request(parse_module_call(stdin)) is not None
    except UnsupportedPayloadError:
        return False


def _report(loop: asyncio.AbstractEventLoop, end: Callable[[Outcome], None], running: Future[Outcome]) -> None:
    if running.cancelled() or loop.is_closed():
        return
    error = running.exception()
    if error is None:
        outcome = running.result()
    else:
        traceback.print_exception(error, file=sys.stderr)
        outcome = Outcome(stderr=f"error in the emulator: {error!r}\r\n".encode(), exit_code=1)
    loop.call_soon_threadsafe(end, outcome)

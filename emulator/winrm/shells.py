# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command shell of WS-Management (winrs): shells, their commands, and the streams of a command.

No input or output here: envelopes come in and go out, and what a command line does is the business of a Launcher.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from emulator.winrm import wsman
from emulator.winrm.session import Session

CONTROL_C_EXIT = -1073741510
"""Exit code of a process ended by Ctrl+C on Windows (STATUS_CONTROL_C_EXIT)."""

_ENVELOPE_RESERVE = 4096
"""Bytes of an answer that are not output: headers, tags, command state."""


@dataclass(frozen=True)
class Outcome:
    """What a finished process leaves behind."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0


@dataclass(frozen=True)
class CommandLine:
    """A command as the client sent it: its text with the arguments, and whether it will read standard input."""

    text: str
    reads_stdin: bool


Launcher = Callable[[CommandLine, bytes, Session, Callable[[Outcome], None]], None]
"""Starts a command line with its whole standard input; calls back when the process has ended, in the same thread."""


@dataclass
class Command:
    """A process in a shell. ``ended`` is done when it has ended, cancelled when it was taken away before."""

    command_id: str
    line: CommandLine
    stdin: bytearray = field(default_factory=bytearray)
    stdin_closed: bool = False
    ended: Future[Outcome] = field(default_factory=Future)
    sent_stdout: int = 0
    sent_stderr: int = 0
    reported_done: bool = False

    def end(self, outcome: Outcome) -> None:
        """The first end of a process counts: a signal may come before its work is done."""
        if not self.ended.done():
            self.ended.set_result(outcome)


@dataclass
class Shell:
    """A shell of one log-on. ``session`` is who opened it; another account does not see it."""

    shell_id: str
    session: Session
    client_address: str
    commands: dict[str, Command] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """A Receive without output: ask ``ShellService.receive`` when ``command`` has ended or the request's time is up."""

    request: wsman.Request
    command: Command


class ShellService:
    """All shells of one server."""

    def __init__(self, address: str, recognise: Callable[[str], CommandLine], launch: Launcher) -> None:
        self._address = address
        self._recognise = recognise
        self._launch = launch
        self._shells: dict[str, Shell] = {}

    def handle(self, request: wsman.Request, session: Session, client_address: str) -> bytes | Waiting:
        """Answer one operation. Raises wsman.FaultError, its ``relates_to`` set."""
        try:
            return self._handle(request, session, client_address)
        except wsman.FaultError as fault:
            fault.relates_to = request.message_id
            raise

    def receive(self, waiting: Waiting) -> bytes:
        """Answer a Receive that had to wait. Raises wsman.FaultError; without output, the operation timeout."""
        try:
            if not waiting.command.ended.done():
                raise wsman.timed_out()
            return self._output(waiting.request, waiting.command)
        except wsman.FaultError as fault:
            fault.relates_to = waiting.request.message_id
            raise

    def _handle(self, request: wsman.Request, session: Session, client_address: str) -> bytes | Waiting:
        if request.operation == "Identify":
            return wsman.answer(request, _identity())
        if request.operation == "Get":
            return self._get(request, session)
        if request.resource_uri != wsman.COMMAND_SHELL:
            raise wsman.unknown_resource()
        if request.operation == "Create":
            return self._create(request, session, client_address)
        shell = self._shell(request, session)
        if request.operation == "Delete":
            return self._delete(request, shell)
        if request.operation == "Command":
            return self._run(request, shell)
        if request.operation == "Send":
            return self._send(request, shell)
        if request.operation == "Signal":
            return self._signal(request, shell)
        return self._receive(request, shell)

    def _get(self, request: wsman.Request, session: Session) -> bytes:
        if request.resource_uri == wsman.CONFIGURATION:
            size = wsman.MAX_ENVELOPE_SIZE // 1024
            return wsman.answer(
                request,
                f'<cfg:Config xmlns:cfg="{wsman.CONFIGURATION}"><cfg:MaxEnvelopeSizekb>{size}</cfg:MaxEnvelopeSizekb>'
                f"<cfg:MaxTimeoutms>{int(wsman.DEFAULT_TIMEOUT * 1000)}</cfg:MaxTimeoutms></cfg:Config>",
            )
        if request.resource_uri == wsman.SHELL:
            return wsman.answer(request, _shell_state(self._shell(request, session)))
        raise wsman.unknown_resource()

    def _create(self, request: wsman.Request, session: Session, client_address: str) -> bytes:
        shell_id = (request.body.get("ShellId") if request.body is not None else None) or wsman.new_id()
        if shell_id in self._shells:
            raise wsman.invalid_parameter()
        shell = Shell(shell_id, session, client_address)
        self._shells[shell_id] = shell
        return wsman.answer(
            request,
            f"<x:ResourceCreated><a:Address>http://{self._address}/wsman</a:Address><a:ReferenceParameters>"
            f"<w:ResourceURI>{wsman.COMMAND_SHELL}</w:ResourceURI><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{escape(shell_id)}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
            f"</x:ResourceCreated>{_shell_state(shell)}",
        )

    def _delete(self, request: wsman.Request, shell: Shell) -> bytes:
        del self._shells[shell.shell_id]
        for command in shell.commands.values():
            command.ended.cancel()
        return wsman.answer(request, "")

    def _run(self, request: wsman.Request, shell: Shell) -> bytes:
        body = _body(request)
        program = body.findtext("rsp:Command", "", wsman.NAMESPACES) or ""
        arguments = [element.text or "" for element in body.findall("rsp:Arguments", wsman.NAMESPACES)]
        if not program.strip():
            raise wsman.invalid_parameter()
        command_id = body.get("CommandId") or wsman.new_id()
        if command_id in shell.commands:
            raise wsman.invalid_parameter()
        command = Command(command_id, self._recognise(" ".join([program, *arguments])))
        shell.commands[command_id] = command
        if not command.line.reads_stdin:
            self._start(command, shell.session)
        identity = f"<rsp:CommandId>{escape(command_id)}</rsp:CommandId>"
        return wsman.answer(request, f"<rsp:CommandResponse>{identity}</rsp:CommandResponse>")

    def _send(self, request: wsman.Request, shell: Shell) -> bytes:
        for stream in _body(request).findall("rsp:Stream", wsman.NAMESPACES):
            command = self._command(shell, stream.get("CommandId"))
            if command.ended.done():
                raise wsman.pipe_closing()
            if command.stdin_closed or stream.get("Name") != "stdin":
                raise wsman.invalid_parameter()
            try:
                command.stdin += base64.b64decode(stream.text or "", validate=True)
            except binascii.Error as error:
                raise wsman.invalid_parameter() from error
            if stream.get("End", "").lower() in ("true", "1"):
                command.stdin_closed = True
                if command.line.reads_stdin:
                    self._start(command, shell.session)
        return wsman.answer(request, "<rsp:SendResponse/>")

    def _start(self, command: Command, session: Session) -> None:
        stdin = bytes(command.stdin)
        command.stdin.clear()
        self._launch(command.line, stdin, session, command.end)

    def _signal(self, request: wsman.Request, shell: Shell) -> bytes:
        body = _body(request)
        command = self._command(shell, body.get("CommandId"))
        code = (body.findtext("rsp:Code", "", wsman.NAMESPACES) or "").strip()
        signal = code.rpartition("/")[2].lower()
        if signal == "terminate":
            del shell.commands[command.command_id]
            command.ended.cancel()
        elif signal in ("ctrl_c", "ctrl_break"):
            command.end(Outcome(exit_code=CONTROL_C_EXIT))
        else:
            raise wsman.invalid_parameter()
        return wsman.answer(request, "<rsp:SignalResponse/>")

    def _receive(self, request: wsman.Request, shell: Shell) -> bytes | Waiting:
        command = self._command(shell, _attribute(request, "rsp:DesiredStream", "CommandId"))
        if not command.ended.done():
            return Waiting(request, command)
        return self._output(request, command)

    def _output(self, request: wsman.Request, command: Command) -> bytes:
        if command.ended.cancelled():
            raise wsman.aborted()
        if command.reported_done:
            raise _unknown_command()
        outcome = command.ended.result()
        room = (request.max_envelope_size - _ENVELOPE_RESERVE) // 4 * 3
        stdout = outcome.stdout[command.sent_stdout : command.sent_stdout + room]
        stderr = outcome.stderr[command.sent_stderr : command.sent_stderr + room - len(stdout)]
        command.sent_stdout += len(stdout)
        command.sent_stderr += len(stderr)
        done = command.sent_stdout == len(outcome.stdout) and command.sent_stderr == len(outcome.stderr)
        command.reported_done = done
        streams = _stream(command, "stdout", stdout, done) + _stream(command, "stderr", stderr, done)
        state = _command_state(command, outcome.exit_code if done else None)
        return wsman.answer(request, f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>")

    def _shell(self, request: wsman.Request, session: Session) -> Shell:
        shell = self._shells.get(request.shell_id or "")
        if shell is None or shell.session.user != session.user:
            raise wsman.invalid_selectors(
                f"The request for the Windows Remote Shell with ShellId {request.shell_id} failed because the shell "
                "was not found on the server. Possible causes are: the specified ShellId is incorrect or the shell no "
                "longer exists on the server. Provide the correct ShellId or create a new shell and retry the "
                "operation. "
            )
        return shell

    @staticmethod
    def _command(shell: Shell, command_id: str | None) -> Command:
        command = shell.commands.get(command_id or "")
        if command is None:
            raise _unknown_command()
        return command


def _unknown_command() -> wsman.FaultError:
    return wsman.invalid_selectors(
        "The Windows Remote Shell received a request to perform an operation on a command identifier that does not "
        "exist. Either the command has completed execution or the client specified an invalid command identifier. "
    )


def _body(request: wsman.Request) -> Element:
    if request.body is None:
        raise wsman.invalid_parameter()
    return request.body


def _attribute(request: wsman.Request, path: str, name: str) -> str | None:
    element = _body(request).find(path, wsman.NAMESPACES)
    return None if element is None else element.get(name)


def _stream(command: Command, name: str, data: bytes, done: bool) -> str:
    attributes = f'Name="{name}" CommandId={quoteattr(command.command_id)}'
    content = f"<rsp:Stream {attributes}>{base64.b64encode(data).decode()}</rsp:Stream>" if data else ""
    return content + (f'<rsp:Stream {attributes} End="true"></rsp:Stream>' if done else "")


def _command_state(command: Command, exit_code: int | None) -> str:
    state = "Running" if exit_code is None else "Done"
    code = "" if exit_code is None else f"<rsp:ExitCode>{exit_code}</rsp:ExitCode>"
    attributes = f'CommandId={quoteattr(command.command_id)} State="{wsman.SHELL}/CommandState/{state}"'
    return f"<rsp:CommandState {attributes}>{code}</rsp:CommandState>"


def _shell_state(shell: Shell) -> str:
    return (
        f"<rsp:Shell><rsp:ShellId>{escape(shell.shell_id)}</rsp:ShellId>"
        f"<rsp:ResourceUri>{wsman.COMMAND_SHELL}</rsp:ResourceUri><rsp:Owner>{escape(shell.session.user)}</rsp:Owner>"
        f"<rsp:ClientIP>{escape(shell.client_address)}</rsp:ClientIP><rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut>"
        "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>"
        "<rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity>"
        "</rsp:Shell>"
    )


def _identity() -> str:
    return (
        f'<wsmid:IdentifyResponse xmlns:wsmid="{wsman.IDENTITY}">'
        "<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        "<wsmid:ProductVersion>OS: 10.0.20348 SP: 0.0 Stack: 3.0</wsmid:ProductVersion></wsmid:IdentifyResponse>"
    )

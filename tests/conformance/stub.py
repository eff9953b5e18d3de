# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host without a License Server, what Ansible sends to it, and a front that listens for it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from winrm.protocol import Protocol

from emulator.certificate import winrm_context
from emulator.host.clock import SystemClock
from emulator.host.faults import FixedFaults
from emulator.host.files import FileTree
from emulator.host.remote_files import ProgramFiles
from emulator.host.troubles import Troubles
from emulator.loop import event_loop
from emulator.winrm.server import Listener, WinRmServer
from emulator.winrm.session import AgentEndedError, Session

USER, PASSWORD = "ansible", "Pa55 wörd\\"
DOMAIN_USER = "CORP\\svc-ansible"


@dataclass
class StubHost:
    """Answers each request with the request itself and who ran it, or with ``reply``, when ``gate`` is open."""

    name: str = "ls001"
    address: str = "127.0.0.1"
    credentials: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD, DOMAIN_USER: "secret"})
    faults: dict[str, object] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    folder: Path = Path("nowhere")
    reply: Callable[[str], str] | None = None
    tell_process_start: Callable[[], None] = lambda: None

    @property
    def files(self) -> ProgramFiles:
        """The files are those of a folder: ``C:\\x`` is ``<folder>/C/x``."""
        return ProgramFiles(FileTree(self.folder, SystemClock(), Troubles(FixedFaults({}), lambda: "other")))

    def tell_process_starts(self, tell: Callable[[], None]) -> None:
        self.tell_process_start = tell

    def run_agent(self, request: str, session: Session) -> str:
        self.gate.wait(30)
        if self.reply is not None:
            return self.reply(request)
        if session.user == "nobody":
            raise ValueError("nobody")
        if request == "break":
            raise RuntimeError("the host broke")
        if request == "end":
            raise AgentEndedError
        return json.dumps({"request": request, "user": session.user, "logon_type": session.logon_type})

    def fault(self, name: str) -> object | None:
        return self.faults.get(name)

    def spend_fault(self, name: str) -> None:
        fault = self.faults[name]
        if not isinstance(fault, dict):
            return
        if fault.get("after", 0) > 0:
            fault["after"] -= 1
        elif "times" in fault:
            fault["times"] -= 1
            if fault["times"] == 0:
                del self.faults[name]


@dataclass(frozen=True)
class Front:
    """A stub host that listens, and how to reach it."""

    host: StubHost
    server: WinRmServer
    scheme: str

    @property
    def endpoint(self) -> str:
        return f"{self.scheme}://{self.host.address}:{self.server.port}/wsman"


@contextlib.contextmanager
def listening(
    folder: Path, scheme: str = "http", transport: str = "ntlm", process_start: float = 0.0
) -> Iterator[Front]:
    """A front for a new stub host whose gate is open."""
    host = StubHost(folder=folder)
    host.gate.set()
    basic = transport == "basic"
    tls = winrm_context(folder) if scheme == "https" else None
    listener = Listener(0, tls, basic, allow_unencrypted=basic, process_start=process_start)
    with event_loop() as loop:
        server = WinRmServer(host, listener, folder)
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        try:
            yield Front(host, server, scheme)
        finally:
            host.gate.set()
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result()


def encoded(script: str) -> list[str]:
    """The arguments of powershell.exe for a script."""
    return ["-NoProfile", "-EncodedCommand", base64.b64encode(script.encode("utf-16-le")).decode()]


WRAPPER = encoded("foreach ($in in $input) { $in }")
"""A command line that reads standard input, as the bootstrap of Ansible's wrapper does."""


def module_input(arguments: dict[str, object], module: str = "ns.col._agent", **become: object) -> bytes:
    """What ansible-core 2.19 to 2.21 sends for a module; ``become`` are the wrapper's parameters."""
    own = {**arguments, "_ansible_module_name": module, "_ansible_check_mode": False}
    variables = [{"Name": "complex_args", "Value": own, "Scope": "Global"}]
    actions: list[dict[str, object]] = [{"name": "module_wrapper.ps1", "params": {"Variables": variables}}]
    if become:
        secure = {"BecomePassword": become.pop("password")} if "password" in become else {}
        actions.insert(0, {"name": "become_wrapper.ps1", "params": become, "secure_params": secure})
    documents = [{"name": "exec_wrapper", "script": "", "params": {}}, {"scripts": {}, "actions": actions}]
    return b"\n\0\0\0\0\n".join(json.dumps(document).encode() for document in documents)


def module_input_2_17(arguments: dict[str, object], module: str = "ns.col._agent", **become: object) -> bytes:
    """What ansible-core 2.17 and 2.18 send for a module; ``become`` are keys of the manifest."""
    own = {**arguments, "_ansible_module_name": module, "_ansible_check_mode": False}
    actions = ["become_wrapper"] * bool(become) + ["module_powershell_wrapper"]
    return b"begin {}\n\n\0\0\0\0" + json.dumps({"module_args": own, "actions": actions, **become}).encode()


def run_module(protocol: Protocol, stdin: bytes, chunk: int = 200_000) -> tuple[bytes, bytes, int]:
    """What Ansible's winrm connection does for one module."""
    shell = protocol.open_shell(codepage=65001)
    command = protocol.run_command(shell, "powershell", WRAPPER, console_mode_stdin=False)
    for start in range(0, len(stdin), chunk):
        protocol.send_command_input(shell, command, stdin[start : start + chunk], end=start + chunk >= len(stdin))
    result = protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    return result

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command line does on an emulated server: our module runs, ``win_ping`` answers, the rest is refused."""

from __future__ import annotations

import json

from emulator.winrm.authentication import Accounts
from emulator.winrm.payload import Become, ModuleCall, UnsupportedPayloadError, parse_module_call
from emulator.winrm.session import AgentEndedError, AgentHost, Session
from emulator.winrm.shells import CommandLine, Outcome

_WIN_PING = frozenset({"win_ping", "ansible.legacy.win_ping", "ansible.windows.win_ping"})

_ENDED_EXIT = 1
"""Exit code of a process that Windows' own taskkill has ended."""


def agent_request(call: ModuleCall) -> str | None:
    """The request of our private module, known by its one argument; None if the call is of another module."""
    request = call.arguments.get("request")
    return request if isinstance(request, str) and len(call.arguments) == 1 else None


def refuse(line: CommandLine) -> Outcome:
    """What a command that is no module wrapper gives: nothing but words on standard error."""
    refusal = UnsupportedPayloadError(f"only Ansible's module wrapper runs here, not: {line.text[:200]}")
    return Outcome(stderr=f"{refusal}\r\n".encode(), exit_code=1)


def run_module(host: AgentHost, accounts: Accounts, stdin: bytes, session: Session) -> Outcome:
    """Run what a module wrapper was sent, to its end. May take as long as the host's agent does."""
    try:
        call = parse_module_call(stdin)
        if call.become is None:
            return _run(host, call, session)
        return _run_as(host, accounts, call, call.become)
    except UnsupportedPayloadError as refusal:
        return _failed(str(refusal))


def _run_as(host: AgentHost, accounts: Accounts, call: ModuleCall, become: Become) -> Outcome:
    user = accounts.user(become.user)
    # Without a password Windows can still log on service accounts and, for administrators, anyone it knows.
    if become.password is None or (user is not None and accounts.accepts(user, become.password)):
        try:
            return _run(host, call, Session(user or become.user, become.logon_type))
        except ValueError:
            # The host knows nobody of that name: the message is the same.
            pass
    return _failed(
        f"Failed to become user '{become.user}': the user name or password is incorrect (Win32 ErrorCode 1326)"
    )


def _run(host: AgentHost, call: ModuleCall, session: Session) -> Outcome:
    request = agent_request(call)
    if request is not None:
        try:
            return Outcome(stdout=f"{host.run_agent(request, session)}\r\n".encode())
        except AgentEndedError:
            return Outcome(exit_code=_ENDED_EXIT)
    if call.name in _WIN_PING:
        return _answer({"changed": False, "ping": call.arguments.get("data", "pong")})
    raise UnsupportedPayloadError(f"module {call.name or 'without a name'} needs a real PowerShell")


def _answer(document: dict[str, object], exit_code: int = 0) -> Outcome:
    return Outcome(stdout=f"{json.dumps(document)}\r\n".encode(), exit_code=exit_code)


def _failed(message: str) -> Outcome:
    # As a failed module, so that Ansible shows the message and not the raw output.
    return _answer({"changed": False, "failed": True, "msg": message}, exit_code=1)

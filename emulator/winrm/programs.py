# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command line does on an emulated server: our module runs, what Ansible's ping and fetch call answers, the rest
is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from emulator.winrm import modules
from emulator.winrm.authentication import Accounts
from emulator.winrm.fetch import fetch_of_input, fetch_of_script, run_fetch
from emulator.winrm.payload import Become, ModuleCall, UnsupportedPayloadError, parse_module_call, script_of
from emulator.winrm.session import AgentEndedError, AgentHost, RemoteFiles, Session
from emulator.winrm.shells import CommandLine, Outcome

Answer = Callable[[RemoteFiles, Mapping[str, object]], dict[str, object]]


def _ping(files: RemoteFiles, arguments: Mapping[str, object]) -> dict[str, object]:
    return {"changed": False, "ping": arguments.get("data", "pong")}


_COLLECTIONS = ("", "ansible.legacy.", "ansible.windows.")
_MODULES: Mapping[str, Answer] = {
    f"{collection}{name}": answer
    # Ansible's own actions ask for win_stat by the name of stat.
    for name, answer in (
        ("win_ping", _ping),
        ("win_stat", modules.stat),
        ("stat", modules.stat),
        ("slurp", modules.slurp),
    )
    for collection in _COLLECTIONS
}

_ENDED_EXIT = 1
"""Exit code of a process that Windows' own taskkill has ended."""


def agent_request(call: ModuleCall) -> str | None:
    """The request of our private module, known by its one argument; None if the call is of another module."""
    request = call.arguments.get("request")
    return request if isinstance(request, str) and len(call.arguments) == 1 else None


def run_line(host: AgentHost, line: CommandLine) -> Outcome:
    """Run a command that reads no standard input. What is not known gives nothing but words on standard error."""
    fetch = fetch_of_script(script_of(line.text))
    if fetch is not None:
        return run_fetch(host.files, fetch)
    refusal = UnsupportedPayloadError(f"only Ansible's module wrapper runs here, not: {line.text[:200]}")
    return Outcome(stderr=f"{refusal}\r\n".encode(), exit_code=1)


def run_module(host: AgentHost, accounts: Accounts, stdin: bytes, session: Session) -> Outcome:
    """Run what a wrapper was sent, to its end. May take as long as the host's agent does."""
    fetch = fetch_of_input(stdin)
    if fetch is not None:
        return run_fetch(host.files, fetch)
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
    answer = _MODULES.get(call.name)
    if answer is None:
        raise UnsupportedPayloadError(f"module {call.name or 'without a name'} needs a real PowerShell")
    try:
        return _answer(answer(host.files, call.arguments))
    except modules.ModuleFailedError as error:
        return _failed(str(error))


def _answer(document: dict[str, object], exit_code: int = 0) -> Outcome:
    return Outcome(stdout=f"{json.dumps(document)}\r\n".encode(), exit_code=exit_code)


def _failed(message: str) -> Outcome:
    # As a failed module, so that Ansible shows the message and not the raw output.
    return _answer({"changed": False, "failed": True, "msg": message}, exit_code=1)

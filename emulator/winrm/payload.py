# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible's Windows wrappers send: the module call is found in it, without running any of it.

Read in ansible-core's ``executor/powershell/module_manifest.py``. Releases 2.17 and 2.18 send the wrapper's script
text, four NULs, and one JSON document with ``module_args``. Releases 2.19 to 2.21 send two JSON documents with a line
of four NULs between them; the module's arguments are the first variable of the last action.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from emulator.winrm.shells import CommandLine

_SEPARATOR = b"\0\0\0\0"
_ENCODED_COMMAND = re.compile(r"(?i)\s-e(?:nc(?:odedcommand)?|c)?\s+(\S+)")

_LOGON_TYPES = {"network": "network", "networkcleartext": "network", "batch": "batch", "service": "service"}


class UnsupportedPayloadError(Exception):
    """Something the emulator cannot do, because it would need a real PowerShell."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"unsupported payload: {reason}")


@dataclass(frozen=True)
class Become:
    """``become: runas``: the account, its password (None: not given), the log-on type as in Session."""

    user: str
    password: str | None
    logon_type: str


@dataclass(frozen=True)
class ModuleCall:
    """One module run. ``arguments`` are the module's own, without Ansible's internal ``_ansible_*`` ones."""

    name: str
    arguments: Mapping[str, object]
    become: Become | None


def recognise(text: str) -> CommandLine:
    """Say of a command line whether it reads its standard input: an encoded script that names ``$input``, or ``-``."""
    return CommandLine(text, "$input" in script_of(text) or text.rstrip().endswith(" -"))


def script_of(text: str) -> str:
    """The script that a command line encodes, empty if it encodes none."""
    match = _ENCODED_COMMAND.search(text)
    if match is None:
        return ""
    try:
        script = base64.b64decode(match.group(1)).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    # Some releases of Ansible encode a command line that is an encoded one already.
    return script_of(script) or script


def parse_module_call(stdin: bytes) -> ModuleCall:
    """Find the module call in what came on standard input. Raises UnsupportedPayloadError."""
    head, separator, tail = stdin.partition(_SEPARATOR)
    if not separator:
        raise UnsupportedPayloadError("no Ansible module wrapper on standard input")
    manifest = _json_object(tail)
    call = _call_of_2_19(manifest) if head.lstrip().startswith(b"{") else _call_of_2_17(manifest)
    if call is None:
        raise UnsupportedPayloadError("an Ansible wrapper without the arguments of a module (a script?)")
    return call


def _json_object(text: bytes) -> dict[str, object]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UnsupportedPayloadError("an Ansible wrapper whose manifest is not JSON") from error
    if not isinstance(document, dict):
        raise UnsupportedPayloadError("an Ansible wrapper whose manifest is not a JSON object")
    return document


def _call_of_2_17(manifest: dict[str, object]) -> ModuleCall | None:
    arguments, actions = manifest.get("module_args"), manifest.get("actions")
    if not isinstance(arguments, dict) or not isinstance(actions, list):
        return None
    _refuse_async(actions)
    become = None
    if "become_wrapper" in actions:
        flags = dict(flag.partition("=")[::2] for flag in str(manifest.get("become_flags") or "").split())
        become = _become(manifest.get("become_user"), manifest.get("become_password"), flags.get("logon_type"))
    return _module_call(arguments, become)


def _call_of_2_19(manifest: dict[str, object]) -> ModuleCall | None:
    actions = manifest.get("actions")
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions) or not actions:
        return None
    _refuse_async([action.get("name") for action in actions])
    variables = _mapping(actions[-1].get("params")).get("Variables")
    if not isinstance(variables, list) or not variables:
        return None
    arguments = _mapping(variables[0]).get("Value")
    if not isinstance(arguments, dict):
        return None
    become = None
    for action in actions:
        if action.get("name") == "become_wrapper.ps1":
            parameters = _mapping(action.get("params"))
            password = _mapping(action.get("secure_params")).get("BecomePassword")
            become = _become(parameters.get("BecomeUser"), password, parameters.get("LogonType"))
    return _module_call(arguments, become)


def _refuse_async(names: list[object]) -> None:
    if any(str(name).startswith("async_") for name in names):
        raise UnsupportedPayloadError("asynchronous tasks")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _become(user: object, password: object, logon_type: object) -> Become:
    # The wrapper's default log-on type is Interactive.
    named = str(logon_type or "interactive").lower().replace("_", "")
    return Become(str(user), None if password is None else str(password), _LOGON_TYPES.get(named, "interactive"))


def _module_call(arguments: dict[str, object], become: Become | None) -> ModuleCall:
    own = {name: value for name, value in arguments.items() if not name.startswith("_ansible_")}
    return ModuleCall(str(arguments.get("_ansible_module_name", "")), own, become)

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows Firewall: a table of rules, of this computer's own policy and of group policies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .errors import OperationError

LOCAL, GROUP_POLICY = "local", "group_policy"

# Windows' own variables that a rule's program may begin with, as they are on every English Windows Server.
_VARIABLES = {
    "PROGRAMFILES": "C:\\Program Files",
    "PROGRAMFILES(X86)": "C:\\Program Files (x86)",
    "PROGRAMDATA": "C:\\ProgramData",
    "SYSTEMDRIVE": "C:",
    "SYSTEMROOT": "C:\\Windows",
    "WINDIR": "C:\\Windows",
}
_VARIABLE = re.compile("%([^%]+)%")
_RANGE = re.compile("([0-9]+)-([0-9]+)")


@dataclass
class Rule:
    """One rule as docs/agent-contract.md has it in a host; ``program`` as it was entered, None for any."""

    name: str
    display_name: str
    enabled: bool
    direction: str
    action: str
    program: str | None
    protocol: str
    local_ports: list[str]
    source: str

    def expanded_program(self) -> str | None:
        if self.program is None:
            return None
        return _VARIABLE.sub(lambda match: _VARIABLES.get(match[1].upper(), match[0]), self.program)

    def names_port(self, port: int) -> bool:
        return any(_names(entry, port) for entry in self.local_ports)


class Firewall:
    """The rules of one host."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = list(rules)

    def inbound(self, folder: str | None, ports: Collection[int], display_names: Collection[str]) -> list[Rule]:
        """The inbound rules of a program below ``folder`` (if any), of one of the ports, or of the display names."""
        wanted = {name.upper() for name in display_names}
        found = [
            rule
            for rule in self.rules
            if rule.direction == "Inbound"
            and (
                _is_below(rule.expanded_program(), folder)
                or any(rule.names_port(port) for port in ports)
                or rule.display_name.upper() in wanted
            )
        ]
        return sorted(found, key=lambda rule: rule.name.upper())

    def set_ports(self, name: str, ports: Sequence[str], replaces: Sequence[str]) -> None:
        """Give a rule of the local policy other ports. OperationError ``not_found`` or ``changed``."""
        rules = (one for one in self.rules if one.source == LOCAL and one.name.upper() == name.upper())
        rule = next(rules, None)
        if rule is None:
            raise OperationError("not_found", f"There is no firewall rule '{name}' in the local policy.", name=name)
        if set(rule.local_ports) != set(replaces):
            raise OperationError(
                "changed", "The rule is not as the write expected it.", name=name, local_ports=list(rule.local_ports)
            )
        rule.local_ports = list(ports)


def initial_rules(number: int, install: str) -> list[Rule]:
    """The inbound rules of a fresh server.

    The three display names are those seen on 11.17.2.0 build 42000; unique names and programs are the emulator's own.
    On every second server the rules name no program; on every third one a group policy has a rule of its own.
    """
    programs = (
        ("LicenseServer", "Citrix Licensing", "LS\\lmadmin.exe", 27000),
        ("VendorDaemon", "Citrix Licensing Vendor Daemon", "LS\\CITRIX.exe", 7279),
        ("WebServices", "Citrix Web Services for Licensing", "WebServicesForLicensing\\Apache\\bin\\httpd.exe", 8083),
    )
    rules = [
        _allow(f"Emulator-{name}", display_name, f"{install}\\{program}" if number % 2 else None, port)
        for name, display_name, program, port in programs
    ]
    rules.append(_allow("Emulator-RemoteManagement", "Remote management of this emulated server", "System", 5985))
    if number % 3 == 0:
        rules.append(_allow("Emulator-GroupPolicy", "Licensing in the emulated domain", None, 27000, GROUP_POLICY))
    return rules


def _allow(name: str, display_name: str, program: str | None, port: int, source: str = LOCAL) -> Rule:
    return Rule(name, display_name, True, "Inbound", "Allow", program, "TCP", [str(port)], source)


def _names(entry: str, port: int) -> bool:
    span = _RANGE.fullmatch(entry)
    return int(span[1]) <= port <= int(span[2]) if span else entry == str(port)


def _is_below(program: str | None, folder: str | None) -> bool:
    return program is not None and folder is not None and program.upper().startswith(folder.upper() + "\\")

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory that `run` writes: one group, and how to reach each server."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

GROUP = "license_servers"

_PLAIN = re.compile(r"[a-z][a-z0-9_]*|\d+(\.\d+){3}")
"""Text that no one can take for a Python literal: names and addresses."""


@dataclass(frozen=True)
class Entry:
    """One server as Ansible's winrm connection reaches it."""

    name: str
    address: str
    port: int
    scheme: str
    transport: str
    user: str
    password: str

    def variables(self) -> dict[str, object]:
        variables: dict[str, object] = {
            "ansible_host": self.address,
            "ansible_port": self.port,
            "ansible_connection": "winrm",
            "ansible_winrm_transport": self.transport,
            "ansible_winrm_scheme": self.scheme,
            "ansible_user": self.user,
            "ansible_password": self.password,
        }
        if self.scheme == "https":
            variables["ansible_winrm_server_cert_validation"] = "ignore"
        return variables


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write the inventory: YAML if the name ends in .yml or .yaml, else INI."""
    hosts = {entry.name: entry.variables() for entry in entries}
    text = _yaml(hosts) if path.suffix in (".yml", ".yaml") else _ini(hosts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _yaml(hosts: Mapping[str, Mapping[str, object]]) -> str:
    text: str = yaml.safe_dump({GROUP: {"hosts": hosts}}, sort_keys=False, allow_unicode=True)
    return text


def _ini(hosts: Mapping[str, Mapping[str, object]]) -> str:
    lines = [f"[{GROUP}]"]
    for name, variables in hosts.items():
        lines.append(" ".join([name, *(f"{key}={_quoted(value)}" for key, value in variables.items())]))
    return "\n".join([*lines, ""])


def _quoted(value: object) -> str:
    # Ansible splits a host's line like a shell, then reads each value as a Python literal, else as text.
    if isinstance(value, int) or _PLAIN.fullmatch(str(value)):
        return str(value)
    return shlex.quote(repr(value))

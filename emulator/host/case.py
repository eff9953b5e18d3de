# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine as a case of the agent contract describes it, in a folder of its own, and what has become of it."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .accounts import Account, Directory
from .case_jobs import CaseJobs
from .clock import FixedClock, parse, to_nanoseconds
from .cmdlets import Connection
from .documents import listener_from, rule_from, rule_to, service_from, service_to, settings_from, settings_to
from .faults import FixedFaults
from .files import FileTree, Mark
from .firewall import Firewall
from .machine import PROGRAM_DATA, Machine, Shell, Token, WorkFolder
from .registry import FLEXLM_KEY, INSTALL_KEY, Registry, RegistryValue
from .services import Listener, NoNetwork, Service, ServiceControl
from .settings import CeipInMemory
from .snapin import SnapIn
from .troubles import Troubles
from .web_services import Caller, WebServices

INSTALL = "C:\\Program Files (x86)\\Citrix\\Licensing"
MYFILES = f"{INSTALL}\\MyFiles"
WORK = f"{PROGRAM_DATA}\\citrixfleet.licensing"
ROOTS = {"install": INSTALL, "myfiles": MYFILES, "work": WORK}


class CaseHost:
    """The host of one case. ``machine`` answers its request; ``document()`` is the host afterwards."""

    def __init__(self, host: Mapping[str, Any], folder: Path) -> None:
        self._host = host
        self._jobs = CaseJobs()
        snapin = host["snapin"]
        clock = FixedClock(parse(host["clock"]))
        user = host["user"]
        token = Token(user["name"], user["sid"], tuple(user["groups"]), user["elevated"])
        troubles = Troubles(_faults(host), lambda: token.logon_type)
        accounts = [Account(one["name"], one["sid"], one["principal"]) for one in host["accounts"]]
        directory = Directory(host["name"], accounts, host["domain"], host["unreachable_domains"])
        self._settings = settings_from(snapin, CeipInMemory(snapin["ceip"]))
        connection = Connection(
            WebServices(self._settings, directory),
            Caller(snapin.get("effective_permission", "Full")),
            snapin["certificate_hash"],
            troubles,
        )
        listeners = [listener_from(one) for one in host["listeners"]]
        services = [_service(one, listeners) for one in host["services"]]
        owned = {process_id for service in services for process_id in service.process_ids()}
        self.machine = Machine(
            name=host["name"],
            domain_dns=host["domain_dns"],
            clock=clock,
            shell=Shell(**host["shell"]),
            token=token,
            files=FileTree(folder, clock, troubles),
            registry=Registry(_registry(host)),
            services=ServiceControl(
                services, [one for one in listeners if one.process_id not in owned], clock, NoNetwork(), troubles
            ),
            directory=directory,
            snapin=SnapIn(
                snapin["route"],
                lambda address: connection if address.rstrip("/") == snapin["address"] else None,
                lambda address, port: self._settings.locations,
                troubles,
            ),
            troubles=troubles,
            work_folder=WorkFolder(host["work_folder"]),
            jobs=self._jobs,
            firewall=Firewall([rule_from(one) for one in host["firewall"]]),
        )
        self._write_files()
        self._jobs.write(self.machine, host["jobs"])

    def _write_files(self) -> None:
        files = self.machine.files
        if self._host["installed"]:
            for folder in (INSTALL, MYFILES):
                files.locate(folder).mkdir(parents=True, exist_ok=True)
        if self._host["work_folder"] is not None:
            files.locate(WORK).mkdir(parents=True)
        for one in self._host["files"]:
            path = f"{ROOTS[one['root']]}\\{one['path']}"
            place = files.locate(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_content(one))
            if one.get("modified"):
                nanoseconds = to_nanoseconds(one["modified"])
                os.utime(place, ns=(nanoseconds, nanoseconds))
            flags = (bool(one.get(flag)) for flag in ("locked", "link", "denied"))
            mark = Mark(one.get("created"), *flags)
            files.marks[path.upper()] = mark

    def document(self) -> dict[str, Any]:
        """The parts of the host that a request can change, in the form of a case."""
        settings = settings_to(self._settings)
        return {
            "files": self._files(),
            "jobs": self._jobs.document(self.machine),
            "work_folder": self.machine.work_folder.state,
            "firewall": [rule_to(rule) for rule in self.machine.firewall.rules],
            "services": [service_to(service) for service in self.machine.services.all()],
            "snapin": {**self._host["snapin"], **settings, "ceip": self._settings.ceip.read()},
        }

    def _files(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for place in sorted(self.machine.files.folder.rglob("*")):
            if place.is_file():
                drive, *parts = place.relative_to(self.machine.files.folder).parts
                path = f"{drive}:\\" + "\\".join(parts)
                root = next(root for root in ("myfiles", "work", "install") if path.startswith(ROOTS[root] + "\\"))
                content = base64.b64encode(place.read_bytes()).decode("ascii")
                found.append({"root": root, "path": path[len(ROOTS[root]) + 1 :], "content": content})
        return found


def _content(document: Mapping[str, Any]) -> bytes:
    """The bytes of a file of a case."""
    if "text" in document:
        return str(document["text"]).encode()
    if "parts" in document:
        parts = document["parts"]
        return b"".join(one["text"].encode(one.get("encoding", "utf-8")) * one.get("times", 1) for one in parts)
    return base64.b64decode(document["content"])


def _service(document: Mapping[str, Any], listeners: Sequence[Listener]) -> Service:
    """A service of a case; what its processes are and listen on is read off the host's listeners."""
    service = service_from(document)
    service.child_programs = [child.name for child in service.children]
    for listener in listeners:
        if listener.process_id in service.process_ids():
            service.listens.append((listener.process, listener.address, listener.port))
        if listener.process_id == service.process_id:
            service.program = listener.process
    return service


def _registry(host: Mapping[str, Any]) -> list[RegistryValue]:
    given = [RegistryValue(one["view"], one["key"], one["name"], one["type"], one["value"]) for one in host["registry"]]
    if not host["installed"]:
        return given
    own = [
        RegistryValue(32, INSTALL_KEY, "Version", "String", host["version"]),
        RegistryValue(32, INSTALL_KEY, "LS_Install_Dir", "String", f"{INSTALL}\\LS\\"),
        RegistryValue(32, FLEXLM_KEY, "License", "String", f"{MYFILES};"),
    ]
    named = {(value.key.upper(), value.name.upper()) for value in given if value.view == 32}
    return [value for value in own if (value.key.upper(), value.name.upper()) not in named] + given


def _faults(host: Mapping[str, Any]) -> FixedFaults:
    full_after = host["disk"]["full_after"]
    return FixedFaults(
        {
            "cmdlet_error": host["snapin"]["errors"],
            "disk_full": host.get("disk_full"),
            "disk_space": host["disk"],
            "disk_full_after": None if full_after is None else {"bytes": full_after},
            "lock_held": host["lock_held"],
        }
    )

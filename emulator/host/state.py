# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one server keeps beside its files: services, settings, firewall, creation times. One JSON file, always whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .builds import Build
from .configuration import Kept, license_signatures
from .content import OPTIONS_FILE
from .documents import rule_from, rule_to, service_from, service_to, settings_from, settings_to
from .files import Mark
from .firewall import Rule, initial_rules
from .options_file import OptionsFile
from .services import Service
from .settings import Settings
from .store import read_json, write_json

INSTALL = "C:\\Program Files (x86)\\Citrix\\Licensing"
MYFILES = f"{INSTALL}\\MyFiles"
_FILE, _FILES = "state.json", "files"
_FORM = 1


@dataclass
class ServerState:
    """The state of one server; ``number`` is 1 for ls001.

    ``switched_on`` is what a server that did not shut down in order leaves true. ``steps`` are those of the last batch
    that changed something while they were counted (a fault), None if they never were.
    """

    number: int
    build: Build
    services: list[Service]
    settings: Settings
    marks: dict[str, Mark] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    work_folder: str | None = None
    firewall: list[Rule] = field(default_factory=list)
    switched_on: bool = False
    steps: int | None = None

    def upgrade(self, build: Build) -> None:
        """Put another build in place: the version text, and the support service's name where the builds differ."""
        for service in self.services:
            if service.name == self.build.support_service:
                service.name = build.support_service
        self.settings.server_info["SLVersion"] = f"v{build.version} i86_n3"
        self.build = build

    def save(self, folder: Path) -> None:
        document = {
            "form": _FORM,
            "number": self.number,
            "build": self.build.name,
            "services": [{**service_to(one), **_program_to(one)} for one in self.services],
            "settings": settings_to(self.settings),
            "created": {path: mark.created for path, mark in dict(self.marks).items() if mark.created},
            "work_folder": self.work_folder,
            "firewall": [rule_to(one) for one in self.firewall],
            "switched_on": self.switched_on,
            "steps": self.steps,
            "configuration": self.kept.document(),
        }
        write_json(folder / _FILE, document)


def load_state(folder: Path) -> ServerState:
    """The state that a folder keeps; FileNotFoundError if it keeps none, ValueError if it is of another form."""
    document = read_json(folder / _FILE)
    if document["form"] != _FORM:
        raise ValueError(f"{folder} was written by another version of the emulator")
    return ServerState(
        number=document["number"],
        build=Build.named(document["build"]),
        services=[_service_from(one) for one in document["services"]],
        settings=settings_from(document["settings"], OptionsFile(options_path(folder))),
        marks={path: Mark(created) for path, created in document["created"].items()},
        work_folder=document["work_folder"],
        firewall=_rules_from(document),
        switched_on=document.get("switched_on", False),
        steps=document.get("steps"),
        kept=_kept_from(document, folder),
    )


def _rules_from(document: Mapping[str, Any]) -> list[Rule]:
    if "firewall" in document:
        return [rule_from(one) for one in document["firewall"]]
    # Made before servers had a firewall.
    return initial_rules(document["number"], INSTALL)


def _kept_from(document: Mapping[str, Any], folder: Path) -> Kept:
    if "configuration" in document:
        return Kept.from_document(document["configuration"])
    # Made before services read their settings from files.
    return Kept(signatures=license_signatures(install_folder(folder)))


def files_folder(folder: Path) -> Path:
    """The folder that stands for the server's drives."""
    return folder / _FILES


def install_folder(folder: Path) -> Path:
    """Where the server's install folder lies on this computer."""
    drive, _separator, rest = INSTALL.partition(":\\")
    return files_folder(folder).joinpath(drive, *rest.split("\\"))


def options_path(folder: Path) -> Path:
    """Where the server's CITRIX.opt lies on this computer."""
    return install_folder(folder).joinpath(*OPTIONS_FILE.split("\\"))


def _program_to(service: Service) -> dict[str, Any]:
    return {
        "program": service.program,
        "child_programs": service.child_programs,
        "listens": [list(one) for one in service.listens],
        "ready_at": service.ready_at,
    }


def _service_from(document: Mapping[str, Any]) -> Service:
    service = service_from(document)
    service.program, service.child_programs = document["program"], document["child_programs"]
    service.listens = [(str(process), str(address), int(port)) for process, address, port in document["listens"]]
    service.ready_at = document["ready_at"]
    return service

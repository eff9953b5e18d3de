# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one server keeps beside its files: services, settings, creation times. One JSON file, always whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .builds import Build
from .content import OPTIONS_FILE
from .documents import service_from, service_to, settings_from, settings_to
from .files import Mark
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
    """The state of one server; ``number`` is 1 for ls001."""

    number: int
    build: Build
    services: list[Service]
    settings: Settings
    marks: dict[str, Mark] = field(default_factory=dict)
    work_folder: str | None = None

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
    )


def files_folder(folder: Path) -> Path:
    """The folder that stands for the server's drives."""
    return folder / _FILES


def options_path(folder: Path) -> Path:
    """Where the server's CITRIX.opt lies on this computer."""
    drive, _separator, rest = f"{INSTALL}\\{OPTIONS_FILE}".partition(":\\")
    return files_folder(folder).joinpath(drive, *rest.split("\\"))


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

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the services of one server took from its files when they started, and what they do to the files themselves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .layout import READ_AT_START, Layout, Place
from .layout_reading import FilesBelow, Value, read_setting, signed_lines
from .machine import LICENSE_SERVICE, WEB_SERVICE
from .services import BadConfigurationError, Service
from .store import write_bytes

_ANY_ADDRESS = "0.0.0.0"
_LISTENERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    LICENSE_SERVICE: (("lmadmin", "license_server_port"), ("CITRIX", "vendor_daemon_port")),
    WEB_SERVICE: (("httpd", "web_services_port"),),
}

LOCALES: Mapping[str, str] = {
    "chinese_simplified": "zh-CN",
    "english": "en",
    "french": "fr",
    "german": "de",
    "japanese": "ja",
    "spanish": "es",
}
"""``Locale`` of ``Get-LicServerInfo``. That it follows the display language is the emulator's own choice."""

DEFAULTS: Mapping[str, Value] = {
    "license_server_port": 27000,
    "vendor_daemon_port": 7279,
    "web_services_port": 8083,
    "proxy": "none",
    "supplemental_grace_period": "disabled",
    "display_language": "english",
}


@dataclass
class Kept:
    """What outlives a restart of the emulator.

    ``in_force`` are the settings as each service found them at its last good start; ``signatures`` the SHA-256 of the
    signed lines of each license file as it was issued, by upper-case file name; ``remembered`` the files that a running
    service will write again when it stops, by path below the install folder.
    """

    in_force: dict[str, Value] = field(default_factory=lambda: dict(DEFAULTS))
    signatures: dict[str, str] = field(default_factory=dict)
    remembered: dict[str, bytes] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        return {
            "in_force": self.in_force,
            "signatures": self.signatures,
            "remembered": {path: base64.b64encode(content).decode() for path, content in self.remembered.items()},
        }

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> Kept:
        remembered = {path: base64.b64decode(content) for path, content in document["remembered"].items()}
        return Kept(dict(document["in_force"]), dict(document["signatures"]), remembered)


def signature(license_file: bytes) -> str:
    """The SHA-256 of the lines of a license file that are signed."""
    return hashlib.sha256(signed_lines(license_file)).hexdigest()


@dataclass
class Configuration:
    """The settings of one server as its services use them; ``Programs`` of its service control.

    ``install`` is the folder that stands for the install folder; ``changed`` is called when a service has taken new
    settings.
    """

    layout: Layout
    install: Path
    kept: Kept
    changed: Callable[[], None]
    _found: dict[str, Value] = field(default_factory=dict)

    def starting(self, service: Service) -> list[tuple[str, str, int]]:
        """Read what a service reads at its start: what it will listen on. Raises BadConfigurationError."""
        if service.name not in READ_AT_START:
            return service.listens
        if service.name == LICENSE_SERVICE:
            self._check_signatures()
        files = FilesBelow(self.install)
        self._found = {
            setting: read_setting(self.layout.row(setting), files) for setting in READ_AT_START[service.name]
        }
        return [(process, _ANY_ADDRESS, int(self._found[setting])) for process, setting in _LISTENERS[service.name]]

    def started(self, service: Service) -> None:
        """What a service read is in force now."""
        if service.name in READ_AT_START:
            self.kept.in_force.update(self._found)
            for path in self.layout.rewritten.get(service.name, ()):
                self.kept.remembered[path] = self._place(path).read_bytes()
            self.changed()

    def stopped(self, service: Service) -> None:
        """Write again what the service keeps in memory; what was edited since it started is lost."""
        for path in self.layout.rewritten.get(service.name, ()):
            remembered = self.kept.remembered.pop(path, None)
            if remembered is not None and self._content(path) != remembered:
                write_bytes(self._place(path), remembered)

    def _check_signatures(self) -> None:
        for name, issued in self.kept.signatures.items():
            for content in FilesBelow(self.install).matching(Place(f"MyFiles\\{name}", "license_file", "")):
                if signature(content) != issued:
                    raise BadConfigurationError(f"{name}: the signed lines are not as they were issued")

    def _content(self, path: str) -> bytes | None:
        place = self._place(path)
        return place.read_bytes() if place.is_file() else None

    def _place(self, path: str) -> Path:
        return self.install.joinpath(*path.split("\\"))


def license_signatures(install: Path) -> dict[str, str]:
    """The signatures of the license files that are there, for :class:`Kept`."""
    folder = install / "MyFiles"
    return {file.name.upper(): signature(file.read_bytes()) for file in sorted(folder.glob("*.lic"))}


def configured(layout: Layout, install: Path) -> tuple[dict[str, Value | None], dict[str, str]]:
    """What the files say, setting by setting, None where it cannot be read, and then why not."""
    found: dict[str, Value | None] = dict.fromkeys(DEFAULTS)
    unreadable: dict[str, str] = {}
    for setting in DEFAULTS:
        with _noting(setting, unreadable):
            found[setting] = read_setting(layout.row(setting), FilesBelow(install))
    return found, unreadable


@contextmanager
def _noting(setting: str, unreadable: dict[str, str]) -> Iterator[None]:
    try:
        yield
    except BadConfigurationError as error:
        unreadable[setting] = str(error)

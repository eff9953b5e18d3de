# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The true state of the servers, read off the disk."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .settings import FULL, Settings
from .state import ServerState, files_folder, load_state


def show(state_dir: Path) -> dict[str, Any]:
    """``{"servers": {"ls001": {"accounts", "settings", "services", "files"}}}`` of a state folder.

    FileNotFoundError if no server was ever made there.
    """
    folders = sorted(path for path in (state_dir / "servers").iterdir() if path.is_dir())
    return {"servers": {folder.name: _server(folder, load_state(folder)) for folder in folders}}


def _server(folder: Path, state: ServerState) -> dict[str, Any]:
    return {
        "accounts": _accounts(state.settings),
        "settings": _settings(state),
        "services": {
            one.name: {"state": one.state, "start_mode": one.start_mode, "process_id": one.process_id}
            for one in state.services
        },
        "files": _files(files_folder(folder)),
    }


def _accounts(settings: Settings) -> list[dict[str, str]]:
    return [
        {
            "name": one.account,
            "sid": one.sid,
            "type": "group" if one.group else "user",
            "role": "administrator" if one.permissions == FULL else "user",
        }
        for one in settings.administrators
    ]


def _settings(state: ServerState) -> dict[str, Any]:
    settings, samples = state.settings, state.settings.usage_samples
    ports = {process: port for service in state.services for process, _address, port in service.listens}
    return {
        "version": state.build.version,
        "usage_statistics": settings.ceip.read(),
        "renewal": settings.renewal_option,
        "collect_historical_use": samples.enabled,
        "retention_days": samples.retention_period,
        "polling_minutes": samples.polling_interval,
        "ports": {
            "license_server": ports["lmadmin"],
            "vendor_daemon": ports["CITRIX"],
            "web_services": ports["httpd"],
        },
        "renewals": [one.fulfillment_id for one in settings.renewals],
    }


def _files(folder: Path) -> dict[str, str]:
    found = {}
    for place in sorted(folder.rglob("*")):
        if place.is_file():
            drive, *parts = place.relative_to(folder).parts
            found[f"{drive}:\\" + "\\".join(parts)] = hashlib.sha256(place.read_bytes()).hexdigest()
    return found

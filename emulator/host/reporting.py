# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The true state of the servers, read off the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .configuration import configured
from .documents import rule_to
from .layout import NO_PROXY, Layout
from .layout_reading import Value
from .layouts import layout_in
from .settings import FULL, Settings
from .state import ServerState, files_folder, install_folder, load_state


def show(state_dir: Path) -> dict[str, Any]:
    """``{"servers": {"ls001": {...}}}`` of a state folder.

    For each server ``accounts``, ``settings`` (what is in force), ``configured`` (what the files say that the services
    read when they start; null if that cannot be read, and then ``unreadable`` says why), ``services``, ``files``,
    ``firewall`` (its rules) and ``steps`` (of the last change while the fault count_steps was set).
    FileNotFoundError if no server was ever made there.
    """
    folders = sorted(path for path in (state_dir / "servers").iterdir() if path.is_dir())
    layout = layout_in(state_dir)
    return {"servers": {folder.name: _server(folder, load_state(folder), layout) for folder in folders}}


def _server(folder: Path, state: ServerState, layout: Layout) -> dict[str, Any]:
    found, unreadable = configured(layout, install_folder(folder))
    return {
        "accounts": _accounts(state.settings),
        "settings": _settings(state),
        "configured": _shown(found),
        "unreadable": unreadable,
        "services": {
            one.name: {"state": one.state, "start_mode": one.start_mode, "process_id": one.process_id}
            for one in state.services
        },
        "files": _files(files_folder(folder)),
        "firewall": [rule_to(one) for one in state.firewall],
        "steps": state.steps,
    }


def _shown(values: Mapping[str, Value | None]) -> dict[str, Value | None]:
    """Settings as they are printed: no proxy is null."""
    return {name: None if value == NO_PROXY else value for name, value in values.items()}


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
    in_force = state.kept.in_force
    return {
        "version": state.build.version,
        "usage_statistics": settings.ceip.read(),
        "renewal": settings.renewal_option,
        "collect_historical_use": samples.enabled,
        "retention_days": samples.retention_period,
        "polling_minutes": samples.polling_interval,
        "ports": {
            "license_server": in_force["license_server_port"],
            "vendor_daemon": in_force["vendor_daemon_port"],
            "web_services": in_force["web_services_port"],
        },
        **_shown(in_force),
        "renewals": [one.fulfillment_id for one in settings.renewals],
    }


def _files(folder: Path) -> dict[str, str]:
    found = {}
    for place in sorted(folder.rglob("*")):
        if place.is_file():
            drive, *parts = place.relative_to(folder).parts
            found[f"{drive}:\\" + "\\".join(parts)] = _hash(place)
    return found


def _hash(place: Path) -> str:
    digest = hashlib.sha256()
    with place.open("rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
    return digest.hexdigest()

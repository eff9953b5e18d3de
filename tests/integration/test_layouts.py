# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that live in files, wherever these are: read, changed, proved and changed back on shuffled layouts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.direct import Direct, direct

LAYOUTS = range(int(os.environ.get("LAYOUTS", "12")))

FIRST = {
    "ports": {"license_server": 27000, "vendor_daemon": 7279, "web_services": 8083},
    "proxy": {"state": "absent"},
    "options": {"supplemental_grace_period": False, "display_language": "english"},
}
SECOND = {
    "ports": {"license_server": 27009, "vendor_daemon": 7280, "web_services": 8443},
    "proxy": {"proxy": "proxy.corp.example:8080"},
    "options": {"supplemental_grace_period": True, "display_language": "chinese_simplified"},
}
THIRD = {
    "ports": {"license_server": 7280, "vendor_daemon": 27009},
    "proxy": {"proxy": "[2001:db8::1]:3128"},
    "options": {"display_language": "german"},
}


@pytest.fixture(params=[None, *LAYOUTS], ids=lambda seed: f"layout {seed}")
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Direct]:
    with direct(tmp_path / "state", request.param) as running:
        yield running


def in_force(server: Direct) -> dict[str, Any]:
    shown = server.show()
    assert shown["configured"] == {key: shown["settings"][key] for key in shown["configured"]}
    assert {item["state"] for item in shown["services"].values() if item["start_mode"] == "Auto"} == {"Running"}
    return dict(shown["configured"])


def expected(options: dict[str, Any], **kept: Any) -> dict[str, Any]:
    grace = options["options"].get("supplemental_grace_period", kept.get("supplemental_grace_period"))
    return {
        "license_server_port": options["ports"]["license_server"],
        "vendor_daemon_port": options["ports"]["vendor_daemon"],
        "web_services_port": options["ports"].get("web_services", kept.get("web_services_port")),
        "proxy": options["proxy"].get("proxy"),
        "supplemental_grace_period": "enabled" if grace else "disabled",
        "display_language": options["options"]["display_language"],
    }


def test_all_settings_change_with_one_restart_and_change_back(server: Direct) -> None:
    fresh = server.files()
    assert not server.run(FIRST).changed

    assert server.run(SECOND, check_mode=True).changed
    assert server.files() == fresh
    changed = server.run(SECOND)
    assert changed.changed and changed.backup
    assert in_force(server) == expected(SECOND)
    assert not server.run(SECOND).changed

    assert server.run(THIRD).changed
    assert in_force(server) == expected(THIRD, web_services_port=8443, supplemental_grace_period=True)
    assert not server.run(THIRD).changed

    assert server.run(FIRST).changed
    assert in_force(server) == expected(FIRST)
    assert not server.run(FIRST).changed

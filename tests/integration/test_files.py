# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings in files as an administrator sets them, and what the shipped profile alone refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.harness import Fleet, fleet

BELOW_43000 = "11.17.2.0-42000"
LEAVES_ITS_ROOT = {
    "setting": "proxy",
    "interface": "document",
    "places": [{"file": "..\\..\\x.xml", "format": "xml", "selector": "/a"}],
    "builds": "any",
    "source": "a test",
    "confidence": "recorded",
}
LAYOUTS = (None, 1, 4, 8, 11, 23)

TASKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "license_ports",
        {"license_server": 27001, "vendor_daemon": 7280, "web_services": 8443},
        {"license_server_port": 27001, "vendor_daemon_port": 7280, "web_services_port": 8443},
    ),
    ("license_proxy", {"proxy": "[2001:db8::1]:8080"}, {"proxy": "[2001:db8::1]:8080"}),
    (
        "license_options",
        {"supplemental_grace_period": True, "display_language": "german"},
        {"supplemental_grace_period": "enabled", "display_language": "german"},
    ),
    ("license_proxy", {"state": "absent"}, {"proxy": None}),
]


@pytest.fixture(scope="module")
def old() -> Iterator[Fleet]:
    """Servers of a build whose page has no field for the proxy."""
    with fleet(6, "--build", BELOW_43000) as running:
        yield running


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda seed: f"layout {seed}")
def test_check_apply_again_on_any_layout(layout: int | None) -> None:
    seed = [] if layout is None else ["--layout", str(layout)]
    with fleet(1, *seed) as server:
        defaults = {"citrixfleet.licensing.license_" + name: {"profile": str(server.profile(layout))}
                    for name in ("ports", "proxy", "options", "info")}  # fmt: skip
        steps = []
        for number, (module, options, _after) in enumerate(TASKS):
            name = f"citrixfleet.licensing.{module}"
            steps += [
                {"name": f"check {number}", name: options, "check_mode": True, "diff": True},
                {"name": f"apply {number}", name: options, "diff": True},
                {"name": f"again {number}", name: options},
            ]
        # Nothing but cmdlets: they are found at the new port of Web Services for Licensing.
        steps.append({"name": "follow", "citrixfleet.licensing.license_usage": {"retention_days": 400}})
        steps.append(
            {"name": "read", "citrixfleet.licensing.license_info": {"gather_subset": ["ports", "proxy", "options"]}}
        )
        run = server.play(steps, module_defaults=defaults)
        assert run.code == 0, run.output
        expected: dict[str, Any] = {}
        for number, (_module, _options, after) in enumerate(TASKS):
            check, apply, again = (run.one(f"{step} {number}") for step in ("check", "apply", "again"))
            assert (check.changed, apply.changed, again.changed) == (True, True, False)
            assert set(check.result) == set(apply.result)
            assert (check.result["before"], check.result["after"]) == (apply.result["before"], apply.result["after"])
            assert check.result["diff"] == apply.result["diff"]
            assert check.result["backup"] is None and "backup" in apply.result["backup"]
            expected.update(after)
        assert run.one("follow").changed
        shown = server.show()
        assert {name: shown["settings"][name] for name in expected} == expected
        read = run.one("read").result
        assert {name: port["port"] for name, port in read["ports"].items()} == TASKS[0][1]
        assert read["proxy"] == {"proxy": None}
        assert read["options"] == {**TASKS[2][1], "reason": None}
        assert all(read["interfaces"][name]["confidence"] == "recorded" for name in expected)


UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("license_ports", {"vendor_daemon": 7280}),
    ("license_ports", {"license_server": 27001, "web_services": 8083}),
    ("license_options", {"supplemental_grace_period": True}),
    ("license_options", {"display_language": "french"}),
    ("license_settings", {"usage": {"retention_days": 400}, "options": {"display_language": "french"}}),
]


@pytest.mark.parametrize("mode", ["", "--check"])
def test_the_shipped_profile_alone_changes_nothing_that_is_not_documented(old: Fleet, mode: str) -> None:
    before = old.show()
    for message in old.refused(UNKNOWN, "ls001", *filter(None, [mode])):
        assert "No interface is documented for" in message and "build 42000" in message
        assert "profile" in message and "Nothing was changed" in message
    assert old.show() == before


def test_a_port_that_is_in_sync_needs_no_interface(old: Fleet) -> None:
    options = {"license_server": 27000, "vendor_daemon": 7279, "web_services": 8083}
    result = old.ad_hoc("license_ports", options, pattern="ls002").one()
    assert (result.outcome, result.changed) == ("ok", False)


def test_the_recalled_place_of_the_proxy_is_used_and_told_on_an_old_build(old: Fleet) -> None:
    result = old.ad_hoc("license_proxy", {"proxy": "proxy.corp.example:8080"}, pattern="ls003").one()
    assert result.changed
    assert result.result["interfaces"]["proxy"]["confidence"] == "recalled"
    assert any("recalled, not documented by Citrix" in warning for warning in result.result["warnings"])
    assert old.show("ls003")["settings"]["proxy"] == "proxy.corp.example:8080"


def test_bad_input_is_refused_before_anything_is_sent(old: Fleet) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"proxy": "http://proxy:8080"}, "takes none"),
        ({"proxy": "user:secret@proxy:8080"}, "has a user name"),
        ({"profile": "missing.yml", "proxy": "p:1"}, "There is no profile 'missing.yml'"),
        ({"profile": [{"setting": "proxy"}], "proxy": "p:1"}, "profile, row 1: interface is missing"),
        ({"profile": [LEAVES_ITS_ROOT], "proxy": "p:1"}, "path below the root"),
        ({}, "missing: proxy"),
    ]
    old.stats()
    messages = old.refused([("license_proxy", options) for options, _said in bad], "ls004")
    for message, (_options, said) in zip(messages, bad, strict=True):
        assert said in message and "secret" not in message
    assert old.stats()["ls004"]["http_requests"] == 0


def test_the_role_sets_everything_with_one_restart() -> None:
    variables = {
        "server_license_server_port": 27002,
        "server_web_services_port": 9443,
        "server_proxy": "proxy:3128",
        "server_supplemental_grace_period": True,
        "server_display_language": "japanese",
        "server_retention_days": 500,
        "server_renewal_mode": "manual",
    }
    with fleet(3) as servers:
        play = {
            "roles": [{"role": "citrixfleet.licensing.server"}],
            "vars": {**variables, "server_profile": str(servers.profile())},
        }
        first = servers.play([], hosts="license_servers", **play)
        assert first.code == 0, first.output
        assert [item.changed for item in first.results if item.task.endswith("settings")] == [True] * 3
        second = servers.play([], hosts="license_servers", **play)
        assert not any(item.changed for item in second.results)
        for host in ("ls001", "ls002", "ls003"):
            settings = servers.show(host)["settings"]
            assert (settings["license_server_port"], settings["web_services_port"]) == (27002, 9443)
            assert (settings["proxy"], settings["supplemental_grace_period"]) == ("proxy:3128", "enabled")
            assert (settings["display_language"], settings["retention_days"]) == ("japanese", 500)

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every server has firewall rules, not all of the same kind, and keeps what is made of them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.host import show
from tests.unit.emulator.operated import Fleet, Operated

OWN = ["Citrix Licensing", "Citrix Licensing Vendor Daemon", "Citrix Web Services for Licensing"]
PORTS = [["27000"], ["7279"], ["8083"]]


def rules(server: Operated, ports: list[int], names: list[str]) -> dict[str, dict[str, Any]]:
    found = server.run({"op": "firewall.read", "ports": ports, "display_names": names})[0]
    return {rule["display_name"]: rule for rule in found}


@pytest.mark.parametrize(
    ("number", "by_program", "by_policy"), [(1, True, 0), (2, False, 0), (3, True, 1), (6, False, 1)]
)
def test_servers_differ_in_what_their_rules_name(fleet: Fleet, number: int, by_program: bool, by_policy: int) -> None:
    server = fleet(number)[number - 1]
    assert sorted(rules(server, [], [])) == (OWN if by_program else [])
    named = rules(server, [], OWN)
    assert [named[name]["local_ports"] for name in OWN] == PORTS
    assert all((named[name]["program"] is not None) == by_program for name in OWN)
    on_port = rules(server, [27000], []).values()
    assert [rule["source"] for rule in on_port].count("group_policy") == by_policy


def test_a_rule_of_another_port_is_there_and_is_left_alone(server: Operated) -> None:
    assert set(rules(server, [27000, 7279, 8083], OWN)) == set(OWN)
    (foreign,) = set(rules(server, [5985], OWN)) - set(OWN)
    assert rules(server, [5985], [])[foreign]["local_ports"] == ["5985"]


def test_ports_of_a_rule_survive_a_restart_and_are_shown(fleet: Fleet) -> None:
    server = fleet()[0]
    name = rules(server, [], OWN)["Citrix Licensing"]["name"]
    server.run({"op": "firewall.write", "name": name, "local_ports": ["27001"], "replaces": ["27000"]})
    assert rules(fleet()[0], [27001], [])["Citrix Licensing"]["local_ports"] == ["27001"]
    shown = show(server.state_dir)["servers"]["ls001"]["firewall"]
    assert {rule["name"]: rule["local_ports"] for rule in shown}[name] == ["27001"]

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many servers in one process: their addresses, their inventory, their counters."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from winrm.protocol import Protocol

from emulator import addresses, fleet, inventory
from tests.conformance.stub import PASSWORD, USER, StubHost

NAMES = ["ls001", "ls002", "ls003"]


class StubFleetHost(StubHost):
    """A stub host without ports of its own."""

    def start(self) -> None:
        self.gate.set()

    def stop(self) -> None:
        self.gate.set()


def stub_hosts(_state: Path, count: int, _build: str, at: Sequence[str]) -> list[fleet.FleetHost]:
    return [StubFleetHost(name=name, address=address) for name, address in zip(NAMES[:count], at, strict=True)]


def options(state: Path, network: IPv4Network | None = None) -> fleet.FleetOptions:
    return fleet.FleetOptions(servers=len(NAMES), state=state, network=network)


def open_shell(entry: inventory.Entry) -> None:
    endpoint = f"{entry.scheme}://{entry.address}:{entry.port}/wsman"
    Protocol(endpoint, entry.transport, entry.user, entry.password, server_cert_validation="ignore").open_shell()


def test_two_fleets_have_addresses_of_their_own(tmp_path: Path) -> None:
    with (
        fleet.running(options(tmp_path / "a"), stub_hosts) as one,
        fleet.running(options(tmp_path / "b"), stub_hosts) as two,
    ):
        entries = [*one.inventory(), *two.inventory()]
        assert len({entry.address for entry in entries}) == len(entries)
        for entry in entries:
            open_shell(entry)


def test_a_fleet_comes_back_at_its_old_addresses(tmp_path: Path) -> None:
    with fleet.running(options(tmp_path), stub_hosts) as first:
        entries = first.inventory()
    with fleet.running(options(tmp_path), stub_hosts) as second:
        assert second.inventory() == entries


def test_a_network_in_use_is_named(tmp_path: Path) -> None:
    with fleet.running(options(tmp_path / "a"), stub_hosts) as running:
        taken = IPv4Network(f"{running.hosts[0].address}/24", strict=False)
        with (
            pytest.raises(fleet.CannotStartError, match=f"{taken} is in use by another emulator"),
            fleet.running(options(tmp_path / "b", taken), stub_hosts),
        ):
            pass


def test_one_state_folder_serves_one_fleet(tmp_path: Path) -> None:
    with (
        fleet.running(options(tmp_path), stub_hosts),
        pytest.raises(fleet.CannotStartError, match=r"is running on .* already"),
        fleet.running(options(tmp_path), stub_hosts),
    ):
        pass


def test_a_network_without_room_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(fleet.CannotStartError, match="no room for 3 servers"),
        fleet.running(options(tmp_path, IPv4Network("127.99.0.0/30")), stub_hosts),
    ):
        pass


@pytest.mark.parametrize("text", ["10.0.0.0/24", "127.0.0.1/24", "127.1.0.0/7", "x"])
def test_only_blocks_of_loopback_are_networks(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        addresses.check_network(text)


def test_counters_are_told_while_it_runs_and_after(tmp_path: Path) -> None:
    def creates() -> list[object]:
        servers = fleet.statistics(tmp_path)["servers"]
        assert isinstance(servers, dict)
        return [servers[name]["operations"].get("Create", 0) for name in NAMES]

    with fleet.running(options(tmp_path), stub_hosts) as running:
        open_shell(running.inventory()[1])
        assert creates() == [0, 1, 0]
    assert creates() == [0, 1, 0]
    with fleet.running(options(tmp_path), stub_hosts) as running:
        open_shell(running.inventory()[1])
        assert creates() == [0, 2, 0]
        fleet.statistics(tmp_path, reset=True)
        assert creates() == [0, 0, 0]


@pytest.mark.parametrize("name", ["hosts", "hosts.ini", "hosts.yml", "hosts.yaml"])
def test_ansible_reads_the_inventory_as_it_was_meant(tmp_path: Path, name: str) -> None:
    passwords = [PASSWORD, "plain", "12345", "None", "a 'b' \"c\" #d", "127.0.0.1", "=x"]
    entries = [
        inventory.Entry(f"ls{number:03}", f"127.9.0.{number}", 5986, "https", "basic", USER, password)
        for number, password in enumerate(passwords, 1)
    ]
    inventory.write(tmp_path / name, entries)
    script = (
        "import json, sys\n"
        "from ansible.inventory.manager import InventoryManager\n"
        "from ansible.parsing.dataloader import DataLoader\n"
        "hosts = InventoryManager(DataLoader(), [sys.argv[1]]).groups['license_servers'].get_hosts()\n"
        "print(json.dumps({host.name: host.vars for host in hosts}))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / name)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    read = json.loads(run.stdout)
    assert list(read) == [entry.name for entry in entries]
    for entry in entries:
        assert {key: read[entry.name][key] for key in entry.variables()} == entry.variables()

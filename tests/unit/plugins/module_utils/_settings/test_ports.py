# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ports: which are refused, when files are written, what moves with them, and who has to be told."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import ChangeSet
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings.ports import SECTION
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import load_profile, shipped_profile

from tests.unit.plugins.readings import readings

INSTALL = r"C:\Program Files (x86)\Citrix\Licensing"
DOCUMENT = b'<a ls="27000" vd="7279" wsl="8083"/>'
OWNED_BY = {"lmadmin": 10, "CITRIX": 11, "httpd": 12}
FREE = {"license_server": 27001, "vendor_daemon": 7280, "web_services": 8084}


def row(setting: str, selector: str, service: str) -> dict[str, t.Any]:
    return {
        "setting": setting,
        "interface": "document",
        "places": [{"file": r"LS\conf\ports.xml", "format": "xml", "selector": selector}],
        "restart": [service],
        "builds": "any",
        "source": "this test",
        "confidence": "recorded",
    }


PROFILE = load_profile(
    [
        row("license_server_port", "/a/@ls", "Citrix Licensing"),
        row("vendor_daemon_port", "/a/@vd", "Citrix Licensing"),
        row("web_services_port", "/a/@wsl", "CitrixWebServicesforLicensing"),
    ],
    str,
)


def listener(process: str, port: int, process_id: int | None = None) -> dict[str, t.Any]:
    return {"port": port, "address": "0.0.0.0", "process_id": process_id or OWNED_BY[process], "process": process}


LISTENERS = [listener("lmadmin", 27000), listener("CITRIX", 7279), listener("httpd", 8083)]


def rule(name: str, ports: list[str], **changes: t.Any) -> dict[str, t.Any]:
    ours = {"name": name, "display_name": name, "program": rf"{INSTALL}\LS\lmadmin.exe", "source": "local"}
    return {**ours, "enabled": True, "action": "Allow", "protocol": "TCP", "local_ports": ports, **changes}


def values(document: bytes = DOCUMENT, **others: t.Any) -> dict[str, t.Any]:
    file = {"exists": True, "content": base64.b64encode(document).decode()}
    no_cmdlet = OperationError("snapin_missing", "", {})
    locations = {f"location {name}": no_cmdlet for name in ("LS", "VD", "WSL")}
    return {**locations, r"file install LS\conf\ports.xml": file, "listeners": LISTENERS, "firewall": [], **others}


def plan(read: dict[str, t.Any], profile: t.Any = PROFILE, **options: t.Any) -> ChangeSet:
    return SECTION.plan(SECTION.desired({"profile": profile, **options}), readings(read))


def written(change_set: ChangeSet) -> bytes:
    assert change_set.rewrite is not None
    content = change_set.rewrite.edits[0].file.content
    for edit in change_set.rewrite.edits:
        content = edit.apply(content)
    return content


@pytest.mark.parametrize("number", [0, -1, 65536])
def test_a_port_out_of_range_is_refused_before_anything_is_sent(number: int) -> None:
    with pytest.raises(LicenseError, match="from 1 to 65535"):
        SECTION.desired({"web_services": number})


def test_equal_ports_are_refused() -> None:
    with pytest.raises(LicenseError, match="license_server and web_services would both be 9000"):
        SECTION.desired({"web_services": 9000, "license_server": 9000})
    with pytest.raises(LicenseError, match="license_server and vendor_daemon would both be 7279"):
        plan(values(), license_server=7279)


@pytest.mark.parametrize("profile", [PROFILE, shipped_profile()], ids=["with rows", "without"])
def test_ports_that_are_in_force_are_unchanged(profile: t.Any) -> None:
    change_set = plan(values(), profile, license_server=27000, vendor_daemon=7279, web_services=8083)
    assert not change_set.changed
    assert (
        change_set.before == change_set.after == {"license_server": 27000, "vendor_daemon": 7279, "web_services": 8083}
    )


@pytest.mark.parametrize("name", FREE)
def test_without_a_row_a_change_is_refused_and_says_what_to_do(name: str) -> None:
    with pytest.raises(LicenseError, match=rf"No interface is documented for {name}_port on build 53100.*profile"):
        plan(values(), shipped_profile(), **{name: FREE[name]})


@pytest.mark.parametrize(
    ("options", "document", "moves", "restart"),
    [
        ({"license_server": 27001}, DOCUMENT.replace(b"27000", b"27001"), {27000: 27001}, {"Citrix Licensing"}),
        ({"vendor_daemon": 7280}, DOCUMENT.replace(b"7279", b"7280"), {7279: 7280}, {"Citrix Licensing"}),
        (
            FREE,
            b'<a ls="27001" vd="7280" wsl="8084"/>',
            {27000: 27001, 7279: 7280, 8083: 8084},
            {"Citrix Licensing", "CitrixWebServicesforLicensing"},
        ),
        (
            {"license_server": 7279, "vendor_daemon": 27000},
            b'<a ls="7279" vd="27000" wsl="8083"/>',
            {27000: 7279, 7279: 27000},
            {"Citrix Licensing"},
        ),
    ],
    ids=["one", "another", "all", "two that change places"],
)
def test_a_change_writes_moves_and_restarts_what_it_has_to(
    options: dict[str, int], document: bytes, moves: dict[int, int], restart: set[str]
) -> None:
    change_set = plan(values(), **options)
    assert change_set.rewrite is not None
    assert written(change_set) == document
    assert (change_set.rewrite.moves, set(change_set.rewrite.restart)) == (moves, restart)
    assert {item.port for item in change_set.rewrite.listening} == {27000, 7279, 8083}
    assert {name: change_set.after[name] for name in options} == options


@pytest.mark.parametrize(
    "taken",
    [
        {"port": 27001, "address": "::", "process_id": 4, "process": "System"},
        {"port": 27001, "address": "127.0.0.1", "process_id": 77, "process": "httpd"},
        listener("lmadmin", 27001),
    ],
    ids=["another program", "another web server", "the License Server itself"],
)
def test_a_port_that_is_in_use_is_refused(taken: dict[str, t.Any]) -> None:
    with pytest.raises(LicenseError, match=r"Port 27001, asked for as vendor_daemon, is in use by \w+ \(process \d+\)"):
        plan(values(listeners=[*LISTENERS, taken]), vendor_daemon=27001)


def test_a_port_that_is_written_but_not_in_force_takes_a_restart_only() -> None:
    change_set = plan(values(DOCUMENT.replace(b"7279", b"7280")), vendor_daemon=7280)
    assert change_set.rewrite is not None
    assert (change_set.rewrite.edits, change_set.rewrite.restart) == ((), ("Citrix Licensing",))
    assert change_set.before["vendor_daemon"] == 7279


def test_a_service_that_does_not_run_is_judged_by_its_documents() -> None:
    stopped = values(listeners=[])
    assert not plan(stopped, vendor_daemon=7279).changed
    change_set = plan(stopped, vendor_daemon=7280)
    assert change_set.rewrite is not None
    assert (change_set.rewrite.listening, change_set.rewrite.moves) == ((), {7279: 7280})


def test_a_service_that_does_not_run_is_not_believed_to_listen_where_it_did() -> None:
    told = values(
        DOCUMENT.replace(b"8083", b"8443"), listeners=LISTENERS[:2], **{"location WSL": ["https://ls001:8083/"]}
    )
    change_set = plan(told, web_services=8443)
    assert not change_set.changed
    assert change_set.before["web_services"] == change_set.after["web_services"] == 8443


def test_without_knowing_who_listens_nothing_changes() -> None:
    with pytest.raises(LicenseError, match="listening sockets could not be read"):
        plan(values(listeners=OperationError("failed", "no", {})), vendor_daemon=7280)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b'<a ls="27000" vd="x" wsl="8083"/>', "'x' is no port number"),
        (b'<a ls="27000" wsl="8083"/>', "/a/@vd is not found"),
        (b"not XML", r"LS\\conf\\ports.xml"),
    ],
)
def test_documents_that_are_not_as_the_row_says_are_left_alone(document: bytes, said: str) -> None:
    with pytest.raises(LicenseError, match=said) as caught:
        plan(values(document), vendor_daemon=7280)
    assert "Nothing was changed" in str(caught.value)


@pytest.mark.parametrize(
    ("rules", "moved", "left"),
    [
        ([rule("a", ["27000"])], {"a": ("27001",)}, []),
        ([rule("a", ["27000", "26990-27000"])], {}, ["range"]),
        ([rule("a", ["26000-27001"])], {}, []),
        ([rule("a", ["7279", "27000", "Any"])], {"a": ("7279", "27001", "Any")}, []),
        ([rule("a", ["27000", "27001"])], {"a": ("27001",)}, []),
        ([rule("Citrix licensing", ["27000"], program=None)], {"Citrix licensing": ("27001",)}, []),
        ([rule("other", ["27000"], program=None)], {}, ["neither its program nor its name"]),
        ([rule("other", ["27000"], program=r"C:\other.exe")], {}, ["neither its program nor its name"]),
        ([rule("Citrix Licensing", ["27000"], program=r"C:\other.exe")], {}, ["neither its program nor its name"]),
        ([rule("a", ["27000"], protocol="UDP")], {}, ["neither its program nor its name"]),
        ([rule("policy", ["27000"], program=None, source="group_policy")], {}, ["group policy"]),
        ([rule("a", ["8083"])], {}, []),
    ],
)
def test_rules_of_the_license_server_follow_its_ports(rules: t.Any, moved: dict[str, t.Any], left: list[str]) -> None:
    change_set = plan(values(firewall=rules), license_server=27001)
    assert change_set.rewrite is not None
    assert {move.name: move.after for move in change_set.rewrite.rules} == moved
    reasons = [item["reason"] for item in change_set.actions["firewall"] if item["reason"]]
    assert len(reasons) == len(left) and all(word in reason for word, reason in zip(left, reasons, strict=True))
    assert len([line for line in change_set.warnings if "Firewall rule" in line]) == len(left)


def test_rules_that_cannot_be_read_are_a_warning() -> None:
    denied = OperationError("access_denied", "", {})
    assert "firewall rules could not be read" in plan(values(firewall=denied), license_server=27001).warnings[-1]


def test_files_that_differ_from_the_port_in_force_are_in_the_diff() -> None:
    edited = DOCUMENT.replace(b"27000", b"27005")
    assert edited != DOCUMENT
    change_set = plan(values(edited), license_server=27000)
    assert change_set.before == change_set.after and change_set.changed
    assert [(one.name, one.before, one.after) for one in change_set.beside] == [
        ("license_server in the files", 27005, 27000)
    ]
    assert plan(values(), license_server=27001).beside == ()


def test_who_has_to_be_told_is_told() -> None:
    dependents = plan(values(), web_services=8084).actions["dependents"]
    assert {(item["port"], item["before"], item["after"]) for item in dependents} == {("web_services", 8083, 8084)}
    assert any("Director" in item["change"] for item in dependents)
    assert plan(values(), web_services=8083).actions["dependents"] == []


@pytest.mark.parametrize("options", [{"web_services": 8083}, {"web_services": 8084}])
def test_every_plan_has_the_same_keys(options: dict[str, int]) -> None:
    blank = SECTION.plan(SECTION.desired({"profile": PROFILE, **options}), readings(values(), blank=True))
    assert set(plan(values(), **options).actions) == set(blank.actions)

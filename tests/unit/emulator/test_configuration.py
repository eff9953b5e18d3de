# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services live from their files: what is in them at the start of a service is in force until its next start."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.host import build_fleet, faults, layout_of, show
from emulator.host.layout_reading import signed_lines
from emulator.host.state import install_folder
from tests.unit.emulator.operated import BUILD, Fleet, Operated, cmdlet, free_addresses

LICENSING, WEB = "Citrix Licensing", "CitrixWebServicesforLicensing"
SERVER_XML = "LS\\conf\\server.xml"
WEB_XML = "WebServicesForLicensing\\SimpleLicenseServiceConfig.xml"
HTTPD = "WebServicesForLicensing\\Apache\\conf\\httpd.conf"
OPTIONS = "MyFiles\\CITRIX.opt"
PLATINUM = "MyFiles\\FID_2c5e8f31_platinum.lic"
LICENSES = (PLATINUM, "MyFiles\\FID_77ab01c4_enterprise.lic", "MyFiles\\FID_e0d93b52_advanced.lic")
STOP = {"op": "service.stop", "names": [WEB, LICENSING]}
START = {"op": "service.start", "names": [LICENSING, WEB]}


def path_of(server: Operated, file: str) -> Path:
    return install_folder(server.state_dir / "servers" / "ls001").joinpath(*file.split("\\"))


def edit(server: Operated, file: str, old: bytes, new: bytes) -> None:
    path = path_of(server, file)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def shown(server: Operated) -> dict[str, Any]:
    found: dict[str, Any] = show(server.state_dir)["servers"]["ls001"]
    return found


def states(server: Operated) -> list[str]:
    services = shown(server)["services"]
    return [services[name]["state"] for name in (LICENSING, WEB)]


def locations(server: Operated, port: int) -> list[str]:
    kinds = [cmdlet("Get-LicLocation", LicenseServerPort=port, AddressType=kind) for kind in ("LS", "VD", "WSL")]
    return [value[0] for value in server.run(*kinds)]


def move_license_server(server: Operated, port: bytes) -> None:
    edit(server, SERVER_XML, b'licenseServer port="27000"', b'licenseServer port="%s"' % port)
    edit(server, WEB_XML, b":27000<", b":%s<" % port)


def test_ports_follow_the_files_at_the_next_start(server: Operated) -> None:
    move_license_server(server, b"27010")
    edit(server, SERVER_XML, b'"7279"', b'"7280"')
    edit(server, PLATINUM, b"VENDOR CITRIX\r\n", b"VENDOR CITRIX port=7280\r\n")
    edit(server, HTTPD, b"Listen 8083", b"Listen 8443")
    assert [server.listens(port) for port in (27000, 7279, 8083)] == [True, True, True]
    before = shown(server)
    assert (before["settings"]["license_server_port"], before["configured"]["license_server_port"]) == (27000, 27010)
    server.run(STOP, START)
    assert [server.listens(port) for port in (27000, 7279, 8083)] == [False, False, False]
    assert [server.listens(port) for port in (27010, 7280, 8443)] == [True, True, True]
    host = "ls001.corp.example"
    assert locations(server, 27010) == [f"{host}:27010", f"{host}:7280", f"https://{host}:8443/"]
    assert server.error(cmdlet("Get-LicLocation", AddressType="LS"))["kind"] == "cmdlet"
    after = shown(server)
    ports = {"license_server": 27010, "vendor_daemon": 7280, "web_services": 8443}
    assert after["settings"]["ports"] == ports
    assert {name: after["settings"][f"{name}_port"] for name in ports} == ports
    assert {name: after["configured"][f"{name}_port"] for name in ports} == ports


def test_what_is_no_port_follows_the_files_too(server: Operated) -> None:
    assert [shown(server)["settings"][name] for name in ("proxy", "supplemental_grace_period", "display_language")] == [
        None,
        "disabled",
        "english",
    ]
    edit(server, WEB_XML, b"</Conf", b"<Proxy>[2001:db8::1]:8080</Proxy><Locale>ja</Locale></Conf")
    edit(server, OPTIONS, b"#EMULATOR CEIP", b"#EMULATOR SUPPLEMENTAL_GRACE_PERIOD=1\r\n#EMULATOR CEIP")
    server.run(STOP, START)
    settings = shown(server)["settings"]
    assert settings["proxy"] == "[2001:db8::1]:8080"
    assert settings["supplemental_grace_period"] == "enabled"
    assert settings["display_language"] == "japanese"
    assert server.read("Get-LicServerInfo", "Locale") == [("ja",)]


def test_a_boot_is_a_start(fleet: Fleet) -> None:
    first = fleet()[0]
    move_license_server(first, b"27011")
    second = fleet()[0]
    assert second.listens(27011)
    assert locations(second, 27011)[0] == "ls001.corp.example:27011"


def test_a_boot_on_bad_configuration_leaves_the_service_stopped(fleet: Fleet) -> None:
    path_of(fleet()[0], SERVER_XML).unlink()
    second = fleet()[0]
    assert states(second) == ["Stopped", "Running"]
    assert [second.listens(port) for port in (27000, 8083)] == [False, True]


def unlink(server: Operated, file: str) -> None:
    path_of(server, file).unlink()


Damage = Callable[[Operated], None]


def replacing(file: str, old: bytes, new: bytes) -> Damage:
    return lambda server: edit(server, file, old, new)


@pytest.mark.parametrize(
    ("service", "damage", "why"),
    [
        (LICENSING, lambda server: unlink(server, SERVER_XML), "there is no"),
        (LICENSING, replacing(SERVER_XML, b"</lmadmin>", b""), "not well-formed"),
        (LICENSING, replacing(SERVER_XML, b' port="27000"', b""), "has no"),
        (LICENSING, replacing(SERVER_XML, b'"27000"', b'"0"'), "not legal"),
        (LICENSING, replacing(SERVER_XML, b'"27000"', b'""'), "not legal"),
        (LICENSING, replacing(SERVER_XML, b'"7279"', b'"65536"'), "not legal"),
        (LICENSING, replacing(SERVER_XML, b'"27000"', b'"27001"'), "disagree"),
        (LICENSING, replacing(WEB_XML, b":27000", b" 27000"), "not of the form"),
        (LICENSING, replacing(PLATINUM, b"ls001.corp.example", b"ls001.corp.example 27001"), "disagree"),
        (LICENSING, replacing(OPTIONS, b"#EMULATOR", b"#EMULATOR SUPPLEMENTAL_GRACE_PERIOD=yes\r\n#"), "not legal"),
        (LICENSING, replacing(SERVER_XML, b"<vendor", b'<licenseServer port="27000"/><vendor'), "2 times"),
        (WEB, lambda server: unlink(server, HTTPD), "there is no"),
        (WEB, replacing(HTTPD, b"Listen", b"#Listen"), "has no"),
        (WEB, replacing(HTTPD, b"\nListen", b"\nListen 80\r\nListen"), "2 times"),
        (WEB, replacing(WEB_XML, b"</Conf", b"<Proxy></Proxy></Conf"), "not legal"),
        (WEB, replacing(WEB_XML, b"</Conf", b"<Proxy>http://proxy:8080</Proxy></Conf"), "not legal"),
        (WEB, replacing(WEB_XML, b"</Conf", b"<Locale>xx</Locale></Conf"), "not legal"),
        (LICENSING, replacing(SERVER_XML, b'"7279"', b'"27000"'), None),
        (LICENSING, replacing(SERVER_XML, b'"7279"', b'"5985"'), None),
        (WEB, replacing(HTTPD, b"8083", b"7279"), None),
        (LICENSING, replacing(PLATINUM, b"XDT_PLT_UD", b"XDT_PLT_UE"), None),
        (LICENSING, replacing(PLATINUM, b" \\\r\n", b" \\\n"), None),
        (LICENSING, replacing("MyFiles\\citrix_startup.lic", b"4000", b"4001"), None),
    ],
)
def test_bad_configuration_keeps_its_service_down_until_it_is_mended(
    server: Operated, service: str, damage: Damage, why: str | None
) -> None:
    files = (SERVER_XML, WEB_XML, HTTPD, OPTIONS, PLATINUM, "MyFiles\\citrix_startup.lic")
    good = {file: path_of(server, file).read_bytes() for file in files}
    damage(server)
    server.run(STOP)
    failure = server.error({"op": "service.start", "names": [service]})
    assert (failure["kind"], failure["detail"]) == ("service", {"name": service, "state": "Stopped"})
    assert states(server) == (["Stopped", "Stopped"] if service == LICENSING else ["Running", "Stopped"])
    unreadable = " ".join(shown(server)["unreadable"].values())
    assert (why in unreadable) if why else unreadable == ""
    for file, content in good.items():
        path_of(server, file).write_bytes(content)
    server.run(START)
    assert states(server) == ["Running", "Running"]
    assert shown(server)["unreadable"] == {}


def test_a_port_that_a_foreign_process_took_keeps_the_service_down(server: Operated) -> None:
    server.fault("port_taken", {"port": 27001})
    assert [one["process"] for one in server.run({"op": "port.owners", "ports": [27001]})[0]] == ["other"]
    move_license_server(server, b"27001")
    assert server.answer(STOP, START)["results"][1]["error"]["kind"] == "service"
    faults.clear_fault(server.state_dir, "ls001")
    server.run(START)
    assert [one["process"] for one in server.run({"op": "port.owners", "ports": [27001]})[0]] == ["lmadmin"]


def test_license_lines_that_are_not_signed_may_change(server: Operated) -> None:
    for file in LICENSES:
        edit(server, file, b"VENDOR CITRIX\r\n", b"VENDOR CITRIX port=7279 options=CITRIX.opt\r\n# a comment\r\n")
    server.run(STOP, START)
    assert states(server) == ["Running", "Running"]


def test_signed_lines_are_those_of_the_signature_and_what_continues_them() -> None:
    signed = b"INCREMENT A CITRIX 1 \\\r\n\tVENDOR CITRIX PORT=1 \\\n SIGN=0\r\n"
    assert signed_lines(b"SERVER a ANY \\\r\n 1\r\n" + signed + b"VENDOR CITRIX\r\n") == signed


@pytest.mark.parametrize("seed", [seed for seed in range(40) if layout_of(seed).rewritten][:4])
def test_a_file_that_its_service_rewrites_loses_what_was_edited_while_it_ran(fleet: Fleet, seed: int) -> None:
    server = fleet(layout=seed)[0]
    for service, files in layout_of(seed).rewritten.items():
        for file in files:
            path = path_of(server, file)
            before = path.read_bytes()
            path.write_bytes(b"edited")
            server.run({"op": "service.stop", "names": [service]})
            assert path.read_bytes() == before
            path.write_bytes(b"edited")
            assert not server.answer({"op": "service.start", "names": [service]})["results"][0]["ok"]
            assert path.read_bytes() == b"edited"
            path.write_bytes(before)
            server.run(START)


@pytest.mark.parametrize("seed", range(12))
def test_a_server_of_any_layout_takes_a_renewal_and_starts_again(fleet: Fleet, seed: int) -> None:
    server = fleet(layout=seed)[0]
    server.run(cmdlet("Install-LicRenewals", FulfillmentID="FID-XDT-PLT-2001"), STOP, START)
    found = shown(server)
    assert found["unreadable"] == {}
    assert {name: found["settings"][name] for name in found["configured"]} == found["configured"]
    assert found["configured"]["license_server_port"] == 27000


def test_a_state_folder_keeps_its_layout(tmp_path: Path) -> None:
    build_fleet(tmp_path, 1, BUILD, free_addresses(1), 7)
    for other, words in ((None, "the default layout"), (8, "layout 8")):
        with pytest.raises(ValueError, match=f"have layout 7, and not {words}"):
            build_fleet(tmp_path, 1, BUILD, free_addresses(1), other)
    assert len(build_fleet(tmp_path, 2, BUILD, free_addresses(2), 7)) == 2


def test_a_state_folder_from_before_there_were_layouts_has_the_default_one(fleet: Fleet) -> None:
    server = fleet()[0]
    (server.state_dir / "layout.json").unlink()
    path = server.state_dir / "servers" / "ls001" / "state.json"
    document = json.loads(path.read_bytes())
    del document["configuration"]
    server.server.stop()
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="have the default layout, and not layout 3"):
        build_fleet(server.state_dir, 1, BUILD, free_addresses(1), 3)
    again = fleet()[0]
    assert states(again) == ["Running", "Running"]
    assert shown(again)["settings"]["license_server_port"] == 27000
    edit(again, PLATINUM, b"XDT_PLT_UD", b"XDT_PLT_UE")
    assert not again.answer(STOP, START)["results"][1]["ok"]

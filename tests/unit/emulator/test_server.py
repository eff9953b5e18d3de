# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server behaves like one machine: ports follow services, state survives, bad configuration shows."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import ssl

import pytest

from emulator.host import BUILDS, faults, show
from emulator.host.state import files_folder, load_state
from tests.unit.emulator.operated import Fleet, Operated, cmdlet, get

PORTS = (27000, 7279, 8083)
STOP = {"op": "service.stop", "names": ["Citrix Licensing"]}
START = {"op": "service.start", "names": ["Citrix Licensing"]}


def test_ports_open_and_close_with_their_services(server: Operated) -> None:
    assert all(server.listens(port) for port in PORTS)
    assert server.run(STOP)[0] == {"stopped": ["CitrixWebServicesforLicensing", "Citrix Licensing"]}
    assert not any(server.listens(port) for port in PORTS)
    assert server.run(START)[0] == {"started": ["Citrix Licensing"]}
    assert [server.listens(port) for port in PORTS] == [True, True, False]


def test_a_restart_in_one_batch_brings_back_what_ran(server: Operated) -> None:
    look = {"op": "port.owners", "ports": list(PORTS)}
    before = {one["process_id"] for one in server.run(look)[0]}
    _stopped, started, owners = server.run(STOP, START, look)
    assert started == {"started": ["Citrix Licensing", "CitrixWebServicesforLicensing"]}
    assert [one["port"] for one in owners] == sorted(PORTS)
    assert not before & {one["process_id"] for one in owners}


def test_the_web_service_speaks_https_with_the_certificate_that_the_cmdlet_names(server: Operated) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(server.server.address, 8083, timeout=10, context=context)
    connection.connect()
    assert isinstance(connection.sock, ssl.SSLSocket)
    certificate = connection.sock.getpeercert(binary_form=True) or b""
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, b"License Server" in response.read()) == (200, True)
    connection.close()
    thumbprint = hashlib.sha1(certificate).hexdigest().upper()
    assert server.read("Get-LicCertificate", "CertHash") == [(thumbprint,)]


def test_cmdlets_fail_while_the_web_service_is_stopped(server: Operated) -> None:
    server.run({"op": "service.stop", "names": ["CitrixWebServicesforLicensing"]})
    assert server.error(get("Get-LicCEIPOption", "CEIPOption"))["detail"]["status"] == "CommunicationError"
    assert server.run({"op": "server"})[0]["admin_address"]["error"]["detail"]["step"] == "certificate"


def test_everything_survives_a_restart_of_the_emulator(fleet: Fleet) -> None:
    first = fleet()[0]
    first.run(
        cmdlet("New-LicAdministrator", Account="CORP\\日本"),
        cmdlet("Set-LicCEIPOption", CEIPOption="None"),
        cmdlet("Set-LicConfigUsageSamples", RetentionPeriod=400),
        {"op": "service.stop", "names": ["CitrixWebServicesforLicensing"]},
    )
    shown, password = show(first.state_dir), first.server.credentials["ansible"]
    second = fleet()[0]
    assert show(second.state_dir) == shown
    assert second.server.credentials["ansible"] == password
    assert [second.listens(port) for port in PORTS] == [True, True, False]


def test_every_change_is_on_disk_when_its_batch_has_answered(server: Operated) -> None:
    server.run(cmdlet("New-LicAdministrator", Account="CORP\\alice"))
    saved = load_state(server.state_dir / "servers" / "ls001")
    assert "CORP\\alice" in [one.account for one in saved.settings.administrators]


def test_show_names_accounts_settings_services_and_files(server: Operated) -> None:
    shown = show(server.state_dir)["servers"]["ls001"]
    assert shown["accounts"][0] == {
        "name": "BUILTIN\\Administrators",
        "sid": "S-1-5-32-544",
        "type": "group",
        "role": "administrator",
    }
    assert shown["settings"]["version"] == "11.17.2.0 build 53100"
    assert shown["services"]["Citrix Licensing"]["state"] == "Running"
    options = server.run({"op": "file.read", "root": "myfiles", "path": "citrix.opt"})[0]
    assert shown["files"]["C:\\Program Files (x86)\\Citrix\\Licensing\\MyFiles\\CITRIX.opt"] == options["sha256"]


@pytest.mark.parametrize("build", [*(build.name for build in BUILDS), "11.13.1.0-16002", "12.0.0.0-1"])
def test_each_build_has_its_version_and_a_support_service(fleet: Fleet, build: str) -> None:
    value = fleet(build=build)[0].run({"op": "server"})[0]
    assert value["installation"]["version"] == build.replace("-", " build ")
    names = [one["name"] for one in value["services"]]
    assert len(names) == 4
    assert names[2] in ("CtxLSPortSvc", "CitrixLicensingSupportService")


def test_broken_configuration_keeps_the_service_down_and_undo_brings_it_back(server: Operated) -> None:
    path = "WebServicesForLicensing\\SimpleLicenseServiceConfig.xml"
    good = server.run({"op": "file.read", "root": "install", "path": path})[0]
    broken = b"<Configurations>"
    stop = {"op": "service.stop", "names": ["CitrixWebServicesforLicensing"]}
    start = {"op": "service.start", "names": ["CitrixWebServicesforLicensing"]}
    write = {"op": "file.write", "root": "install", "path": path}
    answer = server.answer(
        stop,
        {**write, "content": base64.b64encode(broken).decode(), "replaces": good["sha256"]},
        start,
        undo=[
            {**write, "content": good["content"], "replaces": hashlib.sha256(broken).hexdigest(), "after": 1},
            {**start, "after": 0},
        ],
    )
    assert answer["results"][2]["error"]["kind"] == "service"
    assert [one["ok"] for one in answer["undone"]] == [True, True]
    assert server.listens(8083)
    assert server.run({"op": "file.read", "root": "install", "path": path})[0]["sha256"] == good["sha256"]


def test_changing_the_ceip_option_leaves_the_rest_of_the_options_file_alone(server: Operated) -> None:
    path = files_folder(server.state_dir / "servers" / "ls001").joinpath(
        "C", "Program Files (x86)", "Citrix", "Licensing", "MyFiles", "CITRIX.opt"
    )
    before = path.read_bytes() + b"REPORTLOG \xff\xfe odd bytes"
    path.write_bytes(before)
    server.run(cmdlet("Set-LicCEIPOption", CEIPOption="None"))
    assert path.read_bytes() == before.replace(b"CEIP=Diag", b"CEIP=None")
    server.run(cmdlet("Set-LicCEIPOption", CEIPOption="Diagnostic"))
    assert path.read_bytes() == before


@pytest.mark.parametrize("host", ["ls002", "LS002.corp.example", "address"])
def test_one_server_manages_another_by_its_admin_address(fleet: Fleet, host: str) -> None:
    first, second = fleet(2)
    admin_address = f"https://{second.server.address if host == 'address' else host}:8083"
    answer = first.answer(cmdlet("New-LicAdministrator", Account="CORP\\alice"), admin_address=admin_address)
    assert answer["results"][0]["ok"]
    assert ("CORP\\alice",) not in first.read("Get-LicAdministrator", "Account")
    assert ("CORP\\alice",) in second.read("Get-LicAdministrator", "Account")
    shown = show(first.state_dir)["servers"]
    assert ["CORP\\alice" in [one["name"] for one in shown[name]["accounts"]] for name in ("ls001", "ls002")] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("not_installed", "CommunicationError"),
        ("web_services_down", "CommunicationError"),
        ("web_services_refuse_network_logon", "AuthorizationFailed"),
        ("certificate_untrusted", "CertificateVerificationFailed"),
    ],
)
def test_a_web_service_in_trouble_is_so_for_whoever_manages_it(fleet: Fleet, name: str, status: str) -> None:
    first, second = fleet(2)
    second.fault(name)
    read = get("Get-LicCEIPOption", "CEIPOption")
    answer = first.answer(read, admin_address="https://ls002:8083")
    assert answer["results"][0]["error"]["detail"]["status"] == status
    assert first.answer(read)["results"][0]["ok"]
    answer = second.answer(read, admin_address="https://ls001:8083")
    assert answer["results"][0]["ok"], "the snap-in of a server in trouble still manages another"


def test_a_port_that_another_program_has_is_named_at_the_start(server: Operated) -> None:
    server.server.stop()
    with socket.create_server((server.server.address, 7279)):
        with pytest.raises(OSError, match="7279"):
            server.server.start()
        assert not server.listens(27000)
    server.server.start()
    assert all(server.listens(port) for port in PORTS)


def test_a_slow_service_comes_up_after_its_time_out(server: Operated) -> None:
    name = "Citrix_GTLicensingProv"
    server.fault("service_slow", {name: 0.2})
    assert server.error({"op": "service.start", "names": [name], "timeout": 0})["kind"] == "timeout"
    faults.clear_fault(server.state_dir, "ls001", "service_slow")
    server.fault("clock_offset", 60)
    states = {one["name"]: one["state"] for one in server.run({"op": "server"})[0]["services"]}
    assert states[name] == "Running"


@pytest.mark.parametrize(
    ("asked", "name", "kind"),
    [
        ("CORP\\alice", "CORP\\alice", None),
        ("ALICE@corp.example", "CORP\\alice", None),
        (".\\ansible", "LS001\\ansible", None),
        ("Administrators", "BUILTIN\\Administrators", None),
        ("S-1-5-18", "NT AUTHORITY\\SYSTEM", None),
        ("S-1-5-21-3623811015-3361044348-30300820-1999", None, None),
        ("CORP\\departed", None, "not_found"),
        ("OTHER\\dave", None, "failed"),
    ],
)
def test_names_and_identifiers_are_translated(server: Operated, asked: str, name: str | None, kind: str | None) -> None:
    found = server.run({"op": "account.resolve", "accounts": [asked]})[0][0]
    assert found["account"] == asked
    assert (found["name"], (found["error"] or {}).get("kind")) == (name, kind)


def test_uploader_log_ends_with_a_block_for_each_program(server: Operated) -> None:
    read = {"op": "file.read", "root": "install", "path": "LS\\logs\\log_ctxuploader.log"}
    text = base64.b64decode(server.run(read)[0]["content"]).decode()
    assert text.endswith("\r\n\r\n")
    for kind in ("COMPLIANCE", "CEIP", "CALLHOME", "CSP"):
        assert f"<UploadType>CTX_UPLOAD_TYPE_{kind}</UploadType>" in text

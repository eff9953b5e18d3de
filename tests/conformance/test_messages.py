# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no good client sends: bad HTTP, bad envelopes, unknown payloads; and Identify, which clients do not wrap."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from xml.etree import ElementTree

import pytest

from emulator.winrm.payload import Become, ModuleCall, UnsupportedPayloadError, parse_module_call, recognise
from tests.conformance.stub import PASSWORD, USER, WRAPPER, Front, encoded, listening, module_input, module_input_2_17

SOAP = "http://www.w3.org/2003/05/soap-envelope"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
HEADER = (
    '<a:Action xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">{action}</a:Action>'
    '<a:MessageID xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">uuid:1</a:MessageID>'
)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with listening(tmp_path, transport="basic") as front:
        yield front


def send(front: Front, body: str, method: str = "POST", path: str = "/wsman", **headers: str) -> HTTPResponse:
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    connection = HTTPConnection(front.host.address, front.server.port, timeout=20)
    connection.request(method, path, body.encode(), {"Authorization": f"Basic {token}", **headers})
    return connection.getresponse()


def envelope(body: str, header: str = "") -> str:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'


def test_identify_says_what_answers(front: Front) -> None:
    answer = send(front, envelope(f'<i:Identify xmlns:i="{IDENTITY}"/>'))
    root = ElementTree.fromstring(answer.read())
    assert answer.status == 200
    assert root.findtext(f".//{{{IDENTITY}}}ProductVendor") == "Microsoft Corporation"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/", {}, 404),
        ("GET", "/wsman", {}, 405),
        ("POST", "/wsman", {"Authorization": ""}, 401),
        ("POST", "/wsman", {"Authorization": "Basic !"}, 401),
        ("POST", "/wsman", {"Authorization": "Negotiate TlRMTVNTUAA="}, 401),
        ("POST", "/wsman", {"Authorization": "Bearer x"}, 401),
        ("POST", "/wsman", {"Content-Type": "multipart/encrypted"}, 400),
        ("POST", "/wsman", {"Transfer-Encoding": "chunked"}, 501),
        ("POST", "/wsman", {"Content-Length": "-1"}, 400),
    ],
)
def test_bad_http_is_refused(front: Front, method: str, path: str, headers: dict[str, str], status: int) -> None:
    answer = send(front, "x", method, path, **headers)
    assert answer.status == status


def test_a_refused_log_on_says_what_is_offered(front: Front) -> None:
    answer = send(front, "x", Authorization="")
    assert answer.headers.get_all("WWW-Authenticate") == ["Negotiate", 'Basic realm="WSMAN"']


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("<s:Envelope", "2150858819"),
        ("<other/>", "2150858819"),
        (f'<s:Envelope xmlns:s="{SOAP}"/>', "2150858819"),
        (f"<!DOCTYPE x [<!ENTITY e 'x'>]>{envelope('&e;')}", "2150858819"),
        (envelope("", HEADER.format(action="http://schemas.xmlsoap.org/ws/2004/09/transfer/Put")), "2150858771"),
        (envelope("", HEADER.format(action="http://schemas.xmlsoap.org/ws/2004/09/transfer/Get")), "2150858752"),
    ],
)
def test_a_bad_envelope_is_a_fault(front: Front, message: str, code: str) -> None:
    answer = send(front, message)
    fault = ElementTree.fromstring(answer.read()).find(".//{*}WSManFault")
    assert answer.status == 500
    assert fault is not None
    assert fault.get("Code") == code


@pytest.mark.parametrize(
    ("stdin", "call"),
    [
        (module_input({"request": "x"}), ModuleCall("ns.col._agent", {"request": "x"}, None)),
        (module_input_2_17({"request": "x"}), ModuleCall("ns.col._agent", {"request": "x"}, None)),
        (
            module_input({}, BecomeUser="CORP\\a", password="p"),
            ModuleCall("ns.col._agent", {}, Become("CORP\\a", "p", "interactive")),
        ),
        (
            module_input({}, BecomeUser="SYSTEM", LogonType="NetworkCleartext"),
            ModuleCall("ns.col._agent", {}, Become("SYSTEM", None, "network")),
        ),
        (
            module_input_2_17({}, become_user="a", become_password="p", become_flags=None),
            ModuleCall("ns.col._agent", {}, Become("a", "p", "interactive")),
        ),
        (
            module_input_2_17({}, become_user="a", become_flags="logon_type=batch logon_flags="),
            ModuleCall("ns.col._agent", {}, Become("a", None, "batch")),
        ),
    ],
)
def test_a_module_call_is_found_in_the_wrapper_of_each_release(stdin: bytes, call: ModuleCall) -> None:
    assert parse_module_call(stdin) == call


@pytest.mark.parametrize(
    "stdin",
    [
        b"",
        b"Get-Date",
        b"{}\n\0\0\0\0\n",
        b"{}\n\0\0\0\0\n[]",
        b"{}\n\0\0\0\0\n{}",
        b'{}\n\0\0\0\0\n{"actions": [1]}',
        b'{}\n\0\0\0\0\n{"actions": [{"name": "module_wrapper.ps1", "params": {"Script": "x.ps1"}}]}',
        b'{}\n\0\0\0\0\n{"actions": [{"name": "async_wrapper.ps1"}]}',
        b'begin {}\0\0\0\0{"module_args": {}, "actions": ["async_wrapper", "module_powershell_wrapper"]}',
    ],
)
def test_everything_else_is_an_unsupported_payload(stdin: bytes) -> None:
    with pytest.raises(UnsupportedPayloadError, match=r"^unsupported payload: "):
        parse_module_call(stdin)


@pytest.mark.parametrize(
    ("text", "reads_stdin"),
    [
        ("powershell.exe " + " ".join(WRAPPER), True),
        ("PowerShell " + " ".join(encoded("PowerShell " + " ".join(WRAPPER))), True),
        ("powershell -NoProfile -", True),
        ("powershell " + " ".join(encoded("Get-Date")), False),
        ("powershell -EncodedCommand x", False),
        ("cmd /c dir", False),
    ],
)
def test_only_what_reads_standard_input_waits_for_it(text: str, reads_stdin: bool) -> None:
    assert recognise(text).reads_stdin is reads_stdin

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pypsrp's WSMan and WinRS clients, a second reading of the same protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError
from pypsrp.shell import CommandState, Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

from tests.conformance.stub import PASSWORD, USER, WRAPPER, Front, listening, module_input


def client(front: Front, auth: str = "negotiate", password: str = PASSWORD, encryption: str = "auto") -> WSMan:
    return WSMan(
        front.host.address,
        port=front.server.port,
        ssl=front.scheme == "https",
        username=USER,
        password=password,
        auth=auth,
        encryption=encryption,
        cert_validation=False,
        operation_timeout=20,
    )


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with listening(tmp_path) as front:
        yield front


@pytest.mark.parametrize(
    ("scheme", "transport", "auth", "encryption"),
    [
        ("http", "ntlm", "negotiate", "auto"),
        ("http", "ntlm", "ntlm", "auto"),
        ("https", "ntlm", "negotiate", "auto"),
        ("https", "ntlm", "ntlm", "always"),
        ("https", "basic", "basic", "auto"),
        ("http", "basic", "basic", "never"),
    ],
)
def test_a_module_runs_over_every_transport(
    tmp_path: Path, scheme: str, transport: str, auth: str, encryption: str
) -> None:
    with (
        listening(tmp_path, scheme, transport) as front,
        client(front, auth, encryption=encryption) as wsman,
        WinRS(wsman) as shell,
    ):
        process = Process(shell, "powershell.exe", WRAPPER)
        process.begin_invoke()
        process.send(module_input({"request": "{}"}))
        process.end_invoke()
        process.signal(SignalCode.TERMINATE)
        assert process.rc == 0
        assert json.loads(process.stdout)["user"] == USER


def test_what_a_shell_says_of_itself(front: Front) -> None:
    with client(front) as wsman, WinRS(wsman) as shell:
        assert (shell.owner, shell.client_ip) == (USER, "127.0.0.1")
        assert shell._get_shell()["ShellId"] == shell.id


def test_the_client_learns_the_envelope_size(front: Front) -> None:
    with client(front) as wsman:
        wsman.update_max_payload_size()
        assert wsman.max_envelope_size == 512_000
        with WinRS(wsman) as shell:
            process = Process(shell, "powershell.exe", WRAPPER)
            process.begin_invoke()
            process.send(b"x" * wsman.max_payload_size)
            process.end_invoke()
            assert b"unsupported payload" in process.stdout


def test_a_larger_envelope_is_refused(front: Front) -> None:
    with client(front) as wsman:
        shell = WinRS(wsman)
        shell.open()
        process = Process(shell, "powershell.exe", WRAPPER)
        process.begin_invoke()
        with pytest.raises(WinRMTransportError) as error:
            process.send(b"x" * 400_000)
        assert error.value.code == 413


def test_ctrl_c_ends_a_process(front: Front) -> None:
    front.host.gate.clear()
    with client(front) as wsman, WinRS(wsman) as shell:
        process = Process(shell, "powershell.exe", WRAPPER)
        process.begin_invoke()
        process.send(module_input({"request": "{}"}))
        process.poll_invoke(timeout=1)
        assert process.state != CommandState.DONE
        process.signal(SignalCode.CTRL_C)
        process.end_invoke()
        assert process.rc == -1073741510


def test_a_terminated_process_is_gone(front: Front) -> None:
    with client(front) as wsman, WinRS(wsman) as shell:
        process = Process(shell, "powershell.exe", WRAPPER)
        process.begin_invoke()
        process.signal(SignalCode.TERMINATE)
        with pytest.raises(WSManFaultError, match="command identifier that does not exist") as error:
            process.poll_invoke()
        assert error.value.code == 2150858843


def test_a_powershell_endpoint_is_no_resource_here(front: Front) -> None:
    with client(front) as wsman, pytest.raises(WSManFaultError, match="cannot find the resource") as error:
        WinRS(wsman, resource_uri="http://schemas.microsoft.com/powershell/Microsoft.PowerShell").open()
    assert error.value.code == 2150858752


def test_a_small_envelope_size_is_refused(front: Front) -> None:
    with client(front) as wsman:
        wsman.max_envelope_size = 4096
        with pytest.raises(WSManFaultError, match="envelope size in the request is too small") as error:
            WinRS(wsman).open()
        assert error.value.code == 2150858878


def test_a_timeout_that_is_none_is_refused(front: Front) -> None:
    with client(front) as wsman:
        wsman.operation_timeout = -1
        with pytest.raises(WSManFaultError, match="invalid timeout field in the SOAP header: PT-1S") as error:
            WinRS(wsman).open()
        assert error.value.code == 2150858767


@pytest.mark.parametrize("auth", ["negotiate", "ntlm"])
def test_a_wrong_password_is_refused(front: Front, auth: str) -> None:
    with client(front, auth, password="wrong") as wsman, pytest.raises(AuthenticationError):
        WinRS(wsman).open()

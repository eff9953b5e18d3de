# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a large answer, a slow start and a bad line make of a bundle's way over the wire."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from requests import exceptions
from winrm.exceptions import WinRMOperationTimeoutError
from winrm.protocol import Protocol

from emulator import fleet
from emulator.host import faults
from emulator.winrm.fetch import Fetch, fetch_of_script
from tests.conformance.stub import PASSWORD, USER, WRAPPER, Front, listening, module_input, run_module

MEGABYTE = 1024 * 1024
# As ansible-core 2.17 sends it, where the path has a quote in it.
SCRIPT_OF_2_17 = """Set-StrictMode -Version Latest
$path = 'C:\\it''s here\\x.zip'
If (Test-Path -LiteralPath $path -PathType Leaf)
{
$buffer_size = 524288
$offset = 1048576
$stream = New-Object -TypeName IO.FileStream($path, [IO.FileMode]::Open, \
[IO.FileAccess]::Read, [IO.FileShare]::ReadWrite)
$stream.Seek($offset, [System.IO.SeekOrigin]::Begin) > $null
$buffer = New-Object -TypeName byte[] $buffer_size
$bytes_read = $stream.Read($buffer, 0, $buffer_size)
if ($bytes_read -gt 0) {
$bytes = $buffer[0..($bytes_read - 1)]
[System.Convert]::ToBase64String($bytes)
}
$stream.Close() > $null
}
ElseIf (Test-Path -LiteralPath $path -PathType Container)
{
Write-Host "[DIR]";
}
Else
{
Write-Error "$path does not exist";
Exit 1;
}
"""


def protocol(front: Front, transport: str = "ntlm", **more: Any) -> Protocol:
    return Protocol(front.endpoint, transport, USER, PASSWORD, server_cert_validation="ignore", **more)


@pytest.mark.parametrize(("scheme", "transport"), [("http", "ntlm"), ("https", "basic")])
def test_a_large_answer_comes_whole_in_envelopes_that_the_client_takes(
    tmp_path: Path, scheme: str, transport: str
) -> None:
    answer = random.Random(1).randbytes(3 * MEGABYTE).hex()
    sizes: list[int] = []
    with listening(tmp_path, scheme, transport) as front:
        front.host.reply = lambda request: answer
        client = protocol(front, transport)
        send = client.transport.send_message
        client.transport.send_message = lambda message: sizes.append(len(reply := send(message))) or reply
        stdout, stderr, code = run_module(client, module_input({"request": "{}"}))
        assert (stdout.decode().strip() == answer, stderr, code) == (True, b"", 0)
        assert max(sizes) <= Protocol.DEFAULT_MAX_ENV_SIZE
        fullest = (Protocol.DEFAULT_MAX_ENV_SIZE - 8192) * 3 // 4
        assert front.server.statistics.operations["Receive"] <= len(answer) // fullest + 1


def test_a_program_does_not_run_before_its_process_has_started(tmp_path: Path) -> None:
    ran: list[str] = []
    with listening(tmp_path, process_start=3600) as front:
        front.host.reply = lambda request: ran.append(request) or request
        client = protocol(front, operation_timeout_sec=1, read_timeout_sec=30)
        shell = client.open_shell()
        command = client.run_command(shell, "powershell", WRAPPER, console_mode_stdin=False)
        client.send_command_input(shell, command, module_input({"request": "{}"}), end=True)
        with pytest.raises(WinRMOperationTimeoutError):
            client.get_command_output_raw(shell, command)
        assert ran == []
        assert front.server.statistics.process_starts == 1


@pytest.fixture
def emulated(tmp_path: Path) -> Iterator[fleet.Fleet]:
    with fleet.running(fleet.FleetOptions(servers=1, state=tmp_path)) as running:
        yield running


def call(emulated: fleet.Fleet, *operations: dict[str, Any]) -> list[Any]:
    """The results of a batch over a connection of its own."""
    entry = emulated.inventory()[0]
    endpoint = f"{entry.scheme}://{entry.address}:{entry.port}/wsman"
    client = Protocol(endpoint, entry.transport, entry.user, entry.password)
    stdout, _stderr, _code = run_module(client, module_input({"request": json.dumps({"v": 1, "ops": operations})}))
    results: list[Any] = json.loads(stdout)["results"]
    return results


def test_a_bundle_comes_whole_over_a_line_that_breaks_anywhere(emulated: fleet.Fleet, tmp_path: Path) -> None:
    bundle = random.Random(2).randbytes(2 * MEGABYTE)
    place = tmp_path / "servers" / "ls001" / "files" / "C" / "ProgramData" / "citrixfleet.licensing" / "x.zip"
    write = {"op": "file.write", "root": "work", "path": "x.zip", "content": "", "replaces": None}
    assert call(emulated, write)[0]["ok"]
    place.write_bytes(bundle)
    dice, fetched, drops = random.Random(3), b"", 0
    while len(fetched) < len(bundle):
        fault = {"operation": dice.choice(["Create", "Command", "Send", "Receive", "Receive"]), "times": 1}
        if dice.random() < 0.7:
            faults.set_fault(tmp_path, "ls001", "drop_connection", {**fault, "after": dice.randrange(4)})
        try:
            chunk = {"op": "file.chunk", "path": "x.zip", "offset": len(fetched), "length": 300_000}
            value = call(emulated, chunk)[0]["value"]
        except exceptions.ConnectionError:
            drops += 1
            continue
        part = base64.b64decode(value["content"])
        assert hashlib.sha256(part).hexdigest() == value["sha256"]
        fetched += part
    assert fetched == bundle
    assert drops > 0


def test_a_job_is_there_after_the_line_broke(emulated: fleet.Fleet, tmp_path: Path) -> None:
    faults.set_fault(tmp_path, "ls001", "drop_connection", {"operation": "Receive", "times": 1})
    request = {"v": 1, "ops": [{"op": "disk.space", "root": "install"}]}
    with pytest.raises(exceptions.ConnectionError):
        call(emulated, {"op": "job.start", "id": "1", "owner": "x", "text": "", "request": request})
    poll = {"op": "job.poll", "id": "1"}
    while (found := call(emulated, poll)[0]["value"])["state"] == "running":
        pass
    assert found["answer"]["results"][0]["value"]["free"] > 0
    starts = emulated.listeners["ls001"].statistics
    assert starts.process_starts == starts.operations["Command"] + 1, "the job's process counts"


def test_the_fetch_of_older_releases_is_found_in_its_script() -> None:
    assert fetch_of_script(SCRIPT_OF_2_17) == Fetch("C:\\it's here\\x.zip", 1048576, 524288)
    assert fetch_of_script(SCRIPT_OF_2_17.replace("ToBase64String", "ToString")) is None

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pywinrm, the client inside Ansible's winrm connection: every log-on, then the life of a command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from winrm import Session
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError, WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

from tests.conformance.stub import DOMAIN_USER, PASSWORD, USER, WRAPPER, Front, listening, module_input, run_module

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def client(front: Front, transport: str = "ntlm", user: str = USER, password: str = PASSWORD, **more: Any) -> Protocol:
    more = {"operation_timeout_sec": 20, "read_timeout_sec": 30, **more}
    return Protocol(front.endpoint, transport, user, password, server_cert_validation="ignore", **more)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with listening(tmp_path) as front:
        yield front


@pytest.mark.parametrize(
    ("scheme", "transport", "encryption"),
    [
        ("http", "ntlm", "auto"),
        ("https", "ntlm", "auto"),
        ("https", "ntlm", "always"),
        ("http", "basic", "auto"),
        ("https", "basic", "auto"),
    ],
)
def test_a_module_runs_over_every_transport(tmp_path: Path, scheme: str, transport: str, encryption: str) -> None:
    with listening(tmp_path, scheme, transport) as front:
        protocol = client(front, transport, message_encryption=encryption)
        stdout, stderr, exit_code = run_module(protocol, module_input({"request": '{"v": 1}'}))
        assert json.loads(stdout) == {"request": '{"v": 1}', "user": USER, "logon_type": "network"}
        assert (stderr, exit_code) == (b"", 0)


@pytest.mark.parametrize("transport", ["ntlm", "basic"])
@pytest.mark.parametrize(
    ("spelling", "password", "account"),
    [
        (USER.upper(), PASSWORD, USER),
        (f"LS001\\{USER}", PASSWORD, USER),
        (f".\\{USER}", PASSWORD, USER),
        (DOMAIN_USER, "secret", DOMAIN_USER),
    ],
)
def test_an_account_logs_on_under_every_spelling(
    tmp_path: Path, transport: str, spelling: str, password: str, account: str
) -> None:
    with listening(tmp_path, transport=transport) as front:
        stdout, _stderr, _code = run_module(
            client(front, transport, spelling, password), module_input({"request": "{}"})
        )
        assert json.loads(stdout)["user"] == account


@pytest.mark.parametrize(("scheme", "transport"), [("http", "ntlm"), ("https", "ntlm"), ("https", "basic")])
@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("nobody", PASSWORD), (USER, "")])
def test_a_wrong_log_on_is_refused(tmp_path: Path, scheme: str, transport: str, user: str, password: str) -> None:
    with listening(tmp_path, scheme, transport) as front:
        with pytest.raises(InvalidCredentialsError):
            client(front, transport, user, password).open_shell()
        assert front.server.statistics.operations == {}


def test_basic_is_not_offered_by_a_default_server(front: Front) -> None:
    with pytest.raises(InvalidCredentialsError):
        client(front, "basic").open_shell()


def test_messages_in_clear_are_refused_over_http(front: Front) -> None:
    with pytest.raises(WinRMTransportError) as error:
        client(front, message_encryption="never").open_shell()
    assert error.value.code == 500


def test_one_module_takes_six_operations_and_three_requests_to_log_on(front: Front) -> None:
    stdin = module_input({"request": "{}"})
    run_module(client(front), stdin)
    statistics = front.server.statistics
    assert statistics.operations == dict.fromkeys(["Create", "Command", "Send", "Receive", "Signal", "Delete"], 1)
    assert (statistics.http_requests, statistics.module_calls, statistics.module_payload) == (9, 1, len(stdin))
    assert statistics.bytes_in > len(stdin)
    assert statistics.bytes_out > 0


def test_standard_input_arrives_whole_from_many_sends(front: Front) -> None:
    request = "x" * 5000
    stdout, _stderr, _code = run_module(client(front), module_input({"request": request}), chunk=1000)
    assert json.loads(stdout)["request"] == request
    assert front.server.statistics.operations["Send"] > 5


def test_a_long_answer_comes_in_envelopes_that_the_client_accepts(front: Front) -> None:
    request = "x" * 400_000
    stdout, _stderr, _code = run_module(client(front), module_input({"request": request}))
    assert json.loads(stdout)["request"] == request
    assert front.server.statistics.operations["Receive"] == 4


def test_no_output_within_the_operation_timeout(front: Front) -> None:
    front.host.gate.clear()
    protocol = client(front, operation_timeout_sec=1, read_timeout_sec=20)
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "powershell", WRAPPER, console_mode_stdin=False)
    protocol.send_command_input(shell, command, module_input({"request": "{}"}), end=True)
    with pytest.raises(WinRMOperationTimeoutError):
        protocol.get_command_output_raw(shell, command)
    front.host.gate.set()
    stdout, _stderr, exit_code = protocol.get_command_output(shell, command)
    assert json.loads(stdout)["request"] == "{}"
    assert exit_code == 0


def test_a_slow_call_holds_up_no_other_client(front: Front) -> None:
    front.host.gate.clear()
    answers: list[bytes] = []
    slow = Thread(target=lambda: answers.append(run_module(client(front), module_input({"request": "slow"}))[0]))
    slow.start()
    stdout, _stderr, _code = run_module(client(front), module_input({}, module="ansible.windows.win_ping"))
    assert json.loads(stdout)["ping"] == "pong"
    assert answers == []
    front.host.gate.set()
    slow.join(30)
    assert json.loads(answers[0])["request"] == "slow"


def _unknown_shell(protocol: Protocol) -> None:
    protocol.run_command(UNKNOWN, "hostname")


def _closed_shell(protocol: Protocol) -> None:
    shell = protocol.open_shell()
    protocol.close_shell(shell, close_session=False)
    protocol.run_command(shell, "hostname")


def _unknown_command(protocol: Protocol) -> None:
    protocol.get_command_output_raw(protocol.open_shell(), UNKNOWN)


def _finished_command(protocol: Protocol) -> None:
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "hostname")
    protocol.get_command_output(shell, command)
    protocol.get_command_output_raw(shell, command)


def _input_after_the_end(protocol: Protocol) -> None:
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "hostname")
    protocol.get_command_output(shell, command)
    protocol.send_command_input(shell, command, b"more")


@pytest.mark.parametrize(
    ("act", "code", "reason"),
    [
        (_unknown_shell, 2150858843, "invalid selectors"),
        (_closed_shell, 2150858843, "invalid selectors"),
        (_unknown_command, 2150858843, "invalid selectors"),
        (_finished_command, 2150858843, "invalid selectors"),
        (_input_after_the_end, 232, "The pipe is being closed"),
    ],
)
def test_faults_have_the_codes_of_a_real_server(
    front: Front, act: Callable[[Protocol], None], code: int, reason: str
) -> None:
    with pytest.raises(WSManFaultError, match=reason) as error:
        act(client(front))
    assert error.value.wsman_fault_code == code


def test_a_shell_is_invisible_to_another_account(front: Front) -> None:
    shell = client(front).open_shell()
    with pytest.raises(WSManFaultError) as error:
        client(front, user=DOMAIN_USER, password="secret").run_command(shell, "hostname")
    assert error.value.wsman_fault_code == 2150858843


def test_other_commands_are_refused_in_words(front: Front) -> None:
    protocol = client(front)
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "ipconfig", ["/all"])
    stdout, stderr, exit_code = protocol.get_command_output(shell, command)
    assert (stdout, exit_code) == (b"", 1)
    assert stderr.startswith(b"unsupported payload: ")
    assert b"ipconfig /all" in stderr


def test_a_script_is_refused_in_words(front: Front) -> None:
    result = Session(front.endpoint, (USER, PASSWORD), transport="ntlm").run_ps("Get-Date")
    assert (result.std_out, result.status_code) == (b"", 1)
    assert result.std_err.startswith(b"unsupported payload: ")


def test_an_error_in_the_emulator_is_not_taken_for_an_answer(front: Front) -> None:
    stdout, stderr, exit_code = run_module(client(front), module_input({"request": "break"}))
    assert (stdout, exit_code) == (b"", 1)
    assert b"error in the emulator: RuntimeError('the host broke')" in stderr


def test_an_agent_that_is_ended_leaves_an_exit_code_and_no_output(front: Front) -> None:
    assert run_module(client(front), module_input({"request": "end"})) == (b"", b"", 1)


@pytest.mark.parametrize(
    ("become", "account"),
    [
        ({"BecomeUser": ".\\ANSIBLE", "password": PASSWORD}, USER),
        ({"BecomeUser": DOMAIN_USER}, DOMAIN_USER),
        ({"BecomeUser": "SYSTEM", "LogonType": "Service"}, "SYSTEM"),
    ],
)
def test_become_runs_as_another_account(front: Front, become: dict[str, str], account: str) -> None:
    stdout, _stderr, exit_code = run_module(client(front), module_input({"request": "x"}, **become))
    assert (json.loads(stdout)["user"], exit_code) == (account, 0)


@pytest.mark.parametrize(
    "become",
    [
        {"BecomeUser": USER, "password": "wrong"},
        {"BecomeUser": "nobody", "password": PASSWORD},
        {"BecomeUser": "nobody"},
    ],
)
def test_become_with_a_wrong_log_on_fails_in_words(front: Front, become: dict[str, str]) -> None:
    stdout, _stderr, exit_code = run_module(client(front), module_input({"request": "x"}, **become))
    answer = json.loads(stdout)
    assert (answer["failed"], exit_code) == (True, 1)
    assert f"Failed to become user '{become['BecomeUser']}'" in answer["msg"]


def test_log_in_can_be_refused(front: Front) -> None:
    front.host.faults["refuse_log_in"] = True
    with pytest.raises(InvalidCredentialsError):
        client(front).open_shell()


def test_the_connection_can_be_dropped_before_an_answer(front: Front) -> None:
    front.host.faults["drop_connection"] = {"operation": "Receive", "times": 1}
    with pytest.raises(requests.exceptions.ConnectionError):
        run_module(client(front), module_input({"request": "{}"}))
    assert front.server.statistics.module_calls == 1
    assert run_module(client(front), module_input({"request": "{}"}))[2] == 0


def test_the_connection_is_dropped_after_as_many_operations_as_asked(front: Front) -> None:
    front.host.faults["drop_connection"] = {"operation": "Send", "after": 2, "times": 1}
    assert [run_module(client(front), module_input({"request": "{}"}))[2] for _call in range(2)] == [0, 0]
    with pytest.raises(requests.exceptions.ConnectionError):
        run_module(client(front), module_input({"request": "{}"}))
    assert run_module(client(front), module_input({"request": "{}"}))[2] == 0


def test_slow_answers_are_answers(front: Front) -> None:
    front.host.faults["slow_answers"] = 0.01
    assert run_module(client(front), module_input({"request": "{}"}))[2] == 0

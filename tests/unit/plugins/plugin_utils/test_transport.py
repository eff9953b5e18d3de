# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a call of the agent that breaks: unreachable, an error, or whatever else it really is."""

from __future__ import annotations

import typing as t

import pytest
import requests
import winrm.exceptions
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Request
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    Cmdlet,
    FileDelete,
    Operation,
    Server,
)
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._transport import ConnectionTransport

READ = Server()
WRITE = Cmdlet("Set-LicCEIPOption", {"CEIPOption": "None"})


class FakeAction:
    """Stands for Ansible's action: answers, or raises, what it is told to."""

    def __init__(self, answer: t.Mapping[str, t.Any] | Exception) -> None:
        self.answer = answer
        self.module_name = ""

    def _execute_module(self, module_name: str, **_arguments: t.Any) -> t.Mapping[str, t.Any]:
        self.module_name = module_name
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def send(answer: t.Mapping[str, t.Any] | Exception, operation: Operation = READ) -> str:
    action = FakeAction(answer)
    ConnectionTransport(t.cast(t.Any, action), {}).send(Request((operation,)))
    return action.module_name


@pytest.mark.parametrize(
    "error",
    [
        AnsibleConnectionFailure("timed out"),
        requests.exceptions.ConnectionError("aborted"),
        winrm.exceptions.WinRMTransportError("http", 400, "bad"),
        winrm.exceptions.WinRMError("fault"),
        ConnectionResetError("reset"),
        TimeoutError("timed out"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_broken_connection_is_one_and_says_whether_changes_were_on_the_way(error: Exception) -> None:
    with pytest.raises(ConnectionLostError, match="could not be made"):
        send(error)
    with pytest.raises(ConnectionLostError, match="wholly, partly or not at all"):
        send(error, WRITE)


def test_a_failure_of_the_controller_is_not_taken_for_one_of_the_connection() -> None:
    with pytest.raises(PermissionError):
        send(PermissionError("no temporary folder"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"failed": True, "msg": "Cannot run script in ConstrainedLanguage mode"}, "ConstrainedLanguage mode"),
        ({"failed": True, "msg": "supported only on core types in this language mode."}, "ConstrainedLanguage mode"),
        ({"failed": True, "msg": "the wrapper broke"}, "did not answer as it should: the wrapper broke."),
    ],
)
def test_what_is_no_answer_is_an_error_that_says_whether_changes_may_have_been_made(
    answer: dict[str, t.Any], said: str
) -> None:
    with pytest.raises(LicenseError, match=said) as read:
        send(answer)
    with pytest.raises(LicenseError, match=said) as written:
        send(answer, WRITE)
    assert "may have been made" not in str(read.value)
    assert "may have been made" in str(written.value)


@pytest.mark.parametrize(
    ("operation", "module"),
    [(READ, "_agent"), (WRITE, "_agent"), (FileDelete("myfiles", "a", "00"), "_agent_changes")],
)
def test_what_changes_files_is_sent_only_where_it_is_needed(operation: Operation, module: str) -> None:
    answer = {"v": 1, "failed": False, "results": [{"ok": True, "value": None}], "undone": []}
    assert send(answer, operation) == f"citrixfleet.licensing.{module}"

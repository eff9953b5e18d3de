# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an administrator is told when something is wrong, and that nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.harness import Fleet, Run, fleet

ADD = {"name": "CORP\\ctx-admins", "type": "group", "role": "administrator"}

# One server a fault: host, fault, value, and what has to be in the message.
FAULTS: list[tuple[str, str, Any, tuple[str, ...]]] = [
    ("ls001", "snapin_missing", True, ("LicensingAdmin_PowerShellSnapIn_x64.msi", "admin_address")),
    ("ls002", "web_services_down", True, ("Web Services for Licensing did not answer", "https://localhost:8083")),
    ("ls003", "web_services_refuse_network_logon", True, ("401", "double hop", "credssp")),
    ("ls004", "certificate_untrusted", True, ("certificate", "not trusted")),
    ("ls005", "shell", {"edition": "Core", "version": "7.5.0"}, ("PowerShell 7", "Windows PowerShell 5.1")),
    ("ls006", "shell", {"bits": 32}, ("32-bit", "64-bit")),
    ("ls007", "shell", {"language_mode": "ConstrainedLanguage"}, ("ConstrainedLanguage",)),
    ("ls008", "shell", {"windows": False}, ("not Windows",)),
    ("ls009", "not_installed", True, ("No License Server is installed", "Nothing was changed")),
    ("ls010", "domain_unreachable", True, ("could not be looked up",)),
    ("ls011", "lock_held", True, ("Another run of this collection", "Nothing was changed")),
    (
        "ls012",
        "cmdlet_error",
        {"New-LicAdministrator": {"status": "UserNotAuthorized", "takes_effect": False}},
        ("New-LicAdministrator", "as it was before the task"),
    ),
]
IN_SPITE = "ls013"
HEALTHY = "ls014"


@pytest.fixture(scope="module")
def broken() -> Iterator[Fleet]:
    with fleet(14) as running:
        for host, name, value, _said in FAULTS:
            running.fault(host, name, value)
        running.fault(IN_SPITE, "false_account_resolution_failure", True)
        yield running


@pytest.fixture(scope="module")
def accounts_before(broken: Fleet) -> Any:
    return {host: server["accounts"] for host, server in broken.emulator("show")["servers"].items()}


@pytest.fixture(scope="module")
def run(broken: Fleet, accounts_before: Any) -> Run:
    assert accounts_before
    return broken.ad_hoc("license_user", ADD, "--forks", "14")


@pytest.mark.parametrize(("host", "name", "value", "said"), FAULTS, ids=[f"{item[1]} {item[2]}" for item in FAULTS])
def test_one_clear_line(run: Run, host: str, name: str, value: Any, said: tuple[str, ...]) -> None:
    result = run.one(host=host)
    assert result.outcome == "failed"
    assert [part for part in said if part not in result.message] == []
    assert "\n" not in result.message


@pytest.mark.parametrize("host", [item[0] for item in FAULTS])
def test_nothing_was_changed(run: Run, broken: Fleet, accounts_before: Any, host: str) -> None:
    assert run
    assert broken.show(host)["accounts"] == accounts_before[host]


def test_the_false_error_of_a_successful_addition_is_seen_through(run: Run, broken: Fleet) -> None:
    assert run.one(host=IN_SPITE).changed
    assert "CORP\\ctx-admins" in {account["name"] for account in broken.show(IN_SPITE)["accounts"]}


def test_information_reports_what_it_could_not_read(run: Run, broken: Fleet) -> None:
    assert run
    found = broken.ad_hoc("license_info", {}, "--forks", "14", pattern="ls001,ls002,ls009")
    for host, readable in (("ls001", "licenses"), ("ls002", "licenses"), ("ls009", None)):
        result = found.one(host=host).result
        assert found.one(host=host).outcome == "ok"
        assert {item["what"] for item in result["unreadable"]} >= {"accounts", "usage", "renewal"}
        assert result["accounts"] is None
        assert readable is None or result[readable]


def test_check_mode_on_a_host_without_a_license_server_is_a_result(run: Run, broken: Fleet) -> None:
    assert run
    result = broken.ad_hoc("license_user", ADD, "--check", pattern="ls009").one()
    assert (result.outcome, result.changed) == ("ok", True)


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_fault_in_the_middle_of_a_change_leaves_the_accounts_as_they_were(broken: Fleet, takes_effect: bool) -> None:
    broken.mend(HEALTHY)
    before = broken.show(HEALTHY)["accounts"]
    broken.fault(
        HEALTHY, "cmdlet_error", {"Remove-LicAdministrator": {"status": "UnknownError", "takes_effect": takes_effect}}
    )
    wish = {"accounts": [{"name": "CORP\\alice", "type": "user", "role": "administrator"}], "exclusive": True}
    failed = broken.ad_hoc("license_user", wish, pattern=HEALTHY).one()
    assert failed.outcome == "failed"
    after = broken.show(HEALTHY)["accounts"]
    assert [account for account in after if account["role"] == "administrator"]
    assert {account["name"] for account in before} <= {account["name"] for account in after}
    broken.mend(HEALTHY)


def test_a_connection_that_drops_while_changes_are_applied_is_unreachable_and_the_next_run_completes(
    broken: Fleet,
) -> None:
    broken.fault(HEALTHY, "drop_connection", {"operation": "Send", "times": 1, "after": 1})
    lost = broken.ad_hoc("license_usage", {"retention_days": 555}, pattern=HEALTHY).one()
    assert lost.outcome == "unreachable"
    assert "while changes were applied" in lost.message
    broken.mend(HEALTHY)
    assert broken.ad_hoc("license_usage", {"retention_days": 555}, pattern=HEALTHY).one().outcome == "ok"
    assert broken.show(HEALTHY)["settings"]["retention_days"] == 555


def test_a_refused_log_in_is_unreachable(broken: Fleet) -> None:
    result = broken.ad_hoc("license_info", {}, "-e", "ansible_password=wrong", pattern=HEALTHY).one()
    assert result.outcome == "unreachable"
    assert "rejected" in result.message or "credentials" in result.message


def test_a_host_that_is_not_reached_as_windows_is_told_so(broken: Fleet) -> None:
    result = broken.ad_hoc("license_info", {}, "-e", "ansible_connection=local", pattern=HEALTHY).one()
    assert result.outcome == "failed"
    assert "not reached as Windows" in result.message


def test_become_gets_past_the_double_hop(broken: Fleet) -> None:
    options = ["-b", "--become-method", "runas", "--become-user", "CORP\\svc-ansible"]
    run = broken.ad_hoc("license_info", {"gather_subset": ["accounts"]}, *options, pattern="ls003")
    assert run.one().result["accounts"], run.output


def test_bad_options_send_nothing(broken: Fleet) -> None:
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("license_user", {"name": "a", "accounts": []}, "mutually exclusive"),
        ("license_user", {"name": "CORP\\x\ny", "state": "absent"}, "not the name of an account"),
        ("license_usage", {"retention_days": 5}, "at least 30"),
        ("license_usage", {"retention": 365}, "Unsupported parameters: retention"),
        ("license_settings", {}, "Nothing is asked for"),
    ]
    broken.stats()
    messages = broken.refused([(module, options) for module, options, _said in bad], HEALTHY)
    for message, (_module, _options, said) in zip(messages, bad, strict=True):
        assert said in message
    assert broken.stats()[HEALTHY]["module_calls"] == 0


def test_the_password_is_nowhere_in_the_output(broken: Fleet) -> None:
    password = broken.inventory.read_text(encoding="utf-8").split("ansible_password: ")[1].split("\n")[0].strip("'\"")
    run = broken.ad_hoc("license_user", ADD, "-vvv", pattern=f"{HEALTHY},ls002")
    assert len(password) > 10
    assert password not in run.output

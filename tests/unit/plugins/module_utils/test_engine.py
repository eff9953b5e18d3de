# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call when nothing has to change, two when something does, and the truth about what became of a change."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import (
    LICENSE_INFO,
    LICENSE_RENEWAL,
    LICENSE_SETTINGS,
    ModuleContract,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._engine import Result, run_task
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    OperationError,
    Outcome,
    Request,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    Cmdlet,
    FileRead,
    Operation,
    Server,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Profile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._results import present

from tests.unit.plugins.readings import SERVER_VALUE, SHELL, cmdlet_error

UNCHANGED = 1
CHANGED = 2

RENEWAL = {"mode": "install", "install": [], "check": False, "installed_within_days": None, "admin_address": None}
BOTH = {
    "ports": None,
    "proxy": None,
    "options": None,
    "accounts": None,
    "renewal": {"mode": "install", "install": []},
    "usage": {"retention_days": 365},
    "admin_address": None,
    "service_timeout": 300,
    "backups": 5,
}
SKIPPED = OperationError("skipped", "an earlier operation failed", {})


class FakeServer:
    """A transport to a License Server that knows two settings, and can fail where it is told to."""

    def __init__(self, **server: t.Any) -> None:
        self.server = {**SERVER_VALUE, **server}
        self.mode = "Notify"
        self.days = 180
        self.requests: list[Request] = []
        self.fails: dict[str, OperationError] = {}
        self.after_first_call: dict[str, OperationError] = {}
        self.after_first_read: dict[str, OperationError] = {}
        self.undo_fails = False
        self.lost_after = 99
        self.renewals: list[dict[str, t.Any]] = []

    def send(self, request: Request) -> Answer:
        if len(self.requests) >= self.lost_after:
            raise ConnectionLostError("gone")
        if self.requests:
            self.fails.update(self.after_first_read)
        self.requests.append(request)
        outcomes = []
        stopped = False
        for operation in request.operations:
            outcome = Outcome(error=SKIPPED) if stopped else self._run(operation)
            stopped = stopped or (outcome.error is not None and "*" not in operation.tolerate)
            outcomes.append(outcome)
        self.fails.update(self.after_first_call)
        undone = {number: self._undo(item.operation) for number, item in enumerate(request.undo)} if stopped else {}
        return Answer(tuple(outcomes), undone)

    def _run(self, operation: Operation) -> Outcome:
        if isinstance(operation, Server):
            return Outcome(value=self.server)
        if not isinstance(operation, Cmdlet):
            return Outcome(error=OperationError("not_installed", "", {}))
        if operation.name == "Install-LicRenewals":
            failure = self.fails.get(f"{operation.name} {operation.parameters['FulfillmentID']}")
            return Outcome(value=[], error=failure)
        if operation.name == "Get-LicRenewals":
            return Outcome(value=self.renewals)
        if operation.name in self.fails:
            return Outcome(error=self.fails[operation.name])
        if operation.name == "Set-LicSARenewalOptions":
            self.mode = str(operation.parameters["Option"])
        if operation.name == "Set-LicConfigUsageSamples":
            self.days = int(operation.parameters["RetentionPeriod"])
        return Outcome(value=[self._values()])

    def _undo(self, operation: Operation) -> Outcome:
        if self.undo_fails:
            return Outcome(error=cmdlet_error("CommunicationError"))
        self.fails.clear()
        return self._run(operation)

    def _values(self) -> dict[str, t.Any]:
        return {
            "SARenewalOption": self.mode,
            "CEIPOption": "None",
            "Enabled": True,
            "PollingInterval": 15,
            "RetentionPeriod": self.days,
            "SLVersion": "v11.17.2.0 build 42000",
        }


def run(
    server: FakeServer,
    options: t.Mapping[str, t.Any],
    check_mode: bool = False,
    contract: ModuleContract = LICENSE_RENEWAL,
) -> Result:
    return run_task(contract.task(options, Profile(), check_mode), server)


def test_in_sync_is_one_call() -> None:
    server = FakeServer()
    result = run(server, {**RENEWAL, "mode": "notify"})
    assert not result.changed
    assert len(server.requests) == UNCHANGED


def test_check_mode_is_one_call_that_changes_nothing() -> None:
    server = FakeServer()
    result = run(server, RENEWAL, check_mode=True)
    assert result.changed
    assert len(server.requests) == UNCHANGED
    assert server.requests[0].reads
    assert server.mode == "Notify"


def test_a_change_is_two_calls_and_the_result_is_what_was_read_back() -> None:
    server = FakeServer()
    result = run(server, RENEWAL)
    assert (result.changed, server.mode) == (True, "Install")
    assert len(server.requests) == CHANGED
    assert result.sections[0].before == {"mode": "notify"}
    assert result.sections[0].after == {"mode": "install"}


def test_every_mode_returns_the_same_keys() -> None:
    results = [
        run(FakeServer(), RENEWAL, check_mode=True),
        run(FakeServer(), RENEWAL),
        run(FakeServer(), {**RENEWAL, "mode": "notify"}),
        run(FakeServer(installation=None), RENEWAL, check_mode=True),
    ]
    keys = [sorted(present(result, composite=False, files=False)) for result in results]
    assert keys[0] == keys[1] == keys[2] == keys[3]


def test_several_sections_are_still_two_calls() -> None:
    server = FakeServer()
    result = run(server, BOTH, contract=LICENSE_SETTINGS)
    assert len(server.requests) == CHANGED
    assert (server.mode, server.days) == ("Install", 365)
    assert present(result, composite=True, files=True)["diff"] == {
        "before": "renewal:\n  mode: notify\nusage:\n  share_usage_statistics: none\n  collect_historical_use: true\n"
        "  retention_days: 180\n  polling_minutes: 15\n",
        "after": "renewal:\n  mode: install\nusage:\n  share_usage_statistics: none\n  collect_historical_use: true\n"
        "  retention_days: 365\n  polling_minutes: 15\n",
    }


def test_a_failed_change_takes_the_earlier_ones_back_and_says_so() -> None:
    server = FakeServer()
    server.fails["Set-LicConfigUsageSamples"] = cmdlet_error("UnknownError")
    with pytest.raises(
        LicenseError,
        match=r"Set-LicConfigUsageSamples -RetentionPeriod 365 failed: UnknownError.*taken back.*LS001.*53100",
    ):
        run(server, BOTH, contract=LICENSE_SETTINGS)
    assert server.mode == "Notify"


def test_a_change_that_cannot_be_taken_back_is_told_with_what_the_server_has_now() -> None:
    server = FakeServer()
    server.fails["Set-LicConfigUsageSamples"] = cmdlet_error("UnknownError")
    server.undo_fails = True
    with pytest.raises(LicenseError, match=r"could not be taken back as a whole.*\"mode\": \"install\"") as raised:
        run(server, BOTH, contract=LICENSE_SETTINGS)
    assert raised.value.changed


def test_a_server_that_cannot_be_read_after_a_failure_is_said_to_be_so() -> None:
    server = FakeServer()
    server.fails["Set-LicSARenewalOptions"] = cmdlet_error("CommunicationError")
    server.undo_fails = True
    server.after_first_call["Get-LicSARenewalOptions"] = cmdlet_error("CommunicationError")
    with pytest.raises(LicenseError, match="could not be read again"):
        run(server, RENEWAL)


def test_a_read_that_fails_changes_nothing() -> None:
    server = FakeServer()
    server.fails["Get-LicSARenewalOptions"] = cmdlet_error("CommunicationError")
    with pytest.raises(LicenseError, match="did not answer at https://localhost:8083"):
        run(server, RENEWAL)
    assert len(server.requests) == UNCHANGED


def renewals(*names: str) -> list[dict[str, t.Any]]:
    keys = ("ProductName", "SerialNumber", "CustomerSuccessServicesDate", "Quantity")
    return [{"FulfillmentId": name, **dict.fromkeys(keys)} for name in names]


def test_an_installation_that_cannot_be_taken_back_is_never_said_to_be() -> None:
    server = FakeServer()
    server.renewals = renewals("FID-1", "FID-2")
    server.fails["Install-LicRenewals FID-2"] = cmdlet_error("UnknownError")
    with pytest.raises(
        LicenseError, match=r"cannot be taken back: Install-LicRenewals -FulfillmentID FID-1\."
    ) as raised:
        run(server, {**RENEWAL, "install": ["all"]})
    assert raised.value.changed
    assert server.mode == "Notify"


def test_the_diff_of_an_installation_says_what_cannot_be_taken_back() -> None:
    server = FakeServer()
    server.renewals = renewals("FID-1")
    result = run(server, {**RENEWAL, "mode": None, "install": ["all"]}, check_mode=True)
    assert present(result, composite=False, files=False)["diff"]["after"].endswith(
        "- Install-LicRenewals -FulfillmentID FID-1\n"
    )


def test_a_connection_lost_after_a_failure_does_not_hide_the_failure() -> None:
    server = FakeServer()
    server.fails["Set-LicSARenewalOptions"] = cmdlet_error("UnknownError")
    server.lost_after = CHANGED
    with pytest.raises(LicenseError, match=r"Set-LicSARenewalOptions .* failed.*could not be read again \(gone\)"):
        run(server, RENEWAL)


def test_a_section_that_does_not_change_cannot_spoil_one_that_does() -> None:
    server = FakeServer()
    server.after_first_read["Get-LicSARenewalOptions"] = cmdlet_error("UnknownError")
    options = {**BOTH, "renewal": {"mode": "notify", "install": []}}
    result = run(server, options, contract=LICENSE_SETTINGS)
    assert (result.changed, server.days) == (True, 365)


def test_through_admin_address_nothing_of_the_host_itself_is_reported() -> None:
    server = FakeServer()
    options = {"gather_subset": ["licenses", "services", "usage"], "admin_address": "https://ls009.corp.example:8083"}
    notes = run(server, options, contract=LICENSE_INFO).sections[0].notes
    assert [item["what"] for item in notes["unreadable"]] == ["services", "licenses"]
    assert notes["usage"]["retention_days"] == 180
    assert all(operation.OP in ("server", "cmdlet") for operation in server.requests[0].operations)


def test_another_run_at_work_is_named() -> None:
    server = FakeServer()
    server.fails["Set-LicSARenewalOptions"] = OperationError("busy", "", {})
    with pytest.raises(LicenseError, match="Another run of this collection"):
        run(server, RENEWAL)


def test_bad_input_never_reaches_the_host() -> None:
    server = FakeServer()
    with pytest.raises(LicenseError):
        run(server, {**RENEWAL, "installed_within_days": 0})
    assert server.requests == []


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ({"windows": False}, "not Windows"),
        ({"edition": "Core", "version": "7.5.0"}, r"PowerShell 7 \(Core 7\.5\.0\)"),
        ({"version": "3.0"}, "PowerShell 3.0"),
        ({"bits": 32}, "32-bit"),
        ({"language_mode": "ConstrainedLanguage"}, "ConstrainedLanguage"),
    ],
)
def test_a_shell_that_cannot_work_is_named_before_a_cmdlet_runs(shell: dict[str, t.Any], said: str) -> None:
    server = FakeServer(shell={**SHELL, **shell}, host=None, user=None, installation=None, services=None, snapin=None)
    with pytest.raises(LicenseError, match=said):
        run(server, RENEWAL)


def test_a_host_without_a_license_server_is_an_error() -> None:
    with pytest.raises(LicenseError, match="No License Server is installed"):
        run(FakeServer(installation=None), RENEWAL)


def test_in_check_mode_a_host_without_a_license_server_shows_what_will_be_set() -> None:
    server = FakeServer(installation=None)
    server.fails["Get-LicSARenewalOptions"] = OperationError("snapin_missing", "", {})
    result = run(server, RENEWAL, check_mode=True)
    assert result.changed
    assert result.sections[0].after == {"mode": "install"}
    assert "No License Server is installed" in result.warnings[0]


def test_information_of_a_host_without_a_license_server_is_a_result() -> None:
    server = FakeServer(installation=None)
    server.fails["Get-LicCEIPOption"] = cmdlet_error("CommunicationError")
    result = run(server, {"gather_subset": ["services", "usage"], "admin_address": None}, contract=LICENSE_INFO)
    assert not result.changed
    notes = result.sections[0].notes
    assert (notes["services"], notes["usage"]) == (None, None)
    assert [item["what"] for item in notes["unreadable"]] == ["services", "usage"]


def test_the_version_of_a_server_managed_from_elsewhere_is_that_servers() -> None:
    server = FakeServer(installation=None)
    options = {**RENEWAL, "admin_address": "https://ls009.corp.example:8083"}
    result = run(server, options)
    assert result.server.version_text == "v11.17.2.0 build 42000"
    assert {request.admin_address for request in server.requests} == {"https://ls009.corp.example:8083"}


def test_usage_of_a_composite_task_reads_no_log() -> None:
    server = FakeServer()
    assert not run(
        server, {**BOTH, "renewal": None, "usage": {"retention_days": 180}}, contract=LICENSE_SETTINGS
    ).changed
    read = [operation.path for operation in server.requests[0].operations if isinstance(operation, FileRead)]
    assert not [path for path in read if path.endswith(".log")]

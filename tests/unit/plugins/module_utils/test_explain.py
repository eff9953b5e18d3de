# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every failure of the agent is told with what to do next."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain, explain_services
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    Expectation,
    FileCopy,
    Operation,
    PortOwners,
    ServiceStart,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import Service

from tests.unit.plugins.readings import cmdlet_error, server

STOPPED = Service(
    "CitrixWebServicesforLicensing", "Citrix Web Services for Licensing", "Stopped", "Auto", None, None, None
)


@pytest.mark.parametrize(
    ("error", "facts", "said"),
    [
        (
            OperationError("snapin_missing", "no snap-ins have been registered", {}),
            {},
            ["LicensingAdmin_PowerShellSnapIn_x64.msi", "admin_address", "no snap-ins have been registered"],
        ),
        (
            cmdlet_error("CommunicationError"),
            {"services": (STOPPED,)},
            ["https://localhost:8083", "its service CitrixWebServicesforLicensing is Stopped"],
        ),
        (cmdlet_error("AuthorizationFailed"), {"logon_type": "network"}, ["401", "double hop", "credssp", "runas"]),
        (cmdlet_error("UserNotAuthorized"), {"logon_type": "interactive"}, ["401", "is not an administrator"]),
        (cmdlet_error("ActiveDirectoryAccountResolutionFailed"), {}, ["Active Directory", "double hop"]),
        (cmdlet_error("CertificateVerificationFailed"), {}, ["not trusted", "Get-LicCertificate"]),
        (cmdlet_error("InvalidCertificate"), {}, ["not trusted"]),
        (cmdlet_error("RetentionPeriodLessThanMinValue"), {}, ["RetentionPeriodLessThanMinValue: said by the cmdlet"]),
        (cmdlet_error(None), {}, ["said by the cmdlet"]),
        (OperationError("busy", "", {}), {}, ["Another run"]),
        (OperationError("timeout", "", {"name": "Citrix Licensing"}), {}, ["Citrix Licensing took longer"]),
        (OperationError("access_denied", "", {"path": "C:\\a"}), {}, ["C:\\a", "administrator of the host"]),
        (OperationError("sharing_violation", "", {"path": "C:\\a"}), {}, ["C:\\a", "held open"]),
        (OperationError("disk_full", "", {"path": "C:\\a"}), {}, ["No space"]),
        (OperationError("changed", "", {"path": "C:\\a"}), {}, ["changed by someone else"]),
        (OperationError("work_folder", "", {"path": "C:\\a"}), {}, ["not ours"]),
        (OperationError("something_new", "a {curly} message", {}), {}, ["a {curly} message"]),
        (OperationError("service", "Cannot start service X on computer '.'.", {}), {}, ["Cannot start service X"]),
        (OperationError("failed", "", {}), {}, ["No reason was given"]),
        (OperationError("timeout", "", {}), {}, ["took longer"]),
    ],
)
def test_explanations(error: OperationError, facts: dict[str, object], said: list[str]) -> None:
    text = explain(error, server(**facts))
    assert [part for part in said if part not in text] == []
    assert "\n" not in text
    assert f"({error.kind})" not in text


COPY = FileCopy("install", r"LS\conf\server.xml", "ab", "work", r"backup\1\0-server.xml", None)
LISTEN = PortOwners(expect=Expectation(includes=({"process": "httpd"}, {"process": "lmadmin", "port": 27001})))


@pytest.mark.parametrize(
    ("error", "operation", "said"),
    [
        (
            OperationError("disk_full", "", {"path": r"backup\1\0-server.xml"}),
            COPY,
            r"No space is left on the disk of %ProgramData%\citrixfleet.licensing\backup\1\0-server.xml.",
        ),
        (
            OperationError("sharing_violation", "", {"path": r"LS\conf\server.xml"}),
            COPY,
            r"C:\Program Files (x86)\Citrix\Licensing\LS\conf\server.xml is held open by another program.",
        ),
        (
            OperationError("timeout", "", {"name": "Citrix Licensing"}),
            ServiceStart(("Citrix Licensing",), 30),
            "Citrix Licensing took longer than the time allowed (30 seconds).",
        ),
        (OperationError("expect", "", {}), LISTEN, "Not all of these listened in time: httpd, lmadmin on port 27001."),
    ],
)
def test_an_operation_makes_its_error_clearer(error: OperationError, operation: Operation, said: str) -> None:
    assert explain(error, server(), operation) == said


def test_services_that_do_not_run_are_named_with_where_the_reason_is() -> None:
    licensing = Service("Citrix Licensing", "Citrix Licensing", "StartPending", "Auto", 1, None, None)
    assert explain_services([licensing, STOPPED], server()) == (
        "NOT RUNNING: Citrix Licensing (StartPending), CitrixWebServicesforLicensing (Stopped); look for the reason in "
        "the Windows event log (System, source Service Control Manager) and in the logs in "
        r"C:\Program Files (x86)\Citrix\Licensing\LS\logs and "
        r"C:\Program Files (x86)\Citrix\Licensing\WebServicesForLicensing\Logs."
    )
    assert explain_services([], server()) == ""

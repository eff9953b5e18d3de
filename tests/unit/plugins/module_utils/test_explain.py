# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every failure of the agent is told with what to do next."""

from __future__ import annotations

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    OperationError,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
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
        (OperationError("something_new", "a {curly} message", {}), {}, ["a {curly} message (something_new)"]),
        (OperationError("timeout", "", {}), {}, ["took longer"]),
    ],
)
def test_explanations(error: OperationError, facts: dict[str, object], said: list[str]) -> None:
    text = explain(error, server(**facts))
    assert [part for part in said if part not in text] == []
    assert "\n" not in text

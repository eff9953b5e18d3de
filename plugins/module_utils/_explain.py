# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Errors of the agent as an administrator reads them: what happened, on which server, and what to do next."""

from __future__ import annotations

import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._describe import full_path, full_paths
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Operation, PortOwners
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import (
    LICENSE_LOGS,
    LICENSE_SERVICE,
    WEB_LOGS,
    WEB_SERVICE,
    ServerFacts,
    Service,
)

SNAPIN_INSTALLER = r"x64\Licensing\LicensingAdmin_PowerShellSnapIn_x64.msi"

DOUBLE_HOP = (
    "The log-on is of type 'network': over WinRM with NTLM, Kerberos or a certificate, Windows cannot pass it on to a "
    "second service (double hop). Use 'become: true' with 'become_method: ansible.builtin.runas', "
    "'ansible_winrm_transport: credssp', or Kerberos with delegation."
)

_SHELLS = {
    "not_windows": "The host is not Windows; a License Server's settings are changed on Windows.",
    "edition": "The remote shell is PowerShell 7 ({edition} {version}); the snap-in needs Windows PowerShell 5.1. "
    "Point the connection at it (psrp: ansible_psrp_configuration_name=Microsoft.PowerShell; "
    "no ansible_pwsh_interpreter).",
    "version": "The remote shell is PowerShell {version}; Windows PowerShell 5.1 is needed.",
    "bits": "The remote shell is a {bits}-bit process; the snap-in needs the 64-bit Windows PowerShell.",
    "language_mode": "The remote shell runs in {language_mode} mode (application control); the agent needs "
    "FullLanguage. Allow the collection's PowerShell files in the policy, or use another management account.",
}

_STATUSES = {
    "CommunicationError": "Web Services for Licensing did not answer at {address}{state}.",
    "InvalidCertificate": "The certificate of Web Services for Licensing at {address} is not trusted, and its hash "
    "could not be pinned. Try Get-LicCertificate on the host; admin_address must have the certificate's name.",
    "CitrixLicensingVendorOrServiceDown": f"The Citrix vendor daemon or the service {LICENSE_SERVICE} is down; "
    "start the service and run the task again.",
    "UserNotFound": "The License Server does not know that account.",
    "InvalidLicenseFile": "The License Server refused the license file.",
}
_STATUSES["CertificateVerificationFailed"] = _STATUSES["InvalidCertificate"]

_KINDS = {
    "not_installed": "No License Server is installed here (no registry key of it). Install it, or name the server to "
    "manage in admin_address.",
    "elsewhere": "With admin_address only what the cmdlets tell is read, since the host is not the License Server; run "
    "the task on the License Server itself for this.",
    "busy": "Another run of this collection is changing this server; run the task again when it has ended.",
    "timeout": "{name} took longer than the time allowed{seconds}.",
    "access_denied": "Windows refused access to {path}{name}; the account needs to be an administrator of the host.",
    "sharing_violation": "{path} is held open by another program.",
    "disk_full": "No space is left on the disk of {path}.",
    "changed": "{path}{name} was changed by someone else since it was read.",
    "work_folder": "{path} exists and is not ours (owner, or access for others), so nothing in it is trusted. "
    "Remove it after looking at it.",
    "expect": "What was read back is not what was asked for.",
}

_NO_ACCESS = ("AuthorizationFailed", "UserNotAuthorized")


def shell_problem(server: ServerFacts) -> str | None:
    """Why no operation can run in the host's shell, or None if it can (design: 64-bit Windows PowerShell 5.1)."""
    shell = server.shell
    if not shell.get("windows"):
        reason = "not_windows"
    elif shell.get("edition") not in (None, "Desktop"):
        reason = "edition"
    elif not str(shell.get("version", "")).startswith("5.1"):
        reason = "version"
    elif shell.get("bits") != 64:
        reason = "bits"
    elif shell.get("language_mode") != "FullLanguage":
        reason = "language_mode"
    else:
        return None
    return _SHELLS[reason].format_map(_Words(shell))


def explain(error: OperationError, server: ServerFacts, operation: Operation | None = None) -> str:
    """One or two sentences for one failed operation, ending in what to do where that is known.

    :param operation: the operation, for what its error does not say.
    """
    if error.kind == "unsupported_shell":
        return shell_problem(server) or error.message
    if error.kind == "snapin_missing":
        return _snapin_missing(error)
    if error.kind == "cmdlet":
        return _cmdlet(error, server)
    if error.kind == "expect" and isinstance(operation, PortOwners) and operation.expect is not None:
        return _not_listening(operation.expect.includes)
    known = _KINDS.get(error.kind)
    if known is None:
        return error.message or "No reason was given."
    timeout = getattr(operation, "timeout", None)
    words = {"path": "", "name": "", "seconds": f" ({timeout} seconds)" if timeout else "", **error.detail}
    path = full_paths(operation, server).get(words["path"], words["path"])
    return known.format_map(_Words({**words, "path": path}))


def explain_services(stopped: t.Sequence[Service], server: ServerFacts) -> str:
    """Which services do not run that should, and where it says why; empty if there are none."""
    if not stopped:
        return ""
    names = ", ".join(f"{service.name} ({service.state})" for service in stopped)
    logs = {WEB_LOGS if service.name.casefold() == WEB_SERVICE.casefold() else LICENSE_LOGS for service in stopped}
    folders = " and ".join(full_path("install", log, server) for log in sorted(logs))
    return (
        f"NOT RUNNING: {names}; look for the reason in the Windows event log (System, source Service Control Manager) "
        f"and in the logs in {folders}."
    )


def _not_listening(wanted: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    listeners = [f"{item['process']}{' on port {port}'.format_map(item) if 'port' in item else ''}" for item in wanted]
    return f"Not all of these listened in time: {', '.join(listeners)}."


def _snapin_missing(error: OperationError) -> str:
    said = f" Windows says: {error.message}" if error.message else ""
    return (
        f"The PowerShell snap-in Citrix.Licensing.Admin.V1 is not installed. Install {SNAPIN_INSTALLER} from the "
        "Virtual Apps and Desktops media, or delegate the task to a management host that has it and set admin_address."
        + said
    )


def _cmdlet(error: OperationError, server: ServerFacts) -> str:
    status = error.status
    if status in _NO_ACCESS:
        return _no_access(status, server)
    if status == "ActiveDirectoryAccountResolutionFailed":
        return f"The License Server could not look the account up in Active Directory. {_double_hop(server)}".rstrip()
    known = _STATUSES.get(status or "")
    said = f"{status}: {error.message}" if status and status not in error.message else error.message
    if known is None:
        return said
    return f"{known.format_map(_Words({'address': server.address, 'state': _web_service_state(server)}))} ({said})"


def _no_access(status: str, server: ServerFacts) -> str:
    text = f"Web Services for Licensing refused the account {server.user} (401, {status})."
    if server.logon_type != "network":
        return f"{text} It is not an administrator of this License Server."
    return f"{text} Either it is not an administrator of this License Server, or it did not get there. {DOUBLE_HOP}"


def _double_hop(server: ServerFacts) -> str:
    return DOUBLE_HOP if server.logon_type == "network" else ""


def _web_service_state(server: ServerFacts) -> str:
    service = server.service(WEB_SERVICE)
    return f"; its service {service.name} is {service.state}" if service is not None else ""


class _Words(dict[str, t.Any]):
    """Words for a text; one that is not known is printed as a question mark instead of failing."""

    def __init__(self, words: t.Mapping[str, t.Any]) -> None:
        super().__init__(words)

    def __missing__(self, key: str) -> str:
        return "?"

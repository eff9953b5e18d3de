# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The PowerShell snap-in ``Citrix.Licensing.Admin.V1`` of this host: the client of Web Services for Licensing.

It binds parameters, finds the web service, checks its certificate, and passes errors on as a cmdlet raises them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from .cmdlets import CMDLETS, Cmdlet, Connection, Parameters, number, text
from .web_services import LicensingError

# The type that was seen around ActiveDirectoryAccountResolutionFailed (public code, 2024); for the other errors no
# public source names one, and the emulator uses the same.
EXCEPTION_TYPE = "System.InvalidOperationException"
BINDING_EXCEPTION_TYPE = "System.Management.Automation.ParameterBindingException"
FALSE_FAILURE = "ActiveDirectoryAccountResolutionFailed"

ADDRESS_TYPES = ("LS", "VD", "LAC", "WSL")
DEFAULT_PORT = 27000


@dataclass(frozen=True)
class PlannedError:
    """An error that a cmdlet raises on demand, before or after it has done its work."""

    status: str | None
    takes_effect: bool = False


class CmdletTrouble(Protocol):
    """What may be wrong with the snap-in of this host. Asked at each call."""

    def snapin_missing(self) -> bool: ...

    def planned_error(self, cmdlet: str) -> PlannedError | None: ...


class CmdletError(Exception):
    """An error record of a cmdlet. ``status`` is None where it names no licensing status."""

    def __init__(self, status: str | None, message: str, exception: str = EXCEPTION_TYPE) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.exception = exception


class SnapIn:
    """Runs cmdlets. ``route`` is how it loads (``module`` or ``snapin``), None where it is not installed.

    ``connect`` leads from an admin address to a web service, ``locate`` from a License Server's host and port to its
    addresses by type; None where nobody answers.
    """

    def __init__(
        self,
        route: str | None,
        connect: Callable[[str], Connection | None],
        locate: Callable[[str, int], Mapping[str, str] | None],
        trouble: CmdletTrouble,
    ) -> None:
        self._route = route
        self._connect = connect
        self._locate = locate
        self._trouble = trouble

    @property
    def route(self) -> str | None:
        return None if self._trouble.snapin_missing() else self._route

    def certificate_hash(self, address: str) -> str | None:
        """``(Get-LicCertificate -AdminAddress address).CertHash``."""
        planned = self._trouble.planned_error("Get-LicCertificate")
        if planned is not None:
            raise _planned("Get-LicCertificate", planned)
        return self._reach(address).certificate_hash

    def run(self, name: str, parameters: Parameters, address: str, certificate_hash: str | None) -> list[object]:
        """Run a cmdlet of :data:`CMDLETS` and answer its output: strings, and :class:`Record` objects."""
        cmdlet = CMDLETS[name]
        _bind(name, cmdlet, parameters)
        planned = self._trouble.planned_error(name)
        if planned is not None and not planned.takes_effect:
            raise _planned(name, planned)
        if cmdlet.run is None:
            return self._location(parameters)
        connection = self._reach(address)
        if cmdlet.takes_certificate:
            _check_trust(name, connection, certificate_hash)
        try:
            output = cmdlet.run(connection, parameters)
        except LicensingError as error:
            raise CmdletError(error.status, error.message) from error
        if planned is not None:
            raise _planned(name, planned)
        if name == "New-LicAdministrator" and connection.trouble.false_account_resolution_failure():
            raise CmdletError(FALSE_FAILURE, "The specified Active Directory account or group could not be found.")
        return output

    def _location(self, parameters: Parameters) -> list[object]:
        host = text(parameters, "LicenseServerAddress") or "localhost"
        port = number(parameters, "LicenseServerPort") or DEFAULT_PORT
        kind = (text(parameters, "AddressType") or "WSL").upper()
        if kind not in ADDRESS_TYPES:
            raise CmdletError("InvalidType", "The AddressType specified was not one of the supported types.")
        found = self._locate(host, port)
        if found is None or kind not in found:
            raise CmdletError("CommunicationError", "There was a problem communicating with the License Server.")
        return [found[kind]]

    def _reach(self, address: str) -> Connection:
        connection = self._connect(address)
        if connection is None:
            raise CmdletError("CommunicationError", "There was a problem communicating with the License Server.")
        return connection


def _check_trust(name: str, connection: Connection, certificate_hash: str | None) -> None:
    if connection.trouble.log_on_refused():
        raise CmdletError("AuthorizationFailed", "The remote server returned an error: (401) Unauthorized.")
    distrust = connection.trouble.certificate_status()
    if distrust is None and certificate_hash is None:
        distrust = "CertificateVerificationFailed"
    elif distrust is None and certificate_hash != connection.certificate_hash:
        distrust = "InvalidCertificate"
    if distrust is not None:
        raise CmdletError(distrust, "Certificate is not verified or it is self-signed.")
    if name == "Get-LicRenewals" and connection.trouble.cloud_refused():
        raise CmdletError("CommunicationError", "There was a problem communicating with citrix.com.")


def _bind(name: str, cmdlet: Cmdlet, parameters: Parameters) -> None:
    for parameter, value in parameters.items():
        wanted = cmdlet.parameters.get(parameter)
        if wanted is None:
            message = f"A parameter cannot be found that matches parameter name '{parameter}'."
            raise CmdletError(None, message, BINDING_EXCEPTION_TYPE)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise CmdletError(None, f"Cannot bind parameter '{parameter}' of {name}.", BINDING_EXCEPTION_TYPE)
    for parameter in cmdlet.mandatory:
        if not parameters.get(parameter):
            message = f"Cannot process command because of one or more missing mandatory parameters: {parameter}."
            raise CmdletError(None, message, BINDING_EXCEPTION_TYPE)
    if name == "Remove-LicAdministrator" and len(parameters) != 1:
        message = "Parameter set cannot be resolved using the specified named parameters."
        raise CmdletError(None, message, BINDING_EXCEPTION_TYPE)


def _planned(cmdlet: str, planned: PlannedError) -> CmdletError:
    return CmdletError(planned.status, f"{cmdlet} failed: {planned.status or 'unexpected error'}.")

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cmdlets of ``Citrix.Licensing.Admin.V1``: parameters, and what each asks of Web Services for Licensing.

Cmdlets, parameters and outputs are those of the SDK pages (github.com/citrix/delivery-controller-sdk, docs/Licensing).
A cmdlet or parameter that is not there does not exist here either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from .clock import normalise
from .settings import Administrator
from .web_services import Caller, LicensingError, WebServices

Parameters = Mapping[str, object]


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*")


@dataclass(frozen=True)
class Record:
    """An object that a cmdlet answers: its .NET type and its properties (JSON values; dates as texts)."""

    type_name: str
    properties: Mapping[str, object]

    def value(self, name: str) -> object:
        """A property, None where there is none; a date in full, as .NET's round-trip format has it."""
        value = self.properties.get(name)
        return normalise(value) if isinstance(value, str) and _DATE.fullmatch(value) else value


class WebTrouble(Protocol):
    """What may be wrong with a web service that answers. Asked at each call, of the server that the service is on."""

    def log_on_refused(self) -> bool: ...

    def certificate_status(self) -> str | None: ...

    def cloud_refused(self) -> bool: ...

    def false_account_resolution_failure(self) -> bool: ...


@dataclass(frozen=True)
class Connection:
    """A web service that an address leads to, and what it makes of the caller."""

    web_services: WebServices
    caller: Caller
    certificate_hash: str | None
    trouble: WebTrouble


@dataclass(frozen=True)
class Cmdlet:
    """One cmdlet: its parameters with their types, what it asks of the web service, and the mandatory parameters.

    ``run`` is None for the one cmdlet that asks the License Server itself.
    """

    parameters: Mapping[str, type]
    run: Callable[[Connection, Parameters], list[object]] | None
    mandatory: tuple[str, ...] = ()
    takes_certificate: bool = True


def text(parameters: Parameters, name: str) -> str | None:
    """A text parameter, None where it is not given."""
    value = parameters.get(name)
    return value if isinstance(value, str) else None


def number(parameters: Parameters, name: str) -> int | None:
    """A number parameter, None where it is not given."""
    value = parameters.get(name)
    return value if isinstance(value, int) else None


def _switch(parameters: Parameters, name: str) -> bool:
    return parameters.get(name) is True


def _user(one: Administrator) -> Record:
    return Record(
        "Citrix.Licensing.Admin.Sdk.WslUser",
        {"Account": one.account, "AccountSid": one.sid, "Group": one.group, "Permissions": one.permissions},
    )


def _get_administrator(to: Connection, parameters: Parameters) -> list[object]:
    sid, read_only = text(parameters, "AccountSid"), _switch(parameters, "ReadOnly")
    return [_user(one) for one in to.web_services.administrators(to.caller, sid, read_only)]


def _new_administrator(to: Connection, parameters: Parameters) -> list[object]:
    account, group = text(parameters, "Account") or "", _switch(parameters, "Group")
    return [_user(to.web_services.add_administrator(to.caller, account, group, _switch(parameters, "ReadOnly")))]


def _set_administrator(to: Connection, parameters: Parameters) -> list[object]:
    account, sid = text(parameters, "Account"), text(parameters, "AccountSid")
    group, read_only = _switch(parameters, "Group"), _switch(parameters, "ReadOnly")
    return [_user(to.web_services.set_administrator(to.caller, account, sid, group, read_only))]


def _remove_administrator(to: Connection, parameters: Parameters) -> list[object]:
    to.web_services.remove_administrator(to.caller, text(parameters, "Account"), text(parameters, "AccountSid"))
    return []


def _get_ceip(to: Connection, parameters: Parameters) -> list[object]:
    return [Record("Citrix.Licensing.Admin.Sdk.WslCeipOption", {"CEIPOption": to.web_services.settings.ceip.read()})]


def _set_ceip(to: Connection, parameters: Parameters) -> list[object]:
    to.web_services.set_ceip(to.caller, text(parameters, "CEIPOption") or "")
    return []


def _get_usage_samples(to: Connection, parameters: Parameters) -> list[object]:
    samples = to.web_services.settings.usage_samples
    # Interval and retention are blank while collection is off (SDK page, second example).
    properties = {
        "Enabled": samples.enabled,
        "PollingInterval": samples.polling_interval if samples.enabled else None,
        "RetentionPeriod": samples.retention_period if samples.enabled else None,
        "EarliestSampleTime": samples.earliest,
        "LatestSampleTime": samples.latest,
    }
    return [Record("Citrix.Licensing.Admin.Sdk.WslConfigUsageSample", properties)]


def _set_usage_samples(to: Connection, parameters: Parameters) -> list[object]:
    enable = _switch(parameters, "Enable") if "Enable" in parameters else None
    interval, retention = number(parameters, "PollingInterval"), number(parameters, "RetentionPeriod")
    to.web_services.set_usage_samples(to.caller, enable, interval, retention)
    return []


def _get_renewal_option(to: Connection, parameters: Parameters) -> list[object]:
    option = to.web_services.settings.renewal_option
    return [Record("Citrix.Licensing.Admin.Sdk.WslSARenewalOption", {"SARenewalOption": option})]


def _set_renewal_option(to: Connection, parameters: Parameters) -> list[object]:
    to.web_services.set_renewal_option(to.caller, text(parameters, "Option") or "")
    return []


def _get_renewals(to: Connection, parameters: Parameters) -> list[object]:
    return [
        Record(
            "Citrix.Licensing.Admin.Sdk.WslFulfillment",
            {
                "FulfillmentId": one.fulfillment_id,
                "ProductName": one.product_name,
                "SerialNumber": one.serial_number,
                "CustomerSuccessServicesDate": one.success_services_date,
                "Quantity": one.quantity,
            },
        )
        for one in to.web_services.renewals(to.caller)
    ]


def _install_renewals(to: Connection, parameters: Parameters) -> list[object]:
    to.web_services.install_renewal(to.caller, text(parameters, "FulfillmentID") or "")
    return []


def _get_inventory(to: Connection, parameters: Parameters) -> list[object]:
    found = to.web_services.inventory(to.caller, text(parameters, "Locale"))
    return [Record("Citrix.Licensing.Admin.Sdk.WslInventory", one) for one in found]


def _get_server_info(to: Connection, parameters: Parameters) -> list[object]:
    known = to.web_services.settings.server_info
    permissions = {"Permissions": to.caller.permissions or "None"} if "Permissions" in known else {}
    return [Record("Citrix.Licensing.Admin.Sdk.WslServerInfo", {**known, **permissions})]


def _get_effective_permission(to: Connection, parameters: Parameters) -> list[object]:
    if to.caller.permissions is None:
        raise LicensingError(
            "UserNotAuthorized", "The currently authenticated user is not authorized to perform this operation."
        )
    return [Record("Citrix.Licensing.Admin.Sdk.WslServerInfo", {"Permissions": to.caller.permissions})]


def _get_certificate(to: Connection, parameters: Parameters) -> list[object]:
    return [Record("System.Security.Cryptography.X509Certificates.X509Certificate2", {"CertHash": to.certificate_hash})]


CMDLETS: Mapping[str, Cmdlet] = {
    "Get-LicAdministrator": Cmdlet({"AccountSid": str, "ReadOnly": bool}, _get_administrator),
    "New-LicAdministrator": Cmdlet(
        {"Account": str, "Group": bool, "ReadOnly": bool}, _new_administrator, mandatory=("Account",)
    ),
    "Set-LicAdministrator": Cmdlet(
        {"Account": str, "AccountSid": str, "Group": bool, "ReadOnly": bool}, _set_administrator
    ),
    "Remove-LicAdministrator": Cmdlet({"Account": str, "AccountSid": str}, _remove_administrator),
    "Get-LicCEIPOption": Cmdlet({}, _get_ceip),
    "Set-LicCEIPOption": Cmdlet({"CEIPOption": str}, _set_ceip, mandatory=("CEIPOption",)),
    "Get-LicConfigUsageSamples": Cmdlet({}, _get_usage_samples),
    "Set-LicConfigUsageSamples": Cmdlet(
        {"Enable": bool, "PollingInterval": int, "RetentionPeriod": int}, _set_usage_samples
    ),
    "Get-LicSARenewalOptions": Cmdlet({}, _get_renewal_option),
    "Set-LicSARenewalOptions": Cmdlet({"Option": str}, _set_renewal_option, mandatory=("Option",)),
    "Get-LicRenewals": Cmdlet({}, _get_renewals),
    "Install-LicRenewals": Cmdlet({"FulfillmentID": str}, _install_renewals, mandatory=("FulfillmentID",)),
    "Get-LicInventory": Cmdlet({"CheckForSameSerialNumber": bool, "Locale": str}, _get_inventory),
    "Get-LicServerInfo": Cmdlet({}, _get_server_info, takes_certificate=False),
    "Get-LicEffectivePermission": Cmdlet({}, _get_effective_permission),
    "Get-LicCertificate": Cmdlet({}, _get_certificate, takes_certificate=False),
    "Get-LicLocation": Cmdlet(
        {"LicenseServerAddress": str, "LicenseServerPort": int, "AddressType": str},
        None,
        takes_certificate=False,
    ),
}

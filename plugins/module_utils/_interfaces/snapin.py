# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The snap-in ``Citrix.Licensing.Admin.V1``: the one interface that Citrix documents.

Source of every name and spelling: the SDK pages of Citrix (github.com/citrix/delivery-controller-sdk, docs/Licensing).
Read and write spellings differ (``Get-LicCEIPOption`` prints ``Diag``, ``Set-LicCEIPOption`` takes ``Diagnostic``), and
are mapped here and nowhere else.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Cmdlet, Expectation, Wanted

Scalar: t.TypeAlias = "bool | int | str"


@dataclasses.dataclass(frozen=True)
class Spelling:
    """One value in our word, in what the cmdlet prints (any of ``read``), and in what it takes."""

    word: str
    read: tuple[str, ...]
    write: str


@dataclasses.dataclass(frozen=True)
class CmdletSetting:
    """Where one setting lives: a property of one cmdlet's output and a parameter of another.

    ``spellings`` is empty for numbers and Booleans, which are passed as they are. ``row`` is the setting of the profile
    that says which builds have the cmdlets.
    """

    name: str
    read_cmdlet: str
    read_property: str
    write_cmdlet: str
    write_parameter: str
    row: str
    spellings: tuple[Spelling, ...] = ()

    def parse(self, printed: t.Any) -> Scalar | None:
        """Our value for what the cmdlet printed; an unknown word stays as it is, blank is None."""
        if printed is None or printed == "":
            return None
        for spelling in self.spellings:
            if str(printed).casefold() in [text.casefold() for text in spelling.read]:
                return spelling.word
        return t.cast(Scalar, printed)

    def write_value(self, value: Scalar) -> Scalar:
        """What the write cmdlet takes for our value; one that was read but has no word of ours is passed back."""
        return next((item.write for item in self.spellings if item.word == value), value)

    def wanted(self, value: Scalar) -> Wanted:
        """What the read cmdlet may print once our value is set."""
        return next((item.read for item in self.spellings if item.word == value), value)


SHARE_USAGE_STATISTICS = CmdletSetting(
    name="share_usage_statistics",
    read_cmdlet="Get-LicCEIPOption",
    read_property="CEIPOption",
    write_cmdlet="Set-LicCEIPOption",
    write_parameter="CEIPOption",
    row="share_usage_statistics",
    spellings=(
        Spelling("call_home", ("Diag", "Diagnostic"), "Diagnostic"),
        Spelling("anonymous", ("Anonymous",), "Anonymous"),
        Spelling("none", ("None",), "None"),
    ),
)

_SAMPLES = ("Get-LicConfigUsageSamples", "Set-LicConfigUsageSamples", "historical_use")

COLLECT_HISTORICAL_USE = CmdletSetting(
    "collect_historical_use", _SAMPLES[0], "Enabled", _SAMPLES[1], "Enable", _SAMPLES[2]
)
RETENTION_DAYS = CmdletSetting(
    "retention_days", _SAMPLES[0], "RetentionPeriod", _SAMPLES[1], "RetentionPeriod", _SAMPLES[2]
)
POLLING_MINUTES = CmdletSetting(
    "polling_minutes", _SAMPLES[0], "PollingInterval", _SAMPLES[1], "PollingInterval", _SAMPLES[2]
)

RENEWAL_MODE = CmdletSetting(
    name="mode",
    read_cmdlet="Get-LicSARenewalOptions",
    read_property="SARenewalOption",
    write_cmdlet="Set-LicSARenewalOptions",
    write_parameter="Option",
    row="renewal_mode",
    spellings=(
        Spelling("notify", ("Notify",), "Notify"),
        Spelling("install", ("Install",), "Install"),
        Spelling("manual", ("Manual",), "Manual"),
    ),
)

RENEWAL_PROPERTIES = ("FulfillmentId", "ProductName", "SerialNumber", "CustomerSuccessServicesDate", "Quantity")


def read_settings(settings: t.Iterable[CmdletSetting]) -> dict[str, Cmdlet]:
    """One read operation for each cmdlet that prints some of the settings, by the cmdlet's name."""
    properties: dict[str, list[str]] = {}
    for setting in settings:
        properties.setdefault(setting.read_cmdlet, []).append(setting.read_property)
    return {name: Cmdlet(name, select=tuple(names)) for name, names in properties.items()}


def write_settings(settings: t.Iterable[CmdletSetting], values: t.Mapping[str, Scalar]) -> dict[str, Cmdlet]:
    """One write operation for each cmdlet that some of ``values`` (by setting name) need."""
    parameters: dict[str, dict[str, Scalar]] = {}
    for setting in settings:
        if setting.name in values:
            written = setting.write_value(values[setting.name])
            parameters.setdefault(setting.write_cmdlet, {})[setting.write_parameter] = written
    return {name: Cmdlet(name, parameters=arguments) for name, arguments in parameters.items()}


def verify_settings(settings: t.Sequence[CmdletSetting], values: t.Mapping[str, Scalar]) -> dict[str, Cmdlet]:
    """The reads of :func:`read_settings`, each expecting the values that were written."""
    wanted: dict[str, dict[str, Wanted]] = {}
    for setting in settings:
        if setting.name in values:
            wanted.setdefault(setting.read_cmdlet, {})[setting.read_property] = setting.wanted(values[setting.name])
    return {
        name: dataclasses.replace(read, expect=Expectation(includes=(wanted[name],))) if name in wanted else read
        for name, read in read_settings(settings).items()
    }


# Accounts: Get-LicAdministrator and its siblings. Full and ReadOnly are the page's roles Administrator and User.

#: New-LicAdministrator over WinRM was seen to raise this although the account is added: judged by the read after it.
FALSE_ACCOUNT_ERROR = "ActiveDirectoryAccountResolutionFailed"

#: Get-LicAdministrator raises this for an empty list.
NO_ACCOUNTS = "NoUsers"

#: Get-LicRenewals raises this for an empty list.
NO_RENEWALS = "NoSARenewals"

ROLES = {"full": "administrator", "readonly": "user"}
PERMISSIONS = {"administrator": "Full", "user": "ReadOnly"}


def read_accounts(expect: Expectation | None = None) -> Cmdlet:
    """All accounts, users and groups, of both roles."""
    return Cmdlet("Get-LicAdministrator", select=("Account", "AccountSid", "Group", "Permissions"), expect=expect)


def add_account(name: str, group: bool, role: str) -> Cmdlet:
    """``name`` must be ``DOMAIN\\name`` or ``name@domain``."""
    return Cmdlet("New-LicAdministrator", {"Account": name, **_switches(group, role)}, tolerate=(FALSE_ACCOUNT_ERROR,))


def change_account(sid: str, group: bool, role: str) -> Cmdlet:
    """Sets role and kind in one: without -ReadOnly the role is Full, without -Group the kind is user."""
    return Cmdlet(
        "Set-LicAdministrator", {"AccountSid": sid, **_switches(group, role)}, tolerate=(FALSE_ACCOUNT_ERROR,)
    )


def remove_account(sid: str) -> Cmdlet:
    """By SID, so that an account whose name no longer resolves can be removed."""
    return Cmdlet("Remove-LicAdministrator", {"AccountSid": sid})


def _switches(group: bool, role: str) -> dict[str, bool]:
    switches = {"Group": group, "ReadOnly": role == "user"}
    return {name: True for name, wanted in switches.items() if wanted}

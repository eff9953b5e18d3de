# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Web Services for Licensing: the server side of the snap-in's cmdlets.

Rules and error names are those of the SDK pages (github.com/citrix/delivery-controller-sdk, docs/Licensing). Where a
page says what is refused but not with which status, the status is ``UnknownError``, and that is the emulator's own
choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .accounts import Directory
from .errors import OperationError
from .settings import FULL, READ_ONLY, Administrator, Renewal, Settings

CEIP_READ_SPELLING = {"NONE": "None", "ANONYMOUS": "Anonymous", "DIAGNOSTIC": "Diag"}
RENEWAL_OPTIONS = ("Notify", "Install", "Manual")
SHORTEST_INTERVAL, LONGEST_INTERVAL = 5, 1440  # minutes
SHORTEST_RETENTION = 30  # days
_LOCALES = ("de", "en", "es", "fr", "ja", "zh-cn")


class LicensingError(Exception):
    """A cmdlet's error; ``status`` is a name of ``LicensingAdminStatus``, or ActiveDirectoryAccountResolutionFailed."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Caller:
    """Who asks: its permissions on this License Server, None for an account that is not on the list."""

    permissions: str | None


class WebServices:
    """The operations of one License Server's web service on its settings."""

    def __init__(
        self,
        settings: Settings,
        directory: Directory,
        install_renewal: Callable[[Renewal], None] = lambda renewal: None,
    ) -> None:
        self.settings = settings
        self._directory = directory
        self._install_renewal = install_renewal

    def permissions_of(self, sids: Sequence[str]) -> str | None:
        """The best permission that any of a token's identifiers has."""
        wanted = {sid.upper() for sid in sids}
        found = {one.permissions for one in self.settings.administrators if one.sid.upper() in wanted}
        return FULL if FULL in found else READ_ONLY if READ_ONLY in found else None

    def administrators(self, caller: Caller, sid: str | None, read_only: bool) -> list[Administrator]:
        _may_read(caller)
        found = [
            one
            for one in self.settings.administrators
            if (sid is None or one.sid.upper() == sid.upper()) and (not read_only or one.permissions == READ_ONLY)
        ]
        if not found:
            raise LicensingError("NoUsers", "No Licensing Administrators were found.")
        return found

    def add_administrator(self, caller: Caller, account: str, group: bool, read_only: bool) -> Administrator:
        """Add an account; one that is on the list already stays as it is."""
        _may_change(caller)
        name, sid = self._resolve(account)
        known = self._known_sid(sid)
        if known is None:
            known = Administrator(name, sid, group, READ_ONLY if read_only else FULL)
            self.settings.administrators.append(known)
        return known

    def set_administrator(
        self, caller: Caller, account: str | None, sid: str | None, group: bool, read_only: bool
    ) -> Administrator:
        _may_change(caller)
        known = self._known(account, sid)
        if read_only:
            self._keep_one_administrator(known)
        known.permissions = READ_ONLY if read_only else FULL
        known.group = group
        return known

    def remove_administrator(self, caller: Caller, account: str | None, sid: str | None) -> None:
        _may_change(caller)
        known = self._known(account, sid)
        self._keep_one_administrator(known)
        self.settings.administrators.remove(known)

    def set_ceip(self, caller: Caller, option: str) -> None:
        _may_configure(caller)
        if option.upper() not in CEIP_READ_SPELLING:
            raise LicensingError(
                "InvalidCEIPOption", "Invalid CEIP Option. Allowed Values are None, Anonymous and Diagnostic."
            )
        self.settings.ceip.write(CEIP_READ_SPELLING[option.upper()])

    def set_renewal_option(self, caller: Caller, option: str) -> None:
        _may_configure(caller)
        match = next((one for one in RENEWAL_OPTIONS if one.upper() == option.upper()), None)
        if match is None:
            raise LicensingError("InvalidSARenewalOption", "The option is not Notify, Install or Manual.")
        self.settings.renewal_option = match

    def set_usage_samples(
        self, caller: Caller, enable: bool | None, interval: int | None, retention: int | None
    ) -> None:
        """Change what is given; all of it is checked before any of it is stored."""
        _may_configure(caller)
        if interval is not None and interval < SHORTEST_INTERVAL:
            raise LicensingError("PollingIntervalLessThanMinValue", "The polling interval is less than 5 minutes.")
        if interval is not None and interval > LONGEST_INTERVAL:
            raise LicensingError("PollingIntervalMoreThanMaxValue", "The polling interval is more than 1440 minutes.")
        if retention is not None and retention < SHORTEST_RETENTION:
            raise LicensingError("RetentionPeriodLessThanMinValue", "The retention period is less than 30 days.")
        samples = self.settings.usage_samples
        samples.enabled = samples.enabled if enable is None else enable
        samples.polling_interval = samples.polling_interval if interval is None else interval
        samples.retention_period = samples.retention_period if retention is None else retention

    def renewals(self, caller: Caller) -> list[Renewal]:
        _may_read(caller)
        if not self.settings.renewals:
            raise LicensingError("NoSARenewals", "No Customer Success Services Renewal licenses available.")
        return self.settings.renewals

    def install_renewal(self, caller: Caller, fulfillment_id: str) -> None:
        _may_change(caller)
        found = next(
            (one for one in self.settings.renewals if one.fulfillment_id.upper() == fulfillment_id.upper()), None
        )
        if found is None:
            raise LicensingError("NoRenewalLicenseFound", "No renewal license has that fulfillment ID.")
        self._install_renewal(found)
        self.settings.renewals.remove(found)

    def inventory(self, caller: Caller, locale: str | None) -> list[dict[str, object]]:
        _may_read(caller)
        if locale is not None and locale.lower() not in _LOCALES:
            raise LicensingError("LocaleUnsupported", "The locale specified is not supported.")
        if not self.settings.inventory:
            raise LicensingError("NoInventory", "There was no available inventory on the specified License Server.")
        return self.settings.inventory

    def _resolve(self, account: str) -> tuple[str, str]:
        domain, _backslash, name = account.rpartition("\\")
        qualified = (domain not in ("", ".") and name) or ("\\" not in account and "@" in account)
        try:
            if not qualified:
                raise OperationError("not_found", f"{account} is not domain-qualified.")
            found = self._directory.by_name(account)
        except OperationError as failure:
            raise LicensingError(
                "ActiveDirectoryAccountResolutionFailed",
                f"The specified Active Directory account or group could not be found. {failure.message}",
            ) from failure
        return found.name, found.sid

    def _known_sid(self, sid: str) -> Administrator | None:
        return next((one for one in self.settings.administrators if one.sid.upper() == sid.upper()), None)

    def _known(self, account: str | None, sid: str | None) -> Administrator:
        """The administrator meant by a SID, a stored name, or any spelling that resolves to a stored SID."""
        known = self._known_sid(sid) if sid else None
        if known is None and account:
            known = next((one for one in self.settings.administrators if one.account.upper() == account.upper()), None)
        if known is None and account:
            try:
                known = self._known_sid(self._resolve(account)[1])
            except LicensingError:
                known = None
        if known is None:
            raise LicensingError("UserNotFound", "The specified Active Directory account or group could not be found.")
        return known

    def _keep_one_administrator(self, leaving: Administrator) -> None:
        others = [one for one in self.settings.administrators if one.permissions == FULL and one is not leaving]
        if leaving.permissions == FULL and not others:
            raise LicensingError("UnknownError", "At least one administrator must stay.")


def _may_read(caller: Caller) -> None:
    if caller.permissions is None:
        raise LicensingError(
            "UserNotAuthorized", "The currently authenticated user is not authorized to perform this operation."
        )


def _may_change(caller: Caller) -> None:
    if caller.permissions != FULL:
        raise LicensingError(
            "UserNotAuthorized", "The currently authenticated user is not authorized to perform this operation."
        )


def _may_configure(caller: Caller) -> None:
    """The three cmdlets that set options name another error than those for accounts (their SDK pages)."""
    if caller.permissions != FULL:
        raise LicensingError("AuthorizationFailed", "Authentication and authorization failed for the given user.")

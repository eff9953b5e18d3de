# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HKEY_LOCAL_MACHINE, as far as anybody looks at it here: typed values under keys, in two views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

INSTALL_KEY = r"SOFTWARE\Citrix\LicenseServer\Install"
FLEXLM_KEY = r"SOFTWARE\FLEXlm License Manager\CitrixLicensing"
_REDIRECTED = "SOFTWARE\\WOW6432NODE\\"


@dataclass(frozen=True)
class RegistryValue:
    """One value. ``type`` is a RegistryValueKind name; ``value`` str, int, list[str] or base64 for Binary."""

    view: int
    key: str
    name: str
    type: str
    value: object


class Registry:
    """Values by view and key, names without regard to case, as Windows compares them."""

    def __init__(self, values: Sequence[RegistryValue]) -> None:
        self._values = list(values)

    def value(self, view: int, key: str, name: str) -> str | None:
        """One string value, None where key or value is missing."""
        for value in self.values(view, key) or []:
            if value.name.upper() == name.upper():
                return str(value.value)
        return None

    def values(self, view: int, key: str) -> list[RegistryValue] | None:
        """The key's values sorted by name; None if there is no such key."""
        wanted_view, wanted = _redirect(view, key)
        found = [value for value in self._values if _redirect(value.view, value.key) == (wanted_view, wanted)]
        if not found and not any(
            value.view == wanted_view and value.key.upper().startswith(wanted + "\\") for value in self._values
        ):
            return None
        return sorted(found, key=lambda value: value.name.upper())


def _redirect(view: int, key: str) -> tuple[int, str]:
    """The 32-bit view is the 64-bit one below WOW6432Node (Windows' registry redirector)."""
    upper = key.upper().rstrip("\\")
    if upper.startswith(_REDIRECTED):
        return 32, "SOFTWARE\\" + upper[len(_REDIRECTED) :]
    return view, upper

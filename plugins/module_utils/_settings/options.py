# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Supplemental grace period and display language (page: Server Configuration)."""

from __future__ import annotations

import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import (
    DISPLAY_LANGUAGE,
    LANGUAGES,
    SUPPLEMENTAL_GRACE_PERIOD,
    Value,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings._stored_section import StoredSection

_OPTIONS: t.Mapping[str, t.Any] = {
    "supplemental_grace_period": {"type": "bool"},
    "display_language": {"type": "str", "choices": list(LANGUAGES)},
}


def _wanted(options: t.Mapping[str, t.Any]) -> dict[str, Value | None]:
    return {name: options[name] for name in _OPTIONS if options.get(name) is not None}


SECTION = StoredSection("options", (SUPPLEMENTAL_GRACE_PERIOD, DISPLAY_LANGUAGE), _OPTIONS, _wanted)

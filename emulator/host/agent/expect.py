# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditions on the value that an operation read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_met(expect: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is as ``matches``, ``includes`` and ``excludes`` want it. A value of another shape is not."""
    if "matches" in expect and not _matches(expect["matches"], value):
        return False
    if ("includes" in expect or "excludes" in expect) and not isinstance(value, list):
        return False
    included = all(any(_matches(entry, item) for item in value) for entry in expect.get("includes", []))
    excluded = not any(any(_matches(entry, item) for item in value) for entry in expect.get("excludes", []))
    return included and excluded


def without_content(value: Any) -> Any:
    """A value as it is shown in the detail of an unmet expectation: file contents are left out."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if key != "content"}
    if isinstance(value, list):
        return [without_content(item) for item in value]
    return value


def _matches(wanted: Mapping[str, Any], value: Any) -> bool:
    return isinstance(value, dict) and all(_is_as(one, value.get(key)) for key, one in wanted.items())


def _is_as(wanted: Any, found: Any) -> bool:
    return any(_equal(one, found) for one in (wanted if isinstance(wanted, list) else [wanted]))


def _equal(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, str) and isinstance(found, str):
        return _ordinal_upper(wanted) == _ordinal_upper(found)
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, (int, float)) and isinstance(found, (int, float)):
        return wanted == found
    return wanted is None and found is None


def _ordinal_upper(text: str) -> str:
    # .NET's ordinal comparison maps character by character: "ß" is not "SS".
    return "".join(upper if len(upper := character.upper()) == 1 else character for character in text)

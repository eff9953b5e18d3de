# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Settings that live in documents: how all sections read, compare and rewrite them, and fail closed without a row."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Readings, Rewrite, RuleMove
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces.document import (
    FileEdit,
    PlaceError,
    Stored,
    conceal,
    read_operations,
    read_row,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import (
    OBSERVED,
    RECALLED,
    IllegalValueError,
    Profile,
    Row,
    Setting,
    Value,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings import _listening


@dataclasses.dataclass(frozen=True)
class Located:
    """One setting with its row on this server, and what is there; ``reason`` says why nothing could be read."""

    setting: Setting
    row: Row | None
    stored: Stored | None
    reason: str | None

    @property
    def value(self) -> Value | None:
        """The value in the documents, None also where it could not be read."""
        return self.stored.value if self.stored else None

    @property
    def shown(self) -> Value | None:
        """The value as results show it, without what may be a password."""
        return conceal(self.value) if isinstance(self.value, str) else self.value


def stored_reads(settings: t.Iterable[Setting], profile: Profile) -> dict[str, Operation]:
    """What the rows of some settings need: their files for all builds, since the build is not known yet."""
    rows = [row for setting in settings for row in profile.of(setting)]
    return {**read_operations(rows), **_listening.READS}


def locate(setting: Setting, profile: Profile, readings: Readings) -> Located:
    """Find a setting on this server. What cannot be read has a reason, and is no error yet."""
    row = profile.row(setting, readings.server.version)
    if row is None:
        return Located(setting, None, None, _no_interface(setting, profile, readings.server))
    if readings.blank:
        return Located(setting, row, None, None)
    try:
        return Located(setting, row, read_row(row, readings.value), None)
    except PlaceError as error:
        return Located(setting, row, None, f"{setting.name}: {error} (row: {row.source}).")
    except LicenseError as error:
        return Located(setting, row, None, f"{setting.name}: {error}")


def write_edits(located: Located, value: Value | None) -> tuple[FileEdit, ...]:
    """The edits that give a setting its value; none if it has it.

    :raises LicenseError: there is no row, or its places are not as it says; nothing was changed.
    """
    if located.row is None or located.stored is None:
        raise LicenseError(f"{located.reason} Nothing was changed.")
    if _same(located.stored.value, value):
        return ()
    try:
        text = located.row.spell(value)
    except IllegalValueError as error:
        raise LicenseError(f"{located.setting.name}: {error}. Nothing was changed.") from error
    return located.stored.edits(text)


def _same(one: Value | None, other: Value | None) -> bool:
    """Whether two values mean the same: neither host names nor words depend on case."""
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    return one == other


def rewrite(
    located: t.Iterable[Located],
    edits: tuple[FileEdit, ...],
    readings: Readings,
    configured: _listening.Configured | None = None,
    moves: t.Mapping[int, int] | None = None,
    rules: tuple[RuleMove, ...] = (),
) -> Rewrite:
    """What a section wants of the files; ``located`` are the settings that change.

    :raises LicenseError: who listens could not be read, so that nothing could be proved.
    """
    restart = tuple(dict.fromkeys(name for one in located if one.row for name in one.row.restart))
    problem = readings.problem("listeners")
    if problem is not None:
        raise LicenseError(f"The listening sockets could not be read: {problem} Nothing was changed.")
    heard = _listening.listening(readings, configured or {})
    return Rewrite(edits, restart, tuple(heard.values()), moves or {}, rules)


def describe_rows(located: t.Iterable[Located]) -> dict[str, dict[str, str] | None]:
    """The note ``interfaces``: each setting's interface, confidence and source, None where it has none."""
    return {one.setting.name: one.row.describe() if one.row else None for one in located}


def unreadable(located: t.Iterable[Located]) -> list[dict[str, str]]:
    """The note ``unreadable``."""
    return [{"what": one.setting.name, "reason": one.reason} for one in located if one.reason is not None]


def doubts(located: t.Iterable[Located]) -> tuple[str, ...]:
    """A warning for each setting that is changed where Citrix has not documented, nor a server shown, that it lives."""
    return tuple(
        f"The place of {one.setting.name} is {one.row.confidence}, not documented by Citrix: {one.row.source}."
        for one in located
        if one.row is not None and one.row.confidence in (OBSERVED, RECALLED)
    )


def _no_interface(setting: Setting, profile: Profile, server: ServerFacts) -> str:
    others = [str(builds) for row in profile.of(setting) for builds in row.builds]
    if others:
        return (
            f"The profile has {setting.name} for other builds only ({', '.join(others)}), and this is "
            f"{server.version or 'a License Server of unknown build'}. No interface is documented for "
            f"{setting.name} on it; if the row holds here, too, name the build in it (profile, docs/profiles.md)."
        )
    build = f"build {server.version.build}" if server.version else "a License Server of unknown build"
    return (
        f"No interface is documented for {setting.name} on {build}. Find out once, on one server, where it is "
        "kept, and give that as the option profile (docs/profiles.md)."
    )

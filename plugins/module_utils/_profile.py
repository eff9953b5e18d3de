# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Profiles: where a setting lives, as data (docs/profiles.md is the reference).

Plain values only: profiles are loaded from YAML by plugin_utils.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._version import Version

#: Confidence in an interface, in words that rows, results and documentation share.
DOCUMENTED = "documented"
OBSERVED = "observed"
RECORDED = "recorded"
RECALLED = "recalled"
CONFIDENCES = (DOCUMENTED, OBSERVED, RECORDED, RECALLED)

CMDLET = "cmdlet"
DOCUMENT = "document"

Value: t.TypeAlias = "bool | int | str"

#: The word of ``values`` that says how no proxy is spelt.
NO_VALUE = "none"

LEGAL_PORTS = range(1, 65536)


class IllegalValueError(Exception):
    """A text in a document that is no value of its setting."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """One setting that rows may place.

    ``words`` maps the words of ``values`` to our values, where a setting has words. ``interfaces`` are those that rows
    may name.
    """

    name: str
    interfaces: tuple[str, ...]
    words: t.Mapping[str, Value | None] = dataclasses.field(default_factory=dict)
    is_port: bool = False

    @property
    def is_free(self) -> bool:
        """Whether the setting takes other values than its words."""
        return self.is_port or NO_VALUE in self.words

    def parse(self, text: str) -> Value:
        """The value that a free text of a document means. :raises IllegalValueError: it means none."""
        if not self.is_port:
            return text
        if re.fullmatch(r"[0-9]{1,5}", text) and int(text) in LEGAL_PORTS:
            return int(text)
        raise IllegalValueError(f"{text!r} is no port number")


LICENSE_SERVER_PORT = Setting("license_server_port", (DOCUMENT,), is_port=True)
VENDOR_DAEMON_PORT = Setting("vendor_daemon_port", (DOCUMENT,), is_port=True)
WEB_SERVICES_PORT = Setting("web_services_port", (DOCUMENT,), is_port=True)
PROXY = Setting("proxy", (DOCUMENT,), {NO_VALUE: None})
SUPPLEMENTAL_GRACE_PERIOD = Setting("supplemental_grace_period", (DOCUMENT,), {"enabled": True, "disabled": False})
#: The page's six languages.
LANGUAGES = ("chinese_simplified", "english", "french", "german", "japanese", "spanish")
DISPLAY_LANGUAGE = Setting("display_language", (DOCUMENT,), {language: language for language in LANGUAGES})

SETTINGS: t.Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        LICENSE_SERVER_PORT,
        VENDOR_DAEMON_PORT,
        WEB_SERVICES_PORT,
        PROXY,
        SUPPLEMENTAL_GRACE_PERIOD,
        DISPLAY_LANGUAGE,
        *(
            Setting(name, (CMDLET,))
            for name in ("accounts", "renewal_mode", "share_usage_statistics", "historical_use", "ports")
        ),
    )
}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a value stands: a file below ``root`` (its name may have wildcards), and what to look for in it."""

    root: str
    file: str
    format: str
    selector: str
    every: bool = False
    pattern: re.Pattern[str] | None = None
    insert: bool = False

    @property
    def has_wildcard(self) -> bool:
        """Whether the place names a pattern of files and not one file."""
        return "*" in self.file or "?" in self.file


@dataclasses.dataclass(frozen=True)
class Builds:
    """A range of versions, both ends in it; None is no end."""

    first: Version | None
    last: Version | None

    def __contains__(self, version: Version) -> bool:
        return (self.first is None or self.first <= version) and (self.last is None or version <= self.last)

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{self.first or ''}..{self.last or ''}"


#: Any version, also one that is unknown.
ANY_BUILD: tuple[Builds, ...] = ()


@dataclasses.dataclass(frozen=True)
class Row:
    """One row: where ``setting`` lives on the servers of ``builds`` (:data:`ANY_BUILD`: on all of them).

    ``spellings`` has for a word how it is spelt in the places: the first is written, all are read; none at all means
    that the place is absent.
    """

    setting: Setting
    interface: str
    builds: tuple[Builds, ...]
    source: str
    confidence: str
    places: tuple[Place, ...] = ()
    cmdlets: tuple[str, ...] = ()
    spellings: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    restart: tuple[str, ...] = ()

    def holds_for(self, version: Version | None) -> bool:
        """Whether the row is about servers of this version; an unknown one (None) only where any is meant."""
        return not self.builds or (version is not None and any(version in builds for builds in self.builds))

    def parse(self, text: str) -> Value | None:
        """Our value for what stands in a place. :raises IllegalValueError: the text is no value of the setting."""
        for compare in (str, str.casefold):
            for word, spellings in self.spellings.items():
                if compare(text) in [compare(spelling) for spelling in spellings]:
                    return self.setting.words[word]
        if NO_VALUE in self.setting.words and not text:
            return None
        if self.setting.is_free:
            return self.setting.parse(text)
        known = [spelling for spellings in self.spellings.values() for spelling in spellings]
        raise IllegalValueError(f"{text!r} is none of {', '.join(map(repr, known))}")

    def spell(self, value: Value | None) -> str | None:
        """The text to write for a value; None: the place is to be absent.

        :raises IllegalValueError: the row has no spelling for it.
        """
        for word, meant in self.setting.words.items():
            # A Boolean equals a number in Python; types alone do not tell, since Ansible has string types of its own.
            if meant == value and isinstance(meant, bool) == isinstance(value, bool):
                if word not in self.spellings:
                    raise IllegalValueError(f"the row has no spelling for {word}")
                return next(iter(self.spellings[word]), None)
        return str(value)

    @property
    def absent_value(self) -> tuple[Value | None, ...]:
        """The value that an absent place means, alone in a tuple; empty if it means none."""
        return tuple(self.setting.words[word] for word, spellings in self.spellings.items() if not spellings)

    def describe(self) -> dict[str, str]:
        """The row in results: interface, confidence, source."""
        what = f"cmdlets {', '.join(self.cmdlets)}" if self.cmdlets else self.interface
        return {"interface": what, "confidence": self.confidence, "source": self.source}


@dataclasses.dataclass(frozen=True)
class Profile:
    """Rows in order; of those that hold for a version the last one counts."""

    rows: tuple[Row, ...] = ()

    def of(self, setting: Setting) -> tuple[Row, ...]:
        """All rows of a setting, whatever their builds."""
        return tuple(row for row in self.rows if row.setting.name == setting.name)

    def row(self, setting: Setting, version: Version | None) -> Row | None:
        """The row that counts for a setting on a server of this version."""
        return next((row for row in reversed(self.of(setting)) if row.holds_for(version)), None)

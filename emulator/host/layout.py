# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layouts: where the settings that have no cmdlet live in a server's files.

A real License Server has one layout, and most of it is not public. The emulator has a default one, in ``profile.yml``,
and as many others as there are seeds (``layouts.py``), so that nobody can rely on one. All of them are the emulator's
own. Rows and places are those of docs/profiles.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .machine import LICENSE_SERVICE, WEB_SERVICE

READ_AT_START: Mapping[str, tuple[str, ...]] = {
    LICENSE_SERVICE: ("license_server_port", "vendor_daemon_port", "supplemental_grace_period"),
    WEB_SERVICE: ("web_services_port", "proxy", "display_language"),
}
"""Which settings each service reads, once, when it starts."""

DEFAULT_PROFILE = Path(__file__).parents[1] / "profile.yml"
PROXY, NO_PROXY = "proxy", "none"
_SOURCE = "the emulator's own layout {seed}, not Citrix's"


@dataclass(frozen=True)
class Place:
    """Where a value stands: ``file`` below ``root``, and ``selector`` in it; ``pattern`` cuts it out of a longer text.

    ``count`` is ``one`` (once in all the files together) or ``every`` (at least once in each of them). With ``insert``
    the place may be absent.
    """

    file: str
    format: str
    selector: str
    root: str = "install"
    count: str = "one"
    pattern: str | None = None
    insert: bool = False

    def document(self) -> dict[str, Any]:
        """The place as docs/profiles.md has it, defaults left out."""
        optional = {"root": "install", "count": "one", "pattern": None, "insert": False}
        return {key: value for key, value in vars(self).items() if key not in optional or optional[key] != value}


@dataclass(frozen=True)
class Row:
    """One setting: its places, the services to restart, and how its words are spelt; None: the place is absent."""

    setting: str
    places: tuple[Place, ...]
    restart: tuple[str, ...]
    values: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)

    def absent_word(self) -> str | None:
        """The word that an absent place says, None if absence says nothing."""
        if self.setting == PROXY and not self.values:
            return NO_PROXY
        return next((word for word, spellings in self.values.items() if spellings is None), None)

    def document(self, source: str) -> dict[str, Any]:
        """The row as docs/profiles.md has it."""
        spelt = {word: list(texts) if texts and len(texts) > 1 else texts and texts[0]
                 for word, texts in self.values.items()}  # fmt: skip
        return {
            "setting": self.setting,
            "interface": "document",
            "places": [place.document() for place in self.places],
            **({"values": spelt} if spelt else {}),
            "restart": list(self.restart),
            "builds": "any",
            "source": source,
            "confidence": "recorded",
        }


@dataclass(frozen=True)
class LicenseLines:
    """The lines of a license file that no signature covers, and how the file is written.

    ``server`` and ``vendor`` may hold ``{host}``, ``{license_server_port}`` and ``{vendor_daemon_port}``. ``bait`` is a
    continuation of the signed line that only looks like another line.
    """

    server: str = "SERVER this_host HOSTNAME={host}"
    vendor: str = "VENDOR CITRIX"
    newline: str = "\r\n"
    mark: bool = False
    bait: str | None = None


def _no_documents(_host: str) -> Mapping[str, bytes]:
    return {}


@dataclass(frozen=True)
class Layout:
    """All rows, and the files that a fresh server has because of them.

    ``documents`` makes them from the server's full host name: path below the install folder to content, beside or in
    place of the ordinary files. ``license_lines`` are those of the first, second, ... license file, from the beginning
    again when there are more files. ``rewritten`` names for a service the files that it writes anew when it stops.
    """

    seed: int | None
    rows: tuple[Row, ...]
    documents: Callable[[str], Mapping[str, bytes]] = _no_documents
    license_lines: Sequence[LicenseLines] = (LicenseLines(),)
    rewritten: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def row(self, setting: str) -> Row:
        return next(row for row in self.rows if row.setting == setting)

    def profile(self) -> str:
        """The layout as YAML: what docs/profiles.md calls a profile."""
        if self.seed is None:
            return DEFAULT_PROFILE.read_text("utf-8")
        source = _SOURCE.format(seed=self.seed)
        rows = [row.document(source) for row in self.rows]
        text: str = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=120)
        return text


@lru_cache(maxsize=1)
def default_layout() -> Layout:
    """The layout of ``profile.yml``, whose files are the ordinary ones of ``content.py``."""
    rows = yaml.safe_load(DEFAULT_PROFILE.read_bytes())
    return Layout(None, tuple(_row(row) for row in rows))


def _row(document: Mapping[str, Any]) -> Row:
    values = {word: _spellings(texts) for word, texts in document.get("values", {}).items()}
    places = tuple(Place(**place) for place in document["places"])
    return Row(document["setting"], places, tuple(document["restart"]), values)


def _spellings(texts: str | list[str] | None) -> tuple[str, ...] | None:
    return None if texts is None else (texts,) if isinstance(texts, str) else tuple(texts)

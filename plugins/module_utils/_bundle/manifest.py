# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The manifest of a support bundle: what was asked for, what is in it, and what is not (docs/agent-contract.md)."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.clock import moment
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import LeftOut
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import ContractError


@dataclasses.dataclass(frozen=True)
class Header:
    """What the controller has the server write into the manifest.

    ``collected_at`` is by the server's clock, ``not_taken`` is what was not even tried, ``options`` are those that
    decide what is in the bundle.
    """

    host: str | None
    version: str | None
    collected_at: str | None
    not_taken: tuple[LeftOut, ...]
    options: t.Mapping[str, t.Any]

    def to_json(self) -> dict[str, t.Any]:
        """As :meth:`parse` reads it."""
        return {
            "host": self.host,
            "version": self.version,
            "collected_at": self.collected_at,
            "not_taken": [item.to_json() for item in self.not_taken],
            "options": dict(self.options),
        }

    @classmethod
    def parse(cls, document: t.Mapping[str, t.Any]) -> Header:
        """Read a header. :raises AttributeError, KeyError, TypeError, ValueError: it is none."""
        collected_at = document["collected_at"]
        if collected_at is not None:
            moment(collected_at)
        not_taken = tuple(map(_left_out, document["not_taken"]))
        return cls(document["host"], document.get("version"), collected_at, not_taken, dict(document["options"]))

    def serves(self, wanted: Header, max_age: int) -> bool:
        """Whether a bundle of this header does for one that would be made now: the same, and young enough."""
        if (self.host, self.options) != (wanted.host, wanted.options):
            return False
        if self.collected_at is None or wanted.collected_at is None:
            return False
        age = moment(wanted.collected_at) - moment(self.collected_at)
        return datetime.timedelta(0) <= age <= datetime.timedelta(seconds=max_age)


@dataclasses.dataclass(frozen=True)
class BundleManifest:
    """A manifest: its header, the files with what the agent says of each, and all that is not in the bundle."""

    header: Header
    files: tuple[t.Mapping[str, t.Any], ...]
    left_out: tuple[LeftOut, ...]

    @classmethod
    def parse(cls, document: t.Any) -> BundleManifest:
        """Read a manifest. :raises ContractError: it is none."""
        try:
            header = Header.parse(document["header"])
            left_out = (*header.not_taken, *map(_left_out, document["left_out"]))
            return cls(header, tuple(map(_file, document["files"])), left_out)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ContractError(f"a manifest that is not one of a bundle ({error})") from error


def _left_out(item: t.Mapping[str, t.Any]) -> LeftOut:
    return LeftOut(str(item["path"]), str(item["reason"]), str(item["message"]))


def _file(entry: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {**entry, "path": str(entry["path"]), "size": int(entry["size"])}

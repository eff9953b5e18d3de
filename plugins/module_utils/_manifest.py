# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The manifest of a change of files: what a later run needs to take it back, as it is stored in the work folder."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import RuleMove
from ansible_collections.citrixfleet.licensing.plugins.module_utils._describe import WORK_FOLDER
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError

#: Names in the work folder: the manifest while a change is at work, the copies of all changes, what was found in the
#: place of our bytes when a change was taken back, and the manifest among the copies of a change that is over.
MANIFEST = "transaction.json"
BACKUPS = "backup"
FOUND = "found"
KEPT_MANIFEST = "manifest.json"

#: To be raised where an older release would take a change back wrongly; it passes over keys that it does not know.
MANIFEST_VERSION = 1


@dataclasses.dataclass(frozen=True)
class ManifestFile:
    """One file of a change: SHA-256 before and after, and its copy in the work folder."""

    root: str
    path: str
    old: str
    new: str
    backup: str


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A change of files. ``running`` are the services that ran before, ``services`` those that it restarts."""

    identifier: str
    services: tuple[str, ...]
    running: tuple[str, ...]
    files: tuple[ManifestFile, ...]
    rules: tuple[RuleMove, ...]

    @property
    def folder(self) -> str:
        """The folder of the copies, in the work folder."""
        return f"{BACKUPS}\\{self.identifier}"

    def to_json(self) -> bytes:
        """As it is stored."""
        document = {
            "version": MANIFEST_VERSION,
            "identifier": self.identifier,
            "services": list(self.services),
            "running": list(self.running),
            "files": [dataclasses.asdict(file) for file in self.files],
            "rules": [{"name": rule.name, "old": list(rule.before), "new": list(rule.after)} for rule in self.rules],
        }
        return json.dumps(document, indent=1).encode("ascii")

    @classmethod
    def parse(cls, content: bytes) -> Manifest:
        """Read what is stored.

        :raises LicenseError: it is no manifest, or one of another version.
        """
        try:
            document = json.loads(content)
            if document["version"] != MANIFEST_VERSION:
                raise LicenseError(
                    rf"A newer release of this collection left a change that was interrupted ({WORK_FOLDER}\{MANIFEST} "
                    f"is of version {document['version']!r}, and this release knows version {MANIFEST_VERSION}). "
                    "Nothing was changed. Use that release: its next run takes the change back."
                )
            return cls(
                identifier=str(document["identifier"]),
                services=_texts(document["services"]),
                running=_texts(document["running"]),
                files=tuple(_file(file) for file in document["files"]),
                rules=tuple(
                    RuleMove(str(rule["name"]), _texts(rule["old"]), _texts(rule["new"])) for rule in document["rules"]
                ),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise LicenseError(
                rf"A change was interrupted, and its {WORK_FOLDER}\{MANIFEST} on the server cannot be read ({error}). "
                f"Nothing was changed. Compare the server's files with the copies in {BACKUPS} beside it, then delete "
                f"{MANIFEST} and run the task again."
            ) from error


def _file(document: t.Mapping[str, t.Any]) -> ManifestFile:
    return ManifestFile(**{field.name: str(document[field.name]) for field in dataclasses.fields(ManifestFile)})


def _texts(items: t.Iterable[t.Any]) -> tuple[str, ...]:
    return tuple(map(str, items))

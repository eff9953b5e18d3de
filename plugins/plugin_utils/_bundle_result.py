# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A support bundle as a task returns it: the same keys whether it would be made, was made, or was there already."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.flow import Collected
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import LeftOut, missing_sources
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.survey import Survey
from ansible_collections.citrixfleet.licensing.plugins.module_utils._results import describe_server
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._bundle_files import EarlierBundle


@dataclasses.dataclass(frozen=True)
class Bundle:
    """One bundle. What is None is not known before it is made, or, of the seconds, was not spent."""

    survey: Survey
    path: pathlib.Path
    files: t.Sequence[t.Mapping[str, t.Any]]
    left_out: t.Sequence[LeftOut]
    size: int | None = None
    sha256: str | None = None
    collect_seconds: float | None = None
    fetch_seconds: float | None = None
    reused: bool = False

    @classmethod
    def expected(cls, survey: Survey, path: pathlib.Path) -> Bundle:
        """One that would be made: its files are those that would be tried."""
        files = [{"path": member.entry, "size": member.size} for member in survey.selection.members]
        return cls(survey, path, files, survey.selection.left_out)

    @classmethod
    def collected(cls, survey: Survey, path: pathlib.Path, collected: Collected) -> Bundle:
        """One that was made."""
        archive = collected.archive
        return cls(
            survey,
            path,
            archive.manifest.files,
            archive.manifest.left_out,
            size=archive.size,
            sha256=archive.sha256,
            collect_seconds=round(collected.collect_seconds, 1),
            fetch_seconds=round(collected.fetch_seconds, 1),
        )

    @classmethod
    def earlier(cls, survey: Survey, found: EarlierBundle) -> Bundle:
        """One that was there already."""
        manifest = found.manifest
        return cls(
            survey,
            found.path,
            manifest.files,
            manifest.left_out,
            size=found.size,
            sha256=found.sha256,
            reused=True,
        )

    def to_result(self) -> dict[str, t.Any]:
        """The return values, but for warnings."""
        return {
            "changed": not self.reused,
            "path": str(self.path),
            "reused": self.reused,
            "size": self.size,
            "sha256": self.sha256,
            "files": [dict(entry) for entry in self.files],
            "files_size": sum(entry["size"] for entry in self.files),
            "left_out": [item.to_json() for item in self.left_out],
            "missing": missing_sources([entry["path"] for entry in self.files]),
            "free_on_server": self.survey.free,
            "seconds": {"collecting": self.collect_seconds, "fetching": self.fetch_seconds},
            "server": describe_server(self.survey.server),
            "diff": {"before": f"{self.path}\n" if self.reused else "", "after": f"{self.path}\n"},
        }

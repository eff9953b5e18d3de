# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""One call before a bundle is made: the server, the files of the documented folders, free space, and what is left."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.clock import moment
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.contract import BundleOptions
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.errors import explain, naming
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.manifest import Header
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import (
    LogLimits,
    Selection,
    list_sources,
    select,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError, Outcome, Request
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    DiskSpace,
    JobList,
    Operation,
    Server,
    tolerant,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import (
    Transport,
    read_server,
    split_by_group,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

_FATE = "Nothing was collected."

#: Minutes for which nobody has asked for a job, after which it is nobody's any more.
_ABANDONED = 30


@dataclasses.dataclass(frozen=True)
class Survey:
    """The server, what would be collected, its free bytes (None: unknown), and the ids of jobs that nobody wants."""

    server: ServerFacts
    selection: Selection
    free: int | None
    abandoned: tuple[str, ...]

    def header(self, options: BundleOptions) -> Header:
        """The header of the bundle that would be made now."""
        server = self.server
        return Header(
            host=server.host,
            version=server.version_text,
            collected_at=server.clock,
            not_taken=self.selection.left_out,
            options=options.fingerprint(),
        )


def read_survey(transport: Transport, limits: LogLimits, is_gone: t.Callable[[str], bool]) -> Survey:
    """Ask the server.

    :param is_gone: says of the owner of a job whether that run is known to have ended.
    :raises LicenseError: there is no License Server, or it cannot be asked.
    """
    own: dict[str, Operation] = {
        "server": Server(),
        "jobs": tolerant(JobList()),
        "disk": tolerant(DiskSpace("work")),
    }
    groups = (own, list_sources())
    # Nothing has begun yet: a host that cannot be reached, or refuses the log-in, is not asked again and again.
    answer = transport.send(Request(tuple(operation for reads in groups for operation in reads.values())))
    host, listed = split_by_group(groups, answer.outcomes)
    server = read_server(host["server"], _FATE)
    with naming(server):
        _require_usable(server, host["jobs"])
    clock = server.clock or ""
    disk = host["disk"].value
    return Survey(
        server=server,
        selection=select(listed, limits, clock),
        free=disk["free"] if disk else None,
        abandoned=tuple(job["id"] for job in host["jobs"].value or () if _is_abandoned(job, clock, is_gone)),
    )


def _require_usable(server: ServerFacts, jobs: Outcome) -> None:
    """:raises LicenseError: no License Server is installed, or the work folder is not ours."""
    problem = jobs.error if jobs.error is not None and jobs.error.kind == "work_folder" else None
    if not server.installed:
        problem = OperationError("not_installed", "", {})
    if problem is not None:
        raise LicenseError(f"{explain(problem, server)} {_FATE}")


def _is_abandoned(job: t.Mapping[str, t.Any], clock: str, is_gone: t.Callable[[str], bool]) -> bool:
    """Whether a job's run has ended, or has not asked for it for long; ``clock`` is empty where it is unknown."""
    if is_gone(str(job["owner"] or "")):
        return True
    if not clock:
        return False
    return not job["asked"] or (moment(clock) - moment(job["asked"])).total_seconds() > _ABANDONED * 60

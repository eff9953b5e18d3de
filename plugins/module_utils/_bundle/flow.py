# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A support bundle: one job on the server, its zip brought to the controller, and nothing left behind."""

from __future__ import annotations

import base64
import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.contract import BundleOptions
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.controller import Controller
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.jobs import Archive, ArchiveJob, delete_jobs
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.retrying import (
    HASTY,
    ReconnectingTransport,
    RetryingTransport,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.survey import Survey
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.transfer import Sink, fetch
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import ArchiveCreate
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

OpenSink: t.TypeAlias = t.Callable[[], t.ContextManager[Sink]]


@dataclasses.dataclass(frozen=True)
class Collected:
    """A zip that was made and brought here, and how long each took, in seconds."""

    archive: Archive
    collect_seconds: float
    fetch_seconds: float


class Collector:
    """One bundle of one server. All calls that can be made again are made again when the connection breaks.

    ``warnings``: what could not be cleaned up.
    """

    def __init__(
        self, transport: ReconnectingTransport, options: BundleOptions, controller: Controller, survey: Survey
    ) -> None:
        self._transport = transport
        self._retrying = RetryingTransport(transport, controller.sleep)
        self._options = options
        self._controller = controller
        self._survey = survey
        self.warnings: list[str] = []

    def clean(self) -> None:
        """End and delete what earlier runs left on the server."""
        self.warnings += delete_jobs(self._retrying, self._survey.abandoned)

    def collect(self, open_sink: OpenSink, require_room: t.Callable[[int], None]) -> Collected:
        """Make the zip, bring it here, and leave nothing on the server, whatever happens.

        :param open_sink: opens the file for the bundle.
        :param require_room: raises :class:`LicenseError` if the controller has no room for so many bytes.
        :raises LicenseError: the zip could not be made or brought here whole.
        :raises ConnectionLostError: the host stayed away.
        """
        try:
            return self._collect(open_sink, require_room)
        except LicenseError as error:
            raise LicenseError(" ".join((str(error), *self.warnings))) from error

    def _collect(self, open_sink: OpenSink, require_room: t.Callable[[int], None]) -> Collected:
        controller, server = self._controller, self._survey.server
        job = ArchiveJob(self._transport, controller, server)
        task = self._task()
        begun = controller.now()
        try:
            controller.report("collecting", 0, self._survey.selection.size)
            job.start(task)
            archive = job.wait(task.path, self._options.job_timeout)
            ready = controller.now()
            require_room(archive.size)
            with open_sink() as sink:
                fetch(archive, sink, self._retrying, server, controller.report)
            return Collected(archive, ready - begun, controller.now() - ready)
        finally:
            self._clean_up()

    def _task(self) -> ArchiveCreate:
        """What the job is to do."""
        options, survey = self._options, self._survey
        return ArchiveCreate(
            path=rf"jobs\{self._controller.job}\bundle.zip",
            files=tuple({"root": member.root, "path": member.path} for member in survey.selection.members),
            include_private_keys=options.include_private_keys,
            pseudonyms=_pseudonyms(options.pseudonym_key, survey.server),
            header=survey.header(options).to_json(),
            reserve=options.reserve,
        )

    def _clean_up(self) -> None:
        """Leave nothing of the job; where the host is away, the next run will do it."""
        hasty = RetryingTransport(self._transport, self._controller.sleep, HASTY)
        job = self._controller.job
        try:
            self.warnings += delete_jobs(hasty, [job])
        except (ConnectionLostError, LicenseError) as error:
            self.warnings.append(rf"The next run has to clean up jobs\{job} on the server: {error}")


def _pseudonyms(key: str | None, server: ServerFacts) -> dict[str, t.Any] | None:
    """The field ``pseudonyms`` of ``archive.create``."""
    if key is None:
        return None
    return {"key": base64.b64encode(key.encode()).decode("ascii"), "domains": _domains(server)}


def _domains(server: ServerFacts) -> list[str]:
    """The domains before the backslash of account names: the host's own, its domain's, and that of our account."""
    own = (server.user or "").rpartition("\\")[0]
    names = (server.host, (server.domain or "").partition(".")[0], own)
    return list(dict.fromkeys(name.upper() for name in names if name))

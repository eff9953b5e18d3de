# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The job on the server that makes the zip: begun once, looked at until it is done, and deleted."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.controller import Controller
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.errors import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.manifest import BundleManifest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.retrying import (
    ReconnectingTransport,
    RetryingTransport,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    ContractError,
    Outcome,
    Request,
    parse_answer,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ArchiveCreate,
    JobPoll,
    JobStart,
    JobStop,
    tolerant,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Transport
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

#: Seconds between two looks at a job: short at first, since most bundles are small.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


@dataclasses.dataclass(frozen=True)
class Archive:
    """The zip that a job has made, below the work folder: its bytes, the SHA-256 of the whole, and its manifest."""

    path: str
    size: int
    sha256: str
    manifest: BundleManifest


class ArchiveJob:
    """One job that makes one zip."""

    def __init__(self, transport: ReconnectingTransport, controller: Controller, server: ServerFacts) -> None:
        self._transport = transport
        self._retrying = RetryingTransport(transport, controller.sleep)
        self._controller = controller
        self._server = server

    def start(self, operation: ArchiveCreate) -> None:
        """Begin. :raises LicenseError: the server could not."""
        request = Request((operation,)).to_json()
        one = self._controller
        start = Request((JobStart(one.job, one.owner, one.agent_text, request),))
        try:
            outcome = self._transport.send(start).outcomes[0]
        except ConnectionLostError:
            # It may run all the same: a start is not made twice, it is looked for.
            self._transport.reconnect()
            outcome = self._poll()
            if outcome.error is not None and outcome.error.kind == "not_found":
                outcome = self._retrying.send(start).outcomes[0]
                if outcome.error is not None and outcome.error.kind == "changed":
                    # The answer of this start was lost, too: the job is there.
                    outcome = self._poll()
        if outcome.error is not None:
            raise LicenseError(f"The bundle could not be begun: {explain(outcome.error, self._server)}")

    def wait(self, path: str, timeout: int) -> Archive:
        """Look at the job until it is done.

        :param path: of the zip that it makes.
        :raises LicenseError: it ended otherwise, or was not done in ``timeout`` seconds.
        """
        controller = self._controller
        pause, end = _FIRST_PAUSE, controller.now() + timeout
        while True:
            outcome = self._poll()
            if outcome.error is not None:
                raise LicenseError(f"The job on the server is gone: {explain(outcome.error, self._server)}")
            job = outcome.value
            if job["state"] == "done":
                return self._archive(path, job)
            if job["state"] == "ended":
                raise LicenseError(
                    "The job on the server ended before the bundle was made. Run the task again; if that does not "
                    "help, look whether application control on the server stops Windows PowerShell processes."
                )
            if controller.now() >= end:
                raise LicenseError(f"The bundle was not made within {timeout} seconds (job_timeout).")
            progress = job["progress"]
            if progress:
                controller.report("collecting", progress.get("bytes", 0), progress.get("total_bytes", 0))
            controller.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _poll(self) -> Outcome:
        return self._retrying.send(Request((tolerant(JobPoll(self._controller.job)),))).outcomes[0]

    def _archive(self, path: str, job: t.Mapping[str, t.Any]) -> Archive:
        """What the job's one operation made. :raises LicenseError: it failed, or its answer is none."""
        try:
            outcome = parse_answer(job["answer"] or {}, expected=1).outcomes[0]
            if outcome.error is None:
                made = outcome.value
                return Archive(path, made["size"], made["sha256"], BundleManifest.parse(made["manifest"]))
        except ContractError as error:
            raise LicenseError(f"The job on the server did not answer as it should: {error}.") from error
        detail = outcome.error.detail
        room = f" (free: {detail['free']} bytes, needed: {detail['needed']})" if "needed" in detail else ""
        raise LicenseError(f"The bundle could not be made: {explain(outcome.error, self._server)}{room}")


def delete_jobs(transport: Transport, identifiers: t.Sequence[str]) -> list[str]:
    """End and delete jobs with all that is theirs; a sentence for each that stays."""
    if not identifiers:
        return []
    answer = transport.send(Request(tuple(tolerant(JobStop(identifier)) for identifier in identifiers)))
    return [
        rf"jobs\{identifier} stays on the server: {outcome.error.message}"
        for identifier, outcome in zip(identifiers, answer.outcomes, strict=True)
        if outcome.error is not None
    ]

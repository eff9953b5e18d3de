# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""A support bundle: one job on the server, its ranges brought to the controller, checked, and nothing left behind."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import list_sources, select
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.values import (
    Found,
    Made,
    Sink,
    Surroundings,
    Wish,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    ContractError,
    OperationError,
    Outcome,
    Request,
    parse_answer,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ArchiveCreate,
    DiskSpace,
    FileChunk,
    JobList,
    JobPoll,
    JobStart,
    JobStop,
    Operation,
    Server,
    tolerant,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._reading import Transport, read_server
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

#: Bytes of one range, the most that the contract allows, and ranges of one call.
RANGE = 4 * 1024 * 1024
RANGES = 3

#: Seconds between two looks at a job: short at first, since most bundles are small.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0

#: Seconds before a call that broke is made again; after the last one it is given up.
_RETRIES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

#: Minutes for which nobody has asked for a job, after which it is nobody's any more.
_ABANDONED = 30


class Collector:
    """One bundle of one server. All calls that can be made again are made again when the connection breaks."""

    def __init__(self, transport: Transport, wish: Wish, around: Surroundings) -> None:
        self._transport = transport
        self._wish = wish
        self._around = around
        self._archive = rf"jobs\{around.identifier}\bundle.zip"
        self._warnings: list[str] = []

    def look(self) -> Found:
        """One call: the server, the files of the documented folders, free space, and the jobs that are there.

        :raises LicenseError: there is no License Server, or it cannot be asked.
        """
        lists = list_sources()
        others: dict[str, Operation] = {"jobs": tolerant(JobList()), "disk": tolerant(DiskSpace("work"))}
        reads: dict[str, Operation] = {"server": Server(), **others, **lists}
        # Nothing has begun yet: a host that cannot be reached, or refuses the log-in, is not asked again and again.
        answer = self._transport.send(Request(tuple(reads.values())))
        outcomes = dict(zip(reads, answer.outcomes, strict=True))
        server = read_server(outcomes["server"], "Nothing was collected.")
        if not server.installed:
            raise LicenseError(f"{explain(OperationError('not_installed', '', {}), server)} Nothing was collected.")
        jobs = outcomes["jobs"]
        if jobs.error is not None and jobs.error.kind == "work_folder":
            raise LicenseError(f"{explain(jobs.error, server)} Nothing was collected.")
        disk = outcomes["disk"].value
        return Found(
            server=server,
            selection=select({name: outcomes[name] for name in lists}, self._wish.limits, server.clock or ""),
            free=disk["free"] if disk else None,
            abandoned=self._abandoned(jobs, server.clock or ""),
        )

    @property
    def warnings(self) -> list[str]:
        """What could not be cleaned up."""
        return list(self._warnings)

    def collect(
        self, found: Found, open_sink: t.Callable[[], t.ContextManager[Sink]], require_room: t.Callable[[int], None]
    ) -> Made:
        """Make the archive, bring it here, and leave nothing on the server, whatever happens.

        :param open_sink: opens the file for the bundle.
        :param require_room: raises :class:`LicenseError` if the controller has no room for so many bytes.
        :raises LicenseError: the archive could not be made or brought here whole.
        :raises ConnectionLostError: the host stayed away.
        """
        begun = self._around.now()
        try:
            self._start(found)
            made = self._wait(found.server)
            ready = self._around.now()
            require_room(made.size)
            with open_sink() as sink:
                self._fetch(made, sink, found.server)
            return dataclasses.replace(made, collect_seconds=ready - begun, fetch_seconds=self._around.now() - ready)
        finally:
            self._clean_up()

    def clean(self, found: Found) -> None:
        """End and delete what earlier runs left."""
        if found.abandoned:
            answer = self._send(*(tolerant(JobStop(identifier)) for identifier in found.abandoned))
            for identifier, outcome in zip(found.abandoned, answer.outcomes, strict=True):
                self._note(identifier, outcome)

    def _abandoned(self, jobs: Outcome, clock: str) -> tuple[str, ...]:
        return tuple(
            job["id"]
            for job in jobs.value or ()
            if self._around.is_gone(str(job["owner"] or "")) or _minutes(job["asked"], clock) > _ABANDONED
        )

    def _start(self, found: Found) -> None:
        operation = ArchiveCreate(
            path=self._archive,
            files=tuple({"root": member.root, "path": member.path} for member in found.selection.members),
            include_private_keys=self._wish.include_private_keys,
            pseudonyms=self._pseudonyms(found.server),
            header={**_header(found), "options": self._wish.fingerprint()},
            reserve=self._wish.reserve,
        )
        start = JobStart(
            self._around.identifier, self._around.owner, self._around.agent_text, Request((operation,)).to_json()
        )
        self._around.report("collecting", 0, found.selection.size)
        try:
            outcome = self._transport.send(Request((start,))).outcomes[0]
        except ConnectionLostError:
            # It may run all the same: a start is not made twice, it is looked for.
            self._around.reconnect()
            outcome = self._send(tolerant(JobPoll(self._around.identifier))).outcomes[0]
            if outcome.error is not None and outcome.error.kind == "not_found":
                outcome = self._send(start).outcomes[0]
        if outcome.error is not None:
            raise LicenseError(f"The bundle could not be begun: {explain(outcome.error, found.server)}")

    def _wait(self, server: ServerFacts) -> Made:
        """Look at the job until it is done."""
        pause, end = _FIRST_PAUSE, self._around.now() + self._wish.job_timeout
        while True:
            outcome = self._send(tolerant(JobPoll(self._around.identifier))).outcomes[0]
            if outcome.error is not None:
                raise LicenseError(f"The job on the server is gone: {explain(outcome.error, server)}")
            job = outcome.value
            if job["state"] == "done":
                return _made(_answer_of(job), server)
            if job["state"] == "ended":
                raise LicenseError(
                    "The job on the server ended before the bundle was made. Run the task again; if that does not "
                    "help, look whether application control on the server stops Windows PowerShell processes."
                )
            if self._around.now() >= end:
                raise LicenseError(f"The bundle was not made within {self._wish.job_timeout} seconds (job_timeout).")
            progress = job["progress"]
            if progress:
                self._around.report("collecting", progress.get("bytes", 0), progress.get("total_bytes", 0))
            self._around.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _fetch(self, made: Made, sink: Sink, server: ServerFacts) -> None:
        """Bring the archive here, range by range."""
        whole = hashlib.sha256()
        done = 0
        while done < made.size:
            offsets = range(done, min(made.size, done + RANGE * RANGES), RANGE)
            chunks = [FileChunk(self._archive, offset, min(RANGE, made.size - offset)) for offset in offsets]
            for content in self._ranges(chunks, server):
                sink.write(content)
                whole.update(content)
                done += len(content)
            self._around.report("fetching", done, made.size)
        if whole.hexdigest() != made.sha256:
            raise LicenseError("What arrived is not the bundle that the server made (SHA-256). Run the task again.")

    def _ranges(self, chunks: t.Sequence[FileChunk], server: ServerFacts) -> list[bytes]:
        """The bytes of some ranges; what arrives damaged is asked for once more."""
        outcomes = self._send(*chunks).outcomes
        if any(_content(chunk, outcome, server) is None for chunk, outcome in zip(chunks, outcomes, strict=True)):
            outcomes = self._send(*chunks).outcomes
        contents = []
        for chunk, outcome in zip(chunks, outcomes, strict=True):
            content = _content(chunk, outcome, server)
            if content is None:
                raise LicenseError(f"The range at {chunk.offset} arrived damaged twice. Run the task again.")
            contents.append(content)
        return contents

    def _send(self, *operations: Operation, pauses: t.Sequence[float] = _RETRIES) -> Answer:
        """Make a call that can be made again, as often as it takes."""
        for pause in pauses:
            answer = self._try(operations)
            if answer is not None:
                return answer
            self._around.sleep(pause)
            self._around.reconnect()
        return self._transport.send(Request(operations))

    def _try(self, operations: tuple[Operation, ...]) -> Answer | None:
        try:
            return self._transport.send(Request(operations))
        except ConnectionLostError:
            return None

    def _clean_up(self) -> None:
        """Leave nothing of the job; where the host is away, the next run will do it."""
        try:
            answer = self._send(tolerant(JobStop(self._around.identifier)), pauses=_RETRIES[:2])
        except (ConnectionLostError, LicenseError) as error:
            self._warnings.append(
                f"The next run has to clean up jobs\\{self._around.identifier} on the server: {error}"
            )
        else:
            self._note(self._around.identifier, answer.outcomes[0])

    def _note(self, identifier: str, outcome: Outcome) -> None:
        """Remember that a job could not be deleted."""
        if outcome.error is not None:
            self._warnings.append(f"jobs\\{identifier} stays on the server: {outcome.error.message}")

    def _pseudonyms(self, server: ServerFacts) -> dict[str, t.Any] | None:
        if self._wish.pseudonym_key is None:
            return None
        key = base64.b64encode(self._wish.pseudonym_key.encode()).decode("ascii")
        return {"key": key, "domains": _domains(server)}


def _domains(server: ServerFacts) -> list[str]:
    """The domains before the backslash of account names: the host's own, its domain's, and that of our account."""
    own = (server.user or "").rpartition("\\")[0]
    names = (server.host, (server.domain or "").partition(".")[0], own)
    return list(dict.fromkeys(name.upper() for name in names if name))


def _header(found: Found) -> dict[str, t.Any]:
    """What the manifest says of the server and of what was not even tried."""
    server = found.server
    return {
        "host": server.host,
        "version": server.version_text,
        "collected_at": server.clock,
        "not_taken": [item.to_json() for item in found.selection.left_out],
    }


def _answer_of(job: t.Mapping[str, t.Any]) -> Outcome:
    """The outcome of a job's one operation. :raises LicenseError: its answer is not one."""
    try:
        return parse_answer(job["answer"] or {}, expected=1).outcomes[0]
    except ContractError as error:
        raise LicenseError(f"The job on the server did not answer as it should: {error}.") from error


def _made(outcome: Outcome, server: ServerFacts) -> Made:
    if outcome.error is not None:
        detail = outcome.error.detail
        room = f" (free: {detail['free']} bytes, needed: {detail['needed']})" if "needed" in detail else ""
        raise LicenseError(f"The bundle could not be made: {explain(outcome.error, server)}{room}")
    return Made(outcome.value["size"], outcome.value["sha256"], outcome.value["manifest"])


def _content(chunk: FileChunk, outcome: Outcome, server: ServerFacts) -> bytes | None:
    """The bytes of one range, None if they are not what the server read. :raises LicenseError: it could not read."""
    if outcome.error is not None:
        raise LicenseError(f"The bundle could not be fetched: {explain(outcome.error, server)}")
    try:
        content = base64.b64decode(outcome.value["content"], validate=True)
    except ValueError:
        return None
    if len(content) != chunk.length or hashlib.sha256(content).hexdigest() != outcome.value["sha256"]:
        return None
    return content


def _minutes(earlier: str | None, later: str) -> float:
    """Minutes between two times of the agent; without end where nobody knows when, none where the clock is unknown."""
    if not later:
        return 0.0
    if not earlier:
        return float("inf")
    first, second = (datetime.datetime.fromisoformat(re.sub(r"\..*|Z", "", text)) for text in (earlier, later))
    return (second - first).total_seconds() / 60

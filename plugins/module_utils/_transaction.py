# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Files changed as one, with proof: copies first, then a manifest, then the change, and the manifest last.

Everything is one batch on the server: copy the old files to the work folder, write the manifest, stop the services,
write the files against the hashes that were read, start the services once, wait until they listen, read back. If a
step fails, the agent takes all of it back at once. If the host or the agent dies, the manifest stays, and the next run
takes the change back (:mod:`_settlement`).
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import (
    Listening,
    Rewrite,
    RuleMove,
    Step,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._describe import WORK_FOLDER
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces.document import PlaceError, ServerFile
from ansible_collections.citrixfleet.licensing.plugins.module_utils._manifest import (
    BACKUPS,
    FOUND,
    KEPT_MANIFEST,
    MANIFEST,
    Manifest,
    ManifestFile,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    ANY_ERROR,
    ANYTHING,
    Expectation,
    FileCopy,
    FileDelete,
    FileRead,
    FileWrite,
    FirewallWrite,
    FolderDelete,
    Operation,
    PortOwners,
    Properties,
    ServiceStart,
    ServiceStop,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import (
    LICENSE_SERVICE,
    WEB_SERVICE,
    ServerFacts,
)


@dataclasses.dataclass(frozen=True)
class Limits:
    """How a task changes files: ``service_timeout`` in seconds, and how many ``backups`` stay."""

    service_timeout: int = 300
    backups: int = 5


@dataclasses.dataclass(frozen=True)
class FileChange:
    """One file with its old and its new bytes; ``backup`` is the copy's path in the work folder."""

    file: ServerFile
    content: bytes
    backup: str

    @property
    def new_sha256(self) -> str:
        """Lower-case hexadecimal, as the agent writes it."""
        return hashlib.sha256(self.content).hexdigest()

    def noted(self) -> ManifestFile:
        """The change as the manifest has it."""
        return ManifestFile(self.file.root, self.file.path, self.file.sha256, self.new_sha256, self.backup)


@dataclasses.dataclass(frozen=True)
class Transaction:
    """The rewrites of all sections as one. ``identifier`` names its folder of copies; it sorts by time.

    ``services`` are restarted, in the order in which they are stopped; ``running`` are those that ran before, since a
    service takes its dependants with it.
    """

    identifier: str
    files: tuple[FileChange, ...]
    services: tuple[str, ...]
    running: tuple[str, ...]
    listening: tuple[Properties, ...]
    rules: tuple[RuleMove, ...]
    limits: Limits

    @property
    def manifest(self) -> Manifest:
        """What the next run needs to take the change back."""
        files = tuple(change.noted() for change in self.files)
        return Manifest(self.identifier, self.services, self.running, files, self.rules)

    @property
    def copies(self) -> str:
        """The folder of the old files as somebody on the server would type it."""
        return rf"{WORK_FOLDER}\{self.manifest.folder}"

    @property
    def kept_folder(self) -> str | None:
        """That folder, None if the copies do not stay once all is well."""
        return self.copies if self.limits.backups else None

    def opening(self) -> tuple[Step, ...]:
        """Copies, manifest, change and proof."""
        manifest, folder = self.manifest.to_json(), self.manifest.folder
        encoded, digest = base64.b64encode(manifest).decode("ascii"), hashlib.sha256(manifest).hexdigest()
        forget_manifest = FileDelete("work", MANIFEST, digest)
        return (
            *(Step(self._copy(change), FolderDelete(folder), if_undone=True) for change in self.files),
            Step(FileWrite("work", MANIFEST, encoded, None), forget_manifest, if_done=True, if_undone=True),
            *(Step(_move(rule.name, rule.before, rule.after), _move(rule.name, rule.after, rule.before), if_done=True)
              for rule in self.rules),
            *self._service_step(ServiceStop, ServiceStart),
            *(Step(self._write(change), self._put_back(change), if_done=True) for change in self.files),
            *self._service_step(ServiceStart, ServiceStop),
            *map(Step, self._proof()),
        )  # fmt: skip

    def closing(self, copies: t.Sequence[str]) -> tuple[Operation, ...]:
        """The manifest moves to the copies, and the oldest of the copies go.

        :param copies: paths of the files among the copies that are in the work folder already.
        """
        digest = hashlib.sha256(self.manifest.to_json()).hexdigest()
        earlier = {path.split("\\")[1] for path in copies if path.count("\\") > 1}
        whole = {name for name in earlier if f"{BACKUPS}\\{name}\\{KEPT_MANIFEST}" in copies}
        # Ours is the newest whatever the clock says; a server's clock can be set back.
        order = [self.identifier, *sorted(whole, reverse=True)]
        # Copies without a manifest are of a run that died before it changed anything.
        surplus = [*sorted(earlier - whole), *order[self.limits.backups :]]
        return (
            FileCopy("work", MANIFEST, digest, "work", f"{self.manifest.folder}\\{KEPT_MANIFEST}", None),
            FileDelete("work", MANIFEST, digest),
            *(FolderDelete(f"{BACKUPS}\\{identifier}", tolerate=(ANY_ERROR,)) for identifier in surplus),
        )

    def _copy(self, change: FileChange) -> FileCopy:
        file = change.file
        return FileCopy(file.root, file.path, file.sha256, "work", change.backup, None)

    def _write(self, change: FileChange) -> FileWrite:
        content = base64.b64encode(change.content).decode("ascii")
        return FileWrite(change.file.root, change.file.path, content, change.file.sha256)

    def _put_back(self, change: FileChange) -> FileCopy:
        file = change.file
        # Whatever a service has made of it since it started, the file goes back. It may be the work of a person, too.
        keep = f"{FOUND}{change.backup.removeprefix(BACKUPS)}"
        ours = (file.sha256, change.new_sha256)
        return FileCopy("work", change.backup, file.sha256, file.root, file.path, ANYTHING, keep, ours)

    def _service_step(
        self, do: type[ServiceStop | ServiceStart], undo: type[ServiceStop | ServiceStart]
    ) -> tuple[Step, ...]:
        if not self.services:
            return ()
        orders = {ServiceStop: self.services, ServiceStart: start_order(self.services)}
        timeout = self.limits.service_timeout
        return (Step(do(orders[do], timeout), undo(orders[undo], timeout)),)

    def _proof(self) -> t.Iterator[Operation]:
        if self.listening:
            yield PortOwners(timeout=self.limits.service_timeout, expect=Expectation(includes=self.listening))
        for change in self.files:
            proof = Expectation(matches={"sha256": change.new_sha256})
            yield FileRead(change.file.root, change.file.path, expect=proof)


def plan_transaction(rewrites: t.Sequence[Rewrite], server: ServerFacts, limits: Limits) -> Transaction:
    """Merge what the sections want of the files.

    :raises LicenseError: a document cannot take a value; nothing was changed.
    """
    restart = {name.casefold(): name for rewrite in rewrites for name in rewrite.restart}
    moves = {old: new for rewrite in rewrites for old, new in rewrite.moves.items()}
    rules = {rule.name: rule for rewrite in rewrites for rule in rewrite.rules}
    for name in restart.values():
        if server.service(name) is None:
            raise LicenseError(
                f"There is no service {name!r} on this server, which a row restarts. Nothing was changed."
            )
    heard = {item for rewrite in rewrites for item in rewrite.listening}
    identifier = re.sub(r"[-:.]", "", server.clock or "")
    return Transaction(
        identifier=identifier,
        files=_merge(rewrites, identifier, server),
        services=stop_order(restart.values()),
        running=tuple(service.name for service in server.services if service.state == "Running"),
        listening=_expected(heard, moves) if restart else (),
        rules=tuple(rules.values()),
        limits=limits,
    )


def _expected(heard: t.Iterable[Listening], moves: t.Mapping[int, int]) -> tuple[Properties, ...]:
    """What has to listen after the start: every process that did, on its new port where it moves.

    Where it does not move it may come back on another port, for reasons that are not ours.
    """
    return tuple(
        {"process": item.process, **({"port": moves[item.port]} if item.port in moves else {})}
        for item in sorted(heard, key=lambda item: item.port)
    )


def _merge(rewrites: t.Sequence[Rewrite], identifier: str, server: ServerFacts) -> tuple[FileChange, ...]:
    """Each file once, with the edits of all sections in it one after the other; what stays the same is left out."""
    # Rows may name a file below either root, since one of them mostly lies within the other.
    folders = {"install": server.install_folder, "myfiles": server.license_folder}
    files: dict[str, ServerFile] = {}
    contents: dict[str, bytes] = {}

    def key_of(file: ServerFile) -> str:
        # Not casefold: Windows has ``ß`` and ``ss`` in the names of two files.
        return f"{folders[file.root]}\\{file.path}".lower()

    for edit in (edit for rewrite in rewrites for edit in rewrite.edits):
        key = key_of(edit.file)
        files.setdefault(key, edit.file)
        try:
            contents[key] = edit.apply(contents.get(key, edit.file.content))
        except PlaceError as error:
            raise LicenseError(f"A file cannot take the new value: {error}. Nothing was changed.") from error
    _refuse_conflicts(rewrites, lambda file: contents[key_of(file)])
    changed = [key for key, file in files.items() if contents[key] != file.content]
    return tuple(
        FileChange(files[key], contents[key], f"{BACKUPS}\\{identifier}\\{number}-{_name(files[key].path)}")
        for number, key in enumerate(changed)
    )


def _refuse_conflicts(rewrites: t.Sequence[Rewrite], finished: t.Callable[[ServerFile], bytes]) -> None:
    """:raises LicenseError: a finished file does not hold a value that was put into it."""
    for edit in (edit for rewrite in rewrites for edit in rewrite.edits):
        try:
            holds = edit.holds(finished(edit.file))
        except PlaceError as error:
            raise LicenseError(
                f"A file could not be read again with its new value: {error}. Nothing was changed."
            ) from error
        if not holds:
            raise LicenseError(
                f"{edit.file.path} ({edit.place.selector}) would not hold what was asked for: another setting has "
                "the same place, or the row's pattern does not fit. Nothing was changed."
            )


def _name(path: str) -> str:
    return path.rpartition("\\")[2]


def start_order(services: t.Iterable[str]) -> tuple[str, ...]:
    """Services in the order to start them: Web Services for Licensing last, as Citrix' own scripts have it."""
    return tuple(sorted(services, key=_stop_order, reverse=True))


def stop_order(services: t.Iterable[str]) -> tuple[str, ...]:
    """Services in the order to stop them, which is the reverse of :func:`start_order`."""
    return tuple(sorted(services, key=_stop_order))


def _stop_order(service: str) -> tuple[int, str]:
    order = {WEB_SERVICE.casefold(): 0, LICENSE_SERVICE.casefold(): 2}
    return order.get(service.casefold(), 1), service


def _move(name: str, before: tuple[str, ...], after: tuple[str, ...]) -> FirewallWrite:
    return FirewallWrite(name, after, before)

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The operations of the agent contract as types.

The contract itself is docs/agent-contract.md. Nothing here knows a setting or touches a connection.
"""

from __future__ import annotations

import dataclasses
import typing as t

ANY_ERROR = "*"

#: The agent's texts, which are private modules: with what every task needs; with what changes files, services and the
#: firewall; with jobs and archives.
AGENT = "_agent"
AGENT_CHANGES = "_agent_changes"
AGENT_JOBS = "_agent_jobs"

#: A value as JSON carries it.
Json: t.TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

#: What one property must be: a scalar, or one of several scalars.
Wanted: t.TypeAlias = "bool | int | str | tuple[bool | int | str | None, ...] | None"

Properties: t.TypeAlias = t.Mapping[str, Wanted]


@dataclasses.dataclass(frozen=True)
class Expectation:
    """A condition on the value of a reading operation, judged by the agent inside the batch."""

    matches: Properties | None = None
    includes: tuple[Properties, ...] = ()
    excludes: tuple[Properties, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """The ``expect`` object of the contract, without the keys that ask for nothing."""
        document: dict[str, Json] = {}
        if self.matches is not None:
            document["matches"] = _plain(self.matches)
        if self.includes:
            document["includes"] = _plain(self.includes)
        if self.excludes:
            document["excludes"] = _plain(self.excludes)
        return document


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation of the contract; its fields are the contract's fields."""

    OP: t.ClassVar[str]

    #: Whether operations of this type leave the host as it is.
    READS: t.ClassVar[bool] = True

    #: The smallest of the agent's texts that has it; the larger ones are sent where they are needed.
    AGENT: t.ClassVar[str] = AGENT

    expect: Expectation | None = dataclasses.field(default=None, kw_only=True)
    tolerate: tuple[str, ...] = dataclasses.field(default=(), kw_only=True)

    @property
    def reads(self) -> bool:
        """Whether this operation leaves the host as it is."""
        return self.READS

    def to_json(self) -> dict[str, Json]:
        """The operation as the request carries it; a field at its default is left out."""
        document: dict[str, Json] = {"op": self.OP}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.default is not dataclasses.MISSING and value == field.default:
                continue
            document[field.name] = value.to_json() if isinstance(value, Expectation) else _plain(value)
        return document


def tolerant(operation: Operation) -> Operation:
    """The operation, whose failure stops nothing."""
    return dataclasses.replace(operation, tolerate=(ANY_ERROR,))


@dataclasses.dataclass(frozen=True)
class Server(Operation):
    """Everything about the host that decides whether and how the other operations can run."""

    OP = "server"


@dataclasses.dataclass(frozen=True)
class Cmdlet(Operation):
    """One cmdlet of the snap-in; the agent adds ``-AdminAddress`` and ``-CertHash``."""

    OP = "cmdlet"

    name: str
    parameters: t.Mapping[str, bool | int | str] = dataclasses.field(default_factory=dict)
    select: tuple[str, ...] | None = None

    @property
    def reads(self) -> bool:
        """See :attr:`Operation.reads`."""
        return self.name.startswith("Get-")


@dataclasses.dataclass(frozen=True)
class FileRead(Operation):
    """One file below a named root; ``tail`` asks for its last bytes only."""

    OP = "file.read"

    root: str
    path: str
    tail: int | None = None


@dataclasses.dataclass(frozen=True)
class FileList(Operation):
    """The files of a folder, with their bytes where ``content`` is set."""

    OP = "file.list"

    root: str
    path: str
    pattern: str = "*"
    recurse: bool = False
    content: bool = False


@dataclasses.dataclass(frozen=True)
class HostChange(Operation):
    """An operation that changes a file, a service or a firewall rule."""

    READS = False
    AGENT = AGENT_CHANGES


@dataclasses.dataclass(frozen=True)
class FileWrite(HostChange):
    """Replace or create a file; ``replaces`` is the SHA-256 of what it replaces, None if nothing."""

    OP = "file.write"

    root: str
    path: str
    content: str
    replaces: str | None

    def to_json(self) -> dict[str, Json]:
        """As every operation, but ``replaces`` is always said."""
        return {**super().to_json(), "replaces": self.replaces}


#: What FileCopy replaces where it does not matter what is there.
ANYTHING = "any"


@dataclasses.dataclass(frozen=True)
class FileCopy(HostChange):
    """Copy a file of SHA-256 ``sha256`` within the host, into or out of the work folder.

    ``keep``, a path in the work folder: what is replaced goes there first, unless its SHA-256 is one of ``ours``.
    """

    OP = "file.copy"

    root: str
    path: str
    sha256: str
    to_root: str
    to_path: str
    replaces: str | None
    keep: str | None = None
    ours: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Json]:
        """As every operation, but ``replaces`` is always said."""
        return {**super().to_json(), "replaces": self.replaces}


@dataclasses.dataclass(frozen=True)
class FileDelete(HostChange):
    """Delete a file whose SHA-256 is ``replaces``."""

    OP = "file.delete"

    root: str
    path: str
    replaces: str


@dataclasses.dataclass(frozen=True)
class FolderDelete(HostChange):
    """Delete a folder below the work folder, with all that is in it."""

    OP = "folder.delete"

    path: str


@dataclasses.dataclass(frozen=True)
class RegistryRead(Operation):
    """Values of one key below HKEY_LOCAL_MACHINE, through the 32 or 64-bit view."""

    OP = "registry.read"

    key: str
    view: int
    names: tuple[str, ...] | None = None


@dataclasses.dataclass(frozen=True)
class ServiceStop(HostChange):
    """Stop services in order, their running dependants first; ``timeout`` in seconds."""

    OP = "service.stop"

    names: tuple[str, ...]
    timeout: int = 300


@dataclasses.dataclass(frozen=True)
class ServiceStart(HostChange):
    """Start services in order, then what a stop of the same batch took down; ``timeout`` in seconds."""

    OP = "service.start"

    names: tuple[str, ...]
    timeout: int = 300


@dataclasses.dataclass(frozen=True)
class PortOwners(Operation):
    """Listening TCP ports with their processes; ``timeout`` in seconds, in which ``expect`` has to be met."""

    OP = "port.owners"

    ports: tuple[int, ...] | None = None
    timeout: int = 0


@dataclasses.dataclass(frozen=True)
class FirewallRead(Operation):
    """Inbound firewall rules of the License Server's programs, of some local ports, or of some display names."""

    OP = "firewall.read"
    AGENT = AGENT_CHANGES

    ports: tuple[int, ...]
    display_names: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class FirewallWrite(HostChange):
    """Set the local ports of one firewall rule, which has those of ``replaces`` now."""

    OP = "firewall.write"

    name: str
    local_ports: tuple[str, ...]
    replaces: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class JobOperation(Operation):
    """An operation on jobs and on what they make."""

    AGENT = AGENT_JOBS


@dataclasses.dataclass(frozen=True)
class JobStart(JobOperation):
    """Start a batch that outlives the connection; ``text`` is the agent's own, which the job's process runs."""

    OP = "job.start"
    READS = False

    id: str
    owner: str
    text: str
    request: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class JobPoll(JobOperation):
    """State, progress and answer of a job."""

    OP = "job.poll"

    id: str


@dataclasses.dataclass(frozen=True)
class JobList(JobOperation):
    """All jobs whose folders are in the work folder."""

    OP = "job.list"


@dataclasses.dataclass(frozen=True)
class JobStop(JobOperation):
    """End a job if it runs, and delete its folder."""

    OP = "job.stop"
    READS = False

    id: str


@dataclasses.dataclass(frozen=True)
class ArchiveCreate(JobOperation):
    """Build a zip in the work folder of files given by root and path; ``reserve`` in bytes."""

    OP = "archive.create"
    READS = False

    path: str
    files: tuple[t.Mapping[str, str], ...]
    include_private_keys: bool = False
    pseudonyms: t.Mapping[str, t.Any] | None = None
    header: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    reserve: int = 0


@dataclasses.dataclass(frozen=True)
class FileChunk(JobOperation):
    """A range of bytes of a file in the work folder."""

    OP = "file.chunk"

    path: str
    offset: int
    length: int


@dataclasses.dataclass(frozen=True)
class DiskSpace(JobOperation):
    """Free and total bytes of the disk that a root is on."""

    OP = "disk.space"

    root: str


@dataclasses.dataclass(frozen=True)
class AccountResolve(Operation):
    """Names and SIDs of accounts, as the host resolves them."""

    OP = "account.resolve"

    accounts: tuple[str, ...]


def _plain(value: t.Any) -> Json:
    if isinstance(value, t.Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return t.cast(Json, value)

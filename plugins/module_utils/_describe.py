# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Operations and paths as an administrator reads them; the contract's own words are for developers."""

from __future__ import annotations

import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import (
    AccountResolve,
    Cmdlet,
    FileCopy,
    FileDelete,
    FileList,
    FileRead,
    FileWrite,
    FirewallRead,
    FirewallWrite,
    FolderDelete,
    Operation,
    PortOwners,
    RegistryRead,
    Server,
    ServiceStart,
    ServiceStop,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

#: The work folder as somebody on the server would type it.
WORK_FOLDER = r"%ProgramData%\citrixfleet.licensing"

#: Operations as the beginning of a sentence, but for cmdlets and copies.
_DEEDS: t.Mapping[type[Operation], str] = {
    AccountResolve: "Looking up {accounts}",
    FileDelete: "Deleting {path}",
    FileList: "Listing the files of {path}",
    FileRead: "Reading {path}",
    FileWrite: "Writing {path}",
    FirewallRead: "Reading the firewall rules",
    FirewallWrite: "Setting the ports of the firewall rule {name}",
    FolderDelete: "Deleting {path}",
    PortOwners: "Waiting until the services listen",
    RegistryRead: r"Reading the registry key HKEY_LOCAL_MACHINE\{key}",
    Server: "Reading the facts of the host",
    ServiceStart: "Starting the service{s} {names}",
    ServiceStop: "Stopping the service{s} {names}",
}


def describe(operation: Operation, server: ServerFacts) -> str:
    """What an operation does: a cmdlet as one would type it, all else as the beginning of a sentence."""
    if isinstance(operation, Cmdlet):
        words = " ".join(f"-{name} {value}" for name, value in operation.parameters.items())
        return f"{operation.name} {words}".rstrip()
    paths = full_paths(operation, server)
    if isinstance(operation, FileCopy) and operation.to_root == "work":
        return f"Copying {paths[operation.path]} to the backup"
    if isinstance(operation, FileCopy):
        return f"Putting {paths[operation.to_path]} back"
    fields = {name: _listed(value) for name, value in vars(operation).items()}
    plural = "s" if ", " in fields.get("names", "") else ""
    return _DEEDS[type(operation)].format_map({**fields, "path": paths.get(fields.get("path", "")), "s": plural})


def describe_place(server: ServerFacts) -> str:
    """Host and version, for the end of an error."""
    return f"{server.host}, License Server {server.version_text or 'of unknown version'}"


def full_path(root: str, path: str, server: ServerFacts) -> str:
    """A path as somebody on the server would type it."""
    folders = {"install": server.install_folder, "myfiles": server.license_folder, "work": WORK_FOLDER}
    return "\\".join(filter(None, (folders[root], path)))


def _listed(value: t.Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def full_paths(operation: Operation | None, server: ServerFacts) -> dict[str, str]:
    """The paths that an operation names, and its error with it, each as :func:`full_path` has it."""
    if isinstance(operation, FolderDelete):
        return {operation.path: full_path("work", operation.path, server)}
    if isinstance(operation, FileCopy):
        to_path = full_path(operation.to_root, operation.to_path, server)
        return {operation.path: full_path(operation.root, operation.path, server), operation.to_path: to_path}
    if isinstance(operation, (FileRead, FileList, FileWrite, FileDelete)):
        return {operation.path: full_path(operation.root, operation.path, server)}
    return {}

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every operation of a change has words that an administrator knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._describe import describe
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
    HostChange,
    JobOperation,
    Operation,
    PortOwners,
    RegistryRead,
    Server,
    ServiceStart,
    ServiceStop,
)

from tests.unit.plugins.readings import server

LICENSING = r"C:\Program Files (x86)\Citrix\Licensing"
WORK = r"%ProgramData%\citrixfleet.licensing"

OPERATIONS: list[tuple[Operation, str]] = [
    (Server(), "Reading the facts of the host"),
    (Cmdlet("Set-LicCEIPOption", {"CEIPOption": "Diag"}), "Set-LicCEIPOption -CEIPOption Diag"),
    (Cmdlet("Get-LicInventory"), "Get-LicInventory"),
    (FileRead("install", r"LS\conf\server.xml"), rf"Reading {LICENSING}\LS\conf\server.xml"),
    (FileList("myfiles", ""), rf"Listing the files of {LICENSING}\MyFiles"),
    (FileWrite("install", "a.xml", "", None), rf"Writing {LICENSING}\a.xml"),
    (FileWrite("work", "transaction.json", "", None), rf"Writing {WORK}\transaction.json"),
    (FileCopy("install", "a.xml", "", "work", r"backup\1\0-a.xml", None), rf"Copying {LICENSING}\a.xml to the backup"),
    (FileCopy("work", r"backup\1\0-a.xml", "", "install", "a.xml", None), rf"Putting {LICENSING}\a.xml back"),
    (FileDelete("myfiles", "a.lic", ""), rf"Deleting {LICENSING}\MyFiles\a.lic"),
    (FolderDelete(r"backup\1"), rf"Deleting {WORK}\backup\1"),
    (RegistryRead(r"SOFTWARE\Citrix", 32), r"Reading the registry key HKEY_LOCAL_MACHINE\SOFTWARE\Citrix"),
    (ServiceStop(("Citrix Licensing",)), "Stopping the service Citrix Licensing"),
    (ServiceStart(("A", "B")), "Starting the services A, B"),
    (PortOwners(), "Waiting until the services listen"),
    (FirewallRead((27000,)), "Reading the firewall rules"),
    (FirewallWrite("CTX-LS", ("1",), ("2",)), "Setting the ports of the firewall rule CTX-LS"),
    (AccountResolve((r"CORP\a", r"CORP\b")), r"Looking up CORP\a, CORP\b"),
]


@pytest.mark.parametrize(("operation", "said"), OPERATIONS, ids=[said for _operation, said in OPERATIONS])
def test_an_operation_in_plain_words(operation: Operation, said: str) -> None:
    assert describe(operation, server()) == said


def test_a_path_below_a_folder_that_is_not_known_is_told_as_it_is() -> None:
    assert describe(FileRead("install", "a.xml"), server(install_folder=None)) == "Reading a.xml"


def kinds(base: type[Operation]) -> Iterator[type[Operation]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_no_operation_of_a_change_is_without_words() -> None:
    told = {type(operation) for operation, _said in OPERATIONS}
    assert {kind for kind in kinds(Operation) if not issubclass(kind, JobOperation)} - told == {HostChange}

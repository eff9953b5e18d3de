# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations that read the host, and the one that runs a cmdlet; :data:`OPERATIONS` lists all there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ..accounts import is_sid
from ..clock import round_trip
from ..cmdlets import CMDLETS, Record
from ..errors import OperationError
from ..machine import KNOWN_SERVICES, Machine
from ..services import Service
from ..snapin import CmdletError
from .archive_operations import create_archive
from .context import Batch, error_detail
from .file_operations import copy_file, delete_file, delete_folder, list_files, read_file, write_file
from .firewall_operations import read_rules, write_rule
from .job_operations import list_jobs, poll_job, start_job, stop_job
from .service_operations import start_services, stop_services
from .transfer_operations import read_chunk, read_disk_space

Fields = Mapping[str, Any]


def read_server(batch: Batch, fields: Fields) -> dict[str, Any]:
    machine = batch.machine
    shell = asdict(machine.shell)
    if machine.shell.refusal() is not None:
        nothing = ("host", "user", "installation", "services", "snapin", "admin_address")
        return {"shell": shell, **dict.fromkeys(nothing)}
    token, installation, route = machine.token, machine.installation(), machine.snapin.route
    return {
        "shell": shell,
        "host": {"name": machine.name, "domain": machine.domain_dns, "clock": round_trip(machine.clock.now())},
        "user": {
            "name": token.name,
            "sid": token.sid,
            "groups": list(token.groups),
            "elevated": token.elevated,
            "logon_type": token.logon_type,
        },
        "installation": None if installation is None else asdict(installation),
        "services": [_describe(service) for service in _known_services(machine)],
        "snapin": {"route": route, "message": _snapin_message(route)},
        "admin_address": _try_admin_address(batch),
    }


def _known_services(machine: Machine) -> list[Service]:
    found = [machine.services.find(name) for name in KNOWN_SERVICES]
    return [service for service in found if service is not None]


def _describe(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "display_name": service.display_name,
        "state": service.state,
        "start_mode": service.start_mode,
        "process_id": service.process_id,
        "account": service.account,
        "start_time": service.start_time,
    }


def _snapin_message(route: str | None) -> str | None:
    if route is not None:
        return None
    return "The Windows PowerShell snap-in 'Citrix.Licensing.Admin.V1' is not installed on this computer."


def _try_admin_address(batch: Batch) -> dict[str, Any]:
    known, error = False, None
    if batch.machine.snapin.route is not None:
        try:
            known = batch.certificate_hash() is not None
        except CmdletError as failed:
            error = OperationError("cmdlet", failed.message, **error_detail(failed, "certificate")).document()
    return {"address": batch.admin_address, "certificate_hash": known, "error": error}


def run_cmdlet(batch: Batch, fields: Fields) -> list[Any]:
    snapin, name = batch.machine.snapin, str(fields["name"])
    if snapin.route is None:
        raise OperationError("snapin_missing", str(_snapin_message(None)))
    step = "certificate"
    try:
        certificate_hash = batch.certificate_hash() if CMDLETS[name].takes_certificate else None
        step = "cmdlet"
        output = snapin.run(name, fields["parameters"], batch.admin_address, certificate_hash)
    except CmdletError as error:
        raise OperationError("cmdlet", error.message, **error_detail(error, step)) from error
    return [_convert(item, fields["select"]) for item in output]


def _convert(item: object, select: list[str] | None) -> Any:
    if select is not None:
        return {name: item.value(name) if isinstance(item, Record) else None for name in select}
    return item.type_name if isinstance(item, Record) else item


def read_registry(batch: Batch, fields: Fields) -> dict[str, Any]:
    found = batch.machine.registry.values(fields["view"], fields["key"])
    if found is None:
        return {"exists": False, "values": []}
    wanted = None if fields["names"] is None else {name.upper() for name in fields["names"]}
    values = [
        {"name": value.name, "type": value.type, "value": value.value}
        for value in found
        if wanted is None or value.name.upper() in wanted
    ]
    return {"exists": True, "values": values}


def list_port_owners(batch: Batch, fields: Fields) -> list[dict[str, Any]]:
    wanted = fields["ports"]
    found = batch.machine.services.listeners()
    return [asdict(listener) for listener in found if wanted is None or listener.port in wanted]


def resolve_accounts(batch: Batch, fields: Fields) -> list[dict[str, Any]]:
    return [_resolve_account(batch.machine, text) for text in fields["accounts"]]


def _resolve_account(machine: Machine, text: str) -> dict[str, Any]:
    sid, name, error = None, None, None
    if is_sid(text):
        account = machine.directory.by_sid(text)
        sid, name = text.upper(), account.name if account else None
    else:
        try:
            account = machine.directory.by_name(text)
            sid, name = account.sid, account.name
        except OperationError as failure:
            error = failure.document()
    return {"account": text, "sid": sid, "name": name, "error": error}


OPERATIONS: Mapping[str, Callable[[Batch, Fields], Any]] = {
    "server": read_server,
    "cmdlet": run_cmdlet,
    "file.read": read_file,
    "file.list": list_files,
    "file.write": write_file,
    "file.copy": copy_file,
    "file.delete": delete_file,
    "folder.delete": delete_folder,
    "registry.read": read_registry,
    "service.stop": stop_services,
    "service.start": start_services,
    "port.owners": list_port_owners,
    "firewall.read": read_rules,
    "firewall.write": write_rule,
    "account.resolve": resolve_accounts,
    "job.start": start_job,
    "job.poll": poll_job,
    "job.list": list_jobs,
    "job.stop": stop_job,
    "archive.create": create_archive,
    "file.chunk": read_chunk,
    "disk.space": read_disk_space,
}

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks a whole request before its first operation runs: nothing unknown, nothing missing, every type right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..cmdlets import CMDLETS
from .fields import FIELDS, is_count, is_flag, is_number, is_scalar, is_text, known_cmdlet, list_of, one_of, or_null


class RequestError(Exception):
    """The text is not a request of this contract; the message says why."""


@dataclass(frozen=True)
class Operation:
    """One checked operation with its defaults filled in. ``after``, ``if_done``, ``if_undone`` only in ``undo``."""

    name: str
    fields: Mapping[str, Any]
    tolerate: tuple[str, ...] = ()
    expect: Mapping[str, Any] | None = None
    after: int | None = None
    if_done: bool = False
    if_undone: bool = False

    @property
    def reads(self) -> bool:
        if self.name == "cmdlet":
            return str(self.fields["name"]).lower().startswith("get-")
        return self.name in _READING

    @property
    def owns(self) -> bool:
        """Whether it changes nothing but what is its own, below the work folder."""
        return self.name in _OWN


@dataclass(frozen=True)
class Request:
    """A checked request."""

    admin_address: str | None
    lock_timeout: float
    operations: tuple[Operation, ...]
    undo: tuple[Operation, ...]

    @property
    def changes(self) -> bool:
        """Whether it takes the mutex."""
        return any(not operation.reads and not operation.owns for operation in self.operations)


_READING = frozenset(
    {
        "server",
        "file.read",
        "file.list",
        "file.chunk",
        "disk.space",
        "registry.read",
        "port.owners",
        "firewall.read",
        "account.resolve",
        "job.list",
        "job.poll",
    }
)
_OWN = frozenset({"job.start", "job.stop", "archive.create"})
_CONDITIONS = ("after", "if_done", "if_undone")
_REQUEST_KEYS = {"v", "admin_address", "lock_timeout", "ops", "undo"}


def _is_wanted(value: Any) -> bool:
    return is_scalar(value) or list_of(is_scalar)(value)


def parse(text: str) -> Request:
    """The request that a text holds. RequestError if it is not one."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RequestError(f"the request is not JSON: {error}") from error
    return _request(document)


def _request(document: Any) -> Request:
    if not isinstance(document, dict):
        raise RequestError("the request is not an object")
    unknown = sorted(set(document) - _REQUEST_KEYS)
    if unknown:
        raise RequestError(f"unknown key of the request: {unknown[0]}")
    if not one_of(1)(document.get("v")):
        raise RequestError("the request is not of version 1")
    address, lock_timeout = document.get("admin_address"), document.get("lock_timeout", 60)
    _require(or_null(is_text)(address), "admin_address is not a text")
    _require(is_number(lock_timeout), "lock_timeout is not a number of seconds")
    entries, undo = _array(document, "ops"), _array({"undo": [], **document}, "undo")
    operations = tuple(_operation(entry, f"ops[{index}]") for index, entry in enumerate(entries))
    undoing = tuple(_undo_operation(entry, f"undo[{i}]", len(operations)) for i, entry in enumerate(undo))
    return Request(address, lock_timeout, operations, undoing)


def _array(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key)
    if not isinstance(value, list):
        raise RequestError(f"{key} is not an array")
    return value


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RequestError(message)


def _undo_operation(entry: Any, where: str, count: int) -> Operation:
    _require(isinstance(entry, dict), f"{where} is not an object")
    for key in ("expect", "tolerate"):
        _require(key not in entry, f"{where}: {key} is not allowed here")
    after = entry.get("after")
    _require("after" not in entry or (is_count(after) and after < count), f"{where}: after names no operation")
    if_done, if_undone = entry.get("if_done", False), entry.get("if_undone", False)
    _require(is_flag(if_done) and is_flag(if_undone), f"{where}: if_done and if_undone are true or false")
    _require(not if_done or after is not None, f"{where}: if_done needs after")
    plain = _operation({key: value for key, value in entry.items() if key not in _CONDITIONS}, where)
    _require(not plain.owns, f"{where}: {plain.name} is not allowed here")
    return Operation(plain.name, plain.fields, after=after, if_done=if_done, if_undone=if_undone)


def _operation(entry: Any, where: str) -> Operation:
    _require(isinstance(entry, dict), f"{where} is not an object")
    name = entry.get("op")
    known = FIELDS.get(name) if isinstance(name, str) else None
    if known is None:
        raise RequestError(f"{where}: unknown op {name!r}")
    for key in entry:
        _require(key in known or key in ("op", "tolerate", "expect"), f"{where}: unknown field {key}")
    fields: dict[str, Any] = {}
    for key, field in known.items():
        _require(key in entry or field.default is not ..., f"{where}: missing field {key}")
        fields[key] = entry.get(key, field.default)
        _require(field.valid(fields[key]), f"{where}: field {key} is not valid")
    if name == "file.copy":
        _require("work" in (fields["root"], fields["to_root"]), f"{where}: neither root is work")
        keeps = fields["keep"] is not None
        _require(keeps == (fields["ours"] is not None), f"{where}: keep and ours go together")
        _require(not keeps or fields["replaces"] == "any", f"{where}: keep is for whatever is there")
    if name == "cmdlet":
        fields["name"] = known_cmdlet(fields["name"])
        fields["parameters"] = _known_parameters(fields["name"], fields["parameters"], where)
    if name == "job.start":
        fields["request"] = _job_request(fields["request"], where)
    tolerate = entry.get("tolerate", [])
    _require(list_of(is_text)(tolerate), f"{where}: tolerate is not a list of names")
    operation = Operation(name, fields, tuple(tolerate), entry.get("expect"))
    if "expect" in entry:
        _require(operation.reads, f"{where}: expect is for reading operations")
        _check_expect(operation.expect, where)
    return operation


def _job_request(document: Mapping[str, Any], where: str) -> Request:
    try:
        request = _request(document)
    except RequestError as error:
        raise RequestError(f"{where}: the job's request: {error}") from error
    jobs = [one.name for one in (*request.operations, *request.undo) if one.name.startswith("job.")]
    _require(not jobs, f"{where}: the job's request has an operation on jobs")
    return request


def _known_parameters(cmdlet: str, parameters: Mapping[str, Any], where: str) -> dict[str, Any]:
    spelling = {known.lower(): known for known in CMDLETS[cmdlet].parameters}
    for name in parameters:
        _require(name.lower() in spelling, f"{where}: {cmdlet} has no parameter {name}")
        _require(is_scalar(parameters[name]), f"{where}: parameter {name} is not a scalar")
    return {spelling[name.lower()]: value for name, value in parameters.items()}


def _check_expect(expect: Any, where: str) -> None:
    _require(isinstance(expect, dict) and bool(expect), f"{where}: expect is not a condition")
    for key, condition in expect.items():
        _require(key in ("matches", "includes", "excludes"), f"{where}: unknown key of expect: {key}")
        entries = [condition] if key == "matches" else condition
        _require(isinstance(entries, list), f"{where}: expect.{key} is not an array")
        for entry in entries:
            _require(isinstance(entry, dict), f"{where}: expect.{key} holds something else than objects")
            _require(all(_is_wanted(wanted) for wanted in entry.values()), f"{where}: expect.{key} wants no scalar")

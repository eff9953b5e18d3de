# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks a whole request before its first operation runs: nothing unknown, nothing missing, every type right."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..cmdlets import CMDLETS

Check = Callable[[Any], bool]


class RequestError(Exception):
    """The text is not a request of this contract; the message says why."""


@dataclass(frozen=True)
class Field:
    """One field of an operation: what its value must be, and its default (``...`` = required)."""

    valid: Check
    default: Any = ...


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


@dataclass(frozen=True)
class Request:
    """A checked request."""

    admin_address: str | None
    lock_timeout: float
    operations: tuple[Operation, ...]
    undo: tuple[Operation, ...]

    @property
    def changes(self) -> bool:
        return any(not operation.reads for operation in self.operations)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-fA-F]{64}", value) is not None


def _is_base64(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return True


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool, int, float))


def _one_of(*values: Any) -> Check:
    return lambda value: any(value == one and type(value) is type(one) for one in values)


def _list_of(valid: Check) -> Check:
    return lambda value: isinstance(value, list) and all(valid(item) for item in value)


def _or_null(valid: Check) -> Check:
    return lambda value: value is None or valid(value)


def _is_registry_key(value: Any) -> bool:
    return isinstance(value, str) and value.upper().startswith("SOFTWARE\\")


_ROOT = Field(_one_of("install", "myfiles", "work"))
_PATH = Field(_is_text)
_NAMES = Field(_list_of(_is_text))
_TIMEOUT = Field(_is_number, 300)

_FIELDS: Mapping[str, Mapping[str, Field]] = {
    "server": {},
    "cmdlet": {
        "name": Field(lambda value: _known_cmdlet(value) is not None),
        "parameters": Field(lambda value: isinstance(value, dict), {}),
        "select": Field(_or_null(_list_of(_is_text)), None),
    },
    "file.read": {"root": _ROOT, "path": _PATH, "tail": Field(_or_null(_is_count), None)},
    "file.list": {
        "root": _ROOT,
        "path": _PATH,
        "pattern": Field(_is_text, "*"),
        "recurse": Field(_is_flag, False),
        "content": Field(_is_flag, False),
    },
    "file.write": {
        "root": _ROOT,
        "path": _PATH,
        "content": Field(_is_base64),
        "replaces": Field(_or_null(_is_hash)),
    },
    "file.copy": {
        "root": _ROOT,
        "path": _PATH,
        "sha256": Field(_is_hash),
        "to_root": _ROOT,
        "to_path": _PATH,
        "replaces": Field(_or_null(_is_hash)),
    },
    "file.delete": {"root": _ROOT, "path": _PATH, "replaces": Field(_is_hash)},
    "folder.delete": {"path": _PATH},
    "registry.read": {
        "key": Field(_is_registry_key),
        "view": Field(_one_of(32, 64)),
        "names": Field(_or_null(_list_of(_is_text)), None),
    },
    "service.stop": {"names": _NAMES, "timeout": _TIMEOUT},
    "service.start": {"names": _NAMES, "timeout": _TIMEOUT},
    "port.owners": {"ports": Field(_or_null(_list_of(_is_count)), None), "timeout": Field(_is_number, 0)},
    "firewall.read": {"ports": Field(_list_of(_is_count)), "display_names": Field(_list_of(_is_text), [])},
    "firewall.write": {
        "name": Field(_is_text),
        "local_ports": Field(lambda value: _list_of(_is_text)(value) and bool(value)),
        "replaces": Field(_list_of(_is_text)),
    },
    "account.resolve": {"accounts": Field(_list_of(_is_text))},
}
_READING = ("server", "file.read", "file.list", "registry.read", "port.owners", "firewall.read", "account.resolve")
_CONDITIONS = ("after", "if_done", "if_undone")
_WANTED: Check = lambda value: _is_scalar(value) or _list_of(_is_scalar)(value)  # noqa: E731  # named like its kin
_REQUEST_KEYS = {"v", "admin_address", "lock_timeout", "ops", "undo"}


def parse(text: str) -> Request:
    """The request that a text holds. RequestError if it is not one."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RequestError(f"the request is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RequestError("the request is not an object")
    unknown = sorted(set(document) - _REQUEST_KEYS)
    if unknown:
        raise RequestError(f"unknown key of the request: {unknown[0]}")
    if not _one_of(1)(document.get("v")):
        raise RequestError("the request is not of version 1")
    address, lock_timeout = document.get("admin_address"), document.get("lock_timeout", 60)
    _require(_or_null(_is_text)(address), "admin_address is not a text")
    _require(_is_number(lock_timeout), "lock_timeout is not a number of seconds")
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
    _require("after" not in entry or (_is_count(after) and after < count), f"{where}: after names no operation")
    if_done, if_undone = entry.get("if_done", False), entry.get("if_undone", False)
    _require(_is_flag(if_done) and _is_flag(if_undone), f"{where}: if_done and if_undone are true or false")
    _require(not if_done or after is not None, f"{where}: if_done needs after")
    plain = _operation({key: value for key, value in entry.items() if key not in _CONDITIONS}, where)
    return Operation(plain.name, plain.fields, after=after, if_done=if_done, if_undone=if_undone)


def _operation(entry: Any, where: str) -> Operation:
    _require(isinstance(entry, dict), f"{where} is not an object")
    name = entry.get("op")
    known = _FIELDS.get(name) if isinstance(name, str) else None
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
    if name == "cmdlet":
        fields["name"] = _known_cmdlet(fields["name"])
        fields["parameters"] = _known_parameters(fields["name"], fields["parameters"], where)
    tolerate = entry.get("tolerate", [])
    _require(_list_of(_is_text)(tolerate), f"{where}: tolerate is not a list of names")
    operation = Operation(name, fields, tuple(tolerate), entry.get("expect"))
    if "expect" in entry:
        _require(operation.reads, f"{where}: expect is for reading operations")
        _check_expect(operation.expect, where)
    return operation


def _known_cmdlet(name: Any) -> str | None:
    """The documented spelling of a cmdlet's name."""
    if not isinstance(name, str):
        return None
    return next((known for known in CMDLETS if known.lower() == name.lower()), None)


def _known_parameters(cmdlet: str, parameters: Mapping[str, Any], where: str) -> dict[str, Any]:
    spelling = {known.lower(): known for known in CMDLETS[cmdlet].parameters}
    for name in parameters:
        _require(name.lower() in spelling, f"{where}: {cmdlet} has no parameter {name}")
        _require(_is_scalar(parameters[name]), f"{where}: parameter {name} is not a scalar")
    return {spelling[name.lower()]: value for name, value in parameters.items()}


def _check_expect(expect: Any, where: str) -> None:
    _require(isinstance(expect, dict) and bool(expect), f"{where}: expect is not a condition")
    for key, condition in expect.items():
        _require(key in ("matches", "includes", "excludes"), f"{where}: unknown key of expect: {key}")
        entries = [condition] if key == "matches" else condition
        _require(isinstance(entries, list), f"{where}: expect.{key} is not an array")
        for entry in entries:
            _require(isinstance(entry, dict), f"{where}: expect.{key} holds something else than objects")
            _require(all(_WANTED(wanted) for wanted in entry.values()), f"{where}: expect.{key} wants no scalar")

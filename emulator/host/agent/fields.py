# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations' fields: what each one's value must be, and its default."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..cmdlets import CMDLETS

Check = Callable[[Any], bool]
LARGEST_CHUNK = 4 * 1024 * 1024
"""Bytes that ``file.chunk`` reads at most."""


@dataclass(frozen=True)
class Field:
    """One field of an operation: what its value must be, and its default (``...`` = required)."""

    valid: Check
    default: Any = ...


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-fA-F]{64}", value) is not None


def is_base64(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        base64.b64decode(value, validate=True)
    except ValueError:
        return False
    return True


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, bool, int, float))


def one_of(*values: Any) -> Check:
    return lambda value: any(value == one and type(value) is type(one) for one in values)


def list_of(valid: Check) -> Check:
    return lambda value: isinstance(value, list) and all(valid(item) for item in value)


def or_null(valid: Check) -> Check:
    return lambda value: value is None or valid(value)


def is_registry_key(value: Any) -> bool:
    return isinstance(value, str) and value.upper().startswith("SOFTWARE\\")


def known_cmdlet(name: Any) -> str | None:
    """The documented spelling of a cmdlet's name."""
    if not isinstance(name, str):
        return None
    return next((known for known in CMDLETS if known.lower() == name.lower()), None)


def _is_job_id(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("[A-Za-z0-9-]{1,64}", value) is not None


def _is_archive_path(value: Any) -> bool:
    return isinstance(value, str) and value.lower().endswith(".zip")


def _object_of(**fields: Check) -> Check:
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == fields.keys()
        and all(valid(value[name]) for name, valid in fields.items())
    )


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_ROOT = Field(one_of("install", "myfiles", "work"))
_PATH = Field(is_text)
_JOB = Field(_is_job_id)
_NAMES = Field(list_of(is_text))
_TIMEOUT = Field(is_number, 300)

FIELDS: Mapping[str, Mapping[str, Field]] = {
    "server": {},
    "cmdlet": {
        "name": Field(lambda value: known_cmdlet(value) is not None),
        "parameters": Field(lambda value: isinstance(value, dict), {}),
        "select": Field(or_null(list_of(is_text)), None),
    },
    "file.read": {"root": _ROOT, "path": _PATH, "tail": Field(or_null(is_count), None)},
    "file.list": {
        "root": _ROOT,
        "path": _PATH,
        "pattern": Field(is_text, "*"),
        "recurse": Field(is_flag, False),
        "content": Field(is_flag, False),
    },
    "file.write": {
        "root": _ROOT,
        "path": _PATH,
        "content": Field(is_base64),
        "replaces": Field(or_null(is_hash)),
    },
    "file.copy": {
        "root": _ROOT,
        "path": _PATH,
        "sha256": Field(is_hash),
        "to_root": _ROOT,
        "to_path": _PATH,
        "replaces": Field(lambda value: value == "any" or or_null(is_hash)(value)),
        "keep": Field(or_null(is_text), None),
        "ours": Field(or_null(list_of(is_hash)), None),
    },
    "file.delete": {"root": _ROOT, "path": _PATH, "replaces": Field(is_hash)},
    "folder.delete": {"path": _PATH},
    "registry.read": {
        "key": Field(is_registry_key),
        "view": Field(one_of(32, 64)),
        "names": Field(or_null(list_of(is_text)), None),
    },
    "service.stop": {"names": _NAMES, "timeout": _TIMEOUT},
    "service.start": {"names": _NAMES, "timeout": _TIMEOUT},
    "port.owners": {"ports": Field(or_null(list_of(is_count)), None), "timeout": Field(is_number, 0)},
    "firewall.read": {"ports": Field(list_of(is_count)), "display_names": Field(list_of(is_text), [])},
    "firewall.write": {
        "name": Field(is_text),
        "local_ports": Field(lambda value: list_of(is_text)(value) and bool(value)),
        "replaces": Field(list_of(is_text)),
    },
    "account.resolve": {"accounts": Field(list_of(is_text))},
    "job.start": {"id": _JOB, "owner": Field(is_text), "text": Field(is_text), "request": Field(_is_object)},
    "job.poll": {"id": _JOB},
    "job.list": {},
    "job.stop": {"id": _JOB},
    "archive.create": {
        "path": Field(_is_archive_path),
        "files": Field(list_of(_object_of(root=one_of("install", "myfiles"), path=is_text))),
        "include_private_keys": Field(is_flag, False),
        "pseudonyms": Field(or_null(_object_of(key=is_base64, domains=list_of(is_text))), None),
        "header": Field(_is_object, {}),
        "reserve": Field(is_count, 0),
    },
    "file.chunk": {
        "path": _PATH,
        "offset": Field(is_count),
        "length": Field(lambda value: is_count(value) and 1 <= value <= LARGEST_CHUNK),
    },
    "disk.space": {"root": _ROOT},
}

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Profiles from YAML: the schema of docs/profiles.md, with every error on the line that is wrong."""

from __future__ import annotations

import dataclasses
import io
import json
import pathlib
import re
import typing as t

import yaml
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.formats import FORMATS, DocumentError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._documents.license_file import STARTUP_FILE
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces.document import LICENSE_FORMAT
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import (
    ANY_BUILD,
    CMDLET,
    CONFIDENCES,
    DOCUMENT,
    NO_VALUE,
    RECORDED,
    SETTINGS,
    Builds,
    Place,
    Profile,
    Row,
    Setting,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import SERVICES
from ansible_collections.citrixfleet.licensing.plugins.module_utils._version import Version
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._yaml_nodes import (
    SchemaError,
    read_choice,
    read_flag,
    read_mapping,
    read_sequence,
    read_text,
    read_texts,
    refuse_unknown,
    required,
)

_SHIPPED = pathlib.Path(__file__).with_name("documented.yml")

_ROW_KEYS = {
    DOCUMENT: ("setting", "interface", "places", "values", "restart", "builds", "source", "confidence"),
    CMDLET: ("setting", "interface", "cmdlets", "builds", "source", "confidence"),
}
_PLACE_KEYS = ("root", "file", "format", "selector", "count", "pattern", "insert")

_BUILD = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){3}-[0-9]{1,9}")
# A short name (8.3) may be another file's second name.
_SEGMENT = re.compile(r'(?!.*~[0-9])[^\x00-\x1f<>:"/|\\]+')
# What Windows takes for a device in any folder, also with an extension.
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|(COM|LPT)[0-9¹²³]|CONIN\$|CONOUT\$) *(\..*)?", re.IGNORECASE)

#: What a document made to harm, or by mistake, raises on its way through the parsers of YAML and JSON.
_UNREADABLE = (RecursionError, OverflowError, ValueError, TypeError)


def shipped_profile() -> Profile:
    """The profile of the collection."""
    return _load(_SHIPPED)


def load_profile(given: t.Any, find: t.Callable[[str], str]) -> Profile:
    """The shipped rows, and after them those of the option ``profile``.

    :param given: a path, a list of rows, or None.
    :param find: makes an absolute path of the path, as Ansible looks for files of a playbook or role.
    :raises LicenseError: the file cannot be read, or a row is wrong; the message names the line.
    """
    shipped = shipped_profile()
    if given is None:
        return shipped
    own = _load(pathlib.Path(find(given))) if isinstance(given, str) else _read(_as_nodes(given), "profile")
    return Profile(shipped.rows + own.rows)


def _load(path: pathlib.Path) -> Profile:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, *_UNREADABLE) as error:
        raise LicenseError(f"The profile {path} cannot be read: {error}. Nothing was sent to the host.") from error
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        reason = getattr(error, "problem", None) or "not YAML"
        raise LicenseError(f"The profile {path}{line} is no YAML: {reason}. Nothing was sent to the host.") from error
    return _read(node, str(path))


def _as_nodes(given: t.Any) -> yaml.Node:
    """Rows that came inline, in the form of a file's; the detour leaves Ansible's own string types behind."""
    try:
        return yaml.SafeDumper(io.StringIO()).represent_data(json.loads(json.dumps(given)))
    except _UNREADABLE as error:
        raise LicenseError(f"The inline profile cannot be read: {error}. Nothing was sent to the host.") from error


def _read(node: yaml.Node | None, name: str) -> Profile:
    if node is None:
        return Profile()
    rows: list[Row] = []
    try:
        for item in read_sequence(node, "a profile is a list of rows"):
            row = _row(item, shipped=name == str(_SHIPPED))
            rows.append(row)
    except RecursionError as error:
        raise LicenseError(f"{name} is nested too deeply. Nothing was sent to the host.") from error
    except SchemaError as error:
        mark = error.node.start_mark
        where = f"line {mark.line + 1}" if mark else f"row {len(rows) + 1}"
        raise LicenseError(f"{name}, {where}: {error} (docs/profiles.md). Nothing was sent to the host.") from error
    return Profile(tuple(rows))


def _row(node: yaml.Node, shipped: bool) -> Row:
    fields = read_mapping(node, "a row is a mapping")
    interface = read_text(required(node, fields, "interface"))
    if interface not in _ROW_KEYS:
        raise SchemaError(fields["interface"], f"interface is {interface!r}; it is one of {', '.join(_ROW_KEYS)}")
    if interface == CMDLET and not shipped:
        raise SchemaError(fields["interface"], "cmdlets are known to the collection; rows for them are its own")
    refuse_unknown(fields, _ROW_KEYS[interface])
    setting = _setting(required(node, fields, "setting"), interface)
    confidence = read_choice(required(node, fields, "confidence"), "confidence", CONFIDENCES)
    row = Row(
        setting=setting,
        interface=interface,
        builds=_builds(required(node, fields, "builds")),
        source=read_text(required(node, fields, "source")),
        confidence=confidence,
    )
    if interface == CMDLET:
        return dataclasses.replace(row, cmdlets=read_texts(required(node, fields, "cmdlets"), "cmdlets"))
    places = read_sequence(required(node, fields, "places"), "places is a list")
    if not places:
        raise SchemaError(fields["places"], "places is empty")
    spellings = _spellings(setting, node, fields.get("values"))
    may_be_absent = any(not texts for texts in spellings.values())
    restart = _restart(fields.get("restart"))
    if setting.is_port and not restart:
        raise SchemaError(node, "restart is missing; a port takes effect when its service starts")
    return dataclasses.replace(
        row,
        places=tuple(_place(place, confidence, may_be_absent) for place in places),
        spellings=spellings,
        restart=restart,
    )


def _restart(node: yaml.Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    # No other service is restarted, least of all the one that carries the connection.
    known = {name.casefold(): name for name in SERVICES}
    for name in read_texts(node, "restart"):
        if name.casefold() not in known:
            raise SchemaError(
                node, f"restart has {name!r}; the services of the License Server are {', '.join(SERVICES)}"
            )
    return tuple(known[name.casefold()] for name in read_texts(node, "restart"))


def _setting(node: yaml.Node, interface: str) -> Setting:
    setting = SETTINGS.get(read_text(node))
    if setting is None:
        raise SchemaError(node, f"there is no setting {read_text(node)!r}; there are {', '.join(SETTINGS)}")
    if interface not in setting.interfaces:
        raise SchemaError(node, f"{setting.name} is set by {' or '.join(setting.interfaces)}, not by {interface}")
    return setting


def _place(node: yaml.Node, confidence: str, may_be_absent: bool) -> Place:
    fields = read_mapping(node, "a place is a mapping")
    refuse_unknown(fields, _PLACE_KEYS)
    root = read_choice(fields["root"], "root", ("install", "myfiles")) if "root" in fields else "install"
    form = read_choice(required(node, fields, "format"), "format", tuple(FORMATS))
    selector = read_text(required(node, fields, "selector"))
    insert = "insert" in fields and read_flag(fields["insert"], "insert")
    if insert and "pattern" in fields:
        raise SchemaError(fields["pattern"], "a place with a pattern cannot be inserted: the rest of it is not known")
    if may_be_absent and "pattern" in fields:
        raise SchemaError(fields["pattern"], "a place with a pattern cannot be absent: the rest of it would go, too")
    try:
        FORMATS[form].check(selector)
    except DocumentError as error:
        raise SchemaError(fields["selector"], f"selector {selector!r}: {error}") from error
    file = _file(required(node, fields, "file"), confidence)
    if file.casefold().endswith(".lic") and form != LICENSE_FORMAT:
        raise SchemaError(fields["format"], f"license files have the format {LICENSE_FORMAT}: their lines are signed")
    return Place(
        root=root,
        file=file,
        format=form,
        selector=selector,
        every="count" in fields and read_choice(fields["count"], "count", ("one", "every")) == "every",
        pattern=_pattern(fields["pattern"]) if "pattern" in fields else None,
        insert=insert,
    )


def _file(node: yaml.Node, confidence: str) -> str:
    path = read_text(node)
    *folders, name = path.split("\\")
    if not all(map(_is_plain, (*folders, name))) or any("*" in folder or "?" in folder for folder in folders):
        raise SchemaError(node, f"file is {path!r}; it is a path below the root, with backslashes, such as LS\\conf\\x")
    if name.casefold() == STARTUP_FILE and confidence != RECORDED:
        raise SchemaError(node, f"{STARTUP_FILE} must not be edited (Citrix); only a recorded row may name it")
    return path


def _is_plain(segment: str) -> bool:
    """Whether a part of a path names what it seems to name, and nothing else."""
    return bool(_SEGMENT.fullmatch(segment)) and segment[-1] not in ". " and not _DEVICE.fullmatch(segment)


def _pattern(node: yaml.Node) -> re.Pattern[str]:
    try:
        pattern = re.compile(read_text(node))
    except (re.error, OverflowError, RecursionError) as error:
        raise SchemaError(node, f"pattern is no regular expression: {error}") from error
    if "value" not in pattern.groupindex:
        raise SchemaError(node, "pattern has no group named value: (?P<value>...)")
    return pattern


def _spellings(setting: Setting, row: yaml.Node, node: yaml.Node | None) -> dict[str, tuple[str, ...]]:
    if node is None:
        if setting.words and not setting.is_free:
            raise SchemaError(row, f"values is missing; {setting.name} has the words {', '.join(setting.words)}")
        return {NO_VALUE: ()} if NO_VALUE in setting.words else {}
    spellings = {}
    for word, spelt in read_mapping(node, "values is a mapping").items():
        if word not in setting.words:
            known = ", ".join(setting.words) or "no words"
            raise SchemaError(spelt, f"values has {word!r}; {setting.name} has {known}")
        spellings[word] = _spelling(word, spelt)
    if not spellings:
        raise SchemaError(node, "values is empty")
    seen: dict[str, str] = {}
    for word, texts in spellings.items():
        for text in texts:
            if seen.setdefault(text.casefold(), word) != word:
                raise SchemaError(node, f"values spells {seen[text.casefold()]} and {word} alike: {text!r}")
    if sum(not texts for texts in spellings.values()) > 1:
        raise SchemaError(node, "values has more than one word for an absent place")
    return spellings


def _spelling(word: str, node: yaml.Node) -> tuple[str, ...]:
    if node.tag == "tag:yaml.org,2002:null":
        return ()
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not items:
        raise SchemaError(node, f"values.{word} is an empty list")
    return tuple(read_text(item, may_be_empty=True) for item in items)


def _builds(node: yaml.Node) -> tuple[Builds, ...]:
    if isinstance(node, yaml.ScalarNode) and node.value == "any":
        return ANY_BUILD
    ranges = read_sequence(node, "builds is the word any, or a list of builds and ranges")
    if not ranges:
        raise SchemaError(node, "builds is empty; the word any stands for every build")
    return tuple(map(_range, ranges))


def _range(node: yaml.Node) -> Builds:
    text = read_text(node)
    first, dots, last = text.partition("..")
    ends = [_version(node, end) if end else None for end in (first, last if dots else first)]
    if ends == [None, None]:
        raise SchemaError(node, "builds has a range without an end; the word any stands for every build")
    if ends[0] is not None and ends[1] is not None and ends[1] < ends[0]:
        raise SchemaError(node, f"builds has {text!r}, which ends before it begins")
    return Builds(*ends)


def _version(node: yaml.Node, text: str) -> Version:
    version = Version.parse(text.replace("-", " build ")) if _BUILD.fullmatch(text) else None
    if version is None:
        raise SchemaError(node, f"builds has {text!r}; a build is written as in 11.17.2.0-53100")
    return version

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the agent contract, as both runners of them read and compare.

The form of a case is described in docs/agent-contract.md ("The host of a case"). Standard library only, so that
`python -m tests.contract` runs from a bare checkout.

Placeholders in what a case expects: `${install}`, `${myfiles}` and `${work}` are absolute folders (the caller's
mapping, keys without the decoration); `${any}` is any value at all.

The programs of the ordinary host's firewall rules lie below `ORDINARY_INSTALL`; their paths are the emulator's own, and
so are the rules' names, which nobody has published. `ORDINARY_VARIABLE` is the same folder by an environment variable.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .archives import archive_differences, read_manifest

JSON = Any  # a value as `json.loads` makes it

FOLDER = Path(__file__).parent
ORDINARY_HOST = FOLDER / "_host.json"

ORDINARY_INSTALL = r"C:\Program Files (x86)\Citrix\Licensing"
ORDINARY_VARIABLE = r"%ProgramFiles(x86)%\Citrix\Licensing"

# Lists whose items have a name, so that `after` need only give the items (and of them the keys) that changed.
NAMED_LISTS = ("services", "firewall")

# The files that each host keeps of a job in its own form.
JOB_FILES = re.compile(r"jobs\\[^\\]+\\(job\.json|asked|progress\.json|result\.json|request\.json|agent\.ps1)")


@dataclass(frozen=True)
class Case:
    """One case: a host, a request, and what must come of it.

    `request` is the text that the agent gets (a case may hold an object, which is written as compact JSON, or, to be
    malformed on purpose, the text itself). `host` is the whole host before and `after` the whole host after, both with
    everything that the case leaves out filled in. `answer` is as in the file, with its placeholders.
    """

    name: str
    file: str
    host: Mapping[str, JSON]
    request: str
    answer: JSON
    after: Mapping[str, JSON]


def load_cases(folder: Path = FOLDER) -> list[Case]:
    """Read every case of every file whose name does not begin with an underscore, in the order of file and place.

    Raises ValueError for a case without a needed key, with an unknown one, or with a name that was used before.
    """
    cases: list[Case] = []
    names: set[str] = set()
    for path in sorted(folder.glob("[!_]*.json")):
        for raw in json.loads(path.read_text(encoding="utf-8")):
            case = _case(path, raw)
            if case.name in names:
                raise ValueError(f"{path.name}: the name {case.name!r} was used before")
            names.add(case.name)
            cases.append(case)
    return cases


def _case(path: Path, raw: Mapping[str, JSON]) -> Case:
    missing = {"name", "request", "answer"} - raw.keys()
    unknown = raw.keys() - {"name", "host", "request", "answer", "after"}
    if missing or unknown:
        raise ValueError(f"{path.name}: {raw.get('name')!r}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    request = raw["request"]
    host = merge_host(raw)
    return Case(
        name=raw["name"],
        file=path.name,
        host=host,
        request=request if isinstance(request, str) else json.dumps(request, separators=(",", ":")),
        answer=raw["answer"],
        after=_merge(host, raw.get("after", {})),
    )


def merge_host(case: Mapping[str, JSON]) -> dict[str, JSON]:
    """Fill in what the `host` of a case as it stands in its file leaves out: the values of the ordinary host.

    Objects (`shell`, `user`, `snapin`) are filled in key by key; a list that is given stands for the whole list.
    Raises ValueError for a key that the ordinary host does not have.
    """
    ordinary = json.loads(ORDINARY_HOST.read_text(encoding="utf-8"))
    return _merge(ordinary, case.get("host", {}), lists_whole=True)


def _merge(below: Mapping[str, JSON], above: Mapping[str, JSON], lists_whole: bool = False) -> dict[str, JSON]:
    unknown = above.keys() - below.keys()
    if unknown:
        raise ValueError(f"no such key of a host: {sorted(unknown)}")
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below[key], dict):
            merged[key] = {**below[key], **value}
        elif key in NAMED_LISTS and not lists_whole:
            changed = {item["name"]: item for item in value}
            merged[key] = [{**item, **changed.get(item["name"], {})} for item in below[key]]
        else:
            merged[key] = value
    return merged


def file_bytes(entry: Mapping[str, JSON]) -> bytes:
    """The bytes of an entry of `files`, given as `content` (base64), as `text` (UTF-8) or as `parts`."""
    if "text" in entry:
        return str(entry["text"]).encode()
    if "parts" in entry:
        return b"".join(
            part["text"].encode(part.get("encoding", "utf-8")) * part.get("times", 1) for part in entry["parts"]
        )
    return base64.b64decode(entry["content"], validate=True)


def parse_answer(line: str) -> JSON:
    """Read what the agent printed.

    Raises ValueError if that is anything but one line of JSON in the characters U+0020 to U+007E.
    """
    text = line.removesuffix("\n").removesuffix("\r")
    strange = sorted({character for character in text if not " " <= character <= "~"})
    if strange:
        raise ValueError(f"characters outside U+0020..U+007E in the answer: {strange!r}")
    return json.loads(text)


def compare_answer(expected: JSON, actual: JSON, placeholders: Mapping[str, str]) -> list[str]:
    """Compare an answer with what a case expects; one line for each difference, none if it is as expected."""
    return list(_differences("answer", expected, actual, placeholders))


def compare_host(
    expected: Mapping[str, JSON], actual: Mapping[str, JSON], placeholders: Mapping[str, str]
) -> list[str]:
    """Compare a host after a request with `Case.after`; one line for each difference.

    Of files, existence and bytes count (times do not); of services, firewall rules and jobs, the keys that the expected
    host gives; every other key that `actual` has must be equal. Keys that `actual` leaves out (a runner cannot change
    them) are not looked at.
    """
    differences: list[str] = []
    for key, value in actual.items():
        if key == "files":
            differences += _file_differences(expected["files"], value, placeholders)
        elif key == "jobs":
            differences += _job_differences(expected["jobs"], value, placeholders)
        elif key in NAMED_LISTS:
            differences += _named_differences(key, expected[key], value, placeholders)
        else:
            differences += _differences(f"host.{key}", expected[key], value, placeholders)
    return differences


def compare_archives(request: str, answer: JSON, files: JSON) -> list[str]:
    """Compare what an answer says of the zips that a request made with their bytes; one line for each difference.

    `files` are those of the host after the request.
    """
    found = {entry["path"].upper(): file_bytes(entry) for entry in files if entry["root"] == "work"}
    try:
        operations = json.loads(request)["ops"]
    except (ValueError, TypeError, KeyError):
        return []
    differences = []
    for operation, result in zip(operations, answer["results"], strict=False):
        if operation["op"] != "archive.create" or not result["ok"]:
            continue
        content, value = found.get(operation["path"].upper(), b""), result["value"]
        true = (len(content), hashlib.sha256(content).hexdigest(), read_manifest(content))
        if (value["size"], value["sha256"], value["manifest"]) != true:
            differences.append(f"{operation['path']}: is not what the answer says of it, but {true[:2]}")
    return differences


def _differences(where: str, expected: JSON, actual: JSON, placeholders: Mapping[str, str]) -> Iterator[str]:
    if expected == "${any}":
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        yield from _object_differences(where, expected, actual, placeholders)
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{where}: expected {len(expected)} items, found {len(actual)}: {_show(actual)}"
        for index, pair in enumerate(zip(expected, actual, strict=False)):
            yield from _differences(f"{where}[{index}]", *pair, placeholders)
    elif not _is_same(expected, actual, placeholders):
        yield f"{where}: expected {_show(_fill_in(expected, placeholders))}, found {_show(actual)}"


def _object_differences(
    where: str, expected: Mapping[str, JSON], actual: Mapping[str, JSON], placeholders: Mapping[str, str]
) -> Iterator[str]:
    for key in sorted(expected.keys() - actual.keys()):
        yield f"{where}.{key}: is missing, expected {_show(expected[key])}"
    for key in sorted(actual.keys() - expected.keys()):
        yield f"{where}.{key}: is not expected, found {_show(actual[key])}"
    for key in sorted(expected.keys() & actual.keys()):
        yield from _differences(f"{where}.{key}", expected[key], actual[key], placeholders)


def _is_same(expected: JSON, actual: JSON, placeholders: Mapping[str, str]) -> bool:
    # True == 1 in Python, but not in JSON
    same_type = isinstance(expected, bool) is isinstance(actual, bool)
    return same_type and bool(_fill_in(expected, placeholders) == actual)


def _fill_in(expected: JSON, placeholders: Mapping[str, str]) -> JSON:
    if isinstance(expected, str):
        for name, folder in placeholders.items():
            expected = expected.replace("${" + name + "}", folder)
    return expected


def _file_differences(expected: JSON, actual: JSON, placeholders: Mapping[str, str]) -> Iterator[str]:
    left = {
        (entry["root"], entry["path"]): file_bytes(entry)
        for entry in actual
        if entry["root"] != "work" or not JOB_FILES.fullmatch(entry["path"])
    }
    for entry in (entry for entry in expected if "zip" in entry):
        content = left.pop((entry["root"], entry["path"]), b"")
        for difference in _zip_differences(entry["zip"], content, placeholders):
            yield f"host.files: {entry['root']}:{entry['path']}: {difference}"
    for entry in (entry for entry in expected if "zip" not in entry):
        found = next((place for place in left if _is_file(entry, place, left[place], placeholders)), None)
        if found is not None:
            del left[found]
        else:
            expected_bytes = _show_bytes(file_bytes(entry))
            yield f"host.files: {entry['root']}:{entry['path']} is not there with the bytes {expected_bytes}"
    for (root, path), content in left.items():
        yield f"host.files: {root}:{path} is not expected, or not with the bytes {_show_bytes(content)}"


def _zip_differences(expected: Mapping[str, JSON], content: bytes, placeholders: Mapping[str, str]) -> Iterator[str]:
    entries = {entry["path"]: file_bytes(entry) for entry in expected["entries"]}
    times = {entry["path"]: entry["modified"] for entry in expected["entries"] if "modified" in entry}
    yield from archive_differences(entries, times, content)
    yield from _differences("manifest", expected["manifest"], read_manifest(content), placeholders)


def _is_file(
    entry: Mapping[str, JSON], place: tuple[str, str], content: bytes, placeholders: Mapping[str, str]
) -> bool:
    same_path = not any(_differences("path", entry["path"], place[1], placeholders))
    return entry["root"] == place[0] and same_path and file_bytes(entry) == content


def _named_differences(key: str, expected: JSON, actual: JSON, placeholders: Mapping[str, str]) -> Iterator[str]:
    found = {item["name"]: item for item in actual}
    for item in expected:
        other = found.pop(item["name"], {})
        given = {name: other[name] for name in item if name in other}
        yield from _differences(f"host.{key}[{item['name']}]", item, given, placeholders)
    for name in found:
        yield f"host.{key}[{name}]: is not expected"


def _job_differences(expected: JSON, actual: JSON, placeholders: Mapping[str, str]) -> Iterator[str]:
    names = [job["id"] for job in expected], [job["id"] for job in actual]
    if names[0] != names[1]:
        yield f"host.jobs: expected {names[0]!r}, found {names[1]!r}"
        return
    for job, found in zip(expected, actual, strict=True):
        given = {key: found[key] for key in job if key in found}
        yield from _differences(f"host.jobs[{job['id']}]", job, given, placeholders)


def _show_bytes(content: bytes) -> str:
    return repr(content) if len(content) <= 200 else f"{content[:200]!r}..."


def _show(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "..."

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Results as a task returns them: the same keys in every mode, and a diff for people."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._engine import Result
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts

Values = t.Mapping[str, t.Any]


def present(result: Result, composite: bool, files: bool) -> dict[str, t.Any]:
    """The return values of a module; those of a composite one are by section in ``before`` and ``after``.

    :param files: whether the module may change files of the server, and says where the old ones are kept.
    """
    if composite:
        before: Values = {section.name: section.before for section in result.sections}
        after: Values = {section.name: section.after for section in result.sections}
        notes: Values = {section.name: section.notes for section in result.sections}
        returned = {"before": before, "after": after, "notes": notes}
    else:
        (section,) = result.sections
        before, after = section.before, section.after
        returned = {"before": before, "after": after, **section.notes}
    beside = [*result.beside, *(one for section in result.sections for one in section.beside)]
    return {
        "changed": result.changed,
        **returned,
        **({"backup": result.backup} if files else {}),
        "server": describe_server(result.server),
        "diff": {
            "before": as_lines({**before, **{one.name: one.before for one in beside if one.before is not None}}),
            "after": as_lines({**after, **{one.name: one.after for one in beside if one.after is not None}}),
        },
    }


def describe_server(server: ServerFacts) -> dict[str, t.Any]:
    """The return value ``server``."""
    return {
        "host": server.host,
        "clock": server.clock,
        "installed": server.installed,
        "version": server.version.dotted if server.version else None,
        "build": server.version.build if server.version else None,
        "version_text": server.version_text,
        "install_folder": server.install_folder,
        "license_folder": server.license_folder,
        "web_services_address": server.address,
        "snapin": server.snapin_route,
        "account": server.user,
        "logon_type": server.logon_type,
    }


def as_lines(values: Values, indent: str = "") -> str:
    """Values as lines that differ where a value differs: one a scalar, one an item of a list."""
    lines = []
    for key, value in values.items():
        if isinstance(value, t.Mapping):
            lines.append(f"{indent}{key}:\n{as_lines(value, indent + '  ')}")
        elif isinstance(value, list):
            items = "".join(f"{indent}  - {_inline(item)}\n" for item in value)
            lines.append(f"{indent}{key}:\n{items}")
        else:
            lines.append(f"{indent}{key}: {_inline(value)}\n")
    return "".join(lines)


def _inline(value: t.Any) -> str:
    if isinstance(value, t.Mapping):
        return ", ".join(f"{key}={_inline(item)}" for key, item in value.items())
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)

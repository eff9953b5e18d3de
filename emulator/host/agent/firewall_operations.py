# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations on the rules of Windows Firewall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..firewall import Rule
from .context import Batch

Fields = Mapping[str, Any]


def read_rules(batch: Batch, fields: Fields) -> list[dict[str, Any]]:
    installation = batch.machine.installation()
    folder = None if installation is None else installation.install
    found = batch.machine.firewall.inbound(folder, fields["ports"], fields["display_names"])
    return [_describe(rule) for rule in found]


def _describe(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "display_name": rule.display_name,
        "enabled": rule.enabled,
        "action": rule.action,
        "program": rule.expanded_program(),
        "protocol": rule.protocol,
        "local_ports": list(rule.local_ports),
        "source": rule.source,
    }


def write_rule(batch: Batch, fields: Fields) -> dict[str, Any]:
    batch.machine.firewall.set_ports(fields["name"], fields["local_ports"], fields["replaces"])
    return {"local_ports": fields["local_ports"]}

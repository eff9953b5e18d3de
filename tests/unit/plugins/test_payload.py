# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our part of what a task sends: the agent's text and the request.

Ansible sends the text in base64, which makes four bytes of three on the wire.
"""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import (
    LICENSE_INFO,
    LICENSE_SETTINGS,
    ModuleContract,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Request
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Server
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import shipped_profile

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 45_000

ACCOUNTS = [
    {"name": f"CORP\\a-rather-long-account-name-{number:03d}", "type": "user", "role": "user", "state": "present"}
    for number in range(40)
]


def agent_bytes() -> int:
    entry = ROOT / "plugins/modules/_agent.ps1"
    required = re.findall(r"^#AnsibleRequires -PowerShell \.\.module_utils\.(\w+)$", entry.read_text(), re.MULTILINE)
    texts = [entry, *(ROOT / f"plugins/module_utils/{name}.psm1" for name in required)]
    assert len(texts) > 1
    return sum(path.stat().st_size for path in texts)


@pytest.mark.parametrize(
    ("contract", "options"),
    [
        (LICENSE_INFO, {"gather_subset": ["all"]}),
        (
            LICENSE_SETTINGS,
            {
                "accounts": {"accounts": ACCOUNTS, "exclusive": True, "allow_removal_of": []},
                "renewal": {"mode": "notify", "install": ["all"]},
                "usage": {"retention_days": 365},
            },
        ),
    ],
    ids=["information", "settings with forty accounts"],
)
def test_a_task_sends_at_most_45_kilobytes_of_ours(contract: ModuleContract, options: dict[str, t.Any]) -> None:
    given = {"ports": None, "proxy": None, "options": None, "service_timeout": 300, "backups": 5, **options}
    task = contract.task({**given, "admin_address": None}, shipped_profile(), check_mode=False)
    reads = [
        operation for section, given in task.sections for operation in section.reads(section.desired(given)).values()
    ]
    request = Request((Server(), *reads))
    assert request.agent == "_agent"
    assert agent_bytes() + len(request.to_text()) <= LIMIT

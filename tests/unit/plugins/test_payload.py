# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our part of what a task sends: the agent's text, in base64 as Ansible sends it, and the request."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import (
    LICENSE_INFO,
    LICENSE_SETTINGS,
    ModuleContract,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Request, Server

ROOT = Path(__file__).resolve().parents[3]
LIMIT = 45_000

ACCOUNTS = [
    {"name": f"CORP\\a-rather-long-account-name-{number:03d}", "type": "user", "role": "user", "state": "present"}
    for number in range(40)
]


def agent_bytes() -> int:
    texts = [*(ROOT / "plugins/module_utils").glob("_agent*.psm1"), ROOT / "plugins/modules/_agent.ps1"]
    assert len(texts) > 1
    return sum(4 * -(-path.stat().st_size // 3) for path in texts)


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
    task = contract.task({**options, "admin_address": None}, check_mode=False)
    reads = [
        operation for section, given in task.sections for operation in section.reads(section.desired(given)).values()
    ]
    assert agent_bytes() + len(Request((Server(), *reads)).to_text()) <= LIMIT

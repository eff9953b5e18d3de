# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case of the agent contract, answered by the emulator's host."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.host.agent import answer
from emulator.host.case import ROOTS, CaseHost
from tests.contract.cases import Case, compare_answer, compare_archives, compare_host, load_cases, parse_answer


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: case.name)
def test_case(case: Case, tmp_path: Path) -> None:
    host = CaseHost(case.host, tmp_path)
    found = parse_answer(answer(host.machine, case.request))
    after = host.document()
    differences = compare_answer(case.answer, found, ROOTS)
    differences += compare_host(case.after, after, ROOTS)
    differences += compare_archives(case.request, found, after["files"])
    assert not differences, "\n".join(differences)

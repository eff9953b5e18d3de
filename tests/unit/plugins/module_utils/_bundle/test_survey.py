# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The look at a server before a bundle is made: what it finds, and where it ends."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import SOURCES, LogLimits
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.survey import read_survey
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError

from tests.unit.plugins.module_utils._bundle.fake_host import FakeHost
from tests.unit.plugins.readings import SERVER_VALUE

ALL = LogLimits(None, None)


def test_one_call_tells_what_would_be_collected() -> None:
    host = FakeHost()
    survey = read_survey(host, ALL, lambda owner: False)
    assert host.calls == ["server"]
    assert (survey.server.host, survey.free, survey.abandoned) == ("LS001", 10**9, ())
    assert survey.selection.size == 5 * len(SOURCES)


@pytest.mark.parametrize(
    ("changes", "refusals", "said"),
    [
        (
            {"installation": None},
            {},
            "No License Server is installed here (no registry key of it). Run the task on the License Server itself. "
            "Nothing was collected. [LS001, License Server of unknown version]",
        ),
        (
            {},
            {"job.list": OperationError("work_folder", "", {"path": r"C:\ProgramData\x"})},
            r"C:\ProgramData\x exists and is not ours (owner, or access for others), so nothing in it is trusted. "
            "Remove it after looking at it. Nothing was collected. [LS001, License Server 11.17.2.0 build 53100]",
        ),
    ],
)
def test_a_server_that_cannot_be_used_is_told_with_what_to_do(
    changes: dict[str, t.Any], refusals: dict[str, OperationError], said: str
) -> None:
    host = FakeHost()
    host.server = {**SERVER_VALUE, **changes}
    host.refusals = refusals
    with pytest.raises(LicenseError) as caught:
        read_survey(host, ALL, lambda owner: False)
    assert str(caught.value) == said

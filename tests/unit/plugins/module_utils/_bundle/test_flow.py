# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One bundle from end to end: ranges, broken connections, damage, jobs that end badly, and nothing left behind."""

from __future__ import annotations

import contextlib
import io
import typing as t

import pytest
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.contract import BundleOptions
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.flow import Collector
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.selection import LogLimits
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.survey import read_survey
from ansible_collections.citrixfleet.licensing.plugins.module_utils._bundle.transfer import RANGE, RANGES
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import OperationError

from tests.unit.plugins.module_utils._bundle.fake_host import ARCHIVE, FakeHost, controller

OPTIONS = BundleOptions(LogLimits(None, None), False, None, 0, 60)

VALUE = {"size": 0, "sha256": "", "manifest": {"files": []}}
NO_MANIFEST = {"v": 1, "failed": False, "results": [{"ok": True, "value": VALUE}], "undone": []}


def collector(host: FakeHost, is_gone: t.Callable[[str], bool] = lambda owner: False) -> Collector:
    survey = read_survey(host, OPTIONS.limits, is_gone)
    return Collector(host, OPTIONS, controller(host, is_gone), survey)


def collect(host: FakeHost) -> bytes:
    sink = io.BytesIO()
    collector(host).collect(lambda: contextlib.nullcontext(sink), lambda _size: None)
    return sink.getvalue()


@pytest.mark.parametrize("size", [0, 1, RANGE - 1, RANGE, RANGE + 1, RANGE * RANGES, RANGE * RANGES + 1, len(ARCHIVE)])
def test_every_byte_arrives_and_nothing_stays(size: int) -> None:
    host = FakeHost(ARCHIVE[:size])
    assert collect(host) == ARCHIVE[:size]
    assert host.jobs == {}
    assert host.calls.count("file.chunk") == -(-size // (RANGE * RANGES))


@pytest.mark.parametrize("number", range(2, 9))
@pytest.mark.parametrize("when", ["breaks", "breaks_after"])
def test_a_connection_that_breaks_once_is_taken_up_again(number: int, when: str) -> None:
    host = FakeHost()
    getattr(host, when).add(number)
    assert collect(host) == ARCHIVE
    assert host.jobs == {}


def test_a_start_that_is_lost_and_then_its_answer_is_one_job() -> None:
    host = FakeHost()
    host.breaks.add(2)
    host.breaks_after.add(4)
    assert collect(host) == ARCHIVE
    assert host.calls[1:5] == ["job.start", "job.poll", "job.start", "job.start"]
    assert host.jobs == {}


def test_a_host_that_cannot_be_reached_at_first_is_not_asked_again() -> None:
    host = FakeHost()
    host.breaks.add(1)
    with pytest.raises(ConnectionLostError):
        collect(host)
    assert (host.calls, host.slept) == (["server"], 0.0)


def test_what_could_not_be_cleaned_up_is_told() -> None:
    host = FakeHost()
    one = collector(host)
    host.refusals["job.stop"] = OperationError("sharing_violation", "it is open elsewhere", {})
    one.collect(lambda: contextlib.nullcontext(io.BytesIO()), lambda _size: None)
    assert one.warnings == [r"jobs\id-1 stays on the server: it is open elsewhere"]


@pytest.mark.parametrize(
    "answer", [None, {}, {"v": 1, "failed": True, "msg": "no"}, {"v": 1, "results": ["x"]}, NO_MANIFEST]
)
def test_a_job_whose_answer_is_none_is_told(answer: t.Any) -> None:
    host = FakeHost()
    host.answer = answer
    with pytest.raises(LicenseError, match="did not answer as it should"):
        collect(host)


def test_a_host_that_stays_away_is_given_up_after_a_while() -> None:
    host = FakeHost()
    host.breaks.update(range(5, 99))
    with pytest.raises(ConnectionLostError):
        collect(host)
    assert 60 < host.slept < 120


def test_a_damaged_range_is_asked_for_again() -> None:
    host = FakeHost()
    host.damaged = 1
    assert collect(host) == ARCHIVE


def test_a_range_that_stays_damaged_is_an_error() -> None:
    host = FakeHost()
    host.damaged = 99
    with pytest.raises(LicenseError, match="arrived damaged twice"):
        collect(host)
    assert host.jobs == {}


@pytest.mark.parametrize(
    ("states", "error", "said"),
    [
        (["ended"], None, "ended before the bundle was made"),
        (["running"], None, "not made within 60 seconds"),
        (["done"], OperationError("disk_full", "", {"path": "x", "free": 5, "needed": 7}), r"free: 5 bytes, needed: 7"),
        (["done"], OperationError("access_denied", "", {"path": "x"}), "Windows refused access"),
    ],
)
def test_a_job_that_ends_badly_is_told_and_cleaned_up(
    states: list[str], error: OperationError | None, said: str
) -> None:
    host = FakeHost()
    host.states, host.error = states, error
    with pytest.raises(LicenseError, match=said):
        collect(host)
    assert host.jobs == {}


def test_a_controller_without_room_is_told_before_a_byte_is_fetched() -> None:
    host = FakeHost()

    def full(_size: int) -> None:
        raise LicenseError("no room")

    with pytest.raises(LicenseError, match="no room"):
        collector(host).collect(lambda: contextlib.nullcontext(io.BytesIO()), full)
    assert "file.chunk" not in host.calls
    assert host.jobs == {}


@pytest.mark.parametrize(
    ("owner", "asked", "abandoned"),
    [
        ("me/7", "2026-11-24T08:59:00.0000000Z", False),
        ("me/gone", "2026-11-24T08:59:00.0000000Z", True),
        ("other/1", "2026-11-24T08:59:00.0000000Z", False),
        ("other/1", "2026-11-24T08:20:00.0000000Z", True),
        ("other/1", "2026-11-24T09:20:00.0000000Z", False),
        (None, None, True),
    ],
)
def test_jobs_that_nobody_wants_any_more_are_ended(owner: str | None, asked: str | None, abandoned: bool) -> None:
    host = FakeHost()
    host.jobs["left"] = {"owner": owner, "asked": asked}
    collector(host, lambda name: name.endswith("gone")).clean()
    assert ("left" not in host.jobs) == abandoned


def test_an_interrupted_run_leaves_nothing() -> None:
    host = FakeHost()

    def interrupt(_size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collector(host).collect(lambda: contextlib.nullcontext(io.BytesIO()), interrupt)
    assert host.jobs == {}

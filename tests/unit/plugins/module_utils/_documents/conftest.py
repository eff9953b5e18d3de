# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many documents the property tests make: few in every run, more before a release, many on request.

``HYPOTHESIS_PROFILE`` is ``default`` (``make test``: the same documents every time), ``check`` or ``fuzz``.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[5]
PROFILES = {"default": 100, "check": 2_000, "fuzz": 10_000}
# Seconds for one property and one example; the limit of tests/conftest.py is meant for a hundred of these.
TIME_LIMIT = 0.3

set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
for name, examples in PROFILES.items():
    hypothesis.settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=name == "default",
        print_blob=True,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call() -> Iterator[None]:
    """Give a longer run more time, within what tests/conftest.py has begun to count."""
    limit = int(hypothesis.settings.default.max_examples * TIME_LIMIT)
    signal.alarm(max(limit, signal.alarm(0)))
    return (yield)

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time for property tests with many documents, see HYPOTHESIS_PROFILE in tests/conftest.py."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import hypothesis
import pytest

# Seconds for one property and one example; the limit of tests/conftest.py is meant for a hundred of these.
TIME_LIMIT = 0.3


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call() -> Iterator[None]:
    """Give a longer run more time, within what tests/conftest.py has begun to count."""
    limit = int(hypothesis.settings.default.max_examples * TIME_LIMIT)
    signal.alarm(max(limit, signal.alarm(0)))
    return (yield)

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every test needs: the collection under its full name, the repository's own packages, and an end to each test.

``HYPOTHESIS_PROFILE`` says how many examples a property gets: ``default`` (``make test``: the same ones every time),
``check`` or ``fuzz``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import hypothesis
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import collection  # noqa: E402  (found only once the root is on the path)

TREE = collection.link()
sys.path.insert(0, str(TREE))
os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(TREE)
# Ansible's default settings, whatever the user's own are.
os.environ["ANSIBLE_CONFIG"] = str(ROOT / "tools" / "ansible.cfg")

PROFILES = {"default": 100, "check": 2_000, "fuzz": 10_000}

set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
for name, examples in PROFILES.items():
    hypothesis.settings.register_profile(
        name,
        max_examples=examples,
        # A slow machine is no failure.
        deadline=None,
        database=None,
        derandomize=name == "default",
        print_blob=True,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Seconds. No test comes near it; one that hangs must fail instead of holding up the build.
TIME_LIMIT = 120


def _end(_signal: int, _frame: FrameType | None) -> None:
    pytest.fail(f"the test did not end within {TIME_LIMIT} s")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Fail a test that hangs."""
    before = signal.signal(signal.SIGALRM, _end)
    signal.alarm(TIME_LIMIT)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)

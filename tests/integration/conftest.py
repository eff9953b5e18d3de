# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets that the tests share; a test that breaks something takes its own server of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.harness import Fleet, fleet


@pytest.fixture(scope="session")
def ntlm() -> Iterator[Fleet]:
    """Three servers behind HTTP with NTLM and message encryption, as a domain has them."""
    with fleet(3) as running:
        yield running


@pytest.fixture(scope="session")
def basic() -> Iterator[Fleet]:
    """One server behind HTTPS with Basic."""
    with fleet(1, "--transport", "basic", "--scheme", "https") as running:
        yield running

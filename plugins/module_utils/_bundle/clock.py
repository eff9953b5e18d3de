# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Times of the agent: ISO 8601 in UTC, with seven digits of a second."""

from __future__ import annotations

import datetime


def moment(text: str) -> datetime.datetime:
    """A time of the agent to the second. :raises ValueError: it is none."""
    return datetime.datetime.fromisoformat(text[:19])

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The one exception that reaches an administrator."""

from __future__ import annotations


class LicenseError(Exception):
    """One line: what was tried, on which server, what was left unchanged, and what to do next.

    ``changed`` says whether the server is known to be another than before the task.
    """

    def __init__(self, message: str, changed: bool = False) -> None:
        super().__init__(message)
        self.changed = changed


class ConnectionLostError(Exception):
    """The connection to the host broke, or could not be made; a transport raises it."""

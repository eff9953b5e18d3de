# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception by which a facility of the host refuses an operation."""

from __future__ import annotations


class OperationError(Exception):
    """An operation failed in a way that the agent contract has a kind for.

    ``kind`` is one of the contract's error kinds; ``detail`` holds what the contract lists for that kind
    (``path``, ``name``, ``state``, ``status``, ...), scalars or JSON values only.
    """

    def __init__(self, kind: str, message: str, **detail: object) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail

    def document(self) -> dict[str, object]:
        """The error object of an answer."""
        return {"kind": self.kind, "message": self.message, "detail": self.detail}

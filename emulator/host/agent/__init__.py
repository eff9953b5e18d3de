# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agent contract (docs/agent-contract.md) answered by a host without PowerShell."""

from __future__ import annotations

from .batch import answer

__all__ = ["answer"]

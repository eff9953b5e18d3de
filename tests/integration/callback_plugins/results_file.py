# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes every result of a run as one JSON line, so that tests read what Ansible got and not what it printed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: results_file
type: notification
short_description: Results as JSON lines
description: Writes every result to the file that the environment variable RESULTS_FILE names.
"""


class CallbackModule(CallbackBase):
    """One line a result: host, task, outcome, result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_file"

    def _write(self, outcome: str, result: Any) -> None:
        # ansible-core 2.19 made the properties public; before that they were private.
        host = getattr(result, "host", None) or result._host
        values = getattr(result, "result", None) or result._result
        # Newer ones put the role before the name of a task.
        task = result.task_name.rpartition(" : ")[2]
        line = {"host": host.get_name(), "task": task, "outcome": outcome, "result": values}
        with Path(os.environ["RESULTS_FILE"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)

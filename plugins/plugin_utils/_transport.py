# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The way to the agent: the private PowerShell module, run over the host's own connection plugin."""

from __future__ import annotations

import contextlib
import importlib
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import (
    Answer,
    ContractError,
    Request,
    parse_answer,
)

# The winrm plugin reports a time-out as a connection failure, and passes every other break of the connection on as the
# exception of the library that it happened in.
_LOST: tuple[type[Exception], ...] = (AnsibleConnectionFailure, ConnectionError, TimeoutError)
with contextlib.suppress(ImportError):
    _LOST = (*_LOST, importlib.import_module("requests.exceptions").RequestException)
with contextlib.suppress(ImportError):
    _winrm = importlib.import_module("winrm.exceptions")
    _LOST = (*_LOST, _winrm.WinRMError, _winrm.WinRMTransportError)


class ConnectionTransport:
    """Runs a batch with ``_execute_module``: connections, ``become`` and delegation are Ansible's own."""

    def __init__(self, action: ActionBase, task_vars: dict[str, t.Any]) -> None:
        self._action = action
        self._task_vars = task_vars

    def send(self, request: Request) -> Answer:
        """Run one batch.

        :raises ConnectionLostError: the host cannot be reached, or was lost.
        :raises LicenseError: the agent could not be run there, or answered something else.
        """
        try:
            document = self._action._execute_module(
                module_name=f"citrixfleet.licensing.{request.agent}",
                module_args={"request": request.to_text()},
                task_vars=self._task_vars,
            )
        except _LOST as error:
            if request.reads:
                raise ConnectionLostError(f"The connection was lost, or could not be made. {error}") from error
            raise ConnectionLostError(
                "The connection was lost while changes were applied: they may have been made wholly, partly or not at "
                f"all. Run the task again to see and complete them. {error}"
            ) from error
        try:
            return parse_answer(document, expected=len(request.operations))
        except ContractError as error:
            fate = "" if request.reads else " Changes may have been made; run the task again to see and complete them."
            raise LicenseError(f"{_explain(str(error), document)}{fate}") from error

    def reconnect(self) -> None:
        """Make the connection anew after it was lost; if that fails, the next call will say so."""
        with contextlib.suppress(AnsibleError, *_LOST):
            self._action._connection.reset()


def _explain(message: str, document: t.Mapping[str, t.Any]) -> str:
    said = f"{message} {document.get('exception') or ''}"
    if "ConstrainedLanguage" in said or "language mode" in said:
        return (
            "The remote shell runs in ConstrainedLanguage mode (application control), where the agent cannot run. "
            "Allow the collection's PowerShell files in the policy, or use another account."
        )
    return f"The agent did not answer as it should: {message.rstrip('.')}."

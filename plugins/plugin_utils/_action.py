# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""The actions behind the modules: Ansible's side of every one of them, and of those that the engine answers."""

from __future__ import annotations

import abc
import contextlib
import importlib
import typing as t

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import ModuleContract
from ansible_collections.citrixfleet.licensing.plugins.module_utils._engine import run_task
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError, LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._results import present
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import load_profile
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._transport import ConnectionTransport

# `ansible` (ad hoc) loads the action plugin before it forks but the connection plugin after, so that each fork would
# import requests and pywinrm anew: half of the time of a run over fifty hosts. Imported here, they are inherited.
with contextlib.suppress(ImportError):
    importlib.import_module("winrm.protocol")


def _whole(message: str) -> str:
    """A message of the validator as one clause; the one about unknown options begins with their names only."""
    unknown = "Unsupported parameters: " if "Supported parameters include" in message else ""
    return f"{unknown}{message.rstrip('.')}"


def _refuse_booleans(specification: t.Mapping[str, t.Any], given: t.Any) -> None:
    """Python, and so the validator, takes true for 1. :raises LicenseError: a number is given as a Boolean."""
    if not isinstance(given, t.Mapping):
        return
    for name, option in specification.items():
        if option.get("type") == "int" and isinstance(given.get(name), bool):
            raise LicenseError(f"{name} is {given[name]}; it is a number. Nothing was sent to the host.")
        _refuse_booleans(option.get("options", {}), given.get(name))


class WindowsAction(ActionBase):  # type: ignore[misc]  # ansible-core is not typed
    """An action on a Windows host: validates the arguments, and turns our errors into Ansible's results."""

    TRANSFERS_FILES = False

    @abc.abstractmethod
    def arguments(self) -> dict[str, t.Any]:
        """The arguments of ``AnsibleModule`` that the module file carries, too."""

    @abc.abstractmethod
    def perform(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Do the task, with validated options; the result, or :class:`LicenseError`, :class:`ConnectionLostError`."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task.

        :raises AnsibleConnectionFailure: the host cannot be reached; Ansible reports it as unreachable.
        """
        variables = task_vars or {}
        result: dict[str, t.Any] = super().run(tmp, variables)
        try:
            self._require_windows()
            performed = self.perform(self._validated(), variables)
        except LicenseError as error:
            return {**result, "failed": True, "changed": error.changed, "msg": str(error)}
        except ConnectionLostError as error:
            raise AnsibleConnectionFailure(str(error)) from error
        warnings = [*result.get("warnings", []), *performed.pop("warnings")]
        return {**result, "failed": False, **performed, **({"warnings": warnings} if warnings else {})}

    def _validated(self) -> dict[str, t.Any]:
        arguments = self.arguments()
        specification = arguments.pop("argument_spec")
        _refuse_booleans(specification, self._task.args)
        validation = ArgumentSpecValidator(specification, **arguments).validate(dict(self._task.args))
        if validation.error_messages:
            messages = sorted(
                map(_whole, validation.error_messages), key=lambda text: not text.startswith("Unsupported")
            )
            raise LicenseError(f"{'; '.join(messages)}. Nothing was sent to the host.")
        validated: dict[str, t.Any] = validation.validated_parameters
        return validated

    def _require_windows(self) -> None:
        shell = self._connection._shell
        if not getattr(shell, "_IS_WINDOWS", False):
            raise LicenseError(
                f"The host is not reached as Windows (connection {self._connection.transport}, shell "
                f"{getattr(shell, 'SHELL_FAMILY', 'unknown')}); nothing was sent. Use the connection winrm or psrp, or "
                "ssh with ansible_shell_type=powershell."
            )


class LicenseAction(WindowsAction):
    """Runs the engine over the host's connection, and returns its result."""

    MODULE: t.ClassVar[ModuleContract]

    def arguments(self) -> dict[str, t.Any]:
        """See :class:`WindowsAction`."""
        return self.MODULE.arguments

    def perform(self, options: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """See :class:`WindowsAction`."""
        profile = load_profile(options["profile"], self._find_profile)
        task = self.MODULE.task(options, profile, bool(self._task.check_mode))
        outcome = run_task(task, ConnectionTransport(self, variables))
        presented = present(outcome, self.MODULE.composite, self.MODULE.files)
        return {**presented, "warnings": list(outcome.warnings)}

    def _find_profile(self, path: str) -> str:
        """The absolute path of a profile: as given, or in ``files`` of the role or playbook, as for copies."""
        try:
            found: str = self._find_needle("files", path)
        except AnsibleError as error:
            folders = dict.fromkeys(place.removesuffix(f"/{path}") for place in getattr(error, "paths", None) or ())
            searched = f"; searched for below {', '.join(folders)}" if folders else ""
            raise LicenseError(
                f"There is no profile {path!r} on the controller{searched}. Nothing was sent to the host."
            ) from error
        return found

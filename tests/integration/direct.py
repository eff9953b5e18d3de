# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulated License Server without WinRM and without Ansible: the engine and the server's agent, face to face.

For what takes hundreds of runs: layouts, and a death at every step. As a program it makes one change and may be killed
in the middle: ``python -m tests.integration.direct STATE LAYOUT OPTIONS``.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import LICENSE_SETTINGS, ModuleContract
from ansible_collections.citrixfleet.licensing.plugins.module_utils._engine import Result, run_task
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import ConnectionLostError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Answer, Request, parse_answer
from ansible_collections.citrixfleet.licensing.plugins.plugin_utils._profiles import load_profile

from emulator import addresses
from emulator.fleet import DEFAULT_BUILD
from emulator.host import LicenseServer, build_fleet, faults, show
from emulator.winrm.session import AgentEndedError, Session
from tests.integration.harness import printed_profile

NAME = "ls001"
WORK = "C/ProgramData/citrixfleet.licensing"
CONFIGURATION = "C/Program Files (x86)/Citrix/Licensing"


@dataclass(frozen=True)
class Direct:
    """A running server, and the transport to it."""

    state: Path
    layout: int | None
    server: LicenseServer

    def send(self, request: Request) -> Answer:
        """The engine's transport."""
        try:
            answer = self.server.run_agent(request.to_text(), Session("ansible"))
        except AgentEndedError as error:
            raise ConnectionLostError("the agent's process ended") from error
        return parse_answer(json.loads(answer), expected=len(request.operations))

    def run(
        self, options: Mapping[str, Any], check_mode: bool = False, contract: ModuleContract = LICENSE_SETTINGS
    ) -> Result:
        """One task of a module, with the profile of the server's layout."""
        arguments = contract.arguments
        validation = ArgumentSpecValidator(arguments["argument_spec"]).validate(dict(options))
        assert not validation.error_messages
        profile = load_profile(profile_rows(self.layout), str)
        return run_task(contract.task(validation.validated_parameters, profile, check_mode), self)

    @property
    def work(self) -> Path:
        """The work folder of the collection on the server's drive."""
        return self.state / "servers" / NAME / "files" / WORK

    def interrupt(self, options: Mapping[str, Any]) -> None:
        """End the agent in the middle of a change of files, when it has noted what it is about to do."""
        step = 0
        while not (self.work / "transaction.json").exists():
            step += 1
            self.fault("agent_killed", {"after": step})
            try:
                self.run(options)
            except ConnectionLostError:
                continue
            raise AssertionError(f"the agent outlived step {step}")

    def fault(self, name: str, value: Any = True) -> None:
        """Set a fault."""
        faults.set_fault(self.state, NAME, name, value)

    def show(self) -> Any:
        """The true state of the server."""
        return show(self.state)["servers"][NAME]

    def files(self) -> dict[str, bytes]:
        """Every file of the server, by its path on the emulator's drives."""
        folder = self.state / "servers" / NAME / "files"
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def profile_rows(layout: int | None) -> Any:
    """The rows that the emulator's own command prints for a layout."""
    return yaml.safe_load(printed_profile(layout))


@contextlib.contextmanager
def direct(state: Path, layout: int | None) -> Iterator[Direct]:
    """A server on an address of its own, made in an empty folder or as it was left."""
    claimed = addresses.claim(1, None, None)
    try:
        (server,) = build_fleet(state, 1, DEFAULT_BUILD, claimed.addresses(1), layout)
        server.start()
        try:
            yield Direct(state, layout, server)
        finally:
            server.stop()
    finally:
        claimed.release()


def main() -> None:
    """One change, for a server whose power is cut in the middle of it."""
    state, layout, options = sys.argv[1:]
    with direct(Path(state), json.loads(layout)) as server:
        server.run(json.loads(options))


if __name__ == "__main__":
    main()

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operations of one batch share."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..machine import Machine
from ..snapin import CmdletError


@dataclass
class Batch:
    """One running batch: the machine, the address asked for, and what earlier operations left behind.

    ``stopped`` are the services that the batch stopped, ``stopped_dependants`` those of them that were not named, in
    order; ``found_stopped`` those that were named and found stopped, which a start of the same batch leaves so.
    ``steps`` is how many points the batch has passed at which its host may die.
    """

    machine: Machine
    requested_address: str | None
    stopped: set[str] = field(default_factory=set)
    stopped_dependants: list[str] = field(default_factory=list)
    found_stopped: set[str] = field(default_factory=set)
    steps: int = 0
    _changing: bool = False
    _certificate_hash: str | None = None

    def begin_changing(self) -> None:
        """Just before the first change, which somebody else may forestall. AgentEndedError."""
        if not self._changing:
            self._changing = True
            self._let_others_change()
            self.step()

    def step(self) -> None:
        """A point at which the host, or the agent, may die: AgentEndedError."""
        self.machine.changed()
        self.machine.reached(self.steps)
        self.steps += 1

    def _let_others_change(self) -> None:
        change, installation = self.machine.troubles.foreign_change(), self.machine.installation()
        if change is not None and installation is not None:
            self.machine.files.append(f"{installation.install}\\{change.path}", change.appended)

    @property
    def admin_address(self) -> str:
        return self.requested_address or f"https://localhost:{self.machine.web_port()}"

    def certificate_hash(self) -> str | None:
        """The hash for -CertHash, asked for once a batch. CmdletError of Get-LicCertificate."""
        if self._certificate_hash is None:
            self._certificate_hash = self.machine.snapin.certificate_hash(self.admin_address)
        return self._certificate_hash


def error_detail(error: CmdletError, step: str) -> dict[str, object]:
    """The ``detail`` of an error of kind ``cmdlet``; ``step`` is ``certificate`` or ``cmdlet``."""
    return {"status": error.status, "exception": error.exception, "step": step}

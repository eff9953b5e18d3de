# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Desired against live: old and new values, and the operations that lead from one to the other."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._exchange import Outcome
from ansible_collections.citrixfleet.licensing.plugins.module_utils._explain import explain
from ansible_collections.citrixfleet.licensing.plugins.module_utils._interfaces.document import FileEdit
from ansible_collections.citrixfleet.licensing.plugins.module_utils._operations import Operation
from ansible_collections.citrixfleet.licensing.plugins.module_utils._server import ServerFacts


@dataclasses.dataclass(frozen=True)
class Step:
    """One operation of an apply batch, and the one that takes it back (None for a read).

    ``if_done``: it is taken back only if it succeeded. ``if_undone``: it is taken back only if all that came after it
    was taken back well.
    """

    operation: Operation
    undo: Operation | None = None
    if_done: bool = False
    if_undone: bool = False


@dataclasses.dataclass(frozen=True)
class Listening:
    """A port that a process of the License Server listens on."""

    process: str
    port: int


@dataclasses.dataclass(frozen=True)
class RuleMove:
    """Local ports of one firewall rule, before and after."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Rewrite:
    """What one section wants of the server's files, and of what depends on them.

    ``restart`` are the services that read the files. What they listen on now (``listening``) they must listen on again,
    on the new port where ``moves`` has one for it.
    """

    edits: tuple[FileEdit, ...]
    restart: tuple[str, ...]
    listening: tuple[Listening, ...] = ()
    moves: t.Mapping[int, int] = dataclasses.field(default_factory=dict)
    rules: tuple[RuleMove, ...] = ()


@dataclasses.dataclass(frozen=True)
class Difference:
    """Something that changes and is no value of a setting: a line of the diff, old and new; None: no such line."""

    name: str
    before: t.Any
    after: t.Any


@dataclasses.dataclass(frozen=True)
class ChangeSet:
    """What one section wants changed.

    ``before`` and ``after`` are the section's state in plain values, for the result and the diff; ``beside`` is what
    else the diff has to show. ``steps`` are empty if the server is as desired. ``final_steps`` cannot be taken back and
    run after the reversible steps of all sections. ``verify`` has, by the labels of the section's reads, those that are
    other ones when they are repeated at the end of the batch: they expect the new values, or ask at a new port.
    ``actions`` are further keys of the result: what this plan does beside setting values. ``rewrite`` is what has to
    become of the server's files; those of all sections are one transaction. ``warnings`` are for a plan that changes
    something.
    """

    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    steps: tuple[Step, ...] = ()
    final_steps: tuple[Step, ...] = ()
    verify: t.Mapping[str, Operation] = dataclasses.field(default_factory=dict)
    actions: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    beside: tuple[Difference, ...] = ()
    rewrite: Rewrite | None = None
    warnings: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The names of the values that change."""
        return tuple(name for name, value in self.after.items() if self.before[name] != value)

    @property
    def changed(self) -> bool:
        """Whether anything has to be done."""
        return bool(self.steps or self.final_steps or self.rewrite or self.values)


@dataclasses.dataclass(frozen=True)
class Observation:
    """How one section stands: the ``values`` of its settings, and further keys of the result (``notes``)."""

    values: t.Mapping[str, t.Any]
    notes: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Readings:
    """What the reading operations of one section answered, by the section's own labels.

    ``blank`` in check mode on a host without a License Server: nothing is set there yet, whatever the reads say.
    """

    server: ServerFacts
    blank: bool
    outcomes: t.Mapping[str, Outcome]

    def value(self, label: str, empty_status: str | None = None) -> t.Any:
        """The value of one read.

        :param empty_status: the cmdlet status that means an empty list.
        :raises LicenseError: the read failed; nothing was changed.
        """
        outcome = self.outcomes[label]
        if outcome.error is None:
            return outcome.value
        if empty_status is not None and outcome.error.status == empty_status:
            return []
        raise LicenseError(explain(outcome.error, self.server))

    def problem(self, label: str) -> str | None:
        """Why one read failed, or None."""
        error = self.outcomes[label].error
        return explain(error, self.server) if error is not None else None


class Section(t.Protocol):
    """One group of settings: what may be asked, what it means, and how it is read and changed.

    A section is pure: it turns options into a desired state, says what to read, and turns what was read into a change
    set. The engine does the rest, in the same way for every section.
    """

    @property
    def name(self) -> str:
        """Key of the section in ``license_settings`` and in composite results."""

    @property
    def needs_server(self) -> bool:
        """Whether a host without a License Server is an error (in check mode it never is)."""

    @property
    def options(self) -> t.Mapping[str, t.Any]:
        """Argument specification of the section's options."""

    def desired(self, options: t.Mapping[str, t.Any]) -> t.Any:
        """The desired state. :raises LicenseError: bad input, before anything is sent."""

    def reads(self, desired: t.Any) -> t.Mapping[str, Operation]:
        """The reading operations that the plan needs."""

    def observe(self, desired: t.Any, readings: Readings) -> Observation:
        """How the section stands. :raises LicenseError: it could not be read."""

    def plan(self, desired: t.Any, readings: Readings) -> ChangeSet:
        """Compare. :raises LicenseError: what only the server could tell; nothing was changed."""

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""What each module may be asked, and which sections of the engine answer.

Shared by the module files, which carry the argument specification for documentation and sanity tests, and the action
plugins, which validate with it.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.citrixfleet.licensing.plugins.module_utils._change_set import Section
from ansible_collections.citrixfleet.licensing.plugins.module_utils._engine import Task
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._settings import (
    accounts,
    information,
    renewal,
    usage,
)

Options = t.Mapping[str, t.Any]
SectionOptions = tuple[Section, Options]

COMMON_OPTIONS: dict[str, t.Any] = {"admin_address": {"type": "str"}}

_ADDRESS = re.compile(r"https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?/?")


@dataclasses.dataclass(frozen=True)
class ModuleContract:
    """One module.

    ``options`` are its own options, ``sections`` turns the validated ones into sections with theirs. ``composite``
    modules answer for several sections, each under its own name.
    """

    options: dict[str, t.Any]
    sections: t.Callable[[Options], tuple[SectionOptions, ...]]
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    composite: bool = False

    @property
    def arguments(self) -> dict[str, t.Any]:
        """The arguments of ``AnsibleModule`` and, but for their names, of ``ArgumentSpecValidator``."""
        return {
            "argument_spec": {**self.options, **COMMON_OPTIONS},
            "mutually_exclusive": [list(names) for names in self.mutually_exclusive],
            "required_one_of": [list(names) for names in self.required_one_of],
        }

    def task(self, options: Options, check_mode: bool) -> Task:
        """The engine's task for validated options.

        :raises LicenseError: ``admin_address`` is not an HTTPS address.
        """
        address = options["admin_address"]
        if address is not None and not _ADDRESS.fullmatch(address):
            raise LicenseError(f"admin_address is {address!r}; give https://name:port, as https://ls001.example:8083.")
        return Task(self.sections(options), address, check_mode)


def _user_sections(options: Options) -> tuple[SectionOptions, ...]:
    single = {**{name: options[name] for name in accounts.ACCOUNT_OPTIONS}, "state": options["state"] or "present"}
    listed = options["accounts"] if options["accounts"] is not None else [single]
    return ((accounts.SECTION, {**options, "accounts": listed}),)


def _settings_sections(options: Options) -> tuple[SectionOptions, ...]:
    given = tuple((section, options[section.name]) for section in _SETTINGS if _asks(section, options[section.name]))
    if not given:
        raise LicenseError(
            f"Nothing is asked for: set an option of {', '.join(section.name for section in _SETTINGS)}."
        )
    return given


def _asks(section: Section, options: Options | None) -> bool:
    """Whether an option of a section is set to another value than its default."""
    defaults = {name: option.get("default") for name, option in section.options.items()}
    return options is not None and any(options.get(name, default) != default for name, default in defaults.items())


_SETTINGS: tuple[Section, ...] = (accounts.SECTION, renewal.SECTION, usage.SECTION)

LICENSE_INFO = ModuleContract(
    options=dict(information.SECTION.options),
    sections=lambda options: ((information.SECTION, options),),
)

LICENSE_USER = ModuleContract(
    options={
        **accounts.ACCOUNT_OPTIONS,
        "name": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"]},
        **accounts.SECTION.options,
    },
    sections=_user_sections,
    mutually_exclusive=(("name", "accounts"), ("type", "accounts"), ("role", "accounts"), ("state", "accounts")),
    required_one_of=(("name", "accounts"),),
)

LICENSE_RENEWAL = ModuleContract(
    options={
        **renewal.SECTION.options,
        "check": {"type": "bool", "default": False},
        "installed_within_days": {"type": "int", "default": 30},
    },
    sections=lambda options: ((renewal.SECTION, options),),
)

LICENSE_USAGE = ModuleContract(
    options=dict(usage.SECTION.options),
    sections=lambda options: ((usage.SECTION, {**options, "uploads": True}),),
)

LICENSE_SETTINGS = ModuleContract(
    options={section.name: {"type": "dict", "options": dict(section.options)} for section in _SETTINGS},
    sections=_settings_sections,
    composite=True,
)

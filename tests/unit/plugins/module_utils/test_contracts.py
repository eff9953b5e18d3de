# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad options are refused with one clear error, and the two forms of license_user mean the same."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.citrixfleet.licensing.plugins.module_utils._contracts import (
    LICENSE_INFO,
    LICENSE_RENEWAL,
    LICENSE_SETTINGS,
    LICENSE_USER,
    ModuleContract,
)
from ansible_collections.citrixfleet.licensing.plugins.module_utils._errors import LicenseError
from ansible_collections.citrixfleet.licensing.plugins.module_utils._profile import Profile

ACCOUNT = {"name": "CORP\\a", "type": "user", "role": "user", "state": "present"}


def validate(contract: ModuleContract, options: dict[str, t.Any]) -> t.Any:
    arguments = contract.arguments
    return ArgumentSpecValidator(
        arguments["argument_spec"],
        mutually_exclusive=arguments["mutually_exclusive"],
        required_one_of=arguments["required_one_of"],
        required_if=arguments["required_if"],
    ).validate(options)


@pytest.mark.parametrize(
    ("contract", "options", "said"),
    [
        (LICENSE_USER, {}, "one of the following is required: name, accounts"),
        (LICENSE_USER, {"name": "a", "accounts": []}, "mutually exclusive: name|accounts"),
        (LICENSE_USER, {"type": "user", "accounts": []}, "mutually exclusive: type|accounts"),
        (LICENSE_USER, {"state": "absent", "accounts": []}, "mutually exclusive: state|accounts"),
        (LICENSE_USER, {"name": "a", "role": "root"}, "must be one of: administrator, user"),
        (LICENSE_USER, {"accounts": [{"type": "user"}]}, "missing required arguments: name"),
        (LICENSE_RENEWAL, {"mode": "weekly"}, "must be one of: notify, install, manual"),
        (LICENSE_RENEWAL, {"installed_within_days": "soon"}, "cannot be converted to an int"),
        (LICENSE_SETTINGS, {"renewal": {"mod": "notify"}}, "mod"),
    ],
)
def test_options_that_make_no_sense(contract: ModuleContract, options: dict[str, t.Any], said: str) -> None:
    assert said in "; ".join(validate(contract, options).error_messages)


@pytest.mark.parametrize("options", [ACCOUNT, {"accounts": [ACCOUNT]}])
def test_one_account_and_a_list_of_one_mean_the_same(options: dict[str, t.Any]) -> None:
    parameters = validate(LICENSE_USER, options).validated_parameters
    ((section, given),) = LICENSE_USER.task(parameters, profile=Profile(), check_mode=False).sections
    assert [wish.name for wish in section.desired(given).wishes] == ["CORP\\a"]


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("https://localhost:8083", True),
        ("https://ls001.corp.example", True),
        ("https://[::1]:8083/", True),
        ("http://localhost:8083", False),
        ("localhost:8083", False),
        ("https://user:secret@host:8083", False),
        ("https://host:8083/path", False),
        ("https://host:8083\n", False),
    ],
)
def test_admin_addresses(address: str, accepted: bool) -> None:
    parameters = {"gather_subset": ["all"], "admin_address": address}
    if accepted:
        assert LICENSE_INFO.task(parameters, profile=Profile(), check_mode=False).admin_address == address
    else:
        with pytest.raises(LicenseError, match="admin_address"):
            LICENSE_INFO.task(parameters, profile=Profile(), check_mode=False)


def test_a_composite_task_without_a_section_is_an_error() -> None:
    for options in ({}, {"usage": {}}, {"accounts": {}, "renewal": {}, "usage": {}}):
        with pytest.raises(LicenseError, match="accounts, renewal, usage"):
            LICENSE_SETTINGS.task(
                validate(LICENSE_SETTINGS, options).validated_parameters, profile=Profile(), check_mode=False
            )


def test_a_section_that_asks_for_nothing_is_not_even_read() -> None:
    options = {"accounts": {}, "renewal": {"mode": "notify"}, "usage": {}}
    task = LICENSE_SETTINGS.task(
        validate(LICENSE_SETTINGS, options).validated_parameters, profile=Profile(), check_mode=False
    )
    assert [section.name for section, _options in task.sections] == ["renewal"]

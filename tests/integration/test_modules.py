# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module, through real runs: what check mode says comes true, and a second run is unchanged."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.harness import ROOT, Fleet

SITE = Path("citrixfleet.licensing.site")
ADMINS = {"name": "CORP\\ctx-admins", "type": "group", "role": "administrator"}
READER = {"name": "alice@corp.example", "type": "user", "role": "user"}

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "one account": ("license_user", ADMINS),
    "a list of accounts": ("license_user", {"accounts": [ADMINS, READER]}),
    "a local account": ("license_user", {"name": ".\\installer", "role": "user"}),
    "an exclusive list": ("license_user", {"accounts": [ADMINS], "exclusive": True}),
    "renewal mode": ("license_renewal", {"mode": "manual"}),
    "renewals installed": ("license_renewal", {"install": ["all"]}),
    "usage": (
        "license_usage",
        {"share_usage_statistics": "anonymous", "retention_days": 400, "polling_minutes": 30},
    ),
    "collection off": ("license_usage", {"collect_historical_use": False}),
    "collection on again": (
        "license_usage",
        {"retention_days": 90, "polling_minutes": 15, "when_collection_off": "enable"},
    ),
    "all in one": (
        "license_settings",
        {
            "accounts": {"accounts": [{"name": "CORP\\bob", "type": "user", "role": "administrator"}]},
            "renewal": {"mode": "install"},
            "usage": {"share_usage_statistics": "none", "retention_days": 120},
        },
    ),
}

# What an action group can set, with a value that is refused before anything is sent, and the beginning of the refusal.
WRONG = {
    "admin_address": ("http://not.https", "admin_address is 'http://not.https'"),
    "profile": ("nowhere.yml", "There is no profile 'nowhere.yml'"),
    "service_timeout": (0, "service_timeout is 0"),
    "backups": (101, "backups is 101"),
}
GROUP_OPTIONS = {"license": ("admin_address", "profile"), "license_files": tuple(WRONG)}
# What each module needs at least.
LEAST: dict[str, dict[str, Any]] = {
    "license_info": {},
    "license_options": {"display_language": "english"},
    "license_ports": {"web_services": 8083},
    "license_proxy": {"state": "absent"},
    "license_renewal": {},
    "license_settings": {"renewal": {"mode": "manual"}},
    "license_usage": {},
    "license_user": ADMINS,
}

PHASES = {"check": {"check_mode": True}, "apply": {}, "again": {}, "check again": {"check_mode": True}}


@pytest.fixture(scope="module")
def results(ntlm: Fleet) -> dict[str, Any]:
    """All cases in one play, each in four phases; a result by name of the case and phase."""
    tasks = [
        {"name": f"{case}: {phase}", f"citrixfleet.licensing.{module}": options, **settings}
        for case, (module, options) in CASES.items()
        for phase, settings in PHASES.items()
    ]
    run = ntlm.play(tasks, "--diff")
    assert run.code == 0, run.output
    return {item.task: item for item in run.results}


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_announced_made_and_then_there(results: dict[str, Any], case: str) -> None:
    changed = {phase: results[f"{case}: {phase}"].changed for phase in PHASES}
    assert changed == {"check": True, "apply": True, "again": False, "check again": False}


@pytest.mark.parametrize("case", CASES)
def test_check_mode_foretells_what_is_read_back(results: dict[str, Any], case: str) -> None:
    assert results[f"{case}: check"].result["after"] == results[f"{case}: apply"].result["after"]
    assert results[f"{case}: check"].result["before"] == results[f"{case}: apply"].result["before"]


@pytest.mark.parametrize("case", CASES)
def test_the_diff_shows_the_change_and_nothing_when_there_is_none(results: dict[str, Any], case: str) -> None:
    apply, again = results[f"{case}: apply"].result, results[f"{case}: again"].result
    assert again["diff"]["before"] == again["diff"]["after"]
    assert apply["diff"]["before"] != apply["diff"]["after"]


@pytest.mark.parametrize("case", CASES)
def test_the_return_keys_are_the_same_in_every_mode(results: dict[str, Any], case: str) -> None:
    keys = {phase: sorted(set(results[f"{case}: {phase}"].result) - {"_ansible_no_log"}) for phase in PHASES}
    assert len({tuple(names) for names in keys.values()}) == 1, keys


def test_the_server_has_what_the_last_tasks_set(results: dict[str, Any], ntlm: Fleet) -> None:
    assert results
    state = ntlm.show()
    roles = {account["name"]: (account["type"], account["role"]) for account in state["accounts"]}
    assert roles == {
        "BUILTIN\\Administrators": ("group", "administrator"),
        "CORP\\ctx-admins": ("group", "administrator"),
        "CORP\\bob": ("user", "administrator"),
    }


def test_installed_renewals_become_licenses_of_the_last_days(results: dict[str, Any]) -> None:
    apply = results["renewals installed: apply"].result
    assert apply["renewals_installed"]
    assert apply["available"] == []
    assert len(apply["installed"]) >= len(apply["renewals_installed"])


def test_the_role_brings_a_fleet_to_its_state_and_leaves_it_there(ntlm: Fleet) -> None:
    variables = (
        '{"server_accounts": [{"name": "CORP\\\\carol", "type": "user", "role": "administrator"}],'
        ' "server_renewal_mode": "notify", "server_retention_days": 365, "server_share_usage_statistics": "call_home"}'
    )
    playbook = ROOT / "playbooks" / "site.yml"
    first, second = (ntlm.playbook(playbook, "-e", variables) for _run in range(2))
    assert (first.code, second.code) == (0, 0), first.output + second.output
    assert {item.host for item in first.results if item.changed} == {"ls001", "ls002", "ls003"}
    assert [item for item in second.results if item.changed] == []
    assert {account["name"] for account in ntlm.show("ls003")["accounts"]} >= {"CORP\\carol"}


def test_the_playbook_can_go_in_batches_and_stop_at_the_first_failure(ntlm: Fleet) -> None:
    days = '"server_retention_days": "{{ 5 if inventory_hostname == \'ls002\' else 365 }}"'
    batches = '"server_serial": 1'
    assert applied(ntlm, f"{{{days}}}") == {"ls001": "ok", "ls002": "failed", "ls003": "ok"}
    assert applied(ntlm, f"{{{days}, {batches}}}") == {"ls001": "ok", "ls002": "failed"}


def applied(servers: Fleet, variables: str) -> dict[str, str]:
    """What the playbook did, in check mode, to each server that had its turn."""
    run = servers.playbook(SITE, "--check", "-e", variables)
    return {item.host: item.outcome for item in run.results if item.task == "Set the License Server's settings"}


def test_a_profile_is_found_beside_the_inventory_and_else_an_error_says_where_it_was_searched_for(ntlm: Fleet) -> None:
    beside = f"inventory_dir ~ '/{ntlm.profile().name}'"
    profile = f"{{{{ {beside} if inventory_hostname == 'ls001' else 'files/ours.yml' }}}}"
    run = ntlm.playbook(
        SITE, "--check", "-e", json.dumps({"server_profile": profile, "server_vendor_daemon_port": 7280})
    )
    found, *missed = sorted((item for item in run.results if item.task.startswith("Set")), key=lambda item: item.host)
    assert (found.outcome, found.changed) == ("ok", True)
    for item in missed:
        assert item.message.startswith("There is no profile 'files/ours.yml' on the controller; searched for below /")
        assert "/ansible_collections/citrixfleet/licensing/playbooks. Nothing was sent" in item.message
        assert "\n" not in item.message


def test_the_role_says_whether_a_bundle_is_new_or_an_earlier_one(ntlm: Fleet, tmp_path: Path) -> None:
    wanted = ("--limit", "ls002", "-e", f"support_dest={tmp_path}/", "-e", "support_max_age=3600")
    for told, *mode in ((" would be made", "--check"), ("",), (" (reused)", "--check")):
        run = ntlm.playbook(Path("citrixfleet.licensing.bundle"), *wanted, *mode)
        path, *_others = run.one("Say what became of it").result["msg"]
        assert path.partition(".zip")[2] == told


def test_module_defaults_of_an_action_group_reach_every_module_in_it(ntlm: Fleet) -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    expected: dict[str, str] = {}
    tasks = []
    for group, members in groups.items():
        for module, option in itertools.product(members, GROUP_OPTIONS[group]):
            name = f"{group}: {option} of {module}"
            value, expected[name] = WRONG[option]
            defaults = {f"group/citrixfleet.licensing.{group}": {option: value}}
            task = {f"citrixfleet.licensing.{module}": LEAST[module], "module_defaults": defaults}
            tasks.append({"name": name, **task, "ignore_errors": True})
    run = ntlm.play(tasks)
    said = {item.task: item.message.partition("; ")[0].partition(" on the")[0] for item in run.results}
    assert said == expected


def test_information_is_complete(ntlm: Fleet) -> None:
    information = ntlm.ad_hoc("license_info", {}, pattern="ls002").one().result
    # Nobody has published where the supplemental grace period and the display language are kept.
    assert [item["what"] for item in information["unreadable"]] == ["options"]
    assert (information["server"]["version"], information["server"]["build"]) == ("11.17.2.0", 53100)
    assert {name: item["port"] for name, item in information["ports"].items()} == {
        "license_server": 27000,
        "vendor_daemon": 7279,
        "web_services": 8083,
    }
    assert {service["state"] for service in information["services"]} <= {"Running", "Stopped"}
    assert information["last_uploads"]["compliance"]["outcome"] == "success"
    assert len(information["licenses"]) >= 3
    assert information["interfaces"]["accounts"]["confidence"] == "documented"


def test_names_reach_the_server_as_they_are(ntlm: Fleet) -> None:
    names = ["CORP\\o'brien", "CORP\\Jörg Müller", "CORP\\日本", "CORP\\$(calc)", "CORP\\a b"]
    accounts = [{"name": name, "type": "user", "role": "user"} for name in names]
    first = ntlm.ad_hoc("license_user", {"accounts": accounts}, pattern="ls002").one()
    second = ntlm.ad_hoc("license_user", {"accounts": accounts}, pattern="ls002").one()
    assert (first.changed, second.changed) == (True, False)
    assert {account["name"] for account in ntlm.show("ls002")["accounts"]} >= set(names)


def test_a_server_can_be_managed_from_another_host(ntlm: Fleet) -> None:
    account = {"name": "CORP\\helpdesk", "type": "group", "role": "user"}
    address = "https://{{ hostvars['ls003'].ansible_host }}:8083"
    before = ntlm.show("ls002")["accounts"]
    task = {
        "citrixfleet.licensing.license_user": {**account, "admin_address": address},
        "delegate_to": "ls002",
    }
    first, second = (ntlm.play([task], hosts="ls003").one() for _run in range(2))
    assert (first.changed, second.changed) == (True, False)
    assert "CORP\\helpdesk" in {item["name"] for item in ntlm.show("ls003")["accounts"]}
    assert ntlm.show("ls002")["accounts"] == before

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's text and its shim keep the rules of the house, and a broken rule is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from . import rules
from .rules import RULES, Rule, Script, text

ROOT = Path(__file__).parents[3]
AGENT = sorted((ROOT / "plugins" / "module_utils").glob("_agent*.psm1"))
ENTRY = ROOT / "plugins" / "modules" / "_agent.ps1"
ENTRY_WITH_CHANGES = ROOT / "plugins" / "modules" / "_agent_changes.ps1"
ENTRY_WITH_JOBS = ROOT / "plugins" / "modules" / "_agent_jobs.ps1"
ENTRIES = (ENTRY, ENTRY_WITH_CHANGES, ENTRY_WITH_JOBS)
CHANGES = {"_agent_changes", "_agent_firewall", "_agent_services", "_agent_windows_firewall"}
JOBS = {"_agent_archive", "_agent_jobs", "_agent_pseudonyms", "_agent_windows_jobs"}
CHANGES_AND_JOBS = {"_agent_folders"}
CHANGE_HOOKS = {"Get-AgentChangeField", "Test-AgentChangeEntry", "Invoke-AgentChange"}
JOB_HOOKS = {"Get-AgentJobField", "Test-AgentJobEntry", "Invoke-AgentJobOperation"}
SHIM = sorted((ROOT / "tests" / "contract").glob("shim*.ps*1"))
SCRIPTS = {path.name: Script(path.read_bytes()) for path in (*AGENT, *ENTRIES, *SHIM)}
WINDOWS = ("_agent_windows.psm1", "_agent_windows_firewall.psm1", "_agent_windows_jobs.psm1")

# Commands of PowerShell itself that the agent uses, with the parameters that it gives them.
BUILT_IN = {
    "add-pssnapin": frozenset({"name"}),
    "convertfrom-json": frozenset({"inputobject"}),
    "foreach-object": frozenset[str](),
    "get-ciminstance": frozenset({"classname", "property"}),
    "get-netfirewallapplicationfilter": frozenset({"policystore", "erroraction"}),
    "get-netfirewallportfilter": frozenset({"policystore", "erroraction"}),
    "get-netfirewallrule": frozenset({"policystore", "erroraction"}),
    "get-nettcpconnection": frozenset({"state"}),
    "get-service": frozenset({"name", "erroraction"}),
    "invoke-cimmethod": frozenset({"classname", "methodname", "arguments"}),
    "new-ciminstance": frozenset({"classname", "property", "clientonly"}),
    "import-module": frozenset({"name", "disablenamechecking"}),
    "set-netfirewallportfilter": frozenset({"inputobject", "localport", "erroraction"}),
    "set-strictmode": frozenset({"version"}),
    "sort-object": frozenset[str](),
    "test-path": frozenset({"literalpath"}),
    "start-sleep": frozenset({"milliseconds"}),
    "where-object": frozenset[str](),
}
WINDOWS_ONLY = (
    r"Cim|DriveInfo|GetProcessById|PSHOME|NetTCPConnection|NetFirewall|Get-Service\b|RegistryKey|\bNTAccount|SecurityIdentifier|WindowsIdentity|"
    r"WindowsPrincipal|AccessControl|\bMutex\b|CommonApplicationData|MachineName|\$env:"
)
PREAMBLE = "Set-StrictMode -Version Latest\n$ErrorActionPreference = 'Stop'\n"

PLANTED: list[tuple[Rule, str]] = [
    (rules.syntax_errors, "function Get-A { if ($true { } }"),
    (rules.syntax_errors, "$x = 'no end"),
    (rules.forbidden_commands, "Add-Type -AssemblyName System.Web"),
    (rules.forbidden_commands, "$x = Get-Content -Path a"),
    (rules.forbidden_commands, "Invoke-Expression $x"),
    (rules.forbidden_commands, "1 | Out-File -FilePath a"),
    (rules.aliases, "Get-Item a | % { $_ }"),
    (rules.aliases, "Get-Item a | where { $_ }"),
    (rules.aliases, "iex $x"),
    (rules.called_variables, "& $x"),
    (rules.called_variables, "& { 1 }"),
    (rules.called_variables, ". $x"),
    (rules.called_variables, ". ./file.ps1"),
    (rules.json_writers, "$x | ConvertTo-Json -Depth 9"),
    (rules.json_writers, "ConvertTo-Json -InputObject $x"),
    (rules.appended_arrays, "foreach ($y in $z) { $x += $y }"),
    (rules.new_syntax, "Get-Item a && Get-Item b"),
    (rules.new_syntax, "Get-Item a || Get-Item b"),
    (rules.new_syntax, "1, 2 | ForEach-Object -Parallel { $_ }"),
    (rules.unapproved_verbs, "function Fetch-Agent { }"),
    (rules.unapproved_verbs, "function Agent { }"),
    (rules.stray_output, "$set.TryAdd(1)"),
    (rules.stray_output, "[IO.Directory]::CreateDirectory('a')"),
    (rules.missing_preamble, "Set-StrictMode -Version Latest"),
    (rules.missing_preamble, "$ErrorActionPreference = 'Stop'"),
    (rules.other_characters, "$x = 'ä'"),
    (rules.other_characters, "$x = 1\r\n"),
    (rules.unassigned_variables, "function Get-A { param($Value) return $Valeu }"),
    (rules.unassigned_script_variables, "$script:A = 1\nfunction Get-A { return $script:B }"),
]


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_powershell_keeps_the_rule(rule: Rule, name: str) -> None:
    # An entry is one call of a function that has the preamble.
    exempt = rule is rules.missing_preamble and name in {entry.name for entry in ENTRIES}
    assert exempt or rule(SCRIPTS[name]) == []


@pytest.mark.parametrize(("rule", "planted"), PLANTED)
def test_a_broken_rule_is_found(rule: Rule, planted: str) -> None:
    assert rule(Script(planted.encode()))


@pytest.mark.parametrize("planted", ["$x = $y ? 1 : 2", "$x = $y ?? 1", "$x ??= 1", "$x = ${y}?.Length"])
def test_syntax_of_powershell_7_is_found(planted: str) -> None:
    script = Script(planted.encode())
    assert rules.new_syntax(script) or rules.syntax_errors(script)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_clean_script_is_clean(rule: Rule) -> None:
    clean = PREAMBLE + "function Get-A {\n    param([int]$B)\n    $c = @($B | Where-Object { $_ })\n    return $c\n}\n"
    assert rule(Script(clean.encode())) == []


def agent(*, windows: bool = True) -> dict[str, Script]:
    paths = [path.name for path in (*AGENT, ENTRY)]
    return {name: SCRIPTS[name] for name in paths if windows or name not in WINDOWS}


def cmdlets() -> dict[str, frozenset[str]]:
    functions = SCRIPTS["shim_snapin.psm1"].functions
    return {name.lower(): one.parameters for name, one in functions.items() if "-Lic" in name}


def test_the_agent_calls_only_what_there_is() -> None:
    assert rules.unknown_calls(agent(), {**BUILT_IN, **cmdlets()}) == []


@pytest.mark.parametrize("planted", ["Get-Nothing", "Stop-Agent -Kid busy", "& $x"])
def test_a_call_of_nothing_is_found(planted: str) -> None:
    assert rules.unknown_calls({**agent(), "planted": Script(planted.encode())}, {**BUILT_IN, **cmdlets()})


@pytest.mark.parametrize("name", agent(windows=False))
def test_what_only_windows_has_stands_in_files_of_its_own(name: str) -> None:
    script = SCRIPTS[name]
    code = [
        text(node) for node in script.nodes("command_name", "type_identifier", "type_name", "member_name", "variable")
    ]
    assert [word for word in code if re.search(WINDOWS_ONLY, word)] == []


@pytest.mark.parametrize("name", WINDOWS)
def test_those_files_are_found_to_have_it(name: str) -> None:
    assert re.search(WINDOWS_ONLY, SCRIPTS[name].source.decode())


def test_the_shim_has_every_function_of_those_files_with_the_same_parameters() -> None:
    real = {name: one.parameters for file in WINDOWS for name, one in SCRIPTS[file].functions.items()}
    shim = {name: one.parameters for name, one in SCRIPTS["shim.psm1"].functions.items() if name in real}
    assert shim == real


def test_no_function_is_defined_twice() -> None:
    names = [name for script in agent().values() for name in script.functions]
    assert sorted(names) == sorted(set(names))


def test_no_variable_of_a_script_is_in_two_files() -> None:
    """The process of a job runs them one after the other, as one script."""
    assert rules.shared_script_variables(agent()) == []


def test_a_variable_of_a_script_in_two_files_is_found() -> None:
    scripts = {name: Script(b"$script:A = 1") for name in "ab"}
    assert rules.shared_script_variables(scripts) == ["script:a"]


@pytest.mark.parametrize(
    ("entry", "without"),
    [
        (ENTRY, CHANGES | JOBS | CHANGES_AND_JOBS),
        (ENTRY_WITH_CHANGES, JOBS),
        (ENTRY_WITH_JOBS, CHANGES),
    ],
)
def test_an_entry_requires_what_it_needs(entry: Path, without: set[str]) -> None:
    required = re.findall(r"^#AnsibleRequires -PowerShell \.\.module_utils\.(\w+)$", entry.read_text(), re.MULTILINE)
    assert required == [path.stem for path in AGENT if path.stem not in without]


@pytest.mark.parametrize(
    ("without", "dispatched"),
    [
        (CHANGES | JOBS | CHANGES_AND_JOBS, CHANGE_HOOKS | JOB_HOOKS),
        (JOBS, JOB_HOOKS),
        (CHANGES, CHANGE_HOOKS),
    ],
)
def test_a_form_of_the_agent_calls_nothing_that_it_does_not_have(without: set[str], dispatched: set[str]) -> None:
    """But for what dispatches operations to where they were sent along."""
    lacking = {name for stem in without for name in SCRIPTS[f"{stem}.psm1"].functions}
    present = [SCRIPTS[path.name] for path in AGENT if path.stem not in without]
    used = {one.name for script in present for one in script.commands() if one.name in lacking}
    assert used == dispatched


def test_every_cmdlet_of_the_table_is_run_and_no_other() -> None:
    script = SCRIPTS["_agent_licensing.psm1"]
    table = re.findall(r"^ +'(\w+-Lic\w+)' += '", script.source.decode(), re.MULTILINE)
    run = [one.name for one in script.commands() if "-Lic" in one.name]
    assert sorted(table) == sorted(run)
    assert {name.lower() for name in table} == set(cmdlets())


def test_every_operation_is_dispatched_once() -> None:
    tables = {
        "_agent_request.psm1": "$script:Fields = @{",
        "_agent_changes.psm1": "return @{",
        "_agent_jobs.psm1": "return @{",
    }
    known = []
    for file, start in tables.items():
        rows = SCRIPTS[file].source.decode().partition(start)[2].partition("}\n")[0]
        known += re.findall(r"^ +'([\w.]+)' +=", rows, re.MULTILINE)
    names = ("Invoke-AgentOperation", "Invoke-AgentChange", "Invoke-AgentJobOperation")
    dispatched = [
        text(node).strip("'")
        for script in agent().values()
        for name, function in script.functions.items()
        if name in names
        for node in script.nodes("switch_clause_condition", within=function.node)
        if text(node).startswith("'")
    ]
    assert sorted(known) == sorted(dispatched)

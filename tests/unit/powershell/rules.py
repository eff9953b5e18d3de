# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that our PowerShell keeps, each a function from a parsed script to what breaks it.

They are checked on the syntax tree, so that a word in a comment or a text is not taken for code. A finding is a line
`<line>: <what>`. The grammar is tree-sitter-powershell's, which knows a little less than PowerShell itself does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import tree_sitter
import tree_sitter_powershell

LANGUAGE = tree_sitter.Language(tree_sitter_powershell.language())


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# learn.microsoft.com, "Approved Verbs for PowerShell Commands": those that Windows PowerShell 5.1 has.
VERBS = words(
    """
    Add Clear Close Copy Enter Exit Find Format Get Hide Join Lock Move New Open Optimize Pop Push Redo Remove Rename
    Reset Resize Search Select Set Show Skip Split Step Switch Undo Unlock Watch Backup Checkpoint Compare Compress
    Convert ConvertFrom ConvertTo Dismount Edit Expand Export Group Import Initialize Limit Merge Mount Out Publish
    Restore Save Sync Unpublish Update Approve Assert Complete Confirm Deny Disable Enable Install Invoke Register
    Request Restart Resume Start Stop Submit Suspend Uninstall Unregister Wait Debug Measure Ping Repair Resolve Test
    Trace Connect Disconnect Read Receive Send Write Block Grant Protect Revoke Unblock Unprotect Use
    """
)
FORBIDDEN = {"add-type", "invoke-expression", "get-content", "set-content", "add-content", "out-file", "write-host"}
ALIASES = words(
    """
    % ? ac cat cd clc clear cls compare copy cp curl cvpa diff dir echo epcsv fl foreach ft fw gal gc gci gcm gi gjb gl
    gm gp gps group gsv gu gv gwmi h history icm iex iwr kill ls man md measure mi mount move mv ni nv oh popd ps pushd
    pwd r rd ren ri rm rmdir rni rv sajb sal sasv sc select set shcm si sl sleep sls sort sp spps spsv start sv tee type
    wget where write
    """
)
# Methods whose call leaves nothing on the output.
SILENT_METHODS = words(
    """
    Add Remove Enqueue Dispose ReleaseMutex CopyTo Write Flush Delete Move Replace Start Stop WriteAllText
    SetSecurityDescriptorSddlForm SetVariable SetLastWriteTimeUtc BlockCopy Kill
    """
)
AUTOMATIC = words("_ true false null this args error psversiontable executioncontext psboundparameters pshome env")


@dataclass(frozen=True)
class Function:
    """A function of a script: its name, its parameters in lower case, and its place in the tree."""

    name: str
    parameters: frozenset[str]
    node: tree_sitter.Node


@dataclass(frozen=True)
class Script:
    """A parsed script."""

    source: bytes

    @cached_property
    def root(self) -> tree_sitter.Node:
        return tree_sitter.Parser(LANGUAGE).parse(self.source).root_node

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """The functions by their names."""
        return {function.name: function for function in map(_function, self.nodes("function_statement"))}

    def nodes(self, *types: str, within: tree_sitter.Node | None = None) -> Iterator[tree_sitter.Node]:
        """All nodes of some types, or of any type, in the order of the text."""
        waiting = [within or self.root]
        while waiting:
            node = waiting.pop()
            if not types or node.type in types:
                yield node
            waiting.extend(reversed(node.children))

    def commands(self) -> Iterator[Command]:
        for node in self.nodes("command"):
            name = next((child for child in node.children if child.type == "command_name"), None)
            parameters = [
                child
                for part in node.children
                if part.type == "command_elements"
                for child in part.children
                if child.type == "command_parameter"
            ]
            words = frozenset(text(parameter).lstrip("-").rstrip(":").lower() for parameter in parameters)
            yield Command("" if name is None else text(name), words, node)


@dataclass(frozen=True)
class Command:
    """A command as it is called; the name is empty where something else than a name is called."""

    name: str
    parameters: frozenset[str]
    node: tree_sitter.Node


Rule = Callable[[Script], list[str]]


def text(node: tree_sitter.Node) -> str:
    """The words of a node."""
    return (node.text or b"").decode()


def _found(node: tree_sitter.Node, what: str) -> str:
    return f"{node.start_point.row + 1}: {what}"


def _variable(node: tree_sitter.Node) -> str:
    return text(node).lstrip("$@").strip("{}").lower()


def _function(node: tree_sitter.Node) -> Function:
    name = next(child for child in node.children if child.type == "function_name")
    block = next((child for child in _below(node) if child.type == "param_block"), None)
    parameters = [] if block is None else [child for child in _below(block) if child.type == "script_parameter"]
    names = frozenset(_variable(child) for one in parameters for child in one.children if child.type == "variable")
    return Function(text(name), names, node)


def _below(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for child in node.children:
        yield child
        yield from _below(child)


def syntax_errors(script: Script) -> list[str]:
    """The parser understands every word."""
    return [
        _found(node, f"not understood: {text(node)[:60]!r}")
        for node in script.nodes()
        if node.type == "ERROR" or node.is_missing
    ]


def forbidden_commands(script: Script) -> list[str]:
    """Nothing compiles or evaluates text, and bytes of files go through .NET."""
    return [_found(one.node, one.name) for one in script.commands() if one.name.lower() in FORBIDDEN]


def aliases(script: Script) -> list[str]:
    """Commands are called by their full names."""
    return [_found(one.node, one.name) for one in script.commands() if one.name.lower() in ALIASES]


def called_variables(script: Script) -> list[str]:
    """The call operators `&` and `.` are not used: what runs stands in the text."""
    return [_found(node, text(node.parent or node)[:60]) for node in script.nodes("command_invokation_operator")]


def json_writers(script: Script) -> list[str]:
    """ConvertTo-Json is given its object and its depth, and nothing by pipeline."""
    return [
        _found(one.node, text(one.node)[:60])
        for one in script.commands()
        if one.name.lower() == "convertto-json" and not {"inputobject", "depth"} <= one.parameters
    ]


def appended_arrays(script: Script) -> list[str]:
    """Nothing is appended with `+=`, which copies an array each time."""
    return [
        _found(node, text(node)[:60])
        for node in script.nodes("assignment_expression")
        if any(text(child) == "+=" for child in node.children)
    ]


def new_syntax(script: Script) -> list[str]:
    """Nothing needs PowerShell 7. (What the grammar does not know at all is a syntax error.)"""
    operators = {"&&", "||", "??", "??=", "?.", "?["}
    found = [_found(node, text(node)) for node in script.nodes() if not node.children and text(node) in operators]
    found += [_found(node, "?:") for node in script.nodes("ternary_expression", "ternary_argument_expression")]
    found += [_found(one.node, "-Parallel") for one in script.commands() if "parallel" in one.parameters]
    return found


def unapproved_verbs(script: Script) -> list[str]:
    """Functions are named Verb-Noun with an approved verb."""
    return [
        _found(function.node, name)
        for name, function in script.functions.items()
        if "-" not in name or name.split("-")[0] not in VERBS
    ]


def stray_output(script: Script) -> list[str]:
    """A method that returns something is not called for its effect alone."""
    found = []
    for statement in script.nodes("pipeline"):
        node = statement
        while len(node.children) == 1:
            node = node.children[0]
        block = statement.parent
        if node.type != "invokation_expression" or block is None or block.type != "statement_list":
            continue
        member = next(child for child in node.children if child.type == "member_name")
        if text(member) not in SILENT_METHODS:
            found.append(_found(node, text(node)[:60]))
    return found


def missing_preamble(script: Script) -> list[str]:
    """A file is strict, and stops at its first error."""
    wanted = (rb"^Set-StrictMode -Version Latest$", rb"^\$ErrorActionPreference = 'Stop'$")
    return [f"1: lacks {line.decode()}" for line in wanted if not re.search(line, script.source, re.MULTILINE)]


def other_characters(script: Script) -> list[str]:
    """Files are ASCII with plain line ends, so that no encoding can alter them."""
    found = [_found(script.root, "CR")] if b"\r" in script.source else []
    return found if script.source.isascii() else [*found, _found(script.root, "not ASCII")]


def unassigned_variables(script: Script) -> list[str]:
    """A variable is a parameter, is assigned, or is PowerShell's own; strict mode would stop at any other."""
    top = _assigned(script, None)
    found = []
    for function in script.functions.values():
        known = top | function.parameters | _assigned(script, function.node)
        for node in script.nodes("variable", within=function.node):
            name = _variable(node)
            if ":" not in name and name not in known and name not in AUTOMATIC:
                found.append(_found(node, text(node)))
    return found


def _assigned(script: Script, within: tree_sitter.Node | None) -> set[str]:
    names = set()
    for node in script.nodes("left_assignment_expression", "foreach_statement", "script_parameter", within=within):
        variable = next(script.nodes("variable", within=node), None)
        names |= set() if variable is None else {_variable(variable)}
        if node.type == "left_assignment_expression":
            names |= {_variable(one) for one in script.nodes("variable", within=node)}
    return names


def unassigned_script_variables(script: Script) -> list[str]:
    """A file uses only those variables of a script that it assigns itself: each file is a module of its own."""
    assigned = _script_variables(script)
    return [
        _found(node, text(node))
        for node in script.nodes("variable")
        if _variable(node).startswith("script:") and _variable(node) not in assigned
    ]


def _script_variables(script: Script) -> set[str]:
    nodes = script.nodes("left_assignment_expression")
    variables = (_variable(one) for node in nodes for one in script.nodes("variable", within=node))
    return {name for name in variables if name.startswith("script:")}


RULES: tuple[Rule, ...] = (
    syntax_errors,
    forbidden_commands,
    aliases,
    called_variables,
    json_writers,
    appended_arrays,
    new_syntax,
    unapproved_verbs,
    stray_output,
    missing_preamble,
    other_characters,
    unassigned_variables,
    unassigned_script_variables,
)


def shared_script_variables(scripts: Mapping[str, Script]) -> list[str]:
    """Variables of a script that several files assign: one after the other in one script, they would be the same."""
    count = Counter(name for script in scripts.values() for name in _script_variables(script))
    return [name for name, times in count.items() if times > 1]


def unknown_calls(scripts: Mapping[str, Script], others: Mapping[str, frozenset[str]]) -> list[str]:
    """Commands that are called but are neither ours nor among the others, and parameters that ours do not have.

    `others` are the commands of PowerShell and the snap-in, in lower case, with the parameters that may be used.
    """
    ours = {name.lower(): one.parameters for script in scripts.values() for name, one in script.functions.items()}
    known = {**others, **ours}
    found = []
    for file, script in scripts.items():
        for one in script.commands():
            name = one.name.lower()
            if name not in known:
                found.append(f"{file}:{_found(one.node, f'unknown command {one.name}')}")
            else:
                strange = one.parameters - known[name]
                found += [f"{file}:{_found(one.node, f'{one.name} has no -{parameter}')}" for parameter in strange]
    return found

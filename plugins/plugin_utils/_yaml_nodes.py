# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file is private to the collection: it may change without notice in any release.

"""Values from YAML nodes: each of the kind that is asked for, or :class:`SchemaError`, which knows where it is."""

from __future__ import annotations

import typing as t

import yaml


class SchemaError(Exception):
    """What is wrong, with the node that it is wrong in."""

    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.node = node


def read_mapping(node: yaml.Node, rule: str) -> dict[str, yaml.Node]:
    """The values of a mapping by their keys; ``rule`` is what to say where it is none."""
    if not isinstance(node, yaml.MappingNode):
        raise SchemaError(node, rule)
    fields: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = read_text(key)
        if name in fields:
            raise SchemaError(key, f"{name} is there twice")
        fields[name] = value
    return fields


def read_sequence(node: yaml.Node, rule: str) -> list[yaml.Node]:
    """The items of a list; ``rule`` is what to say where it is none."""
    if not isinstance(node, yaml.SequenceNode):
        raise SchemaError(node, rule)
    items: list[yaml.Node] = node.value
    return items


def read_texts(node: yaml.Node, name: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(map(read_text, read_sequence(node, f"{name} is a list")))


def required(row: yaml.Node, fields: t.Mapping[str, yaml.Node], name: str) -> yaml.Node:
    """The value of a key that must be there, of the mapping ``row``."""
    if name not in fields:
        raise SchemaError(row, f"{name} is missing")
    return fields[name]


def refuse_unknown(fields: t.Mapping[str, yaml.Node], known: t.Sequence[str]) -> None:
    """Refuse keys that nobody would look at."""
    for name, node in fields.items():
        if name not in known:
            raise SchemaError(node, f"there is no key {name!r}; there are {', '.join(known)}")


def read_text(node: yaml.Node, may_be_empty: bool = False) -> str:
    """A text; what YAML takes for something else (``on``, ``1``) has to be quoted, so that nobody wonders."""
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        shown = f" ({node.value})" if isinstance(node, yaml.ScalarNode) else ""
        raise SchemaError(node, f"a text is needed here{shown}; put it in quotes")
    if not (node.value or may_be_empty) or not node.value.isprintable():
        raise SchemaError(node, "a text is empty, or has characters that cannot be printed")
    return str(node.value)


def read_choice(node: yaml.Node, name: str, choices: t.Sequence[str]) -> str:
    """One of some texts."""
    if read_text(node) not in choices:
        raise SchemaError(node, f"{name} is {read_text(node)!r}; it is one of {', '.join(choices)}")
    return read_text(node)


def read_flag(node: yaml.Node, name: str) -> bool:
    """A Boolean."""
    words = yaml.SafeLoader.bool_values
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:bool" or node.value.lower() not in words:
        raise SchemaError(node, f"{name} is true or false")
    return bool(words[node.value.lower()])

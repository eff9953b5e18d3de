# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All layouts: the default one, and one for each seed; and which of them a state folder's servers have."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from .layout import Layout, default_layout
from .layout_shuffle import shuffled_layout
from .store import read_json, write_json

_FILE = "layout.json"


@lru_cache(maxsize=8)
def layout_of(seed: int | None) -> Layout:
    """The layout of a seed, always the same; the default one for None."""
    return default_layout() if seed is None else shuffled_layout(seed)


def layout_in(state_dir: Path) -> Layout:
    """The layout that the servers of a state folder have."""
    return layout_of(_kept_seed(state_dir))


def choose_layout(state_dir: Path, seed: int | None) -> Layout:
    """The layout for the servers of a state folder, which keeps it. ValueError if they have another one already."""
    if not (state_dir / "servers").exists():
        write_json(state_dir / _FILE, {"seed": seed})
    kept = _kept_seed(state_dir)
    if kept != seed:
        raise ValueError(f"the servers of {state_dir} have {_in_words(kept)}, and not {_in_words(seed)}")
    return layout_of(seed)


def _in_words(seed: int | None) -> str:
    return "the default layout" if seed is None else f"layout {seed}"


def _kept_seed(state_dir: Path) -> int | None:
    try:
        seed: int | None = read_json(state_dir / _FILE)["seed"]
    except FileNotFoundError:  # made before there were layouts
        return None
    return seed

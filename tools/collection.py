# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Ansible finds this collection: in ``ansible_collections/citrixfleet/licensing`` below some directory."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.environments import ROOT

TREE = ROOT / ".collections"
INSIDE = Path("ansible_collections", "citrixfleet", "licensing")


def link() -> Path:
    """Make the tree in which the collection is a link to the working tree.

    :returns: the directory for ``ANSIBLE_COLLECTIONS_PATH``.
    """
    place = TREE / INSIDE
    if not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(ROOT, target_is_directory=True)
    return TREE


def export(destination: Path) -> Path:
    """Copy the files that git knows, or would know, to a tree of their own with its own empty git repository.

    The tools that check a published collection look at every file that they find, so they are shown only what belongs
    to it. ansible-test asks git which files these are.

    :returns: the root of the copied collection.
    """
    root = destination / INSIDE
    shutil.rmtree(root, ignore_errors=True)
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listing.stdout.split("\0")):
        source, target = ROOT / name, root / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


if __name__ == "__main__":
    link()

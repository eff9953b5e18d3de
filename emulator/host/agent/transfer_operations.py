# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations that bring a file of the work folder over in parts, and say how full the disk is."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ..errors import OperationError
from ..files import sha256
from .context import Batch
from .job_operations import note_asked
from .paths import resolve, root_folder
from .work import named

Fields = Mapping[str, Any]


def read_chunk(batch: Batch, fields: Fields) -> dict[str, Any]:
    files = batch.machine.files
    with named(fields["path"]):
        path = resolve(batch.machine, "work", fields["path"])
        note_asked(batch.machine, path)
        folder = files.is_folder(path)
        content = None if folder else files.read_range(path, fields["offset"], fields["length"])
        if content is None:
            raise OperationError("not_found", f"Could not find file '{path}'.", path=path)
    return {
        "content": base64.b64encode(content).decode("ascii"),
        "sha256": sha256(content),
        "size": files.describe(path).size,
    }


def read_disk_space(batch: Batch, fields: Fields) -> dict[str, Any]:
    root_folder(batch.machine, fields["root"])
    space = batch.machine.files.space()
    return {"free": space.free, "size": space.size}

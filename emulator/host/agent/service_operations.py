# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations on services: stop with dependants, start what the batch stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..services import RUNNING, STOPPED
from .context import Batch

Fields = Mapping[str, Any]


def stop_services(batch: Batch, fields: Fields) -> dict[str, Any]:
    services = batch.machine.services
    named = [services.get(name) for name in fields["names"]]
    deadline = _deadline(batch, fields["timeout"])
    stopped: list[str] = []
    for service in named:
        order = [one for one in [*services.running_dependants(service), service] if one.state != STOPPED]
        if not order and service.name not in batch.stopped:
            batch.found_stopped.add(service.name)
        for one in order:
            if stopped:
                batch.step()
            # Noted before it is done, so that an undo starts also what did not stop in time.
            batch.stopped.add(one.name)
            if one is not service:
                batch.stopped_dependants.append(one.name)
            services.stop(one, _remaining(batch, deadline))
            stopped.append(one.name)
    return {"stopped": stopped}


def start_services(batch: Batch, fields: Fields) -> dict[str, Any]:
    services = batch.machine.services
    order = [services.get(name) for name in [*fields["names"], *reversed(batch.stopped_dependants)]]
    deadline = _deadline(batch, fields["timeout"])
    started: list[str] = []
    for service in order:
        if service.state != RUNNING and service.name not in batch.found_stopped:
            if started:
                batch.step()
            services.start(service, _remaining(batch, deadline))
            started.append(service.name)
    return {"started": started}


def _deadline(batch: Batch, timeout: float) -> datetime:
    return batch.machine.clock.now() + timedelta(seconds=timeout)


def _remaining(batch: Batch, deadline: datetime) -> float:
    return max(0.0, (deadline - batch.machine.clock.now()).total_seconds())

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fifty License Servers, ten forks, one ad-hoc task: seconds, processor time and operations. No assertion.

python -m tests.bench.fifty_servers
"""

from __future__ import annotations

import resource
import time
from collections import Counter

from tests.integration.harness import Fleet, fleet

SERVERS = 50


def measure(name: str, running: Fleet, module: str, options: dict[str, object], *arguments: str) -> None:
    """Run one task on all servers and print what it took."""
    running.stats()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    run = running.ad_hoc(module, options, "--forks", "10", *arguments)
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counted = running.stats()
    operations: Counter[str] = Counter()
    for server in counted.values():
        operations.update(server["operations"])
    sent = sum(server["bytes_in"] for server in counted.values())
    print(
        f"{name:<10} exit {run.code}  {seconds:5.1f} s  {processor:5.1f} s processor on the controller  "
        f"{sum(operations.values()) / SERVERS:.1f} operations and {sent / SERVERS / 1000:.0f} kB sent a server"
    )


def main() -> None:
    """Measure on both transports."""
    for transport, scheme in (("ntlm", "http"), ("basic", "https")):
        with fleet(SERVERS, "--transport", transport, "--scheme", scheme) as running:
            print(f"{SERVERS} servers, {scheme} with {transport}")
            measure("read", running, "license_info", {})
            measure("check", running, "license_usage", {"retention_days": 400}, "--check")
            measure("change", running, "license_usage", {"retention_days": 400})
            measure("in sync", running, "license_usage", {"retention_days": 400})


if __name__ == "__main__":
    main()

# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle of one large file against ansible.builtin.fetch of that file, on the same emulated server. No assertion.

python -m tests.bench.bundle [--sizes 10 100 500] [--process-start 0 0.5 1]

What a process start costs on a real host is set with --process-start, in seconds. fetch needs a process for every half
megabyte: at 500 MB and a second a start it takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.integration.harness import ROOT, Fleet, fleet

MEGABYTE = 1_000_000
USAGE = "files/C/Program Files (x86)/Citrix/Licensing/LS/resource/usage"
WINDOWS_PATH = r"C:\Program Files (x86)\Citrix\Licensing\LS\resource\usage\large.bin"

MODULE = """#!powershell
#AnsibleRequires -PowerShell ansible_collections.citrixfleet.licensing.plugins.module_utils._agent
Invoke-Agent $complex_args['request']
"""

# Runs a command and prints the largest memory of it and its children, in KiB.
MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
fetching = [line.partition(": ")[2] for line in done.stdout.splitlines() if '"fetching"' in line]
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, *fetching)
"""


def measure(running: Fleet, title: str, module: str, options: dict[str, object]) -> None:
    """Run one task and print what it took."""
    running.stats()
    command = ["ansible", "ls001", "-i", str(running.inventory), "-m", module, "-a", json.dumps(options)]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], env=environment, check=True, capture_output=True, text=True
    )
    seconds = time.monotonic() - start
    code, kibibytes, *fetching = done.stdout.split()
    way_back = f"of which {fetching[0]} s the way back  " if fetching else ""
    counted = running.stats()["ls001"]
    operations, starts = sum(counted["operations"].values()), counted["process_starts"]
    print(
        f"  {title:<8} exit {code}  {seconds:7.1f} s  {way_back}{operations:6d} operations  "
        f"{starts:5d} process starts  {int(kibibytes) / 1024:5.0f} MiB on the controller",
        flush=True,
    )


def compare(size: int, process_start: float) -> None:
    """Both ways for one size in MB."""
    with tempfile.TemporaryDirectory() as folder, fleet(1, "--process-start", str(process_start)) as running:
        source = running.state / "servers" / "ls001" / USAGE / "large.bin"
        numbers = random.Random(size)
        with source.open("wb") as file:
            for _block in range(size):
                file.write(numbers.randbytes(MEGABYTE))
        print(f"{size} MB, {process_start} s a process start", flush=True)
        bundle = {"dest": f"{folder}/bundle/", "reserve": 0}
        measure(running, "bundle", "citrixfleet.licensing.license_bundle", bundle)
        measure(running, "fetch", "ansible.builtin.fetch", {"src": WINDOWS_PATH, "dest": f"{folder}/fetch/"})


def collections_path(folder: Path) -> str:
    """Where Ansible finds our collection, and the module that fetch asks of ansible.windows.

    The emulator answers that module by its name, whatever its text, so that the real one need not be installed.
    """
    module = folder / "ansible_collections" / "ansible" / "windows" / "plugins" / "modules" / "win_stat.ps1"
    module.parent.mkdir(parents=True)
    module.write_text(MODULE, encoding="utf-8")
    return os.pathsep.join((str(ROOT / ".collections"), str(folder)))


def main() -> None:
    """Compare all sizes at all costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 500], metavar="MB")
    parser.add_argument("--process-start", type=float, nargs="+", default=[0, 0.5, 1], metavar="SECONDS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ANSIBLE_COLLECTIONS_PATH"] = collections_path(Path(folder))
        for process_start in options.process_start:
            for size in options.sizes:
                compare(size, process_start)


if __name__ == "__main__":
    main()

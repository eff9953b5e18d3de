# Copyright (c) 2026, citrixfleet.licensing contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long fifty servers take to start, and what memory they hold: ``python tests/bench/emulator_start.py [N]``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    servers = sys.argv[1] if len(sys.argv) > 1 else "50"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "emulator", "run", "--servers", servers]
        command += ["--state", folder, "--inventory", f"{folder}/inventory.yml"]
        for run in ("new state", "kept state"):
            begin = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
                if process.stdout is None or process.stdout.readline() != "ready\n":
                    return process.wait()
                seconds = time.perf_counter() - begin
                print(f"{servers} servers, {run}: {seconds:.2f} s to ready, {_memory(process.pid)}", flush=True)
                process.terminate()
    return 0


def _memory(process_id: int) -> str:
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    lines = dict(line.split(":", 1) for line in status.splitlines())
    return f"{int(lines['VmRSS'].split()[0]) / 1024:.0f} MB resident, {lines['Threads'].strip()} thread(s)"


if __name__ == "__main__":
    sys.exit(main())

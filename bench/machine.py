"""What the figures were taken on, without names that belong to somebody."""

import os
import platform
import re
import subprocess
from pathlib import Path

from bench.programs import find_program
from bench.services import Services
from bench.sinks import can_build
from newsletter import PROJECT_DIR


def describe(services: Services) -> list[str]:
    """Return one line for each thing that matters."""
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    gigabytes = int(memory[1]) / 1024**2 if memory else 0.0
    return [
        f"{os.cpu_count()} processors, {gigabytes:.0f} GB memory; "
        f"load average at the start {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}, PostgreSQL {services.postgres_version()} with stock "
        f"settings, {_redis_version()}, Linux {platform.release().split('-')[0]}",
        "sink: `bench/fast_sink.c`" if can_build() else "sink: `smtp-sink`, for want of a compiler",
    ]


def commit() -> str:
    """Return the commit, and whether the sources differ from it."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        ran = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
        return ran.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/RESULTS.md")
    return (git("rev-parse", "--short=10", "HEAD") or "unknown") + (
        " with changes not committed" if changed else ""
    )


def _redis_version() -> str:
    program = find_program("redis-server") or find_program("valkey-server") or ""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"v=([\d.]+)", said.stdout)
    return f"{Path(program).name.removesuffix('-server').capitalize()} " + (
        version[1] if version else "of unknown version"
    )

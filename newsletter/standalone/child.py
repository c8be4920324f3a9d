"""This will become another program, after asking to be stopped when its parent dies.

Run by path, not by module name: it stands before every program and so imports next to nothing.
Setting the wish between fork and exec (`preexec_fn`) would run Python in a forked process.

    python child.py PARENT_PID PROGRAM [ARGUMENT …]
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2); Linux only, survives execve


def become(parent: int, command: list[str]) -> None:
    """Replace this process by `command`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # died before the wish was known
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the supervisor's own command, no shell


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])

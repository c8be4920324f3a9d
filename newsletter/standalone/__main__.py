"""This will run the whole service in the foreground until Ctrl-C: `make run`."""

import http.client
import os
import sys

from newsletter.config import Settings, UnusableSetting
from newsletter.standalone import environment, folder, programs
from newsletter.standalone.environment import HOST, Environment
from newsletter.standalone.errors import CannotStart
from newsletter.standalone.output import Output
from newsletter.standalone.prepare import prepare
from newsletter.standalone.supervisor import Supervisor


def main() -> int:
    """Start everything; return 0 when asked to stop, 1 after crashes, 2 if it cannot start."""
    output = Output()
    try:
        chosen = environment.choose()
        with folder.claimed(chosen.settings.var_dir) as lock:
            return _run(chosen, lock, output)
    except (CannotStart, UnusableSetting) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 2


def _run(chosen: Environment, lock: int, output: Output) -> int:
    environment.require_free_port(chosen.settings.port)
    folder.keep(chosen.settings.var_dir, chosen.chosen)
    output.say("Starting; Ctrl-C stops everything.")
    gate, opener = os.pipe()
    try:
        with Supervisor(output, inherited=(lock, gate)) as supervisor:
            return _start(chosen, supervisor, output, gate=gate, opener=opener)
    finally:
        if chosen.queue:
            chosen.queue.clean_up()


def _start(
    chosen: Environment, supervisor: Supervisor, output: Output, *, gate: int, opener: int
) -> int:
    if chosen.queue:
        chosen.queue.make_folders()
        supervisor.start(programs.queue(chosen.queue))
        chosen.queue.wait()
    supervisor.start(programs.web(chosen.settings.port, gate))
    owner_link = prepare(chosen.settings, output)
    os.close(opener)

    def when_ready() -> bool:
        """Leave both processors to the first page before the other programs load."""
        if not _answers(chosen.settings.port):
            return False
        output.say(_welcome(chosen.settings, owner_link))
        supervisor.start(programs.worker())
        supervisor.start(programs.letters())
        supervisor.start(programs.beat())
        return True

    return supervisor.run(when_ready)


def _welcome(settings: Settings, owner_link: str | None) -> str:
    pages = {"Signup page": "/", "Archive": "/archive/", "Admin": "/admin/"}
    if settings.mail_goes_to_outbox:
        pages["Outbox, all mail"] = "/dev/outbox"
    lines = [f"  {name:<18}{settings.base_url}{path}" for name, path in pages.items()]
    if owner_link:
        lines += ["", "  Create the first owner with this link; it works once:", f"  {owner_link}"]
    return "\n".join(["", *lines, ""])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())

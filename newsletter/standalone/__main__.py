"""This will run the whole service in the foreground until Ctrl-C: `make run`."""

import http.client
import sys
from functools import partial

from newsletter.config import Settings, UnusableSetting
from newsletter.standalone import environment, folder, programs
from newsletter.standalone.environment import HOST, Environment
from newsletter.standalone.errors import CannotStart
from newsletter.standalone.output import Output
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
    except BrokenPipeError:  # nobody reads any more
        return 1


def _run(chosen: Environment, lock: int, output: Output) -> int:
    environment.require_free_port(chosen.settings.port)
    folder.keep(chosen.settings.var_dir, chosen.chosen)
    output.say("Starting; Ctrl-C stops everything.")
    try:
        with Supervisor(output, inherited=(lock,)) as supervisor:
            return _start(chosen, supervisor, output)
    finally:
        if chosen.queue:
            chosen.queue.clean_up()


def _start(chosen: Environment, supervisor: Supervisor, output: Output) -> int:
    if chosen.queue:
        chosen.queue.make_folders()
        supervisor.start(programs.queue(chosen.queue))
        chosen.queue.wait()
    from newsletter.standalone.prepare import prepare  # takes a second to import

    owner_link = prepare(chosen.settings, output)
    for program in (programs.worker(), programs.beat(), programs.web(chosen.settings.port)):
        supervisor.start(program)
    return supervisor.run(partial(_say_when_ready, chosen.settings, owner_link, output))


def _say_when_ready(settings: Settings, owner_link: str | None, output: Output) -> bool:
    if not _answers(settings.port):
        return False
    pages = {"Signup page": "/", "Archive": "/archive/", "Admin": "/admin/"}
    if settings.mail_goes_to_outbox:
        pages["Outbox, all mail"] = "/dev/outbox"
    lines = [f"  {name:<18}{settings.base_url}{path}" for name, path in pages.items()]
    if owner_link:
        lines += ["", "  Create the first owner with this link; it works once:", f"  {owner_link}"]
    output.say("\n".join(["", *lines, ""]))
    return True


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())

"""The marketplace's one command.

    marketplace run                 everything on this machine, until Ctrl-C
    marketplace import_catalogue FILE --supplier NAME
                                    take in a supplier's price list (--dry-run only looks)
    marketplace import_invoice FILE…
                                    take in suppliers' electronic invoices
    marketplace verify_audit        walk the audit trail and say whether it holds
    marketplace public_key          the key with which auditors check what they took away
    marketplace check_ledger        reckon again what is promised of every budget
    marketplace demo                load the demonstration (--size small, council or large)
    marketplace story               walk the whole line with an invented council
                                    (--catalogue FILE, --invoice FILE…, --out FOLDER)
    marketplace bench search --rows N
                                    time the search beside its floor
    marketplace bench life --documents N --lines L
                                    time the way from requisition to payment

For whoever runs it for councils:

    marketplace prepare             roles and database on a server of the council's own
    marketplace ready               migrate and collect what is served
    marketplace web|worker|beat     one part of it, on servers of the council's own
    marketplace found_council NAME  bring in a council and invite its administrator
    marketplace set_up FILE         bring its cost centres, accounts, doors or budgets in
    marketplace jobs                work that failed too often (--retry owes it again)
    marketplace reset_second_factor EMAIL
                                    for somebody who lost phone and recovery codes
    marketplace backup FILE         the whole database in one file
    marketplace restore FILE        the way back, into an empty database

`marketplace COMMAND --help` tells more of one, `marketplace help` lists Django's own as well.
Without DATABASE_URL and BROKER_URL the embedded servers are started, or joined where they run.
"""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
from django.core.management import execute_from_command_line
from rich.console import Console

from marketplace.config.database import prepare
from marketplace.config.migrated import awaiting
from marketplace.embedded import arguments
from marketplace.embedded.apart import state_for
from marketplace.embedded.backup import back_up, restore
from marketplace.embedded.environment import Servers, project_folder, state_folder
from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.programs import client_programs
from marketplace.embedded.supervisor import Child, Supervisor, only_one

# These change tables; the application's own roles may not.
OWNER_COMMANDS = frozenset({"migrate", "makemigrations", "flush", "sqlmigrate", "dbshell"})
LOOPBACK = "127.0.0.1"
FIRST_ANSWER_PATIENCE_SECONDS = 90
DEATHS_BEFORE_GIVING_UP = 3
LAST_LINES = 25

console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Do what the command line says."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    try:
        if name in ("--help", "-h"):
            console.print(__doc__, markup=False)
            return 0
        if name not in arguments.OWN:
            return manage()
        asked = arguments.of(name, sys.argv[2:])
        if name in arguments.PARTS:
            return run_part(name, asked.options)
        if name in arguments.COPIES:
            return copy_database(name, asked.file)
        return {"run": run, "prepare": prepare_own, "ready": ready_own}[name]()
    except ServerProblem as problem:
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(problem), markup=False)
        return 1
    except KeyboardInterrupt:
        Console(stderr=True, highlight=False).print("\nStopped.")
        return 130  # as a shell says it of SIGINT


def manage() -> int:
    """Run one of Django's commands in the role it needs."""
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    wanted_port()  # the settings read it too
    if arguments.prepared_for_help(sys.argv[2:]) or os.environ.get("DATABASE_OWNER_URL"):
        # Somebody has told us everything already: the supervisor, or the tests.
        execute_from_command_line(sys.argv)
        return 0
    with state_for(sys.argv[1:]) as state:
        return manage_on(Servers(state), name)


def manage_on(servers: Servers, name: str) -> int:
    """Run one of Django's commands on some servers."""
    try:
        with Console(stderr=True).status("Starting the servers…"):
            os.environ.update(begin(servers))
            if is_ours(name):
                migrate_if_needed(servers)
        os.environ["DATABASE_ROLE"] = "owner" if name in OWNER_COMMANDS else "worker"
        if name == "dbshell":
            # It looks for psql, which comes with the embedded server where the system has none.
            os.environ["PATH"] += os.pathsep + str(client_programs())
        execute_from_command_line(sys.argv)
    finally:
        servers.leave()
    return 0


def is_ours(name: str) -> bool:
    """Tell whether a command is one of this project's own, which all need the tables."""
    project = project_folder()
    return any(
        any(project.glob(f"{top}/management/commands/{name}.py")) for top in ("marketplace/*", "*")
    )


def migrate_if_needed(servers: Servers) -> None:
    """Let a command be the first thing that is done on a new machine.

    Raises: ServerProblem on a council's own server, whose tables change only when it says so.
    """
    missing = awaiting(os.environ["DATABASE_OWNER_URL"], project_folder())
    if not missing:
        return
    if not servers.admin_url:
        raise ServerProblem(
            "The database has not had every change of its tables "
            f"({', '.join(missing)}). Run this first: marketplace ready"
        )
    make_ready({**os.environ, "DEMO": "0"})


def copy_database(name: str, given: str) -> int:
    """Write the whole database to a file, or read it back."""
    file = Path(given).absolute()
    servers = Servers(state_folder())
    try:
        begin(servers)
        (back_up if name == "backup" else restore)(servers.whole_url, file)
    finally:
        servers.leave()
    console.print(f"Written to {file}." if name == "backup" else f"Read from {file}.")
    return 0


def prepare_own() -> int:
    """Make the roles and the database on a server of the council's own."""
    admin_url = os.environ.get("DATABASE_ADMIN_URL")
    if not admin_url:
        raise ServerProblem(
            "Give the login of the server's administrator as DATABASE_ADMIN_URL=postgresql://…"
        )
    prepare_as(admin_url)
    console.print("The roles and the database are there. docs/running.md says what comes next.")
    return 0


def ready_own() -> int:
    """Migrate and collect static files, before a new version starts."""
    servers = Servers(state_folder())
    try:
        make_ready({**os.environ, **begin(servers)})
    finally:
        servers.leave()
    return 0


def run_part(name: str, options: list[str]) -> int:
    """Become the web server, the worker or beat, on servers that the council names."""
    missing = [each for each in ("DATABASE_URL", "BROKER_URL") if not os.environ.get(each)]
    if missing:
        raise ServerProblem(
            f"marketplace {name} needs {' and '.join(missing)}. "
            "To try the marketplace without servers of your own, use: marketplace run"
        )
    state = state_folder()
    environment = part_environment(name, state, {**os.environ, **Servers(state).begin()})
    command = part_command(name, state, bind=f"{LOOPBACK}:{wanted_port()}")
    os.execve(command[0], [*command, *options], environment)  # noqa: S606  it becomes that program


def run() -> int:
    """Run everything on this machine until asked to stop."""
    port, state = wanted_port(), state_folder()
    address = f"http://{LOOPBACK}:{port}/"
    with only_one(state, f"{address} (process {os.getpid()})"), listen(port) as listening:
        servers = Servers(state)
        try:
            with console.status("Starting the servers…"):
                given = begin(servers)
            environment = {**os.environ, **given, "PORT": str(port)}
            # Five processes that each compile every module again would start three times slower.
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            # Only here, and only on this machine's own address, may anybody enter without a
            # password; a council's own database gets no invented people unless it asks.
            environment.setdefault("DEMO", "1" if not os.environ.get("DATABASE_URL") else "0")
            supervisor = Supervisor(
                state, project_folder(), servers=servers.embedded, say=console.print
            )
            with supervisor.running():
                return supervise(supervisor, state, environment, listening, address)
        finally:
            servers.leave()


def supervise(
    supervisor: Supervisor,
    state: Path,
    environment: Mapping[str, str],
    listening: socket.socket,
    address: str,
) -> int:
    """Make the database ready, start the parts and keep them running."""
    with console.status("Preparing the database…"):
        make_ready(environment, interrupted=lambda: supervisor.stopping)

    def add(name: str) -> Child:
        child = Child(
            name,
            part_command(name, state, bind=f"fd://{listening.fileno()}"),
            part_environment(name, state, environment),
            state / "log" / f"{name}.log",
            keep_open=(listening.fileno(),) if name == "web" else (),
        )
        supervisor.add(child)
        return child

    if not supervisor.stopping:
        with console.status("Starting the web server…"):
            wait_for(supervisor, add("web"), address)
    if not supervisor.stopping:
        # After the first page, so that the worker and beat do not slow it.
        add("worker")
        add("beat")
        welcome(environment, state, address)
        supervisor.watch()
    console.print("Stopping…")
    return 0


def wait_for(supervisor: Supervisor, web: Child, address: str) -> None:
    """Wait until the web server answers or somebody stops us.

    Raises: ServerProblem when it dies again and again, or says nothing for too long.
    """
    deadline = time.monotonic() + FIRST_ANSWER_PATIENCE_SECONDS

    def given_up() -> bool:
        return web.deaths >= DEATHS_BEFORE_GIVING_UP or time.monotonic() > deadline

    supervisor.watch(lambda: given_up() or answers(address))
    if given_up() and not supervisor.stopping:
        last = "\n".join(web.log.read_text(errors="replace").splitlines()[-LAST_LINES:])
        raise ServerProblem(f"The web server does not start. It said:\n{last}")


def answers(address: str) -> bool:
    """Tell whether the web server answers, whatever it says."""
    connection = http.client.HTTPConnection(address.split("/")[2], timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except OSError:
        return False
    finally:
        connection.close()


def begin(servers: Servers) -> dict[str, str]:
    """Start or join the servers and make the roles and the database where they are missing."""
    given = servers.begin()
    if servers.admin_url:
        prepare_as(servers.admin_url)
    return given


def prepare_as(admin_url: str) -> None:
    """Make the roles and the database, as the server's administrator."""
    try:
        prepare(admin_url)
    except psycopg.Error as error:
        raise ServerProblem(f"The database could not be prepared: {error}") from error


def make_ready(
    environment: Mapping[str, str], *, interrupted: Callable[[], bool] = lambda: False
) -> None:
    """Migrate, collect static files and make the demo, in one process because Django is slow.

    When interrupted it is cut short; whatever was begun is rolled back or done next time.
    """
    making = subprocess.Popen(
        [sys.executable, "-m", "marketplace.config.ready"],
        cwd=project_folder(),
        env={**environment, "DATABASE_ROLE": "owner"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    while making.returncode is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            said, _ = making.communicate(timeout=0.2)
        if interrupted():
            making.kill()
    if making.returncode != 0 and not interrupted():
        last = "\n".join(said.strip().splitlines()[-LAST_LINES:])
        raise ServerProblem(f"The database could not be prepared. What was said last:\n{last}")
    if said.strip() and not interrupted():
        console.print(said.strip(), markup=False)


def part_command(name: str, state: Path, *, bind: str) -> list[str]:
    """Return the command line of the web server, the worker or beat."""
    python = [sys.executable, "-m"]
    if name == "web":
        settings = "python:marketplace.config.gunicorn_settings"
        return [*python, "gunicorn", "--config", settings, "--bind", bind]
    celery = [*python, "celery", "-A", "marketplace.config.celery", name, "--loglevel", "INFO"]
    if name == "worker":
        return [*celery, "--concurrency", "2", "--without-gossip", "--without-mingle"]
    return [*celery, "--schedule", str(state / "beat-schedule"), "--pidfile="]


def part_environment(name: str, state: Path, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the web server, the worker or beat."""
    if name != "web":
        return {**given, "DATABASE_ROLE": "worker"}
    environment = {**given, "DATABASE_ROLE": "web"}
    if given.get("METRICS_TOKEN") and not given.get("PROMETHEUS_MULTIPROC_DIR"):
        # Where the web processes add up their counters; those of the last run say nothing now.
        counters = state / "metrics"
        shutil.rmtree(counters, ignore_errors=True)
        counters.mkdir(parents=True)
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(counters)
    return environment


def wanted_port() -> int:
    """Return PORT, or 8000."""
    wanted = os.environ.get("PORT") or "8000"
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise ServerProblem(f"PORT must be a number from 1 to 65535, not “{wanted}”.")
    return int(wanted)


@contextlib.contextmanager
def listen(port: int) -> Iterator[socket.socket]:
    """Listen on this machine's own address.

    The supervisor holds the port and lends it to the web server, so that a browser waits, rather
    than fails, while the web server starts or starts again.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            listening.bind((LOOPBACK, port))
        except OSError as error:
            raise ServerProblem(
                f"Port {port} cannot be used ({error.strerror}). "
                f"Choose another one: PORT={port + 1 if port < 65535 else 8000} make run"
            ) from error
        listening.listen(128)
        yield listening
    finally:
        listening.close()


def welcome(environment: Mapping[str, str], state: Path, address: str) -> None:
    """Say where the marketplace is and how to enter."""
    console.print(f"\n  The marketplace is ready: [bold]{address}[/bold]")
    if environment["DEMO"] == "1":
        console.print(
            "  Enter without a password as a requester, buyer, approver, receiver, finance\n"
            f"  officer, auditor, administrator or supplier: [bold]{address}demo/[/bold]"
        )
    console.print(f"  Logs are in {state / 'log'}. Stop with Ctrl-C.\n")


if __name__ == "__main__":
    sys.exit(main())

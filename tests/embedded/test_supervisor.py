"""Child processes: kept running, stopped together, and never left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from marketplace.embedded import broker
from marketplace.embedded.problems import ServerProblem
from marketplace.embedded.supervisor import Child, Supervisor, end_left_over, only_one
from tests.embedded.conftest import eventually, kill, lives

ROOT = Path(__file__).resolve().parents[2]
# Ignores being asked to stop, and so does what it starts.
STUBBORN = (
    "import os, signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen(['sleep', '60'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)
SUPERVISOR = """
import sys, time
from pathlib import Path
from marketplace.embedded.supervisor import Child, Supervisor
state = Path(sys.argv[1])
supervisor = Supervisor(state, state, servers=[], say=print)
with supervisor.running():
    child = Child("sleeper", ["sleep", "60"], {"PATH": "/usr/bin:/bin"}, state / "sleeper.log")
    supervisor.add(child)
    print(child.process.pid, flush=True)
    supervisor.watch()
print("stopped", flush=True)
"""


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(tmp_path, tmp_path, servers=[], say=said.append)
    with supervisor.running():
        yield supervisor


def child(tmp_path, name, *command):
    return Child(name, list(command), dict(os.environ), tmp_path / f"{name}.log")


class TestSupervisor:
    def test_starts_a_killed_child_again_and_says_so(self, supervisor, tmp_path, said):
        worker = child(tmp_path, "worker", "sleep", "60")
        supervisor.add(worker)
        first = worker.process.pid
        kill(first)
        assert supervisor.watch(lambda: worker.runs and worker.process.pid != first)
        assert worker.deaths == 1
        assert "The worker process stopped (signal SIGKILL). Starting it again in 0.5 s" in said[0]

    def test_nobody_else_reads_a_log_or_what_a_child_writes(self, supervisor, tmp_path):
        log = tmp_path / "log" / "web.log"
        log.parent.mkdir()
        log.touch(0o644)
        script = "import os, time; os.mkdir('mail'); open('mail/1', 'w'); time.sleep(60)"
        web = Child("web", [sys.executable, "-c", script], dict(os.environ), log)
        supervisor.add(web)
        assert supervisor.watch((tmp_path / "mail" / "1").exists)
        modes = {each: (tmp_path / each).stat().st_mode & 0o777 for each in ("log", "log/web.log")}
        assert modes == {"log": 0o700, "log/web.log": 0o600}
        assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "mail" / "1").stat().st_mode & 0o777 == 0o600

    def test_waits_longer_each_time_a_child_dies_at_once(self, supervisor, tmp_path, said):
        broken = child(tmp_path, "beat", sys.executable, "-c", "raise SystemExit('no schedule')")
        supervisor.add(broken)
        assert supervisor.watch(lambda: broken.deaths == 3)
        assert [line.split("again in ")[1].split(" s.")[0] for line in said] == ["0.5", "1", "2"]
        assert "exit code 1" in said[0]
        assert "no schedule" in broken.log.read_text()

    def test_stops_all_within_seconds_even_the_stubborn(self, supervisor, tmp_path):
        stubborn = child(tmp_path, "web", sys.executable, "-c", STUBBORN)
        supervisor.add(stubborn)
        supervisor.add(child(tmp_path, "worker", "sleep", "60"))
        assert eventually(lambda: stubborn.log.read_text().strip() != "")
        grandchild = int(stubborn.log.read_text())
        began = time.monotonic()
        supervisor.stop()
        assert time.monotonic() - began < 6
        assert not any(each.runs for each in supervisor.children)
        assert eventually(lambda: not lives(grandchild))
        assert not (tmp_path / "processes.json").exists()

    def test_revives_a_server_that_died(self, state, tmp_path, said):
        with broker.start(state / "broker") as server:
            supervisor = Supervisor(tmp_path, tmp_path, servers=[server], say=said.append)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(server.socket))
                connection.sendall(b"SHUTDOWN NOSAVE\r\n")
            assert eventually(lambda: not server.answers())
            assert supervisor.watch(server.answers)
        assert said == ["Valkey had stopped. It was started again."]


class TestSignals:
    @pytest.fixture
    def outer(self, tmp_path):
        outer = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, tmp_path],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        yield outer
        outer.kill()
        outer.communicate()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_one_signal_stops_supervisor_and_children(self, outer, number):
        pid = int(outer.stdout.readline())
        outer.send_signal(number)
        assert outer.communicate(timeout=5)[0] == "stopped\n"
        assert outer.returncode == 0
        assert not lives(pid)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
    def test_children_do_not_outlive_a_killed_supervisor(self, outer):
        pid = int(outer.stdout.readline())
        outer.kill()
        outer.wait()
        assert eventually(lambda: not lives(pid))


class TestLeftOver:
    @pytest.fixture
    def left(self):
        process = subprocess.Popen(["sleep", "60"], start_new_session=True)
        yield process
        process.kill()
        process.wait()

    def test_ends_what_a_killed_supervisor_left(self, left, tmp_path, supervisor):
        record = tmp_path / "processes.json"
        started = Path(f"/proc/{left.pid}/stat").read_text().rpartition(")")[2].split()[19]
        record.write_text(json.dumps([{"pid": left.pid, "started": started}]))
        end_left_over(tmp_path)
        assert left.wait(5) == -signal.SIGTERM
        assert not record.exists()

    def test_spares_a_stranger_who_has_the_number_now(self, left, tmp_path):
        (tmp_path / "processes.json").write_text(json.dumps([{"pid": left.pid, "started": "1"}]))
        end_left_over(tmp_path)
        assert left.poll() is None


class TestOnlyOne:
    def test_refuses_a_second_and_says_where_the_first_is(self, tmp_path):
        first = only_one(tmp_path, "http://127.0.0.1:8000/")
        with (
            first,
            pytest.raises(ServerProblem, match=r"runs already: http://127\.0\.0\.1:8000/"),
            only_one(tmp_path, "http://127.0.0.1:8001/"),
        ):
            pass
        with only_one(tmp_path, "http://127.0.0.1:8001/"):
            pass

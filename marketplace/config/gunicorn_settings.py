"""The web server: its processes, threads and what it does when one of them ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess

wsgi_app = "marketplace.config.wsgi:application"
worker_class = "marketplace.config.gunicorn_worker.Worker"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
graceful_timeout = 3
control_socket_disable = True
# The kernel would send a file for as long as it takes; we wait only so long (patience.py).
sendfile = False
# No header may say where we are mounted, or that a connection is safe: Django reads what a proxy
# says, and only when it was told that there is one (BEHIND_PROXY).
forwarder_headers = ""
forwarded_allow_ips = ""
# A worker tells that it lives by touching a file, which must not wait for a disk.
if Path("/dev/shm").is_dir():  # noqa: S108  # memory, and only a time stamp
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def child_exit(_server: Any, worker: Any) -> None:  # noqa: ANN401  # gunicorn's own types
    """Fold the counters of a process that ended into those that are kept."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]

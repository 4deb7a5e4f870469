"""gunicorn's configuration, which `gunicorn` in the project's folder reads.

Workers share the memory-mapped model and the code, which is loaded before they fork. Environment variables override
the address, the number of workers and the number of threads.
"""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

# Two BLAS threads on two busy cores are several times slower than one; requests already run in parallel.
for _library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
# Only web requests have this limit; commands and workers run long statements.
os.environ.setdefault("DATABASE_TIMEOUT", "10")
# The worker class reads it.
os.environ.setdefault("WEB_MAX_BODY", "10000000")
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="recsite-metrics-"))
_metrics = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
_metrics.mkdir(parents=True, exist_ok=True)
for _stale_file in _metrics.glob("*.db"):
    _stale_file.unlink()

wsgi_app = "recsite.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Reads requests with deadlines and size limits, before a thread is taken.
worker_class = "recsite.operations.gunicorn_worker.BufferingWorker"
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True
timeout = 30
graceful_timeout = 30
keepalive = 5
# Each connection is a file; the usual limit of a process is 1,024.
worker_connections = 800
# Restarting a worker after this many requests bounds memory leaks; the jitter keeps workers from restarting together.
max_requests = 50_000
max_requests_jitter = 5_000
# With the heartbeat file on disk, a slow disk would look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
# The site logs its own line for each request.
accesslog = None
errorlog = "-"


def when_ready(server: object) -> None:
    """Load what workers can share before they fork, and freeze it, because a written page is copied."""
    from django.db import connections  # noqa: PLC0415 - the site is loaded after this file

    from movies.search import current  # noqa: PLC0415 - as above
    from recommendations.serving import active  # noqa: PLC0415 - as above

    active.prepare()
    current.prepare()
    connections.close_all()
    gc.collect()
    gc.freeze()


def post_fork(server: object, worker: object) -> None:
    """Let the worker follow the active version even while it gets no requests."""
    from recommendations.serving.active import follow  # noqa: PLC0415 - the site is loaded after this file

    # A request hands over the interpreter lock a dozen times, and the default of 5 ms for each adds up.
    sys.setswitchinterval(0.001)
    follow()


def child_exit(server: object, worker: object) -> None:
    """Drop the live metrics of a worker that has exited."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - it reads the directory on import

    mark_process_dead(worker.pid)  # type: ignore[attr-defined]


def on_exit(server: object) -> None:
    shutil.rmtree(_metrics, ignore_errors=True)

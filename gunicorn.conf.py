"""How gunicorn serves the site: `gunicorn` in the project's folder reads this file.

Processes share the mapped model and, loaded before they fork, the code.  Every figure can be set by the environment.
"""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

# Two threads of BLAS on two busy cores are slower than one by factors: requests are the parallelism.
for _library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
# A visitor waits no longer for the database; commands and workers, which have long statements, do.
os.environ.setdefault("DATABASE_TIMEOUT", "10")
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="recsite-metrics-"))
_metrics = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
_metrics.mkdir(parents=True, exist_ok=True)
for _left in _metrics.glob("*.db"):
    _left.unlink()

wsgi_app = "recsite.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True
timeout = 30
graceful_timeout = 30
keepalive = 5
# Whatever leaks is gone after so many requests; not all workers at once.
max_requests = 50_000
max_requests_jitter = 5_000
# A heartbeat on a disk would make a slow disk look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
# The site writes its own line for each request.
accesslog = None
errorlog = "-"


def when_ready(server: object) -> None:
    """Before processes are forked, load what they can share, and leave it alone: what is written to is copied."""
    from django.db import connections  # noqa: PLC0415 - the site is loaded after this file

    from recommendations.serving.active import prepare  # noqa: PLC0415 - as above

    prepare()
    connections.close_all()
    gc.collect()
    gc.freeze()


def post_fork(server: object, worker: object) -> None:
    """Let the process follow the active version, whether or not somebody asks it for something."""
    from recommendations.serving.active import follow  # noqa: PLC0415 - the site is loaded after this file

    # A request hands the interpreter over a dozen times; five milliseconds for each add up.
    sys.setswitchinterval(0.001)
    follow()


def child_exit(server: object, worker: object) -> None:
    """Forget what a process that has gone was doing just then."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - it reads the directory when loaded

    mark_process_dead(worker.pid)  # type: ignore[attr-defined]


def on_exit(server: object) -> None:
    shutil.rmtree(_metrics, ignore_errors=True)

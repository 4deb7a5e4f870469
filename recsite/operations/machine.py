"""Facts about the machine and scheduling of threads, on Linux and on systems that lack parts of it, such as macOS."""

import os
import resource
import sys
import threading


def usable_cpus() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lower_thread_priority(niceness: int) -> None:
    """Lower the priority of the calling thread, where threads have one of their own.

    Only Linux schedules threads by id. Elsewhere the id would name another process, or none, so nothing is done: the
    caller runs at normal priority.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


def peak_memory() -> int:
    """Return the peak memory of this process in bytes; `getrusage` counts in bytes on macOS and in KiB elsewhere."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

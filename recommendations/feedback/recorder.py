"""What people were shown and chose, written down in batches, off the path of requests.

Each process keeps a bounded queue and one thread that writes it.  Where the database cannot be reached, or more
comes than can be written, events are lost and counted: feedback is worth less than an answer.
"""

import atexit
import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone

from movies import bulk
from movies.models import Movie, User
from recommendations.feedback import assignment
from recommendations.models import Event, ModelVersion, Place
from recommendations.serving import active
from recommendations.serving.results import Recommendations

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0
SETTLE_SECONDS = 5.0
"""A click waits so long for the impression that another process may still hold."""
SAME_SECONDS = 1800
"""What is shown again so soon, as when a page is steered or made longer, is no further impression."""
REMEMBERED = 20_000
LONGEST_QUEUE = 50_000
BATCH = 1_000
EVENTS_PER_DELETE = 5_000
CLICK_AFTER = timedelta(days=1)
COLUMNS = ("kind", "at", "user", "movie", "version", "arm", "place", "source", "position")


@dataclass(frozen=True)
class Seen:
    """An event before it is written.  The version is known by its name; a click without a position is looked up."""

    kind: Event.Kind
    user_id: int
    movie_id: int
    place: str
    version: str | None = None
    arm_id: int | None = None
    source: str = ""
    position: int = 0
    at: datetime = field(default_factory=timezone.now)


class Recorder:
    """The queue of this process."""

    def __init__(self) -> None:
        self.lost = 0
        self._queue: deque[Seen] = deque()
        self._recent: OrderedDict[tuple[object, ...], float] = OrderedDict()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, events: Iterable[Seen]) -> None:
        """Take events; they are written within seconds."""
        for event in events:
            if len(self._queue) >= LONGEST_QUEUE:
                self.lost += 1
            elif event.kind == Event.Kind.CLICK or self._is_new(event):
                self._queue.append(event)
        self.start()

    def start(self) -> None:
        """Start the thread that writes, once in a process; a forked process has none of its parent's."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)
                self._thread.start()

    def flush(self, *, settled: bool = True) -> int:
        """Write what has been taken, and say how much; without `settled`, clicks that are too young too."""
        taken = [self._queue.popleft() for _ in range(len(self._queue))]
        young = timezone.now() - timedelta(seconds=SETTLE_SECONDS)
        waiting = [event for event in taken if settled and not event.position and event.at > young]
        self._queue.extend(waiting)
        ready = [event for event in taken if event not in waiting] if waiting else taken
        return sum(self._write(ready[start : start + BATCH]) for start in range(0, len(ready), BATCH))

    def _is_new(self, event: Seen) -> bool:
        key = (event.user_id, event.movie_id, event.place, event.version)
        now = time.monotonic()
        with self._lock:
            before = self._recent.pop(key, None)
            self._recent[key] = now
            while len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)
        return before is None or now - before > SAME_SECONDS

    def _write(self, events: list[Seen]) -> int:
        try:
            return write(events)
        except DatabaseError as error:
            self.lost += len(events)
            logger.warning("%s events are lost: %s", len(events), error)
            return 0

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            if self._queue:
                close_old_connections()
                self.flush()
                connection.close()


recorder = Recorder()


@atexit.register
def _flush_at_exit() -> None:
    if recorder._thread is not None:
        recorder.flush(settled=False)


def write(events: list[Seen]) -> int:
    """Save the events of people who still have an account; say how many."""
    versions = dict(ModelVersion.objects.filter(name__in={event.version for event in events}).values_list("name", "pk"))
    people = set(User.objects.filter(pk__in={event.user_id for event in events}).values_list("pk", flat=True))
    ours = [event for event in events if event.user_id in people]
    whole = [event for event in ours if event.position]
    _insert([_row(event, versions.get(event.version or "")) for event in whole])
    clicks = [row for event in ours if not event.position and (row := _attributed(event))]
    _insert(clicks)
    return len(whole) + len(clicks)


def _insert(rows: list[tuple[object, ...]]) -> None:
    """Without a model for each row, which would hold the interpreter while requests wait for it."""
    with transaction.atomic():
        bulk.store().insert(Event, COLUMNS, rows)


def _row(event: Seen, version_id: int | None) -> tuple[object, ...]:
    """The event as `COLUMNS`."""
    at = int(event.at.timestamp())
    where = event.place, event.source, event.position
    return (int(event.kind), at, event.user_id, event.movie_id, version_id, event.arm_id, *where)


def _attributed(click: Seen) -> tuple[object, ...] | None:
    """The click as one of the list in which the movie was last shown at its place; None if it was not, of late."""
    shown = Event.objects.filter(user_id=click.user_id, movie_id=click.movie_id, place=click.place)
    recent = shown.filter(kind=Event.Kind.IMPRESSION, at__gte=click.at - CLICK_AFTER)
    last = recent.order_by("-at", "-pk").first()
    if last is None:
        return None
    found = replace(click, arm_id=last.arm_id, source=last.source, position=last.position)
    return _row(found, last.version_id)


def shown(user: User, found: Recommendations, place: Place, *, only: Iterable[int] | None = None) -> None:
    """Note that somebody was shown a list, or those movies of it with an id in `only`."""
    kept = None if only is None else set(only)
    recorder.put(
        Seen(
            Event.Kind.IMPRESSION,
            user.pk,
            entry.movie.pk,
            place,
            version=found.version,
            arm_id=found.arm,
            source=found.source,
            position=position,
        )
        for position, entry in enumerate(found.entries, start=1)
        if kept is None or entry.movie.pk in kept
    )


def shown_similar(user: User, movies: Iterable[Movie]) -> None:
    """Note that somebody was shown movies like the one they look at."""
    model = active.current()
    version = model.name if model else None
    recorder.put(
        Seen(Event.Kind.IMPRESSION, user.pk, movie.pk, Place.SIMILAR, version, source="similar", position=position)
        for position, movie in enumerate(movies, start=1)
    )


def clicked(user: User, movie_id: int, place: Place) -> None:
    """Note that somebody chose a movie at a place; it counts if they were shown it there."""
    recorder.put([Seen(Event.Kind.CLICK, user.pk, movie_id, place)])


def arm_id_of(user_id: int) -> int | None:
    """The arm of the running experiment that somebody is in."""
    arms = assignment.running()
    return assignment.arm_of(user_id, arms).pk if arms else None


def prune(now: datetime | None = None) -> int:
    """Delete the events that are older than they are kept; say how many."""
    limit = (now or timezone.now()) - timedelta(days=settings.EVENTS_KEPT_DAYS)
    deleted = 0
    while old := list(
        Event.objects.filter(at__lt=limit).order_by("at").values_list("pk", flat=True)[:EVENTS_PER_DELETE]
    ):
        deleted += Event.objects.filter(pk__in=old).delete()[0]
    return deleted

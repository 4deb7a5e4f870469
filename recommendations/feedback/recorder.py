"""Record impressions and clicks in batches, outside the request path.

Each process has a bounded queue and one thread that writes it. If the database is unreachable or the queue is full,
events are dropped and counted: serving matters more than feedback.
"""

import atexit
import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import Count
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
"""How long a click waits for its impression, which another process may not have written yet."""
SAME_SECONDS = 1800
"""Showing a movie again within this time, as when a list is steered or extended, is not another impression."""
REMEMBERED = 20_000
LONGEST_QUEUE = 50_000
BATCH = 1_000
MOST_PER_DAY = 5_000
"""Events of one user on one day (UTC): far more than a person can see, and too few to fill queue or table."""
EVENTS_PER_DELETE = 5_000
CLICK_AFTER = timedelta(days=1)
COLUMNS = ("kind", "at", "user", "movie", "version", "arm", "place", "source", "position")


@dataclass(frozen=True)
class PendingEvent:
    """An event that is not written yet.

    `version` is the version's name. A click without a position takes position, source and arm from its impression.
    """

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
    """This process's queue of events and the thread that writes them."""

    def __init__(self) -> None:
        self.lost = 0
        self._counts: Counter[int] = Counter()
        self._day: date | None = None
        self._queue: deque[PendingEvent] = deque()
        self._recent: OrderedDict[tuple[object, ...], float] = OrderedDict()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, events: Iterable[PendingEvent]) -> None:
        """Queue events; they are written within seconds."""
        for event in events:
            if len(self._queue) >= LONGEST_QUEUE:
                self.lost += 1
            elif self._is_beyond_cap(event):
                continue
            elif event.kind == Event.Kind.CLICK or self._is_new(event):
                self._queue.append(event)
        self.start()

    def start(self) -> None:
        """Start the writing thread once per process; a forked process does not inherit its parent's."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)
                self._thread.start()

    def flush(self, *, settled: bool = True) -> int:
        """Write queued events and return how many; unless `settled`, also clicks that may precede their impression."""
        queued = [self._queue.popleft() for _ in range(len(self._queue))]
        settled_before = timezone.now() - timedelta(seconds=SETTLE_SECONDS)
        waiting = [event for event in queued if settled and not event.position and event.at > settled_before]
        self._queue.extend(waiting)
        ready = [event for event in queued if event not in waiting] if waiting else queued
        return sum(self._write(ready[start : start + BATCH]) for start in range(0, len(ready), BATCH))

    def _is_beyond_cap(self, event: PendingEvent) -> bool:
        """Count a user's event in this process, so that one user cannot fill the queue; `write` counts in the table."""
        with self._lock:
            if self._day != event.at.date():
                self._day = event.at.date()
                self._counts.clear()
            self._counts[event.user_id] += 1
            return self._counts[event.user_id] > MOST_PER_DAY

    def _is_new(self, event: PendingEvent) -> bool:
        key = (event.user_id, event.movie_id, event.place, event.version)
        now = time.monotonic()
        with self._lock:
            last_shown = self._recent.pop(key, None)
            self._recent[key] = now
            while len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)
        return last_shown is None or now - last_shown > SAME_SECONDS

    def _write(self, events: list[PendingEvent]) -> int:
        try:
            return write(events)
        except DatabaseError as error:
            self.lost += len(events)
            logger.warning("%s events were dropped: %s", len(events), error)
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


def write(events: list[PendingEvent]) -> int:
    """Save the events of users who still have an account, up to `MOST_PER_DAY` of each; return how many."""
    versions = dict(ModelVersion.objects.filter(name__in={event.version for event in events}).values_list("name", "pk"))
    user_ids = set(User.objects.filter(pk__in={event.user_id for event in events}).values_list("pk", flat=True))
    kept = _capped([event for event in events if event.user_id in user_ids])
    complete = [event for event in kept if event.position]
    _insert([_row(event, versions.get(event.version or "")) for event in complete])
    clicks = [row for event in kept if not event.position and (row := _attributed(event))]
    _insert(clicks)
    return len(complete) + len(clicks)


def _capped(events: list[PendingEvent]) -> list[PendingEvent]:
    """Return the events that keep each user's stored events of a day (UTC) within `MOST_PER_DAY`."""
    if not events:
        return []
    today = min(event.at for event in events).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    stored = Event.objects.filter(user_id__in={event.user_id for event in events}, at__gte=today).order_by()
    counts = Counter(dict(stored.values_list("user_id").annotate(Count("pk"))))
    kept = []
    for event in events:
        counts[event.user_id] += 1
        if counts[event.user_id] <= MOST_PER_DAY:
            kept.append(event)
    return kept


def _insert(rows: list[tuple[object, ...]]) -> None:
    # Not by `bulk_create`: building model instances holds the interpreter lock while requests wait for it.
    with transaction.atomic():
        bulk.store().insert(Event, COLUMNS, rows)


def _row(event: PendingEvent, version_id: int | None) -> tuple[object, ...]:
    """Return the event as `COLUMNS`."""
    at = int(event.at.timestamp())
    shown_at = event.place, event.source, event.position
    return (int(event.kind), at, event.user_id, event.movie_id, version_id, event.arm_id, *shown_at)


def _attributed(click: PendingEvent) -> tuple[object, ...] | None:
    """Attribute a click to the movie's last impression at the same place; None without a recent impression."""
    events = Event.objects.filter(user_id=click.user_id, movie_id=click.movie_id, place=click.place)
    recent = events.filter(kind=Event.Kind.IMPRESSION, at__gte=click.at - CLICK_AFTER)
    impression = recent.order_by("-at", "-pk").first()
    if impression is None:
        return None
    attributed = replace(click, arm_id=impression.arm_id, source=impression.source, position=impression.position)
    return _row(attributed, impression.version_id)


def shown(user: User, recommended: Recommendations, place: Place, *, only: Iterable[int] | None = None) -> None:
    """Record that a user was shown a list, or its movies with an id in `only`."""
    shown_ids = None if only is None else set(only)
    recorder.put(
        PendingEvent(
            Event.Kind.IMPRESSION,
            user.pk,
            entry.movie.pk,
            place,
            version=recommended.version,
            arm_id=recommended.arm,
            source=recommended.source,
            position=position,
        )
        for position, entry in enumerate(recommended.entries, start=1)
        if shown_ids is None or entry.movie.pk in shown_ids
    )


def shown_similar(user: User, movies: Iterable[Movie]) -> None:
    """Record that a user was shown movies similar to the one whose page they are on."""
    model = active.current()
    version = model.name if model else None
    recorder.put(
        PendingEvent(
            Event.Kind.IMPRESSION, user.pk, movie.pk, Place.SIMILAR, version, source="similar", position=position
        )
        for position, movie in enumerate(movies, start=1)
    )


def clicked(user: User, movie_id: int, place: Place) -> None:
    """Record that a user clicked a movie at a place; it counts only if they were shown it there."""
    recorder.put([PendingEvent(Event.Kind.CLICK, user.pk, movie_id, place)])


def arm_id_of(user_id: int) -> int | None:
    """Return the primary key of the running experiment's arm that a user is in; None if no experiment runs."""
    arms = assignment.running()
    return assignment.arm_of(user_id, arms).pk if arms else None


def prune(now: datetime | None = None) -> int:
    """Delete events older than `EVENTS_KEPT_DAYS`; return how many."""
    cutoff = (now or timezone.now()) - timedelta(days=settings.EVENTS_KEPT_DAYS)
    deleted = 0
    while old := list(
        Event.objects.filter(at__lt=cutoff).order_by("at").values_list("pk", flat=True)[:EVENTS_PER_DELETE]
    ):
        deleted += Event.objects.filter(pk__in=old).delete()[0]
    return deleted

"""The preview of an import: what a file says, what its lines match, and what the member decided.

It is kept in the cache as compressed JSON under the member's id, with the file, so that a member has one at a time.
"""

import json
import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache

from movies.models import User
from movies.transfer import matching, reading
from movies.transfer.entries import Entry, Kind, Options, Sheet

AGE = 2 * 3600
DROPPED = 0
"""The choice that leaves a line out."""
STORED = (Kind.RATING, Kind.WATCHLIST)
"""Kinds that an import saves. There is nowhere to keep likes, and what was seen without a rating, yet."""


@dataclass(frozen=True)
class Line:
    """A line that can be imported, with the movies it may mean."""

    key: str
    number: int
    source: str
    kind: str
    half_stars: int | None
    at: int | None
    name: str
    title: str
    movie: int | None
    options: list[int]

    @property
    def rated_at(self) -> datetime | None:
        return datetime.fromtimestamp(self.at, UTC) if self.at else None


@dataclass
class Preview:
    """A file that was read and matched; `choices` are the member's corrections: a movie by the key of a line."""

    token: str
    name: str
    lines: list[Line]
    options: dict[str, Any]
    layouts: list[list[str]]
    header: list[str]
    scale: int | None
    scale_open: bool
    unrated: int
    rounded: int
    seen: int
    likes: int
    rejected: list[list[Any]]
    set_aside: list[list[Any]]
    unread: list[str]
    choices: dict[str, int] = field(default_factory=dict)

    def line(self, key: str) -> Line | None:
        return next((line for line in self.lines if line.key == key), None)

    def movie_of(self, line: Line) -> int | None:
        """Return the movie of a line by the member's choice or else by matching; None if there is none."""
        return self.choices.get(line.key, line.movie) or None

    def ready(self, kind: Kind) -> dict[int, Line]:
        """Return the lines of a kind by their movies; of several for one movie the last counts."""
        return {pk: line for line in self.lines if line.kind == kind and (pk := self.movie_of(line))}

    def ambiguous(self) -> list[Line]:
        return [line for line in self.lines if line.options and not line.movie and line.key not in self.choices]

    def missed(self) -> list[Line]:
        return [line for line in self.lines if not (line.movie or line.options or line.key in self.choices)]

    def dropped(self) -> list[Line]:
        return [line for line in self.lines if self.choices.get(line.key) == DROPPED]

    @property
    def layout(self) -> str:
        """The key of the layout of a file that is not a zip."""
        return self.layouts[0][1] if len(self.layouts) == 1 and not self.layouts[0][0] else ""

    @property
    def has_halves(self) -> bool:
        """Whether ratings between whole numbers make five stars likelier than ten points."""
        return any((line.half_stars or 0) % 2 for line in self.lines)


def create(user: User, name: str, data: bytes, sheet: Sheet) -> Preview:
    """Match the entries of a file, and keep the preview; it replaces an earlier one of the member."""
    preview = _preview(secrets.token_urlsafe(9), name, sheet, Options())
    cache.set(f"{_key(user)}:file", zlib.compress(data), AGE)
    save(user, preview)
    return preview


def read_again(user: User, preview: Preview, options: Options) -> Preview | None:
    """Read the file of a preview with other options; None if it is no longer there. Raises `UnreadableError`."""
    data = cache.get(f"{_key(user)}:file")
    if not isinstance(data, bytes):
        return None
    again = _preview(preview.token, preview.name, reading.read(zlib.decompress(data), preview.name, options), options)
    if again.layouts == preview.layouts:
        keys = {line.key for line in again.lines}
        again = replace(again, choices={key: pk for key, pk in preview.choices.items() if key in keys})
    save(user, again)
    return again


def save(user: User, preview: Preview) -> None:
    cache.set(_key(user), zlib.compress(json.dumps(asdict(preview)).encode()), AGE)


def load(user: User, token: str) -> Preview | None:
    """Return a member's preview; None if it has expired, or another file has replaced it."""
    data = cache.get(_key(user))
    if not isinstance(data, bytes):
        return None
    values: dict[str, Any] = json.loads(zlib.decompress(data))
    preview = Preview(**{**values, "lines": [Line(**line) for line in values["lines"]]})
    return preview if secrets.compare_digest(preview.token.encode(), token.encode()) else None


def forget(user: User) -> None:
    """Delete a member's preview and its file."""
    cache.delete_many([_key(user), f"{_key(user)}:file"])


def _key(user: User) -> str:
    return f"import:{user.pk}"


def _preview(token: str, name: str, sheet: Sheet, options: Options) -> Preview:
    entries = _last_of_each(entry for entry in sheet.entries if entry.kind in STORED)
    found = matching.match(entries)
    return Preview(
        token=token,
        name=name[:200],
        lines=list(_lines(sheet, entries, found)),
        options=asdict(options),
        layouts=[list(pair) for pair in sheet.layouts],
        header=sheet.header,
        scale=sheet.scale,
        scale_open=sheet.scale_open,
        unrated=sheet.unrated,
        rounded=sheet.rounded,
        seen=sheet.seen_without_rating(),
        likes=sheet.likes(),
        rejected=[[line.number, line.text, line.source] for line in sheet.rejected],
        set_aside=[[line.number, line.text, line.source] for line in sheet.set_aside],
        unread=sheet.unread,
    )


def _last_of_each(entries: Iterable[Entry]) -> list[Entry]:
    """Return the last entry of each kind about a movie: a correction of it must not leave others behind."""
    return list({(entry.kind, entry.identity): entry for entry in entries}.values())


def _lines(sheet: Sheet, entries: list[Entry], found: list[matching.Found]) -> Iterator[Line]:
    sources: Mapping[str, int] = {source: number for number, (source, _) in enumerate(sheet.layouts)}
    for entry, match in zip(entries, found, strict=True):
        yield Line(
            key=f"{sources.get(entry.source, 0)}-{entry.number}",
            number=entry.number,
            source=entry.source,
            kind=entry.kind,
            half_stars=entry.half_stars,
            at=int(entry.at.timestamp()) if entry.at else None,
            name=entry.name,
            title=entry.title,
            movie=match.movie,
            options=list(match.options),
        )

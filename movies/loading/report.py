"""Report of a load, stored for the admin (see `movies.models.loads`)."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from movies.bulk.store import Written
from movies.models.loads import Load
from movies.sources.movielens.archive import UnreadableReleaseError
from movies.sources.movielens.rejects import TooManyRejectsError
from movies.sources.movielens.releases import Release


def write_report(
    release: Release, started_at: datetime, written: Mapping[str, Written], error: BaseException | None = None
) -> None:
    """Store what a load wrote and rejected, or the error that ended it."""
    rejects = release.rejects
    Load.objects.create(
        source=_storable(release.name),
        started_at=started_at,
        seconds=(timezone.now() - started_at).total_seconds(),
        outcome=_outcome(error),
        error=_storable(str(error or "").strip()),
        files=[{"file": file, "read": rows, "refused": rejects.counts[file]} for file, rows in rejects.rows.items()],
        written=[{"kind": kind, **vars(rows)} for kind, rows in written.items()],
        reasons=[{"reason": reason, "rows": rows} for reason, rows in rejects.reasons.most_common()],
        examples=[_storable(row) for row in rejects.examples],
    )


def _outcome(error: BaseException | None) -> Load.Outcome:
    match error:
        case None:
            return Load.Outcome.LOADED
        case UnreadableReleaseError() | TooManyRejectsError():
            return Load.Outcome.REFUSED
        case KeyboardInterrupt():
            return Load.Outcome.INTERRUPTED
        case _:
            return Load.Outcome.FAILED


def _storable(text: str) -> str:
    """Replace what PostgreSQL cannot store: NULs, and bytes of a file that could not be decoded."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()

"""The recorded events of one member, for the export of personal data."""

from typing import Any

from movies.models import User
from recommendations.models import Event


def events_of(user: User) -> list[dict[str, Any]]:
    """Return the impressions and clicks of a user, oldest first, ready for JSON."""
    return [
        {
            "kind": Event.Kind(event.kind).label.lower(),
            "at": event.at.isoformat(),
            "movie": event.movie_id,
            "place": event.place,
            "source": event.source,
            "position": event.position,
        }
        for event in Event.objects.filter(user=user).order_by("at", "pk").iterator(chunk_size=2000)
    ]

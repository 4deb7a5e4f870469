"""What a worker does for the catalogue."""

import logging

from celery import shared_task

from movies import fetched_posters, tmdb

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def fetch_posters() -> None:
    """Fetch some posters, if there is a key for them; the schedule comes back for more."""
    if not fetched_posters.wanted():
        return
    try:
        fetched_posters.fetch_posters()
    except tmdb.UnavailableError as error:
        logger.warning("Posters must wait: %s", error)

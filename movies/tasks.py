"""What a worker does for the catalogue."""

import logging

from celery import shared_task

from movies.posters import fetch
from movies.sources import tmdb

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def fetch_posters() -> None:
    """Fetch some posters, if there is a key for them; the schedule comes back for more."""
    if not fetch.wanted():
        return
    try:
        fetch.fetch_posters()
    except tmdb.UnavailableError as error:
        logger.warning("Posters must wait: %s", error)

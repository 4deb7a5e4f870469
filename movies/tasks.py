"""Celery tasks of the catalogue."""

import logging

from celery import shared_task

from movies.posters import fetch
from movies.sources import tmdb
from recsite.database.sessions import SessionStore

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def fetch_posters() -> None:
    """Fetch a batch of posters if a TMDB key is set; the schedule fetches the next batch."""
    if not fetch.enabled():
        return
    try:
        fetch.fetch_posters()
    except tmdb.UnavailableError as error:
        logger.warning("Posters could not be fetched, will retry: %s", error)


@shared_task(ignore_result=True)
def delete_expired_sessions() -> None:
    """Delete the sessions that serve nobody any more."""
    SessionStore.clear_expired()

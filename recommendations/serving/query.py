"""How the model is asked: which version, about whom, and what if it fails."""

import logging
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from movies import columns, selectors
from movies.models import User
from recommendations.feedback.assignment import treatment_of
from recommendations.serving import active, metrics
from recommendations.serving.model import Bundle, Ratings

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Opinions(NamedTuple):
    """What a list for somebody follows from: their ratings, and the ids of the movies that they hid, ascending."""

    ratings: Ratings
    hidden: list[int]


def opinions_of(user: User) -> Opinions:
    return Opinions(Ratings(*columns.of_user(user.pk)), selectors.hidden_ids(user))


def bundle_for(user: User) -> Bundle | None:
    """The version that answers a member: that of their arm of an experiment, or the active one."""
    treatment = treatment_of(user)
    return (treatment and treatment.bundle) or active.current()


def answer(bundle: Bundle | None, question: Callable[[Bundle], T | None]) -> T | None:
    """What the model answers, if there is one; None as well if it fails, for a page never does."""
    if bundle is None:
        return None
    try:
        return question(bundle)
    except Exception:
        logger.exception("Version %s has no answer", bundle.name)
        metrics.fallbacks.labels("the model failed").inc()
        return None

"""Resolve a user's query: their history, the model that answers it, and the experiment arm it counts for."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from movies import columns, selectors
from movies.models import User
from recommendations.feedback.assignment import Treatment, treatment_of
from recommendations.serving import active, metrics
from recommendations.serving.filters import Steering
from recommendations.serving.model import ServingModel
from recommendations.serving.profile import Ratings

logger = logging.getLogger(__name__)
T = TypeVar("T")

UNSTEERED = Steering()


class UserHistory(NamedTuple):
    """A user's ratings, and the ids of the movies that they hid or marked as seen, both ascending."""

    ratings: Ratings
    hidden: Sequence[int] = ()
    seen: Sequence[int] = ()


@dataclass(frozen=True)
class UserQuery:
    """Who asks and which model answers, decided once per request.

    Attributes
    ----------
    user_id : int or None
        None for ratings that belong to no account.
    history : UserHistory
    model : ServingModel or None
        The version of the user's experiment arm, else the active one; None if no version serves.
    steering : Steering
        The arm's steering of lists that the user does not steer.
    arm : int or None
        The arm's primary key.
    """

    user_id: int | None
    history: UserHistory
    model: ServingModel | None
    steering: Steering = UNSTEERED
    arm: int | None = None

    @property
    def tag(self) -> str | None:
        """A string that changes whenever the user's lists may change; None if no version serves."""
        if self.model is None:
            return None
        ratings, *lists = self.history
        return f"{self.model.name}:{ratings.fingerprint}:{ratings.rated_at.sum()}:{self.arm}:{lists}"


def user_query(user: User) -> UserQuery:
    """Read a user's history and decide which model answers."""
    history = UserHistory(ratings_of(user), selectors.hidden_ids(user), selectors.seen_ids(user))
    model, treatment = assigned_model(user)
    if treatment is None:
        return UserQuery(user.pk, history, model)
    return UserQuery(user.pk, history, model, treatment.steering, treatment.arm.pk)


def ratings_of(user: User) -> Ratings:
    """Read a user's current ratings."""
    return Ratings(*columns.of_user(user.pk))


def assigned_model(user: User) -> tuple[ServingModel | None, Treatment | None]:
    """Return the model that answers a user, and what the running experiment changes for them."""
    treatment = treatment_of(user)
    return (treatment and treatment.model) or active.current(), treatment


def find_deleted(model: ServingModel) -> NDArray[np.int32]:
    """Read which of a model's movies were deleted, so that it leaves them out; return their ordinals."""
    return model.deleted.compare(model.movies, selectors.all_movie_ids())


def query_or_fallback(model: ServingModel | None, query: Callable[[ServingModel], T | None]) -> T | None:
    """Run a query against a model; None without a model or if it fails, so that pages fall back to popular movies."""
    if model is None:
        return None
    try:
        return query(model)
    except Exception:
        # A broken model must never break a page.
        logger.exception("Version %s failed to answer", model.name)
        metrics.fallbacks.labels("the model failed").inc()
        return None

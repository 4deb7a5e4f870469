"""Example requests and responses for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

GENRES = [{"slug": "sci-fi", "name": "Sci-Fi"}, {"slug": "thriller", "name": "Thriller"}]
MOVIE = {
    "id": 260,
    "title": "The Matrix",
    "alternative_title": "",
    "year": 1999,
    "genres": GENRES,
    "rating_count": 278,
    "rating_mean": 4.19,
}
LISTED = {
    "version": "20261124-031500-42",
    "source": "folded_in",
    "results": [
        {
            "rank": 1,
            "movie": MOVIE,
            "score": 3.27,
            "predicted_stars": 4.4,
            "reasons": [
                {
                    "movie": {**MOVIE, "id": 541, "title": "Blade Runner", "year": 1982, "rating_count": 124},
                    "stars": 5.0,
                    "share": 0.41,
                }
            ],
            "explanation": None,
        }
    ],
}
REFUSED = {
    "type": "validation_error",
    "errors": [{"code": "invalid", "detail": "A rating is 0.5 to 5.0 stars in steps of 0.5.", "attr": "stars"}],
}


def request(value: Any, name: str = "Request") -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def answer(value: Any, name: str = "Answer") -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True)

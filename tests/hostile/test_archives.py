"""Loading a damaged or hostile archive leaves the database unchanged or complete, never in between."""

import io
import json
import tempfile
import zipfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from movies.models import Genre, Movie, MovieTag, Rating, Tag, User
from movies.models.genome import GenomeTag, GenomeVector
from movies.sources.movielens.rejects import Limit
from tests.support import releases

pytestmark = [pytest.mark.database, pytest.mark.slow]

GOOD = {
    **releases.FILES,
    "genome-tags.csv": "tagId,tag\n1,pixar\n2,slow\n",
    "genome-scores.csv": "movieId,tagId,relevance\n1,1,0.9\n1,2,0.1\n",
}
CELLS = st.sampled_from(
    [
        *("", "0", "1", "2", "99", "2571", "-1", "4242", "1.0", "0.5", "5.0", "5.5", "nan", "inf", "1e3", "٣", "４.0"),
        *(
            "964982703",
            "-5",
            "99999999999999999999",
            "2147483648",
            "=1+1",
            '"',
            '"a,b"',
            "\0",
            "\ufeff",
            "a\rb",
            "x" * 500,
        ),
        *("Toy Story (1995)", "Drama|Drama", "(no genres listed)", "|||", "\ud800"),
    ]
)
LINES = st.lists(CELLS, min_size=0, max_size=6).map(",".join)


@st.composite
def texts(draw: st.DrawFn, good: str) -> bytes:
    """Draw a release's file with lines inserted, changed, duplicated or dropped, or with its bytes damaged."""
    lines = good.splitlines()
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines)))
        edit = draw(st.sampled_from(["insert", "double", "drop", "cell"]))
        if edit == "insert" or not lines[at:]:
            lines.insert(at, draw(LINES))
        elif edit == "double":
            lines.insert(at, lines[at])
        elif edit == "drop":
            del lines[at]
        else:
            cells = lines[at].split(",")
            cells[draw(st.integers(0, len(cells) - 1))] = draw(CELLS)
            lines[at] = ",".join(cells)
    data = draw(st.sampled_from(["\n", "\r\n"])).join([*lines, ""]).encode("utf-8", "surrogatepass")
    damage = draw(st.sampled_from(["none"] * 6 + ["cut", "flip", "bom", "utf-16", "empty", "noise"]))
    if damage == "cut":
        return data[: draw(st.integers(0, len(data)))]
    if damage == "flip" and data:
        at = draw(st.integers(0, len(data) - 1))
        return data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
    others = {"bom": b"\xef\xbb\xbf" + data, "utf-16": data.decode("utf-8", "replace").encode("utf-16"), "empty": b""}
    return draw(st.binary(max_size=200)) if damage == "noise" else others.get(damage, data)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Draw a zip archive with hostile contents, names or bytes."""
    out = io.BytesIO()
    folder = draw(st.sampled_from(["", "ml/", "ml/", "../", "/", "a/b/", "ml\\"]))
    with zipfile.ZipFile(out, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as archive:
        for name, good in GOOD.items():
            if draw(st.integers(0, 9)):
                archive.writestr(folder + name, draw(texts(good)))
        if not draw(st.integers(0, 5)):
            archive.writestr(draw(st.sampled_from(["../evil", "other/ratings.csv", "ml/x.exe", "ratings.csv/"])), b"x")
    data = bytearray(out.getvalue())
    if not draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(data) - 1))
        data[at] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


def stored() -> list[Any]:
    """Return everything that a load may write."""
    return [
        sorted(User.objects.values_list("pk", "username", "movielens_id")),
        sorted(Movie.objects.values_list("pk", "movielens_id", "title", "search_text", "rating_count", "rating_sum")),
        sorted(Movie.genres.through.objects.values_list("movie_id", "genre__name")),
        sorted(Genre.objects.values_list("name", flat=True)),
        sorted(Rating.objects.values_list("pk", "user_id", "movie_id", "half_stars", "rated_at")),
        sorted(MovieTag.objects.values_list("user_id", "movie_id", "tag__key", "tagged_at")),
        sorted(Tag.objects.values_list("key", flat=True)),
        list(GenomeTag.objects.values_list("name", flat=True)),
        sorted((pk, bytes(vector)) for pk, vector in GenomeVector.objects.values_list("movie_id", "relevances")),
    ]


def load(data: bytes, *, limit: Limit, replace: bool) -> dict[str, Any] | None:
    """Return the load's summary, or None if it refused the file."""
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as output:
        path = Path(folder) / "release.zip"
        path.write_bytes(data)
        try:
            call_command("load_movielens", path, json=True, max_rejects=limit, replace=replace)
        except CommandError:
            return None
    summary: dict[str, Any] = json.loads(output.getvalue())
    return summary


class AnyArchive(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):
            call_command("load_movielens", releases.write(Path(folder) / "ml"), json=True)
        visitor = User.objects.create_user("ada")
        Rating.objects.create(user=visitor, movie=Movie.objects.get(movielens_id=1), half_stars=7)

    @given(data=archives(), rows=st.sampled_from([0, 0, 100]), replace=st.booleans())
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def test_leaves_the_database_unchanged_or_complete(self, data: bytes, rows: int, *, replace: bool) -> None:
        before = stored()
        visitor_ratings = list(Rating.objects.filter(user__username="ada").values())
        summary = load(data, limit=Limit(rows=rows), replace=replace)
        assert list(Rating.objects.filter(user__username="ada").values()) == visitor_ratings
        if summary is None:
            assert stored() == before
            return
        self.check_complete(data, Limit(rows=rows), replace=replace)

    def check_complete(self, data: bytes, limit: Limit, *, replace: bool) -> None:
        """Check that the counters match the ratings, and that loading the same archive again changes nothing."""
        counted = Rating.objects.values("movie_id").annotate(ratings=Count("pk"), half_stars=Sum("half_stars"))
        rated = {row["movie_id"]: (row["ratings"], row["half_stars"]) for row in counted}
        for pk, count, total in Movie.objects.values_list("pk", "rating_count", "rating_sum"):
            assert (count, total) == rated.get(pk, (0, 0))
        complete = stored()
        reloaded = load(data, limit=limit, replace=False)
        assert reloaded is not None
        changes = {
            kind: row for kind, row in reloaded.items() if kind != "rejected" and (row["added"] or row["changed"])
        }
        assert not changes
        assert stored() == complete

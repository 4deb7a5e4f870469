"""`manage.py load_movielens` rejects bad rows, up to a limit."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from movies.sources.movielens.rejects import Limit
from tests.movies.loading.loads import load, stored
from tests.support import releases

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,99,nan,964982703", "rating “nan” is not 0.5 to 5 in steps of 0.5"),
        ("1,99,inf,964982703", "rating “inf” is not"),
        ("1,99,0.0,964982703", "rating “0.0” is not"),
        ("1,99,5.5,964982703", "rating “5.5” is not"),
        ("1,99,3.7,964982703", "rating “3.7” is not"),
        ("1,99,\uff14,964982703", "rating “\uff14” is not"),
        ("\uff11,99,4.0,964982703", "userId “\uff11” is not a whole number"),
        ("-1,99,4.0,964982703", "userId “-1” is not a whole number"),
        ("1,99999999999999999999,4.0,964982703", "movieId “99999999999999999999” is not a whole number"),
        ("1,99,4.0,-5", "timestamp “-5” is not in Unix seconds between 1990 and now"),
        ("1,99,4.0,99999999999", "timestamp “99999999999” is not in Unix seconds between 1990 and now"),
        ("1,99,4.0", "3 columns instead of 4"),
        ("1,99,4.0,964982703,7", "5 columns instead of 4"),
        ("1,4242,4.0,964982703", "movie 4242 is not in movies.csv"),
    ],
)
def test_a_bad_rating_is_rejected_with_its_line_and_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, reason: str
) -> None:
    folder = releases.write(tmp_path / "ml", ratings=releases.RATINGS + line + "\n2,99,4.5,964982703\n")
    report = tmp_path / "rejects"
    summary = load(folder, capsys, max_rejects=Limit(rows=1), rejects=report)
    assert summary["rejected"] == 1
    assert report.read_text().startswith(f"ratings.csv:5: {reason}")
    assert summary["ratings"]["added"] == 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ratings": releases.RATINGS + "1,99,nan,964982703\n"}, "1 of 4 rows of ratings.csv are bad"),
        ({"movies": releases.MOVIES + "x,Nothing (1999),Drama\n"}, "1 of 4 rows of movies.csv are bad"),
        ({"movies": releases.MOVIES + "1,Toy Story (1995),Drama\n"}, "1 of 4 rows of movies.csv are bad"),
        ({"movies": releases.MOVIES.encode() + b"5,Am\xe9lie (2001),Drama\n"}, "convert the file to UTF-8"),
        ({"movies": releases.MOVIES + "5,\0 (2001),Drama\n"}, "title contains a NUL"),
        ({"tags": releases.TAGS + "2,1,,1445714994\n"}, "tag is empty"),
        ({"links": releases.LINKS + "1,tt5,7\n"}, "imdbId “tt5” is not a whole number"),
        ({"ratings": releases.RATINGS.replace("rating,", "stars,")}, "its columns must be userId,movieId,rating"),
        ({"ratings": ""}, "its columns must be"),
    ],
)
def test_a_release_with_too_many_bad_rows_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, Any], message: str
) -> None:
    load(releases.write(tmp_path / "good"), capsys)
    before = stored()
    more = {"movies": releases.MOVIES + "500,More (1999),Western\n"}
    with pytest.raises(CommandError) as refused:
        load(releases.write(tmp_path / "bad", **{**more, **changed}), capsys)
    assert message in str(refused.value)
    assert stored() == before


def test_a_limit_is_a_number_or_a_share() -> None:
    assert Limit.parse("200") == Limit(rows=200)
    assert Limit.parse("0.5%") == Limit(share=0.005)


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "5 %", ""])
def test_an_invalid_limit_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="neither a number of rows"):
        Limit.parse(text)

"""Each family of releases is recognised by its files and read like the newest one."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from movies.models import Movie, MovieTag, Rating
from tests.support import releases

pytestmark = [pytest.mark.django_db, pytest.mark.database]

MOVIES = """1::Toy Story (1995)::Adventure|Animation
2571::Matrix, The: "Zion" (1999)::Action
99::Amélie (2001)::
"""
ML_10M = {
    "movies.dat": MOVIES,
    "ratings.dat": "1::1::4::964982703\n1::2571::0.5::964982224\n2::1::5::1445714835\n",
    "tags.dat": '2::1::"pixar", they say::1445714994\n',
}
ML_1M = {
    "movies.dat": MOVIES,
    "ratings.dat": "1::1::4::964982703\n1::2571::1::964982224\n2::1::5::1445714835\n",
    "users.dat": "1::F::1::10::48067\n2::M::56::16::70072\n",
}
FLAGS = {"Action": 1, "Adventure": 2, "Animation": 3}


def item(pk: int, title: str, *genres: str) -> str:
    flags = "|".join("1" if place in [FLAGS[name] for name in genres] else "0" for place in range(19))
    return f"{pk}|{title}|01-Jan-1995||http://us.imdb.com/M/title-exact|{flags}\n"


ML_100K = {
    "u.item": item(1, "Toy Story (1995)", "Adventure", "Animation")
    + item(2571, 'Matrix, The: "Zion" (1999)', "Action")
    + item(99, "Amélie (2001)"),
    "u.data": "1\t1\t4\t964982703\n1\t2571\t1\t964982224\n2\t1\t5\t1445714835\n",
    "u.user": "1|24|M|technician|85711\n2|53|F|other|94043\n",
}
LATIN = ("ml-1m", "ml-100k")


def write(folder: Path, name: str, end: str = "\n", **changed: str) -> Path:
    folder.mkdir()
    files = {"ml-10m": ML_10M, "ml-1m": ML_1M, "ml-100k": ML_100K}[name]
    for file, text in files.items():
        content = changed.get(file.replace(".", "_"), text).replace("\n", end)
        (folder / file).write_bytes(content.encode("latin-1" if name in LATIN else "utf-8"))
    return folder


def stored() -> list[Any]:
    return [
        [
            (movie.movielens_id, str(movie), sorted(genre.name for genre in movie.genres.all()))
            for movie in Movie.objects.order_by("movielens_id")
        ],
        sorted(Rating.objects.values_list("user__movielens_id", "movie__movielens_id", "half_stars")),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("name", ["ml-10m", "ml-1m", "ml-100k"])
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_older_releases_are_read(tmp_path: Path, name: str, end: str, *, packed: bool) -> None:
    folder = write(tmp_path / name, name, end)
    call_command("load_movielens", releases.zipped(folder, f"{name}/") if packed else folder, json=True)
    movies, ratings = stored()
    assert movies == [
        (1, "Toy Story (1995)", ["Adventure", "Animation"]),
        (99, "Amélie (2001)", []),
        (2571, 'Matrix, The: "Zion" (1999)', ["Action"]),
    ]
    assert ratings == [(1, 1, 8), (1, 2571, 1 if name == "ml-10m" else 2), (2, 1, 10)]
    if name == "ml-10m":
        assert MovieTag.objects.get().tag.name == '"pixar", they say'


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with a BOM"])
@pytest.mark.parametrize("name", LATIN)
def test_a_copy_in_utf_8_keeps_its_letters(tmp_path: Path, name: str, start: str) -> None:
    folder = write(tmp_path / name, name)
    for path in folder.iterdir():
        path.write_bytes((start + path.read_text("latin-1")).encode())
    call_command("load_movielens", folder, json=True)
    assert Movie.objects.get(movielens_id=99).title == "Amélie"
    assert Rating.objects.count() == 3


@pytest.mark.parametrize(
    ("name", "file", "line", "reason"),
    [
        ("ml-10m", "ratings.dat", "1:1:4:964982703", "1 columns instead of 4"),
        ("ml-10m", "ratings.dat", "1\t1\t4\t964982703", "1 columns instead of 4"),
        ("ml-10m", "movies.dat", "5::Title", "2 columns instead of 3"),
        ("ml-100k", "u.data", "1\t1\t0\t964982703", "rating “0” is not"),
        ("ml-100k", "u.item", item(5, "X").replace("|0\n", "|7"), "a genre flag is neither 0 nor 1"),
        ("ml-1m", "users.dat", "3::X::1::10::48067", "gender “X” is neither"),
        ("ml-1m", "users.dat", "3::F::1::21::48067", "occupation “21” is not a number below 21"),
    ],
    ids=str,
)
def test_a_bad_row_is_reported_with_its_line_and_reason(
    tmp_path: Path, name: str, file: str, line: str, reason: str
) -> None:
    text = {"ml-10m": ML_10M, "ml-1m": ML_1M, "ml-100k": ML_100K}[name][file] + line + "\n"
    with pytest.raises(CommandError) as refused:
        call_command("load_movielens", write(tmp_path / "ml", name, **{file.replace(".", "_"): text}), json=True)
    assert f"{file}:4: {reason}" in str(refused.value) or f"{file}:3: {reason}" in str(refused.value)
    assert not Movie.objects.exists()

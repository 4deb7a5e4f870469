"""Drawn covers are deterministic and well-formed for any title."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movies.posters import draw

GENRES = ["Action", "Animation", "Documentary", "Drama", "Horror", "IMAX", "Musical", "Sci-Fi", "Western"]


def test_the_same_movie_has_the_same_cover() -> None:
    assert draw("Alien", 1979, ["Horror", "Sci-Fi"]) == draw("Alien", 1979, ["Horror", "Sci-Fi"])


def test_two_movies_with_the_same_title_differ() -> None:
    assert draw("Solaris", 1972, ["Sci-Fi"]) != draw("Solaris", 2002, ["Sci-Fi"])


@given(
    title=st.text(max_size=80),
    year=st.none() | st.integers(1870, 2100),
    genres=st.lists(st.sampled_from(GENRES), max_size=4, unique=True),
)
def test_any_title_gives_a_well_formed_cover(title: str, year: int | None, genres: list[str]) -> None:
    root = ET.fromstring(draw(title, year, genres))  # noqa: S314 - our own markup
    assert root.get("viewBox") == "0 0 400 600"


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "\"><image href='//x'/>", "千と&<千尋>", "]]>"])
@pytest.mark.parametrize("year", [1930, 1975, 2001])
def test_a_title_is_letters_and_never_markup(title: str, year: int) -> None:
    names = {element.tag.rpartition("}")[2] for element in ET.fromstring(draw(title, year, [])).iter()}  # noqa: S314
    assert names <= {"svg", "clipPath", "path", "g", "circle", "text"}


@pytest.mark.parametrize("title", ["Supercalifragilisticexpialidocious", "A", "One Two Three Four Five Six " * 8])
def test_the_shapes_stay_in_proportion(title: str) -> None:
    clip = ET.fromstring(draw(title, 1999, ["Drama"])).find(".//*[@id='art']/*")  # noqa: S314
    assert clip is not None
    height = int(clip.get("d", "").removeprefix("M0 0h400v").removesuffix("H0z"))
    assert 200 <= height < 600

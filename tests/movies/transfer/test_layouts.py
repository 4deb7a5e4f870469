"""Each export that is recognised: its entries, scale, dates, and what is set aside."""

import io
import json
import zipfile

import pytest

from movies.transfer.entries import Kind, Options, Sheet, UnreadableError
from movies.transfer.layouts import LAYOUTS
from movies.transfer.reading import read
from tests.movies.transfer.exports import EXPORTS, IMDB_LIST, LETTERBOXD, Export


def entries_of(sheet: Sheet) -> tuple[tuple[str, int | None, str, str | None], ...]:
    return tuple(
        (str(entry.kind), entry.half_stars, entry.name, f"{entry.at:%Y-%m-%d}" if entry.at else None)
        for entry in sheet.entries
    )


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.layout)
def test_an_export_is_recognised_and_read(export: Export) -> None:
    sheet = read(export.text.encode(), export.name)
    assert sheet.layout == export.layout
    assert entries_of(sheet) == export.entries
    assert tuple(line.text for line in sheet.set_aside) == export.aside
    assert (sheet.unrated, sheet.rounded, sheet.rejected, sheet.scale_open) == (
        export.unrated,
        export.rounded,
        [],
        False,
    )


def test_every_layout_has_a_name_and_a_key_of_its_own() -> None:
    assert len({layout.key for layout in LAYOUTS}) == len(LAYOUTS) == len({layout.name for layout in LAYOUTS})


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_json", ".json"), text)
    return buffer.getvalue()


def test_a_letterboxd_zip_gives_all_that_it_has() -> None:
    data = zipped(
        ratings_csv=f"{LETTERBOXD},Rating\n2020-01-02,The Matrix,1999,x,4.5\n",
        diary_csv=f"{LETTERBOXD},Rating,Rewatch,Tags,Watched Date\n2020-01-01,The Matrix,1999,y,2,,,2020-01-01\n",
        watched_csv=f"{LETTERBOXD}\n2020-01-02,The Matrix,1999,x\n2020-01-02,Heat,1995,x\n",
        watchlist_csv=f"{LETTERBOXD}\n2020-01-02,Alien,1979,x\n",
        likes__films_csv=f"{LETTERBOXD}\n2020-01-02,The Matrix,1999,x\n",
        deleted__ratings_csv=f"{LETTERBOXD},Rating\n2020-01-02,Brazil,1985,x,1\n",
        lists__best_csv="Letterboxd list export v7\nDate,Name\n",
        profile_csv="Date Joined,Username\n2020-01-01,ada\n",
    )
    sheet = read(data, "letterboxd-ada.zip")
    assert [key for _, key in sheet.layouts][-1] == "letterboxd-ratings"
    assert [entry.half_stars for entry in sheet.entries if entry.kind == Kind.RATING] == [4, 9]
    assert [entry.title for entry in sheet.entries if entry.kind == Kind.WATCHLIST] == ["Alien"]
    assert "Brazil" not in [entry.title for entry in sheet.entries]
    assert (sheet.seen_without_rating(), sheet.likes(), sheet.unread) == (1, 0, ["profile.csv"])


def test_a_zip_inside_a_folder_and_one_of_json_are_read() -> None:
    letterboxd = zipped(export__ratings_csv=f"{LETTERBOXD},Rating\n2020-01-02,Heat,1995,x,4.5\n")
    assert [entry.title for entry in read(letterboxd).entries] == ["Heat"]
    film = {"title": "Heat", "year": 1995}
    trakt = zipped(ratings_movies_json=json.dumps([{"rated_at": "2020-01-02T00:00:00Z", "rating": 9, "movie": film}]))
    assert entries_of(read(trakt)) == (("rating", 9, "Heat (1995)", "2020-01-02"),)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zipped(notes_csv="a,b\n1,2\n"), "no export that we know"),
        (zipped(xl__workbook="x"), "Excel"),
        (zipped(ratings_csv="Name\n" + "0" * 5_000_000), "larger than 4 MB unpacked"),
        (b"PK\x03\x04garbage", "damaged"),
        (b'{"films": []}', "no site with such a JSON"),
        (b'[{"movie": ', "not valid JSON"),
        (b"userId,movieId,rating,timestamp\n1,1,5,\n2,1,5,\n", "ratings of 2 people"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_export_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read(data)


def test_a_layout_can_be_chosen_instead_of_the_recognised_one() -> None:
    sheet = read(IMDB_LIST.encode(), "list.csv", Options(layout="imdb-watchlist"))
    assert [(entry.kind, entry.title) for entry in sheet.entries] == [("rating", "The Matrix"), ("watchlist", "Se7en")]


def test_columns_of_an_unknown_csv_can_be_named() -> None:
    text = "Was;Wann;Wie gut\nHeat;1995;3\nAlien;1979;4\n"
    assert read(text.encode()).unrated == 2
    columns = {"title": "Was", "year": "Wann", "rating": "Wie gut"}
    sheet = read(text.encode(), options=Options("other", 10, columns))
    assert [(entry.name, entry.half_stars) for entry in sheet.entries] == [("Heat (1995)", 3), ("Alien (1979)", 4)]


@pytest.mark.parametrize(
    ("kind", "is_aside"),
    [
        *((name, True) for name in ("TV Series", "tvMiniSeries", "TV Mini Series", "TV Episode", "TV Special", "show")),
        *(
            (name, True)
            for name in ("Video Game", "season", "Serie TV", "Podcast Episode", "tv", "anime", "Mini-Series")
        ),
        *(
            (name, False)
            for name in ("Movie", "film", "Feature Film", "TV Movie", "tvMovie", "Film TV", "TV Short", "")
        ),
        *((name, False) for name in ("Spielfilm", "Documentary", "Short Film", "Video")),
    ],
)
def test_television_is_told_from_films_by_its_type(kind: str, is_aside: bool) -> None:
    sheet = read(f"Title,Year,Rating,Type\nHeat,1995,8,{kind}\nAlien,1979,9,Movie\n".encode())
    assert [line.text for line in sheet.set_aside] == (["Heat"] if is_aside else [])


@pytest.mark.parametrize("year", ["2013–2015", "2013-", "2013 - 2015"])
def test_several_years_are_those_of_a_series(year: str) -> None:
    sheet = read(f"Title,Year,Rating\nHeat,{year},8\nHeat ({year}),,8\n".encode())
    assert ([line.text for line in sheet.set_aside], sheet.entries) == (["Heat", f"Heat ({year})"], [])

"""Encodings, delimiters, numbers and scales; what cannot be read whole is refused whole."""

import pytest

from movies.transfer import cells
from movies.transfer.entries import UnreadableError
from movies.transfer.reading import read

TEXT = "Date,Name,Year,Letterboxd URI,Rating\r\n2020-01-03,Amélie,2001,https://boxd.it/x,4.5\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_file_is_read_in_any_usual_encoding(encoding: str) -> None:
    entries = read(TEXT.encode(encoding)).entries
    assert [(entry.name, entry.half_stars) for entry in entries] == [("Amélie (2001)", 9)]


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(",", ";").replace("4.5", "4,5"),
        TEXT.replace(",", "\t"),
        TEXT.replace(",", "|"),
        "sep=,\r\n" + TEXT,
        '"sep=;"\r\n' + TEXT.replace(",", ";"),
        "\n\n" + TEXT,
        TEXT + ",,,,\r\n",
        "My films\n" + TEXT,
        TEXT.replace("4.5", '"4,5"'),
        TEXT.replace("2001", "2001.0"),
        TEXT.replace("\r\n", "\r"),
    ],
)
def test_a_file_is_read_with_any_usual_delimiter_and_number(text: str) -> None:
    sheet = read(text.encode())
    assert [(entry.name, entry.half_stars) for entry in sheet.entries] == [("Amélie (2001)", 9)]
    assert not sheet.rejected


def test_line_numbers_count_the_lines_of_quoted_cells() -> None:
    text = (
        "sep=,\nDate,Name,Year,Letterboxd URI,Rating,Review,Watched Date\n"
        '2020-01-02,Heat,1995,x,4.5,"two\r\n\r\nlines",\n\n2020-01-02,Alien,1979,x,eleven,,\n2020-01-02,Brazil,1985,x,4,,\n'
    )
    sheet = read(text.encode())
    assert [entry.number for entry in sheet.entries] == [3, 8]
    assert [line.number for line in sheet.rejected] == [7]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('2020-01-03,"Fight Club,1999,x,5', "Line 3 opens a quotation mark"),
        ('2020-01-03,"Fight Club,1999,x,5\n2020-01-04,"Heat",1995,x,5', "line 3 has a quotation mark inside"),
        ('2020-01-03,"Fight Club,1999,x,5\n2020-01-04,Heat",1995,x,5', "line 3 has swallowed"),
    ],
)
def test_an_open_quotation_mark_refuses_the_file_with_line_and_remedy(line: str, why: str) -> None:
    text = (
        f"Date,Name,Year,Letterboxd URI,Rating\n2020-01-02,The Matrix,1999,x,4.5\n{line}\n2020-01-05,Alien,1979,x,5\n"
    )
    with pytest.raises(UnreadableError, match=why) as error:
        read(text.encode())
    assert "text editor" in str(error.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\xd0\xcf\x11\xe0\xa1", "old Excel"),
        ("Title,Rating\nHeat,5\n".encode("utf-16")[:-1], "breaks off"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read(data)


@pytest.mark.parametrize(
    ("values", "scale", "is_open", "half_stars"),
    [
        (["4", "5"], 5, True, [8, 10]),
        (["4.5", "5"], 5, True, [9, 10]),
        (["3", "8"], 10, False, [3, 8]),
        (["7.5", "8.5"], 10, False, [8, 9]),
        (["40", "85"], 100, False, [4, 9]),
        (["4/5", "8/10"], 5, False, [8, 8]),
        (["★★★½"], 5, False, [7]),
    ],
)
def test_an_unknown_scale_is_found_from_the_values(
    values: list[str], scale: int, is_open: bool, half_stars: list[int]
) -> None:
    sheet = read(("Title,Rating\n" + "".join(f"A{n},{value}\n" for n, value in enumerate(values))).encode())
    assert (sheet.scale, sheet.scale_open) == (scale, is_open)
    assert [entry.half_stars for entry in sheet.entries] == half_stars


def test_ratings_between_half_stars_are_rounded_and_counted() -> None:
    sheet = read(b"Title,Rating\nA,8.5\nB,8\nC,9.2\n")
    assert [entry.half_stars for entry in sheet.entries] == [9, 8, 9]
    assert sheet.rounded == 2


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [
        ("2020-02-29", False, "2020-02-29"),
        ("2020-02-29T23:30:00-05:00", False, "2020-03-01"),
        ("10/21/20", False, "2020-10-21"),
        ("05/06/2020", True, "2020-06-05"),
        ("5.6.2020", True, "2020-06-05"),
        ("2020/06/05", False, "2020-06-05"),
        ("Sun Mar  1 00:00:00 2015", False, "2015-03-01"),
        ("1577923200", False, "2020-01-02"),
        ("2999-01-01", False, None),
        ("0001-01-01T00:00:00+23:00", False, None),
        ("soon", False, None),
        ("", False, None),
    ],
)
def test_dates_are_read_in_usual_forms(text: str, day_first: bool, day: str | None) -> None:
    when = cells.time(text, day_first=day_first)
    assert (when and f"{when:%Y-%m-%d}") == day


@pytest.mark.parametrize(
    ("text", "year"),
    [("1999", 1999), ("2001.0", 2001), ("1966-12-23T00:00:00Z", 1966), ("99", None), ("abcd", None), ("19999", None)],
)
def test_an_unreadable_year_is_no_year(text: str, year: int | None) -> None:
    assert cells.year(text) == year

"""Parsing of MovieLens titles, and their sort and search keys."""

import pytest

from movies.titles import comparison_key, initials, parse_title, plain, search_key, sort_key, title_parts, title_words


@pytest.mark.parametrize(
    ("raw", "title", "alternative", "year"),
    [
        ("Matrix, The (1999)", "The Matrix", "", 1999),
        ("Toy Story (1995)", "Toy Story", "", 1995),
        ("Toy Story (1995) ", "Toy Story", "", 1995),
        ("Misérables, Les (1995)", "Les Misérables", "", 1995),
        ("Enfer, L' (1994)", "L'Enfer", "", 1994),
        (
            "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
            "The City of Lost Children",
            "La Cité des enfants perdus",
            1995,
        ),
        ("Seven (a.k.a. Se7en) (1995)", "Seven", "Se7en", 1995),
        (
            "Legend of 1900, The (a.k.a. The Legend of the Pianist) (Leggenda del pianista sull'oceano) (1998)",
            "The Legend of 1900",
            "The Legend of the Pianist / Leggenda del pianista sull'oceano",
            1998,
        ),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", "", 2009),
        (
            "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
            "Birdman: Or (The Unexpected Virtue of Ignorance)",
            "",
            2014,
        ),
        ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", "", 2006),
        ("Big Bang Theory, The (2007-)", "The Big Bang Theory", "", 2007),
        ("Babylon 5", "Babylon 5", "", None),
        ("Paris, je t'aime (2006)", "Paris, je t'aime", "", 2006),
        ("(1985)", "(1985)", "", None),
        ("Fullwidth (１９９９)", "Fullwidth", "１９９９", None),
    ],
)
def test_a_movielens_title_is_parsed(raw: str, title: str, alternative: str, year: int | None) -> None:
    assert parse_title(raw) == (title, alternative, year)


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("The Matrix", "matrix"),
        ("A", "a"),
        ("Die Hard", "die hard"),
        ("L'Enfer", "enfer"),
        ("Élan, vital!", "elan vital"),
        ("...", "..."),
    ],
)
def test_sort_keys_have_no_articles_and_accents(title: str, key: str) -> None:
    assert sort_key(title) == key


def test_the_search_key_has_all_titles_and_the_year() -> None:
    assert search_key("Amélie", "Le Fabuleux destin d'Amélie", 2001) == "amelie le fabuleux destin damelie 2001"


def test_letters_that_do_not_decompose_become_plain_too() -> None:
    assert plain("Łódź Øresund Straße") == "lodz oresund strasse"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("E.T. & Me", ["et", "and", "me"]),
        ("I, Robot", ["i", "robot"]),
        ("WALL·E", ["wall", "e"]),
        ("S.W.A.T.", ["swat"]),
        ("", []),
        ("!!!", []),
    ],
)
def test_initials_and_ampersands_are_words(text: str, words: list[str]) -> None:
    assert title_words(text) == words


@pytest.mark.parametrize(
    "spellings",
    [
        ("The Godfather: Part II", "Godfather 2", "godfather two", "Godfather, The, part ii"),
        ("Spider-Man", "Spiderman", "spider man"),
        ("WALL·E", "Wall-E", "walle"),
        ("Thelma & Louise", "thelma and louise"),
        ("Amélie", "amelie"),
        ("L.A. Confidential", "LA Confidential"),
    ],
)
def test_spellings_of_a_title_have_one_comparison_key(spellings: tuple[str, ...]) -> None:
    assert len(set(map(comparison_key, spellings))) == 1


def test_different_titles_have_different_comparison_keys() -> None:
    titles = ("The The", "The", "I", "1", "X-Men", "10 Men", "Rocky", "Rocky II", "It", "It's", "Her", "Up")
    different = {comparison_key(title) for title in titles if title not in ("The The", "X-Men", "10 Men")}
    assert len(different) == len(titles) - 3


def test_a_title_contains_its_beginnings() -> None:
    parts = ["Star Wars: Episode IV - A New Hope", "Star Wars", "Star Wars: Episode IV"]
    assert title_parts(parts[0]) == parts
    assert title_parts("Heat") == ["Heat"]
    assert [initials(title_words(title)) for title in ("Terminator II", "The Dark Knight", "12 Monkeys")] == [
        "t2",
        "tdk",
        "12m",
    ]

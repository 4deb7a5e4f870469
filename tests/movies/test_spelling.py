"""Edit distances of many words at once, against the definition."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from movies.search.spelling import LONGEST_WORD, Vocabulary

WORDS = st.text("abcdé東", min_size=1, max_size=9)


def distance(a: str, b: str) -> int:
    """The optimal string alignment distance by its recursive definition."""

    @cache
    def of(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        best = min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (a[i - 1] != b[j - 1]))
        if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
            best = min(best, of(i - 2, j - 2) + 1)
        return best

    return of(len(a), len(b))


@given(words=st.lists(WORDS, min_size=1, max_size=8), word=WORDS, most=st.integers(1, 2))
def test_near_words_are_exactly_those_within_the_distance(words: list[str], word: str, most: int) -> None:
    rows, distances = Vocabulary(words).near(word, most, prefixes=False)
    expected = {n: found for n, other in enumerate(words) if (found := distance(word, other)) <= most}
    assert dict(zip(rows.tolist(), distances.tolist(), strict=True)) == expected


@given(words=st.lists(WORDS, min_size=1, max_size=8), word=WORDS, most=st.integers(1, 2))
def test_words_match_by_their_nearest_beginning(words: list[str], word: str, most: int) -> None:
    rows, distances = Vocabulary(words).near(word, most, prefixes=True)
    nearest = [min(distance(word, other[:n]) for n in range(1, len(other) + 1)) for other in words]
    expected = {n: found for n, found in enumerate(nearest) if found <= most}
    assert dict(zip(rows.tolist(), distances.tolist(), strict=True)) == expected


def test_long_words_are_compared_by_their_beginnings() -> None:
    long = "a" * (LONGEST_WORD + 9)
    rows, _ = Vocabulary([long, "b" * 99, "a"]).near(long, 2, prefixes=False)
    assert rows.tolist() == [0]

"""Find the documents of an index that a text may mean, by one scoring function."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from movies.search.series import part_of_series
from movies.search.spelling import Vocabulary
from movies.search.text_index import Floats, TextIndex
from movies.titles import (
    MINOR_WORDS,
    NUMERAL_FORMS,
    comparison_key,
    major_words,
    title_words,
)

MOST_CHARACTERS, MOST_WORDS, MOST_READINGS = 200, 10, 12
"""What is read of a query: it bounds the work that a request can cause."""
SHORTEST_YEAR = 3
"""Beside other words, a shorter number is one of a title and not the beginning of a year."""
SHORTEST_ACRONYM, SHORTEST_SPLIT = 3, 4
MOST_CORRECTED, MOST_CORRECTIONS = 5, 60
MOST_SCORED = 60
ENOUGH = 3
"""With this many documents that have the words of a query, its spelling is not doubted."""

EXACT, NUMERAL, WHOLE_ACRONYM, PREFIX, ACRONYM = 1.0, 0.97, 0.9, 0.85, 0.8
MISSPELLED = {0: 0.8, 1: 0.66, 2: 0.5}
MINOR, MISSING = 0.8, 0.2
IN_SERIES = 0.9
GOOD = 0.75
"""From this quality on, a word is taken as spelled correctly."""
ODD_READING = 0.95
"""Factor of a reading with joined or split words."""

COVERAGE, POPULARITY = 0.2, 0.45
IS_NAME, IS_BEGINNING, BEGINS, CONTAINS = 1.0, 0.6, 0.25, 0.15
SECONDARY = 0.9
"""Factor for names other than the main one."""


@dataclass(frozen=True)
class Match:
    """A document that a query may mean.

    It is `close` if no word is misspelled, `known` if the query is its name, the beginning of one, or its place in a
    series, `named` if the query is its whole name, and it `begins` if a name starts with the query.
    """

    pk: int
    score: float
    close: bool
    known: bool
    named: bool
    begins: bool
    popularity: int
    checksum: int
    name: str


@dataclass
class Query:
    """The words of a text and their qualities per document; computed once for all readings.

    Words in `corrected` may also be misspelled.
    """

    index: TextIndex
    text: str
    corrected: frozenset[str] = frozenset()
    _qualities: dict[tuple[str, bool], Floats] = field(default_factory=dict)

    @cached_property
    def words(self) -> list[str]:
        return title_words(self.text[:MOST_CHARACTERS])[:MOST_WORDS]

    def readings(self) -> list[list[str]]:
        """Return the words as typed, and with neighbours joined or words split where the index knows the result."""
        words, index = self.words, self.index
        readings = [words]
        for n in range(len(words) - 1):
            joined = words[n] + words[n + 1]
            first, after = index.word_range(joined)
            if after > first or len(index.with_initials(joined)[0]):
                readings.append([*words[:n], joined, *words[n + 2 :]])
        for n, word in enumerate(words):
            if word.isdecimal() or (index.has_word(word) and not self.corrected):
                continue
            splits = [(word[:cut], word[cut:]) for cut in range(1, min(len(word), 24))]
            likely = [
                (min(len(left), len(right)), left, right)
                for left, right in splits
                if (len(word) >= SHORTEST_SPLIT and index.has_word(left) and index.has_word(right))
                or (left.isalpha() and right.isdecimal())
            ]
            for _, left, right in sorted(likely, reverse=True)[:3]:
                readings.append([*words[:n], left, right, *words[n + 1 :]])
        return readings[:MOST_READINGS]

    def quality(self, word: str, *, is_last: bool) -> Floats:
        """Return how well each document has a word, from 0 to 1."""
        key = (word, is_last)
        if key not in self._qualities:
            self._qualities[key] = self._quality(word, is_last=is_last)
        return self._qualities[key]

    def _quality(self, word: str, *, is_last: bool) -> Floats:
        index = self.index
        quality = np.zeros(len(index), np.float32)
        if word in self.corrected:
            rows, distances = index.vocabulary.near(word, 1 if len(word) < 7 else 2, prefixes=is_last)
            order = np.argsort(distances, kind="stable")[:MOST_CORRECTIONS][::-1]
            for row, distance in zip(rows[order].tolist(), distances[order].tolist(), strict=True):
                bonus = 0.04 if index.words[row][0] == word[0] else 0.0
                quality[index.documents_of(row, row + 1)] = MISSPELLED[distance] + bonus
        if len(word) > 1 and word not in MINOR_WORDS:
            whole, longer = index.with_initials(word)
            quality[longer] = ACRONYM
            quality[whole] = WHOLE_ACRONYM
        first, after = index.word_range(word)
        found = index.documents_of(first, after)
        if not word.isdecimal() or len(word) >= SHORTEST_YEAR or len(self.words) == 1:
            quality[found] = np.maximum(quality[found], PREFIX)
        for form in NUMERAL_FORMS.get(word, ()):
            quality[index.with_word(form)] = NUMERAL
        quality[index.with_word(word)] = EXACT
        return quality

    def fit(self, words: list[str]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the mean quality of the words per document (0 if words are missing), and whether all are good."""
        index = self.index
        total: Floats = np.zeros(len(index), np.float32)
        close: NDArray[np.bool_] = np.ones(len(index), np.bool_)
        missing = np.zeros(len(index), np.int8)
        major = [word for word in words if word not in MINOR_WORDS]
        for n, word in enumerate(words):
            quality = self.quality(word, is_last=n == len(words) - 1)
            if word in MINOR_WORDS and major:
                quality = np.maximum(quality, MINOR)
            elif word in ("1", "one") and n:
                quality = np.maximum(quality, GOOD)
            close &= quality >= GOOD
            missing += quality == 0
            total += quality
        allowed = 1 if self.corrected and len(major) >= 3 else 0
        total[missing > allowed] = 0
        total += MISSING * missing * (total > 0)
        total /= np.float32(len(words))
        return total, close


def search(index: TextIndex, text: str, n: int) -> list[Match]:
    """Return up to n documents that a text may mean, best first.

    Words may match by prefix, as a numeral, as an acronym, joined or split. Only if few documents match so, words may
    also be misspelled, or one missing.
    """
    query = Query(index, text)
    if not query.words or not len(index):
        return []
    matches = _scored(query, n)
    correctable = _correctable(query.words)
    unknown = frozenset(word for word in correctable if not index.has_word(word))
    for corrected in filter(None, dict.fromkeys((unknown, correctable))):
        if sum(match.close for match in matches) >= ENOUGH or any(match.named for match in matches):
            break
        if corrected == correctable and any(not match.close for match in matches):
            break
        matches = _scored(Query(index, text, corrected), n)
    return matches


def _correctable(words: list[str]) -> frozenset[str]:
    """Return the words that may be misspelled, the longest if there are many; short words have too many neighbours."""
    shortest = 4 if len(words) == 1 else 3
    possible = [w for w in words if len(w) >= shortest and not w.isdecimal() and w not in MINOR_WORDS]
    return frozenset(sorted(possible, key=len)[-MOST_CORRECTED:])


def _scored(query: Query, n: int) -> list[Match]:
    index = query.index
    best, close = np.zeros(len(index), np.float32), np.zeros(len(index), bool)
    n_major = len(major_words(query.words))
    for number, words in enumerate(query.readings()):
        fit, is_close = query.fit(words)
        fit *= 1 if number == 0 else ODD_READING
        close |= is_close & (fit > 0)
        np.maximum(best, fit, out=best)
    key = comparison_key(query.text[:MOST_CHARACTERS])
    named = index.with_key(key)
    best[named], close[named] = np.maximum(best[named], EXACT), True
    for words in query.readings():
        part = part_of_series(index, words)
        if part is not None:
            best[part], close[part] = np.maximum(best[part], IN_SERIES), True
            named = np.append(named, part)
    if len(key) >= SHORTEST_ACRONYM or not key.isalpha():
        named = np.concatenate((named, np.unique(index.with_initials(key)[0])[:MOST_SCORED]))
        named = named[best[named] > 0]
    found = np.flatnonzero(best)
    if not len(found):
        return []
    coverage = np.minimum(1, n_major / index.n_words[found])
    rough = best[found] + COVERAGE * coverage + POPULARITY * index.popularity[found]
    most = MOST_SCORED if n <= MOST_SCORED else n
    if len(found) > most:
        kept = np.argpartition(-rough, most)[:most]
        found, rough = found[kept], rough[kept]
    extra = np.setdiff1d(named, found)[:MOST_SCORED]
    found = np.concatenate((found, extra))
    rough = np.concatenate((rough, best[extra] + COVERAGE + POPULARITY * index.popularity[extra]))
    phrase = " ".join(major_words(query.words))
    known = {int(ordinal) for ordinal in named}
    scored = []
    for ordinal, score in zip(found.tolist(), rough.tolist(), strict=True):
        names = index.names(ordinal)
        bonus, is_name, begins = _name_bonus(names, key, phrase, is_known=ordinal in known)
        scored.append(
            Match(
                int(index.pks[ordinal]),
                score + bonus,
                bool(close[ordinal]),
                ordinal in known,
                is_name,
                begins,
                int(index.counts[ordinal]),
                int(index.checksums[ordinal]),
                names[0],
            )
        )
    return sorted(scored, key=lambda match: (-match.score, -match.popularity, match.pk))[:n]


def _name_bonus(names: list[str], key: str, phrase: str, *, is_known: bool) -> tuple[float, bool, bool]:
    """Return what a document gains because a query is its name, a beginning or a phrase of it, and the first two."""
    best, begins = (IS_BEGINNING if is_known else 0.0), False
    for n, name in enumerate(names):
        factor = 1.0 if n == 0 else SECONDARY
        if is_known and comparison_key(name) == key:
            return factor * IS_NAME, True, True
        words = " ".join(major_words(title_words(name)))
        if words.startswith(phrase):
            best, begins = max(best, factor * BEGINS), True
        elif f" {phrase}" in words:
            best = max(best, factor * CONTAINS)
    return best, False, begins


def corrected(text: str, name: str) -> str:
    """Return a text with its misspelled words replaced by those of the name that was found; "" if none is."""
    words = title_words(text[:MOST_CHARACTERS])[:MOST_WORDS]
    found = title_words(name)
    vocabulary = Vocabulary(found)
    result = []
    for word in words:
        if any(other.startswith(word) for other in found):
            result.append(word)
            continue
        rows, distances = vocabulary.near(word, 2, prefixes=False)
        if len(rows):
            result.append(found[rows[np.argmin(distances)]])
    return " ".join(result) if result != words else ""

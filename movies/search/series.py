"""Parts of a series by their number, where the titles have none."""

from functools import reduce

import numpy as np

from movies.search.text_index import TextIndex
from movies.titles import MINOR_WORDS, NUMERAL_FORMS, major_words, title_parts, title_words

MOST_PARTS = 200
SERIES_SHARE = 0.25
"""Movies with a smaller share of the ratings of the best known one do not count as parts of a series."""


def part_of_series(index: TextIndex, words: list[str]) -> int | None:
    """Return the nth movie whose name begins with the words before a number n, by year: “hp 3”, “indiana jones 2”."""
    if len(words) < 2 or words[-1] not in NUMERAL_FORMS:
        return None
    nth = int(NUMERAL_FORMS[words[-1]][0])
    head = major_words([word for word in words[:-1] if word not in MINOR_WORDS] or words[:-1])
    phrase = f"{' '.join(head)} "
    common = reduce(np.intersect1d, map(index.with_word, head))
    series = [
        int(ordinal)
        for ordinal in common[:MOST_PARTS]
        if any(f"{' '.join(major_words(title_words(name)))} ".startswith(phrase) for name in index.names(ordinal))
    ]
    if len(head) == 1 and len(head[0]) > 1:
        whole, longer = index.with_initials(head[0])
        if len(acronym := np.unique(np.concatenate((whole, longer)))):
            leader = int(acronym[0])
            if not series or leader < series[0]:
                series = _series_of(index, leader, len(head[0]))
    if not series:
        return None
    least = SERIES_SHARE * index.counts[series[0]]
    parts = sorted((int(index.years[o]), o) for o in series if index.counts[o] >= least)
    return parts[nth - 1][1] if 0 < nth <= len(parts) else None


def _series_of(index: TextIndex, leader: int, n_initials: int) -> list[int]:
    """Return the documents whose main name begins with the words that an acronym stands for in the best known one."""
    words = title_words(title_parts(index.names(leader)[0])[0])
    words = words[1:] if words[0] in ("the", "a", "an") else words
    start = " ".join(words[:n_initials])
    first = next((word for word in words[:n_initials] if word not in MINOR_WORDS), words[0])
    found = index.with_word(first)[:MOST_PARTS]
    return [
        int(ordinal)
        for ordinal in found
        if " ".join(title_words(index.names(ordinal)[0])).removeprefix("the ").startswith(start)
    ]

"""Words, initials and names of documents (movies or tags) as compact arrays, by popularity."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from movies.search.spelling import Vocabulary
from movies.titles import initials, major_words, title_parts, title_words, words_key

LAST = "\U0010ffff"
LONGEST_ACRONYM = 8
Floats = NDArray[np.float32]
Ordinals = NDArray[np.int32]


@dataclass(frozen=True)
class Document:
    """A movie or a tag: its names, the main one first."""

    pk: int
    names: tuple[str, ...]
    year: int | None
    popularity: int
    text: str = ""


class TextIndex:
    """Documents by ordinal, the most popular first.

    Postings list the documents of each word, `keys` the checksums of comparison keys, `acronyms` the initials of names.
    Texts are one array of bytes: Python strings would cost more memory than the rest. Popularity is relative to `most`
    or the most popular document.
    """

    def __init__(self, documents: Iterable[Document], most: int = 0) -> None:
        ordered = sorted(documents, key=lambda document: (-document.popularity, document.pk))
        n = len(ordered)
        self.pks = np.fromiter((document.pk for document in ordered), np.int32, n)
        self.years = np.fromiter((document.year or 0 for document in ordered), np.int16, n)
        self.checksums = np.fromiter((checksum(document.text) for document in ordered), np.uint32, n)
        counts = np.fromiter((document.popularity for document in ordered), np.float64, n)
        self.popularity = (np.log1p(counts) / np.log1p(max(counts.max(initial=most), 1))).astype(np.float32)
        self.counts = counts
        postings: dict[str, list[int]] = {}
        keys: list[tuple[int, int]] = []
        acronyms: set[tuple[str, int]] = set()
        texts: list[bytes] = []
        self.n_words = np.ones(n, np.int16)
        for ordinal, document in enumerate(ordered):
            parts = {part: title_words(part) for name in document.names for part in title_parts(name)}
            names = [parts[name] for name in document.names]
            texts.append("\n".join((*document.names, "")).encode())
            for word in {word for name in names for word in name}:
                postings.setdefault(word, []).append(ordinal)
            if document.year and str(document.year) not in names[0]:
                postings.setdefault(str(document.year), []).append(ordinal)
            self.n_words[ordinal] = min((len(major_words(name)) for name in names if name), default=1)
            keys += {(crc32(words_key(words).encode()), ordinal) for words in parts.values()}
            for words in parts.values():
                acronyms.update((letters, ordinal) for letters in _acronyms(words))
        self.texts = np.frombuffer(b"".join(texts), np.uint8)
        self.text_starts = np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int64)
        self.words = sorted(postings)
        lists = [np.unique(np.array(postings.pop(word), np.int32)) for word in self.words]
        self.postings: Ordinals = np.concatenate(lists) if lists else np.zeros(0, np.int32)
        self.starts = np.concatenate(([0], np.cumsum([len(part) for part in lists]))).astype(np.int64)
        self.vocabulary = Vocabulary(self.words)
        keys.sort()
        self.keys = np.array([key for key, _ in keys], np.uint32)
        self.key_ordinals = np.array([ordinal for _, ordinal in keys], np.int32)
        in_order = sorted(acronyms)
        self.acronyms = np.array([text.encode() for text, _ in in_order], f"S{LONGEST_ACRONYM + 1}")
        self.acronym_ordinals = np.array([ordinal for _, ordinal in in_order], np.int32)

    def __len__(self) -> int:
        return len(self.pks)

    def names(self, ordinal: int) -> list[str]:
        start, stop = self.text_starts[ordinal : ordinal + 2]
        return self.texts[start:stop].tobytes().decode().split("\n")[:-1]

    def word_range(self, prefix: str) -> tuple[int, int]:
        return bisect_left(self.words, prefix), bisect_left(self.words, prefix + LAST)

    def has_word(self, word: str) -> bool:
        row = bisect_left(self.words, word)
        return row < len(self.words) and self.words[row] == word

    def documents_of(self, first: int, after: int) -> Ordinals:
        """Return the documents of a range of words; a document recurs for each of its words."""
        return self.postings[self.starts[first] : self.starts[after]]

    def with_word(self, word: str) -> Ordinals:
        """Return the documents with exactly this word, the most popular first."""
        row = bisect_left(self.words, word)
        return self.documents_of(row, row + self.has_word(word))

    def with_key(self, key: str) -> Ordinals:
        """Return the documents that have a name, or the beginning of one, with this comparison key."""
        value = np.uint32(crc32(key.encode()))
        return self.key_ordinals[np.searchsorted(self.keys, value) : np.searchsorted(self.keys, value, "right")]

    def with_initials(self, text: str) -> tuple[Ordinals, Ordinals]:
        """Return the documents with names, or beginnings of names, of these initials; and those that go on."""
        if not text.isascii() or len(text) > LONGEST_ACRONYM:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        letters = text.encode()
        first, after = np.searchsorted(self.acronyms, [letters, letters + b"\x7f"])
        whole = self.acronyms[first:after] == letters
        ordinals = self.acronym_ordinals[first:after]
        return ordinals[whole], ordinals[~whole]


def checksum(text: str) -> int:
    return crc32(text.encode())


def _acronyms(words: list[str]) -> set[str]:
    """Return the initials of words, with and without articles; two words are the shortest acronym."""
    without = words[1:] if words and words[0] in ("the", "a", "an") else words
    shapes = [
        initials(shape)[: LONGEST_ACRONYM + 1] for shape in (words, without, major_words(words)) if len(shape) > 1
    ]
    return {letters for letters in shapes if letters.isascii()}

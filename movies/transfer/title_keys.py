"""Keys by which titles of files and of the catalogue are compared, from strict to partial."""

import re
import unicodedata
from typing import NamedTuple

from movies.titles import (
    NUMERAL_FORMS,
    major_words,
    parse_title,
    restore_article,
    title_words,
    words_key,
)

_BREAK = re.compile(r"(?<=\w)[.!?]?(?::\s+|\s+[-–—]\s+|\s+(?=\())")
_OWNER = re.compile(r"^(?:[\w.\-]+ ){0,2}[\w.\-]+(?:['’]s|s['’]) (?P<rest>.+)$")
_OPEN = re.compile(r",?\s+(?:or|and)$", re.IGNORECASE)
_SYMBOL_CATEGORIES = ("Sc", "Sk", "Sm", "So")
_SYMBOLS = "*@#%[]"
_SPOKEN = "½♥&"
_ONE_FORM = {
    "doctor": "dr",
    "mister": "mr",
    "saint": "st",
    "versus": "vs",
    "colour": "color",
    "colours": "colors",
    "neighbour": "neighbor",
    "neighbours": "neighbors",
    "grey": "gray",
    "theatre": "theater",
    "honour": "honor",
    "first": "1st",
    "second": "2nd",
    "third": "3rd",
    "fourth": "4th",
    "fifth": "5th",
    "sixth": "6th",
    "seventh": "7th",
    "eighth": "8th",
    "ninth": "9th",
    "tenth": "10th",
    "thirteenth": "13th",
}
"""Abbreviations, British spellings and ordinals, each with the form that stands for it in loose keys."""
_NUMBERED = ("part", "episode", "chapter", "volume", "vol")
MOST_BREAKS = 3


class Keys(NamedTuple):
    """The keys of one name.

    `strict` ignores case, accents and punctuation; “&” is “and”, and numerals are digits. `loose` also ignores
    articles, words such as “part”, spaces and symbols. `beginnings` and `endings` are loose keys of the parts at a
    colon or dash, and of what follows an owner (“Bram Stoker's Dracula”). `is_long` if the name has several
    major words.
    """

    strict: str
    loose: str
    beginnings: tuple[str, ...]
    endings: tuple[str, ...]
    is_long: bool


def names_of(title: str, others: tuple[str, ...] = ()) -> list[str]:
    """Return the names in a title of a file, which may be in MovieLens' style: “Matrix, The (a.k.a. Matrix) (1999)”."""
    names: list[str] = []
    for text in (title, *others):
        parsed = parse_title(text)
        names += [parsed.title, *parsed.alternative.split(" / ")]
    return list(dict.fromkeys(filter(None, names)))


def keys_of(name: str) -> Keys:
    name = restore_article(name)
    words = _words(name)
    loose = _loose(words)
    beginnings: list[str] = []
    endings: list[str] = []
    for is_beginning, part in _parts(name):
        key = _loose(_words(part))
        if key and key != loose:
            (beginnings if is_beginning else endings).append(key)
    return Keys(_strict(name, words), loose, tuple(beginnings), tuple(endings), _is_long(words))


def _words(text: str) -> list[str]:
    """Return the words of a title; “I” is a numeral where something is numbered: “Episode I”."""
    words = title_words(text)
    return ["1" if word == "i" and n and words[n - 1] in _NUMBERED else word for n, word in enumerate(words)]


def _loose(words: list[str]) -> str:
    return words_key([_ONE_FORM.get(word, word) for word in words])


def _is_long(words: list[str]) -> bool:
    return len([word for word in major_words(words) if word not in NUMERAL_FORMS]) > 1


def _strict(name: str, words: list[str]) -> str:
    digits = (NUMERAL_FORMS[word][0] if word in NUMERAL_FORMS else word for word in words)
    key = " ".join(digits) or name.casefold().strip()
    symbols = "".join(c for c in name if _is_symbol(c))
    return f"{key} {symbols}" if symbols and words else key


def _is_symbol(character: str) -> bool:
    """Return whether a character tells titles apart: “[REC]” and “Rec” differ, “Spider-Man” and “Spider Man” do not."""
    if character.isalnum() or character.isspace() or character in _SPOKEN:
        return False
    return character in _SYMBOLS or unicodedata.category(character) in _SYMBOL_CATEGORIES


def _parts(name: str) -> list[tuple[bool, str]]:
    """Return the parts of a name before and after each break, and whether each is a beginning."""
    parts = []
    for match in list(_BREAK.finditer(name))[:MOST_BREAKS]:
        parts += [(True, _OPEN.sub("", name[: match.start()])), (False, name[match.end() :])]
    if owner := _OWNER.match(name):
        parts.append((False, owner["rest"]))
    return parts

"""Parsing of MovieLens titles, and their sort and search keys."""

import re
import unicodedata
from itertools import filterfalse, islice
from typing import NamedTuple

LONGEST_KEY = 400
"""Keys can be longer than titles: decomposition expands some characters to a whole phrase."""
_PIECE = 50

MOVED_ARTICLES = (
    "The|A|An|Le|La|Les|L'|Un|Une|Des|Der|Die|Das|Dem|Den|Ein|Eine|El|Lo|Los|Las|Una|Il|I|Gli|O|Os|As|Um|Uma|"
    "De|Het|Een|Det|En|Et|Ett"
)
_MOVED_ARTICLE = re.compile(rf"^(?P<rest>.+), (?P<article>{MOVED_ARTICLES})$", re.IGNORECASE)
# Words that are always an article at the start of a title: “Die Hard”, “La La Land” and “Los Angeles” keep theirs.
_LEADING_ARTICLE = re.compile(r"^(?:the|a|an|le|les|l'|el|il|der|das)(?:\s+|(?<='))(?=\S)", re.IGNORECASE)
_YEAR = re.compile(r"\s*\((?P<year>\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*$", re.ASCII)
_LAST_PARENTHESES = re.compile(r"^(?P<title>.*\S)\s+\((?P<inside>[^()]+)\)$")
_ALSO_KNOWN_AS = re.compile(r"^a\.?k\.?a\.?:?\s+", re.IGNORECASE)
_OPEN_END = re.compile(r"(?:\bor|\band|[:,–-])$", re.IGNORECASE)
_APOSTROPHES = re.compile(r"['’ʼ`´]")
_NOT_WORD = re.compile(r"[^\w]+|_+")
_SUBTITLE = re.compile(r"(?<=\w)(?:: | [-–] )")
_SPOKEN = str.maketrans({"&": " and ", "½": " 1/2", "♥": " heart ", "π": "pi"})
_INITIALS = re.compile(r"(?<!\S)[^\W\d](?: [^\W\d](?!\S))+")
_UNDECOMPOSED = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})

MINOR_WORDS = frozenset(
    (
        "the a an of and part episode chapter volume vol movie film "
        + "le la les l un une der die das ein eine el il lo"
    ).split()
)
"""Words without which a title is still recognised."""

_NUMERALS = [
    ("1", "one", "i"),
    *zip(
        ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"],
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"],
        ["ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii"],
        strict=True,
    ),
]
NUMERAL_FORMS: dict[str, tuple[str, ...]] = {form: forms for forms in _NUMERALS for form in forms if form != "i"}
"""All forms of a number, by each of them; “i” is a word of its own."""
_LETTERS = ("v", "x")
"""Numerals that are letters at the start of a title: “X-Men”, “V for Vendetta”."""


class Title(NamedTuple):
    """The parts of a title: “Matrix, The (1999)” is `Title("The Matrix", "", 1999)`."""

    title: str
    alternative: str
    year: int | None


def parse_title(raw: str) -> Title:
    """Parse a MovieLens title: the year at the end, other names in parentheses, and moved articles."""
    rest = " ".join(raw.split())
    year = None
    if rest.endswith(")") and (match := _YEAR.search(rest)) and match.start():
        year, rest = int(match["year"]), rest[: match.start()]
    alternatives: list[str] = []
    while rest.endswith(")") and (match := _LAST_PARENTHESES.match(rest)) and not _OPEN_END.search(match["title"]):
        alternatives.insert(0, restore_article(_ALSO_KNOWN_AS.sub("", match["inside"])))
        rest = match["title"]
    return Title(restore_article(rest), " / ".join(alternatives), year)


def unparse_title(title: str, alternative: str, year: int | None) -> str:
    """Format a title in MovieLens' style, the inverse of `parse_title`."""
    others = (f"({other})" for other in alternative.split(" / ") if other)
    return " ".join((title, *others, *((f"({year})",) if year else ())))


def restore_article(title: str) -> str:
    """Move a trailing article back to the front: “Matrix, The” becomes “The Matrix”."""
    if ", " in title and (match := _MOVED_ARTICLE.match(title)):
        space = "" if match["article"].endswith("'") else " "
        return f"{match['article']}{space}{match['rest']}"
    return title


def sort_key(title: str) -> str:
    """Return a title's sort key: lower case, without leading article and accents."""
    key = plain(_LEADING_ARTICLE.sub("", title)) or plain(title) or title.casefold()
    return key[:LONGEST_KEY]


def search_key(title: str, alternative: str, year: int | None) -> str:
    """Return the words of a movie's titles and year that the search matches."""
    words = " ".join(filter(None, (plain(title)[:LONGEST_KEY], plain(alternative)[:LONGEST_KEY], str(year or ""))))
    return " ".join(words.split())


def plain(text: str) -> str:
    """Return the words of a text in lower case without accents and punctuation, separated by single spaces."""
    letters = text.casefold()
    if not letters.isascii():
        letters = _decomposed(letters).translate(_UNDECOMPOSED)
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", letters)).strip()


def _decomposed(letters: str) -> str:
    """Return the letters without accents, as many as two keys have, and at most two for one.

    Some characters become a phrase of eighteen letters.
    """
    kept: list[str] = []
    for start in range(0, len(letters), _PIECE):
        decomposed = unicodedata.normalize("NFKD", letters[start : start + _PIECE])
        kept += islice(filterfalse(unicodedata.combining, decomposed), 2 * _PIECE)
        if len(kept) >= 2 * LONGEST_KEY:
            break
    return "".join(kept)


def title_words(text: str) -> list[str]:
    """Return the words by which titles are compared: as `plain`, with symbols as words and initials as one word.

    “E.T. & Me” is `["et", "and", "me"]`.
    """
    return _INITIALS.sub(lambda match: match[0].replace(" ", ""), plain(text.translate(_SPOKEN))).split()


def major_words(words: list[str]) -> list[str]:
    """Leave out minor words, unless there are no others."""
    return [word for word in words if word not in MINOR_WORDS] or words


def comparison_key(text: str) -> str:
    """Return a key that is equal for spellings of one title.

    Articles and words like “part” do not count, numerals are digits, and spaces are left out: “The Godfather, Part II”
    and “Godfather 2”, “WALL·E” and “Wall-E”, “Spider-Man” and “Spiderman” have the same keys.
    """
    return words_key(title_words(text))


def words_key(words: list[str]) -> str:
    """Return the comparison key of a title by its words."""
    return "".join(
        NUMERAL_FORMS[word][0] if word in NUMERAL_FORMS and (n or word not in _LETTERS) else word
        for n, word in enumerate(major_words(words))
    )


def title_parts(title: str) -> list[str]:
    """Return the names that a title contains: itself, and its beginning before each colon or dash.

    “Star Wars: Episode IV - A New Hope” is also “Star Wars: Episode IV” and “Star Wars”.
    """
    return list(dict.fromkeys((title, *(title[: match.start()] for match in _SUBTITLE.finditer(title)))))


def initials(words: list[str]) -> str:
    """Return the first letters of words, with numerals as digits: “t2” for “terminator 2”."""
    return "".join(NUMERAL_FORMS.get(word, (word,))[0][: 2 if word.isdecimal() else 1] for word in words)

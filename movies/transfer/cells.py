"""Numbers, years, ids, dates and ratings in the cells of exports."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

FIVE, TEN, HUNDRED = 5, 10, 100
SCALES = {FIVE: "five stars", TEN: "ten points", HUNDRED: "a hundred points"}
"""Points of the best rating, and the name of the scale."""
_ALLOWED = {FIVE: "0.5 to 5 in steps of 0.5", TEN: "1 to 10", HUNDRED: "0 to 100"}
_LEAST = {FIVE: Decimal("0.5"), TEN: Decimal(1), HUNDRED: Decimal(0)}
_FRACTION = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*/\s*(5|10|100)", re.ASCII)
_STARS = re.compile(r"★{0,5}½?")
_ID = re.compile(r"(?:.*/)?(?:tt)?0*(\d{1,9})(?:\.0+)?/?", re.ASCII)
_YEAR = re.compile(r"(\d{4})(?:\.0+)?(?:[-/].*)?", re.ASCII)
_SPAN_OF_YEARS = re.compile(r"\s*\d{4}\s*(?:[-–—]|to)\s*(?:\d{4}|present)?\s*", re.ASCII)
_TITLE_WITH_SPAN = re.compile(r".*\(\s*\d{4}\s*[-–—]\s*(?:\d{4})?\s*\)\s*", re.ASCII)
_SLASHED = re.compile(r"(\d{1,4})[/.](\d{1,2})[/.](\d{2,4})\b.*", re.ASCII)
LONGEST_DATE = 40
_FORMATS = ("%a %b %d %H:%M:%S %Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y")


def decimal(text: str) -> Decimal | None:
    """Parse a number with a decimal point or comma; None for anything else."""
    text = text.strip()
    if not text.isascii() or len(text) > 50:
        return None
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def scaled(text: str) -> tuple[Decimal | None, int | None]:
    """Parse a rating that may name its scale, such as “8/10” or “★★★½”; return the number and that scale."""
    if match := _FRACTION.fullmatch(text.strip()):
        return decimal(match[1]), int(match[2])
    if text.strip() and _STARS.fullmatch(text.strip()):
        return Decimal(text.count("★")) + (Decimal("0.5") if "½" in text else 0), FIVE
    return decimal(text), None


def half_stars(text: str, scale: int) -> tuple[int, bool]:
    """Parse a rating as half stars; return also whether it was between two, and was rounded.

    Raises `ValueError` for what is no rating of the scale.
    """
    number, own = scaled(text)
    scale = own or scale
    # The range comes first: multiplying or rounding a number such as 1e99999999 raises.
    if number is not None and _LEAST[scale] <= number <= scale:
        halves = number * 10 / scale
        rounded = max(halves.to_integral_value(ROUND_HALF_UP), Decimal(1))
        if scale != FIVE or rounded == halves:
            return int(rounded), rounded != halves and number != 0
    raise ValueError(f"“{text[:20]}” is not a rating; it must be {_ALLOWED[scale]}")


def scale_of(texts: Iterable[str]) -> tuple[int, bool]:
    """Return the scale of ratings by their values, and whether another fits as well."""
    numbers = [number for text in texts if (found := scaled(text))[1] is None and (number := found[0]) is not None]
    highest = max((number for number in numbers if 0 <= number <= HUNDRED), default=Decimal(0))
    if highest > TEN:
        return HUNDRED, False
    return (TEN, False) if highest > FIVE else (FIVE, bool(numbers))


def number(text: str) -> int | None:
    """Parse an id: a positive integer, also with IMDb's prefix “tt”, as “603.0”, or at the end of an address."""
    digits = _ID.fullmatch(text.strip())
    return int(digits[1]) or None if digits else None


def year(text: str) -> int | None:
    """Parse a year, also “2001.0” and the beginning of a date; None if it is no year of a movie."""
    match = _YEAR.fullmatch(text.strip())
    return int(match[1]) if match and 1870 <= int(match[1]) <= 2100 else None


def is_span_of_years(year_text: str, title: str) -> bool:
    """Return whether a series has several years: “2013–2015”, or “2013–” while it goes on."""
    return bool(_SPAN_OF_YEARS.fullmatch(year_text) or _TITLE_WITH_SPAN.fullmatch(title))


def day_first(texts: Iterable[str]) -> bool:
    """Return whether dates such as 05/06/2020 start with the day: if one starts with more than 12, or has points."""
    dates = [match for text in texts if (match := _SLASHED.fullmatch(text.strip()))]
    return any(int(date[1]) > 12 and len(date[1]) < 3 for date in dates) or any("." in date[0][:6] for date in dates)


def time(text: str, *, day_first: bool = False) -> datetime | None:
    """Parse Unix seconds, an ISO date or another usual form; None if missing, invalid or in the future."""
    parsed = _parsed(text.strip()[:LONGEST_DATE], day_first=day_first)
    if parsed is None:
        return None
    try:
        when = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return when if datetime(1990, 1, 1, tzinfo=UTC) < when <= datetime.now(UTC) else None


def _parsed(text: str, *, day_first: bool) -> datetime | None:
    if text.isascii() and text.isdecimal() and 9 <= len(text) <= 10:
        return datetime.fromtimestamp(int(text), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    if match := _SLASHED.fullmatch(text):
        first, second, third = int(match[1]), int(match[2]), int(match[3])
        if len(match[1]) == 4:
            parts = (first, second, third)
        else:
            day, month = (first, second) if day_first else (second, first)
            parts = (third + 2000 if third < 100 else third, month, day)
        try:
            return datetime(*parts, tzinfo=UTC)
        except ValueError:
            return None
    for form in _FORMATS:
        try:
            return datetime.strptime(" ".join(text.split()), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None

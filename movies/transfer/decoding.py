"""The text of a file in the encodings that browsers, spreadsheets and older sites write."""

import codecs

from movies.transfer.entries import UnreadableError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 2_000
_FOREIGN = (
    (b"%PDF", "This is a PDF. Choose the CSV, JSON or zip that the site exports."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook. Save it as “CSV UTF-8” in Excel, and choose that file."),
    (b"\x1f\x8b", "This is a gzip file. Unpack it, and choose the file inside."),
    (b"7z\xbc\xaf", "This is a 7z archive. Unpack it, and choose the file inside."),
    (b"Rar!", "This is a RAR archive. Unpack it, and choose the file inside."),
)


def decode(data: bytes) -> str:
    """Decode UTF-8, UTF-16 or UTF-32 with or without byte order mark, or else Windows-1252.

    Raises `UnreadableError` if the bytes are no text.
    """
    for start, message in _FOREIGN:
        if data.startswith(start):
            raise UnreadableError(message)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _unmarked_utf16(data)
    if encoding:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            raise UnreadableError(
                "The file is damaged: its text breaks off or has bytes that are no characters. Download it again."
            ) from None
    else:
        text = _unmarked(data)
    if text.lstrip()[:15].casefold().startswith(("<!doctype", "<html", "<?xml")):
        raise UnreadableError(
            "This is a web page, not an export. Sign in to the site, and download the export itself as CSV or JSON."
        )
    return text


def _unmarked(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    controls = sum(byte < 9 or 13 < byte < 32 for byte in data[:_SAMPLE])
    try:
        if controls == 0:
            return data.decode("cp1252")
    except UnicodeDecodeError:
        pass
    raise UnreadableError("The file is not text. Choose the CSV, JSON or zip that the site exports.")


def _unmarked_utf16(data: bytes) -> str | None:
    """Return the encoding of mostly Latin UTF-16 text without a mark: every other byte is zero."""
    sample = data[: min(_SAMPLE, len(data) // 2 * 2)]
    half = len(sample) // 2
    if half < 4:
        return None
    if sample[1::2].count(0) > 0.7 * half and sample[0::2].count(0) == 0:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.7 * half and sample[1::2].count(0) == 0:
        return "utf-16-be"
    return None

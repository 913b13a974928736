"""Detects the encoding of a text file in one pass over its bytes, unless it is declared."""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from typing import IO, Final

from pharos.ingest.errors import DataError
from pharos.ingest.tables.files import DataFile

_CHUNK: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN: Final = frozenset(range(0x80, 0x100)) - frozenset(
    b"\x81\x83\x86\x87\x88\x89\x8b\x8d\x8f\x90\x98\x9b\x9d\xa2\xa4\xa5\xa6\xa8\xac\xad\xaf"
    b"\xb1\xb5\xb6\xb8\xb9\xbc\xbd\xbe\xd0\xd7\xde\xf0\xf7\xfe\xff"
)
"""Bytes of the letters and signs that texts of Western Europe are likely to hold, in Windows-1252."""
_UNDEFINED: Final = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that Windows-1252 gives no sign."""
_LIKELY_SHARE: Final = 0.9
_STRAY: Final = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII: Final = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")


@dataclass(frozen=True)
class Encoding:
    """The result of a pass over a file's bytes.

    name: for Python's codecs. found: whether it is a guess that people should be told, with the count of bytes that
    are no UTF-8 (`strays`) and the line of the first. quotes: whether a double quote may stand in it. may_break:
    whether some bytes may not be of the encoding.
    """

    name: str
    quotes: bool
    empty: bool = False
    found: bool = False
    strays: int = 0
    first_line: int = 0
    may_break: bool = False

    @property
    def wide(self) -> bool:
        """Whether every character takes several bytes."""
        return self.name.replace("_", "-").startswith(("utf-16", "utf-32"))


def scan(file: DataFile, said: str | None = None) -> Encoding:
    """Read the file once and detect its encoding.

    UTF-8, UTF-16 or UTF-32 by their marks; UTF-16 without a mark by its zero bytes; else UTF-8, unless what is no
    UTF-8 in it looks like Windows-1252, which holds Latin-1. said: the encoding that is declared, taken as it is.
    Errors: DataError if the file cannot be read to its end.
    """
    with file.open() as stream:
        head = stream.read(_CHUNK)
        if not head:
            return Encoding(said or "utf-8", quotes=False, empty=True)
        name = said or _marked(head)
        if name == "utf-8-sig" and said is None:
            name = None  # marked, and still to be read for broken bytes
        if name is not None:
            quotes, size = _has_quotes(stream, head)
            encoding = Encoding(name, quotes, may_break=True)
            if encoding.wide and size % 2:
                raise DataError(f"{file.name}: is no {name}: it ends amid a sign; say encoding = … in dataset.toml")
            return encoding
        return _scan_utf8(stream, head)


def check_encoding(name: str) -> str:
    """Python's name of a text encoding. Errors: ValueError if it is unknown."""
    try:
        info = codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError, TypeError) as error:
        raise ValueError(f"unknown encoding {name!r}") from error
    return "utf-8-sig" if info.name == "utf-8" else info.name


def open_error(file: DataFile, encoding: str, error: UnicodeError) -> DataError:
    """The message for a file that is not in its encoding."""
    return DataError(f"{file.name}: is no {encoding}: {error}; say encoding = … in dataset.toml")


def _marked(head: bytes) -> str | None:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[: len(head) // 2 * 2][:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * len(sample) / 2 and even < 0.1 * odd:
        return "utf-16-le"
    if even > 0.4 * len(sample) / 2 and odd < 0.1 * even:
        return "utf-16-be"
    return None


def _has_quotes(stream: IO[bytes], chunk: bytes) -> tuple[bool, int]:
    """Whether there is a quote, and the size of the file in bytes."""
    quotes, size = False, 0
    while chunk:  # to the end, so that a damaged file shows here
        quotes = quotes or b'"' in chunk
        size += len(chunk)
        chunk = stream.read(_CHUNK)
    return quotes, size


def _scan_utf8(stream: IO[bytes], chunk: bytes) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    quotes, lines, first_line, valid = False, 1, 0, 0
    strays: Counter[int] = Counter()
    pending = False
    while chunk:
        quotes = quotes or b'"' in chunk
        if pending or not chunk.isascii():
            text = decoder.decode(chunk)
            pending = bool(decoder.getstate()[0])
            found = _STRAY.findall(text)
            if found and not strays:
                first_line = lines + text.count("\n", 0, text.index(found[0]))
            strays.update(ord(sign) - 0xDC00 for sign in found)
            valid += len(_BEYOND_ASCII.findall(text))
        if not strays:
            lines += chunk.count(b"\n")
        chunk = stream.read(_CHUNK)
    found = _STRAY.findall(decoder.decode(b"", final=True))
    strays.update(ord(sign) - 0xDC00 for sign in found)
    return _judge(strays, valid, first_line or lines, quotes=quotes)


def _judge(strays: Counter[int], valid: int, first_line: int, *, quotes: bool) -> Encoding:
    total = strays.total()
    if not total:
        return Encoding("utf-8-sig", quotes)
    likely = sum(count for byte, count in strays.items() if byte in _WESTERN)
    if likely >= _LIKELY_SHARE * total and total > 20 * valid:
        name = "latin-1" if _UNDEFINED & set(strays) else "cp1252"
        return Encoding(name, quotes, found=True, strays=total, first_line=first_line)
    return Encoding("utf-8-sig", quotes, strays=total, first_line=first_line, may_break=True)

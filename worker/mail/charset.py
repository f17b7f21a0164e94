"""Bytes to characters, whatever their label says. Never raises."""

from __future__ import annotations

from functools import lru_cache

_SINGLE = "cp1252"
_NAMES = {
    "utf8": "utf-8", "unicode11utf8": "utf-8", "utf8mb4": "utf-8", "cp65001": "utf-8",
    "usascii": "ascii", "ascii": "ascii", "ansix341968": "ascii", "646": "ascii", "iso646us": "ascii", "us": "ascii",
    "iso88591": _SINGLE, "latin1": _SINGLE, "l1": _SINGLE, "ansi": _SINGLE, "xansi": _SINGLE, "cp819": _SINGLE,
    "iso885915": "iso8859-15", "latin9": "iso8859-15", "latin2": "iso8859-2", "latin5": "cp1254",
    "iso88599": "cp1254", "iso885911": "cp874", "tis620": "cp874", "windows874": "cp874",
    "iso88598i": "iso8859-8", "iso88598e": "iso8859-8", "iso88596i": "iso8859-6",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "xgbk": "gb18030", "euccn": "gb18030",
    "cp936": "gb18030", "hzgb2312": "hz", "hz": "hz",
    "big5": "cp950", "xbig5": "cp950", "cp950": "cp950", "big5hkscs": "big5hkscs",
    "shiftjis": "cp932", "sjis": "cp932", "xsjis": "cp932", "cp932": "cp932", "windows31j": "cp932",
    "mskanji": "cp932", "shiftjis2004": "cp932",
    "eucjp": "euc_jp", "xeucjp": "euc_jp", "iso2022jp": "iso2022_jp_2", "iso2022jp1": "iso2022_jp_2",
    "iso2022jp2": "iso2022_jp_2", "iso2022jpms": "iso2022_jp_ext", "iso2022jp3": "iso2022_jp_3",
    "cp50220": "iso2022_jp_ext", "cp50221": "iso2022_jp_ext", "iso2022kr": "iso2022_kr",
    "euckr": "cp949", "ksc56011987": "cp949", "ksc5601": "cp949", "cp949": "cp949", "windows949": "cp949",
    "uhc": "cp949", "johab": "johab",
    "koi8r": "koi8_r", "koi8u": "koi8_u", "koi8": "koi8_r", "koi8ru": "koi8_u",
    "macintosh": "mac_roman", "macroman": "mac_roman", "xmacroman": "mac_roman", "mac": "mac_roman",
    "xmaccyrillic": "mac_cyrillic", "xmacgreek": "mac_greek", "xmacturkish": "mac_turkish", "xmacce": "mac_latin2",
    "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "unicode": "utf-16", "ucs2": "utf-16",
    "utf32": "utf-32", "utf32le": "utf-32-le", "utf32be": "utf-32-be",
    "utf7": "utf-7", "unicode11utf7": "utf-7",
}  # fmt: skip
_NAMES |= {f"iso8859{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 16)}
_NAMES |= {f"{p}{n}": f"cp{n}" for p in ("cp", "windows", "win", "xcp") for n in range(1250, 1259)}
_NAMES |= {f"{p}{n}": f"cp{n}" for p in ("cp", "ibm", "dos") for n in (437, 850, 852, 855, 857, 858, 862, 866)}
_WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})
_SEVEN_BIT = frozenset({"utf-7", "hz", "iso2022_jp_2", "iso2022_jp_ext", "iso2022_jp_3", "iso2022_kr"})
_EAST = frozenset({"gb18030", "cp950", "big5hkscs", "cp932", "euc_jp", "cp949", "johab"})


@lru_cache(maxsize=256)
def codec(label: str) -> str:
    """The codec for a charset label, "" for an unknown one.

    A closed list: Python's own look-up would hand out codecs that are no charsets (unicode_escape,
    punycode), and imports a module for each name that it is asked for.
    """
    return _NAMES.get("".join(c for c in label[:40].lower() if c.isalnum()), "")


def decode(data: bytes, label: str) -> str:
    """Characters of data; the label is believed only as far as the bytes bear it out."""
    name = codec(label)
    if data.isascii() and name not in _SEVEN_BIT and name not in _WIDE:
        if b"\x1b$" in data:
            return _strict(data, "iso2022_jp_2") or data.decode("ascii")
        return data.decode("ascii")
    if name in _WIDE:
        return _decode_wide(data, name)
    if name in _SEVEN_BIT or name in _EAST:
        found = _strict(data, name)
        if found is None:
            found = _strict(data, "utf-8")
        return data.decode(name, "replace") if found is None else found
    # Text of one byte a letter is next to never well-formed UTF-8 by chance: the label lies.
    found = _strict(data, "utf-8")
    if found is not None:
        return found.removeprefix("\ufeff")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_wide(data, "utf-16")
    if name in ("", "ascii", "utf-8"):
        return _decode_unlabelled(data)
    return data.decode(name, "replace") if name != _SINGLE else _western(data)


def _decode_unlabelled(data: bytes) -> str:
    """UTF-8 with a few broken places, else the Western code page."""
    rough = data.decode("utf-8", "replace")
    broken = rough.count("\ufffd")
    sound = sum(1 for c in rough if c > "\x7f") - broken
    return rough if sound > 2 * broken else _western(data)


def _decode_wide(data: bytes, name: str) -> str:
    if b"\0" not in data and data.isascii():
        return data.decode("ascii")
    if name == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        # RFC 2781 section 4.3: without a mark, big-endian; real mail is the other way more often.
        even, odd = data[0:400:2].count(0), data[1:400:2].count(0)
        name = "utf-16-be" if even >= odd else "utf-16-le"
    return data.decode(name, "replace").removeprefix("\ufeff")


def _western(data: bytes) -> str:
    # cp1252 leaves five places empty; there latin-1 stands in, so that no byte is lost.
    found = _strict(data, _SINGLE)
    if found is not None:
        return found
    return data.decode("latin-1").translate(_WESTERN)


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):
        return None


_WESTERN = {byte: bytes((byte,)).decode(_SINGLE, "ignore") or chr(byte) for byte in range(0x80, 0xA0)}

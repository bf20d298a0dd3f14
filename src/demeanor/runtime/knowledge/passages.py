"""Markdown pages -> passages, the unit that is retrieved, shown to the model and cited.

A passage is one section of a page, known by the page's name and the heading's slug ("pets#fees"): an id that survives
edits of the text, while the hash beside it changes with them. Sections are those of the highest level below the page's
title, in either way to write headings; what stands before the first is the page's introduction ("pets#"). Front matter
is no text. Long sections are cut between paragraphs, rows of a table (each piece with the table's head), points of a
list or sentences ("pets#fees", "pets#fees-2"): a context block stays short, and an encoder reads no more at once.
Nothing is skipped quietly: a page or section without text is an error.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from demeanor.errors import ConfigError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_WORDS = 120
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Passage:
    """A piece of a page. `id` "pets#fees", `title` "Pets: Fees", `sha256` the first 12 hex digits over
    `text`.
    """

    id: str
    title: str
    text: str
    sha256: str


@dataclass(frozen=True)
class _Section:
    heading: str  # empty: the introduction
    line: int
    text: str


def read_passages(folder: Path) -> list[Passage]:
    """All passages of the Markdown files below `folder`, in the order of names and sections.

    Raises:
        ConfigError: no such folder; a page that is empty or not UTF-8; a section without text; two headings
        of a
            page with the same slug. With file and line.
    """
    if not folder.is_dir():
        raise ConfigError("no such folder of knowledge pages", file=folder, fix="create it")
    found: list[Passage] = []
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder)
        if not any(part.startswith(".") for part in name.parts):
            found += read_page(path, name.with_suffix("").as_posix())
    return found


def read_page(path: Path, page: str) -> list[Passage]:
    title, sections = _sections(path, _read_text(path))
    title = title or page.rpartition("/")[2].replace("-", " ").replace("_", " ").capitalize()
    if not any(section.text for section in sections):
        raise ConfigError("an empty page", file=path, line=1, fix="write the policy here, or remove the file")
    lines: dict[str, int] = {}
    found: list[Passage] = []
    for section in sections:
        if not section.text:
            if not section.heading:
                continue  # a page need not have an introduction
            raise ConfigError("a heading without text", file=path, line=section.line, found=section.heading)
        for part, text in enumerate(_split(section.text), 1):
            slug = slugify(section.heading) + (f"-{part}" if part > 1 else "")
            if slug in lines:
                raise ConfigError(
                    f"the heading gives the id {page}#{slug} a second time (first at line {lines[slug]})",
                    file=path,
                    line=section.line,
                    found=section.heading,
                    fix="give the two sections different headings",
                )
            lines[slug] = section.line
            name = f"{title}: {section.heading}" if section.heading else title
            found.append(Passage(f"{page}#{slug}", name, text, hashlib.sha256(text.encode()).hexdigest()[:12]))
    return found


def _read_text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(
            "the page is not UTF-8", file=path, line=line, found=data[error.start], fix="save it as UTF-8"
        ) from error


@dataclass(frozen=True)
class _Heading:
    level: int
    text: str
    first: int  # its first line, from 0
    end: int  # the line behind it


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _headings(text: str) -> list[_Heading]:
    """The headings of a page that stand by themselves, not in a list, a quote or code."""
    return [
        _Heading(int(token.tag[1]), _plain(inline.content), token.map[0], token.map[1])
        for token, inline in pairwise(_markdown().parse(text))
        if token.type == "heading_open" and token.level == 0 and token.map
    ]


def _plain(heading: str) -> str:
    """A heading without marks of emphasis, code and links."""
    return re.sub(r"[*`]|!?\[([^\]]*)\]\([^)]*\)", lambda m: m[1] or "", heading).strip()


def _sections(path: Path, text: str) -> tuple[str, list[_Section]]:
    """The page's title (or "") and its sections."""
    title, text = _front_matter(text)
    headings = _headings(text)
    if headings and headings[0].level == 1:
        title = headings[0].text
    below = [h for h in headings if h is not headings[0] or h.level > 1]
    cuts = [h for h in below if h.level == min(other.level for other in below)]
    lines = text.split("\n")
    named = [h for h in headings if h not in below]  # the title is no text
    begins = [0, *(h.end for h in cuts)]
    ends = [*(h.first for h in cuts), len(lines)]
    bodies = [
        "\n".join(line for k, line in enumerate(lines[a:b], a) if not any(h.first <= k < h.end for h in named)).strip()
        for a, b in zip(begins, ends, strict=True)
    ]
    for h in cuts:
        if not slugify(h.text):
            raise ConfigError("a heading without a word", file=path, line=h.first + 1, found=lines[h.first])
    places = [("", 1), *((h.text, h.first + 1) for h in cuts)]
    return title, [_Section(*place, body) for place, body in zip(places, bodies, strict=True)]


def _front_matter(text: str) -> tuple[str, str]:
    """The title that front matter gives, and the page with empty lines in its place: lines keep their numbers."""
    if (found := _FRONT.match(text)) is None:
        return "", text
    import yaml

    try:
        told = yaml.safe_load(found[1])
    except yaml.YAMLError:
        told = None
    title = told.get("title") if isinstance(told, dict) else None
    return str(title or ""), "\n" * found[0].count("\n") + text[found.end() :]


def slugify(heading: str) -> str:
    """The heading as an id: lower case, accents dropped, everything but letters and digits a hyphen."""
    plain = unicodedata.normalize("NFKD", heading).lower()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "-", plain).strip("-")


def _split(text: str) -> Iterator[str]:
    """Pieces of at most MAX_WORDS words, as far as there is a place to cut."""
    piece: list[str] = []
    for block in (part for paragraph in re.split(r"\n\s*\n", text) for part in _cut(paragraph.strip("\n"))):
        if piece and len(" ".join([*piece, block]).split()) > MAX_WORDS:
            yield "\n\n".join(piece)
            piece = []
        piece.append(block)
    yield "\n\n".join(piece)


def _cut(block: str) -> list[str]:
    """A block that is too long: between rows, with the table's head; between lines; between sentences."""
    if len(block.split()) <= MAX_WORDS or block.lstrip().startswith("```"):
        return [block]
    lines = block.split("\n")
    if re.fullmatch(r"[\s|:-]*-[\s|:-]*", lines[1] if len(lines) > 1 else ""):
        return ["\n".join([*lines[:2], *rows]) for rows in _packed(lines[2:], len(" ".join(lines[:2]).split()))]
    parts = lines if len(lines) > 1 and max(len(line.split()) for line in lines) <= MAX_WORDS else None
    if parts is not None:
        return ["\n".join(some) for some in _packed(parts)]
    return [" ".join(some) for some in _packed(_SENTENCE_ENDS.split(block))]


def _packed(parts: Sequence[str], taken: int = 0) -> Iterator[list[str]]:
    """Parts in a row, as many at once as may stand together."""
    some: list[str] = []
    for part in parts:
        if some and taken + len(" ".join([*some, part]).split()) > MAX_WORDS:
            yield some
            some = []
        some.append(part)
    if some:
        yield some

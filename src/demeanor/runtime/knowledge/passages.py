"""Markdown pages -> passages, the unit that is retrieved, shown to the model and cited.

A passage is one `##` section of a page, known by the page's name and the heading's slug ("pets#fees"): an
id that survives edits of the text, while the hash beside it changes with them. What stands before the first
section is the page's introduction ("pets#"). Long sections are cut between paragraphs ("pets#fees",
"pets#fees-2"), so that a context block stays short. Nothing is skipped quietly: a page or section without
text is an error.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demeanor.errors import ConfigError

MAX_WORDS = 120


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


def _sections(path: Path, text: str) -> tuple[str, list[_Section]]:
    """The page's `#` title (or "") and its sections; a `#` inside a code fence is no heading."""
    title, heading, start, fenced = "", "", 1, False
    body: list[str] = []
    sections: list[_Section] = []
    for number, line in enumerate(text.split("\n"), 1):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and re.match(r"##\s", line + " ") and not line.startswith("###"):
            sections.append(_Section(heading, start, "\n".join(body).strip()))
            heading, start, body = line[2:].strip().rstrip("#").strip(), number, []
            if not slugify(heading):
                raise ConfigError("a heading without a word", file=path, line=number, found=line)
        elif not fenced and not title and re.match(r"#\s", line):
            title = line[1:].strip()
        else:
            body.append(line)
    return title, [*sections, _Section(heading, start, "\n".join(body).strip())]


def slugify(heading: str) -> str:
    """The heading as an id: lower case, accents dropped, everything but letters and digits a hyphen."""
    plain = unicodedata.normalize("NFKD", heading).lower()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "-", plain).strip("-")


def _split(text: str) -> Iterator[str]:
    """Pieces of at most MAX_WORDS words, cut between paragraphs; one long paragraph stays whole."""
    piece: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        if piece and len(" ".join([*piece, paragraph]).split()) > MAX_WORDS:
            yield "\n\n".join(piece)
            piece = []
        piece.append(paragraph.strip("\n"))
    yield "\n\n".join(piece)

"""What was said, without what programs put around it: HTML, quoted mail, signatures, thoughts.

Each function takes a text and gives it without, and what was cut by name. A quote is known by its form (signs at the
beginning of lines, a block of headers, a line with an address or a day and a colon at its end) and, in any language, by
what it repeats: the lines of an earlier message of the same conversation.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

HTML, QUOTE, SIGNATURE, THOUGHT = "HTML to text", "quoted mail cut", "signature cut", "thoughts cut"
MOST_SIGNATURE = 8
"""Lines of a signature, at most."""
_TAG = re.compile(
    r"</?(?:p|br|div|span|a|b|i|u|strong|em|ul|ol|li|table|tr|td|h[1-6]|blockquote|img|html|body|pre|code)\b[^>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|apos|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)
_THOUGHTS = re.compile(r"<(think|thinking|thought|reasoning)>.*?</\1>\s*", re.DOTALL | re.IGNORECASE)
_RULE = re.compile(r"^\s*[-_#=*]{2,}\W*.{0,60}?\W*[-_#=*]{2,}\s*$|^\s*_{10,}\s*$")
"""A line between rules, as programs write above an original message or below a reply."""
_HEADER = re.compile(r"^\s*\*?[A-ZÀ-Þ][\w-]{1,14}(?: [\w-]{1,10})?:\*? \S")
_ATTRIBUTION = re.compile(r"(?:\d{4}|\d{1,2}:\d{2}|<[^<>\s]+@[^<>\s]+>).{0,120}:\s*$", re.DOTALL)
_WROTE = re.compile(
    r"\b(?:wrote|schrieb|écrit|escribió|scritto|escreveu|schreef|skrev|napisał|kirjoitti|napsal)\b.{0,60}:\s*$",
    re.IGNORECASE | re.DOTALL,
)
_BYE = re.compile(
    r"^(?:(?:kind|best|warm|many|all the|with (?:kind|best)|my)? ?(?:regards|wishes|thanks|best)|thanks(?: again)?|"
    r"thank you|"
    r"many thanks|cheers|sincerely|yours(?: sincerely| truly| faithfully)?|all the best|take care|love|"
    r"(?:mit )?(?:freundlichen|besten|lieben|viele[n]?|herzliche[n]?|liebe|beste) gr(?:ü|ue)(?:ß|ss)en?|mfg|"
    r"cordialement|bien à vous|saludos|un saludo|cordiali saluti|atenciosamente|met vriendelijke groet(?:en)?)"
    r"[\s,.!]*$",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"^(?:sent|gesendet|envoyé|enviado|inviato|verzonden|skickat) \w+ (?:my|meinem?|mon|mi|dal|mijn|min|the)\b.{0,60}$"
    r"|^get outlook for \w+",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(r"^[A-ZÀ-Þ][\w.'’-]*(?: (?:[A-ZÀ-Þ][\w.'’-]*|[a-z]{2,3})){0,3},?$")


@dataclass(frozen=True)
class Cleaned:
    """A text, what was cut from it by name, and the names that stood below it."""

    text: str
    cut: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


def clean(text: str, earlier: Collection[str] = (), agent: bool = False) -> Cleaned:
    """One message without what nobody said.

    Args:
        earlier: lines of the conversation's earlier messages, as `line_keys` gives them.
        agent: of an agent's message, thoughts are taken out too.
    """
    cut: list[str] = []

    def step(name: str, after: str) -> None:
        nonlocal text
        if after.split() != text.split():
            cut.append(name)
        text = after

    if agent:
        step(THOUGHT, _THOUGHTS.sub("", text))
    if is_html(text):
        text = html_text(text)
        cut.append(HTML)
    text = re.sub(r"[^\S\n]+", " ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    step(QUOTE, without_quotes(text, earlier))
    bare, signed = without_signature(text)
    step(SIGNATURE, bare)
    text = re.sub(r" ?\n ?", "\n", re.sub(r"\n\s*\n\s*\n+", "\n\n", text)).strip()
    return Cleaned(text, tuple(cut), signed)


def line_keys(text: str) -> set[str]:
    """The lines of a message by which a quote of it is known; short ones say nothing."""
    return {key for line in text.split("\n") if len(key := _key(line)) >= 12}


def _key(line: str) -> str:
    return re.sub(r"\W+", "", line).casefold()


# ---------------------------------------------------------------------- HTML


def is_html(text: str) -> bool:
    """Whether a text is written in HTML, and not about it: a tag that is closed, or an entity."""
    tags = _TAG.findall(text)
    return bool(_ENTITY.search(text)) or any("/" in tag or tag.lower().startswith("<br") for tag in tags)


_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class _Text(HTMLParser):
    """The text of HTML with its paragraphs; what is quoted in it stands in lines with a sign before them."""

    BLOCKS = frozenset(("p", "div", "tr", "ul", "ol", "table", "blockquote", "section", "article", "pre", *_HEADINGS))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.silent = self.quoted = 0
        self.link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("style", "script", "head", "title"):
            self.silent += 1
        elif tag == "blockquote":
            self.quoted += 1
            self._new_line()
        elif tag == "br":
            self._new_line(1)
        elif tag == "li":
            self._new_line(1)
            self.out.append("- ")
        elif tag in self.BLOCKS:
            self._new_line()
        elif tag == "a":
            self.link = named.get("href") or ""
        elif tag == "img" and named.get("alt"):
            self.out.append(str(named["alt"]))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head", "title"):
            self.silent = max(0, self.silent - 1)
        elif tag == "blockquote":
            self._new_line()
            self.quoted = max(0, self.quoted - 1)
        elif tag in self.BLOCKS:
            self._new_line()
        elif tag in ("td", "th"):
            self.out.append(" ")
        elif tag == "a":
            self._tell_link()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            said = re.sub(r"\s+", " ", data)
            self.out.append(said)

    def _tell_link(self) -> None:
        """A link is told where its words do not tell it."""
        shown = "".join(self.out)[-len(self.link) - 20 :]
        if self.link.startswith(("http", "www")) and self.link.split("://")[-1].rstrip("/") not in shown:
            self.out.append(f" ({self.link})")
        self.link = ""

    def _new_line(self, count: int = 2) -> None:
        self.out.append("\n" * count + ("> " if self.quoted else ""))


def html_text(text: str) -> str:
    """HTML as people read it."""
    if not _TAG.search(text):
        return unescape(text).replace("\u00a0", " ")
    reader = _Text()
    # A line break in the source of a message that has no paragraphs of its own is one that somebody typed.
    typed = not re.search(r"<(?:p|div|br|table|ul|ol)\b", text, re.IGNORECASE)
    reader.feed(text.replace("\n", "<br>") if typed else text)
    reader.close()
    out = "".join(reader.out).replace("\u00a0", " ")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", re.sub(r"[ \t]+", " ", out))).strip()


# ---------------------------------------------------------------------- mail


def without_quotes(text: str, earlier: Collection[str] = ()) -> str:
    """A mail without the mail that it answers. Lines written between quoted ones stay."""
    lines = text.split("\n")
    end = _quote_begins(lines, earlier)
    kept = [line for line in lines[:end] if not re.match(r"\s*>", line)]
    # What is said below a quote, by people who answer below it.
    below = [line for line in lines[end:] if not re.match(r"\s*>", line)] if _answers_below(lines, end) else []
    if below:
        kept += below[1:] if below and _ATTRIBUTION.search(below[0]) else below
    return "\n".join(kept).strip()


def _quote_begins(lines: list[str], earlier: Collection[str]) -> int:
    """The first line of what is quoted; the number of lines where nothing is."""
    for k, line in enumerate(lines):
        rest = [one for one in lines[k + 1 :] if one.strip()]
        if _HEADER.match(line) and sum(bool(_HEADER.match(one)) for one in lines[k : k + 5]) >= 3:
            return k - 1 if k and _RULE.match(lines[k - 1]) else k
        if _RULE.match(line) and rest and (_HEADER.match(rest[0]) or re.search(r"[A-Za-z]{4}", line)):
            return k
        for size in (1, 2):
            head = " ".join(lines[k : k + size]).strip()
            said = bool(_WROTE.search(head)) or bool(_ATTRIBUTION.search(head))
            quoted = rest[size - 1 :] and (
                rest[size - 1].lstrip().startswith(">") or _key(rest[size - 1]) in earlier or _WROTE.search(head)
            )
            if said and quoted and len(head) < 200:
                return k
        if k and _key(line) in earlier and all(_key(one) in earlier or len(_key(one)) < 12 for one in rest):
            return k
    return len(lines)


def _answers_below(lines: list[str], begin: int) -> bool:
    """Whether nothing stands above a quote, and something below it."""
    above, quoted = lines[:begin], [k for k, line in enumerate(lines) if re.match(r"\s*>", line)]
    return not any(line.strip() for line in above) and bool(quoted) and any(s.strip() for s in lines[quoted[-1] + 1 :])


def without_signature(text: str) -> tuple[str, tuple[str, ...]]:
    """A message without what stands below it: (text, names that it is signed with).

    A signature begins at the line of two dashes that mail programs write, at a line that names the device, or at a
    leave-taking in a line of its own that nothing but short lines follow.
    """
    lines = text.rstrip().split("\n")
    for k, line in enumerate(lines):
        rest = [one.strip() for one in lines[k + 1 :] if one.strip()]
        dashed = line.rstrip() in ("--", "-- ", "—") and k > 0
        device = bool(_DEVICE.match(line.strip())) and len(rest) <= 2
        # Where nothing is signed, "thanks" in a line of its own is what somebody said.
        bye = bool(_BYE.match(line.strip())) and 0 < len(rest) <= MOST_SIGNATURE and k > 0 and all(map(_is_below, rest))
        if (dashed and len(rest) <= 2 * MOST_SIGNATURE) or device or bye:
            above = "\n".join(lines[:k]).rstrip()
            bare, more = without_signature(above) if dashed or device else (above, ())
            return bare, (*more, *_signed(rest))
    return text, ()


def _is_below(line: str) -> bool:
    return len(line) <= 70 and not line.endswith("?")


def _signed(rest: list[str]) -> tuple[str, ...]:
    """The name in the first line of a signature."""
    return (rest[0].rstrip(",."),) if rest and _NAME_LINE.match(rest[0]) else ()

"""Where the sandbox writes and asks: a terminal with colours and line editing, or plain text."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import IO, Any

DIM, LOUD, WRONG = "dim", "bold", "red"


class Screen:
    """Where lines come from and go to: colours, prompt, line editing on a terminal, bare text elsewhere."""

    def __init__(self, source: IO[str], out: IO[str], agent: str) -> None:
        self.source, self.out, self.agent = source, out, agent
        self.asks = source.isatty()
        self._console: Any = None
        if out.isatty():
            from rich.console import Console

            self._console = Console(file=out, highlight=False)
        if self.asks:
            with suppress(ImportError):
                import readline  # noqa: F401 - its import gives input() history and editing

    def line(self, text: str = "", style: str = "") -> None:
        """Print one text. It may be a model's or a tool's: an escape character in it has no power."""
        text = writable(text)
        if self._console is None:
            self.out.write(text + "\n")
            self.out.flush()
            return
        from rich.text import Text

        self._console.print(Text(text.replace("\x1b", "\N{SYMBOL FOR ESCAPE}"), style=style))

    def say(self, text: str) -> None:
        """Print what the agent says."""
        if self._console is None:
            self.line(text)
        else:
            self.line(f"{self.agent}: {text}", LOUD)

    def ask(self) -> str | None:
        """The user's next line, None when there is none (end of input, Ctrl-C or Ctrl-D)."""
        try:
            line = self._read()
        except (EOFError, KeyboardInterrupt):
            line = ""
        if line:
            return writable(line.rstrip("\r\n"))
        if self.asks:
            self.line()  # the prompt's line is still open
        return None

    def _read(self) -> str:
        if self.asks and self.source is sys.stdin and self.out is sys.stdout:
            return input("you: ") + "\n"
        if self.asks:
            self.out.write("you: ")
            self.out.flush()
        return self.source.readline()

    def busy(self) -> AbstractContextManager[Any]:
        """Shows, on a terminal, that the agent is at work."""
        if self._console is None:
            return nullcontext()
        words = f"{self.agent} is at work (Ctrl-C takes the turn back)"
        shown: AbstractContextManager[Any] = self._console.status(words)
        return shown


def writable(text: str) -> str:
    """Text that any UTF-8 file can take: half characters become question marks."""
    return text.encode(errors="replace").decode()

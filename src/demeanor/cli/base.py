"""What all commands share: the group, the project, progress, common options."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from demeanor.errors import DemeanorError
from demeanor.project.progress import quiet_libraries
from demeanor.version import __version__

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from demeanor.commands.project import Project

INTERRUPTED = 130


class Group(click.Group):
    """Turns our errors into text and an exit code; leaves tracebacks to bugs."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Exit as leave:
            sys.exit(leave.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\ninterrupted; what was finished is kept", err=True)
            sys.exit(INTERRUPTED)
        except DemeanorError as error:
            click.secho("error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(str(error), err=True)
            sys.exit(2)
        except OSError as error:
            click.secho("error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(f"{error.filename or ''}: {error.strerror or error}", err=True)
            sys.exit(2)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="demeanor")
@click.option("--project", "-C", type=click.Path(path_type=Path), help="The project's folder [default: this one].")
@click.pass_context
def main(context: click.Context, project: Path | None) -> None:
    """Teach a language model how to behave in conversation, and prove that it does.

    \b
    demeanor init bookease --template hotel    a project to begin with
    demeanor check                             is everything in it sound?
    demeanor evaluate base                     what the base model can do
    demeanor train                             teach it
    demeanor evaluate latest                   what it can do now
    """
    quiet_libraries()
    context.obj = project


def project_of(context: click.Context) -> Project:
    """The project that the command line is about."""
    from demeanor.commands.project import Project

    return Project.open(context.find_root().obj)


def follows() -> bool:
    """Whether a launcher started several processes and this is not the first: that one speaks for all."""
    return int(os.environ.get("RANK", "0")) > 0


def progress_line(title: str) -> tuple[Any, Callable[[int, int, str], None]]:
    """A progress line with time left on a terminal; a line now and then elsewhere."""
    from demeanor.project.progress import progress

    if follows():
        return nullcontext(), lambda done, of, words: None

    return progress(title)


@contextmanager
def show(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """One piece of work with its own progress line."""
    bar, on_progress = progress_line(title)
    with bar:
        yield on_progress


def say_step(words: str) -> None:
    """Tell what a command is at."""
    click.echo(f"{words} ...", err=True)


an_engine = click.option(
    "--engine",
    default="auto",
    show_default=True,
    help="transformers, openvino (openvino-constrained: calls held to the schemas of the tools), or the faster one.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

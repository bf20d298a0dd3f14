"""`explain`: explanation.json and report.html."""

from __future__ import annotations

from collections.abc import Callable

from demeanor.commands.common import description
from demeanor.evaluation.explanation import Explanation
from demeanor.project import RunFolder
from demeanor.report.explanation import explanation_page
from demeanor.runtime.workspace import Workspace
from demeanor.version import __version__


def explain_run(
    space: Workspace,
    name: str,
    count: int,
    *,
    engine: str = "auto",
    on_step: Callable[[str], None] = lambda words: None,
) -> tuple[RunFolder, Explanation]:
    """What the training run changed, and the run that keeps it."""
    from demeanor.evaluation.explain import explain

    source = space.folder.run("latest:train" if name == "latest" else name)
    inputs = {**description(space), "demeanor": __version__, "explained": source.id, "count": str(count)}
    with space.folder.new_run("explain", inputs, parents=[source.id]) as run:
        found = explain(space, source.id, count, engine=engine, on_step=on_step)
        run.write_json("explanation.json", found.to_json())
        run.write_text("report.html", explanation_page(found, f"{space.agent.name}: what tuning changed ({source.id})"))
    return run, found

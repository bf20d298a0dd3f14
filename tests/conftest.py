"""A real copy of the hotel template for the tests: read-only for a session, or one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import hypothesis
import pytest

import postgres

# Workers side by side must not each spread over all cores: their threads would wait for one another's cores, spinning.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


from demeanor.evaluation.evaluate import Evaluator
from demeanor.models.scripted import ByteTokenizer
from demeanor.project import ProjectFolder, copy_template
from demeanor.runtime.knowledge import Passage, Retriever, read_examples
from demeanor.runtime.prompt import Renderer
from demeanor.runtime.session import Session
from demeanor.runtime.tools import World
from demeanor.runtime.workspace import Workspace

# A busy machine is no fault of the code.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

TODAY = date(2026, 6, 8)  # a Monday


def load_hotel(folder: Path) -> Workspace:
    """The hotel in a new folder. It searches by shared words: the same contract, and no encoder to fetch."""
    copy_template("hotel", folder)
    space = Workspace.load(ProjectFolder.find(folder))
    space.retriever = Retriever(space.passages, examples=read_examples(space.folder.wording_path), method="lexical")
    return space


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server for the tests of this process."""
    if postgres.programs() is None:
        pytest.skip(postgres.MISSING)
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The hotel, to be read only."""
    return load_hotel(tmp_path_factory.mktemp("session") / "hotel")


@pytest.fixture(scope="session")
def project(workspace: Workspace) -> ProjectFolder:
    """The hotel's folder, to be read only."""
    return workspace.folder


@pytest.fixture
def own_workspace(tmp_path: Path) -> Workspace:
    """A hotel of one's own, to be changed."""
    return load_hotel(tmp_path / "hotel")


@pytest.fixture(scope="session")
def renderer(workspace: Workspace) -> Renderer:
    return workspace.renderer(ByteTokenizer())


@pytest.fixture(scope="session")
def passages(workspace: Workspace) -> dict[str, Passage]:
    return {passage.id: passage for passage in workspace.passages}


@pytest.fixture(scope="session")
def evaluator(workspace: Workspace) -> Evaluator:
    return Evaluator(workspace)


@pytest.fixture
def world(workspace: Workspace) -> Iterator[World]:
    """A fresh world on TODAY."""
    world = workspace.new_world(TODAY)
    yield world
    world.close()


@pytest.fixture
def session(workspace: Workspace, renderer: Renderer, world: World) -> Session:
    """A conversation in which nothing was said yet."""
    return workspace.session(renderer, world)

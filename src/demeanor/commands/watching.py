"""`watch` and `status`: what live conversations show, and how the agent does; the last watch stands in watch.json."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from demeanor.commands.common import OnProgress, quiet, spread
from demeanor.commands.correcting import review
from demeanor.commands.evaluating import evaluate, read_card
from demeanor.commands.shadowing import transcripts
from demeanor.dialogue import Dialogue, read_dialogues, read_recorded
from demeanor.errors import DialogueError, RunError
from demeanor.evaluation.measures import TASK
from demeanor.evaluation.scorecard import Scorecard
from demeanor.evaluation.statistics import mcnemar_exact
from demeanor.improvement.gate import values
from demeanor.improvement.watch import RISES, Alert, Known, Seen, Watched, judge, scan
from demeanor.project import Promotions, Record, RunFolder, write_atomic
from demeanor.runtime.arm import Arm
from demeanor.runtime.knowledge.dense import MiniLM, can_encode, embed_once
from demeanor.runtime.workspace import Workspace

FILE = "watch.json"
MOST_TRAINED = 20_000
"""Messages of the training that live ones are held against; of more an even part."""


def watch(
    space: Workspace,
    places: Sequence[Path],
    *,
    window: int,
    sample: int,
    exam: tuple[Arm, int] | None = None,
    on_progress: OnProgress = quiet,
) -> tuple[Watched, list[Alert]]:
    """Read recorded conversations, and let the promoted agent sit a small exam where one is asked for.

    Args:
        exam: the promoted agent, and how many scenarios of the exam it sits.

    Returns:
        What was found, and those of its alerts that the last watch had not raised.
    """
    seen = Seen(space.agent, space.reader, window, sample)

    def unreadable(error: DialogueError) -> None:
        seen.unreadable += 1

    files = transcripts(space.folder, places)

    def told() -> Any:
        for dialogue in read_recorded(files, unreadable):
            yield dialogue
            if seen.conversations % 1000 == 0:
                on_progress(seen.conversations, seen.conversations, "conversations")

    found = judge(scan(told(), seen), trained(space))
    if exam is not None and (worse := _exam(space, *exam)) is not None:
        found = replace(found, alerts=(*found.alerts, worse))
    before = {_key(alert) for alert in _last(space).get("alerts", ())}
    new = [alert for alert in found.alerts if _key(vars(alert)) not in before]
    write_atomic(space.folder.root / FILE, json.dumps(found.to_json(), ensure_ascii=False, indent=1) + "\n")
    return found, new


def trained(space: Workspace) -> Known | None:
    """The users' messages that the agent was trained on; None without dialogues or without the sentence encoder."""
    import numpy as np

    lines: dict[str, int] = {}
    number = 0
    for file in space.folder.dialogue_files():
        for dialogue in read_dialogues(file):
            number += 1
            for text in _said(dialogue):
                lines.setdefault(text, number)
    if not lines or not can_encode():
        return None
    kept = spread(list(lines.items()), MOST_TRAINED)
    encoder = MiniLM()
    # What users said live is not kept in the cache of embeddings.
    return Known(embed_once([text for text, _ in kept], encoder), np.array([k for _, k in kept]), encoder.encode)


def _said(dialogue: Dialogue) -> list[str]:
    return [m.content for m in dialogue.messages if m.role == "user" and m.content.strip()]


def _exam(space: Workspace, arm: Arm, scenarios: int) -> Alert | None:
    """A small exam now against the one with which it was promoted, scenario by scenario."""
    record = Promotions(space.folder.root).current()
    exams = record.lineage.get("exams", []) if record is not None else []
    done = evaluate(space, arm.label, "exam", limit=scenarios, arm=arm, label=f"{arm.label}, watched").card
    if not exams:
        return None
    then, now = values(read_card(space.folder.run(exams[0]["run"])), TASK.name), values(done, TASK.name)
    both = sorted(set(then) & set(now))
    lost, won = sum(then[s] > now[s] for s in both), sum(then[s] < now[s] for s in both)
    if lost <= won or mcnemar_exact(lost, won) >= RISES * 10:
        return None
    counts = [f"{sum(card[s] for s in both):.0f} of {len(both)}" for card in (now, then)]
    return Alert("exam", "does fewer tasks than when it was promoted", counts[0], counts[1])


def post(url: str, agent: str, alerts: Sequence[Alert]) -> str:
    """Send alerts to a webhook as JSON: {"agent", "text", "alerts"}; '' or why it could not be delivered."""
    text = "; ".join(f"{alert.says}: {alert.now}" for alert in alerts)
    body = json.dumps({"agent": agent, "text": f"{agent}: {text}", "alerts": [vars(alert) for alert in alerts]})
    headers = {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(url, body.encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=10):
            return ""
    except (urllib.error.URLError, OSError, ValueError) as error:
        return str(error)


def _key(alert: Mapping[str, Any]) -> str:
    """What makes an alert the same as one that was raised before."""
    named = alert["examples"][0] if alert["signal"] == "new_need" and alert["examples"] else ""
    return f"{alert['signal']}/{named}"


def _last(space: Workspace) -> dict[str, Any]:
    """The last watch; empty where there is none that can be read."""
    path = space.folder.root / FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


# ------------------------------------------------------------------------------------------------ status


@dataclass(frozen=True)
class Status:
    """How an agent does: `lines`, a heading and words each; `todo`: what to do next, the most pressing first."""

    lines: tuple[tuple[str, str], ...]
    todo: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**dict(self.lines), "next": list(self.todo)}


def status(space: Workspace) -> Status:
    """Ten lines on how the agent does, what has changed since it was promoted, and what to do next."""
    project = space.folder
    record = Promotions(project.root).current()
    runs = [run for run in project.runs("train") if run.status == "done"]
    newest = runs[-1] if runs else None
    serving = project.run(record.run) if record is not None else newest
    card = _card_of(space, serving)
    changed = _changed(space, record, serving)
    corrections = review(space, ())
    last = _last(space)
    count = sum(1 for file in project.dialogue_files() for _ in file.open("rb"))
    lines = (
        ("agent", _who(record, newest)),
        ("exam", f"{card[TASK.name]} tasks done ({card.run})" if card is not None else "not examined"),
        ("weakest", _weakest(card)),
        ("changed", ", ".join(changed) or _unchanged(record, newest)),
        ("candidate", _candidate(space, record, newest)),
        ("live", _live(last)),
        ("alerts", "; ".join(f"{a['says']}: {a['now']}" for a in last.get("alerts", ())) or "none"),
        ("corrections", f"{corrections.there}, {corrections.waiting} not trained yet"),
        ("training", f"{count} dialogues, {len(runs)} finished trainings"),
    )
    return Status(lines, tuple(_todo(space, record, newest, card, changed, corrections.waiting, last)))


def _unchanged(record: Record | None, newest: RunFolder | None) -> str:
    if newest is None:
        return "unknown"
    return "nothing since it was " + ("promoted" if record is not None else "trained")


def _who(record: Record | None, newest: RunFolder | None) -> str:
    if record is not None:
        back = f", back from promotion {record.before}" if record.restores is not None else ""
        return f"{record.run}, promoted {record.at} (promotion {record.number}{back})"
    return f"{newest.id}, not promoted" if newest is not None else "not trained yet"


def _card_of(space: Workspace, run: RunFolder | None) -> Scorecard | None:
    """The newest scorecard of a run on the exam."""
    for found in reversed(space.folder.runs("evaluate")) if run is not None else ():
        if found.status == "done" and run.id in found.manifest.get("parents", ()):  # type: ignore[union-attr]
            card = read_card(found)
            if card.pool == "exam" and TASK.name in card.measures and card[TASK.name].n:
                return card
    return None


def _weakest(card: Scorecard | None) -> str:
    rates = [f for f in card.measures.values() if f.k is not None and f.point is not None] if card is not None else []
    if not rates:
        return "unknown"
    worst = min(rates, key=lambda f: (f.point or 0.0) if f.measure.better == "higher" else 1 - (f.point or 0.0))
    return f"{worst.measure.label}: {worst}"


def _changed(space: Workspace, record: Record | None, run: RunFolder | None) -> list[str]:
    """Parts of the project that are others than when the agent was promoted or trained."""
    project = space.folder
    if record is not None:
        then: Mapping[str, Any] = record.lineage
    elif run is not None:
        then = run.manifest.get("inputs", {})
    else:
        return []
    now = project.hash_inputs(project.agent_path, project.tools_path, project.knowledge_path, project.wording_path)
    return [part for part, hashed in now.items() if part in then and then[part] != hashed]


def _candidate(space: Workspace, record: Record | None, newest: RunFolder | None) -> str:
    if newest is None or (record is not None and record.run == newest.id):
        return "none newer"
    for run in reversed(space.folder.runs("promote")):
        if run.manifest.get("inputs", {}).get("candidate") == newest.id and run.status == "done":
            try:
                reasons = run.read_json("gate.json")["reasons"]
            except RunError:
                continue
            return f"{newest.id}, held: " + "; ".join(str(r["says"]) for r in reasons[:2]) if reasons else newest.id
    return f"{newest.id}, not judged by the gate yet"


def _live(last: Mapping[str, Any]) -> str:
    if not last:
        return "not watched yet"
    shares = [f"{name.replace('_', ' ')} {now}" for name, (_, now) in last["rates"].items() if now]
    return f"{last['conversations']} conversations; of the last {last['window']}: {', '.join(shares) or 'nothing'}"


def _todo(
    space: Workspace,
    record: Record | None,
    newest: RunFolder | None,
    card: Scorecard | None,
    changed: Sequence[str],
    waiting: int,
    last: Mapping[str, Any],
) -> list[str]:
    if newest is None:
        return ["demeanor check", "demeanor train" if space.folder.dialogue_files() else "demeanor synthesize"]
    found = []
    if last.get("alerts"):
        found.append("look at the alerts: demeanor watch")
    if changed:
        found.append(f"{', '.join(changed)} changed: demeanor evaluate {'promoted' if record else 'latest'}")
    if waiting:
        found.append("demeanor train --from latest --corrections")
    if card is None:
        found.append(f"demeanor evaluate {'promoted' if record else 'latest'}")
    if record is None or record.run != newest.id:
        found.append("demeanor promote latest")
    return found or ["demeanor improve --rounds 1"]

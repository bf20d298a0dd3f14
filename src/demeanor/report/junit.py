"""An evaluation as JUnit XML: what continuous integration shows as tests."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from demeanor.evaluation.scorecard import Judged, Scorecard

# XML 1.0 has no other control characters than tab and line ends; a model may write any.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(card: Scorecard) -> str:
    """A test case a scenario: failed with its reasons and its transcript, skipped where it could not be judged."""
    count = {verdict: sum(t.verdict == verdict for t in card.transcripts) for verdict in ("fail", "ungraded")}
    suite = ElementTree.Element(
        "testsuite",
        name=f"{card.arm} on {card.pool}",
        tests=str(len(card.transcripts)),
        failures=str(count["fail"]),
        skipped=str(count["ungraded"]),
        errors="0",
        time=str(card.seconds or 0),
    )
    for trial in card.transcripts:
        case = ElementTree.SubElement(suite, "testcase", classname=card.pool, name=trial.scenario)
        why = _clean("\n".join(trial.why) or "the task is not done")
        if trial.verdict == "fail":
            ElementTree.SubElement(case, "failure", message=why.splitlines()[0]).text = f"{why}\n\n{_transcript(trial)}"
        elif trial.verdict == "ungraded":
            ElementTree.SubElement(case, "skipped", message="ungraded")
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _transcript(trial: Judged) -> str:
    said = [(f"guard {m.guard}" if m.guard else m.role, m.content) for m in trial.messages]
    return _clean("\n".join(f"[{k}] {who}: {text}" for k, (who, text) in enumerate(said)))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)

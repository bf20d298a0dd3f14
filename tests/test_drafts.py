"""Drafts of what users say in one trade: only what reads back as meant, and nobody says one before a person agrees."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from demeanor import Project
from demeanor.agent import Agent
from demeanor.cli import main
from demeanor.data.drafts.accept import Acceptance
from demeanor.data.drafts.bankfile import merged, put
from demeanor.data.drafts.customers import from_customers
from demeanor.data.drafts.described import described
from demeanor.data.drafts.draft import Draft, Drafts
from demeanor.data.drafts.grammar import answers, people, said_of, statements, wishes
from demeanor.data.drafts.thin import thin
from demeanor.dialogue import read_transcripts
from demeanor.errors import ConfigError
from demeanor.models.scripted import ScriptedModel
from demeanor.simulation.wording.defaults import own_lines
from demeanor.simulation.wording.general import general_bank
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.user import PARTS, REGISTERS, in_part
from openai_server import serving

PAGE = """# A flat
user: hi there, my bike has a flat tyre and I need it on 12 June
note: book_a_repair; service: flat tyre; day: 12 June; need: nothing
agent: Let me look. Which name may I write down?
user: Oh, just put Anna Berg on the list, Anna is fine
note: customer_name: Anna Berg; need: nothing
agent: Thank you.

# Brakes
user: the brakes squeal like a pig. call me on 0177 5550142, Tom Okafor
note: book_a_repair; service: brakes; need: day
agent: Which day would suit you?
user: 15 June would be super handy
note: day: 15 June; need: nothing
agent: Thank you.
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.init(tmp_path / "spoke", template="blank")


@pytest.fixture
def acceptance(project: Project) -> Acceptance:
    return Acceptance(project.agent, project.space.reader, Wording(project.space).users())


def run(project: Project, *words: str, typed: str = "") -> Result:
    done = CliRunner().invoke(main, ["-C", str(project.path), *words], input=typed)
    assert done.exit_code == 0, done.output
    return done


# ------------------------------------------------------------------------------- what agent.yaml says, turned round


@pytest.mark.parametrize(
    ("when", "wish", "statement"),
    [
        ("the customer wants a bike repaired", ["get a bike repaired"], ["I want a bike repaired"]),
        ("the customer wants to cancel their repair", ["cancel my repair"], []),
        ("somebody asks about fees, or what to bring", ["ask about fees", "find out what to bring"], []),
        ("the customer has strong pain or a fever", [], []),  # which of them is left open
        ("the customer has pain, a fever or a rash", [], ["I have pain", "I have a fever", "I have a rash"]),
        ("the pump is broken", [], []),  # nobody speaks here
        ("the customer has moved and wants to register", ["register"], ["I have moved"]),
    ],
)  # fmt: skip
def test_what_is_said_of_users_is_turned_into_what_they_say(when: str, wish: list[str], statement: list[str]) -> None:
    said = said_of(when, people(["the customer wants a bike repaired"]))
    assert [w for one in said for w in wishes(one)] == wish
    assert [s for one in said for s in statements(one)] == statement


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        ("What does your bike need, a tune-up or brakes?", ["My bike needs {x}."]),
        ("Which day would suit you?", ["{x} would suit me."]),
        ("What's the number on your ticket?", ["The number on my ticket is {x}."]),
        ("Hello. On which number can we reach you?", ["You can reach me on {x}."]),
        ("How many do you need?", ["I need {x}."]),
        ("What is the visit for, a check-up or a cleaning?", ["The visit is for {x}."]),
        ("Which payment do you not recognise?", []),
        ("Which name shall I put on the tag?", []),  # the name stands in the middle
        ("Would you like a receipt?", []),
        ("Please give your number.", []),
    ],
)
def test_a_question_is_turned_into_its_answer(ask: str, answer: list[str]) -> None:
    assert answers(ask, "{x}") == answer


def test_the_banks_of_an_agent_have_no_line_in_common(project: Project) -> None:
    lines = {bank: {d.text for d in described(project.agent, bank) if d.register} for bank in ("training", "exam")}
    assert len(lines["training"]) > 30 < len(lines["exam"])
    assert not lines["training"] & lines["exam"]


def test_a_sentence_of_general_wording_lands_in_its_own_part(project: Project) -> None:
    """What practice or selection asks in, no dialogue teaches, though the wish is another one."""
    taught = general_bank("training").say("open", task="get a bike repaired")
    for draft in described(project.agent, "training"):
        for part in ("practice", "selection"):
            if draft.key.startswith("open.") and in_part(draft.text, PARTS[part]) and "{" not in draft.text:
                assert "I want a bike repaired" in draft.text or draft.text not in taught[draft.register]


# ------------------------------------------------------------------------------- what may be drafted


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("open.book_a_repair", "My bike needs {service}, and {day} would be good.", ""),
        ("open.book_a_repair", "Can you do {service} before Christmas?", "beside its places"),
        ("open.book_a_repair", "Hi, I'm at jo.burns@gmail.com, my bike broke.", "somebody's own data"),
        ("open.book_a_repair", "My bike needs {colour}.", "no slot is called"),
        ("open.sell_a_bike", "Hello there, I sell.", "no flow is called"),
        ("open.book_a_repair", "Please take the {appointment}.", "nobody has offered"),
        ("inform.day", "Whenever you like.", "does not tell day"),
        ("inform.day", "{day}, and it's {service}.", "it tells service, too"),
        ("inform.day", "Not {day}.", "not read out"),
        ("affirm", "Go for it.", ""),
        ("affirm", "What would that cost?", "not heard as a yes"),
        ("deny", "Yes, do it.", "heard as a yes"),
        ("values.service=brakes", "the brakes", ""),
        ("values.service=brakes", "a puncture", "read as puncture"),
        ("values.service=brakes", "the brakes tomorrow", "beside its places"),
        ("open.book_a_repair", "My {day} {day} bike.", "twice"),
    ],
)
def test_a_draft_is_accepted_only_where_it_means_its_key_and_nothing_else(
    acceptance: Acceptance, key: str, text: str, why: str
) -> None:
    reason = acceptance.refused(Draft(key, "" if key.startswith("values") else "neutral", text, "test"))
    assert (why in reason) if why else not reason, reason


def test_nothing_is_drafted_twice(acceptance: Acceptance) -> None:
    twice = [Draft("affirm", "neutral", text, "test") for text in ("Go for it.", "go for it!")]
    assert [bool(reason) for _, reason in acceptance.accept(twice)] == [False, True]


# ------------------------------------------------------------------------------- customers


def test_customers_phrases_have_their_details_cut_out_and_nobodys_data(project: Project, tmp_path: Path) -> None:
    page = tmp_path / "calls.md"
    page.write_text(PAGE, encoding="utf-8")
    heard = from_customers(project.agent, project.space.reader, read_transcripts(page), set())
    found = {(draft.key, draft.text) for draft in heard.drafts}
    assert ("open.book_a_repair", "hi there, my bike has a {service} and I need it on {day}") not in found
    assert ("open.book_a_repair", "hi there, my bike has {service} and I need it on {day}") in found
    assert ("inform.day", "{day} would be super handy") in found
    said = " ".join(draft.text for draft in heard.drafts)
    assert not any(own in said for own in ("Anna", "Berg", "Tom", "Okafor", "0177"))
    assert heard.left_out.total() == 2


def test_dialogues_without_labels_or_notes_are_read(project: Project, tmp_path: Path) -> None:
    page = tmp_path / "calls.md"
    bare = "\n".join(line for line in PAGE.splitlines() if not line.startswith("note:")) + "\n"
    page.write_text(bare.replace("# Brakes", "# Brakes\nflow: book_a_repair"), encoding="utf-8")
    keys = {
        draft.key: draft.text
        for draft in from_customers(project.agent, project.space.reader, read_transcripts(page), set()).drafts
    }
    assert keys["inform.day"] == "{day} would be super handy"


def test_played_dialogues_give_nothing(project: Project) -> None:
    project.synthesize(5)
    assert not from_customers(project.agent, project.space.reader, project.dialogues(), set()).drafts


# ------------------------------------------------------------------------------- a server


def test_a_server_drafts_in_registers_and_is_read_back(project: Project) -> None:
    lines = "1. my wheel is toast, {service} please\n- can you look at it on 12 June?\n"
    desk = project.wording()
    _, done = desk.draft(server=ScriptedModel(lambda prompt: lines if "has just begun" in prompt else ""), count=2)
    served = [group for group in desk.drafts.groups if group.source == "scripted"]
    assert {group.register for group in served} <= set(REGISTERS)
    assert {line for group in served for line in group.lines} == {"my wheel is toast, {service} please"}
    assert done.refused["tells more than its places"] >= 1


def test_an_endpoint_is_named_on_the_command_line(project: Project) -> None:
    with serving(ScriptedModel.always("a hole in my inner tube")) as server:
        endpoint = f"big: {{url: {server.url}, model: scripted}}\n"
        (project.path / "endpoints.yaml").write_text(endpoint, encoding="utf-8")
        assert "from scripted" in run(project, "wording", "--with", "big", "--count", "1").output
        assert all(path.endswith("/chat/completions") for path, _, _ in server.asked)
        assert len(server.asked) > len(REGISTERS)
    unknown = CliRunner().invoke(main, ["-C", str(project.path), "wording", "--with", "small"])
    assert unknown.exit_code == 2


# ------------------------------------------------------------------------------- the file that people read

LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).filter(str.strip)
PLACE = st.sampled_from(["open.book.terse", "open.book.neutral", "affirm.rude", "values.size=big", "inform.a+b.broken"])
BANK = st.sampled_from(
    [
        "",
        "# nothing yet\n",
        'general: beside\nopen:\n  book:\n    terse:\n    - "a"  # mine\n    # below\n\naffirm: ["yes", "ok"]\n',
        "affirm:\n  - yes\n  - ok\nopen: {book: {neutral: [a, b]}}\n",
        "values:\n  size=big: [large, 'huge']\n\ninform:\n  a+b: [x]\n",
        "open:\n  book:\n",
    ]
)


@given(BANK, PLACE, st.lists(LINE, min_size=1, max_size=4))
def test_lines_are_put_in_their_place_and_all_else_stays(
    tmp_path_factory: pytest.TempPathFactory, bank: str, named: str, lines: list[str]
) -> None:
    file = tmp_path_factory.mktemp("bank") / "user.yaml"
    file.write_text(bank, encoding="utf-8")
    before = yaml.load(bank, yaml.BaseLoader) or {}
    place = tuple(named.split("."))
    put(file, {place: lines})
    assert yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader) == merged(before, place, lines)


def test_comments_and_order_of_a_bank_stay(tmp_path: Path) -> None:
    file = tmp_path / "user.yaml"
    file.write_text(
        "# mine\nopen:\n  book:\n    terse:\n      - a  # first\n\n# agreement\naffirm: [yes]\n", encoding="utf-8"
    )
    put(file, {("open", "book", "terse"): ["b"], ("open", "book", "rude"): ["c"]})
    assert file.read_text(encoding="utf-8") == (
        "# mine\nopen:\n  book:\n    terse:\n      - a  # first\n      - \"b\"\n    rude:\n      - \"c\"\n"
        "\n# agreement\naffirm: [yes]\n"
    )  # fmt: skip


def test_drafts_are_read_as_they_were_written_and_faults_have_their_line(tmp_path: Path) -> None:
    file, drafts = tmp_path / "drafts.yaml", Drafts(dropped=["No: {x}"])
    drafts.add([Draft("affirm", "rude", 'do "it"', "a server: 3"), Draft("values.size=big", "", "huge", "choices")])
    drafts.write(file, "exam")
    assert Drafts.read(file) == drafts
    file.write_text("drafts:\n  - key: affirm\n    register: loud\n    lines: [a]\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        Drafts.read(file)
    assert error.value.line == 3


# ------------------------------------------------------------------------------- the review


def test_a_review_keeps_drops_edits_and_goes_on_where_it_stopped(project: Project) -> None:
    run(project, "wording")
    waiting = sum(1 for _ in project.wording().drafts.texts())
    bank = project.path / "wording" / "user.yaml"
    typed = "k 1 2\nd 3\nnonsense\ne 4 my bike broke on Monday\ne 4 my poor bike broke\nq\n"
    said = run(project, "wording", "--review", typed=typed).output
    assert "not understood: 'nonsense'" in said
    assert "not kept: it tells a day" in said
    assert "my poor bike broke" in own_lines(bank)["open.book_a_repair"]["neutral"]
    assert sum(1 for _ in project.wording().drafts.texts()) == waiting - 4
    run(project, "wording", "--review", typed="k\n" * 100)
    assert not list(project.wording().drafts.texts())
    assert Project.open(project.path).check().ok
    dropped = project.wording().drafts.dropped
    assert len(dropped) == 1
    run(project, "wording")
    assert not {*dropped} & {*project.wording().drafts.texts()}


def test_the_exam_gets_other_lines_and_tables_say_that_they_are_own_too(project: Project) -> None:
    for bank in ("training", "exam"):
        run(project, "wording", "--bank", bank)
        run(project, "wording", "--bank", bank, "--review", typed="k\n" * 100)
    files = [project.path / "wording" / "user.yaml", project.path / "wording" / "exam" / "user.yaml"]
    lines = [{line for of in own_lines(f).values() for ls in of.values() for line in ls} for f in files]
    assert lines[1]
    assert not lines[0] & lines[1]
    assert Wording(Project.open(project.path).space).hand("exam") == "own and general"


# ------------------------------------------------------------------------------- general lines beside


def test_general_lines_stand_beside_own_ones_only_where_a_file_wants_it(project: Project) -> None:
    file = project.path / "wording" / "user.yaml"
    file.parent.mkdir()
    own = "open:\n  book_a_repair: [My bike is broken.]\n"
    file.write_text(own, encoding="utf-8")
    assert Wording(project.space).users().messages["open.book_a_repair"] == {"neutral": ["My bike is broken."]}
    general = general_bank().lines["open"]
    file.write_text(f"general: beside\n{own}", encoding="utf-8")
    beside = Wording(project.space).users().messages["open.book_a_repair"]
    assert beside["neutral"][0] == "My bike is broken."
    assert all(len(beside[register]) >= len(general[register]) for register in REGISTERS)
    file.write_text(f"{own}general: instead\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        Wording(project.space).users()
    assert error.value.line == 3


# ------------------------------------------------------------------------------- what is thin, what is next


def test_what_is_thin_is_named_until_it_is_written(project: Project) -> None:
    agent: Agent = project.agent
    bare = thin(agent, {}, {}, beside=True)
    assert all(row.missing for row in bare.rows if row.key.startswith("open."))
    assert "open.book_a_repair" in bare.next[0]
    lines = {f"open.{name}": {r: [f"{r} {k}" for k in range(6)] for r in REGISTERS} for name in agent.tasks()}
    ways = {f"service={value}": ["a", "b", "c", "d"] for value in agent.slots["service"].choices}
    assert not thin(agent, lines, ways, beside=True).next
    instead = thin(agent, {**lines, "affirm": {"neutral": ["Sure."]}}, ways, beside=False)
    assert "in place of all general ones" in instead.next[0]


def test_check_says_the_first_thing_to_do_next(project: Project) -> None:
    steps = [project.check().next]
    run(project, "wording")
    steps.append(project.check().next)
    run(project, "wording", "--review", typed="k\n" * 100)
    project.synthesize(5)
    steps.append(project.check().next)
    project.draw_scenarios("exam", 5)
    steps.append(project.check().next)
    (project.path / "agent.yaml").write_text("name: Spoke\n", encoding="utf-8")
    steps.append(project.check().next)
    begins = [
        "demeanor synthesize ",
        "demeanor wording --review",
        "demeanor synthesize --scenarios exam",
        "demeanor evaluate base",
    ]
    assert [step.startswith(begin) for step, begin in zip(steps, begins, strict=False)] == [True] * 4, steps
    assert steps[-1].startswith("mend the errors, first agent.yaml")

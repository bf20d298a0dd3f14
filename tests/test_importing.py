"""Other people's files: exports in the shapes of ten real tools, and the law that every row is accounted for."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor import Project
from demeanor.cli import main
from demeanor.data.importing import Account, LeftOut, Taking, look, look_at, take
from demeanor.data.importing.clean import clean, line_keys
from demeanor.data.importing.language import language_of
from demeanor.data.private import KINDS, Covering, Own, People, people_of
from demeanor.dialogue import Dialogue, Message
from demeanor.errors import ConfigError

EXPORTS = Path(__file__).parent / "data" / "exports"


def taken(
    *files: Path, said: dict[str, str] | None = None, **how: Any
) -> tuple[list[Dialogue], list[LeftOut], Account]:
    left: list[LeftOut] = []
    account = Account()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as between:
        made = list(take(look_at(files, said), Taking(b"key", **how), between, left.append, account))
    assert account.adds_up
    return made, left, account


def said(dialogue: Dialogue) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in dialogue.messages]


def reasons(left: list[LeftOut]) -> dict[str, str]:
    return {str(one.place): one.reason for one in left}


KEEP = frozenset(KINDS)


def test_intercoms_table() -> None:
    made, left, account = taken(EXPORTS / "intercom.csv", keep=KEEP)
    assert [d.id for d in made] == ["intercom-7001", "intercom-7002"]
    assert said(made[0]) == [
        ("user", "Hi, is my order #48213377 on its way? I'm at maya.okafor@mailbox.test 😊"),
        (
            "assistant",
            "Hello Maya,\n\nyes, order #48213377 left our warehouse on Friday.\nIt arrives within 3 working days.",
        ),
        ("user", "Great, thanks!"),
        ("assistant", "You're welcome. Anything else?"),
    ]
    assert said(made[1])[0] == ("user", 'What do you charge for "express" delivery, please?')
    assert reasons(left) == {
        "intercom.csv:3": "an internal note",
        "intercom.csv:5": "says nothing",
        "intercom.csv:8": "before the customer says anything",
        "intercom.csv:11": "nobody answers it",
    }
    assert made[0].metadata["lineage"] == ["intercom.csv:2", "intercom.csv:4", "intercom.csv:6-7"]
    assert account.cut == {"HTML to text": 8}


def test_zendesks_records_with_two_agents_quotes_and_signatures() -> None:
    made, left, _ = taken(EXPORTS / "zendesk.ndjson", keep=KEEP)
    first = said(made[0])
    assert [role for role, _ in first] == ["user", "assistant", "user", "assistant"]
    assert first[0][1].endswith("When do I get my money?")
    assert first[1][1].endswith("5 working days.")
    assert first[2] == ("user", "Which account does it go to?")
    assert reasons(left)["zendesk.ndjson:1[1]"] == "an internal note"
    assert reasons(left)["zendesk.ndjson:4"] == "not JSON"


def test_intercoms_answers_of_a_server_with_another_language() -> None:
    made, left, account = taken(EXPORTS / "intercom-api.json", keep=KEEP)
    assert [d.id for d in made] == ["intercom-api-88"]
    assert said(made[0])[1] == ("assistant", "Yes, from 100 on.\n\n- 30 days\n- no fee")
    assert {one.reason for one in left} == {"an internal note", "says nothing", "in another language: de"}
    assert account.languages == {"en": 1, "de": 1}
    german, _, _ = taken(EXPORTS / "intercom-api.json", languages=("de",))
    assert [d.metadata["language"] for d in german] == ["de"]


def test_the_other_help_desks() -> None:
    fresh, left, _ = taken(EXPORTS / "freshdesk.json", keep=KEEP)
    assert said(fresh[0])[2] == ("user", "It works now, thank you.")
    assert reasons(left) == {"freshdesk.json:1[2]": "an internal note"}
    scout, _, _ = taken(EXPORTS / "helpscout.json", keep=KEEP)
    assert said(scout[0])[0] == ("user", "Hi,\nplease send it to my new address.")
    assert said(scout[0])[2] == ("user", "12 Elm Road, Leeds")
    live, left, _ = taken(EXPORTS / "livechat.json.gz", keep=KEEP)
    assert said(live[0])[1] == ("assistant", "Hi Sam! One moment, please.\nYes, two pairs left 👟")
    assert reasons(left)["livechat.json.gz:4"] == "a line of the system"


def test_merged_tickets_in_a_table_with_names_alone() -> None:
    looked = look(EXPORTS / "merged.csv")
    assert looked.columns is not None
    assert looked.columns.agent == ("Desk Amir", "Desk Zoe")
    made, left, _ = taken(EXPORTS / "merged.csv", keep=KEEP)
    assert said(made[0]) == [
        ("user", 'Where is my parcel? It\'s the one with the "blue" lid.\nAny news about the parcel?'),
        ("assistant", "Hello Bea, it is with the carrier. Café Müller took it in."),
    ]
    assert said(made[1])[0] == ("user", "When do you close?")  # the later row was said first
    assert set(reasons(left)) == {"merged.csv:5", "merged.csv:12"}


def test_a_question_and_its_answer_a_row() -> None:
    made, left, _ = taken(EXPORTS / "faq.tsv")
    assert said(made[1]) == [
        ("user", 'it says "error 7"\nwhat now?'),
        ("assistant", "Please unplug it, wait a minute,\nand plug it in again."),
    ]
    assert set(reasons(left)) == {"faq.tsv:4[0]", "faq.tsv:4[1]"}


def test_training_data_of_all_ages() -> None:
    made, left, _ = taken(EXPORTS / "finetuning.jsonl", keep=KEEP)
    by_id = {d.id: d for d in made}
    assert said(by_id["finetuning-1"])[-1] == ("assistant", "After three years.")
    assert by_id["finetuning-1"].metadata["imported_system"] == "A helpful shop assistant."
    assert said(by_id["finetuning-2"]) == [("user", "What is the return window?"), ("assistant", "Thirty days.")]
    assert by_id["finetuning-3"].messages[1].calls[0].arguments == {"order": 771204}
    assert said(by_id["finetuning-6"])[0] == ("user", "Hi")
    assert reasons(left)["finetuning.jsonl:7"] == "only parts of text can be read"
    assert "the rejected reply of a pair" in {one.reason for one in left}
    shared, _, _ = taken(EXPORTS / "sharegpt.jsonl", keep=KEEP)
    assert [m.role for m in shared[0].messages] == ["user", "assistant", "tool", "assistant"]
    assert shared[0].messages[-1].content == "It is in Leeds."


def test_personal_data_becomes_placeholders_that_are_the_same_everywhere() -> None:
    files = [EXPORTS / "zendesk.ndjson", EXPORTS / "livechat.json.gz", EXPORTS / "sharegpt.jsonl"]
    made, _, account = taken(*files)
    text = "\n".join(m.content for d in made for m in d.messages)
    for private in ("Jonas", "RT-20931", "sam.oneill", "555-301", "Sarah", "PX-55120"):
        assert private not in text
    call = next(c for d in made for m in d.messages for c in m.calls)
    assert call.arguments["parcel"] in made[-2].messages[0].content
    assert set(account.private) <= set(KINDS)
    again, _, _ = taken(*reversed(files))
    assert sorted(m.content for d in again for m in d.messages) == sorted(m.content for d in made for m in d.messages)


def test_what_several_customers_are_told_is_the_businesss_own() -> None:
    def told(text: str, number: int) -> Dialogue:
        return Dialogue(f"d{number}", (Message("user", "Whom can I call?"), Message("assistant", text)))

    own = Own()
    for number in (1, 2):
        own.add(told("Call us: +44 20 7946 1234, or write to help@spoke.org.", number), f"customer {number}")
    own.add(told("We call you at +44 20 7946 9999.", 3), "customer 3")
    covering = Covering(b"k", own)
    assert covering.text("help@spoke.org or +44 20 7946 1234", [], set()) == "help@spoke.org or +44 20 7946 1234"
    assert "[phone-" in covering.text("+44 20 7946 9999", [], set())
    own.add(Dialogue("d4", (Message("user", "I am help@spoke.org"),)), "customer 4")
    assert "[email-" in covering.text("help@spoke.org", [], set())


def test_a_name_is_no_other_word() -> None:
    people = People(("Will Mark Hope",))
    covered = Covering(b"k").dialogue(Dialogue("d", (Message("user", "I will mark it. Hope is here, Will."),)), people)
    assert covered.messages[0].content.startswith("I will mark it.")
    assert "Will" not in covered.messages[0].content


def test_a_surname_goes_where_a_known_first_name_goes() -> None:
    """A field of the export has the first name alone; a word that is written small elsewhere is no surname."""
    said = Dialogue(
        "d",
        (
            Message("user", "I'm Ana Ruiz, and my parcel is late. Signed, Mrs Ruiz"),
            Message("assistant", "Hello Ana, your parcel is on its way."),
            Message("user", "It says: Ana Your parcel waits."),
        ),
    )
    covering = Covering(b"k")
    covered = covering.dialogue(said, people_of(said, ["Ana"], []))
    person = covering.placeholder("name", "Ana Ruiz")
    assert covered.messages[0].content == f"I'm {person}, and my parcel is late. Signed, Mrs {person}"
    assert covered.messages[1].content == f"Hello {person}, your parcel is on its way."
    assert covered.messages[2].content == f"It says: {person} Your parcel waits."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Yes.\n\nAm 04.05.2026 um 11:00 schrieb Kim <kim@x.org>:\n> hallo", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: Kim\nSent: Monday\nTo: us\nSubject: hello\n\nhello", "Yes."),
        ("Yes.\n\nFrom: Kim <k@x.org>\nDate: Monday\nTo: us\nSubject: Re: hello\n\nhello", "Yes."),
        ("Is it > 5 kg?\nOr 5 < 6?", "Is it > 5 kg?\nOr 5 < 6?"),
        ("I paid on 4 May 2026:\n- 20 euros", "I paid on 4 May 2026:\n- 20 euros"),
        ("Please send these:\nName: Kim\nSize: 42", "Please send these:\nName: Kim\nSize: 42"),
        ("Send it soon.\nThanks", "Send it soon.\nThanks"),
        ("Send it soon.\nThanks,\nKim Berg\nLeeds", "Send it soon."),
        ("Thanks\nWhen will it come?", "Thanks\nWhen will it come?"),
        ("Fine.\n-- \nKim\nACME Ltd", "Fine."),
        ("Fine.\nSent from my phone", "Fine."),
        ("<b>Fine</b> &amp; done<br>bye", "Fine & done\nbye"),
        ("I use List<String> and a<b", "I use List<String> and a<b"),
        ("<think>hm</think>Fine.", "Fine."),
    ],
)
def test_what_nobody_said_is_cut(text: str, kept: str) -> None:
    assert clean(text, agent=True).text == kept


def test_a_quote_is_known_by_what_it_repeats_in_any_language() -> None:
    earlier = line_keys("The parcel is with the neighbour.\nHe is home until six.")
    text = "Kiitos!\nThe parcel is with the neighbour.\nHe is home until six."
    assert clean(text, earlier).text == "Kiitos!"


def test_languages() -> None:
    assert language_of("Ich habe das Paket nicht, und es ist nicht bei mir.") == "de"
    assert language_of("Where is my parcel, and when is it to come to me?") == "en"
    assert language_of("Где моя посылка?") == "ru"
    assert language_of("ok 123") == ""


# --- the law


CELLS = st.text(alphabet=st.sampled_from("ab ,;\"'\n\r<>&@1\u00e9\U0001f600"), max_size=12)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3", ""]),
        st.sampled_from(["customer", "agent", "system", "bot", "nobody", ""]),
        CELLS,
        st.sampled_from(["", "true", "false"]),
    ),
    max_size=25,
)
FIRST = [("1", "customer", "hello there you", "false"), ("1", "agent", "hello to you too", "false")]


@settings(max_examples=40)
@given(ROWS)
def test_every_row_is_in_the_result_or_among_what_was_left_out(rows: list[tuple[str, str, str, str]]) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerows([("ticket_id", "author_type", "body", "private"), *FIRST, *rows])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.csv"
        file.write_text(text.getvalue(), encoding="utf-8", newline="")
        made, left, _ = taken(file)
    number = len(FIRST) + len(rows)
    assert _rows_of(made, left) == Counter(range(2, number + 2))


MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "robot", "tool"]), "content": CELLS}
)
RECORD = st.one_of(
    st.builds(lambda said: json.dumps({"messages": said}), st.lists(MESSAGE, min_size=1, max_size=5)),
    st.builds(lambda asked, told: json.dumps({"prompt": asked, "completion": told}), CELLS, CELLS),
    st.sampled_from(["{", "[]", "3", '{"a": 1}', "null"]),
)


@settings(max_examples=40)
@given(st.lists(RECORD, max_size=12))
def test_every_record_is_in_the_result_or_among_what_was_left_out(lines: list[str]) -> None:
    good = json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})
    lines = [good] * (len(lines) + 1) + lines
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        made, left, _ = taken(file)
    assert set(_rows_of(made, left)) == set(range(1, len(lines) + 1))


def _rows_of(made: list[Dialogue], left: list[LeftOut]) -> Counter[int]:
    rows = Counter(one.place.row for one in left)
    for dialogue in made:
        for part in dialogue.metadata["lineage"]:
            first, _, last = part.partition(":")[2].partition("-")
            rows.update(range(int(first), int(last or first) + 1))
    return rows


# --- files


def test_arrays_are_read_as_a_stream_wherever_they_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from demeanor.data.importing import files

    reply = {"role": "assistant", "content": "b"}
    records = [{"messages": [{"role": "user", "content": "é😀" * k}, reply]} for k in range(1, 9)]
    file = tmp_path / "a.json.gz"
    file.write_bytes(gzip.compress(json.dumps(records, ensure_ascii=False, indent=1).encode()))
    monkeypatch.setattr(files, "BLOCK", 7)
    found = list(files.rows(file))
    assert [row.value for row in found if not isinstance(row, LeftOut)] == records


@pytest.mark.parametrize("head", [b"PAR1aaaa", b"\x28\xb5\x2f\xfdaaaa", b"\xd0\xcf\x11\xe0aaaa"])
def test_what_cannot_be_read_says_what_to_do(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "a").write_bytes(head)
    with pytest.raises(ConfigError) as told:
        look(tmp_path / "a")
    assert told.value.fix


def test_columns_can_be_said(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("grp,p,q,w\n1,KB,hello,2026-01-02\n1,XX,hi,2026-01-01\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="who says what"):
        look(file)
    columns = {"conversation": "grp", "speaker": "p", "text": "q", "time": "w", "user": "XX", "agent": "KB"}
    made, _, _ = taken(file, said=columns)
    assert said(made[0]) == [("user", "hi"), ("assistant", "hello")]
    with pytest.raises(ConfigError, match="no such column"):
        look(file, {"text": "nowhere"})


def test_rasas_stories(tmp_path: Path) -> None:
    (tmp_path / "stories.yml").write_text(
        "stories:\n- story: greet\n  steps:\n  - intent: hello\n  - action: utter_hello\n  - action: action_look\n",
        encoding="utf-8",
    )
    (tmp_path / "domain.yml").write_text(
        "intents: [hello]\nresponses:\n  utter_hello:\n  - text: Hello you\n", encoding="utf-8"
    )
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: hello\n  examples: |\n    - hi [Kim](name)\n", encoding="utf-8")
    made, left, _ = taken(*(tmp_path / f"{name}.yml" for name in ("stories", "domain", "nlu")), keep=KEEP)
    assert said(made[0]) == [("user", "hi Kim"), ("assistant", "Hello you")]
    assert {one.reason.split(" ")[0] for one in left} == {"intents", "the"}


def test_the_command(tmp_path: Path) -> None:
    project = Project.init(tmp_path / "shop", "blank")
    line = ["-C", str(project.path), "import", str(EXPORTS / "intercom.csv"), str(EXPORTS / "freshdesk.json")]
    shown = CliRunner().invoke(main, [*line, "--show"])
    assert "message_author_type" in shown.output
    assert not list(project.folder.dialogue_files())
    done = CliRunner().invoke(main, [*line, "--name", "desk", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output.strip().splitlines()[-1])
    assert told["read"] == told["taken"] + sum(told["left_out"].values())
    left_out = list(project.run(told["run"]).folder.read_jsonl("left_out.jsonl"))
    assert len(left_out) == sum(told["left_out"].values())
    assert project.check().ok
    assert len(project.dialogues()) == told["dialogues"]
    again = CliRunner().invoke(main, [*line, "--name", "desk"])
    assert "there already" in str(again.output) + str(again.exception)

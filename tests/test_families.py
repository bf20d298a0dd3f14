"""Templates of the model families: what each conversation becomes, what is refused and with which way out, and the laws
that every rendering keeps. `python bench/templates.py` tries the laws on a thousand conversations a family."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("transformers")

from demeanor.dialogue import Message
from demeanor.errors import ConfigError
from demeanor.models.chat_template import Marks, adopt, find_template, shipped, steady
from demeanor.runtime.prompt import Renderer
from families import FAMILIES, bare, broken, conversation, faults, golden, tokenizer, told, usable
from golden import SYSTEM

REFUSED = [name for name, family in FAMILIES.items() if family.refused]
FEW = 10


@pytest.mark.parametrize("name", FAMILIES)
def test_golden_rendering(name: str) -> None:
    """Text, ids and mask as they were written down and looked at."""
    assert told(name) == golden(name)


@pytest.mark.parametrize("name", FAMILIES)
def test_laws_hold_for_generated_conversations(name: str) -> None:
    assert broken(name, FEW) == {}


def test_a_mark_with_power_would_be_found() -> None:
    """The laws can be broken: without what takes the power out of marks, a user speaks with the template's own."""
    renderer = Renderer(usable("mistral-small-3"), SYSTEM)
    renderer._marks = None
    found = {f for k in range(FEW) for f in faults(renderer, conversation(random.Random(k)), random.Random(k))}
    assert any(fault.startswith("power") for fault in found)


@pytest.mark.parametrize("name", REFUSED)
def test_a_template_that_cannot_carry_it_is_refused_with_the_way_out(name: str) -> None:
    family = FAMILIES[name]
    with pytest.raises(ConfigError, match=family.refused) as caught:
        Renderer(tokenizer(name), SYSTEM)
    assert f"chat_template: {family.instead} in agent.yaml" in str(caught.value.fix)
    Renderer(usable(name), SYSTEM)


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in REFUSED])
def test_what_a_base_checkpoint_is_offered_speaks_its_marks(name: str) -> None:
    """Without a template: the error names a shipped one, and with that one no token has to be added."""
    family = FAMILIES[name]
    base = bare(family.special, family.plain, family.spaced, eos_token=family.eos)
    with pytest.raises(ConfigError, match="no chat template") as caught:
        Renderer(base, SYSTEM)
    named = str(caught.value.fix).split("chat_template: ")[1].split(" ")[0]
    assert adopt(base, find_template(named, Path())).added == {}
    assert Renderer(base, SYSTEM).stop == Renderer(usable(name), SYSTEM).stop


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('no') }}", "refuses an ordinary conversation"),
        ("{% for m in messages %}{{ m.role }}: {{ m.content }}\n\n{% endfor %}", "no token of its own"),
        (
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content.split('<tool_')[0] }}<|im_end|>{% endfor %}",
            "tool calls and their results",
        ),
        (
            "{% for m in messages[-3:] %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}",
            "cannot carry|not stay",
        ),
    ],
)
def test_what_no_agent_can_use_is_named(template: str, said: str) -> None:
    tokens = tokenizer("smollm-2")
    tokens.chat_template = template
    with pytest.raises(ConfigError, match=said):
        Renderer(tokens, SYSTEM)


# ---------------------------------------------------------------------------------------------------- held still


@pytest.mark.parametrize("name", ["llama-3.2", "smollm-3"])
def test_no_day_of_the_calendar_stands_in_a_prompt(name: str) -> None:
    tokens = tokenizer(name)
    shown = "".join(s.text for s in Renderer(tokens, SYSTEM).segments([Message("user", "Hi")]))
    assert "2024" in shown
    tokens.chat_template = FAMILIES[name].template
    told_now = "".join(s.text for s in Renderer(tokens, SYSTEM).segments([Message("user", "Hi")]))
    assert str(date.today().year) in told_now


def test_what_is_held_is_held_once_and_others_are_left_alone() -> None:
    held = steady(FAMILIES["smollm-3"].template)
    assert steady(held) == held != FAMILIES["smollm-3"].template
    assert steady(FAMILIES["llama-3"].template) == FAMILIES["llama-3"].template


def test_an_agent_is_not_made_to_think() -> None:
    shown = "".join(s.text for s in Renderer(tokenizer("smollm-3"), SYSTEM).segments([Message("user", "Hi")]))
    assert shown.endswith("<think>\n\n</think>\n")


# ---------------------------------------------------------------------------------------------------- by choice


def test_marks_that_nothing_has_taught_are_trained() -> None:
    base = bare(("<s>", "</s>"), bos_token="<s>", eos_token="</s>")
    size = len(base)
    found = adopt(base, find_template("chatml", Path()))
    assert [base.convert_ids_to_tokens(i) for i in found.trained] == ["<|im_start|>", "<|im_end|>"]
    assert sorted(found.added) == sorted(found.trained) == [size, size + 1]
    assert all(base.decode(list(pieces)) == base.decode([i]) for i, pieces in found.added.items())


def test_marks_in_the_vocabulary_are_trained_where_no_template_wrote_them() -> None:
    family = FAMILIES["llama-3"]
    base = bare(family.special, bos_token=family.bos, eos_token="<|end_of_text|>")
    found = adopt(base, find_template("llama3", Path()))
    assert found.added == {}
    names = {base.convert_ids_to_tokens(i) for i in found.trained}
    assert names == {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}


def test_marks_that_the_models_own_template_wrote_are_known() -> None:
    tokens = tokenizer("phi-3")
    assert adopt(tokens, find_template("phi3", Path())) == Marks(
        {}, tuple(tokens.convert_tokens_to_ids(["<|system|>"]))
    )
    assert adopt(tokenizer("qwen-2.5"), find_template("chatml", Path())) == Marks()


def test_a_file_beside_agent_yaml_is_a_template(tmp_path: Path) -> None:
    text = "{% for m in messages %}[TURN]{{ m.role }}: {{ m.content }}[END]{% endfor %}"
    text += "{% if add_generation_prompt %}[TURN]assistant: {% endif %}"
    (tmp_path / "own.jinja").write_text(f"{text}\n", encoding="utf-8")
    base = bare(("</s>",), eos_token="</s>")
    assert len(adopt(base, find_template("own.jinja", tmp_path)).added) == 2
    renderer = Renderer(base, SYSTEM)
    assert renderer.stop == "[END]"
    assert renderer.segments([Message("user", "a [END]")])[0].text.endswith("user: a (END)[END][TURN]assistant: ")


def test_an_unknown_template_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such chat template") as caught:
        find_template("chatlm", tmp_path)
    assert set(shipped()) <= set(caught.value.allowed or ())
    assert "agent.yaml" in str(caught.value)

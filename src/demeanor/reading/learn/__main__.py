"""`python -m demeanor.reading.learn`: the shipped reader from its lines, the same weights every time on one machine."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import click

from demeanor.reading.labels import COLUMNS
from demeanor.reading.learn.lines import FOLDER, doubtful, everyday, read_lines, read_trades, with_said
from demeanor.reading.learned import WEIGHTS

JUDGES = ("i", "gatecal", "tcal")  # of acts, of consent, and of topics


@click.command()
@click.option(
    "--lines", type=click.Path(path_type=Path, file_okay=False, exists=True), default=FOLDER, show_default=True
)
@click.option(
    "--calibrate", "judges", multiple=True, default=JUDGES, show_default=True, help="Hands whose lines set the limits."
)
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=WEIGHTS, show_default=True)
@click.option(
    "--on-from",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Weights to learn on from, at a third of the rate, where lines were added or mended.",
)
@click.option("--epochs", default=4, show_default=True)
@click.option("--bf16/--fp32", default=True, show_default=True, help="fp32 is faster where a processor has no AMX.")
@click.option("--seed", default=0, show_default=True)
def main(
    lines: Path, judges: tuple[str, ...], into: Path, on_from: Path | None, epochs: int, bf16: bool, seed: int
) -> None:
    """Learn the reader from lines that hands wrote."""
    from demeanor.reading.learn.calibrate import OPEN, calibrated, limits
    from demeanor.reading.learn.fit import Settings, fit
    from demeanor.reading.learn.network import Network
    from demeanor.reading.learn.ship import change_heads, write_limits, write_weights
    from demeanor.reading.learn.start import read_encoder, take_up
    from demeanor.reading.learn.voices import learn_voices
    from demeanor.reading.learned import LearnedReader, Weights
    from demeanor.reading.tokens import Tokenizer

    trades = with_said(read_trades(sorted(lines.glob("*trades.yaml"))), sorted(lines.glob("*-said.yaml")))
    every = read_lines(sorted(lines.glob("*-*.jsonl")), trades)
    taught = [line for line in every if line.hand not in judges and line.judged]
    kept = [line for line in every if line.hand in judges]
    click.echo(f"{len(taught)} lines teach, {len(kept)} of {', '.join(judges)} set the limits; {len(trades)} trades")
    encoder, vocabulary = read_encoder()
    network, began = Network(encoder, len(COLUMNS)), time.monotonic()
    settings = Settings(epochs=epochs, bf16=bf16, seed=seed)
    if on_from is not None:
        take_up(network, on_from)
        settings = replace(settings, rate=settings.rate / 3, head_rate=settings.head_rate / 3)

    def on_step(step: int, steps: int, loss: float) -> None:
        if step % 20 == 0 or step == steps:
            left = (time.monotonic() - began) / step * (steps - step)
            click.echo(f"step {step} of {steps}, loss {loss:.3f}, {left / 60:.0f} minutes left")

    fit(network, Tokenizer(vocabulary), taught, trades, settings, on_step)
    words = everyday(taught, trades)
    write_weights(network, vocabulary, into, OPEN, words, doubtful(taught, words))
    change_heads(into, calibrated(Weights(into), kept))
    write_limits(into, limits(Weights(into), kept, trades))
    voices = learn_voices(LearnedReader({}, {}, Weights(into)), sorted(lines.glob("voices/*.yaml")))
    (into / "voice.json").write_text(json.dumps(voices, indent=1) + "\n", encoding="utf-8")
    click.echo(f"written to {into} after {(time.monotonic() - began) / 60:.0f} minutes")


if __name__ == "__main__":
    main()

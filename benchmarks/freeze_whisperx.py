"""Freeze what WhisperX's own `align` makes of given emissions: tests/data/whisperx/.

python benchmarks/freeze_whisperx.py

Needs `pip install whisperx==3.8.6` in an environment of its own: it wants another NumPy than we do.
Its code runs from emissions to words as it is, with two things about it replaced:

- The model and the softmax behind it answer with the frozen emissions. Most are rounded to
  float16, so that the file stays small.
- The sentence splitter is NLTK's Punkt without what it learnt, since that is a download. It ends
  sentences at a full stop as well, but knows no abbreviations. WhisperX aligns the whole text at
  once and groups words into sentences afterwards, so no word's time depends on it, unless a word
  of its sentence has none.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import whisperx
from faster_whisper import decode_audio
from nltk.tokenize.punkt import PunktSentenceTokenizer
from numpy.typing import NDArray
from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "models" / "nano-wav2vec2"
CLIPS = ROOT / "tests" / "data" / "synthetic" / "seen"
TARGET = ROOT / "tests" / "data" / "whisperx"
SAMPLE_RATE = 16000

Matrix = NDArray[np.float16] | NDArray[np.float32]
Labels = tuple[str, ...]

LETTERS = tuple("etaonihsrdlumwcfgypbvkxjqz'")
ALPHABETS: dict[str, Labels] = {
    "hugging face": ("<pad>", "<s>", "</s>", "<unk>", "|", *map(str.upper, LETTERS)),
    "torchaudio": ("-", "|", *map(str.upper, LETTERS)),
    "no separator": ("[PAD]", "[UNK]", *LETTERS),
    "japanese": ("[PAD]", "[UNK]", "|", *"今日は良い天気です。"),
    "turkish": ("[PAD]", "|", *"abcçdefgğhıijklmnoöprsştuüvyz"),  # noqa: RUF001 - its own letters
    "sixteen": ("-", "|", *map(str.upper, LETTERS[:14])),
    "three letters": ("-", "|", "a", "b", "c"),
}

SPEECH = ("00-flite-slt", "09-flite-slt", "12-flite-slt")

EDGES = (6, 176, 11620)
"""Seeds whose scores round to something else if they are added in another order or precision."""


def heard(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-probabilities of the small model, shape (frames, 32)."""
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(MODEL)
    model = Wav2Vec2ForCTC.from_pretrained(MODEL, dtype=torch.float32).eval()
    values = extractor(samples, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_values
    with torch.inference_mode():
        return torch.log_softmax(model(values).logits[0], dim=-1).numpy()


def random_emissions(
    seed: int, frames: int, labels: int, *, blank: float = 0.0, scale: float = 2.0
) -> Matrix:
    """Log-probabilities of noise; `blank` is how much likelier blank is, in natural-log units."""
    logits = np.random.default_rng(seed).normal(0, scale, (frames, labels))
    logits[:, 0] += blank
    return torch.log_softmax(torch.from_numpy(logits), dim=-1).numpy().astype(np.float16)


def spoken(seed: int, frames: dict[int, str], total: int, labels: Labels) -> Matrix:
    """As of a sure model: blank, but for a label in each of the named frames, and little noise."""
    logits = np.random.default_rng(seed).normal(0, 0.5, (total, len(labels)))
    logits[:, 0] += 7.0
    for frame, label in frames.items():
        logits[frame, labels.index(label)] += 14.0
    return torch.log_softmax(torch.from_numpy(logits), dim=-1).numpy().astype(np.float16)


def impossible(seed: int, frames: int, labels: int) -> Matrix:
    """Noise in which some labels have probability 0 in some frames."""
    emissions = random_emissions(seed, frames, labels)
    emissions[np.random.default_rng(seed).random(emissions.shape) < 0.05] = -np.inf
    return emissions


def tied(seed: int, frames: int, labels: int) -> Matrix:
    """Whole numbers, so that many paths are equally good."""
    drawn = np.random.default_rng(seed).integers(-3, 0, (frames, labels))
    return drawn.astype(np.float16)


def flat(frames: int) -> Matrix:
    """One `b` near the end, and before it no frame better for an `a` than the others."""
    log_probs = np.full((frames, 5), (-0.1, -20.0, -3.1, -20.0, -20.0), np.float32)
    log_probs[-5, 3] = -0.01
    return log_probs


def emissions() -> dict[str, Matrix]:
    """Everything that is aligned, by name; values are natural-log probabilities."""
    speech = {name: heard(decode_audio(str(CLIPS / f"{name}.flac"))) for name in SPEECH}
    pause = {10: "H", 12: "I", 13: "|", 72: "Y", 75: "O", 76: "U"}
    return {
        **{name: each.astype(np.float16) for name, each in speech.items()},
        "pause": spoken(1, pause, 100, ALPHABETS["torchaudio"]),
        "random": random_emissions(2, 120, 32),
        "random torchaudio": random_emissions(3, 90, 29),
        "blank": random_emissions(4, 100, 32, blank=6.0),
        "blank torchaudio": random_emissions(5, 100, 29, blank=4.0),
        "impossible": impossible(6, 60, 32),
        "tied": tied(7, 60, 5),
        "uniform": np.full((40, 5), np.log(0.2), np.float16),
        "sixteenths": np.full((40, 16), np.log(1 / 16), np.float16),
        "flat": flat(100),
        **{f"edge {seed}": random_emissions(seed, 60, 5) for seed in EDGES},
        "short": random_emissions(8, 12, 5),
        "separator": random_emissions(9, 80, 29),
        "japanese": random_emissions(10, 60, 13),
        "turkish": random_emissions(11, 80, 31),
        "one": random_emissions(12, 1, 5),
        "none": random_emissions(13, 0, 5),
    }


def case(
    emissions: str, text: str, alphabet: str = "hugging face", language: str = "en", **other: Any
) -> dict[str, Any]:
    """One segment to align; `other` may say its start and end in seconds, and `interpolate`."""
    defaults = {"start": 0.0, "end": 2.0, "interpolate": "nearest"}
    return {
        "emissions": emissions,
        "text": text,
        "alphabet": alphabet,
        "language": language,
        **defaults,
        **other,
    }


def cases() -> Iterator[dict[str, Any]]:
    """The segments, by what is special about them."""
    yield from _texts()
    yield from _languages()
    yield from _untimed()
    yield from _paths()


def _texts() -> Iterator[dict[str, Any]]:
    """Real speech with its text and with others; punctuation, digits, spaces."""
    for name in SPEECH:
        truth = json.loads((CLIPS / f"{name}.json").read_text(encoding="utf-8"))
        text = " ".join(segment["text"] for segment in truth["segments"])
        yield case(name, text, end=truth["duration"])
        yield case(name, f" {text.upper()}", start=17.123, end=17.123 + truth["duration"])
    yield case(SPEECH[0], "Hold on 42 minutes (or 15%), Joe - £13.60!", end=2.642)
    yield case(SPEECH[0], "1984", start=3.3, end=5.942)
    yield case("pause", "hi you", "torchaudio")
    yield case("pause", "hi, you.", "torchaudio", start=1.0, end=3.0)
    for text in (
        "it's well-known",
        "  leading and  double   spaces ",
        "no\u00a0break, tab\tand\nline\n next",
        "aaa bookkeeper ooze ss",
        "One. Two! Three? Four... Five; six",
        "a <unk> </s> b",
        "straße, naïve, ﬁn and 😀 cafe\u0301",
    ):
        yield case("random", text, start=12.34, end=14.75)
        yield case("blank", text, end=2.0)
    yield case("random torchaudio", "a well-known - hyphen -", "torchaudio")
    yield case("blank torchaudio", "--re-entry--", "torchaudio", start=0.1, end=2.2)
    yield case("random", "a | b|c |", end=2.4)


def _languages() -> Iterator[dict[str, Any]]:
    yield case("japanese", "今日は良い天気です。", "japanese", "ja")
    yield case("japanese", " 今日は  iPhone 15 です! ", "japanese", "ja", start=5.5, end=6.7)
    yield case("japanese", "今天 天气", "japanese", "zh", end=1.3)
    yield case("japanese", "今日は 天気", "japanese", "ko", end=1.3)
    yield case("turkish", "İzmir at", "turkish", "tr", end=1.6)
    yield case("turkish", "Irmak İstanbul'da İİ", "turkish", "tr", start=7.0, end=8.6)


def _untimed() -> Iterator[dict[str, Any]]:
    """Words without times: a bar, where the model has none."""
    for interpolate in ("nearest", "linear", "ignore"):
        for text in (
            "| so | then | | | we | | went |",
            "| | go",
            "so|then |now ||",
            "pre|posterously, |",
        ):
            yield case("separator", text, "no separator", interpolate=interpolate, start=0.25)
    yield case("separator", "| ||", "no separator")


def _paths() -> Iterator[dict[str, Any]]:
    """What is hard on the search: ties, impossible labels, too many or just enough tokens."""
    for text in ("abc cab", "aabbcc", "a", "b b b b b b", "cab? 12 -"):
        yield case("tied", text, "three letters", start=1.0, end=2.2)
        yield case("uniform", text, "three letters", end=0.8)
    yield case("sixteenths", "no dot", "sixteen", end=0.8)
    yield case("flat", "ab", "three letters")
    for seed in EDGES:
        yield case(f"edge {seed}", "abcabbcaacbbcabca cabcabcabcbbacab", "three letters", end=1.0)
    yield case("impossible", "impossible things before noon", end=1.2)
    yield case("impossible", "q, z; x: k 99", end=1.2)
    for count in (10, 11, 12, 13, 14, 30):
        yield case("short", "abc cab acb bca abc cab acb bca"[:count], "three letters", end=0.25)
    yield case("one", "a", "three letters", end=0.01)
    yield case("short", "", "three letters")
    yield case("short", "  ", "three letters")
    yield case("none", "beyond the end", "three letters", start=50.0, end=52.0)


class FrozenModel:
    """Answers with given emissions, as a model of either kind; shape (frames, labels)."""

    def __init__(self, emissions: NDArray[np.float32]) -> None:
        self.logits = torch.from_numpy(emissions)[np.newaxis]

    def __call__(self, _: torch.Tensor, **kwargs: object) -> Any:
        """As called by WhisperX: torchaudio's models with `lengths`, Hugging Face's without."""
        return (self.logits, None) if "lengths" in kwargs else SimpleNamespace(logits=self.logits)


@contextmanager
def from_emissions_on() -> Iterator[None]:
    """WhisperX without the softmax behind the model, and without a download."""
    with (
        patch("torch.log_softmax", lambda logits, dim: logits),
        patch("whisperx.alignment.nltk_load", lambda path: PunktSentenceTokenizer()),
    ):
        yield


def metadata(labels: Labels, language: str) -> dict[str, Any]:
    """What WhisperX's `load_align_model` says of a model with these labels."""
    kind = "torchaudio" if labels[0] == "-" else "huggingface"
    dictionary = {label.lower(): column for column, label in enumerate(labels)}
    return {"language": language, "dictionary": dictionary, "type": kind}


def aligned(case: dict[str, Any], emissions: Matrix) -> dict[str, Any]:
    """A case with the words and characters that WhisperX gives it."""
    seconds = case["end"] if len(emissions) else case["start"] / 2
    with from_emissions_on():
        found = whisperx.align(
            [{key: case[key] for key in ("start", "end", "text")}],
            FrozenModel(emissions.astype(np.float32)),
            metadata(ALPHABETS[case["alphabet"]], case["language"]),
            torch.zeros(int(SAMPLE_RATE * seconds)),
            "cpu",
            case["interpolate"],
            return_char_alignments=True,
        )
    characters = [each for part in found["segments"] for each in part["chars"] or ()]
    return {**case, "words": found["word_segments"], "characters": characters}


def main() -> None:
    """Write the emissions, the cases and who found this."""
    TARGET.mkdir(exist_ok=True)
    matrices = emissions()
    np.savez_compressed(TARGET / "emissions.npz", **matrices)
    found = [aligned(each, matrices[each["emissions"]]) for each in cases()]
    document = {"whisperx": version("whisperx"), "alphabets": ALPHABETS, "cases": found}
    (TARGET / "cases.json").write_text(as_lines(document), encoding="utf-8")
    print(f"{TARGET}: {len(found)} cases")


def as_lines(document: dict[str, Any]) -> str:
    """JSON with a case a line."""
    rows = ",\n".join(json.dumps(each, ensure_ascii=False) for each in document["cases"])
    head = json.dumps({**document, "cases": []}, ensure_ascii=False)
    return head.removesuffix("]}") + f"\n{rows}\n]}}\n"


if __name__ == "__main__":
    main()

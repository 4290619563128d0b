"""Warping of a real model's attention, beside what mlx-whisper makes of it."""

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tokenizers import Tokenizer

from asrcore.domain.alignment.attention import Passage, stretches_of
from asrcore.domain.alignment.warping import smoothed, token_starts, warp
from asrcore.domain.request import AlignRequest
from asrcore.domain.whisper.shape import FRAME

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

ROOT = Path(__file__).parents[2]
timing = pytest.importorskip("mlx_whisper.timing")
mx = pytest.importorskip("mlx.core")
FRAMES = 600
"""Of the spectrograms, 10 ms each."""


@dataclass
class Heard:
    """A clip, what a model's attention makes of its text, and what mlx-whisper makes of that."""

    passage: Passage
    attention: np.ndarray
    scores: np.ndarray
    published: list
    truth: list


@pytest.fixture(scope="module")
def tokenizer():
    from mlx_whisper.tokenizer import get_tokenizer

    return get_tokenizer(multilingual=False)


@pytest.fixture(scope="module")
def model(nano_whisper_mlx):
    from mlx_whisper.load_models import load_model

    loaded = load_model(str(nano_whisper_mlx), dtype=mx.float32)
    # All 30 s would take ten times as long, and nothing but padding is left out.
    loaded.encoder._positional_embedding = loaded.encoder._positional_embedding[: FRAMES // 2]
    return loaded


@pytest.fixture(scope="module")
def heard(model, tokenizer, clips) -> list[Heard]:
    """One voice that the model knows, one that it does not."""
    return [_hear(model, tokenizer, clip) for clip in (clips[1], clips[30])]


def _hear(model, tokenizer, clip) -> Heard:
    from mlx_whisper.audio import N_SAMPLES, log_mel_spectrogram

    def encode(text):
        tokens = tokenizer.encoding.encode_ordinary(text)
        return tokens, stretches_of(tokenizer.encoding.decode_tokens_bytes(tokens))

    passage = Passage.of(AlignRequest(clip.samples, (clip.text,), "en"), encode)
    mel = log_mel_spectrogram(clip.samples, padding=N_SAMPLES)[:FRAMES]
    prompt = tokenizer.sot_sequence_including_notimestamps
    row = mx.array([*prompt, *passage.tokens, tokenizer.eot])
    logits, looks = model.forward_with_cross_qk(mel[None], row[None])
    heads = mx.stack([looks[layer][0, head] for layer, head in model.alignment_heads.tolist()])
    weights = mx.softmax(heads[:, :, : passage.frames], axis=-1, precise=True)
    likely = mx.softmax(logits[0, len(prompt) - 1 : -2, : tokenizer.eot], axis=-1, precise=True)
    again = SimpleNamespace(
        forward_with_cross_qk=lambda *_: (logits, looks), alignment_heads=model.alignment_heads
    )
    published = timing.find_alignment(
        again, tokenizer, list(passage.tokens), mel, 2 * passage.frames
    )
    scores = np.array(likely)[np.arange(len(passage.tokens)), passage.tokens]
    truth = [word for segment in clip.truth["segments"] for word in segment["words"]]
    return Heard(passage, np.array(weights), scores, published, truth)


def first_frames(cost: np.ndarray) -> list[int]:
    """Of each token, on mlx-whisper's way."""
    tokens, frames = timing.dtw(cost)
    return frames[np.diff(tokens, prepend=-1) > 0].tolist()


def test_tokens_start_where_mlx_whisper_says(heard, tokenizer):
    prompt = len(tokenizer.sot_sequence_including_notimestamps)
    found = token_starts([each.attention for each in heard], prompt)
    for each, starts in zip(heard, found, strict=True):
        bounds = list(accumulate((len(word.tokens) for word in each.published), initial=0))
        assert len(bounds) > len(each.truth)
        for word, first, behind in zip(each.published, bounds, bounds[1:], strict=False):
            assert word.start == pytest.approx(starts[first], abs=FRAME / 2)
            assert word.end == pytest.approx(starts[behind], abs=FRAME / 2)
            assert word.probability == pytest.approx(np.mean(each.scores[first:behind]), abs=1e-5)


def test_words_start_where_they_sound(heard, tokenizer):
    late = []
    prompt = len(tokenizer.sot_sequence_including_notimestamps)
    found = token_starts([each.attention for each in heard], prompt)
    for each, starts in zip(heard, found, strict=True):
        each.passage.place(starts, each.scores)
        (words,) = each.passage.answer()
        assert [word.text for word in words] == [word["word"] for word in each.truth]
        late += [w.span.start - said["start"] for w, said in zip(words, each.truth, strict=True)]
    off = np.abs(late)
    print(f"{len(off)} words: median {1000 * np.median(off):.0f}, max {1000 * off.max():.0f} ms")
    assert np.median(off) < 0.06


def test_the_way_is_that_of_mlx_whisper(heard):
    random = np.random.default_rng(0)
    costs = [-smoothed(each.attention) for each in heard]
    shapes = random.integers(1, 60, (40, 2))
    costs += [random.normal(size=shape).astype(np.float32) for shape in shapes]
    assert [each.tolist() for each in warp(costs)] == [first_frames(cost) for cost in costs]


@pytest.mark.parametrize(
    "text",
    [
        *(" Grüße aus Łódź, ẞ!", " e\u0301te\u0301", " Привет, мир", " שלום עולם"),
        *(" مرحبا بالعالم", " नमस्ते दुनिया", " สวัสดีชาวโลก", " 안녕하세요 세계", "東京に行く"),
        *(" 𠮷野家 😀👩\u200d👩\u200d👧 🇩🇪!", "  two  spaces\n\tx", " it's 3.14 % of 10,000"),
    ],
)
def test_bytes_tell_the_characters_that_offsets_do(tokenizer, text):
    """Offsets as the tokenizer of faster-whisper gives them, of the same tokens."""
    other = Tokenizer.from_file(str(ROOT / "models" / "nano-whisper" / "tokenizer.json"))
    expected = other.encode(text, add_special_tokens=False)
    tokens = tokenizer.encoding.encode_ordinary(text)
    assert tokens == expected.ids
    assert stretches_of(tokenizer.encoding.decode_tokens_bytes(tokens)) == expected.offsets

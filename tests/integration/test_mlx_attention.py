"""Word times from the attention of the small Whisper over MLX, and its contract."""

from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest

pytest.importorskip("mlx_whisper")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::Warning:numba")]

import mlx.core as mx  # noqa: E402 - behind what skips

from asrcore.domain.alignment.attention import Passage  # noqa: E402
from asrcore.domain.audio import SAMPLE_RATE  # noqa: E402
from asrcore.domain.request import AlignRequest  # noqa: E402
from asrcore.errors import EngineError  # noqa: E402
from asrcore.plugin import Placement  # noqa: E402
from asrcore.testing import AlignerContract, silence, tone  # noqa: E402
from asrcore_adapters.mlx import MLXOptions, attention  # noqa: E402
from asrcore_adapters.mlx.attention import AttentionAligner  # noqa: E402
from asrcore_adapters.mlx.transcriber import MLXTranscriber  # noqa: E402
from tests.integration.plain_whisper import of_seconds, saved, tiny_whisper  # noqa: E402

SECONDS = 3.0


@pytest.fixture(scope="module")
def transcriber(nano_whisper_mlx, tmp_path_factory):
    folder = of_seconds(SECONDS, nano_whisper_mlx, tmp_path_factory.mktemp("glimpse"))
    made = MLXTranscriber(MLXOptions(model=str(folder)), Placement("cpu", "float32"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def by_attention(transcriber) -> AttentionAligner:
    return transcriber.attention


@pytest.fixture(scope="module")
def spoken_clips(clips):
    return [clip for clip in clips if len(clip.samples) < SECONDS * SAMPLE_RATE][:8]


def request_of(clip, **other) -> AlignRequest:
    return replace(AlignRequest(clip.samples, (clip.text,), "en"), **other)


class TestContract(AlignerContract):
    @pytest.fixture
    def aligner(self, by_attention):
        return by_attention

    @pytest.fixture
    def spoken(self, spoken_clips):
        return spoken_clips[1].samples, spoken_clips[1].text


def test_words_are_placed_where_they_sound(by_attention, spoken_clips):
    """All but two of the voices are unknown to the model."""
    found = by_attention.align([request_of(clip) for clip in spoken_clips])
    truth = [w for clip in spoken_clips for said in clip.truth["segments"] for w in said["words"]]
    words = [word for ((*words,),) in found for word in words]
    assert [word.text for word in words] == [word["word"] for word in truth]
    for edge, median, ninth in (("start", 0.05, 0.16), ("end", 0.05, 0.16)):
        late = [getattr(w.span, edge) - said[edge] for w, said in zip(words, truth, strict=True)]
        off = np.abs(late)
        print(f"{edge}: median {np.median(off):.3f} s, p90 {np.quantile(off, 0.9):.3f} s")
        assert np.median(off) < median
        assert np.quantile(off, 0.9) < ninth
    assert np.mean([word.score for word in words]) > 0.5


def test_a_batch_is_the_same_as_each_alone(by_attention, spoken_clips):
    requests = [
        request_of(clip, language=language)
        for clip, language in zip(spoken_clips, ("en", "de", None, "zh-TW", "en"), strict=False)
    ]
    requests.insert(2, AlignRequest(silence(31.0), ("too long",)))
    requests.append(request_of(spoken_clips[0], texts=("Hold on", "a minute, Joe.")))
    for request, together in zip(requests, by_attention.align(requests), strict=True):
        words = list(chain.from_iterable(together))
        alone = list(chain.from_iterable(by_attention.align([request])[0]))
        assert [(word.text, word.span) for word in words] == [(w.text, w.span) for w in alone]
        assert [w.score for w in words] == pytest.approx([w.score for w in alone], abs=1e-4)


def test_text_that_nobody_said_is_complete_in_order_and_improbable(by_attention, spoken_clips):
    text = "東京に行く iPhone。 𠮷野 😀!"
    ((words,),) = by_attention.align([request_of(spoken_clips[0], texts=(text,), language="ja")])
    assert "".join(word.text for word in words) == text.replace(" ", "")
    assert all(a.span.end <= b.span.start for a, b in pairwise(words))
    ((said,),) = by_attention.align([request_of(spoken_clips[0])])
    assert np.mean([word.score for word in said]) > 0.7
    assert np.mean([word.score for word in words]) < 0.1


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        (tone(30.5), "longer than the encoder hears"),
        (tone(20.0), "x " * 500),
        (tone(1.0), "one two three " * 20),
        (tone(0.0), "nothing sounds"),
    ],
    ids=["long sound", "long text", "fast", "empty"],
)
def test_what_cannot_be_placed_has_no_times(by_attention, samples, text):
    request = AlignRequest(samples, (text, "", text), "en")
    ((first, none, second),) = by_attention.align([request])
    assert none == []
    assert [word.text for word in first] == [word.text for word in second] == text.split()
    assert {(word.span, word.score) for word in (*first, *second)} == {(None, None)}


def test_names_of_special_tokens_are_text_like_any_other(by_attention, spoken_clips):
    words = ("Hold", "<|endoftext|>", "on", "<|0.00|>")
    ((placed,),) = by_attention.align([request_of(spoken_clips[0], texts=(" ".join(words),))])
    assert [word.text for word in placed] == list(words)
    assert all(word.span for word in placed)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A model of random weights: what its attention looks at is noise, and the same by any way."""
    with mx.stream(mx.cpu):
        model = tiny_whisper(0, 51864, width=32)
        folder = saved(model, tmp_path_factory.mktemp("tiny"))
    made = MLXTranscriber(MLXOptions(model=str(folder)), Placement("cpu", "float32"))
    yield made, model
    made.close()


def test_it_looks_at_what_the_models_own_decoder_looks_at(tiny):
    """Also in a batch of texts of different lengths; at nothing that is padding."""
    (transcriber, model), sounds = tiny, [tone(0.8), tone(0.5)]
    aligner, engine = transcriber.attention, transcriber._engine
    requests = [AlignRequest(sounds[0], ("some words here",)), AlignRequest(sounds[1], ("one",))]
    passages = [Passage.of(request, aligner._encode) for request in requests]
    heard, start = engine.hear(sounds), aligner._start("en")
    found = engine.lanes.run(lambda: aligner._looks(heard, passages, start))
    for sound, passage, (weights, scores) in zip(heard, passages, found, strict=True):
        with mx.stream(mx.cpu):
            row = mx.array([[*start, *passage.tokens, 50256]])
            logits, _, looks = model.decoder(row, sound[None])
            heads = [looks[layer][0, head] for layer, head in model.alignment_heads.tolist()]
            expected = mx.softmax(mx.stack(heads)[..., : passage.frames], axis=-1)
            likely = np.array(mx.softmax(logits[0, len(start) - 1 : -2, :50256], axis=-1))
        np.testing.assert_allclose(weights, expected, atol=1e-5)
        own = likely[np.arange(len(passage.tokens)), passage.tokens]
        np.testing.assert_allclose(scores, own, rtol=1e-3)


@pytest.mark.parametrize(("words", "fits"), [(445, True), (446, False)])
def test_a_text_may_fill_the_models_context(tiny, words, fits):
    request = AlignRequest(tone(9.5), (" ".join(["a"] * words),))
    ((found,),) = tiny[0].attention.align([request])
    assert {word.span is not None for word in found} == {fits}


def test_failures_are_translated(by_attention, spoken_clips, monkeypatch):
    def fail(*_):
        raise RuntimeError("[malloc] Unable to allocate 9 bytes.")

    monkeypatch.setattr(attention, "DecoderState", fail)
    with pytest.raises(EngineError, match="out of memory"):
        by_attention.align([request_of(spoken_clips[0])])


def test_it_is_the_transcribers_and_knows_its_languages(transcriber):
    assert transcriber.attention.capabilities.languages == {"en"}
    assert transcriber.attention is transcriber.attention

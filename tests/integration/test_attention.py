"""Word times from the small Whisper's attention, and its contract."""

from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest

from asrcore.domain.audio import SAMPLE_RATE
from asrcore.domain.request import AlignRequest
from asrcore.domain.timespan import TimeSpan
from asrcore.errors import EngineError
from asrcore.plugin import Placement
from asrcore.testing import AlignerContract, silence, tone
from asrcore_adapters.faster_whisper import FasterWhisperOptions, attention
from asrcore_adapters.faster_whisper.attention import AttentionAligner
from asrcore_adapters.faster_whisper.transcriber import FasterWhisperTranscriber

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def transcriber(nano_whisper):
    options = FasterWhisperOptions(model=str(nano_whisper))
    made = FasterWhisperTranscriber(options, Placement("cpu", "int8"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def by_attention(transcriber) -> AttentionAligner:
    return transcriber.attention


class TestContract(AlignerContract):
    @pytest.fixture
    def aligner(self, by_attention):
        return by_attention

    @pytest.fixture
    def spoken(self, clips):
        return clips[1].samples, clips[1].text


def request_of(clip, **other) -> AlignRequest:
    return replace(AlignRequest(clip.samples, (clip.text,), "en"), **other)


def spans(aligner, request) -> list[TimeSpan | None]:
    (texts,) = aligner.align([request])
    return [word.span for word in chain.from_iterable(texts)]


def test_words_are_placed_where_they_sound(by_attention, clips):
    """Half of the voices are known to the model, half are not."""
    chosen = [*clips[:8], *clips[31::8]]
    found = by_attention.align([request_of(clip) for clip in chosen])
    truth = [word for clip in chosen for said in clip.truth["segments"] for word in said["words"]]
    words = [word for ((*words,),) in found for word in words]
    assert [word.text for word in words] == [word["word"] for word in truth]
    for edge, median, ninth in (("start", 0.045, 0.150), ("end", 0.040, 0.130)):
        late = np.array(
            [getattr(w.span, edge) - said[edge] for w, said in zip(words, truth, strict=True)]
        )
        off = np.abs(late)
        print(
            f"{edge} of {len(words)} words: median {1000 * np.median(off):.0f} ms, "
            f"p90 {1000 * np.quantile(off, 0.9):.0f} ms, max {1000 * off.max():.0f} ms, "
            f"bias {1000 * np.median(late):+.0f} ms"
        )
        assert np.median(off) < median
        assert np.quantile(off, 0.9) < ninth


def test_silence_before_between_and_after_belongs_to_no_word(by_attention, seen):
    first, second = seen[0], seen[3]
    hush = np.tile(first.samples[: SAMPLE_RATE // 4], 4)
    samples = np.concatenate([hush, first.samples, hush, hush, second.samples])
    ((before, after),) = by_attention.align([AlignRequest(samples, (first.text, second.text))])
    begin, end = (first.truth["segments"][0][edge] + 1.0 for edge in ("start", "end"))
    assert before[0].span.start == pytest.approx(begin, abs=0.2)
    assert before[-1].span.end == pytest.approx(end, abs=0.2)
    pause = len(first.samples) / SAMPLE_RATE + 3.0
    assert after[0].span.start > pause + 0.3


def test_a_batch_of_many_languages_is_the_same_as_each_alone(by_attention, seen):
    requests = [
        request_of(clip, language=language)
        for clip, language in zip(seen, ("en", "de", None, "zh-TW", "en"), strict=False)
    ]
    requests.insert(2, AlignRequest(silence(31.0), ("too long",)))
    together = by_attention.align(requests)
    assert [list(texts) for texts in together] == [
        list(by_attention.align([request])[0]) for request in requests
    ]


def test_text_that_nobody_said_is_complete_in_order_and_improbable(by_attention, seen):
    text = "東京に行く iPhone。 𠮷野 😀!"
    ((words,),) = by_attention.align([request_of(seen[0], texts=(text,), language="ja")])
    assert "".join(word.text for word in words) == text.replace(" ", "")
    assert all(a.span.end <= b.span.start for a, b in pairwise(words))
    ((said,),) = by_attention.align([request_of(seen[0])])
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


def test_names_of_special_tokens_are_text_like_any_other(by_attention, seen):
    words = ("Hold", "<|endoftext|>", "on", "<|0.00|>")
    placed = spans(by_attention, request_of(seen[0], texts=(" ".join(words),)))
    assert len(placed) == 4
    assert None not in placed


def test_failures_are_translated(by_attention, seen, monkeypatch):
    def fail(*_):
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(attention, "log_mel", fail)
    with pytest.raises(EngineError, match="out of memory"):
        by_attention.align([request_of(seen[0])])


def test_it_knows_the_languages_of_the_model(transcriber):
    assert transcriber.attention.capabilities.languages == transcriber.capabilities.languages
    assert transcriber.attention is transcriber.attention

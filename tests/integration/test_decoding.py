"""What CTranslate2 is asked for, and which of its answers are taken: by a stub in its place."""

from types import SimpleNamespace

import numpy as np
import pytest

from asrcore_adapters.faster_whisper import FasterWhisperOptions
from asrcore_adapters.faster_whisper.decoding import Decoded, Decoder
from asrcore_adapters.faster_whisper.segments import resume_at, segments_of

pytestmark = pytest.mark.integration

BEGIN = 1000
"""The token of 0.00 s; text tokens lie below."""
VARIED, REPETITIVE = (1, 2, 3), (7,) * 60


def spell(tokens) -> str:
    return "".join(f" word{token}" for token in tokens)


class StubWhisper:
    """Answers each temperature with a prepared row: (tokens, mean log-probability, no-speech)."""

    def __init__(self, answers):
        self._answers = answers
        self.encoded = []
        self.asked = []

    def encode(self, features):
        self.encoded.append(np.asarray(features).shape[0])
        return features

    def generate(self, features, prompts, **how):
        self.asked.append(how)
        temperature = how.get("sampling_temperature", 0.0)
        tokens, mean, no_speech = self._answers[temperature]
        # CTranslate2 divides by the length; the end token counts in Whisper's mean.
        score = mean * (len(tokens) + 1) / len(tokens) ** how["length_penalty"]
        row = SimpleNamespace(
            sequences_ids=[list(tokens)], scores=[score], no_speech_prob=no_speech
        )
        return [row for _ in prompts]


def decode(answers, rows=1, prompt=(5, 6), **options):
    model = StubWhisper(answers)
    checked = FasterWhisperOptions.model_validate(options)
    features = np.zeros((rows, 2, 4), np.float32)
    decoder = Decoder(model, checked, spell)
    return decoder.decode(features, [list(prompt)] * rows, [9]), model


GOOD, UNLIKELY, LOOP = (VARIED, -0.3, 0.0), (VARIED, -1.5, 0.0), (REPETITIVE, -0.1, 0.0)


@pytest.mark.parametrize(
    ("first", "options", "taken"),
    [
        (GOOD, {}, 0.0),
        (UNLIKELY, {}, 0.4),
        (UNLIKELY, {"log_prob_threshold": "off"}, 0.0),
        (UNLIKELY, {"log_prob_threshold": -2.0}, 0.0),
        (LOOP, {}, 0.4),
        (LOOP, {"compression_ratio_threshold": "off"}, 0.0),
        (LOOP, {"compression_ratio_threshold": 50.0}, 0.0),
        ((VARIED, -1.5, 0.9), {}, 0.0),
        ((VARIED, -1.5, 0.9), {"no_speech_threshold": "off"}, 0.4),
        ((VARIED, -1.5, 0.9), {"no_speech_threshold": 0.95}, 0.4),
        ((VARIED, -0.3, 0.9), {}, 0.0),
    ],
)
def test_each_threshold_decides_whether_the_next_temperature_is_tried(first, options, taken):
    (decoded,), model = decode({0.0: first, 0.4: GOOD}, temperatures=[0.0, 0.4], **options)
    assert decoded.temperature == taken
    assert len(model.asked) == (1 if taken == 0.0 else 2)


def test_where_all_fail_the_likeliest_that_does_not_repeat_itself_is_kept():
    answers = {0.0: LOOP, 0.2: (VARIED, -2.0, 0.0), 0.4: (VARIED, -1.5, 0.0)}
    (decoded,), _ = decode(answers, temperatures=[0.0, 0.2, 0.4])
    assert decoded.temperature == 0.4
    (decoded,), _ = decode({0.0: LOOP, 0.2: (REPETITIVE, -0.05, 0.0)}, temperatures=[0.0, 0.2])
    assert decoded.temperature == 0.2


def test_the_mean_counts_the_end_token_and_undoes_the_length_penalty():
    for penalty in (1.0, 0.6):
        (decoded,), _ = decode({0.0: GOOD}, length_penalty=penalty)
        assert decoded.avg_logprob == pytest.approx(-0.3)


def test_features_are_encoded_again_only_for_fewer_rows():
    _, model = decode({0.0: UNLIKELY, 0.2: UNLIKELY, 0.4: GOOD}, rows=3, temperatures=[0, 0.2, 0.4])
    assert model.encoded == [3]


def test_every_decoding_option_reaches_the_engine():
    options = {
        "beam_size": 3,
        "patience": 1.5,
        "length_penalty": 0.7,
        "repetition_penalty": 1.1,
        "no_repeat_ngram_size": 4,
        "best_of": 2,
        "suppress_blank": False,
        "max_initial_timestamp": 0.5,
        "temperatures": [0.0, 0.8],
    }
    _, model = decode({0.0: UNLIKELY, 0.8: GOOD}, **options)
    beam, sampled = model.asked
    common = {
        "length_penalty": 0.7,
        "repetition_penalty": 1.1,
        "no_repeat_ngram_size": 4,
        "suppress_blank": False,
        "suppress_tokens": [9],
        "max_initial_timestamp_index": 25,
        "max_length": 448,
        "return_scores": True,
        "return_no_speech_prob": True,
    }
    assert beam == {**common, "beam_size": 3, "patience": 1.5}
    sampling = {"num_hypotheses": 2, "sampling_topk": 0, "sampling_temperature": 0.8}
    assert sampled == {**common, "beam_size": 1, **sampling}


@pytest.mark.parametrize(
    ("prompt", "new", "max_length"), [(2, 10, 20), (200, 10, 209), (3, 224, 448), (400, 100, 448)]
)
def test_new_tokens_are_limited_beside_any_prompt(prompt, new, max_length):
    """CTranslate2 stops at half of `max_length`, and at what the prompt leaves of it."""
    _, model = decode({0.0: GOOD}, prompt=[5] * prompt, max_new_tokens=new)
    assert model.asked[0]["max_length"] == max_length


def at(seconds: float) -> int:
    return BEGIN + round(seconds / 0.02)


def cut(tokens, duration=30.0):
    decoded = Decoded(tuple(tokens), -0.1, 0.0, 1.0, 0.0)
    found = segments_of(decoded, duration, BEGIN, spell, "en")
    return [(each.span.start, each.span.end, each.text) for each in found]


@pytest.mark.parametrize(
    ("tokens", "segments"),
    [
        ([1, 2], [(0.0, 30.0, "word1 word2")]),
        ([at(1), 1, at(2)], [(1.0, 2.0, "word1")]),
        ([at(1), 1, at(2), at(3), 2, at(4)], [(1.0, 2.0, "word1"), (3.0, 4.0, "word2")]),
        ([at(1), 1, at(2), at(3), 2], [(1.0, 2.0, "word1"), (3.0, 30.0, "word2")]),
        ([1, at(2)], [(0.0, 2.0, "word1")]),
        ([at(1), 1, at(40)], [(1.0, 30.0, "word1")]),
        ([at(1), at(2)], []),
        ([], []),
    ],
)
def test_tokens_are_cut_at_their_timestamps(tokens, segments):
    assert cut(tokens) == segments


def test_text_heard_in_the_padding_is_left_out():
    assert cut([at(0), 1, at(3.2), at(3.2), 2, at(5.2)], duration=3.2) == [(0.0, 3.2, "word1")]


@pytest.mark.parametrize(
    ("tokens", "resumed"),
    [
        ([at(0), 1, at(25), at(25)], 25.0),
        ([at(0), 1, at(25)], None),
        ([at(0), 1, at(29.8), at(29.8)], None),
        ([at(0), 1, at(0.4), at(0.4)], None),
        ([at(0), 1], None),
        ([1], None),
        ([], None),
    ],
)
def test_an_unfinished_window_is_resumed_where_it_was_left(tokens, resumed):
    assert resume_at(tokens, 30.0, BEGIN) == resumed

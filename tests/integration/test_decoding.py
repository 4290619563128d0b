"""What CTranslate2 is asked for, and how its answers are read: by a stub in its place."""

from types import SimpleNamespace

import numpy as np
import pytest

from asrcore_adapters.faster_whisper import FasterWhisperOptions
from asrcore_adapters.faster_whisper.generation import EncodedBatch

pytestmark = pytest.mark.integration

START = 6
TOKENS = (1, 2, 3)


class StubWhisper:
    """Writes the same for every row, and remembers what it was asked."""

    def __init__(self, mean=-0.3):
        self._mean = mean
        self.encoded = []
        self.asked = []

    def encode(self, features):
        self.encoded.append(np.asarray(features).shape[0])
        return features

    def detect_language(self, encoded):
        return [[("<|fr|>", 0.75), ("<|en|>", 0.25)]] * np.asarray(encoded).shape[0]

    def generate(self, features, prompts, **how):
        self.asked.append((prompts, how))
        # CTranslate2 divides by the length; the end token counts in Whisper's mean.
        score = self._mean * (len(TOKENS) + 1) / len(TOKENS) ** how["length_penalty"]
        row = SimpleNamespace(sequences_ids=[list(TOKENS)], scores=[score], no_speech_prob=0.1)
        return [row for _ in prompts]


def encoded(rows=1, **options):
    model = StubWhisper()
    checked = FasterWhisperOptions.model_validate(options)
    features = np.zeros((rows, 2, 4), np.float32)
    return EncodedBatch(model, checked, features, START, [9]), model


def test_the_mean_counts_the_end_token_and_undoes_the_length_penalty():
    for penalty in (1.0, 0.6):
        batch, _ = encoded(length_penalty=penalty)
        (found,) = batch.generate([0], [[5, START]], 0.0)
        assert found.avg_logprob == pytest.approx(-0.3)
        assert (found.tokens, found.no_speech_prob) == (TOKENS, 0.1)


def test_sound_is_encoded_again_only_for_other_rows():
    batch, model = encoded(rows=3)
    prompt = [5, START]
    assert batch.languages([0, 1, 2])[0] == {"fr": 0.75, "en": 0.25}
    batch.generate([0, 1, 2], [prompt] * 3, 0.0)
    batch.generate([0, 1, 2], [prompt] * 3, 0.2)
    assert model.encoded == [3]
    batch.generate([0, 2], [prompt] * 2, 0.4)
    batch.generate([0, 2], [prompt] * 2, 0.6)
    assert model.encoded == [3, 2]


def test_prompts_of_another_length_or_start_are_not_mixed():
    batch, model = encoded(rows=4)
    prompts = [[5, START], [START, 7], [4, START], [1, 2, START]]
    assert len(batch.generate(range(4), prompts, 0.0)) == 4
    assert [asked for asked, _ in model.asked] == [
        [[5, START], [4, START]],
        [[START, 7]],
        [[1, 2, START]],
    ]


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
    }
    batch, model = encoded(**options)
    for temperature in (0.0, 0.8):
        batch.generate([0], [[5, START]], temperature)
    (_, beam), (_, sampled) = model.asked
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
    batch, model = encoded(max_new_tokens=new)
    batch.generate([0], [[START] * prompt], 0.0)
    assert model.asked[0][1]["max_length"] == max_length

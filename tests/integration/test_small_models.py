"""What the small models must be able to do, in every engine that can load them."""

import warnings
from pathlib import Path

import jiwer
import numpy as np
import pytest

from asrcore import convert_model

pytestmark = [
    pytest.mark.integration,
    # These engines are not ours: what they announce about their next versions is no failure.
    pytest.mark.filterwarnings("ignore"),
]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tools.small_models.evaluation import (
        Ctc,
        engines,
        long_form,
        samples,
        word_error_rate,
    )

ROOT = Path(__file__).parents[2]
MODELS, SETS = ROOT / "models", ROOT / "tests" / "data" / "synthetic"
STEP = 18
"""MLX hears one clip in so many: it takes some seconds for each on a CPU."""


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """CTranslate2 in full precision; MLX computes in it from half-precision weights."""
    folder = tmp_path_factory.mktemp("converted")
    for to, number_format, name in [("ctranslate2", "float32", "ct2"), ("mlx", "float16", "mlx")]:
        convert_model(
            str(MODELS / "nano-whisper"),
            to,
            number_format=number_format,
            output=folder / f"nano-whisper-{name}",
            check=False,
        )
    return folder


@pytest.fixture(scope="module")
def every(converted):
    return engines(MODELS, converted)


@pytest.fixture(scope="module")
def sets():
    return {name: list(samples(SETS / name)) for name in ("seen", "short", "meetings")}


@pytest.fixture(scope="module")
def heard(every, sets):
    """Engine -> what it writes for the clips, known voices first."""
    clips = [*sets["seen"], *sets["short"]]
    return {
        name: [every[name](clip.samples) for clip in clips]
        for name in ("transformers", "CTranslate2")
    }


def rate(clips, texts, chosen=lambda clip: True):
    pairs = [(clip.text, text) for clip, text in zip(clips, texts, strict=True) if chosen(clip)]
    return word_error_rate(*map(list, zip(*pairs, strict=True)))


@pytest.mark.parametrize("engine", ["transformers", "CTranslate2"])
def test_sentences_are_understood(heard, sets, engine):
    clips = [*sets["seen"], *sets["short"]]
    known = rate(clips, heard[engine], lambda clip: clip.truth["truth"]["set"] == "seen")
    stranger = rate(clips, heard[engine], lambda clip: "kal" in clip.voices)
    print(f"{engine}: natural voices known {known:.3f}, not known {stranger:.3f}")
    assert known <= 0.06
    assert stranger <= 0.25


def test_engines_write_the_same(heard, every, sets):
    same = np.mean(np.array(heard["transformers"]) == np.array(heard["CTranslate2"]))
    print(f"transformers and CTranslate2 write the same for {same:.1%} of the clips")
    assert same >= 0.98
    clips = [*sets["seen"], *sets["short"]][::STEP]
    assert [every["MLX"](clip.samples) for clip in clips] == heard["transformers"][::STEP]


@pytest.mark.parametrize("conditioned", [False, True])
def test_text_before_does_no_harm(converted, sets, conditioned):
    """All six meetings, as faster-whisper does them."""
    transcribe = long_form(converted, conditioned=conditioned)
    talks = sets["meetings"]
    found = rate(talks, [transcribe(talk.samples) for talk in talks])
    print(f"meetings, after the text before {conditioned}: WER {found:.3f}")
    assert found <= 0.06


def test_characters_are_heard_where_they_are(sets):
    model = Ctc(MODELS / "nano-wav2vec2")
    found = [model.measure(clip) for clip in sets["seen"]]
    errors = jiwer.cer([each.reference for each in found], [each.hypothesis for each in found])
    late = np.abs(np.concatenate([each.deviations for each in found]))
    print(f"CTC: CER {errors:.3f}, word starts {1000 * np.median(late):.0f} ms")
    assert errors <= 0.05
    assert np.median(late) <= 0.03


def test_the_models_stay_small():
    """The whole folder stays under 60 MiB, 40 of them when packed."""
    assert sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file()) < 60 * 2**20

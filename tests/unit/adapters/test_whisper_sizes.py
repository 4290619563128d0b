"""What Whisper models take, against what is published and was measured."""

import json
from pathlib import Path

import pytest

from asrcore.domain.footprint import Footprint
from asrcore.plugin import Placement, Plugin
from asrcore_adapters.common.whisper_options import WhisperOptions
from asrcore_adapters.common.whisper_sizes import SHAPES, whisper_footprint
from asrcore_adapters.faster_whisper import PLUGIN as FASTER_WHISPER
from asrcore_adapters.mlx import PLUGIN as MLX

MODELS = Path(__file__).parents[3] / "models"
HALF = Placement("metal", "float16")
GIB = 2**30


def footprint(model: str, placement: Placement = HALF) -> Footprint | None:
    """Of one hypothesis a chunk."""
    greedy = WhisperOptions(model=model, beam_size=1, temperatures=(0.0,))
    return whisper_footprint(greedy, placement)


@pytest.mark.parametrize(
    ("size", "millions"),
    [
        ("tiny", 37.8), ("base", 72.6), ("small", 241.7), ("medium", 763.9), ("large", 1543.5),
        ("large-v1", 1543.3), ("large-v2", 1543.3), ("large-v3", 1543.5), ("turbo", 808.9),
        ("large-v3-turbo", 808.9), ("distil-small", 166.1), ("distil-medium", 394.4),
        ("distil-large-v2", 756.2), ("distil-large-v3", 756.4), ("distil-large-v3.5", 756.4),
    ],
)  # fmt: skip
def test_a_size_has_the_weights_that_its_published_model_has(size: str, millions: float) -> None:
    assert SHAPES[size].parameters / 1e6 == pytest.approx(millions, rel=0.01)


def test_every_size_is_held_against_its_model() -> None:
    (rows,) = (
        mark.args[1] for mark in test_a_size_has_the_weights_that_its_published_model_has.pytestmark
    )
    assert {size for size, _ in rows} == set(SHAPES)


@pytest.mark.parametrize(
    ("model", "size", "weight"),
    [
        ("small", "small", 2),
        ("small.en", "small", 2),
        ("turbo", "large-v3-turbo", 2),
        ("openai/whisper-tiny.en", "tiny", 2),
        ("Systran/faster-whisper-small", "small", 2),
        ("Systran/faster-whisper-large-v3", "large-v3", 2),
        ("Systran/faster-distil-whisper-medium.en", "distil-medium", 2),
        ("distil-whisper/distil-large-v3.5-ct2", "distil-large-v3.5", 2),
        ("mobiuslabsgmbh/faster-whisper-large-v3-turbo", "large-v3-turbo", 2),
        ("someone/Whisper-Large-V2-Swedish", "large-v2", 2),
        ("mlx-community/whisper-large-v3-turbo", "large-v3-turbo", 2),
        ("mlx-community/whisper-base-mlx", "base", 2),
        ("mlx-community/whisper-medium-mlx-fp16", "medium", 2),
        ("mlx-community/distil-whisper-large-v3", "distil-large-v3", 2),
        ("mlx-community/whisper-large-v3-turbo-q4", "large-v3-turbo", 4.5 / 8),
        ("mlx-community/whisper-large-v3-mlx-4bit", "large-v3", 4.5 / 8),
        ("mlx-community/whisper-small.en-mlx-8bit", "small", 8.5 / 8),
        ("mlx-community/whisper-small-mlx-q8", "small", 8.5 / 8),
        # A number at the end is none of bits; some have more layers than their name tells.
        ("someone/whisper-small-4", "small", 2),
        ("someone/whisper-large-v3-distil-dec8", "large-v3", 2),
    ],
)
def test_names_tell_the_size_and_the_bits_of_a_weight(model: str, size: str, weight: float) -> None:
    found = footprint(model)
    assert found is not None
    assert found.name == model.rpartition("/")[2]
    assert found.model == pytest.approx(weight * SHAPES[size].parameters / GIB)
    assert found.chunk == 2 * SHAPES[size].numbers_a_chunk(1) / GIB


@pytest.mark.parametrize(
    "model",
    ["kotoba-tech/kotoba-whisper-v2.0", "someone/smallest", "distil-tiny", "./small", "~/small"],
)
def test_what_is_not_known_is_not_guessed(model: str) -> None:
    assert footprint(model) is None


def test_a_number_format_that_is_not_known_is_not_guessed() -> None:
    assert footprint("small", Placement("cpu", "int3")) is None


@pytest.mark.parametrize(
    ("compute_type", "weight", "number"),
    [
        (None, 4, 4), ("float32", 4, 4), ("float16", 2, 2), ("bfloat16", 2, 2), ("int16", 2, 4),
        ("int8", 1, 4), ("int8_float32", 1, 4), ("int8_float16", 1, 2), ("int8_bfloat16", 1, 2),
    ],
)  # fmt: skip
def test_bytes_go_by_the_number_format(compute_type: str | None, weight: int, number: int) -> None:
    found = footprint("tiny", Placement("cpu", compute_type))
    assert found is not None
    assert found.model == weight * SHAPES["tiny"].parameters / GIB
    assert found.chunk == number * SHAPES["tiny"].numbers_a_chunk(1) / GIB


def test_a_chunk_takes_what_was_measured() -> None:
    """With CTranslate2 4.6 in float32 on a CPU, a model of the size of small and 200 tokens.

    Eight chunks took 1.36 GiB beside the model with five hypotheses, 1.12 GiB of that in the
    encoder; MLX took 0.21 GiB for one in the encoder.
    """
    small = SHAPES["small"]
    assert 4 * small.numbers_a_chunk(1) / GIB == pytest.approx(0.21, rel=0.15)
    assert 4 * small.numbers_a_chunk(5) / GIB > 1.36 / 8
    # Text keeps a hypothesis' keys and values in every layer of the decoder, and no others.
    more = small.numbers_a_chunk(9) - small.numbers_a_chunk(8)
    assert more == 2 * 12 * 448 * 768


class TestFolders:
    def test_of_transformers_tell_their_shape(self) -> None:
        found = footprint(str(MODELS / "nano-whisper"))
        assert found is not None
        assert found.name == "nano-whisper"
        weights = (MODELS / "nano-whisper" / "model.safetensors").stat().st_size
        assert found.model * GIB == pytest.approx(weights, rel=0.02), "they are kept in float16"

    @pytest.mark.parametrize(("quantization", "weight"), [({}, 2), ({"bits": 4}, 4.5 / 8)])
    def test_of_mlx_tell_their_shape_and_bits(
        self, tmp_path: Path, quantization: dict, weight: float
    ) -> None:
        told = {
            "n_mels": 128,
            "n_audio_state": 1280,
            "n_audio_layer": 32,
            "n_text_layer": 4,
            "n_vocab": 51865,
        } | ({"quantization": quantization} if quantization else {})
        (tmp_path / "config.json").write_text(json.dumps(told))
        found = footprint(str(tmp_path))
        assert found is not None
        assert found.model == pytest.approx(weight * SHAPES["turbo"].parameters / GIB)

    @pytest.mark.parametrize(
        "config",
        [None, "", "[]", "{}", "{", '{"d_model": 4}', '{"alignment_heads": [[1, 2]]}',
         '{"d_model": "x", "encoder_layers": 1, "decoder_layers": 1, "num_mel_bins": 1, '
         '"vocab_size": 1}'],
    )  # fmt: skip
    def test_without_a_shape_are_not_guessed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str | None
    ) -> None:
        folder = tmp_path / "whisper-small"
        folder.mkdir()
        if config is not None:
            (folder / "config.json").write_text(config)
        monkeypatch.chdir(tmp_path)
        assert footprint("whisper-small") is None


@pytest.mark.parametrize(
    ("options", "hypotheses"),
    [
        ({}, 5),
        ({"beam_size": 8}, 8),
        ({"beam_size": 1}, 5),
        ({"beam_size": 1, "best_of": 7}, 7),
        ({"beam_size": 1, "temperatures": (0.0,)}, 1),
        ({"beam_size": 3, "temperatures": (0.0,)}, 3),
    ],
)
@pytest.mark.parametrize("plugin", [FASTER_WHISPER, MLX], ids=lambda plugin: plugin.name)
def test_beams_and_samples_are_kept(plugin: Plugin, options: dict, hypotheses: int) -> None:
    assert plugin.footprint is not None
    found = plugin.footprint(plugin.options(model="large-v2", **options), HALF)
    assert found.chunk == 2 * SHAPES["large-v2"].numbers_a_chunk(hypotheses) / GIB

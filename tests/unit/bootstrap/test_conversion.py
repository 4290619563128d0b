"""Where a converted model goes if nobody says."""

import pytest

from asrcore.bootstrap.conversion import default_name


@pytest.mark.parametrize(
    ("source", "number_format", "name"),
    [
        ("openai/whisper-small", None, "whisper-small-mlx"),
        ("openai/whisper-small", "4", "whisper-small-mlx-4bit"),
        ("openai/whisper-small", "int8", "whisper-small-mlx-int8"),
        ("models/tiny.en/", None, "tiny.en-mlx"),
        (".", None, "here-mlx"),
    ],
)
def test_the_name_tells_source_engine_and_format(
    tmp_path, monkeypatch, source, number_format, name
):
    here = tmp_path / "here"
    (here / "models" / "tiny.en").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert default_name(source, "mlx", number_format) == name

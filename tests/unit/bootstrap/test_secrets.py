import os
from pathlib import Path

import pytest

from asrcore.bootstrap.secrets import export_hub_token

OTHERS = ("ASRCORE_PROFILE", "OPENAI_API_KEY")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token at the start; whatever a test sets is taken back."""
    for name in ("HF_TOKEN", *OTHERS):
        monkeypatch.setenv(name, "to be restored")
        monkeypatch.delenv(name)


def write(folder: Path, text: str | bytes) -> None:
    (folder / ".env").write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "HF_TOKEN=hf_abc",
        "export HF_TOKEN='hf_abc'\n",
        '# mine\r\nHF_TOKEN = "hf_abc"\r\n',
        b"\xef\xbb\xbfHF_TOKEN=hf_abc\n",  # as Windows' Notepad saves it
        b"OWNER=Ren\xe9\nHF_TOKEN=hf_abc\n",  # Latin-1: another program's file
        "this is no assignment\nHF_TOKEN=hf_abc\n",
    ],
)
def test_the_token_is_read_from_the_folders_env_file(tmp_path: Path, text: str | bytes) -> None:
    write(tmp_path, text)
    export_hub_token(tmp_path)
    assert os.environ["HF_TOKEN"] == "hf_abc"


def test_without_a_folder_it_is_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "HF_TOKEN=hf_here")
    monkeypatch.chdir(tmp_path)
    export_hub_token()
    assert os.environ["HF_TOKEN"] == "hf_here"


def test_nothing_else_of_the_file_is_taken(tmp_path: Path) -> None:
    write(tmp_path, "OPENAI_API_KEY=sk\nASRCORE_PROFILE=offline\nHF_TOKEN=hf_abc\n")
    before = dict(os.environ)
    export_hub_token(tmp_path)
    assert dict(os.environ) == before | {"HF_TOKEN": "hf_abc"}


@pytest.mark.parametrize("given", ["hf_from_the_shell", ""])
def test_the_environment_wins_even_where_it_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    write(tmp_path, "HF_TOKEN=hf_abc")
    monkeypatch.setenv("HF_TOKEN", given)
    export_hub_token(tmp_path)
    assert os.environ["HF_TOKEN"] == given


@pytest.mark.parametrize("text", ["", "HF_TOKEN=\n", "HF_TOKEN\n", "OTHER=1\n"])
def test_a_file_without_a_token_sets_none(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    export_hub_token(tmp_path)
    assert "HF_TOKEN" not in os.environ


def test_no_file_or_a_folder_of_that_name_is_fine(tmp_path: Path) -> None:
    export_hub_token(tmp_path)
    (tmp_path / ".env").mkdir()
    export_hub_token(tmp_path)
    assert "HF_TOKEN" not in os.environ


def test_the_token_is_never_printed_or_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture
) -> None:
    write(tmp_path, "HF_TOKEN=hf_secret\nHF_TOKEN hf_secret is no assignment\n")
    with caplog.at_level(0):
        export_hub_token(tmp_path)
    assert os.environ["HF_TOKEN"] == "hf_secret"
    assert "hf_secret" not in caplog.text + "".join(capfd.readouterr())

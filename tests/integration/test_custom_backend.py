"""A stranger's backend: built as a wheel, installed, found, run, and held to the contract."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[2] / "examples" / "custom_backend"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with the example installed in it, beside this environment."""
    folder = tmp_path_factory.mktemp("stranger")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, EXAMPLE]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("asrcore_parrot-*.whl")
    install = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps"]
    target = ["--python", sys.executable, "--target", folder / "site", wheel]
    subprocess.run([*install, *target], check=True, capture_output=True)
    return folder / "site"


@pytest.fixture
def python(installed, tmp_path):
    def run(*words):
        return subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_is_about_thirty_lines():
    lines = [
        line
        for file in (EXAMPLE / "src").rglob("*.py")
        for line in file.read_text().splitlines()
        if line.strip()
    ]
    assert len(lines) <= 45


def test_it_is_listed_like_a_built_in_one(python):
    listed = json.loads(python("-m", "asrcore_cli", "backends", "--json").stdout)
    assert not listed["broken"]
    assert "parrot" in [each["backend"] for each in listed["backends"]]


def test_one_line_of_configuration_swaps_it_in(python, jfk, tmp_path):
    (tmp_path / "asr.toml").write_text('[transcriber]\nbackend = "parrot"\n')
    done = python("-m", "asrcore_cli", "run", "-q", jfk.path)
    assert done.stdout == "pieces of eight\n", done.stderr


def test_its_options_are_checked_like_built_in_ones(python, jfk):
    def run(setting):
        return python("-m", "asrcore_cli", "run", "-q", "-b", "parrot", "-s", setting, jfk.path)

    assert run("transcriber.options.phrase=ahoy").stdout == "ahoy\n"
    wrong = run("transcriber.options.frase=ahoy")
    assert wrong.returncode == 2
    assert "did you mean phrase?" in wrong.stderr


def test_it_passes_the_contract_that_is_shipped(python):
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLE / "tests")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout

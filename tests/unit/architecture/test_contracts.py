"""The dependency rule holds, and planted violations are caught."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PLANTED = {
    "src/asrcore/domain/audio.py": "import av",
    "src/asrcore/domain/timespan.py": "import asrcore.ports.aligner",
    "src/asrcore/ports/aligner.py": "import pydantic",
    "src/asrcore/domain/alignment/ctc.py": "import asrcore.errors, asrcore.ports.emission_model",
    "src/asrcore/ports/emission_model.py": "import asrcore.plugin",
    "src/asrcore/usecases/align.py": "import asrcore.bootstrap.settings",
    "src/asrcore/usecases/ctc_aligner.py": "import torch",
    "src/asrcore/usecases/diarize.py": "import asrcore_adapters.pyav",
    "src/asrcore/bootstrap/planner.py": "import ctranslate2",
    "src/asrcore/bootstrap/aligners.py": "import asrcore_adapters.wav2vec2",
    "src/asrcore/bootstrap/registry.py": "import asrcore_adapters.silero",
    "src/asrcore/api.py": "import asrcore.testing",
    "src/asrcore/plugin.py": "import asrcore.usecases.stages",
    "src/asrcore/testing/sound.py": "import asrcore.api",
    "src/adapters/asrcore_adapters/silero/__init__.py": "import asrcore_adapters.spans",
    "src/adapters/asrcore_adapters/attention/__init__.py": "import asrcore_adapters.faster_whisper",
    "src/adapters/asrcore_adapters/common/hub.py": "import asrcore_adapters.wav2vec2",
    "src/adapters/asrcore_adapters/wav2vec2/emission_model.py": "import asrcore.usecases.align",
    "src/adapters/asrcore_adapters/spans/__init__.py": "import asrcore.usecases.stages",
    "src/cli/asrcore_cli/output.py": "import asrcore_adapters.writers",
    "src/cli/asrcore_cli/errors.py": "import asrcore.usecases.stages",
}


def broken_contracts(folder: Path) -> int:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(str(folder / part) for part in SOURCE_ROOTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Contracts: (\d+) kept, (\d+) broken", done.stdout)
    assert found, done.stdout + done.stderr
    assert (done.returncode == 0) == (found[2] == "0")
    return int(found[2])


SOURCE_ROOTS = ("src", "src/adapters", "src/cli")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_keeps_its_own_rule(copy):
    assert broken_contracts(copy) == 0


@pytest.mark.parametrize(("file", "line"), PLANTED.items(), ids=PLANTED.keys())
def test_a_planted_violation_is_caught(copy, file, line):
    with (copy / file).open("a") as module:
        module.write(f"\n{line}\n")
    assert broken_contracts(copy) >= 1

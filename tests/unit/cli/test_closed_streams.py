"""A closed standard stream is no reason to lose a result, or to crash."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell closes streams like this")


def shell(command: str) -> subprocess.CompletedProcess[str]:
    asr = f"{sys.executable} -m asrcore_cli"
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("asr", asr, 1)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_with_stderr_closed_the_result_still_comes():
    done = shell("asr backends 2>&-")
    assert done.returncode == 0
    assert "silero" in done.stdout


def test_with_stdout_closed_help_ends_quietly():
    done = shell("asr --help >&-")
    assert "Traceback" not in done.stderr

"""How long `asr --help` takes, beside an empty Python: medians of alternating runs.

python benchmarks/startup.py [RUNS]
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "asr --help": [str(Path(sys.executable).with_name("asr")), "--help"],
}


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


def main(runs: int) -> None:
    """Run the commands in turn, so that a slow moment meets both."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(each[1:]) for name, each in times.items()}
    for name, median in medians.items():
        print(f"{name:16} {1000 * median:6.1f} ms")
    empty, asr = medians.values()
    print(f"ratio            {asr / empty:6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)

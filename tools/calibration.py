"""`python -m tools.calibration`: the speech from which a CTC model's lag is estimated.

Each line of `calibration.txt` is spoken by its voice; both are voices of the small models' training
and of the truth set `seen`, of no other. Sound and word times go into
`src/asrcore/bootstrap/calibration.npz`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.synthetic import truth
from tools.synthetic.conditions import recorded
from tools.synthetic.play import played
from tools.synthetic.sets import CLEAN, SEED

HERE = Path(__file__).parent
TARGET = HERE.parent / "src" / "asrcore" / "bootstrap" / "calibration.npz"


def main() -> None:
    """Write the speech."""
    stored: dict[str, np.ndarray] = {}
    lines = (HERE / "calibration.txt").read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        scene = played(line)
        samples = recorded(scene, CLEAN, (), np.random.default_rng(SEED + index))
        told = truth.truth_of(scene, "calibration", "calibration", CLEAN.as_values())
        words = [word for segment in told.transcript.segments for word in segment.words]
        times = [(word.span.start, word.span.end) for word in words if word.span is not None]
        stored[f"samples{index}"] = np.round(samples * (2**15 - 1)).astype(np.int16)
        stored[f"words{index}"] = np.array([word.text for word in words])
        stored[f"times{index}"] = np.round(np.array(times), 3)
    np.savez_compressed(TARGET, clips=np.array(len(lines)), **stored)


if __name__ == "__main__":
    main()

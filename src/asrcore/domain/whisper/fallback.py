"""Whisper's temperature fallback: what failed is decoded again, and nothing else is.

Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", section 4.5: a
result that repeats itself or is improbable is decoded again at the next temperature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asrcore.domain.whisper.judging import Decoded, Thresholds

Decode = Callable[[Sequence[int], float], Sequence[Decoded]]
"""Rows and a temperature to one result each."""


def with_fallback(
    rows: int, temperatures: Sequence[float], limits: Thresholds, decode: Decode
) -> list[Decoded]:
    """Decode rows 0 to `rows` - 1 at the first temperature, and at each next those that failed.

    Of a row that fails at all of them the likeliest result is kept that does not repeat itself.
    """
    tried: list[list[Decoded]] = [[] for _ in range(rows)]
    failing: Sequence[int] = range(rows)
    for temperature in temperatures:
        if not failing:
            break
        for row, decoded in zip(failing, decode(failing, temperature), strict=True):
            tried[row].append(decoded)
        failing = [row for row in failing if not tried[row][-1].acceptable(limits)]
    return [_chosen(attempts, limits) for attempts in tried]


def _chosen(attempts: Sequence[Decoded], limits: Thresholds) -> Decoded:
    if attempts[-1].acceptable(limits):
        return attempts[-1]
    varied = [each for each in attempts if not each.repetitive(limits)]
    return max(varied or attempts, key=lambda decoded: decoded.avg_logprob)

"""Freeze what MeetEval finds on random conversations: tests/data/cpwer.json.

python benchmarks/freeze_meeteval.py

Needs `pip install meeteval`, which is built by a C++ compiler; the tests do without either.
"""

import json
import random
from pathlib import Path

import meeteval

TARGET = Path(__file__).parents[1] / "tests" / "data" / "cpwer.json"
CASES = 20
WORDS = [
    *("the", "a", "we", "go", "now", "then", "birds", "sing"),
    *("blue", "green", "wait", "noon", "before", "after", "river", "stone"),
]

Utterance = dict[str, float | str]


def conversation(generator: random.Random, speakers: int) -> list[Utterance]:
    """Turns of several words; many begin before the last one ends."""
    said: list[Utterance] = []
    start = 0.0
    for _ in range(generator.randint(3, 12)):
        words = generator.choices(WORDS, k=generator.randint(1, 8))
        end = round(start + 0.3 * len(words), 2)
        speaker = f"speaker {generator.randrange(speakers)}"
        said.append({"speaker": speaker, "start": start, "end": end, "text": " ".join(words)})
        start = round(max(0.0, end + generator.uniform(-0.8, 0.6)), 2)
    return said


def misheard(
    generator: random.Random, said: list[Utterance], speakers: int, share: float
) -> list[Utterance]:
    """The same with words lost, changed and added, and turns of the wrong speaker."""
    heard = []
    for utterance in said:
        words = [
            each
            for word in str(utterance["text"]).split()
            for each in _misheard(generator, word, share)
        ]
        number = int(str(utterance["speaker"]).split()[1])
        if generator.random() < share:
            number = generator.randrange(speakers)
        if words:
            heard.append({**utterance, "speaker": f"voice {number}", "text": " ".join(words)})
    generator.shuffle(heard)
    return heard


def _misheard(generator: random.Random, word: str, share: float) -> list[str]:
    if generator.random() >= share:
        return [word]
    other = generator.choice(WORDS)
    return generator.choice([[], [other], [word, other]])


def found(reference: list[Utterance], hypothesis: list[Utterance]) -> dict[str, float]:
    """What MeetEval says; it sorts by time itself."""
    rate = meeteval.wer.cp_word_error_rate(_segments(reference), _segments(hypothesis))
    return {"rate": rate.error_rate, "errors": rate.errors, "total": rate.length}


def _segments(said: list[Utterance]) -> meeteval.io.SegLST:
    return meeteval.io.SegLST(
        [
            {
                "speaker": each["speaker"],
                "start_time": each["start"],
                "end_time": each["end"],
                "words": each["text"],
            }
            for each in said
        ]
    )


def case(seed: int) -> dict[str, object]:
    """One conversation, what was heard of it, and what MeetEval finds."""
    generator = random.Random(seed)
    spoken = generator.randint(1, 4)
    heard_speakers = generator.randint(1, 5)
    reference = conversation(generator, spoken)
    hypothesis = misheard(generator, reference, heard_speakers, generator.uniform(0.05, 0.5))
    return {
        "reference": reference,
        "hypothesis": hypothesis,
        "found": found(reference, hypothesis),
    }


def main() -> None:
    """Write the cases and who found this."""
    cases = [case(seed) for seed in range(CASES)]
    document = {"meeteval": meeteval.__version__, "cases": cases}
    TARGET.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(cases)} cases")


if __name__ == "__main__":
    main()

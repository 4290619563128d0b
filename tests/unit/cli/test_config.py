"""`asr config`, `asr backends` and `asr doctor`."""

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from dependency_injector import providers

from asrcore import plugin
from asrcore.bootstrap.config import leaves
from asrcore.bootstrap.container import Container
from asrcore.bootstrap.registry import SECTIONS, Registry
from asrcore.bootstrap.settings import Settings
from asrcore.bootstrap.stage_planner import StagePlan
from asrcore.domain.hardware import Gpu, HardwareProfile
from asrcore.plugin import GROUPS
from asrcore_cli.commands import config, doctor

TEMPLATE = Path(config.__file__).with_name(config.TEMPLATE)


# asr config init


def test_init_writes_a_commented_file_once(asr: Callable, workplace: Path) -> None:
    shown = asr("config", "init")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, "", "asr: wrote asr.toml\n")
    written = workplace / "asr.toml"
    assert written.read_text(encoding="utf-8") == TEMPLATE.read_text(encoding="utf-8")
    written.write_text("# mine\n", encoding="utf-8")
    again = asr("config", "init")
    assert (again.exit_code, again.stdout) == (2, "")
    assert again.stderr == (
        "asr: error: asr.toml: is there already\nasr: add --force to replace it\n"
    )
    assert written.read_text(encoding="utf-8") == "# mine\n"
    assert asr("config", "init", "--force").exit_code == 0
    assert written.read_text(encoding="utf-8") == TEMPLATE.read_text(encoding="utf-8")


def test_init_writes_where_it_is_told_and_says_where_it_cannot(
    asr: Callable, workplace: Path
) -> None:
    assert asr("config", "init", "mine.toml").exit_code == 0
    assert (workplace / "mine.toml").is_file()
    shown = asr("config", "init", "nowhere/asr.toml")
    assert shown.exit_code == 1
    assert shown.stderr == (
        f"asr: error: {Path('nowhere/asr.toml')}: cannot be written: No such file or directory\n"
        "asr: name a file: asr config init FILE\n"
    )


def test_the_template_as_it_is_changes_nothing(asr: Callable, plain: None) -> None:
    asr("config", "init")
    values = json.loads(asr("config", "show", "--json").stdout)
    assert {each["from"] for each in values.values()} == {"default"}


def uncommented() -> dict:
    """The template's settings, each line taken seriously."""
    text = TEMPLATE.read_text(encoding="utf-8")
    return tomllib.loads(re.sub(r"^# (?=[\w.\[]+( =|\]))", "", text, flags=re.MULTILINE))


EXAMPLES = {
    "output.directory",
    "diarizer.num_speakers",
    "diarizer.min_speakers",
    "diarizer.max_speakers",
    "diarizer.speakers.alice",
}
"""What the template shows although it has no default."""


def test_every_line_of_the_template_is_a_setting_at_its_default() -> None:
    values = uncommented()
    assert values.pop("profile") == "offline"
    assert Settings.of(values.pop("profiles")["podcast"])
    shown = dict(leaves(values))
    defaults = dict(leaves(Settings().model_dump(mode="json")))
    prompts = {"transcriber.prompt": None, "transcriber.hotwords": None}
    for key, value in shown.items():
        if ".options." not in key and key not in EXAMPLES:
            assert (value or prompts.get(key, value)) == defaults[key], key
    missing = defaults.keys() - shown.keys()
    assert not missing, "settings that the template does not show"


@pytest.mark.parametrize(
    ("stage", "backend", "table"),
    [
        ("transcriber", "faster-whisper", ("transcriber", "options")),
        ("voice_activity", "silero", ("vad", "options")),
        ("writer", "srt", ("output", "options", "srt")),
    ],
)
def test_the_options_in_the_template_are_the_backends_defaults(
    stage: str, backend: str, table: tuple[str, ...]
) -> None:
    values = uncommented()
    for key in table:
        values = values[key]
    registry = Registry()
    plugin = registry.get(stage, backend)
    assert values
    assert registry.options(stage, plugin, values) == plugin.options()
    assert table[0] == SECTIONS[stage]


# asr config show


def test_show_says_where_each_value_comes_from(asr: Callable, workplace: Path) -> None:
    (workplace / "asr.toml").write_text("[output]\nformats = ['srt']\n", encoding="utf-8")
    (workplace / "more.toml").write_text("[chunking]\nmax_gap = 1\n", encoding="utf-8")
    call = ["config", "show", "-c", "more.toml", "-p", "offline", "-s", "transcriber.prompt=Öl"]
    shown = asr(*call)
    assert shown.exit_code == 0
    rows = [re.split(r"  +", line) for line in shown.stdout.splitlines()]
    found = {row[0]: row[-2:] for row in rows}
    assert found["output.formats"] == ['["srt"]', "asr.toml"]
    assert found["transcriber.language"][-1] == "profile offline"
    assert found["transcriber.backend"][-1] == "environment"
    assert found["aligner.device"][-1] == "default"
    values = json.loads(asr(*call, "--json").stdout)
    assert values["chunking.max_gap"] == {"value": 1.0, "from": "more.toml"}
    assert values["transcriber.prompt"] == {"value": "Öl", "from": "command line"}
    assert values["output.directory"] == {"value": None, "from": "default"}


def test_show_tells_what_was_left_out(asr: Callable, workplace: Path) -> None:
    (workplace / "asr.toml").write_text("[vad.options]\nonset = 0.4\n", encoding="utf-8")
    for command in ("config show", "doctor"):
        shown = asr(*command.split(), "-s", "vad.backend=none")
        assert shown.exit_code == 0
        assert shown.stderr.startswith("asr: note: vad.options.onset (from asr.toml) does not fit")


def test_show_refuses_what_run_would(asr: Callable, workplace: Path) -> None:
    (workplace / "asr.toml").write_text("[output\n", encoding="utf-8")
    shown = asr("config", "show")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.startswith("asr: error: asr.toml: no valid TOML: ")
    assert "line 1" in shown.stderr


def test_the_token_is_never_shown(
    asr: Callable, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.delenv("HF_TOKEN")
    (workplace / ".env").write_text("HF_TOKEN=hf_secret\n", encoding="utf-8")
    for command in ("config show", "config show --json", "doctor", "doctor --json", "backends"):
        shown = asr(*command.split())
        assert shown.exit_code == 0
        assert "hf_secret" not in shown.output


# asr backends


def test_backends_lists_what_there_is_and_how_to_get_the_rest(asr: Callable) -> None:
    shown = asr("backends")
    assert (shown.exit_code, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["STAGE", "BACKEND", "STATE"]
    rows = [re.split(r"  +", line) for line in lines]
    assert ["transcriber", "stranger", "installed", "hears what it is told"] in rows
    assert ["aligner", "absent", "missing", 'run: pip install "stranger[absent]"'] in rows
    assert lines[-1].startswith("broken: asrcore.writers:lost: AttributeError: ")


def test_backends_as_json(asr: Callable) -> None:
    document = json.loads(asr("backends", "--json").stdout)
    assert document["broken"].keys() == {"asrcore.writers:lost"}
    assert {
        "stage": "aligner",
        "backend": "absent",
        "state": "missing",
        "install": 'run: pip install "stranger[absent]"',
        "summary": "cannot be had",
    } in document["backends"]
    stages = [row["stage"] for row in document["backends"]]
    assert stages == sorted(stages, key=list(GROUPS).index)


# asr doctor


def test_doctor_shows_machine_plan_and_what_is_missing(asr: Callable) -> None:
    shown = asr("doctor")
    assert (shown.exit_code, shown.stderr) == (0, "")
    headings = [line for line in shown.stdout.splitlines() if not line.startswith(" ")]
    assert headings == ["Machine", "Plan", "Not installed", "Broken", "Configuration files"]
    assert re.search(
        r"transcriber +stranger +cpu batch \d+ up to [\d.]+ GiB +named in", shown.stdout
    )
    assert re.search(r"diarizer +off\n", shown.stdout)
    assert re.search(r'aligner +absent +run: pip install "stranger\[absent\]"', shown.stdout)
    assert "none; run: asr config init" in shown.stdout


def test_doctor_names_the_files_that_it_read(asr: Callable, workplace: Path) -> None:
    asr("config", "init")
    assert asr("doctor").stdout.endswith("Configuration files\n  asr.toml\n")


def test_doctor_as_json(asr: Callable) -> None:
    document = json.loads(asr("doctor", "--json").stdout)
    assert document.keys() == {"machine", "plan", "missing", "broken"}
    assert document["plan"]["transcriber"]["backend"] == "stranger"
    assert document["plan"]["diarizer"] is None
    assert document["machine"]["cores"] >= 1
    assert ["aligner", "absent", 'run: pip install "stranger[absent]"'] in document["missing"]


def test_doctor_tells_of_accelerators_and_of_a_python_that_hides_them() -> None:
    mac = HardwareProfile("Darwin", "x86_64", "Apple M1", cores=8, memory=8.0, translated=True)
    assert ("accelerators", "none found") in doctor._machine(mac)
    assert [name for name, _ in doctor._machine(mac)][-1] == "note"
    native = HardwareProfile("Darwin", "arm64", "Apple M1", cores=8, memory=8.0)
    assert ("accelerators", "Metal") in doctor._machine(native)
    assert ("memory", "8.0 GiB, shared with the GPU") in doctor._machine(native)
    assert ("memory", "8.0 GiB") in doctor._machine(mac)
    spark = HardwareProfile("Linux", "aarch64", "Grace", 20, 119.7, (Gpu("GB10", 0.0),))
    assert ("accelerators", "GB10") in doctor._machine(spark)
    assert ("memory", "119.7 GiB, shared with the GPU") in doctor._machine(spark)
    gpus = (Gpu("H200", 139.8), Gpu("T4", 15.0))
    box = HardwareProfile("Linux", "x86_64", "", cores=4, memory=64.0, gpus=gpus)
    assert ("accelerators", "H200, 140 GiB; T4, 15 GiB") in doctor._machine(box)
    assert ("processor", "unknown, 4 cores") in doctor._machine(box)


@pytest.mark.usefixtures("plain")
def test_doctor_on_a_mac_says_what_to_install_and_what_is_done_without_it(
    asr: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    mac = HardwareProfile("Darwin", "arm64", "Apple M1", cores=8, memory=8.0)
    monkeypatch.setattr(plugin, "_importable", lambda module: not module.startswith("mlx"))
    with Container.profile.override(providers.Object(mac)):
        shown = asr("doctor", "-s", "transcriber.options.model=small")
    (line,) = (each for each in shown.stdout.splitlines() if " faster-whisper " in each)
    assert "cpu int8 batch 8 up to 4.0 GiB" in line
    assert "8 chunks at once, more would hardly be faster: small takes 0.22 GiB, a chunk" in line
    assert line.endswith("; mlx would be faster here, run: pip install 'asrcore[mlx]'")
    assert re.search(r"transcriber +mlx +run: pip install 'asrcore\[mlx\]'", shown.stdout)


def test_doctor_promises_no_memory_where_none_is_planned() -> None:
    alone = StagePlan("quick", "cpu", None, "because")
    assert doctor._placed(alone) == "cpu"
    assert doctor._placed(replace(alone, batch_size=2)) == "cpu batch 2"
    planned = replace(alone, compute_type="int8", batch_size=2, memory=4.0)
    assert doctor._placed(planned) == "cpu int8 batch 2 up to 4.0 GiB"
    assert doctor._placed(replace(planned, batch_size=None)) == "cpu int8"


def test_doctor_says_what_is_wrong_with_the_settings(asr: Callable) -> None:
    shown = asr("doctor", "-s", "diarizer.backend=pyanote")
    assert shown.exit_code == 2
    assert shown.stderr.startswith("asr: error: no diarizer backend is called pyanote")
    assert "Machine\n" in shown.stdout, "the rest is needed most where something is wrong"
    assert "Plan\n  none: see the error below\nNot installed\n" in shown.stdout

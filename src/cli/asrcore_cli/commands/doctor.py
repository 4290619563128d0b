"""`asr doctor`: what this machine is, what would be done on it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from asrcore_cli.commands.options import Assignments, Config, Debug, Json, Profile, resolved
from asrcore_cli.errors import DONE, SOME_FAILED, reporting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asrcore.api import Engine
    from asrcore.bootstrap.config import Resolved
    from asrcore.bootstrap.device_check import DeviceCheck
    from asrcore.bootstrap.planner import Plan
    from asrcore.bootstrap.registry import Registry
    from asrcore.bootstrap.stage_planner import StagePlan
    from asrcore.domain.hardware import HardwareProfile
    from asrcore.errors import AsrError


def doctor(
    profile: Profile = None,
    config: Config = None,
    assignments: Assignments = None,
    check_mps: Annotated[
        bool,
        typer.Option("--check-mps", help="Whether the diarizer can be trusted on this Mac's GPU."),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the machine, the plan and its reasons, and what is missing."""
    with reporting(debug=debug):
        if check_mps:
            raise typer.Exit(_check_mps(resolved(profile, config, assignments), json=json))
        from dataclasses import asdict

        from asrcore.api import Engine
        from asrcore.bootstrap.registry import Registry
        from asrcore_cli.errors import say
        from asrcore_cli.output import print_json

        found = resolved(profile, config, assignments)
        for note in found.notes:
            say(f"note: {note}")
        registry = Registry()
        missing = _missing(registry)
        with Engine(found.settings) as engine:
            machine = engine.hardware
            plan, problem = _plan_or_problem(engine)
        if json:
            print_json(
                {
                    "machine": asdict(machine),
                    "plan": plan and asdict(plan),
                    "missing": missing,
                    "broken": registry.broken,
                }
            )
        else:
            _section("Machine", _machine(machine))
            _section("Plan", _plan(plan) if plan else [("none: see the error below",)])
            _section("Not installed", missing or [("nothing",)])
            _section("Broken", list(registry.broken.items()))
            files = [(str(path),) for path in found.files]
            _section("Configuration files", files or [("none; run: asr config init",)])
        if problem is not None:
            raise problem


def _check_mps(found: Resolved, *, json: bool) -> int:
    """Print how speaker turns on Metal compare with the CPU's; the exit status."""
    from dataclasses import asdict

    from rich.console import Console

    from asrcore.api import Engine
    from asrcore_cli.output import print_json

    doing = "the CPU and Metal hear a bundled conversation"
    with Engine(found.settings) as engine, Console(stderr=True).status(doing):
        check = engine.check_device("mps")
    if json:
        print_json({**asdict(check), "differing": check.differing, "same": check.same})
    else:
        _section("Speaker turns", _turns(check))
        typer.echo(_verdict(check))
    return DONE if check.same else SOME_FAILED


def _turns(check: DeviceCheck) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for heard in (check.usual, check.other):
        turns = heard.diarization.turns
        told = (f"{turn.speaker} {turn.span.start:.2f}-{turn.span.end:.2f}" for turn in turns)
        rows.append((heard.device, f"{heard.seconds:.1f} s", "; ".join(told) or "nobody"))
    return rows


def _verdict(check: DeviceCheck) -> str:
    if not check.usual.diarization.turns:
        return (
            f"{check.usual.backend} hears nobody in the bundled conversation, which proves "
            "nothing: leave the diarizer on the CPU"
        )
    devices = f"{check.other.device} and {check.usual.device}"
    if check.same:
        return (
            f"{devices} agree ({check.differing:.2f} s differ): "
            f"--set diarizer.device={check.other.device} is safe with {check.other.backend} here"
        )
    return f"{devices} differ for {check.differing:.2f} s: leave the diarizer on the CPU"


def _plan_or_problem(engine: Engine) -> tuple[Plan | None, AsrError | None]:
    """The plan, or why there is none: the rest of the report is needed most then."""
    from asrcore.errors import AsrError

    try:
        return engine.plan, None
    except AsrError as error:
        return None, error


def _section(title: str, rows: Sequence[Sequence[str]]) -> None:
    from asrcore_cli.output import print_table

    if rows:
        typer.echo(title)
        print_table(rows, "  ")


def _machine(machine: HardwareProfile) -> list[tuple[str, str]]:
    gpus = [f"{gpu.name}, {gpu.memory:.0f} GiB" if gpu.memory else gpu.name for gpu in machine.gpus]
    metal = ["Metal"] if machine.apple_silicon else []
    shared = ", shared with the GPU" if any(map(machine.unified, machine.devices)) else ""
    rows = [
        ("system", f"{machine.system} {machine.machine}"),
        ("processor", f"{machine.chip or 'unknown'}, {machine.cores} cores"),
        ("memory", f"{machine.memory:.1f} GiB{shared}"),
        ("accelerators", "; ".join((*gpus, *metal)) or "none found"),
    ]
    if machine.translated:
        rows.append(("note", "this is an Intel Python on Apple Silicon; a native one has Metal"))
    return rows


def _plan(plan: Plan) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for stage, staged in plan.stages().items():
        if staged is None:
            rows.append((stage, "off", "", ""))
            continue
        rows.append((stage, staged.backend, _placed(staged), staged.reason))
        if stage == "aligner":
            rows += _fallbacks(plan)
    return rows


def _placed(staged: StagePlan) -> str:
    """Where and how; where chunks come in batches, memory is planned, too."""
    how = [staged.device, staged.compute_type or ""]
    if staged.batch_size:
        how += [f"batch {staged.batch_size}"]
        how += [f"up to {staged.memory:.1f} GiB"] if staged.memory else []
    return " ".join(filter(None, how))


def _fallbacks(plan: Plan) -> list[tuple[str, ...]]:
    return [("", f"or {each.backend}", each.device, each.reason) for each in plan.fallback_aligners]


def _missing(registry: Registry) -> list[tuple[str, str, str]]:
    return [
        (stage, plugin.name, f"run: {plugin.install}")
        for stage, plugins in registry.plugins.items()
        for plugin in plugins.values()
        if not plugin.installed
    ]

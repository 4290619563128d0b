"""`asr doctor`: what this machine is, what would be done on it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from asrcore_cli.commands.options import Assignments, Config, Debug, Json, Profile, resolved
from asrcore_cli.errors import reporting

if TYPE_CHECKING:
    from asrcore.bootstrap.planner import Plan
    from asrcore.bootstrap.registry import Registry
    from asrcore.domain.hardware import HardwareProfile


def doctor(
    profile: Profile = None,
    config: Config = None,
    assignments: Assignments = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the machine, the plan and its reasons, and what is missing."""
    with reporting(debug=debug):
        from dataclasses import asdict

        from asrcore.api import Engine
        from asrcore.bootstrap.registry import Registry
        from asrcore_cli.errors import say
        from asrcore_cli.output import print_json, print_table

        found = resolved(profile, config, assignments)
        for note in found.notes:
            say(f"note: {note}")
        registry = Registry()
        with Engine(found.settings) as engine:
            machine, plan = engine.hardware, engine.plan
        if json:
            print_json(
                {"machine": asdict(machine), "plan": asdict(plan), "missing": _missing(registry)}
            )
            return
        typer.echo("Machine")
        print_table(_machine(machine), "  ")
        typer.echo("Plan")
        print_table(_plan(plan), "  ")
        typer.echo("Not installed")
        print_table(_missing(registry) or [("nothing",)], "  ")
        typer.echo("Configuration files")
        print_table(
            [(str(path),) for path in found.files] or [("none; run: asr config init",)], "  "
        )


def _machine(machine: HardwareProfile) -> list[tuple[str, str]]:
    gpus = [f"{gpu.name}, {gpu.memory:.0f} GiB" for gpu in machine.gpus]
    metal = ["Metal"] if machine.apple_silicon else []
    rows = [
        ("system", f"{machine.system} {machine.machine}"),
        ("processor", f"{machine.chip or 'unknown'}, {machine.cores} cores"),
        ("memory", f"{machine.memory:.1f} GiB"),
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
        how = [staged.device, staged.compute_type or ""]
        how += [f"batch {staged.batch_size}"] if staged.batch_size else []
        rows.append((stage, staged.backend, " ".join(filter(None, how)), staged.reason))
    return rows


def _missing(registry: Registry) -> list[tuple[str, str, str]]:
    return [
        (stage, plugin.name, f"run: {plugin.install}")
        for stage, plugins in registry.plugins.items()
        for plugin in plugins.values()
        if not plugin.installed
    ]

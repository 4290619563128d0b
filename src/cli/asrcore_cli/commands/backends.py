"""`asr backends`: what there is, and how to get what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asrcore_cli.commands.options import Debug, Json
from asrcore_cli.errors import reporting

if TYPE_CHECKING:
    from asrcore.bootstrap.registry import Registry


def backends(json: Json = False, debug: Debug = False) -> None:
    """List the backends of every stage and how to get what is missing."""
    with reporting(debug=debug):
        import typer

        from asrcore.bootstrap.registry import Registry
        from asrcore_cli.output import print_json, print_table

        registry = Registry()
        rows = _rows(registry)
        if json:
            print_json({"backends": rows, "broken": registry.broken})
            return
        print_table(
            [("STAGE", "BACKEND", "STATE", "")]
            + [
                (row["stage"], row["backend"], row["state"], row["install"] or row["summary"])
                for row in rows
            ]
        )
        for name, why in registry.broken.items():
            typer.echo(f"broken: {name}: {why}")


def _rows(registry: Registry) -> list[dict[str, str]]:
    return [
        {
            "stage": stage,
            "backend": plugin.name,
            "state": "installed" if plugin.installed else "missing",
            "install": "" if plugin.installed else f"run: {plugin.install}",
            "summary": plugin.summary,
        }
        for stage, plugins in registry.plugins.items()
        for plugin in plugins.values()
    ]

"""What every plugin promises."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from asrcore.plugin import Plugin


class PluginContract:
    """Subclass it and give a `plugin` fixture, and `reference`, its `package.module:NAME`."""

    @pytest.fixture
    def plugin(self) -> Plugin:
        """The plugin under test."""
        raise NotImplementedError("give a `plugin` fixture")

    @pytest.fixture
    def reference(self) -> str:
        """Where it lives, as its entry point says."""
        raise NotImplementedError("give a `reference` fixture")

    def test_tells_people_what_it_is(self, plugin: Plugin) -> None:
        assert plugin.summary
        assert plugin.install or not plugin.requires, "a required engine needs an install command"
        assert plugin.devices

    def test_options_have_defaults_and_refuse_strangers(self, plugin: Plugin) -> None:
        with pytest.raises(ValidationError):
            plugin.options.model_validate({"no_such_option": 1})

    def test_listing_it_imports_no_engine(self, plugin: Plugin, reference: str) -> None:
        module = reference.partition(":")[0]
        heavy = {*plugin.requires, "numpy", "torch"}
        code = f"import sys, {module}; print(*{heavy!r}.intersection(sys.modules))"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == []

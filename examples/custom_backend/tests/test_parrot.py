"""The contract that asrcore ships: what its core relies on."""

import pytest
from asrcore_parrot import PLUGIN, ParrotOptions
from asrcore_parrot.transcriber import Parrot

from asrcore.plugin import Placement
from asrcore.testing import PluginContract, TranscriberContract


class TestParrot(TranscriberContract):
    @pytest.fixture
    def transcriber(self):
        return Parrot(ParrotOptions(), Placement())


class TestPlugin(PluginContract):
    @pytest.fixture
    def plugin(self):
        return PLUGIN

    @pytest.fixture
    def reference(self):
        return "asrcore_parrot:PLUGIN"

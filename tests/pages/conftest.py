"""What the tests of the pages share: the record of the charts that were shown, a quick start."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from apptest import shown
from chart_checks import checks_shapes
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from pages.shared.charts.figure import Figure

__all__ = ["shown"]


@pytest.fixture(autouse=True, scope="session")
def scripts_compiled_once() -> Iterator[None]:
    """Let the AppTests share the compiled scripts, as the sessions of a server do."""
    made = {"return_value": ScriptCache()}
    place = "streamlit.testing.v1"
    with (
        patch(f"{place}.app_test.ScriptCache", **made),
        patch(f"{place}.local_script_runner.ScriptCache", **made),
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def no_packaged_components() -> Iterator[None]:
    """Let no AppTest read the metadata of all installed packages: our components are files."""
    scan = "streamlit.components.v2.manifest_scanner.scan_component_manifests"
    with patch(scan, return_value=[]):
        yield


@pytest.fixture(autouse=True, scope="session")
def no_property_that_plotly_lacks() -> Iterator[None]:
    """Whatever a page draws, Plotly's own objects would take."""
    with patch.object(Figure, "to_json", checks_shapes()):
        yield

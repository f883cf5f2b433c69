"""Imports go down only: pages, then what pages share, then nnlib; and nnlib stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STANDARD = sys.stdlib_module_names
HEAVY = ("pandas", "sklearn", "scipy", "streamlit", "plotly")


def imports(path: Path, *, at_module_level: bool = False) -> Iterator[tuple[str, int]]:
    """Yield the full name and line of every import, ``if TYPE_CHECKING`` blocks left out."""
    package = path.relative_to(ROOT).parent.parts
    for node in reachable(ast.parse(path.read_text()), at_module_level):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno


def reachable(node: ast.AST, at_module_level: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if at_module_level and isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        ):
            continue
        yield child
        yield from reachable(child, at_module_level)


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def offences(
    path: Path,
    *,
    allowed: tuple[str, ...] | None = None,
    forbidden: tuple[str, ...] = (),
    at_module_level: bool = False,
) -> list[str]:
    """List the imports that are forbidden, or that are neither allowed nor standard library."""
    found = []
    for name, line in imports(path, at_module_level=at_module_level):
        outside = (
            allowed is not None
            and name.split(".")[0] not in STANDARD
            and not is_within(name, allowed)
        )
        if outside or is_within(name, forbidden):
            found.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    return found


def python_files(folder: str, *, deep: bool = True) -> list[Path]:
    return sorted((ROOT / folder).glob("**/*.py" if deep else "*.py"))


CORE = [path for path in python_files("nnlib") if "datasets" not in path.parts]
DATASETS = python_files("nnlib/datasets")
CHARTS = python_files("pages/shared/charts")
SHARED = [path for path in python_files("pages/shared") if path not in CHARTS]
PAGES = [ROOT / "dashboard.py", *python_files("pages", deep=False)]


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", CORE, ids=ids(CORE))
def test_core_uses_numpy_and_the_standard_library_only(path: Path):
    assert offences(path, allowed=("numpy", "nnlib")) == []


@pytest.mark.parametrize("path", DATASETS, ids=ids(DATASETS))
def test_datasets_use_other_libraries_inside_functions_only(path: Path):
    readers = ("clevercsv", "chardet", "openpyxl", "pyarrow")
    assert offences(path, allowed=("numpy", "nnlib", "pandas", "sklearn", *readers)) == []
    assert offences(path, allowed=("numpy", "nnlib"), at_module_level=True) == []


@pytest.mark.parametrize("path", CHARTS, ids=ids(CHARTS))
def test_charts_know_plotly_and_nnlib_but_not_streamlit(path: Path):
    # pandas for the tables behind the charts, scikit-learn for metrics.
    allowed = ("plotly", "numpy", "nnlib", "pandas", "sklearn", "pages.shared.charts")
    assert offences(path, allowed=allowed) == []


@pytest.mark.parametrize("path", SHARED, ids=ids(SHARED))
def test_shared_parts_do_not_import_pages(path: Path):
    pages = tuple(f"pages.{page.stem}" for page in PAGES[1:])
    assert offences(path, forbidden=("dashboard", *pages)) == []


@pytest.mark.parametrize("path", PAGES, ids=ids(PAGES))
def test_pages_import_neither_plotly_nor_each_other(path: Path):
    pages = tuple(f"pages.{page.stem}" for page in PAGES[1:])
    assert offences(path, forbidden=("plotly", "dashboard", *pages)) == []


def test_importing_nnlib_loads_nothing_heavy():
    code = f"import sys, nnlib; print(*(name for name in {HEAVY} if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import plotly.graph_objects as go", ["plotly.graph_objects"]),
        ("def f():\n    import pandas", ["pandas"]),
        ("from . import layers", ["nnlib.layers"]),
        ("from ..streamlit import x", ["streamlit.x"]),
        ("if TYPE_CHECKING:\n    import pandas", []),
    ],
)
def test_the_walk_sees_every_kind_of_import(monkeypatch, tmp_path: Path, source, names):
    monkeypatch.setattr("test_architecture.ROOT", tmp_path)
    (tmp_path / "nnlib").mkdir()
    path = tmp_path / "nnlib" / "example.py"
    path.write_text(source)
    assert [name for name, _ in imports(path)] == names

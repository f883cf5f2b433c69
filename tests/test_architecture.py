"""Imports go down only: pages, then what pages share, then nnlib; and nnlib stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STANDARD = sys.stdlib_module_names
HEAVY = ("pandas", "sklearn", "scipy", "streamlit", "plotly", "optuna")


def imports(
    path: Path, *, at_module_level: bool = False, with_types: bool = False
) -> Iterator[tuple[str, int]]:
    """Yield the full name and line of every import; those for types alone only if asked."""
    package = path.relative_to(ROOT).parent.parts
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree) if with_types else reachable(tree, at_module_level):
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
SEARCH = python_files("nnlib/search")
COMPILED = python_files("nnlib/compiled")
DATASETS = python_files("nnlib/datasets")
SHARED_PARTS = python_files("pages/shared")
CHARTS = [p for p in SHARED_PARTS if "charts" in p.parts or p.name.startswith("charts")]
SHARED = [path for path in SHARED_PARTS if path not in CHARTS]
TOPICS = sorted(
    folder.name
    for folder in (ROOT / "pages/shared").iterdir()
    if (folder / "__init__.py").exists() and folder.name != "charts"
)
PAGES = [ROOT / "dashboard.py", *python_files("pages", deep=False)]


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", CORE, ids=ids(CORE))
def test_core_uses_numpy_and_the_standard_library_only(path: Path):
    kernels = ("numba", "llvmlite") if path in COMPILED else ()
    studies = ("optuna", "joblib", "distributed") if path in SEARCH else ()
    assert offences(path, allowed=("numpy", "nnlib", *kernels, *studies)) == []
    assert offences(path, forbidden=studies, at_module_level=True) == []


@pytest.mark.parametrize("path", CORE, ids=ids(CORE))
def test_the_compiled_engine_is_imported_when_a_run_asks_for_it(path: Path):
    if path in COMPILED and path.stem not in ("__init__", "warm"):
        return
    assert offences(path, forbidden=("numba", "llvmlite"), at_module_level=True) == []
    inner = tuple(f"nnlib.compiled.{p.stem}" for p in COMPILED if p.stem != "warm")
    assert offences(path, forbidden=inner, at_module_level=True) == []


@pytest.mark.parametrize("path", DATASETS, ids=ids(DATASETS))
def test_datasets_use_other_libraries_inside_functions_only(path: Path):
    readers = ("clevercsv", "chardet", "openpyxl", "pyarrow")
    assert (
        offences(path, allowed=("numpy", "nnlib", "pandas", "sklearn", "threadpoolctl", *readers))
        == []
    )
    assert offences(path, allowed=("numpy", "nnlib"), at_module_level=True) == []


@pytest.mark.parametrize("path", CHARTS, ids=ids(CHARTS))
def test_charts_know_plotly_and_nnlib_but_not_streamlit(path: Path):
    # pandas for the tables behind the charts, scikit-learn for metrics.
    own_charts = [
        ".".join(other.relative_to(ROOT).with_suffix("").parts)
        for other in CHARTS
        if other.parent == path.parent
    ]
    libraries = ("plotly", "numpy", "nnlib", "pandas", "sklearn")
    assert offences(path, allowed=(*libraries, "pages.shared.charts", *own_charts)) == []


@pytest.mark.parametrize("path", CHARTS, ids=ids(CHARTS))
def test_a_chart_is_one_value_with_its_table(path: Path):
    """Figure and table are made together: no function makes the table from live state later."""
    functions = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)]
    plots = [f for f in functions if f.name.startswith("plot_")]
    assert [f.name for f in plots if ast.unparse(f.returns or ast.Constant(0)) != "Chart"] == []
    assert [f.name for f in functions if f.name.endswith("_data")] == []


PRODUCT = [
    ROOT / "dashboard.py",
    *(path for folder in ("nnlib", "pages", "benchmarks", "load") for path in python_files(folder)),
]
MOST_LINES_OF_A_FILE, MOST_LINES_OF_A_FUNCTION = 300, 40


def too_long(path: Path) -> list[str]:
    """Name the file and its functions where they are too long; docstrings do not count."""
    source = path.read_text()
    found = [str(path.name)] if source.count("\n") > MOST_LINES_OF_A_FILE else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body and body[-1].end_lineno - body[0].lineno >= MOST_LINES_OF_A_FUNCTION:
                found.append(f"{path.name}:{node.lineno} {node.name}")
    return found


@pytest.mark.parametrize("path", PRODUCT, ids=ids(PRODUCT))
def test_files_and_functions_are_short(path: Path):
    assert too_long(path) == []


def test_what_is_too_long_is_named(tmp_path: Path):
    path = tmp_path / "long.py"
    lines = "\n".join(["    pass"] * MOST_LINES_OF_A_FUNCTION)
    path.write_text(f'def f():\n    """Say."""\n{lines}\n')
    assert too_long(path) == []
    path.write_text(f'def f():\n    """Say."""\n{lines}\n    pass\n' + "\n" * MOST_LINES_OF_A_FILE)
    assert too_long(path) == ["long.py", "long.py:1 f"]


@pytest.mark.parametrize("topic", TOPICS)
def test_topics_do_not_import_each_other(topic: str):
    others = tuple(f"pages.shared.{other}" for other in TOPICS if other != topic)
    found = [offences(path, forbidden=others) for path in python_files(f"pages/shared/{topic}")]
    assert sum(found, []) == []


@pytest.mark.parametrize("path", SHARED, ids=ids(SHARED))
def test_shared_parts_do_not_import_pages(path: Path):
    pages = tuple(f"pages.{page.stem}" for page in PAGES[1:])
    assert offences(path, forbidden=("dashboard", *pages)) == []


@pytest.mark.parametrize("path", PAGES, ids=ids(PAGES))
def test_pages_import_neither_plotly_nor_each_other(path: Path):
    pages = tuple(f"pages.{page.stem}" for page in PAGES[1:])
    assert offences(path, forbidden=("plotly", "dashboard", *pages)) == []


def imported_files(path: Path, files: set[Path]) -> set[Path]:
    """Return the files that a file imports, in functions and for types too."""
    found = set()
    for name, _ in imports(path, with_types=True):
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            module = ROOT.joinpath(*parts[:end])
            known = {module.with_suffix(".py"), module / "__init__.py"} & files
            if known:
                found |= known
                break
    return found - {path}


def circles(graph: dict[Path, set[Path]]) -> set[Path]:
    """Return the files that lie on a circle, or between two of them."""
    for _ in range(2):  # take out what imports none of the rest; then what none of it imports
        while leaves := {path for path, needed in graph.items() if not needed & graph.keys()}:
            graph = {path: needed for path, needed in graph.items() if path not in leaves}
        graph = {path: {p for p in graph if path in graph[p]} for path in graph}
    return set(graph)


def test_no_circle_of_files_in_nnlib():
    files = set(python_files("nnlib"))
    graph = {path: imported_files(path, files) for path in files}
    assert sum(map(len, graph.values())) > 2 * len(files)
    assert sorted(str(path.relative_to(ROOT)) for path in circles(graph)) == []


def test_a_circle_is_found():
    a, b, c, d = (Path(name) for name in "abcd")
    assert circles({a: {b}, b: {c}, c: set(), d: {a}}) == set()
    assert circles({a: {b}, b: {a, c}, c: set(), d: {a}}) == {a, b}
    assert circles({a: {b}, b: {c}, c: {a}, d: set()}) == {a, b, c}


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

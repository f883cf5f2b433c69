"""JavaScript that a browser gets once, as files of the server's own.

The text that a component is given travels with every one of its messages; that of the charts made
33 kB a chart and redraw.
"""

import tempfile
import zlib
from pathlib import Path

_STATIC = Path(__file__).resolve().parents[2] / "static"
_LOADED = """\
const {{ default: run }} = await import(new URL("{address}", document.baseURI));
export default run;
"""


def script(name: str, source: str) -> str:
    """Return the text for a component that runs a module; the whole, where no file can be made."""
    content = source.encode()
    address = served(f"{name}-{zlib.crc32(content):08x}.js", content)
    return source if address is None else _LOADED.format(address=address)


def served(name: str, content: bytes | Path) -> str | None:
    """Return the address of a file with this content, or that of another; None if it fails.

    Parameters
    ----------
    name : of the file; what has this name already has this content
    """
    file = _STATIC / name
    try:
        if not file.exists():
            write_whole(file, content.read_bytes() if isinstance(content, Path) else content)
    except OSError:
        return None
    return f"app/static/{name}"


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that nobody ever sees half of, also where several servers do so at once."""
    file.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as own:
        partial = Path(own) / file.name
        partial.write_bytes(content)
        partial.replace(file)

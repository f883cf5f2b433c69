"""A diagnosis to take away: as Markdown, and as one HTML file that stands alone, with charts."""

from collections.abc import Callable, Iterator, Sequence
from html import escape

from nnlib.diagnosis import Diagnosis, Finding, describe
from nnlib.diagnosis.report import markdown
from pages.shared.charts import theme
from pages.shared.charts.chart import Chart
from pages.shared.export import download
from pages.shared.export_settings import source

_STYLE = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"


def download_report(diagnosis: Diagnosis, charts: Callable[[], Sequence[Chart]], key: str) -> None:
    """Draw the two buttons; the charts are made at the click, and must not use Streamlit."""
    text, settings = "\n".join(markdown(diagnosis)), source().line
    download(
        "Report, Markdown",
        "diagnosis.md",
        lambda: text,
        key=f"report_{key}",
        mime="text/markdown",
        help="All findings with their numbers and remedies, to paste into an issue.",
    )
    download(
        "Report, HTML",
        "diagnosis.html",
        lambda: diagnosis_html(diagnosis, charts(), settings),
        key=f"report_html_{key}",
        mime="text/html",
        help="The findings and the charts concerned in one file that needs no network.",
    )


def diagnosis_html(diagnosis: Diagnosis, charts: Sequence[Chart], settings: str) -> str:
    """Return the report; Plotly's own code is in it once, so that it needs no network.

    Parameters
    ----------
    settings : one line, as exported charts carry it
    """
    body = "\n".join((*_words(diagnosis, settings), *_drawn(charts)))
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Diagnosis</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _words(diagnosis: Diagnosis, settings: str) -> Iterator[str]:
    yield f"<h1>Diagnosis at step {diagnosis.step:,}</h1>"
    if settings:
        yield f"<p>{escape(settings)}</p>"
    if not diagnosis.problems:
        told = diagnosis.doubt or f"Healthy: {', '.join(diagnosis.healthy)}."
        yield f"<p>{escape(told)}</p>"
    for finding in diagnosis.findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"<h2>{escape(finding.title)}</h2><p>{escape(finding.explanation)}</p>"
    yield from _list("ul", (f"{e}; {e.source}" for e in finding.evidence))
    if finding.consequences:
        yield f"<p>It explains: {escape(', '.join(finding.consequences))}.</p>"
    if finding.remedies:
        yield "<p>To try:</p>"
        yield from _list("ol", (f"{describe(r)}: {r.reason}" for r in finding.remedies))


def _list(kind: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"<{kind}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</{kind}>"


def _drawn(charts: Sequence[Chart]) -> Iterator[str]:
    for index, chart in enumerate(charts):
        figure = theme.for_export(chart.figure)
        yield figure.to_html(full_html=False, include_plotlyjs=index == 0)

"""Runs that were trained elsewhere: the charts of their logs, and why they do not train."""

from pages.shared.elsewhere.reading import choose_log
from pages.shared.elsewhere.view import show_log, show_snippets
from pages.shared.layout import Next, begin_page, three_texts

WHAT = """
A log of a run in PyTorch, Keras or any other library: at each step or epoch the loss, and as many
more numbers as it has. Its columns are found by their usual names. The same rules that look at the
dashboard's own runs look at it; a rule whose numbers are not in the log stays silent and says what
it misses. Nothing is sent anywhere, and the log is forgotten with the session.
"""
LOOK_FOR = """
- **Two losses alone** tell overfitting, divergence, and a rate that is much too high or too low.
- **Norms by layer** tell a signal that vanishes or explodes from steps of the wrong length, and
  **dead units** tell why a layer passes nothing on.
- **Predicted classes** tell the majority class from a good score.
- What a remedy does cannot be tried here: the network is not at hand. The *Clinic* and
  *Classification* try the same remedies on networks that are.
"""
TRY_NEXT = (
    Next("*PyTorch, first layer dead*: which norms are 0?", {"log": "PyTorch, first layer dead"}),
    Next(
        "*Keras' CSVLogger* has losses and scores alone: what can still be said?",
        {"log": "Keras' CSVLogger"},
    ),
    Next("*PyTorch, healthy*: on which numbers is that said?", {"log": "PyTorch, healthy"}),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Run from elsewhere",
        "📋",
        subtitle="The log of a run in PyTorch, Keras or another library: its charts, and why it "
        "does not train.",
    )
    log = choose_log()
    if log is not None:
        show_log(log)
    show_snippets()
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()

"""The clinic: networks that do not train, to be examined, named and healed."""

from pages.shared.clinic.view import choose_visit, show_visit
from pages.shared.layout import Next, begin_page, three_texts

WHAT = """
Each case is a small network that really is trained here, by the settings and on the data of its
owner. Most are sick, with one cause; some are healthy and only look suspicious. You see the loss.
Everything else is a test that you ask for. Name the cause, and you see what the dashboard's own
diagnosis says, on which numbers, and what becomes of the network when the cause is removed: a twin
from the same initial weights and the same minibatches, over several seeds.
"""
LOOK_FOR = """
- **A flat loss has many causes**: steps that are too long or too short, units that are dead,
  weights that began equal, a signal that does not arrive, inputs that say nothing. They differ
  in the norms of the gradients, in the share of dead units and in the size of the updates.
- **Training against validation**: a gap that opens is overfitting, wrong labels, or an answer that
  is not in the inputs. A gap that is missing where you expect one can be a leak.
- **The first value of the loss**: a classifier that knows nothing has the logarithm of the number
  of classes. Far above it, the initial weights or the scale of the data are the first suspects.
- **Healthy is an answer too.** Some dead units, a plateau that ends, a score that is high from the
  start because the task is easy: none of these is a fault by itself.
"""
TRY_NEXT = (
    Next("A healthy network that looks sick, case 11: which test clears it?", {"case": 11}),
    Next("The ten layers of case 5: which test shows where the signal is lost?", {"case": 5}),
    Next("Do the gradients of case 6 vanish? Compare them with its loss.", {"case": 6}),
)


def main() -> None:
    """Draw the page."""
    begin_page(
        "Clinic",
        "🩺",
        subtitle="Networks that do not train. Look, ask for tests, name the cause, and see it "
        "healed.",
    )
    show_visit(choose_visit())
    three_texts(WHAT, LOOK_FOR, TRY_NEXT)


main()

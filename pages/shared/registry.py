"""The pages of the dashboard: their files, and how links show them."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Page(NamedTuple):
    """One page of the dashboard: its file in ``pages/``, and how links show it."""

    name: str
    label: str
    icon: str
    summary: str

    @property
    def path(self) -> str:
        """Return the path as `st.page_link` wants it, relative to ``dashboard.py``."""
        return f"pages/{self.name}.py"


PAGES: dict[str, tuple[Page, ...]] = {
    "Foundations": (
        Page(
            "backpropagation",
            "Backpropagation",
            ":material/account_tree:",
            "How the chain rule carries the gradient from the loss back to every weight.",
        ),
        Page(
            "gradient_descent",
            "Gradient descent",
            ":material/trending_down:",
            "How optimizers move on a loss surface, and what learning rate and momentum change.",
        ),
        Page(
            "activations",
            "Activations",
            ":material/show_chart:",
            "Activation functions, their derivatives, and where those derivatives go to zero.",
        ),
    ),
    "Training dynamics": (
        Page(
            "learning_rate",
            "Learning rate",
            ":material/speed:",
            "Too small, about right, too large: one network trained at several learning rates.",
        ),
        Page(
            "batch_size",
            "Batch size and noise",
            ":material/casino:",
            "How noisy minibatch gradients are, and which batch size needs few steps and examples.",
        ),
        Page(
            "curvature",
            "Curvature",
            ":material/landscape:",
            "The sharpness of the loss while a network trains, and the limit that the rate sets.",
        ),
        Page(
            "sweeps",
            "Sweeps",
            ":material/explore:",
            "Many settings at once: which of them matter, what to set, and what is noise.",
        ),
        Page(
            "loss_landscape",
            "Loss landscape",
            ":material/terrain:",
            "The loss around the end of a run, and what of it a plane can show.",
        ),
        Page(
            "luck",
            "Luck of the seed",
            ":material/shuffle:",
            "The same settings from many seeds: how often they learn, and how sure that is.",
        ),
        Page(
            "vanishing_gradients",
            "Vanishing gradients",
            ":material/blur_on:",
            "Why gradients shrink or grow on their way back through a deep network.",
        ),
        Page(
            "batch_normalization",
            "Batch normalization",
            ":material/align_vertical_center:",
            "One network with and without batch normalization, side by side.",
        ),
        Page(
            "regularization",
            "Regularization",
            ":material/tune:",
            "What L1 and L2 penalties do to the weights and to overfitting.",
        ),
        Page(
            "dropout",
            "Dropout",
            ":material/grid_off:",
            "What it does to training when random units are left out at every step.",
        ),
    ),
    "Applications": (
        Page(
            "classification",
            "Classification",
            ":material/scatter_plot:",
            "Train a network on a built-in data set or on your own CSV file.",
        ),
        Page(
            "text_sentiment",
            "Text sentiment",
            ":material/forum:",
            "Tell positive from negative sentences, and see which words decide.",
        ),
        Page(
            "clinic",
            "Clinic",
            ":material/stethoscope:",
            "Networks that do not train: look, ask for tests, name the cause, see them healed.",
        ),
        Page(
            "elsewhere",
            "Run from elsewhere",
            ":material/lab_profile:",
            "The log of a run in PyTorch or Keras: its charts, and why it does not train.",
        ),
        Page(
            "papers",
            "Papers",
            ":material/article:",
            "Published results to rerun here, each with the band in which it is reproduced.",
        ),
    ),
}


def existing_pages() -> dict[str, tuple[Page, ...]]:
    """Return `PAGES` without the pages that have no file, and without groups that are empty."""
    groups = {
        group: tuple(page for page in pages if (ROOT / page.path).is_file())
        for group, pages in PAGES.items()
    }
    return {group: pages for group, pages in groups.items() if pages}

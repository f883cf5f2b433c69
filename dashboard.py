"""The front door: what this is, and the way to every page."""

import streamlit as st

from pages.shared import layout

COLUMNS = 3


def card(page: layout.Page) -> None:
    """Draw one page's card."""
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.page_link(page.path, label=f"**{page.label}**", icon=page.icon)
        st.caption(page.summary)


layout.begin_page(layout.PRODUCT, "📉")
st.markdown(
    "Change a hyperparameter and see what it does to losses, gradients, activations and decision "
    "boundaries. Every number comes from a small NumPy neural network that trains here, on this "
    "machine, on built-in data or on your own."
)

for group, pages in layout.existing_pages().items():
    st.subheader(group, anchor=False)
    for start in range(0, len(pages), COLUMNS):
        shown = pages[start : start + COLUMNS]
        row = layout.wrapping_columns(COLUMNS, key=f"cards_{shown[0].name}", least="13rem")
        for column, page in zip(row, shown, strict=False):
            with column:
                card(page)

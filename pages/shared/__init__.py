"""What the pages have in common; not a page itself, since Streamlit lists only pages/*.py."""

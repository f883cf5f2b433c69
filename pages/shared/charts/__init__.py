"""Builders that turn results of nnlib into Plotly figures; nothing here knows Streamlit."""

"""An otherwise empty page: a slider, and as many charts as the address says (``?charts=3``)."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")
st.title("Empty")
frequency = st.slider("Frequency", 1, 100, 50, key="frequency")
x = np.linspace(0, 1, 200)
for i in range(int(st.query_params.get("charts", "1"))):
    figure = go.Figure(go.Scatter(x=x, y=np.sin(frequency * x + i)))
    figure.update_layout(title=f"Chart {i + 1}", height=360)
    st.plotly_chart(figure, key=f"chart_{i}")

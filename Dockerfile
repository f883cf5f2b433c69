# The dashboard for one server; docs/deploy.md says how to run it behind a proxy.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    MALLOC_ARENA_MAX=2 \
    HOME=/tmp

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY .streamlit .streamlit
COPY nnlib nnlib
COPY pages pages
COPY dashboard.py LICENSE ./

# For processors like this one; on another, the first start compiles them again.
RUN python -m nnlib.warm

# The other file that the dashboard writes; made here, the image can run read-only.
RUN python -c "from pages.shared.plot import _plotly_address; assert _plotly_address()" \
    && useradd --system --no-create-home dashboard
USER dashboard

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

# All addresses of the container, of which the outside sees what `docker run -p` publishes.
CMD ["python", "-m", "streamlit", "run", "dashboard.py", \
    "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true", \
    "--server.fileWatcherType=none"]

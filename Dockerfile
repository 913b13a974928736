# The service in two stages: packages are installed in the first, the second holds only what runs.
FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/pharos
ENV PATH=/opt/pharos/bin:$PATH

# The lock alone first: this layer is made again only when the lock changes.
COPY requirements.lock /src/
RUN pip install --no-deps --require-hashes --no-build-isolation -r /src/requirements.lock

COPY pyproject.toml setup.py README.md LICENSE /src/
COPY pharos /src/pharos
COPY ingest /src/ingest
COPY classics /src/classics
COPY towers /src/towers
COPY indexing /src/indexing
COPY evaluation /src/evaluation
COPY serving /src/serving
RUN pip install --no-deps --no-build-isolation /src


FROM python:3.12-slim

RUN useradd --system --uid 10001 --no-create-home --home-dir /data pharos \
    && install --directory --owner=pharos --group=pharos /data
COPY --from=build /opt/pharos /opt/pharos

# Inside the container the server listens to every address, so it starts with API keys (PHAROS_API_KEYS) or with
# PHAROS_OPEN_TO_NETWORK=true, where what is published decides who reaches it.
ENV PATH=/opt/pharos/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PHAROS_DATA_DIR=/data \
    PHAROS_HOST=0.0.0.0 \
    PHAROS_PORT=8000 \
    HF_HOME=/data/huggingface \
    MPLCONFIGDIR=/tmp/matplotlib

USER pharos
WORKDIR /data
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

CMD ["pharos", "serve"]

# syntax=docker/dockerfile:1
# One image for every process; which one it is, its command says. It runs as nobody in particular, on a read-only root.

ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
RUN python -m venv /opt/synergist
WORKDIR /build
COPY .requirements/runtime.txt ./
RUN /opt/synergist/bin/pip install --require-hashes --only-binary :all: -r runtime.txt
COPY pyproject.toml LICENSE ./
COPY shared shared
COPY services services
COPY workers workers
RUN /opt/synergist/bin/pip install --no-deps --no-index --no-build-isolation . \
 && /opt/synergist/bin/pip uninstall --yes pip \
 && /opt/synergist/bin/python -m compileall -q /opt/synergist/lib

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="Synergist" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 synergist \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin synergist \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/synergist
COPY --from=build /opt/synergist /opt/synergist
ENV PATH=/opt/synergist/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["synergist"]
CMD ["--help"]

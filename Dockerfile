# One container, one process: API, pages, scheduler and sender on a file in the volume /data.
#   docker build -t outage-service .
#   docker run --stop-timeout 60 --read-only --tmpfs /tmp -v outage:/data -p 8000:8000 outage-service
# With OUTAGE_DATABASE_URL=postgresql+psycopg://… nothing is kept in /data, and any number may run:
#   docker run … outage-service outage-service migrate
#   docker run --stop-timeout 60 --no-healthcheck … outage-service outage-service worker
# Other commands, in the container that runs: docker exec NAME outage-service doctor
# At the end requests get 10 s and messages under way 30 s, more than docker grants by itself. A worker listens on
# nothing that could be asked: the others tell when it has gone silent. Another port is set by OUTAGE_PORT. With
# OUTAGE_PUBLISH_DIR add --hostname: the files are in a folder of that name.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements.lock requirements-dev.lock ./
# Dependencies first: this layer is made again only when the lock changes.
RUN /opt/venv/bin/pip install --no-deps --require-hashes --requirement requirements.lock
# The build backend, cut out of the development lock with its hashes; it stays out of the image.
RUN awk '/^[a-z]/ {keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/} keep' \
        requirements-dev.lock > build.lock \
    && pip install --require-hashes --requirement build.lock
COPY . .
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/venv/bin/pip install --no-deps /wheels/*.whl \
    && /opt/venv/bin/pip check \
    && /opt/venv/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim
# The image comes without compiled files and nobody may write them: each start and each health check would
# compile the standard library anew.
RUN python -m compileall -q "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data outage \
    && install --directory --owner=outage --group=outage --mode=0750 /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OUTAGE_DATABASE_URL=sqlite:////data/outage.db
USER outage
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Alive, not ready: a database that is away must not restart the container.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; \
        c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('OUTAGE_PORT') or 8000), timeout=4); \
        c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["outage-service", "serve", "--host", "0.0.0.0"]

# One image for every service of docker-compose.yml.

# What the browser gets from other people's packages is built in a stage of its own: the image needs no Node.
FROM python:3.11-slim AS assets
WORKDIR /app
COPY . .
RUN scripts/ensure_venv.sh requirements.lock && scripts/ensure_assets.sh

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
# The lock alone first: a change in our code does not install the packages again.
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --no-input --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
COPY --from=assets /app/agency/portal/built agency/portal/built
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && useradd --system --uid 10001 --no-create-home shopfleet
USER shopfleet
EXPOSE 8000
CMD ["shopfleet", "--help"]

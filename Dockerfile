# One image for `serve`, `worker` and `db upgrade`; compose.yaml shows how they play together.
FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --system --create-home --home-dir /var/lib/yhteistila yhteistila
USER yhteistila
WORKDIR /var/lib/yhteistila
ENV YHTEISTILA_DATA=/var/lib/yhteistila
ENTRYPOINT ["yhteistila"]

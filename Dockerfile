# The blog as an image: built on Debian 12, run on Debian 12 with nothing but its libraries, by a user of its own.
#   docker build -t ddbdjango . && docker run --rm -p 127.0.0.1:8000:8000 -v ddbdjango:/app/data ddbdjango
FROM debian:12-slim AS build
WORKDIR /src
COPY scripts/install_deps.sh scripts/
RUN scripts/install_deps.sh build && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release -DDDB_BUILD_TESTS=OFF -DDDB_BUILD_BENCHMARKS=OFF \
 && cmake --build build/release --target manage \
 && strip build/release/bin/manage

FROM debian:12-slim
# hadolint ignore=DL3008  # Debian's stable release keeps versions; security fixes are wanted.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libbrotli1 libbz2-1.0 libcmark-gfm0.29.0.gfm.6 libcmark-gfm-extensions0.29.0.gfm.6 \
      libctemplate3 libcurl4 libdeflate0 libfmt9 libjemalloc2 liblz4-1 \
      libsimdjson14 libsnappy1v5 libsodium23 libspdlog1.10 libsqlite3-0 libssl3 libtomlplusplus3 libutf8proc2 libzstd1 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --home-dir /app ddbdjango \
 && install -d -o ddbdjango -g ddbdjango /app /app/data
WORKDIR /app
COPY --from=build /src/build/release/bin/manage /usr/local/bin/manage
COPY config/settings.toml config/
COPY admin/migrations admin/migrations/
COPY auth/migrations auth/migrations/
COPY demo_app/migrations demo_app/migrations/
USER 10001
# The embedded database and search, and the keys that cursors are sealed with.
VOLUME /app/data
# The local identity provider serves this machine alone, and here clients come from another.
ENV COGNITO_MOCK_MODE=false
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["manage"]
CMD ["runserver", "0.0.0.0:8000"]

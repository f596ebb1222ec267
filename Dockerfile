# One file, two images: `--target worker` and `--target operator`.
ARG BASE=docker.io/library/node:24-bookworm-slim
# Has npm, apt and Node's headers; the images themselves need only Node.
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY proto/package.json proto/
COPY placement/package.json placement/
COPY operator/package.json operator/
COPY worker/package.json worker/
COPY console/package.json console/
COPY bench/package.json bench/
COPY e2e/package.json e2e/

# Each image has the packages that it runs, and Node is in the base already.
FROM build AS worker-build
RUN npm install --no-save --prefer-offline --omit=dev --omit=optional -w worker -w proto -w placement \
  && find node_modules -name '*.map' -delete -o -name '*.d.*ts' -delete
COPY proto proto
COPY placement placement
COPY worker worker
RUN make -C worker/native

FROM build AS operator-build
RUN npm install --no-save --prefer-offline --omit=dev --omit=optional -w operator -w proto -w placement -w console \
  && find node_modules -name '*.map' -delete -o -name '*.d.*ts' -delete
COPY proto proto
COPY placement placement
COPY operator operator
COPY console console

# The modules are compiled here, as the user and with the flags that they will run
# with: a start takes half of the CPU, which counts when many workers start at once.
FROM ${BASE} AS worker
WORKDIR /app
COPY --from=worker-build --chown=root:root /app /app
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN mkdir .compile-cache && chown 10001 .compile-cache
USER 10001
RUN for flags in "" --single-threaded-gc; do \
    node --max-semi-space-size=8 $flags worker/src/main.ts >/dev/null 2>&1; \
  done; \
  node -e "process.exit(fs.readdirSync('.compile-cache').length > 0 ? 0 : 1)"
EXPOSE 1935 1936 8080 8443 9090 9091
ENTRYPOINT ["node", "--max-semi-space-size=8", "--single-threaded-gc", "worker/src/main.ts"]

FROM ${BASE} AS operator
WORKDIR /app
COPY --from=operator-build --chown=root:root /app /app
ENV NODE_COMPILE_CACHE=/app/.compile-cache
RUN mkdir .compile-cache && chown 10001 .compile-cache
USER 10001
RUN node operator/src/main.ts >/dev/null 2>&1; \
  node -e "process.exit(fs.readdirSync('.compile-cache').length > 0 ? 0 : 1)"
EXPOSE 8088 9092
ENTRYPOINT ["node", "operator/src/main.ts"]

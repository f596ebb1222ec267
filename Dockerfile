# One file, two images: `--target worker` and `--target operator`.
ARG BASE=docker.io/library/node:24-bookworm-slim

FROM ${BASE} AS build
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
RUN npm install --no-save
COPY . .
RUN make -C worker/native && npm prune --omit=dev && npm cache clean --force

FROM ${BASE} AS worker
WORKDIR /app
COPY --from=build --chown=root:root /app /app
USER 10001
EXPOSE 1935 8080 9090
ENTRYPOINT ["node", "--single-threaded-gc", "worker/src/main.ts"]

FROM ${BASE} AS operator
WORKDIR /app
COPY --from=build --chown=root:root /app /app
USER 10001
EXPOSE 8088
ENTRYPOINT ["node", "operator/src/main.ts"]

# syntax=docker/dockerfile:1
# An image of one program, for those who build with an engine; `make images` needs none and makes the same.
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg PROGRAM=./services/order/cmd/order -t kept/order .
ARG GO_VERSION=1.26

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
ARG PROGRAM
ARG VERSION=dev
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    mkdir -p /out/etc/ssl/certs /out/usr/share && \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
      -ldflags "-s -w -buildid= -X kept.dev/kit/app.version=$VERSION" -o /out/program "$PROGRAM" && \
    cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ && cp "$(go env GOROOT)/lib/time/zoneinfo.zip" /out/usr/share/

FROM scratch
ARG VERSION=dev
ARG REVISION=unknown
ARG SOURCE=https://kept.dev
LABEL org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.licenses=Apache-2.0
COPY --from=build /out/ /
ENV ZONEINFO=/usr/share/zoneinfo.zip
USER 65532:65532
ENTRYPOINT ["/program"]

# scrubin without a shell, a package manager or root. Built by .ci/release-image from a folder with the
# released static binary. git comes along because a review reads the repository through it, and because
# `serve` fetches with it; the certificates it needs are those of the image below.
FROM debian:trixie-slim@sha256:d7e12182ce18b85b93007c1dedf31f2d29e01ccf3182cc4017c709b6259bc132 AS git
RUN apt-get update -q && apt-get install -q -y --no-install-recommends git ca-certificates
COPY collect-git /
RUN /collect-git /rootfs && mkdir /empty

FROM gcr.io/distroless/base-debian13:nonroot@sha256:fb282f8ed3057f71dbfe3ea0f5fa7e961415dafe4761c23948a9d4628c6166fe
COPY --from=git /rootfs/ /
COPY scrubin /usr/bin/scrubin
# What `serve` keeps: volumes mounted here belong to its user from the start.
COPY --from=git --chown=nonroot:nonroot /empty /var/lib/scrubin
COPY --from=git --chown=nonroot:nonroot /empty /var/cache/scrubin
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/scrubin/
# A checkout mounted here belongs to another user than the one in the container; git would refuse it.
ENV GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=/work
ENV SCRUBIN_SERVE_CONFIG=/etc/scrubin/service.toml
WORKDIR /work
USER nonroot:nonroot
# Webhooks and pages; numbers for operators.
EXPOSE 8080 9090
# About `serve`; other commands end before it counts.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/bin/scrubin", "serve", "health"]
ENTRYPOINT ["/usr/bin/scrubin"]

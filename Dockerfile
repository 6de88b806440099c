# prefrontal in a container, installed as the Makefile does it. From the repository's folder:
#
#   docker build --tag prefrontal .
#   docker run --rm --volume "$PWD/runs:/prefrontal/runs" prefrontal reproduce wang2018-two-step
#
# With an NVIDIA GPU (the wheels bring CUDA; the machine needs the driver and the NVIDIA Container Toolkit):
#
#   docker build --build-arg EXTRAS=cuda --tag prefrontal-cuda .
#   docker run --rm --gpus all --volume "$PWD/runs:/prefrontal/runs" prefrontal-cuda reproduce wang2018-two-step
#
# Not tried: there was no Docker daemon where this was written. Its one command of substance, `make install`, was run
# in a fresh clone on Linux.
FROM python:3.11-slim

ARG EXTRAS=""

RUN apt-get update \
 && apt-get install --yes --no-install-recommends make gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /prefrontal
COPY . .
RUN make install EXTRAS=${EXTRAS}

ENV PATH="/prefrontal/.venv/bin:${PATH}"
ENTRYPOINT ["prefrontal"]
CMD ["--help"]

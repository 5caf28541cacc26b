# docker build -t zeitgraph .                                the core, names, the property graph, videos
# docker build -t zeitgraph --build-arg EXTRAS=demo,llm .    other extras, here with torch
# docker run -v "$PWD/my-trends:/workspace" zeitgraph run posts.jsonl
#
# torch comes as a CUDA build of several gigabytes unless PIP_EXTRA_INDEX_URL names an index that has
# its CPU builds.
FROM python:3.12-slim AS wheel
COPY . /source
RUN pip install --no-cache-dir build && python -m build --wheel --outdir /wheels /source

FROM python:3.12-slim
ARG EXTRAS=bolt,text,video
ARG PIP_EXTRA_INDEX_URL=
COPY --from=wheel /wheels /wheels
COPY requirements.lock /wheels/
RUN pip install --no-cache-dir --constraint /wheels/requirements.lock "$(echo /wheels/*.whl)[$EXTRAS]" \
  && useradd --create-home zeitgraph \
  && mkdir /workspace && chown zeitgraph /workspace
USER zeitgraph
WORKDIR /workspace
VOLUME /workspace
ENTRYPOINT ["zeitgraph"]
CMD ["--help"]

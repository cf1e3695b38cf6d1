FROM python:3.11-slim AS build
WORKDIR /source
RUN python -m venv /opt/ketenspoor
ENV PATH="/opt/ketenspoor/bin:$PATH"
COPY requirements/service.txt requirements/service.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/service.txt
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY projections projections
COPY service service
COPY migrations migrations
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/ketenspoor ketenspoor
COPY --from=build /opt/ketenspoor /opt/ketenspoor
ENV PATH="/opt/ketenspoor/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /var/lib/ketenspoor
EXPOSE 8000
# It sees the environment of the container, not the options of `serve`: here KETENSPOOR_PORT chooses the port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as ask; ask.urlopen('http://127.0.0.1:%s/livez' % (os.environ.get('KETENSPOOR_PORT') or 8000), timeout=4)"]
ENTRYPOINT ["ketenspoor"]
CMD ["serve"]

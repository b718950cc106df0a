"""The configuration files of TensorFlow Serving, each value with its reason."""

import json
import textwrap
from importlib import metadata

from export.verification.local import ALLOCATOR

SERVING = "2.19.1"
SERVING_REASON = (
    "Pinned, since a SavedModel need not be readable by an older TensorFlow than the one that "
    "wrote it. TensorFlow Serving {serving} contains TensorFlow {serving}, whose loader reads "
    "exports of the zoo, written by {writer}, and gives the same images up to one value of 255 "
    "(docs/serving.md, What was tested)."
)
WAIT = 10.0  # seconds that the last request of a full queue waits
NEWEST = 2  # versions that are served


def folder(name):
    """The folder of a model in the server's container."""
    return f"/models/{name}"


def models(facts):
    """The text of `models.config`, a `tensorflow.serving.ModelServerConfig`."""
    return f"""\
# Versions and labels of the model. Written once; a further export does not change this file.
# The server reads it again every 30 s (--model_config_file_poll_wait_seconds).
model_config_list {{
  config {{
    name: {json.dumps(facts.name)}
    base_path: {json.dumps(folder(facts.name))}
    model_platform: "tensorflow"
    # The newest two versions are loaded, so that a new one can be tried while the old one serves.
    # A request without a version or a label goes to the newest. A third version unloads the first:
    # move the label "stable" before.
    model_version_policy {{ latest {{ num_versions: {NEWEST} }} }}
    # A label can only be moved to a version that is already AVAILABLE: export the version, wait
    # for the status to list it, and then change the number here.
    version_labels {{ key: "stable" value: {facts.version} }}
    version_labels {{ key: "canary" value: {facts.version} }}
  }}
}}
"""


def batching(facts):
    """The text of `batching_parameters.txt`, a `tensorflow.serving.BatchingParameters`."""
    measured, limits = facts.measured, facts.limits
    best, one = measured.best, measured.sizes[0]
    seconds = measured.threads * best.rows / measured.rates[measured.threads]
    queue = max(4, round(WAIT * measured.threads / seconds))
    wait = queue * seconds / measured.threads
    threads = ", ".join(
        f"{rate:.3g} images/s with {count}" for count, rate in measured.rates.items()
    )
    return f"""\
# Measured on {measured.machine}, with {_version()}.
# Other processes used {measured.others:.0%} of the processors meanwhile. Measure again where the
# server runs, on an idle machine: export the preset there with --bundle.

{_comment(f"Most rows of a request; {reason_of_rows(facts)}.", "# ")}
max_batch_size {{ value: {limits.max_batch} }}

# Rows that are computed together: {best.rate:.3g} images/s, against {one.rate:.3g} one at a time.
# The smallest size with at least 95 % of the most images per second that was measured, since a
# larger batch only takes more time and memory. A larger request is computed in such parts.
{_parts(best.rows, limits.max_batch)}

# Batches computed at the same time: {threads} of them.
# One batch already uses several cores.
num_batch_threads {{ value: {measured.threads} }}

# A lone request does not wait for others: those that arrive while a batch is computed form the
# next one, which is enough at load, and adds no delay without.
batch_timeout_micros {{ value: 0 }}

# Batches that may wait before requests are refused (UNAVAILABLE, 503). A batch takes
# {1000 * seconds:.0f} ms, so that the last request waits for about {wait:.3g} s.
max_enqueued_batches {{ value: {queue} }}

# allowed_batch_sizes is left out: on a processor, rows that fill up a batch cost as much as others.

# Rows of different sizes are not filled up: zeros would become a part of an image. Requests of the
# signature "pixels" with different sizes at the same time therefore fail; send files instead.
pad_variable_length_inputs: false
"""


def reason_of_rows(facts):
    """Why a request may have at most `max_batch` rows, as a clause."""
    most = facts.limits.max_batch
    if all(rows == most for rows in facts.most.values()):
        return "the export refuses more (--max_batch)"
    listed = ", ".join(f"version {number} takes {rows}" for number, rows in facts.most.items())
    return (
        f"the server has one size for all versions that it serves, and the least is used: {listed}"
    )


def _parts(rows, max_batch):
    if rows == max_batch:
        return "enable_large_batch_splitting { value: false }"
    return (
        "enable_large_batch_splitting { value: true }\n"
        f"max_execution_batch_size {{ value: {rows} }}"
    )


def monitoring():
    """The text of `monitoring.config`, a `tensorflow.serving.MonitoringConfig`."""
    return """\
# Prometheus reads http://HOST:8501/monitoring/prometheus/metrics
prometheus_config {
  enable: true
  path: "/monitoring/prometheus/metrics"
}
"""


def flags(facts):
    """The flags with which TensorFlow Serving reads the files of the bundle."""
    files = folder(facts.name)
    return (
        f"--model_config_file={files}/models.config",
        "--model_config_file_poll_wait_seconds=30",
        "--allow_version_labels_for_unavailable_models=true",
        "--enable_batching=true",
        f"--batching_parameters_file={files}/batching_parameters.txt",
        f"--monitoring_config_file={files}/monitoring.config",
        "--rest_api_timeout_in_ms=60000",
        "--enable_grpc_healthcheck_service=true",
    )


def compose(facts):
    """The text of `compose.yaml`."""
    check = (
        "exec 3<>/dev/tcp/127.0.0.1/8501 && printf 'GET /v1/models/"
        f"{facts.name} HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q AVAILABLE <&3"
    )
    command = "\n".join(f"      - {flag}" for flag in flags(facts))
    environment = "\n".join(f'      {key}: "{value}"' for key, value in ALLOCATOR.items())
    memory = facts.measured.most / 2**20
    reason = _comment(reason_of_version(), "    # ")
    return f"""\
# docker compose up, in this folder.
services:
  serving:
{reason}
    image: tensorflow/serving:{SERVING}
    # Labels may name versions that are unavailable, since those of models.config are not loaded yet
    # when the server starts.
    command:
{command}
    environment:
      # the memory of a large request is kept for the next one
{environment}
    ports:  # of this machine only: the server has neither TLS nor authentication
      - "127.0.0.1:8500:8500"
      - "127.0.0.1:8501:8501"
    volumes:
      - .:{folder(facts.name)}:ro
    # twice the {memory:.0f} MiB of a process with one version and the largest batch
    mem_limit: {memory_limit(facts.measured)}m
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped
    stop_grace_period: 60s
    healthcheck:
      test: ["CMD", "bash", "-c", {json.dumps(check)}]
      interval: 10s
      start_period: {max(30, round(3 * facts.measured.loading) + 10)}s
"""


def memory_limit(measured):
    """MiB of a container: twice the largest process that was measured, at least 1 GiB."""
    return max(1024, -(-2 * measured.most // 2**28) * 256)


def reason_of_version():
    """Why `SERVING` is the version of the server, as sentences."""
    return SERVING_REASON.format(serving=SERVING, writer=_version())


def _version():
    return f"TensorFlow {metadata.version('tensorflow')}"


def _comment(text, prefix):
    lines = textwrap.wrap(text, 98, initial_indent=prefix, subsequent_indent=prefix)
    return "\n".join(lines)

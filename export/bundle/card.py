"""`README.md` of a bundle: the card of an export."""

import dataclasses
import textwrap
from string import Template

from export.bundle import configs
from export.verification.local import ALLOCATOR
from zoo.conditions.records import SERVING_DEFAULT, Limits

# input -> (a value in a shell's JSON, the same in Python)
_EXAMPLES = {
    "captions": ('"grinning face"', '"grinning face"'),
    "labels": ("0", "0"),
    "seed": ("7", "7"),
    "image_bytes": (
        '{"b64": "%s"}',  # which `printf` fills: an argument of `curl` has at most 128 KiB
        '{"b64": base64.b64encode(open("photo.png", "rb").read()).decode()}',
    ),
}
_VECTORS = ("VALUES", 'numpy.load("{name}.npy").tolist()')  # of one row
_TEXT = Template("""\
# $name, version $version

$what, exported as a SavedModel for TensorFlow Serving or
`export.serve`. This folder has the files with which a server is started; `$version/` is the
SavedModel. Every figure below was measured on
$machine.

| signature | inputs | output |
|---|---|---|
$signatures

A request may have at most $max_batch rows$bounds$least.
Each row's image depends on its own condition and seed only.

## Start

```
docker compose up -d
```

or without compose, in this folder:

```
docker run --rm -p 127.0.0.1:8500:8500 -p 127.0.0.1:8501:8501 -v "$$PWD:/models/$name:ro" \\
    $environment \\
    tensorflow/serving:$serving \\
    $flags
```

or without docker, `python -m export.serve --model=.` (for one machine; it does not read these
files).

$reason

## Ask

```
$command
```

Python, with nothing installed:

```python
import base64
import json
import urllib.request
$imports
body = {"instances": [{$python}]}
url = "http://localhost:8501/v1/models/$name:predict"
with urllib.request.urlopen(url, json.dumps(body).encode(), timeout=60) as answer:
    images = json.load(answer)["predictions"]
for row, image in enumerate(images):
    with open(f"{row:05d}.png", "wb") as file:
        file.write(base64.b64decode(image["b64"]))
```

REST or gRPC with the zoo's client, which repeats a request while the server is busy:

```python
from export.client import Client

client = Client("grpc://localhost:8500", "$name")  # or "http://localhost:8501"
files = client.generate($client, seed=7)  # PNG files as bytes
```

## Health and metrics

```
curl -s http://localhost:8501/v1/models/$name
curl -s http://localhost:8501/monitoring/prometheus/metrics
```

The first lists each version with its state; ready is `AVAILABLE`. gRPC has the standard health
service. `python -m export.verify $version --url=http://localhost:8501 --grpc=localhost:8500
--model=$name` compares the server's images with those of the folder.

## A new version, and back

1. Export it with a higher `--version` into this folder. The server loads it, answers its warm-up
   requests ($warmup), and keeps the version before loaded, too. Requests that name neither a
   version nor a label go to the new one from then on; those to
   `/v1/models/$name/labels/stable:predict` still go to the old one.
2. When the status lists it as `AVAILABLE`, set the label `canary` in `models.config` to it, try it
   there, and then set `stable`. The server reads the file again within 30 s. A label that is moved
   before the version is available is refused, and the whole change with it.
3. Back: set the labels to the old version, and move the folder of the new one out of this folder.
   The server then unloads it.

`--overwrite` does not reach a running server, which has loaded that version already, and a restart
would serve other images under the same number: export a new version instead. A further export
writes the other files of this folder again, but never `models.config`.

## Measured

| rows of a request | milliseconds | images/s | memory of the call, MiB |
|---|---|---|---|
$table

Loading takes $loading s, and the first request $first ms; the process with TensorFlow and the
loaded model has $loaded MiB. Calls of `serving_default` one after another, without a server:
milliseconds are the median, images/s those of the fastest call, and memory is the most that the
process had above its $loaded MiB. $threads
Other processes used $others of the processors meanwhile.
""")


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the files of a bundle say.

    Attributes:
        name: str, the model's name on the server.
        version: int.
        preset: str, the exported preset; "" if the model has none.
        limits: `Limits` of the export.
        warmup: tuple of int, rows of the warm-up requests.
        signatures: dict as of `export.client.Client.signatures`.
        measured: `export.bundle.measure.Measured`.
        most: dict of version -> rows that it takes, of the versions that are served; the
            `max_batch` of `limits` is the least of them.
    """

    name: str
    version: int
    preset: str
    limits: Limits
    warmup: tuple
    signatures: dict
    measured: object
    most: dict = dataclasses.field(default_factory=dict)


def readme(facts):
    """The text of `README.md`."""
    measured, inputs = facts.measured, facts.signatures[SERVING_DEFAULT]["inputs"]
    shell, python = (_row(inputs, language) for language in (0, 1))
    condition = [name for name in inputs if name != "seed"]
    sizes = " and ".join(str(rows) for rows in facts.warmup)
    return _TEXT.substitute(
        name=facts.name, version=facts.version, machine=measured.machine,
        what=f"The preset `{facts.preset}`" if facts.preset else "A model",
        signatures=_signatures(facts.signatures), max_batch=facts.limits.max_batch,
        bounds=_bounds(inputs, facts.limits), least=_least(facts), serving=configs.SERVING,
        flags=" \\\n    ".join(configs.flags(facts)),
        reason=textwrap.fill(configs.reason_of_version(), 100), environment=" ".join(
            f"-e {key}={value}" for key, value in ALLOCATOR.items()
        ), command=_command(facts.name, shell), python=python,
        imports="\nimport numpy\n" if "numpy." in python else "", client=_client(condition),
        warmup=f"of {sizes} rows" if sizes else "if there are any", table=_table(measured.sizes),
        loading=f"{measured.loading:.1f}", first=f"{measured.first:.0f}",
        loaded=f"{measured.loaded / 2**20:.0f}", others=f"{measured.others:.0%}",
        threads=_threads(measured),
    )


def _row(inputs, language):
    """One row of a request as JSON (0), or as Python (1)."""
    pairs = []
    for name in sorted(inputs):
        text = _EXAMPLES.get(name, _VECTORS)[language].replace("{name}", name)
        pairs.append(f'"{name}": {text}')
    return ", ".join(pairs)


def _command(name, row):
    """The command that sends one row, in a shell's JSON."""
    url = f"http://localhost:8501/v1/models/{name}:predict"
    body = f"""'{{"instances": [{{{row}}}]}}'"""
    if "%s" in row:
        return f'printf {body} "$(base64 -w0 photo.png)" \\\n    | curl -s {url} -d @-'
    return f"curl -s {url} \\\n    -d {body}"


def _client(condition):
    if not condition:
        return "None"
    if len(condition) > 1:
        loads = ", ".join(f'"{name}": numpy.load("{name}.npy")' for name in sorted(condition))
        return f"{{{loads}}}"
    return {
        "captions": '["grinning face"]', "labels": "[0]", "image_bytes": '["photo.png"]',
    }.get(condition[0], f'numpy.load("{condition[0]}.npy")')


def _signatures(signatures):
    def listed(specs):
        return ", ".join(
            f"`{name}` {spec.dtype.name.replace('object', 'string')} {spec.text()}"
            for name, spec in sorted(specs.items())
        )

    return "\n".join(
        f"| `{name}` | {listed(sides['inputs'])} | {listed(sides['outputs'])} |"
        for name, sides in sorted(signatures.items())
    )


def _bounds(inputs, limits):
    if "captions" in inputs:
        return f", of captions of at most {limits.max_caption_bytes} bytes"
    if "image_bytes" in inputs:
        return f", of images of at most {limits.max_pixels} pixels"
    return ""


def _least(facts):
    """The versions with which the server's limit of rows is less than the export's."""
    if facts.most.get(facts.version, facts.limits.max_batch) == facts.limits.max_batch:
        return ""
    return f";\n{textwrap.fill(configs.reason_of_rows(facts), 100)}"


def _table(sizes):
    return "\n".join(
        f"| {size.rows} | {size.milliseconds:.1f} | {size.rate:.1f} | {size.memory / 2**20:.0f} |"
        for size in sizes
    )


def _threads(measured):
    rates = [f"{rate:.1f} images/s with {count}" for count, rate in measured.rates.items()]
    return f"Batches of\n{measured.rows} rows: {', '.join(rates)} at a time."

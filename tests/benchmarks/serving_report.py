"""The figures of the serving benchmark as Markdown."""

from tests.benchmarks import machine, serving_load


def report(found, preset, sizes, seconds, rounds):
    """The part of docs/benchmarks.md, a str.

    Args:
        found: dict of the measurements, see `tests.benchmarks.serving`.
        preset: str, its name.
        sizes: (clients, rows of a request, rows that the queue holds).
        seconds: float, of each visit.
        rounds: int, visits.
    """
    clients, rows, queue = sizes
    inside = sum(rate for rate, _ in found["inside"]) / rounds
    by_cpu = sum(rate for _, rate in found["inside"]) / rounds
    lines = [
        "## Serving under load", "",
        machine.facts(machine.cores(), found["others"], ("tensorflow", "uvicorn", "grpcio")),
        f"Preset `{preset}`; {rounds} x {seconds:g} s each, in turn; {clients} clients with {rows} "
        "rows per request, on the same machine, so that they take a share of its processors.", "",
        "Ratios are to the SavedModel: of images/s; of images per processor second of the server; "
        "and of the server and the clients together.", "",
        "| | images/s | ratio | ratio, server | ratio, server and clients | p50, ms | p99, ms | "
        "images | changed by 1 of 255 | wrong | failed |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        f"| SavedModel, {found['rows']} rows | {inside:.1f} | 1 | 1 | 1 | | | | | | |",
    ]
    for way in ("gRPC", "REST"):
        loads = [load for load, _ in found[way]]
        rate = sum(load.rate for load in loads) / rounds
        images = sum(load.images for load in loads)
        server = sum(cpu for _, cpu in found[way])
        both = server + sum(load.cpu for load in loads)
        every = serving_load.Load(latencies=[t for load in loads for t in load.latencies])
        lines.append(
            f"| {way} | {rate:.1f} | {rate / inside:.2f} | {images / server / by_cpu:.2f} | "
            f"{images / both / by_cpu:.2f} | "
            f"{every.latency(0.5):.0f} | {every.latency(0.99):.0f} | {images} | "
            f"{sum(load.changed for load in loads)} | {sum(load.wrong for load in loads)} | "
            f"{sum(load.refused + len(load.errors) for load in loads)} |"
        )
    lines += ["", *_sentences(found, queue)]
    lines += ["", "To repeat it: `python -m tests.benchmarks.serving`."]
    return "\n".join(lines)


def _sentences(found, queue):
    full, (loads, answered, status) = found["full"], found["stop"]
    received = sum(len(load.latencies) for load in loads.values())
    wrong = sum(load.wrong for load in loads.values())
    files, both, plain = found["bytes"]
    small, large = found["photo"].values()
    return [
        f"Most memory of the server: {found['memory'] / 2**20:.0f} MiB.", "",
        f"More rows than the queue of {queue} holds: {len(full.latencies)} requests answered, "
        f"{full.refused} refused with 503, {full.wrong} wrong images, {len(full.errors)} other "
        "failures.", "",
        f"SIGTERM under load by both protocols: the server answered {answered} requests, the "
        f"clients received {received} of them, with {wrong} wrong images; exit status {status}.",
        "",
        f"A REST answer with 16 images: {files:,} bytes, {files / plain:.2f} times the PNG files. "
        f"With the pixels as numbers, as before `serving_default` had one output: {both:,} bytes, "
        f"{both / plain:.1f} times.", "",
        f"Scaling a photo of 4000 x 3000 pixels: {small:.2f} s of processor time to 64 pixels, "
        f"{large:.2f} s to 256. Before the scaling was a product of matrices, it took 1.49 and "
        "0.79 s, with the same bits (in turn with today's 0.14 and 0.19 s, least of three calls "
        "each; Intel Xeon, 2026-11-29).",
    ]

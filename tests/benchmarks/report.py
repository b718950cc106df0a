"""The tables of AttnGAN's benchmark as Markdown."""

from tests.benchmarks import machine

METHOD = """
### How it was measured

A *training iteration* includes everything: text encoder, generator, one Adam step of each of the
three discriminators (real, generated and mismatched pairs), the generator's Adam step through the
discriminators and the DAMSM image encoder, and the EMA. The batch is constant and synthetic, so
that no data pipeline is involved. *generate* goes from {batch} caption strings to uint8 images.

The comparison is `tests/benchmarks/torch_reference/attn_gan.py`, the same networks, losses and
sequence in
eager PyTorch, with the fused Adam, a `foreach` EMA, frozen discriminators in the generator's step,
and the faster of the two memory formats (named in the table). Before anything is timed, the
program checks that each network has as many weights on both sides;
`tests/benchmarks/torch_reference/test_references.py` checks that both give the same losses,
gradients and updated weights. The zoo computes an up-block's upsampling and convolution as one
transposed convolution with fewer products; the PyTorch side interpolates and convolves, as the
paper's code does. bfloat16 is the Keras policy `mixed_bfloat16` on one side (the image heads, the
logits and the projections of the image encoder stay in float32) and CPU autocast on the other
(which casts these too).

Both run in one process, alternately: each visit is one untimed call and {calls} timed ones,
and the visits alternate for up to {rounds} rounds. *min* and *median* are over the timed calls;
images per second follow from the median. A ratio below 1 means that the zoo is faster. Graph
tracing and warm-up are excluded.

To repeat it: `pip install -e .[benchmark]`, then `make bench`, or only this part:
`python -m tests.benchmarks.attn_gan`. Without PyTorch the comparison is omitted.
"""


def head(settings, threads, others):
    """`others`: the share of the processors that other processes took, or None if not known."""
    return (
        f"## AttnGAN: training, generation, data\n\n{machine.facts(threads, others)}"
        f"- Settings: {settings.describe()}\n"
    )


def milliseconds(timing):
    return f"{1000 * timing.best:.1f} / {1000 * timing.median:.1f}"


def model_table(rows, batch):
    """Rows: (what, dtype, the zoo's `Timing`, PyTorch's or None, its memory format)."""
    lines = [
        "\n### Training and generation\n",
        "| | precision | zoo: ms (min / median) | zoo: images/s | PyTorch: ms (min / median) "
        "| PyTorch: images/s | time ratio zoo / PyTorch (min / median) |",
        "|---|---|---|---|---|---|---|",
    ]
    for what, dtype, ours, theirs, layout in rows:
        cells = [what, dtype, milliseconds(ours), f"{batch / ours.median:.1f}"]
        if theirs is None:
            cells += ["not installed", "", ""]
        else:
            ratio = f"{ours.best / theirs.best:.2f} / {ours.median / theirs.median:.2f}"
            cells += [
                f"{milliseconds(theirs)} ({layout})", f"{batch / theirs.median:.1f}", ratio
            ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def data_table(timings, batch, fastest):
    """`timings`: pipeline -> `Timing` of a batch; `fastest`: images/s of the fastest training."""
    lines = [
        "\n### Data pipeline alone\n", "| pipeline | ms per batch (min / median) | images/s |",
        "|---|---|---|",
    ]
    for name, timing in timings.items():
        rate = batch / timing.median
        lines.append(f"| {name} | {milliseconds(timing)} | {rate:,.0f} |")
    slowest = min(batch / timing.median for timing in timings.values())
    lines.append(
        f"\nThe slowest pipeline gives {slowest / fastest:.0f} times as many images as the "
        "fastest training above takes."
    )
    return "\n".join(lines) + "\n"


def method(batch, calls, rounds):
    return METHOD.format(batch=batch, calls=calls, rounds=rounds)

"""A page to try a preset in the browser: a caption, label or image in, a grid of images out.

    zoo demo dm_gan_ms_emoji_64          # http://127.0.0.1:7860

Where the preset has a partner without mode seeking, the same conditions and seeds are shown side by
side. A slider moves from the latent of a seed to that of the next one; a text-to-image preset also
shows what it attends to. Needs the extra `demo` (Gradio), and nothing from the network.
"""

import os

import numpy as np

from zoo import programs
from zoo.errors import ZooError
from zoo_cli.commands import Parser

FRAMES = 9  # positions of the latent slider
MOST = 8  # images per condition
SIDE = 128  # pixels of a small image on the page
DEFAULT = "dm_gan_ms_emoji_64"
KINDS = ("captions", "labels", "images", "nothing")  # of conditions
EMOJI = "grinning face\nred heart\ncrying cat"  # first captions of a preset of emoji


def make_parser():
    """The parser of the command line."""
    parser = Parser(prog="zoo demo", description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default=DEFAULT, help="built-in name, directory or handle")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=7860, help="0 takes a free one")
    parser.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    return parser


class Demo:
    """What the page shows, as functions of what is entered; independent of the page's toolkit.

    Args:
        preset: str, name, directory or handle of a preset that generates images.

    Attributes:
        model: the model. partner: the one without mode seeking, or None.
        kind: the kind of its condition, see `zoo.conditions.kinds`.
    """

    def __init__(self, preset):
        import zoo
        from zoo.presets.registry import without_mode_seeking

        self.preset, self.model = preset, zoo.from_preset(preset)
        self.kind = getattr(self.model.condition, "kind", None)
        if self.kind not in KINDS:
            raise ZooError(
                f"The page shows presets that generate images from {', '.join(KINDS[:-1])} or "
                f"{KINDS[-1]}, but {preset} is a {type(self.model).__name__}"
                f"{self.kind and f', which reads {self.kind}' or ''}."
            )
        plain = without_mode_seeking(preset)
        self.partner = plain and zoo.from_preset(plain)
        self.titles = [f"{plain}, without mode seeking"] if plain else []
        self.titles.append(f"{preset}, with mode seeking" if plain else preset)
        self.models = [model for model in (self.partner, self.model) if model is not None]

    def conditions(self, entered):
        """The conditions of `generate` from the page's input: text, list of labels, or an image's
        path."""
        if self.kind == "nothing":
            return None
        found = entered
        if self.kind == "captions":
            found = [line.strip() for line in (entered or "").splitlines() if line.strip()]
        if found is None or len(found) == 0:
            what = {"labels": "a class", "images": "an image"}.get(self.kind, "a caption")
            raise ZooError(f"Enter {what} first.")
        return [found] if self.kind == "images" else found

    def draw(self, entered, seed, count):
        """One grid per model, uint8 (H, W, 3): a row per condition, a column per seed."""
        conditions = self.conditions(entered)
        seed, count = _whole("a seed", seed), _whole("a number of images", count)
        return [
            large_grid(model.generate(conditions, images_per_condition=count, seed=seed), count)
            for model in self.models
        ]

    def frames(self, entered, seed):
        """One list of `FRAMES` images per model, from the latent of the seed to that of the next;
        each image uint8 (H, W, 3), a row per condition."""
        conditions, seed, result = self.conditions(entered), _whole("a seed", seed), []
        for model in self.models:
            images = model.interpolate(conditions, steps=FRAMES, seed=seed)
            by_condition = images.reshape(-1, FRAMES, *images.shape[1:])
            result.append([large_grid(part, 1) for part in by_condition.swapaxes(0, 1)])
        return result

    def attention(self, entered, seed):
        """The panel of attention of each caption, uint8 (H, W, 3)."""
        from zoo.visualization.attention_panel import panel
        from zoo.visualization.explain import explain

        conditions = self.conditions(entered)
        return np.asarray(panel(explain(self.model, conditions, _whole("a seed", seed))))


def _whole(what, value):
    """The int of a number field, which is None where it was emptied."""
    if value is None:
        raise ZooError(f"Enter {what} first.")
    return int(value)


def large_grid(images, columns):
    """A grid of images that are enlarged, without smoothing, to `SIDE` pixels."""
    from zoo.visualization.grid import enlarged, grid

    return grid(enlarged(images, SIDE), columns)


def make_page(demo):
    """The page of a `Demo`, a `gradio.Blocks`."""
    import gradio

    def guarded(function):
        """The function, whose `ZooError` becomes a message on the page."""
        def call(*arguments):
            try:
                return function(*arguments)
            except ZooError as error:
                raise gradio.Error(str(error), print_exception=False) from None
        return call

    def images(*arguments):
        return _unpacked(demo.draw(*arguments))

    def at(frames, position):
        return _unpacked([part[int(position)] for part in frames]) if frames else gradio.skip()

    title = f"{demo.preset} - conditional GAN zoo"
    with gradio.Blocks(title=title, analytics_enabled=False) as page:
        gradio.Markdown(
            f"## {demo.preset}\n{type(demo.model).__name__}, {demo.model.image_size} pixels. "
            "One row per condition, one column per seed."
        )
        with gradio.Row():
            entered = _input(gradio, demo)
            with gradio.Column():
                seed = gradio.Number(0, label="seed", precision=0, minimum=0)
                count = gradio.Slider(1, MOST, 4, step=1, label="images per condition")
        with gradio.Tab("Images"):
            button = gradio.Button("Generate", variant="primary")
            outputs = _outputs(gradio, demo)
            button.click(guarded(images), [entered, seed, count], outputs, api_name="generate")
        if demo.model.latent_dim:
            with gradio.Tab("Between two latents"):
                button, frames = gradio.Button("Compute", variant="primary"), gradio.State()
                slider = gradio.Slider(
                    0, FRAMES - 1, 0, step=1, label="from the latent of the seed to the next one's")
                outputs = _outputs(gradio, demo)
                button.click(guarded(demo.frames), [entered, seed], frames).then(
                    at, [frames, slider], outputs)
                slider.change(at, [frames, slider], outputs, show_progress="hidden")
        if demo.kind == "captions":
            with gradio.Tab("Attention"):
                button = gradio.Button("Explain", variant="primary")
                output = gradio.Image(label="attention to each word", type="numpy", format="png")
                button.click(guarded(demo.attention), [entered, seed], output)
    return page


def _unpacked(images):
    """A list of images as the outputs of an event: one output is not in a list."""
    return images if len(images) > 1 else images[0]


def _input(gradio, demo):
    if demo.kind == "captions":
        first = EMOJI if "emoji" in demo.preset else ""
        return gradio.Textbox(first, lines=4, label="captions, one per line")
    if demo.kind == "labels":
        names = demo.model.class_names or [str(i) for i in range(demo.model.classes)]
        choices = [(name, i) for i, name in enumerate(names)]
        return gradio.Dropdown(choices, value=[0], multiselect=True, label="classes")
    if demo.kind == "images":
        # the file as it was uploaded, which `generate` reads by its own rules
        return gradio.Image(label="image", type="filepath", image_mode=None)
    return gradio.State()


def _outputs(gradio, demo):
    with gradio.Row():
        return [gradio.Image(label=title, type="numpy", format="png") for title in demo.titles]


def main(arguments=None):
    """Starts the page; returns after Ctrl-C."""
    options = make_parser().parse_args(arguments)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import gradio
    except ModuleNotFoundError as error:
        raise ZooError(
            'The page needs Gradio: pip install "conditional-gan-zoo[demo]".'
        ) from error
    page = make_page(Demo(options.preset))
    fonts = ["system-ui", "sans-serif"]
    theme = gradio.themes.Default(font=fonts, font_mono=["monospace"])
    try:
        page.launch(server_name=options.host, server_port=options.port or None, theme=theme)
    except OSError as error:
        raise ZooError(
            f"The address {options.host}:{options.port} cannot be bound: choose another --port (0 "
            "takes a free one) or --host."
        ) from error
    return 0


if __name__ == "__main__":
    programs.run(main)

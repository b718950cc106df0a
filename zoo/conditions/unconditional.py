"""The absence of a condition."""

from zoo.conditions.base import Condition
from zoo.conditions.records import LIMITS, SERVING_DEFAULT, Given, Signature, shown
from zoo.errors import ZooError, check_choice
from zoo.text.captions import UNKNOWN_WORDS


class Unconditional(Condition):
    """No condition: the model generates images from noise only."""

    kind, task = "nothing", "text-to-image"
    data_form = "captions"
    count_argument = "images_per_caption"
    options = ("unknown",)  # as for captions; without effect
    explains = True

    def parse(self, conditions=None, unknown="drop"):
        check_choice("unknown", unknown, UNKNOWN_WORDS)
        if conditions is not None:
            raise ZooError(
                "This model has no condition: call generate(images_per_caption=..., seed=...) "
                f"without captions, got {shown(conditions)}."
            )
        return {}

    def symbolic(self):
        return {}

    def serve(self, folder, limits=LIMITS):
        return {SERVING_DEFAULT: Signature([], dict)}, []

    def requests(self, size):
        return {SERVING_DEFAULT: {}}

    def known(self):
        return "noise alone"

    def hint(self):
        return "generates images without a condition"

    def load(self, name):
        return Given(None, ["no caption"])

    @classmethod
    def example_argument(cls, record):
        return "", ""

    @classmethod
    def example_flag(cls, record):
        return ""

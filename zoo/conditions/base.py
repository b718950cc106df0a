"""Base class of all conditions."""

from zoo.conditions.examples import UsageExamples
from zoo.conditions.records import LIMITS, row_count


class Condition(UsageExamples):
    """The condition that a model generates images from. One subclass per kind.

    Attributes:
        kind: str, as stored in presets' metadata.
        task: str, the task of models with such a condition, as stored in presets' metadata.
        data_form: str, the content of its data sets: "captions", "labels", "pairs" or "domains".
        argument: str, the alias of `conditions` in `generate`.
        options: names of further arguments of `parse`.
        flags: names of the command-line values from which `load` reads such conditions.
        fields: dict of name -> `tf.TensorSpec`, the condition's part of a batch.
        network_names: networks of the model that only the condition uses.
        encoder: the text encoder whose weights are stored with the model, or None.
        hub_encoder: the `HubTextEncoder`, or None.
        features: int, size of the vectors that encode a text; 0 for other kinds.
        class_names: list of str or None. directions: names of the directions of translation.
        explains: whether `zoo.visualization.explain` supports such conditions.
    """

    kind = task = data_form = ""
    argument = "conditions"
    options = flags = network_names = directions = ()
    encoder = hub_encoder = class_names = None
    features, fields, explains = 0, {}, False

    def parse(self, conditions, **options):
        """dict of arrays as in `fields`, one row per condition of the user.

        Raises:
            ZooError: the conditions are not of this kind; the message says what is expected.
        """
        raise NotImplementedError

    def words(self, rows):
        """list of the list of words read per row of `parse`; empty for conditions without words."""
        return [[] for _ in range(row_count(rows))]

    def unread(self, conditions, rows, **options):
        """A sentence about the words that `parse` left out of these rows; "" if it read all."""
        del conditions, rows, options
        return ""

    def take(self, rows, indices):
        """The rows of `parse` with these indices, as part of a batch."""
        return {name: row[indices] for name, row in rows.items()}

    def symbolic(self):
        """dict of symbolic tensors like the output of `encode`, to build networks on."""
        raise NotImplementedError

    def encode(self, batch):
        """The condition's part of the generator's inputs, a dict of tensors."""
        return {name: batch[name] for name in self.fields}

    def serve(self, folder, limits=LIMITS):
        """The signatures of a server.

        Args:
            folder: str. The folder for files that become assets of a SavedModel.
            limits: `Limits` of a request.

        Returns:
            (dict of signature name -> `Signature`, list of the tables and assets that they need).
        """
        raise NotImplementedError

    def requests(self, size):
        """dict of signature name -> valid inputs of `size` rows, without seeds."""
        raise NotImplementedError

    def record(self):
        """dict of plain values stored in the metadata, from which a model card shows the usage."""
        return {"kind": self.kind}

    def known(self):
        """The conditions that the model reads, as a phrase: "captions of up to 13 words"."""
        raise NotImplementedError

    def known_example(self):
        """dict that completes `record` with conditions that this model reads, for an example."""
        return {}

    def hint(self):
        """The conditions that the model reads and the flags to pass them with, as a predicate that
        follows the model's name."""
        raise NotImplementedError

    def load(self, name, **values):
        """The `Given` of a program's command-line values.

        Args:
            name: str, the model's name in messages.
            **values: the values of `flags`.

        Raises:
            ZooError: no condition was given, or it cannot be read.
        """
        raise NotImplementedError

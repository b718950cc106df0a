"""The interface of all conditions."""

from zoo.conditions.examples import UsageExamples
from zoo.conditions.records import row_count


class Condition(UsageExamples):
    """What a model draws from. One subclass per kind.

    Attributes:
        kind: str, the word that presets' metadata store.
        task: str, the task of a model of this kind, as metadata store it.
        data_form: str, what its data sets hold: "captions", "labels", "pairs" or "domains".
        argument: str, what `generate` calls these conditions beside `conditions`.
        options: names of what `parse` takes beside the conditions.
        flags: names under which a program is given such conditions, see `load`.
        fields: dict of name to `tf.TensorSpec`, the part of a batch that is the condition.
        network_names: networks of the model that only the condition needs.
        encoder: the text encoder whose weights are stored with the model, or None.
        hub_encoder: the `HubTextEncoder`, or None.
        features: int, size of the vectors that describe a text; 0 of other kinds.
        class_names: list of str or None. directions: names of the ways to translate.
        explains: whether `zoo.visualization.explain` works with such conditions.
    """

    kind = task = data_form = ""
    argument = "conditions"
    options = flags = network_names = directions = ()
    encoder = hub_encoder = class_names = None
    features, fields, explains = 0, {}, False

    def parse(self, given, **options):
        """dict of arrays by `fields`, one row per condition that the user gave.

        Raises:
            ZooError: it is not of this kind; the message says what is expected.
        """
        raise NotImplementedError

    def words(self, rows):
        """A list of the words read, for each row of `parse`; empty lists where none are."""
        return [[] for _ in range(row_count(rows))]

    def unread(self, given, rows, **options):
        """What is not read of the conditions that `parse` gave these rows for; "" where all is."""
        del given, rows, options
        return ""

    def take(self, rows, indices):
        """The part of a batch that these rows of `parse` are."""
        return {name: row[indices] for name, row in rows.items()}

    def symbolic(self):
        """dict of symbolic tensors like what `encode` gives, to build networks on."""
        raise NotImplementedError

    def encode(self, batch):
        """The condition's part of the generator's input, a dict of tensors."""
        return {name: batch[name] for name in self.fields}

    def serve(self, folder):
        """How a server is asked.

        Args:
            folder: str. Where files are written that become assets of a SavedModel.

        Returns:
            (dict of signature name to `Signature`, list of the tables and assets that they need).
        """
        raise NotImplementedError

    def requests(self, size):
        """dict of signature name to valid inputs of `size` rows, without seeds."""
        raise NotImplementedError

    def record(self):
        """dict of plain values that metadata keep, from which a model card shows the usage."""
        return {"kind": self.kind}

    def hint(self):
        """What the model reads and how a program is given it, to follow the model's name."""
        raise NotImplementedError

    def load(self, name, **given):
        """The `Given` of what a program was given.

        Args:
            name: str, what messages call the model.
            **given: values by `flags`.

        Raises:
            ZooError: nothing was given, or it cannot be read.
        """
        raise NotImplementedError

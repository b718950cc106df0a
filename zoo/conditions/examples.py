"""How a model of a kind of condition is used, as text: from its record, for model cards."""

import json


class UsageExamples:
    """What a condition's class says of its use.

    Attributes:
        count_argument: str, what `generate` calls the number of images per condition there.
    """

    count_argument = "samples_per_condition"

    @classmethod
    def python_example(cls, record):
        """A line of Python that uses a model with this `record`."""
        first, comment = cls.example_argument(record)
        arguments = [first] if first else []
        if (count := record.get("samples", 4)) > 1:
            arguments.append(f"{cls.count_argument}={count}")
        arguments.append("seed=7")
        if directions := record.get("directions"):
            arguments.append(f"direction={json.dumps(directions[0])}")
            comment = f"  # or {', '.join(map(json.dumps, directions[1:]))}"
        return f"images = model.generate({', '.join(arguments)}){comment}"

    @classmethod
    def command_examples(cls, record):
        """The flags of a program that generates with such a model, a list of one per direction."""
        count = record.get("samples", 4)
        samples = f"--samples_per_condition={count}" if count > 1 else ""
        ways = [f"--direction={direction}" for direction in record.get("directions") or ()]
        parts = [
            (cls.example_flag(record), way, samples, "--seed=7", "--out=pictures")
            for way in ways or [""]
        ]
        return [" ".join(filter(None, flags)) for flags in parts]

    @classmethod
    def record_of_old(cls, metadata):
        """The `record` of a preset whose metadata hold none."""
        del metadata
        return {"kind": cls.kind}

    @classmethod
    def example_argument(cls, record):
        """(a valid first argument of `generate` as Python, a comment or "")."""
        raise NotImplementedError

    @classmethod
    def example_flag(cls, record):
        """The same as a flag of a program."""
        raise NotImplementedError

"""Usage examples of models as text, from the condition's record, for model cards."""

import json


class UsageExamples:
    """Usage examples of a condition's class.

    Attributes:
        count_argument: str, the name of `generate`'s `images_per_condition` in examples.
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
        """Command-line flags that generate with such a model, a list of one str per direction."""
        count = record.get("samples", 4)
        samples = f"--samples_per_condition={count}" if count > 1 else ""
        ways = [f"--direction={direction}" for direction in record.get("directions") or ()]
        parts = [
            (cls.example_flag(record), way, samples, "--seed=7", "--out=images")
            for way in ways or [""]
        ]
        return [" ".join(filter(None, flags)) for flags in parts]

    @classmethod
    def record_of_old(cls, metadata):
        """The `record` of an old preset whose metadata have none."""
        del metadata
        return {"kind": cls.kind}

    @classmethod
    def example_argument(cls, record):
        """(a valid first argument of `generate` as Python code, a comment or "")."""
        raise NotImplementedError

    @classmethod
    def example_flag(cls, record):
        """The same condition as a command-line flag."""
        raise NotImplementedError

"""Settings whose value follows from others until they are set."""

from ml_collections import ConfigDict, FieldReference


class Following(FieldReference):
    """A setting whose value follows from others until it is set.

    Args:
        choose: function of the other settings' values.
        names: their names; "size" and those of "data." are settings of the whole config.
        config: `ConfigDict` that has them.
        top: `ConfigDict` with "size" and "data"; by default `config`.

    Attributes:
        unless: a `Following` or None. Where the user has set that one, to another value than 0,
            this one is 0.
    """

    def __init__(self, choose, names, config, top=None):
        self.unless = None
        self.point_to(names, config, top or config)
        super().__init__(choose(*(source.get() for source in self.sources)))
        self.choose, self.follows = choose, True

    def point_to(self, names, config, top):
        """Lets the value follow from the settings of other configs, see the constructor."""
        shared = [name == "size" or name.startswith("data.") for name in names]
        self.names = names
        self.sources = [
            reference(top if part else config, name)
            for name, part in zip(names, shared, strict=True)
        ]

    @property
    def is_set(self):
        """Whether the user has set the value, to another one than 0."""
        return not self.follows and bool(self.get())

    def get(self):
        if not getattr(self, "follows", False):
            return super().get()
        if self.unless is not None and self.unless.is_set:
            return 0
        return self.choose(*(source.get() for source in self.sources))

    def set(self, value, type_safe=True):
        self.follows = False
        super().set(value, type_safe)


def follow_length(config, steps, epochs):
    """Makes `steps` and `epochs` follow; where the user sets one of them, the other is 0.

    Args:
        config: unlocked `ConfigDict` in which nothing refers to the two yet.
        steps, epochs: pairs (choose, names), see `Following`.
    """
    config.steps = first = Following(*steps, config)
    config.epochs = second = Following(*epochs, config)
    first.unless, second.unless = second, first


def fixed(value):
    """The arguments `choose` and `names` of a setting that follows from nothing."""
    return (lambda: value), ()


def reference(config, name):
    """The `FieldReference` of a setting, such as "data.directory"."""
    *groups, key = name.split(".")
    for group in groups:
        config = config[group]
    return config.get_ref(key)


def following_settings(config):
    """Names of the settings whose values follow from others."""
    names = []
    for key, stored in config.items(preserve_field_references=True):
        if isinstance(stored, ConfigDict):
            names += [f"{key}.{name}" for name in following_settings(stored)]
        elif _follows(stored):
            names.append(key)
    return names


def _follows(stored):
    """Whether the value of a field follows; a `Following` may be inside an older reference."""
    while isinstance(stored, FieldReference):
        if getattr(stored, "follows", False):
            return True
        stored = stored._value  # there is no public access
    return False


def changed_settings(config, defaults):
    """dict of name -> value of the settings that the user has changed.

    Args:
        config: `ConfigDict`.
        defaults: the same `ConfigDict` without any change.
    """
    changed = {}
    for key, stored in config.items(preserve_field_references=True):
        if isinstance(stored, ConfigDict):
            inside = changed_settings(stored, defaults[key])
            changed.update({f"{key}.{name}": value for name, value in inside.items()})
        elif not _follows(stored) and config[key] != defaults[key]:
            changed[key] = config[key]
    return changed

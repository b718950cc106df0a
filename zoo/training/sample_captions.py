"""What a run's pictures are made of: rows that `generate` takes, and a label for each.

Rows are captions, or sentence embeddings (array), or None for a system without text.
"""

import numpy as np

from zoo.errors import ZooError
from zoo.text.captions import check_captions, check_texts


def sample_rows(config, data, model):
    """The rows of the fixed sample grid.

    Captions that the model cannot read give way to held-out ones, and where it can read none of
    these either, to training captions; of embeddings there are only held-out ones, as many as the
    grid has captions.

    Returns:
        (rows, labels); without text (None, []).
    """
    wanted = list(config.samples.captions)
    if model.condition.kind != "captions":
        return held_out_rows(config, data, model, max(len(wanted), 1))
    captions = [c for c in wanted if can_read(c, model.vocabulary, config.data.unknown)]
    if not captions or len(captions) < len(wanted):
        others = [c for c in held_out_rows(config, data, model)[0] if c not in captions]
        captions += others[:max(len(wanted), 1) - len(captions)]
    if not captions:
        captions = _readable(config, data.source, model)[:max(len(wanted), 1)]
    return captions, captions


def held_out_rows(config, data, model, count=None):
    """The first `count` rows of the held-out split, or all, with the captions of those pictures.

    Returns:
        (rows, labels); without text (None, []).
    """
    if model.condition.kind == "nothing":
        return None, []
    if model.condition.kind != "captions":
        captions = [captions[0] for captions in data.held_out.captions[:count]]
        return np.stack([rows[0] for rows in data.held_out.embeddings[:count]]), captions
    captions = _readable(config, data.held_out, model)[:count]
    return captions, captions


def _readable(config, source, model):
    """The different first captions of a source that a model can read."""
    captions = dict.fromkeys(captions[0] for captions in source.captions)
    return [c for c in captions if can_read(c, model.vocabulary, config.data.unknown)]


def can_read(caption, vocabulary, unknown):
    """Whether a vocabulary reads anything of a caption; None: word pieces, which read any text."""
    try:
        if vocabulary is None:
            check_texts([caption])
        else:
            check_captions([caption], vocabulary, unknown=unknown)
    except ZooError:
        return False
    return True

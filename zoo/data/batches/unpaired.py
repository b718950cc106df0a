"""Batches of two domains of images without pairs."""

from zoo.data.batches.batching import Batching
from zoo.data.batches.image_cache import source_squares

_SALTS, _PARTNER_SALT = {"a": 0x2545F491, "b": 0x6C078965}, 0x1B873593


def unpaired_dataset(source, image_size, batch_size, flip=True, **settings):
    """Endless batches of two domains; each image has its own crop and flip.

    An epoch passes through the larger domain, or through A if both have the same length. For each
    of its images, an image of the other domain is drawn at random.

    Args:
        source: has `a` and `b`, sources of images, such as `UnpairedFolders` or `ShapeDomains`;
            resized to a square with Pillow's bicubic filter.
        image_size, batch_size, flip, **settings: the attributes of `Batching`: `seed`,
            `start_step`, `training`, `load_size` (DRIT: 256, cropped to 216), `cache`, `rows`;
            `batch_size` is at most the length of the larger domain.

    Returns:
        `tf.data.Dataset` of dicts: `images_a` and `images_b`, float32 [B, s, s, 3] in [-1, 1].

    Raises:
        ZooError: an invalid size or batch size.
    """
    batching = Batching(image_size, batch_size, flip=flip, **settings)
    batch = _domains(source, batching)
    lengths = {"a": len(source.a), "b": len(source.b)}
    larger, smaller = ("a", "b") if lengths["a"] >= lengths["b"] else ("b", "a")

    def batch_of(step):
        index = {
            larger: batching.indices(step, lengths[larger]),
            smaller: batching.drawn_indices(step, lengths[smaller], _PARTNER_SALT),
        }
        return batch(index, {name: batching.moves(step, salt) for name, salt in _SALTS.items()})

    return batching.endless(batch_of, lengths[larger])


def unpaired_evaluation(source, image_size, batch_size, load_size=None, cache=False):
    """Every image of the larger domain once, in order; the smaller domain is repeated.

    Center crop, no flip; the last batch may be smaller. Arguments and fields are those of
    `unpaired_dataset`.

    Returns:
        finite `tf.data.Dataset` of dicts.
    """
    batching = Batching(image_size, batch_size, load_size=load_size, cache=cache)
    batch = _domains(source, batching)
    lengths = {"a": len(source.a), "b": len(source.b)}

    def in_order(index):
        return batch({name: index % lengths[name] for name in lengths}, {"a": (), "b": ()})

    return batching.once(in_order, max(lengths.values()))


def _domains(source, batching):
    batching.check(source.a, source.b)
    squares = {
        name: source_squares(getattr(source, name), batching.side, "bicubic", batching.cache)
        for name in ("a", "b")
    }

    def batch(index, moves):
        return {
            f"images_{name}": squares[name].views(index[name], batching.image_size, *moves[name])
            for name in squares
        }

    return batch

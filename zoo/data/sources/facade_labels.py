"""Facades with the classes of their label maps.

The CMP Facade Database (Tylecek and Sara 2013) in the form of pix2pix (arXiv 1611.07004): the photo
in the left half of a file, its label map in the right half. A map has one color per class. The maps
are stored as JPEG, so the color of a pixel is only near that of its class: in the training split,
at 128 pixels, 11 % of the pixels are farther than 60 (of 255, Euclidean) from every color, most of
them at edges; of the photos, more than 99.9 %.
"""

from zoo.data.label_maps import far_share
from zoo.data.sources.paired_folders import PairedFolder
from zoo.errors import ZooError
from zoo.listing import LIMITS

# The colors were read from the maps of pix2pix, the most frequent ones; the names are CMP's.
CLASSES = {
    "background": (0, 0, 222), "facade": (0, 48, 255), "window": (0, 128, 255),
    "door": (0, 207, 255), "cornice": (32, 255, 223), "sill": (112, 255, 143),
    "balcony": (191, 255, 64), "blind": (255, 239, 0), "deco": (255, 159, 0),
    "molding": (255, 80, 0), "pillar": (255, 0, 0), "shop": (175, 0, 0),
}


class FacadeLabels(PairedFolder):
    """Label maps of facades, and their photos, as pairs whose maps have known classes.

    Example:
        source = FacadeLabels("facades.zip")
        label_map, photo = source.load(0)  # both uint8 (256, 256, 3)
        source.cell_names[:3]              # ["background", "facade", "window"]

    Args:
        directory: path of the folder or .zip file, see `PairedFolder`.
        split, on_error, check, follow_links, limits: see `PairedFolder`.

    Attributes in addition to those of `PairedFolder`:
        cell_names: list of str, the classes.
        cell_colors: list of [r, g, b], 0 to 255, the color of each class in a label map.

    Raises:
        MissingSplit, ZooError: see `PairedFolder`; or the right half of the first file has other
            colors.
    """

    def __init__(self, directory, split="train", on_error="raise", check=True, follow_links=False,
                 limits=LIMITS):
        super().__init__(
            directory, split, "b2a", on_error, check, follow_links=follow_links, limits=limits
        )
        self.cell_names = list(CLASSES)
        self.cell_colors = [list(color) for color in CLASSES.values()]
        if far_share(self.load(0)[0][None], self.cell_colors) > 0.5:
            raise ZooError(
                f"{self.file_names[0]}: most pixels of the right half have none of the "
                f"{len(CLASSES)} colors of CMP's label maps; expected photo and label map side by "
                'side. The source "pairs" reads other pairs.'
            )

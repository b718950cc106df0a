"""Finds class folders in a folder or .zip file."""

import dataclasses
import posixpath

from zoo.data.sources.layouts import (
    Place,
    contents,
    filled,
    like_split,
    split_of,
    split_place,
    splits_at,
)
from zoo.errors import ZooError
from zoo.listing import METADATA, in_one_form, shown

CLASSES = (
    "train/<class>/*.png, with test/ and val/ like train/; or <class>/*.png without splits"
)
_SAY = "If they are classes nevertheless, rename them, or list them in classes=[...]."


def class_place(tree, split, classes=None):
    """Finds the class folders of a split.

    Args:
        classes: list of the names of class folders, which are accepted without further checks, or
            None.

    Returns:
        (`Place` of the folder with the class folders, names of the classes).
    """
    if classes is not None:
        classes = [in_one_form(name) for name in classes]
        if not classes or len(set(classes)) < len(classes):
            raise ZooError(f"classes must be one or more different names, got {classes}.")
        if split is None or split == "":
            for level in tree.roots:
                if set(classes) <= set(tree.folders(level)):
                    return Place(level, None), classes
    place = split_place(tree, split, CLASSES)
    if place.split is None:
        place = dataclasses.replace(place, folder=_whole(tree, place.folder, classes))
    names = tree.folders(place.folder)
    if classes is None:
        _check_classes(tree, place)
    elif missing := [name for name in classes if name not in names]:
        raise ZooError(
            f'{tree.describe(place.folder)}: expected a folder "{missing[0]}" of that class, but '
            f"found {shown(', '.join(names))}."
        )
    names = names if classes is None else classes
    for name in names:
        _check_no_splits_inside(tree, posixpath.join(place.folder, name))
    return place, names


def _whole(tree, folder, classes):
    """The folder with the class folders of a data set without splits, whose root is `folder`."""
    if classes is not None:
        levels = [level for level in tree.roots if set(classes) <= set(tree.folders(level))]
        return levels[-1] if levels else folder
    if len(filled(tree, folder)) < 2 and folder:
        name = posixpath.basename(folder)
        raise ZooError(
            f"{tree.describe()}: all images are in one folder, {shown(folder)}, so it is ambiguous "
            f"whether this is a class; accepted are {CLASSES}. If it is the only class, name "
            f'it in classes=["{shown(name)}"], or put it into a folder train.'
        )
    return folder


def looks_like_sides(names):
    """Whether folders of these names may be A and B of pairs or domains. An alphabet is not."""
    letters = {name.casefold() for name in names}
    return {"a", "b"} <= letters and "c" not in letters


def name_problem(names):
    """Why folders of these names look like something other than classes, or None.

    A and B with other folders are classes to a caller who reads classes.
    """
    if split := next((name for name in names if like_split(name)), None):
        return f"the folder {shown(split)} looks like a split, not like a class"
    if {name.casefold() for name in names} == {"a", "b"}:
        return (
            'the folders A and B look like pairs or domains (the data sources "pairs" and '
            '"unpaired"), not like classes'
        )
    return None


def _check_classes(tree, place):
    """Raises if folders may be something other than classes."""
    folder, where = place.folder, tree.describe(place.folder)
    loose = len(tree.images(folder, recursive=False))  # images outside of class folders
    summary, names = contents(tree, folder), filled(tree, folder)
    if not names or (loose and (len(names) == 1 or loose > 1)):
        raise ZooError(
            f"{where}: expected all images in one folder per class, but found {summary}; accepted "
            f"are {CLASSES}."
        )
    if len(names) == 1 and any(name.split("/")[-1] == METADATA for name in tree.files()):
        raise ZooError(
            f'{where}: {METADATA} and images in one folder are captioned images, for the data '
            f'source "folder" (found {summary}); accepted are {CLASSES}.'
        )
    if problem := name_problem(sorted({*names, *_names_in_splits(tree, place)})):
        raise ZooError(f"{where}: {problem} (found {summary}); accepted are {CLASSES}. {_SAY}")
    for name in names:
        if inner := _folders_only(tree, posixpath.join(folder, name)):
            raise ZooError(
                f"{where}: the folder {shown(name)} has no images itself, but the folders "
                f"{shown(', '.join(inner[:5]))}, so it is ambiguous which are the classes; "
                f"accepted are {CLASSES}. {_SAY}"
            )


def _names_in_splits(tree, place):
    """Names of the folders with images in the splits next to a `Place`: its test split may lack
    classes."""
    if place.split is None:
        return set()
    splits = splits_at(tree, posixpath.dirname(place.folder)).values()
    return {name for folders in splits for folder in folders for name in filled(tree, folder)}


def _folders_only(tree, folder):
    """The subfolders with images of a folder that has two or more of them and no image itself."""
    while not tree.images(folder, recursive=False):
        inner = filled(tree, folder)
        if len(inner) >= 2:
            return inner
        folder = posixpath.join(folder, inner[0])
    return []


def _check_no_splits_inside(tree, folder):
    for name in tree.images(folder):
        for part in name[len(folder) + 1 :].split("/")[:-1]:
            if split_of(part):
                raise ZooError(
                    f"{tree.describe(folder)}: the folder {shown(part)} inside this class looks "
                    f"like a split; accepted are {CLASSES}. Put the split outside the class, or "
                    "rename the folder."
                )

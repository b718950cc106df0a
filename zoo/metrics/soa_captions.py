"""Captions for SOA: those that mention one of the detector's 80 labels.

The paper's captions are lists, files `label_XX_name.pkl` of
tohinz/semantic-object-accuracy-for-generative-text-to-image-synthesis (SOA/captions): 130,124 of
COCO's validation captions of 2014 for the labels 1 to 79, and any 30,000 that mention a person.
Each of these captions contains one of `SUBSTRINGS` (except for one of "backpack"), anywhere in a
word, but not every caption with a substring is in the lists: those of "car" are half of the
captions with "car" or "auto", including "carrot" and "carry". A selection by substrings is
therefore an approximation, and a reported number names the selection.
Known deviation: the authors' list of captions with a person is not in their repository; the words
`PERSON` were chosen here.
"""

import re

SUBSTRINGS = {
    "person": (),
    "bicycle": ("bicycle", "bike"),
    "car": ("car", "auto"),
    "motorbike": ("motorcycle", "motor bike", "motorbike", "motor cycle", "scooter", "dirt bike"),
    "aeroplane": ("plane", "jet", "aircraft"),
    "bus": ("bus",),
    "train": ("train",),
    "truck": ("truck",),
    "boat": ("boat", "ship", "yacht", "canoe"),
    "traffic light": ("traffic light", "traffic signal"),
    "fire hydrant": ("hydrant",),
    "stop sign": ("stop sign",),
    "parking meter": ("parking meter",),
    "bench": ("bench",),
    "bird": ("bird",),
    "cat": ("cat", "kitten"),
    "dog": ("dog", "pup"),
    "horse": ("horse",),
    "sheep": ("sheep",),
    "cow": ("cow",),
    "elephant": ("elephant",),
    "bear": ("bear",),
    "zebra": ("zebra",),
    "giraffe": ("giraffe",),
    "backpack": ("backpack",),
    "umbrella": ("umbrella",),
    "handbag": ("handbag", "purse"),
    "tie": ("tie",),
    "suitcase": ("suitcase", "suit case"),
    "frisbee": ("frisbee",),
    "skis": ("skis",),
    "snowboard": ("snowboard", "snow board"),
    "sports ball": ("ball",),
    "kite": ("kite",),
    "baseball bat": ("baseball bat",),
    "baseball glove": ("baseball glove", "baseball mitt"),
    "skateboard": ("skateboard", "skate board"),
    "surfboard": ("surfboard", "surf board"),
    "tennis racket": ("tennis racket", "tennis racquet", "racket"),
    "bottle": ("bottle",),
    "wine glass": ("wine glass",),
    "cup": ("cup",),
    "fork": ("fork",),
    "knife": ("knife",),
    "spoon": ("spoon",),
    "bowl": ("bowl",),
    "banana": ("banana",),
    "apple": ("apple",),
    "sandwich": ("sandwich",),
    "orange": ("oranges",),
    "broccoli": ("broccoli",),
    "carrot": ("carrot",),
    "hot dog": ("hot dog", "hotdog"),
    "pizza": ("pizza",),
    "donut": ("donut",),
    "cake": ("cake",),
    "chair": ("chair",),
    "sofa": ("couch", "sofa"),
    "pottedplant": ("potted plant",),
    "bed": ("bed",),
    "diningtable": ("table", "desk"),
    "toilet": ("toilet",),
    "tvmonitor": ("monitor", "tv", "screen"),
    "laptop": ("laptop",),
    "mouse": ("computer mouse",),
    "remote": ("remote",),
    "keyboard": ("keyboard",),
    "cell phone": ("cell phone", "mobile phone"),
    "microwave": ("microwave",),
    "oven": ("oven",),
    "toaster": ("toaster",),
    "sink": ("sink",),
    "refrigerator": ("refrigerator", "fridge"),
    "book": ("book",),
    "clock": ("clock",),
    "vase": ("vase",),
    "scissors": ("scissor",),
    "teddy bear": ("teddy bear", "teddybear"),
    "hair drier": ("hair drier", "hairdryer", "hair dryer"),
    "toothbrush": ("toothbrush", "tooth brush"),
}
"""Name of a label, in the order of the detector's class ids -> substrings of its captions."""

LABELS = tuple(SUBSTRINGS)
PERSON = frozenset(
    "person persons people man men woman women boy boys girl girls child children".split()
)
PERSONS = 30000  # captions of label 0, drawn at random


def labels_of_caption(caption):
    """The labels (ids) that a caption mentions, by `SUBSTRINGS`, and by the words `PERSON`."""
    text = caption.lower()
    found = [
        label for label, parts in enumerate(SUBSTRINGS.values())
        if any(part in text for part in parts)
    ]
    return ([0] if PERSON & set(re.findall(r"\w+", text)) else []) + found


def images_of_caption(label):
    """Number of images that the paper generates per caption of a label: 1 for persons, else 3."""
    return 3 if label else 1

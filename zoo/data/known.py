"""The data sets of the papers: their sizes, official archives, and the variants that read them.

Sizes are those of the papers or of the released files. A checksum or a size in bytes is given only
where a public source states it: the TensorFlow Datasets' list of checksums (Yosemite, COCO, CUB),
Keras (CIFAR-10), or the log of a download (facades, maps). The numbers of images of edges2shoes,
edges2handbags and night2day were not compared with a source; they only give the steps of an epoch
in `--dry_run`.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Archive:
    """An official archive, a .zip or a .tar.gz.

    Attributes:
        address: str, its public address.
        bytes: int, its size; 0 if it is unknown.
        sha256: str, 64 hexadecimal digits; "" if it is unknown.
        into: str, the folder of the data set that its content belongs into; "" for the top.
        drop: int, the leading folders of its names that are left out.
    """

    address: str
    bytes: int = 0
    sha256: str = ""
    into: str = ""
    drop: int = 0

    @property
    def name(self):
        """The file's name, such as "facades.tar.gz"."""
        return self.address.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class KnownData:
    """A data set of a paper.

    Attributes:
        images: int, images of an epoch: the training split; pairs; of two domains, the larger one.
        kind: "captions", "classes", "pairs" or "domains".
        tokens: int, tokens of the vocabulary, with `<end>`; 0 without captions.
        classes: int; 0 without labels.
        directory: str, where the recipes look for it; "" where the user names the folder.
        source: str, the data source that reads it, see `zoo.data.get_source`.
        layout: tuple of str, files and folders that must be there, besides the images.
        splits: dict of split to images, or to (images of A, images of B) for two domains; None
            where the number is not known for certain. Empty if the layout is not checked.
        captions: int, captions per image; 0 if they are not counted.
        split_classes: dict of split to the number of its classes; empty if they are not counted.
        md5: dict of unpacked file to its MD5, as its authors give it; for damage, not for trust.
        archives: tuple of `Archive`; empty if there is no public address.
        by_hand: str, a sentence about what no archive contains; "" if they are complete.
        command: str, the command that trains with it; "{}" is the folder.
    """

    images: int
    kind: str
    tokens: int = 0
    classes: int = 0
    directory: str = ""
    source: str = ""
    layout: tuple = ()
    splits: dict = field(default_factory=dict)
    captions: int = 0
    split_classes: dict = field(default_factory=dict)
    md5: dict = field(default_factory=dict)
    archives: tuple = ()
    by_hand: str = ""
    command: str = ""


PIX2PIX = "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets/"
CYCLE_GAN = "https://people.eecs.berkeley.edu/~taesung_park/CycleGAN/datasets/"
COCO_ZIPS = "http://images.cocodataset.org/zips/"
ATTN_GAN = (
    "The captions and splits (text, train, test) are the file {} that the README of "
    "github.com/taoxugit/AttnGAN links on Google Drive: download it in a browser and unpack it "
    "into the same folder."
)
DAMSM_WEIGHTS = (  # torchvision's file, for the DAMSM that is pre-trained first
    " --config.pretraining.model.image_weights=inception_v3_google-1a9a5a14.pth"
)
ATTN_GAN_FILES = ("text", "train/filenames.pickle", "test/filenames.pickle")
DATA_SETS = {
    "emoji": KnownData(7191, "captions", tokens=1229, directory="data/emoji.zip"),
    "birds": KnownData(
        8855, "captions", tokens=5450, directory="data/birds", source="birds",
        layout=("CUB_200_2011/images.txt", "CUB_200_2011/bounding_boxes.txt", *ATTN_GAN_FILES),
        splits={"train": 8855, "test": 2933}, captions=10,
        split_classes={"train": 150, "test": 50},
        archives=(Archive(
            "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz", 1150585339,
            "0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081",
        ),),
        by_hand=ATTN_GAN.format("birds.zip"),
        command="zoo train dm_gan:birds_ms --config.data.directory={} --workdir=runs/birds_ms"
                + DAMSM_WEIGHTS,
    ),
    "coco": KnownData(
        82783, "captions", tokens=27297, directory="data/coco", source="coco",
        layout=("images", *ATTN_GAN_FILES),
        splits={"train": 82783, "test": None}, captions=5,
        archives=(
            Archive(f"{COCO_ZIPS}train2014.zip", 13510573713,
                    "ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
                    into="images", drop=1),
            Archive(f"{COCO_ZIPS}val2014.zip", 6645013297,
                    "fe9be816052049c34717e077d9e34aa60814a55679f804cd043e3cbee3b9fde0",
                    into="images", drop=1),
        ),
        by_hand=ATTN_GAN.format("coco.zip"),
        command="zoo train dm_gan:coco_ms --config.data.directory={} --workdir=runs/coco_ms"
                + DAMSM_WEIGHTS,
    ),
    "cifar10": KnownData(
        50000, "classes", classes=10, source="cifar10",
        splits={"train": 50000, "test": 10000}, split_classes={"train": 10, "test": 10},
        md5={
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
            "test_batch": "40351d587109b95175f43aff81a1287e",
        },
        archives=(Archive(
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", 170498071,
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        ),),
        command="zoo train dcgan:cifar10_msgan --config.data.directory={} --workdir=runs/cifar10",
    ),
    "facades": KnownData(
        400, "pairs", source="pairs", splits={"train": 400, "val": 100, "test": 106},
        archives=(Archive(f"{PIX2PIX}facades.tar.gz", 30168306, drop=1),),
        command="zoo train pix2pix:facades_msgan --config.data.directory={} --workdir=runs/facades",
    ),
    "maps": KnownData(
        1096, "pairs", source="pairs", splits={"train": 1096, "val": 1098},
        archives=(Archive(f"{PIX2PIX}maps.tar.gz", 250242400, drop=1),),
        command="zoo train pix2pix:maps_msgan --config.data.directory={} --workdir=runs/maps",
    ),
    "edges2shoes": KnownData(
        49825, "pairs", archives=(Archive(f"{PIX2PIX}edges2shoes.tar.gz", drop=1),),
        command="zoo train bicyclegan:edges2shoes --config.data.directory={} --workdir=runs/shoes",
    ),
    "edges2handbags": KnownData(
        138567, "pairs", archives=(Archive(f"{PIX2PIX}edges2handbags.tar.gz", drop=1),),
        command="zoo train bicyclegan:edges2handbags --config.data.directory={} "
                "--workdir=runs/handbags",
    ),
    "night2day": KnownData(
        17823, "pairs", archives=(Archive(f"{PIX2PIX}night2day.tar.gz", drop=1),),
        command="zoo train bicyclegan:night2day --config.data.directory={} --workdir=runs/night",
    ),
    "yosemite": KnownData(
        1231, "domains", source="unpaired", splits={"train": (1231, 962), "test": (309, 238)},
        archives=(Archive(
            f"{CYCLE_GAN}summer2winter_yosemite.zip", 132640856,
            "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9", drop=1,
        ),),
        command="zoo train drit:yosemite_msgan --config.data.directory={} --workdir=runs/yosemite",
    ),
    "cat2dog": KnownData(  # 871 cats and 1,364 dogs, of each 100 for the test
        1264, "domains", source="unpaired", splits={"train": (771, 1264), "test": (100, 100)},
        archives=(Archive("http://vllab.ucmerced.edu/hylee/DRIT/datasets/cat2dog.zip", drop=1),),
        command="zoo train drit:cat2dog_msgan --config.data.directory={} --workdir=runs/cat2dog",
    ),
}
VARIANTS = {  # data set -> the variants of recipes that read it, besides that of its own name
    "birds": ("birds_ms", "birds_msgan", "birds_embeddings", "birds_paper"),
    "coco": ("coco_ms", "coco_256"),
    "cifar10": ("cifar10_small", "cifar10_msgan"),
    "facades": ("facades_128", "facades_msgan"),
    "maps": ("maps_msgan",),
    "yosemite": ("yosemite_msgan",),
    "cat2dog": ("cat2dog_msgan",),
}
KNOWN = {  # variant of a recipe -> its data
    variant: data for name, data in DATA_SETS.items()
    for variant in (name, *VARIANTS.get(name, ()))
}

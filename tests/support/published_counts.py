"""The parameters of the papers' networks, as counted in the authors' code."""

STAGES = ("discriminator_64", "discriminator_128", "discriminator_256")


def staged(generator, *discriminators, **others):
    return {"generator": generator, **dict(zip(STAGES, discriminators, strict=True)), **others}


ATTN_BIRDS = (6313730, 19424002, 71858946)
DM = (1878242, 5155810, 18264546)
STACK = (5723906, 18834178, 71269122)
WORDS_BIRDS, WORDS_COCO, INCEPTION = 2075320, 8629420, 22506720
PIX2PIX = {"generator": 54794627, "discriminator": 3463586}
PATCHES = 3458978  # of an unconditional discriminator on two scales
BICYCLE = {"generator": 54794627, "encoder": 2590032}
EDGES = {"generator": 54792579, "encoder": 2590032}
DRIT = {"content_encoder": 9018112, "content_discriminator": 10683649}
SUMMER = {**DRIT, "attribute_encoder": 2688160, "generator": 9564710}
CATS = {**DRIT, "attribute_encoder": 5529872, "generator": 17146374}

COUNTS = {  # variant -> network -> parameters; only networks that the authors' code has too
    "attn_gan:birds": staged(7084592, *ATTN_BIRDS, text_encoder=WORDS_BIRDS,
                             image_encoder=INCEPTION),
    "attn_gan:coco": staged(13811456, 13304450, 42800258, 160774274, text_encoder=WORDS_COCO,
                            image_encoder=INCEPTION),
    "dm_gan:birds": staged(21449042, *DM, text_encoder=WORDS_BIRDS),
    "dm_gan:birds_ms": staged(21449042, *DM, text_encoder=WORDS_BIRDS),
    "dm_gan:coco": staged(22335314, *DM, text_encoder=WORDS_COCO),
    "dm_gan:coco_ms": staged(22335314, *DM, text_encoder=WORDS_COCO),
    "mirror_gan:birds": staged(7105392, *ATTN_BIRDS, text_encoder=WORDS_BIRDS),
    "mirror_gan:birds_paper": staged(7105392, *ATTN_BIRDS, text_encoder=WORDS_BIRDS),
    "stackgan_v2:birds_embeddings": staged(21239696, *STACK),
    "stackgan_v2:birds_msgan": staged(21239696, *STACK),
    "xmc_gan:coco": {"generator": 78507779, "discriminator": 87911713},
    "xmc_gan:coco_256": {"generator": 92865539, "discriminator": 99415585},
    "dcgan:cifar10": {"generator": 3531395, "discriminator": 2658689},
    "dcgan:cifar10_msgan": {"generator": 3531395, "discriminator": 2658689},
    **dict.fromkeys(("pix2pix:facades", "pix2pix:facades_msgan", "pix2pix:maps",
                     "pix2pix:maps_msgan"), PIX2PIX),
    **dict.fromkeys(("bicyclegan:facades", "bicyclegan:maps", "bicyclegan:night2day"), BICYCLE),
    **dict.fromkeys(("bicyclegan:edges2shoes", "bicyclegan:edges2handbags"), EDGES),
    **dict.fromkeys(("drit:yosemite", "drit:yosemite_msgan"), SUMMER),
    **dict.fromkeys(("drit:cat2dog", "drit:cat2dog_msgan"), CATS),
    "damsm:birds": {"text_encoder": WORDS_BIRDS, "image_encoder": INCEPTION},
    "damsm:coco": {"text_encoder": WORDS_COCO, "image_encoder": INCEPTION},
}

"""Golden parity of MirrorGAN's captioning network, its loss, and the DAMSM losses of its code."""

import numpy as np
import tensorflow as tf

from tests.golden.golden import Case, built, check_after, check_views, nchw, nhwc, tensor
from zoo.importers import mirror_gan as names
from zoo.importers.state_dict import load_state_dict
from zoo.losses import damsm
from zoo.losses.caption import caption_loss
from zoo.losses.kl import kl_to_standard_normal
from zoo.models.mirror_gan.captioner import CaptionDecoder, ResNetCaptionEncoder


def encoder_of(case, images, **options):
    config = case.meta["config"]
    encoder = ResNetCaptionEncoder(
        config["embed"], config["resnet_layers"], config["resnet_base"], **options
    )
    built(encoder, images)
    targets = names.caption_encoder_targets(encoder)
    load_state_dict(targets, case.param())
    return encoder, targets


def test_encoder(precision):
    case = Case("mirrorgan", "stream_caption_cnn")
    images = tensor(nhwc(case.inputs["images"]))
    encoder, targets = encoder_of(case, images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        features = encoder(images)
        loss = tf.reduce_sum(features**2)  # the objective whose gradient is stored
    case.check("eval/features", features)
    check_views(case, "eval/d_images", nchw(tape.gradient(loss, images)))
    check_views(case, "upsampled224", nchw(encoder.resize(images)))
    case.check("eval/pooled", encoder.pool(images))
    aligned, _ = encoder_of(case, images, align_corners=True)
    case.check("eval/features_aligncorners", aligned(images))
    case.check("train/features", encoder(images, training=True))
    check_after(case, targets, "train/after/")
    case.check_all_seen()


def test_only_the_head_of_the_encoder_trains(precision):
    case = Case("mirrorgan", "stream_caption_cnn")
    encoder, _ = encoder_of(case, tensor(nhwc(case.inputs["images"])))
    encoder.trainable = True
    owners = {v.path.split("/")[-2] for v in encoder.trainable_variables}
    assert owners == {"linear", "norm"} and len(encoder.trainable_variables) == 4


def test_decoder_and_loss(precision):
    case = Case("mirrorgan", "stream_caption_rnn")
    p, features = case.param(), tensor(case.inputs["features"])
    tokens = tf.constant(case.inputs["captions"], tf.int32)
    decoder = CaptionDecoder(p["embed.weight"].shape[0], p["lstm.weight_hh_l0"].shape[1])
    built(decoder, features, tokens)
    load_state_dict(names.caption_decoder_targets(decoder), p)
    mask = tf.sequence_mask(case.inputs["cap_lens"], tokens.shape[1])
    with tf.GradientTape() as tape:
        tape.watch(features)
        logits = decoder(features, tokens)
        loss = caption_loss(logits, tokens, mask)
    case.check("caption_loss", [loss])
    case.check("d_features", tape.gradient(loss, features))
    case.check("logits_packed", packed(logits, mask))
    case.check("target_packed", packed(tokens, mask))
    steps = case.outputs["sampled_ids"].shape[1]
    case.check("sampled_ids", decoder.decode(features, steps))
    case.check_all_seen()
    # the paper's: a sum over each caption's words
    captions, words = mask.shape[0], float(tf.reduce_sum(tf.cast(mask, tf.int32)))
    summed = caption_loss(logits, tokens, mask, "captions")
    np.testing.assert_allclose(summed, case.outputs["caption_loss"][0] * words / captions, 1e-4)


def packed(values, mask):
    """Official packing: all captions at word 0, then those still running at word 1, ..."""
    return np.asarray(values).swapaxes(0, 1)[mask.numpy().T]


def test_matching_losses(precision):
    """AttnGAN's, which MirrorGAN's pre-training uses unchanged."""
    case = Case("mirrorgan", "losses")
    i = case.inputs
    words, sentence = tensor(i["words_emb"].transpose(0, 2, 1)), tensor(i["sent_emb"])
    regions, code = tensor(nhwc(i["img_features"])), tensor(i["cnn_code"])
    mask = tf.sequence_mask(i["cap_lens"], words.shape[1])
    keys = ("GAMMA1", "GAMMA2", "GAMMA3")
    gammas = [case.meta["config"].get(*pair) for pair in zip(keys, damsm.DAMSM_GAMMAS, strict=True)]
    for kind, similarities in (
        ("words", damsm.word_similarities(regions, words, mask, gammas)),
        ("sent", damsm.sentence_similarities(code, sentence)),
    ):
        for ending, labels in (("", i["class_ids"]), ("_noclass", None)):
            for n, loss in enumerate(damsm.matching_losses(similarities, labels, gammas[2])):
                case.check(f"{kind}_loss{n}{ending}", [loss])
    _, height, width, features = regions.shape
    flat = tf.reshape(regions, [len(code), -1, features])
    _, attention = damsm.attend_regions(flat, words, mask, gammas[0])
    for n, length in enumerate(i["cap_lens"]):
        own = np.asarray(attention)[n, n, :length]
        case.check(f"att_map{n}", own.reshape(1, length, height, width))
    case.check("kl", [kl_to_standard_normal(tensor(i["mu"]), tensor(i["logvar"]))])
    case.check_all_seen()

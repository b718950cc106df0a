"""Golden parity of SOA: counting over labels, and the filtering of a detector's predictions."""

import numpy as np
import pytest

from tests.golden.golden import Case
from zoo.evaluation.soa import labels_of
from zoo.metrics.detections import keep_detections
from zoo.metrics.soa import box_iou, label_accuracy, label_iou, soa
from zoo.metrics.soa_captions import LABELS, SUBSTRINGS, labels_of_caption


@pytest.mark.parametrize("name", ["soa_count_3", "soa_count_80"])
def test_counts(name):
    case = Case("metrics", name)
    hits, totals, ious = [], [], []
    for row, label in enumerate(case.inputs["folder_label"]):
        count = case.inputs["n_images"][row]
        sets = [
            case.inputs[key][row, :count] for key in ("det_ids", "det_boxes", "gt_ids", "gt_boxes")
        ]
        hit, total = label_accuracy(label, sets[0])
        hits.append(hit)
        totals.append(total)
        ious.append(label_iou(label, *sets))
    scores = soa(hits, totals, ious)
    case.check("recognized", hits)
    case.check("total", totals)
    case.check("iou", ious)
    case.check("accuracy", scores["accuracy"])
    for key in ("SOA_C", "SOA_I", "SOA_C_IoU", "SOA_I_IoU"):
        case.check(key, scores[key.lower()])
    check_halves(case, scores, np.array(totals))
    case.check_all_seen(ignore="40$")


def check_halves(case, scores, totals):
    """Top and bottom 40: the official ones are one choice among labels with equally many images."""
    got, want = (
        [x[f"{start}_{part}"] for part in ("top40", "bot40")]
        for x, start in ((scores, "soa_c"), (case.outputs, "SOA_C"))
    )
    if np.isnan(want).any():
        assert np.isnan(want).all() and np.isnan(got).all()
        return
    edge, accuracy = np.sort(totals)[-40], scores["accuracy"]
    above, tied = accuracy[totals > edge], np.sort(accuracy[totals == edge])
    free = 40 - len(above)
    low, high = (
        (above.sum() + part.sum()) / 40 for part in (tied[:free], tied[len(tied) - free :])
    )
    for top, bottom in (got, want):
        assert low - 1e-9 <= top <= high + 1e-9
        assert (top + bottom) / 2 == pytest.approx(accuracy.mean(), abs=1e-9)


def test_box_iou():
    case = Case("metrics", "soa_nms")
    got = [
        box_iou(a, b) for a, b in zip(case.inputs["boxes_a"], case.inputs["boxes_b"], strict=True)
    ]
    case.check("get_iou", got)


def test_kept_detections():
    case = Case("metrics", "soa_nms")
    kept = keep_detections(case.inputs["prediction"], case.meta["conf"], case.meta["nms"])
    for number, rows in enumerate(kept):
        case.check(f"image{number}", rows)
    case.check_all_seen(ignore="^get_iou$")


def test_captions_of_the_labels():
    """The lists have ids and no text, so that labels, folders and substrings are compared."""
    case = Case("metrics", "soa_caption_ids")
    assert case.outputs["label_names"].tolist() == list(LABELS)
    folders = case.outputs["folder_names"].tolist()
    assert [labels_of([f"{name}/x.png"]) for name in folders if name] == [
        [label] for label, name in enumerate(folders) if name]
    known = case.meta["inferred_substrings"]
    assert {name: list(parts) for name, parts in SUBSTRINGS.items() if parts} == known
    for name, parts in known.items():
        for part in parts:
            assert LABELS.index(name) in labels_of_caption(f"Two {part.upper()}s in a street")
    counts = np.diff(case.outputs["offsets"])
    assert counts.sum() == len(case.outputs["caption_id"]) == len(case.outputs["image_id"])
    assert len(counts) == len(LABELS) and not counts[0]  # persons are chosen by their words
    assert set(case.outputs) == {
        "label_names", "folder_names", "offsets", "caption_id", "image_id", "attngan_idx"}

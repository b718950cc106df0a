from zoo.metrics.soa_captions import LABELS, images_of_caption, labels_of_caption


def named(caption):
    return [LABELS[label] for label in labels_of_caption(caption)]


def test_a_label_is_mentioned_by_a_part_of_a_word():
    assert named("A black CAT on a Table") == ["cat", "diningtable"]
    assert named("carrots beside a parked motor bike") == ["bicycle", "car", "motorbike", "carrot"]
    assert named("an empty street") == []


def test_persons_are_whole_words():
    assert named("two women and a kite") == ["person", "kite"]
    assert named("many things that a human made") == []


def test_the_detectors_order_and_the_papers_counts():
    assert len(LABELS) == 80 and LABELS[0] == "person" and LABELS[79] == "toothbrush"
    assert [images_of_caption(label) for label in (0, 1, 79)] == [1, 3, 3]

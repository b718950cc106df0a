"""Conditions of models: captions, embeddings, labels, images, or none (`model.condition`)."""

from zoo._lazy import lazy_exports

_EXPORTS = {
    "Captions": "zoo.conditions.captions",
    "HubCaptions": "zoo.conditions.hub_captions",
    "SentenceEmbeddings": "zoo.conditions.sentence_embeddings",
    "WordEmbeddings": "zoo.conditions.word_embeddings",
    "Labels": "zoo.conditions.labels",
    "Images": "zoo.conditions.images",
    "DescribedImages": "zoo.conditions.described_images",
    "Unconditional": "zoo.conditions.unconditional",
    "text_condition": "zoo.conditions.text",
    "condition_class": "zoo.conditions.kinds",
}
__all__ = list(_EXPORTS)
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)

"""XMC-GAN's training step in eager PyTorch, in the order of the released code."""

import torch
from torch.nn import functional as F

from tests.benchmarks.torch_reference.base import Reference, mode_seeking
from tests.benchmarks.torch_reference.xmc_gan_networks import Discriminator, Generator, unit


def match(logits):
    """Cross-entropy of the diagonal, by row plus by column."""
    own = torch.arange(len(logits))
    return F.cross_entropy(logits, own) + F.cross_entropy(logits.t(), own)


def contrastive(a, b):
    return match(unit(a) @ unit(b).t() / 0.1)


def word_loss(regions, words, mask):
    """Regions (n, r, d) with words (n, t, d)."""
    regions, directions = unit(regions), unit(words)
    scores = 5.0 * torch.einsum("jtd,ird->jitr", directions, regions)
    scores = scores.masked_fill(~mask[:, None, :, None], 0.0)
    context = torch.einsum("jitr,ird->jitd", scores.softmax(-1), regions)
    similar = 5.0 * (directions[:, None] * unit(context)).sum(-1)
    similar = similar.masked_fill(~mask[:, None], -1e30).logsumexp(-1).t() / 5.0
    return match(50.0 * similar)


class XMCGAN(Reference):
    """Of word vectors, without an image network; see `Reference`."""

    def __init__(self, model, *args, **kwargs):
        super().__init__(model, *args, **kwargs)
        for name in ("generator", "discriminator"):
            self.adam(name)

    def make_networks(self, settings):
        features = settings["text_encoder"].get("features", 768)
        return {
            "generator": Generator(settings, features),
            "discriminator": Discriminator(settings, features),
        }

    def text(self, arrays):
        words, sentence = (self.numbers(arrays[name]) for name in ("words", "sentence"))
        lengths = torch.from_numpy(arrays["lengths"])
        mask = torch.arange(words.shape[1]) < lengths[:, None]
        return {"words": words, "sentence": sentence, "mask": mask}

    def prepare(self, batch):
        return {"real": self.images(batch["images"][-1]), **self.text(batch)}

    def draw(self, batch):
        """dict of the step's noise, by the zoo's names."""
        steps, s = self.settings["discriminator_steps"], self.settings
        shape = self.samples * len(batch["real"]) // steps, s["latent_dim"]
        return {f"latents_{i}": torch.randn(shape, dtype=self.dtype) for i in range(steps)}

    def train_step(self, batch, noise=None):
        """One iteration; returns a dict of floats."""
        noise, steps = noise or self.draw(batch), self.settings["discriminator_steps"]
        split = {name: value.chunk(steps) for name, value in batch.items()}
        parts = [{name: values[i] for name, values in split.items()} for i in range(steps)]
        for i, part in enumerate(parts[:-1]):
            with torch.no_grad():
                fakes = self.draw_images(part, noise[f"latents_{i}"], update=False)
            terms = self.discriminator_terms(self.discriminate(part, fakes), part)
            self.step("discriminator", sum(terms.values()))
        latents, last = noise[f"latents_{steps - 1}"], parts[-1]
        fakes = self.draw_images(last, latents, update=True)
        outputs = self.discriminate(last, fakes)
        terms = self.discriminator_terms(outputs, last)
        generator_terms = self.generator_terms(outputs, last, fakes, latents)
        totals = {"discriminator": sum(terms.values()), "generator": sum(generator_terms.values())}
        gradients = {
            name: torch.autograd.grad(total, list(self[name].parameters()), retain_graph=True)
            for name, total in totals.items()
        }
        for name, values in gradients.items():
            for parameter, value in zip(self[name].parameters(), values, strict=True):
                parameter.grad = value
            self.update(name)
        self.update_ema()
        terms.pop("hinge")
        losses = {**terms, **generator_terms, **{f"{n}_loss": t for n, t in totals.items()}}
        return {name: value.item() for name, value in losses.items()}

    def draw_images(self, part, latents, update):
        text = {n: torch.cat([part[n]] * self.samples) for n in ("words", "sentence", "mask")}
        with self.autocast():
            return self["generator"](text, latents, update)

    def discriminate(self, part, fakes):
        """Outputs by batch: real images, then each sample's."""
        with self.autocast():
            outputs = self["discriminator"](torch.cat([part["real"], fakes]), part["sentence"])
        names = ("logits", "pooled", "regions")
        chunks = {name: outputs[name].chunk(1 + self.samples) for name in names}
        return {**chunks, "sentence": outputs["sentence"]}

    def discriminator_terms(self, outputs, part):
        real, *fakes = outputs["logits"]
        s = self.settings
        return {
            "hinge": F.relu(1 - real).mean() + F.relu(1 + torch.cat(fakes)).mean(),
            "real_word_loss": s["word_weight"] * word_loss(
                outputs["regions"][0], part["words"], part["mask"]),
            "real_sentence_loss": s["sentence_weight"] * contrastive(
                outputs["pooled"][0], outputs["sentence"]),
        }

    def generator_terms(self, outputs, part, fakes, latents):
        s, count = self.settings, self.samples
        real, *pooled = outputs["pooled"]
        words = sum(word_loss(x, part["words"], part["mask"]) for x in outputs["regions"][1:])
        sentences = sum(contrastive(x, outputs["sentence"]) for x in pooled)
        images = sum(contrastive(x, real) for x in pooled)
        return {
            "adversarial_loss": -torch.cat(outputs["logits"][1:]).mean(),
            "word_loss": s["word_weight"] * words / count,
            "sentence_loss": s["sentence_weight"] * sentences / count,
            "image_loss": s["image_weight"] * images / count,
            "mode_seeking": mode_seeking(s["mode_seeking_weight"], fakes, latents),
        }

    def generate(self, texts):
        """uint8 images of a dict of `words`, `sentence`, `lengths`."""
        with torch.inference_mode(), self.autocast():
            text = self.text(texts)
            shape = len(text["words"]), self.settings["latent_dim"]
            images = self.generator(text, torch.randn(shape, dtype=self.dtype))
        return self.to_bytes(images)

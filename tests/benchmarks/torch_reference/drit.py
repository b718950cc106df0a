"""DRIT's full training step in eager PyTorch, with both gradients of E and G at the same point."""

import torch

from tests.benchmarks.torch_reference.base import (
    Reference,
    at_least_float32,
    cross_entropy,
    mode_seeking,
)
from tests.benchmarks.torch_reference.drit_networks import (
    DOMAINS,
    AttributeEncoder,
    ContentDiscriminator,
    ContentEncoder,
    Generator,
    ImageDiscriminator,
)

OTHER = {"a": "b", "b": "a"}
IMAGE_DISCRIMINATORS = tuple(f"discriminator_{name}" for name in ("a", "a2", "b", "b2"))
FIRST = ("content_encoder", "attribute_encoder", "generator")
SECOND = ("content_encoder", "generator")


def entropy(maps, target):
    return sum(cross_entropy(logits, target) for logits in maps)


def mean_absolute(x, y):
    return (at_least_float32(x) - at_least_float32(y)).abs().mean()


class DRIT(Reference):
    """See `Reference`."""

    def __init__(self, model, *args, **kwargs):
        super().__init__(model, *args, **kwargs)
        for name in (*FIRST, *IMAGE_DISCRIMINATORS, "content_discriminator"):
            self.adam(name, weight_decay=self.settings["weight_decay"])

    def make_networks(self, settings):
        s, filters = settings, settings["filters"]
        return {
            "content_encoder": ContentEncoder(filters),
            "attribute_encoder": AttributeEncoder(filters, s["latent_dim"]),
            "generator": Generator(filters, s["latent_dim"]),
            **{n: ImageDiscriminator(**s["discriminators"]) for n in IMAGE_DISCRIMINATORS},
            "content_discriminator": ContentDiscriminator(
                **{"channels": 4 * filters, **s["content_discriminator"]}
            ),
        }

    def prepare(self, batch):
        return {domain: self.images(batch[f"images_{domain}"]) for domain in DOMAINS}

    def draw(self, batch):
        """dict of the step's noise, by the zoo's names."""
        half, s = len(batch["a"]) // 2, self.settings
        side = s["image_size"] // 4
        maps, code = (half, 4 * s["filters"], side, side), (half, s["latent_dim"])
        shapes = {f"latents_{i + 1}": code for i in range(self.samples)}
        for again in ("", "_again"):
            for domain in DOMAINS:
                shapes[f"content{again}_{domain}"] = maps
                shapes[f"attributes{again}_{domain}"] = code
        return {name: torch.randn(shape, dtype=self.dtype) for name, shape in shapes.items()}

    # --- one iteration ----------------------------------------------------------------------------

    def train_step(self, batch, noise=None):
        """One full iteration; returns a dict of floats."""
        noise = noise or self.draw(batch)
        images, others = ({d: batch[d].chunk(2)[i] for d in DOMAINS} for i in (0, 1))
        with self.autocast():
            outputs = self.forward(images, noise)
        losses = {
            "discriminator_loss": self._update_discriminators(images, others, outputs),
            "content_discriminator_loss": self._update_content_discriminator(outputs["content"]),
        }
        with self.fixed(*IMAGE_DISCRIMINATORS, "content_discriminator"):
            first, second = self.first_terms(images, outputs), self.second_terms(outputs)
            totals = sum(first.values()), sum(second.values())
            gradients = [
                torch.autograd.grad(total, self._parameters(names), retain_graph=True)
                for total, names in zip(totals, (FIRST, SECOND), strict=True)
            ]
        for names, values in zip((FIRST, SECOND), gradients, strict=True):
            for parameter, value in zip(self._parameters(names), values, strict=True):
                parameter.grad = value
            for name in names:
                self.update(name)
        totals = dict(zip(("first_generator_loss", "second_generator_loss"), totals, strict=True))
        terms = {**first, **second, **totals}
        return {**losses, **{name: term.item() for name, term in terms.items()}}

    def _parameters(self, names):
        return [p for name in names for p in self[name].parameters()]

    def encode(self, images, noise, stream):
        """(dict of content with noise, dict of attribute codes, dict of (mu, log_var))."""
        content, attributes = self["content_encoder"](images), self["attribute_encoder"](images)
        scale = self.settings["content_noise"]
        content = {
            d: x + (scale * noise[f"content{stream}_{d}"]).to(x.dtype) for d, x in content.items()
        }
        codes = {
            d: mu + torch.exp(0.5 * log_var) * noise[f"attributes{stream}_{d}"]
            for d, (mu, log_var) in attributes.items()
        }
        return content, codes, attributes

    def decode(self, domain, contents, codes):
        images = self["generator"](domain, torch.cat(contents), torch.cat(codes))
        return images.chunk(len(contents))

    def forward(self, images, noise):
        """dict of everything that the losses read, by domain."""
        content, codes, attributes = self.encode(images, noise, "")
        latents = [noise[f"latents_{i + 1}"] for i in range(self.samples)]
        made = {
            d: self.decode(d, [content[OTHER[d]], content[d], *[content[OTHER[d]]] * self.samples],
                           [codes[d], codes[d], *latents])
            for d in DOMAINS
        }
        cross = {d: made[d][0] for d in DOMAINS}
        again, again_codes, _ = self.encode(cross, noise, "_again")
        return {
            "content": content, "attributes": attributes, "cross": cross, "latents": latents,
            "self": {d: made[d][1] for d in DOMAINS},
            "cycle": {d: self.decode(d, [again[OTHER[d]]], [again_codes[d]])[0] for d in DOMAINS},
            "random": {d: made[d][2:] for d in DOMAINS},
            "regressed": self["attribute_encoder"]({d: made[d][2] for d in DOMAINS}),
        }

    def _update_discriminators(self, images, others, outputs):
        total = 0.0
        for d in DOMAINS:
            for name, real, fakes in (
                (f"discriminator_{d}", images[d], [outputs["cross"][d]]),
                (f"discriminator_{d}2", others[d], outputs["random"][d]),
            ):
                with self.autocast():
                    loss = len(fakes) * entropy(self[name](real), 1)
                    for fake in fakes:
                        loss = loss + entropy(self[name](fake.detach()), 0)
                self.step(name, loss)
                total += loss.item()
        return total

    def _update_content_discriminator(self, content):
        network = self["content_discriminator"]
        with self.autocast():
            loss = entropy(network(content["b"].detach()), 1)
            loss = loss + entropy(network(content["a"].detach()), 0)
        optimizer = self.optimizers["content_discriminator"]
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), self.settings["content_clip"])
        self.update("content_discriminator")
        return loss.item()

    # --- losses of encoders and generator ---------------------------------------------------------

    def first_terms(self, images, outputs):
        """dict of the first step's weighted terms."""
        weight = self.settings["loss_weights"]
        terms = dict.fromkeys((
            "adversarial_loss", "content_adversarial_loss", "self_reconstruction_loss",
            "cross_cycle_loss", "content_loss", "attribute_loss",
        ), 0.0)
        for d in DOMAINS:
            with self.autocast():
                logits = self[f"discriminator_{d}"](outputs["cross"][d])
                content_logits = self["content_discriminator"](outputs["content"][d])
            mu, log_var = outputs["attributes"][d]
            confusion = 0.5 * (entropy(content_logits, 1) + entropy(content_logits, 0))
            prior = -0.5 * (1 + log_var - mu.square() - log_var.exp()).sum() / len(mu)
            for name, value in (
                ("adversarial_loss", entropy(logits, 1)),
                ("content_adversarial_loss", confusion),
                ("self_reconstruction_loss", mean_absolute(outputs["self"][d], images[d])),
                ("cross_cycle_loss", mean_absolute(outputs["cycle"][d], images[d])),
                ("content_loss", at_least_float32(outputs["content"][d]).square().mean()),
                ("attribute_loss", prior),
            ):
                terms[name] = terms[name] + weight[name] * value
        return terms

    def second_terms(self, outputs):
        """dict of the second step's weighted terms."""
        weight, latents = self.settings["loss_weights"], outputs["latents"]
        random = regression = seeking = 0.0
        for d in DOMAINS:
            with self.autocast():
                for sample in outputs["random"][d]:
                    random = random + entropy(self[f"discriminator_{d}2"](sample), 1)
            regression = regression + mean_absolute(outputs["regressed"][d][0], latents[0])
            seeking = seeking + mode_seeking(
                self.settings["mode_seeking_weight"], torch.cat(outputs["random"][d]),
                torch.cat(latents),
            )
        return {
            "random_adversarial_loss": weight["random_adversarial_loss"] * random,
            "latent_regression_loss": weight["latent_regression_loss"] * regression,
            "mode_seeking": seeking,
        }

    def generate(self, sources):
        """uint8 images of domain b from sources of domain a, uint8 (n, size, size, 3)."""
        with torch.inference_mode(), self.autocast():
            source = self.images(sources) / 127.5 - 1
            latents = torch.randn(len(source), self.settings["latent_dim"], dtype=self.dtype)
            content = self["content_encoder"]({"a": source})["a"]
            images = self["generator"]("b", content, latents)
        return self.to_bytes(images)

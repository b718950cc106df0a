"""What the PyTorch references share: weights of the zoo's models, optimizers, the EMA, precision.

Modules have the names of the zoo's layers, so that "generator/block/conv/kernel" is
`block.conv.weight` of the network "generator".
"""

import contextlib
import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

NAMES = {
    "kernel": "weight", "gamma": "weight", "embeddings": "weight", "beta": "bias",
    "moving_mean": "running_mean", "moving_variance": "running_var",
}
RNN = {
    "kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih",
    "recurrent_bias": "bias_hh",
}


def leaky(x):
    return F.leaky_relu(x, 0.2)


def cross_entropy(logits, target):
    """Mean binary cross-entropy of logits, in at least float32; `target`: 1 or 0."""
    logits = logits if logits.dtype == torch.float64 else logits.float()
    return F.softplus(-logits if target else logits).mean()


def at_least_float32(x):
    return x if x.dtype == torch.float64 else x.float()


class Reference:
    """A training system in eager PyTorch with the sizes and weights of one of the zoo's.

    A subclass creates `networks` and implements `train_step`, in the official order.

    Args:
        model: a compiled system of the zoo.
        bfloat16: bool. Autocast around the networks.
        channels_last: bool. Memory format of weights and images.
        dtype: `torch.float64` to compare with a model in float64.
    """

    ema_name = "generator"
    as_zoo = False  # whether Adam's epsilon is that of Keras, to compare updates
    frozen = ()  # networks in evaluation mode, without gradients
    trains = True  # False if only `generate` can be called

    def __init__(self, model, bfloat16=False, channels_last=False, dtype=torch.float32):
        self.settings, self.dtype = model.get_config(), dtype
        self.samples = model.latents_per_condition
        self.bfloat16 = bfloat16
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.networks = self.make_networks(self.settings)
        self.ema_decay = getattr(model, "ema_decay", None)
        self.warms_up, self._ema_updates = getattr(model, "ema_warmup", False), 0
        self.averages_statistics = getattr(model, "ema_statistics", "average") == "average"
        if self.ema_decay is not None:
            average = copy.deepcopy(self.networks[self.ema_name])
            self.networks[f"ema_{self.ema_name}"] = average.eval().requires_grad_(False)
        for network in self.networks.values():
            network.to(dtype=dtype, memory_format=self.format)
        for name in self.frozen:
            if name in self.networks:
                self.networks[name].eval().requires_grad_(False)
        self.load(model)
        self.optimizers, self._model, self._steps = {}, model, {}

    def make_networks(self, settings):
        """dict of name -> module, with the names of the zoo's networks."""
        raise NotImplementedError

    def __getitem__(self, name):
        return self.networks[name]

    # --- weights ----------------------------------------------------------------------------------

    def forget(self):
        """Frees the zoo's model, which only comparisons of updates need after the start."""
        self._model = None

    def load(self, model):
        """Copies all weights of the zoo's model; every name must fit, on both sides."""
        for name, network in self.networks.items():
            target, found = weights(network), zoo_weights(model, name)
            if target.keys() != found.keys():
                raise ValueError(f"{name}: {sorted(target.keys() ^ found.keys())}")
            with torch.no_grad():
                for key, tensor in target.items():
                    if tensor.shape != found[key].shape:
                        raise ValueError(
                            f"{name}.{key}: {tuple(tensor.shape)}, the zoo's {found[key].shape}"
                        )
                    tensor.copy_(torch.from_numpy(found[key]))

    def distance(self, model):
        """Largest difference of a weight from the zoo's model, and its name."""
        return max(
            (float((tensor - torch.from_numpy(zoo_weights(model, name)[key])).abs().max()),
             f"{name}.{key}")
            for name, network in self.networks.items()
            for key, tensor in weights(network).items()
        )

    def gradient_distance(self, model):
        """Largest difference of a gradient's average from the zoo's, and its name.

        The averages are Adam's first moments: Adam's steps themselves hide a factor. The difference
        is relative to the largest entry in the network's gradients.
        """
        found = []
        for name, optimizer in self.optimizers.items():
            moments = zoo_weights(model, name, getattr(model, f"{name}_optimizer"))
            largest = max(np.abs(moment).max() for moment in moments.values())
            for key, parameter in self.networks[name].named_parameters():
                moment = optimizer.state[parameter]["exp_avg"].numpy()
                distance = float(np.abs(moment - moments[key]).max() / largest)
                found.append((distance, f"{name}.{key}"))
        return max(found)

    # --- training ---------------------------------------------------------------------------------

    def adam(self, name, **settings):
        """Adds an Adam for a network, under its name, with the settings of the zoo's optimizer.

        PyTorch adds epsilon to the corrected second moment, as Flax does; PyTorch before 1.3 and
        Keras to the other, which `as_zoo` follows.
        """
        zoo = getattr(self._model, f"{name}_optimizer")
        self.optimizers[name] = torch.optim.Adam(
            self.networks[name].parameters(), float(np.array(zoo.learning_rate)),
            (zoo.beta_1, zoo.beta_2), eps=zoo.epsilon, fused=True, **settings
        )

    def step(self, name, loss):
        """A step of one optimizer on a loss."""
        self.optimizers[name].zero_grad()
        loss.backward()
        self.update(name)

    def update(self, name):
        """A step of one optimizer on the gradients that there are."""
        optimizer = self.optimizers[name]
        zoo = getattr(self._model, f"{name}_optimizer") if self.as_zoo else None
        if zoo is not None and not getattr(zoo, "corrected_epsilon", False):
            number = self._steps[name] = self._steps.get(name, 0) + 1
            optimizer.param_groups[0]["eps"] = zoo.epsilon / (1 - zoo.beta_2**number) ** 0.5
        optimizer.step()

    @contextlib.contextmanager
    def fixed(self, *names):
        """A block in which these networks' weights get no gradients."""
        for name in names:
            self.networks[name].requires_grad_(False)
        yield
        for name in names:
            self.networks[name].requires_grad_(True)

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    @torch.no_grad()
    def update_ema(self):
        if self.ema_decay is None:
            return
        average, network = (
            list(weights(self.networks[prefix + self.ema_name]).values()) for prefix in ("ema_", "")
        )
        if not self.averages_statistics:  # they are copied
            names = {name for name, _ in self.networks[self.ema_name].named_parameters()}
            keys = list(weights(self.networks[self.ema_name]))
            for key, a, b in zip(keys, average, network, strict=True):
                if key not in names:
                    a.copy_(b)
        n, decay = self._ema_updates, self.ema_decay
        decay = min(decay, (1 + n) / (10 + n)) if self.warms_up else decay
        self._ema_updates += 1
        torch._foreach_lerp_(average, network, 1 - decay)

    # --- data -------------------------------------------------------------------------------------

    def images(self, array):
        """NHWC images as a tensor in this system's type and memory format."""
        tensor = torch.from_numpy(np.array(array)).to(self.dtype).permute(0, 3, 1, 2)
        return tensor.contiguous(memory_format=self.format)

    def numbers(self, array):
        return torch.from_numpy(np.array(array)).to(self.dtype)

    def to_bytes(self, images):
        """uint8 array NHWC of images in [-1, 1]."""
        images = ((images.float() + 1) * 127.5).clamp(0, 255).round().to(torch.uint8)
        return images.permute(0, 2, 3, 1).contiguous().numpy()

    @property
    def generator(self):
        """The network that generates, in evaluation mode."""
        name = self.ema_name if self.ema_decay is None else f"ema_{self.ema_name}"
        return self.networks[name].eval()


def weights(network):
    """The parameters and batch statistics of a network by name (no counters)."""
    return {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}


def zoo_weights(model, network, optimizer=None):
    """The weights of one of the zoo's networks under their PyTorch names and in its layout.

    With the network's `optimizer`, the first moments of its weights instead.
    """
    found, moments = {}, {}
    if optimizer is not None:
        pairs = zip(optimizer._trainable_variables, optimizer._momentums, strict=True)
        moments = {id(variable): moment for variable, moment in pairs}
    variables = model.network_variables([network])
    for path, variable in variables.items():
        *layers, last = path.split("/")[1:]
        if optimizer is not None and id(variable) not in moments:
            continue
        array = np.array(moments.get(id(variable), variable))
        if last == "v":  # of spectral normalization, an entry per height, width and channel
            kernel = variables[path.removesuffix("v") + "kernel"]
            array = array.reshape(kernel.shape[:3]).transpose(2, 0, 1).ravel()
        if array.ndim == 4:
            array = array.transpose(3, 2, 0, 1)
        elif last in ("kernel", "recurrent_kernel"):
            array = array.T
        if layers[-1:] == ["cell"]:
            direction = "_reverse" * (layers[-2] == "backward")
            name = ".".join((*layers[:-2], f"rnn.{RNN[last]}_l0{direction}"))
        else:
            name = ".".join((*layers, NAMES.get(last, last)))
        found[name] = np.ascontiguousarray(array)
    return found


def halves(x, count):
    """The samples of a batch that holds `count` of each condition, one after another."""
    return x.chunk(count)


def mode_seeking(weight, images, latents):
    """The weighted mode seeking term of two samples, 1 / (image distance / latent distance)."""
    if not weight:
        return images.new_zeros(())
    (first, second), (z_1, z_2) = images.chunk(2), latents.chunk(2)
    image, latent = (at_least_float32(b - a).abs().mean() for a, b in ((first, second), (z_1, z_2)))
    return weight * latent / (image + 1e-5 * latent)


class Named(nn.Module):
    """A module whose children are given by name."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)

"""The package pytorch-fid, in a process of its own that does one call at a time.

In one process with TensorFlow, torchvision crashes where its PyTorch brings triton.
"""

import multiprocessing

BATCH = 64  # images at a time, as `recipes.evaluate` takes them
FEATURES = 2048


class PytorchFid:
    """`Subject` at the end of a pipe; a context manager that ends the process.

    Args:
        weights: path of the .npz that `metric_subjects.write_weights` writes.
        threads: int.
    """

    def __init__(self, weights, threads):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, weights, threads))
        self._process.start()
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._pipe.close()
        self._process.join()

    def show(self, images):
        self._call("show", images)

    def features(self):
        return self._call("features")

    def distance(self, folders):
        return self._call("distance", folders)

    def _call(self, name, *arguments):
        self._pipe.send((name, arguments))
        try:
            found = self._pipe.recv()
        except EOFError:
            raise RuntimeError("The process of pytorch-fid ended; it has said why.") from None
        return found


def serve(pipe, weights, threads):
    """Does what comes through the pipe until it is closed."""
    subject = Subject(weights, threads)
    while True:
        try:
            name, arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(getattr(subject, name)(*arguments))


class Subject:
    """The package as it is; only the download of its weights is a file here."""

    def __init__(self, weights, threads):
        import numpy as np
        import torch
        from pytorch_fid import fid_score, inception

        torch.set_num_threads(threads)
        self.torch, self.fid_score = torch, fid_score
        self.workers = min(threads, 8)  # what its command takes with so many processors
        fid_score.tqdm = lambda batches: batches  # no progress bars
        inception.load_state_dict_from_url = lambda url, **settings: {
            name: torch.from_numpy(array) for name, array in np.load(weights).items()
        }
        block = inception.InceptionV3.BLOCK_INDEX_BY_DIM[FEATURES]
        self.model = inception.InceptionV3([block]).eval()

    def show(self, images):
        self.images = self.torch.from_numpy(images)

    def features(self):
        x = self.images.permute(0, 3, 1, 2).contiguous().float().div(255)
        with self.torch.no_grad():
            return self.model(x)[0][:, :, 0, 0].numpy()

    def distance(self, folders):
        statistics = [
            self.fid_score.compute_statistics_of_path(
                str(folder), self.model, BATCH, FEATURES, "cpu", self.workers
            )
            for folder in folders
        ]
        return float(self.fid_score.calculate_frechet_distance(*statistics[0], *statistics[1]))

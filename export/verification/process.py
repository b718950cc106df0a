"""Program of `export.verification.local`: serves a SavedModel on its standard streams.

Run by its path, so that it imports nothing of this project.
"""

import os
import pickle
import resource
import struct
import sys
import threading
import time

for _name in ("zoo", "export", "keras", "tf_keras"):
    sys.modules[_name] = None  # an import of it fails


def send(stream, kind, value):
    data = pickle.dumps((kind, value))
    stream.write(struct.pack(">Q", len(data)) + data)
    stream.flush()


def described(function):
    def spec(value):
        shape = tuple(-1 if side is None else side for side in value.shape)
        return "O" if value.dtype.name == "string" else value.dtype.name, shape

    inputs = function.structured_input_signature[1]
    outputs = function.structured_outputs
    return {
        "inputs": {name: spec(value) for name, value in inputs.items()},
        "outputs": {name: spec(value) for name, value in outputs.items()},
    }


def memory():
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGE_SIZE"), highest


def load(directory, needs_text):
    import tensorflow as tf

    if needs_text:
        for name in ("keras", "tf_keras"):  # TensorFlow Text builds layers of its own with it
            sys.modules.pop(name)
        import tensorflow_text  # noqa: F401 - its operations
    before, start = memory()[0], time.monotonic()
    model = tf.saved_model.load(directory)
    facts = {
        "seconds": time.monotonic() - start, "bytes": memory()[0] - before,
        "signatures": {name: described(f) for name, f in model.signatures.items()},
    }
    return tf, model, facts


def predict(tf, model, signature, inputs):
    """Outputs of the graph itself, whose own checks answer wrong shapes."""
    function = model.signatures[signature]
    wanted = function.structured_input_signature[1]
    if set(inputs) != set(wanted):
        raise ValueError(f"expected the inputs {', '.join(sorted(wanted))}")
    return {name: value.numpy() for name, value in function(**tensors(tf, inputs)).items()}


def tensors(tf, inputs):
    return {
        name: tf.constant(value.tolist(), tf.string) if value.dtype == object
        else tf.constant(value)
        for name, value in inputs.items()
    }


def measure(tf, model, inputs, threads, seconds):
    """Calls of `serving_default` by several threads at a time, for so long, but twice at least.

    Returns a dict of `times` (seconds of each call), `seconds` and `cpu` (of all of them),
    `highest` (the most resident bytes meanwhile) and `others` (the share of the machine's
    processors that other processes used).
    """
    function = model.signatures["serving_default"]
    values = tensors(tf, inputs)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # the highest number of resident bytes begins anew
    times, errors, start = [], [], time.monotonic()
    busy, total = processors()
    own = time.process_time()

    def work():
        calls = 0
        while not errors and (calls < (2 if seconds else 1) or time.monotonic() < start + seconds):
            begun, calls = time.monotonic(), calls + 1
            try:
                for value in function(**values).values():
                    value.numpy()
            except Exception as error:
                errors.append(error)
                return
            times.append(time.monotonic() - begun)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]
    with open("/proc/self/status", encoding="ascii") as file:
        highest = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    end_busy, end_total = processors()
    seconds, own = time.monotonic() - start, time.process_time() - own
    busy = end_busy - busy - own * os.sysconf("SC_CLK_TCK")
    return {
        "times": times, "seconds": seconds, "cpu": own, "highest": 1024 * highest,
        "others": max(0.0, busy) / max(1, end_total - total),
    }


def processors():
    """(ticks that all processors were busy, all ticks) since the machine started."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(value) for value in file.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def main(directory, needs_text):
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no reply
    try:
        tf, model, facts = load(directory, needs_text)
    except Exception as error:
        send(replies, "error", f"{directory} cannot be loaded: {str(error)[:300]}")
        return
    send(replies, "facts", facts)
    while len(head := sys.stdin.buffer.read(8)) == 8:
        message = pickle.loads(sys.stdin.buffer.read(struct.unpack(">Q", head)[0]))
        try:
            if message[0] == "memory":
                answer = memory()
            elif message[0] == "measure":
                answer = measure(tf, model, *message[1:])
            else:
                answer = predict(tf, model, *message[1:])
        except Exception as error:
            send(replies, "error", " ".join(str(error).split())[:2000] or type(error).__name__)
        else:
            send(replies, "answer", answer)


if __name__ == "__main__":
    main(sys.argv[1], needs_text=sys.argv[2:] == ["--text"])

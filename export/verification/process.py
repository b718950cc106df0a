"""Program of `export.verification.local`: serves a SavedModel on its standard streams.

Run by its path, so that it imports nothing of this project.
"""

import os
import pickle
import resource
import struct
import sys
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


def load(directory):
    import tensorflow as tf

    with open(os.path.join(directory, "saved_model.pb"), "rb") as file:
        needs_text = b"BertTokenizer" in file.read() or b"WordpieceTokenize" in file.read()
    if needs_text:
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
    values = {
        name: tf.constant(value.tolist(), tf.string) if value.dtype == object
        else tf.constant(value)
        for name, value in inputs.items()
    }
    return {name: value.numpy() for name, value in function(**values).items()}


def main(directory):
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no reply
    try:
        tf, model, facts = load(directory)
    except Exception as error:
        send(replies, "error", f"{directory} cannot be loaded: {str(error)[:300]}")
        return
    send(replies, "facts", facts)
    while len(head := sys.stdin.buffer.read(8)) == 8:
        message = pickle.loads(sys.stdin.buffer.read(struct.unpack(">Q", head)[0]))
        try:
            if message[0] == "memory":
                answer = memory()
            else:
                answer = predict(tf, model, *message[1:])
        except Exception as error:
            send(replies, "error", " ".join(str(error).split())[:2000] or type(error).__name__)
        else:
            send(replies, "answer", answer)


if __name__ == "__main__":
    main(sys.argv[1])

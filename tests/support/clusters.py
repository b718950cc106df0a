"""Programs on two devices or as two worker processes, for tests of several replicas.

    python -m tests.support.clusters recipes.train --config=...   # on two logical CPUs
"""

import json
import runpy
import socket
import subprocess
import sys

from tests.support.runs import ROOT, command, environment


def start_workers(module, *arguments, count=2):
    """Starts a program as the workers of a cluster: list of `Popen`, the chief first."""
    task = {"cluster": {"worker": [f"localhost:{port}" for port in free_ports(count)]}}
    return [
        subprocess.Popen(
            command(module, *arguments), cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env={**environment(), "TF_CONFIG": json.dumps(
                {**task, "task": {"type": "worker", "index": index}})},
        )
        for index in range(count)
    ]


def finish(processes, timeout=1200):
    """(output, errors) of each worker, after its end."""
    try:
        return [process.communicate(timeout=timeout) for process in processes]
    finally:
        for process in processes:
            process.kill()


def free_ports(count):
    """Ports of this machine that no program uses."""
    sockets = [socket.socket() for _ in range(count)]
    for item in sockets:
        item.bind(("localhost", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def main(module, *arguments):
    """Runs a program on two logical CPUs."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A Ray cluster of two machines on this one; words on standard input say which of them dies.

Runs in the environment that has ray, as a process of its own: the tests have no ray. It prints its
address, then one line for each word that it has obeyed.
"""

import sys

from ray.cluster_utils import Cluster

OBJECT_STORE_BYTES = 100 << 20

HERE = {
    "node_ip_address": "127.0.0.1",
    "object_store_memory": OBJECT_STORE_BYTES,
    "include_dashboard": False,
}


def main() -> None:
    """Run the cluster until standard input ends."""
    cluster = Cluster(initialize_head=True, head_node_args={**HERE, "num_cpus": 0})
    workers = [cluster.add_node(**HERE, num_cpus=1) for _ in range(2)]
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "kill":
            cluster.remove_node(workers.pop(), allow_graceful=False)
        elif line.strip() == "add":
            workers.append(cluster.add_node(**HERE, num_cpus=1))
        print("done", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()

"""Makes bytes.npz, a small int8 model that knows which byte follows which in a sentence.

The tutorial on inference explains it; here it is whole, for who wants to buy an answer right away.
"""

import numpy as np

SENTENCE = (
    b"the network checks what the provider claims and the chain pays for what the checks confirm. "
)
WIDTH, PLACES = 64, 64
DENSE, EMBEDDING = 0, 4

random = np.random.default_rng(5)
text = np.frombuffer(SENTENCE * 3, np.uint8)
follows = np.zeros((256, 256))
np.add.at(follows, (text[1:], text[:-1]), 1)
table = random.integers(-127, 128, (256, WIDTH)).astype(np.int8)
weight = follows @ table
weight = weight * 100 / abs(weight).max() + random.integers(-2, 3, weight.shape)
np.savez(
    "bytes.npz",
    layers=np.array([[EMBEDDING, WIDTH, 0, 0], [DENSE, 256, 0, 0]], np.int32),
    **{
        "0.table": table,
        "0.places": np.zeros((PLACES, WIDTH), np.int8),
        "1.weight": weight.astype(np.int8),
        "1.bias": np.zeros(256, np.int32),
    },
)
print("wrote bytes.npz")

"""
Generation in PyTorch, on one thread, for bench/generation.ts: keys and values are kept. For each line on standard input,
`prompt N`, `tokens N` or `batch B N`, it takes a prompt of N tokens, or writes N tokens (of B sequences at once), and prints the milliseconds.
"""

import math
import sys
import time

import torch
import torch.nn.functional as F

V, C, H, L, T = map(int, sys.argv[1:6])
D = C // H
torch.set_num_threads(1)
torch.manual_seed(1)
weight = lambda *shape: torch.randn(*shape) * 0.02
wte, wpe, head = weight(V, C), weight(T, C), weight(V, C)
layers = [(weight(3 * C, C), weight(C, C), weight(4 * C, C), weight(C, 4 * C)) for _ in range(L)]


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


class Cache:
    def __init__(self, batch):
        self.k = torch.zeros(L, batch, H, T, D)
        self.v = torch.zeros(L, batch, H, T, D)
        self.length = 0


def forward(tokens, cache):
    """tokens (B, n), the logits (B, V) after the last."""
    B, n = tokens.shape
    at, end = cache.length, cache.length + n
    x = norm(wte[tokens] + wpe[at:end])
    for i, (qkv, wo, fc1, fc2) in enumerate(layers):
        q, k, v = (t.view(B, n, H, D).transpose(1, 2) for t in F.linear(norm(x), qkv).split(C, 2))
        cache.k[i, :, :, at:end], cache.v[i, :, :, at:end] = k, v
        scores = (q @ cache.k[i, :, :, :end].transpose(-2, -1)) * (1 / math.sqrt(D))
        if n > 1:
            scores = scores.masked_fill(torch.ones(n, end).triu(1 + at).bool(), float("-inf"))
        y = (F.softmax(scores, -1) @ cache.v[i, :, :, :end]).transpose(1, 2).reshape(B, n, C)
        x = x + F.linear(y, wo)
        x = x + F.linear(F.relu(F.linear(norm(x), fc1)), fc2)
    cache.length = end
    return F.linear(x[:, -1], head)


with torch.inference_mode():
    for line in sys.stdin:
        what, *numbers = line.split()
        batch, count = (int(numbers[0]), int(numbers[1])) if what == "batch" else (1, int(numbers[0]))
        cache = Cache(batch)
        begin = time.perf_counter()
        if what == "prompt":
            forward(torch.arange(count)[None] % V, cache)
        else:
            for t in range(count):
                F.softmax(forward(torch.full((batch, 1), t % V), cache), -1)
        print((time.perf_counter() - begin) * 1000, flush=True)

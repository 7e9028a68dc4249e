"""
A training step in PyTorch, on one thread, for bench/native.ts: the same sizes, norms without gains, ReLU, AdamW. For each
line on standard input it takes that many steps and prints their milliseconds. Arguments: vocab_size n_embd n_head n_layer
block_size batch_size.
"""

import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

V, C, H, L, T, B = map(int, sys.argv[1:7])
torch.set_num_threads(1)


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.wo = nn.Linear(C, 3 * C, bias=False), nn.Linear(C, C, bias=False)
        self.fc1, self.fc2 = nn.Linear(C, 4 * C, bias=False), nn.Linear(4 * C, C, bias=False)

    def forward(self, x, future):
        q, k, v = (t.view(B, T, H, C // H).transpose(1, 2) for t in self.qkv(norm(x)).split(C, 2))
        scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(C // H))
        weights = F.softmax(scores.masked_fill(future, float("-inf")), -1)
        x = x + self.wo((weights @ v).transpose(1, 2).reshape(B, T, C))
        return x + self.fc2(F.relu(self.fc1(norm(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe, self.lm_head = nn.Embedding(V, C), nn.Embedding(T, C), nn.Linear(C, V, bias=False)
        self.layers = nn.ModuleList([Layer() for _ in range(L)])
        for weight in self.parameters():
            nn.init.normal_(weight, std=0.02)

    def forward(self, tokens, targets):
        future = torch.ones(T, T).triu(1).bool()
        x = norm(self.wte(tokens) + self.wpe(torch.arange(T)))
        for layer in self.layers:
            x = layer(x, future)
        return F.cross_entropy(self.lm_head(x).view(-1, V), targets.view(-1))


model = GPT()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
tokens, targets = torch.randint(V, (B, T)), torch.randint(V, (B, T))

for line in sys.stdin:
    begin = time.perf_counter()
    for _ in range(int(line)):
        optimizer.zero_grad(set_to_none=True)
        model(tokens, targets).backward()
        optimizer.step()
    print((time.perf_counter() - begin) * 1000, flush=True)

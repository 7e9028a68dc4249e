"""Logits and losses of GPT-2's and Llama's blocks, in plain Python, written from the papers.

GPT-2 (Radford et al. 2019; the code of openai/gpt-2): LayerNorm before each half and at the end, biases everywhere,
GELU by tanh, learned positions, the token embedding as output matrix.
Llama (Touvron et al. 2023, arXiv:2302.13971; Llama 3 with grouped heads, arXiv:2307.09288): RMSNorm with gains, rotary
positions (Su et al. 2021, arXiv:2104.09864) on halves of a head, SwiGLU (Shazeer 2020, arXiv:2002.05202), no biases.

Nothing here is shared with microgpt: matrices are lists of rows, loops are loops. Weights are a formula of name and
place, so both sides can make them. Prints JSON: python3 test/oracle/blocks.py > test/oracle/blocks.json
"""

import json
from math import cos, exp, log, pi, sin, sqrt, tanh

EPS = 1e-5


def weight(name, i, scale):
    """Number i of a weight: a whole number from -1000 to 1000, by a multiplicative hash, scaled."""
    seed = sum((k + 1) * ord(c) for k, c in enumerate(name))
    return ((seed * 7919 + i * 104729) % 2001 - 1000) / 1000 * scale


def matrix(name, rows, columns, scale=0.4):
    return [[weight(name, r * columns + c, scale) for c in range(columns)] for r in range(rows)]


def vector(name, size, around=0.0):
    return [around + weight(name, i, 0.3) for i in range(size)]


def dot(x, y):
    return sum(a * b for a, b in zip(x, y))


def linear(x, w, b=None):
    return [dot(row, x) + (b[i] if b else 0) for i, row in enumerate(w)]


def layernorm(x, gain, bias):
    mean = sum(x) / len(x)
    variance = sum((a - mean) ** 2 for a in x) / len(x)
    return [(a - mean) / sqrt(variance + EPS) * g + b for a, g, b in zip(x, gain, bias)]


def rmsnorm(x, gain):
    return [a / sqrt(sum(b * b for b in x) / len(x) + EPS) * g for a, g in zip(x, gain)]


def softmax(x):
    exps = [exp(a - max(x)) for a in x]
    return [a / sum(exps) for a in exps]


def attend(queries, keys, values, n_head, n_kv_head):
    """Causal attention: row t of each head over rows 0 to t; n_head / n_kv_head heads share keys and values."""
    d = len(queries[0]) // n_head
    rows = []
    for t, q in enumerate(queries):
        row = []
        for h in range(n_head):
            g = h // (n_head // n_kv_head)
            mine = q[h * d : (h + 1) * d]
            shares = softmax([dot(mine, k[g * d : (g + 1) * d]) / sqrt(d) for k in keys[: t + 1]])
            row += [sum(s * v[g * d + i] for s, v in zip(shares, values)) for i in range(d)]
        rows.append(row)
    return rows


def add(x, y):
    return [a + b for a, b in zip(x, y)]


def gpt2(tokens, V, L, H, C, T):
    wte, wpe = matrix("wte", V, C), matrix("wpe", T, C)
    xs = [add(wte[token], wpe[t]) for t, token in enumerate(tokens)]
    for i in range(L):
        w = lambda name, rows, columns: matrix(f"layer{i}.{name}", rows, columns)
        b = lambda name, size, around=0.0: vector(f"layer{i}.{name}", size, around)
        ln1 = b("attn_norm_gain", C, 1.0), b("attn_norm_bias", C)
        normed = [layernorm(x, *ln1) for x in xs]
        q, k, v = ([linear(x, w(f"attn_w{n}", C, C), b(f"attn_w{n}_bias", C)) for x in normed] for n in "qkv")
        heads = attend(q, k, v, H, H)
        wo, bo = w("attn_wo", C, C), b("attn_wo_bias", C)
        xs = [add(x, linear(h, wo, bo)) for x, h in zip(xs, heads)]
        ln2 = b("mlp_norm_gain", C, 1.0), b("mlp_norm_bias", C)
        fc1, b1 = w("mlp_fc1", 4 * C, C), b("mlp_fc1_bias", 4 * C)
        fc2, b2 = w("mlp_fc2", C, 4 * C), b("mlp_fc2_bias", C)
        gelu = lambda a: 0.5 * a * (1 + tanh(sqrt(2 / pi) * (a + 0.044715 * a**3)))
        xs = [add(x, linear([gelu(a) for a in linear(layernorm(x, *ln2), fc1, b1)], fc2, b2)) for x in xs]
    final = vector("final_norm_gain", C, 1.0), vector("final_norm_bias", C)
    return [linear(layernorm(x, *final), wte) for x in xs]


def rotate(row, t, d, theta):
    out = list(row)
    for head in range(0, len(row), d):
        for i in range(d // 2):
            angle = t / theta ** (2 * i / d)
            a, b = row[head + i], row[head + i + d // 2]
            out[head + i] = a * cos(angle) - b * sin(angle)
            out[head + i + d // 2] = b * cos(angle) + a * sin(angle)
    return out


def llama(tokens, V, L, H, G, C, F, theta):
    wte, lm_head = matrix("wte", V, C), matrix("lm_head", V, C)
    d = C // H
    xs = [wte[token] for token in tokens]
    for i in range(L):
        w = lambda name, rows, columns: matrix(f"layer{i}.{name}", rows, columns)
        gain = lambda name: vector(f"layer{i}.{name}", C, 1.0)
        normed = [rmsnorm(x, gain("attn_norm_gain")) for x in xs]
        q = [rotate(linear(x, w("attn_wq", C, C)), t, d, theta) for t, x in enumerate(normed)]
        k = [rotate(linear(x, w("attn_wk", G * d, C)), t, d, theta) for t, x in enumerate(normed)]
        v = [linear(x, w("attn_wv", G * d, C)) for x in normed]
        wo = w("attn_wo", C, C)
        xs = [add(x, linear(h, wo)) for x, h in zip(xs, attend(q, k, v, H, G))]
        gate, up, down = w("mlp_fc1", F, C), w("mlp_gate", F, C), w("mlp_fc2", C, F)

        def mlp(x):
            silu = [a / (1 + exp(-a)) for a in linear(x, gate)]
            return linear([a * b for a, b in zip(silu, linear(x, up))], down)

        xs = [add(x, mlp(rmsnorm(x, gain("mlp_norm_gain")))) for x in xs]
    final = vector("final_norm_gain", C, 1.0)
    return [linear(rmsnorm(x, final), lm_head) for x in xs]


def loss(logits, targets):
    return -sum(log(softmax(row)[t]) for row, t in zip(logits, targets)) / len(targets)


def case(model, tokens, **sizes):
    logits = model(tokens[:-1], **sizes)
    return {"tokens": tokens, "loss": loss(logits, tokens[1:]), "logits": logits}


if __name__ == "__main__":
    tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5]
    cases = {
        "GPT-2": case(gpt2, tokens, V=11, L=2, H=3, C=12, T=10),
        "Llama": case(llama, tokens, V=11, L=2, H=4, G=2, C=16, F=20, theta=10000.0),
    }
    print(json.dumps(cases))

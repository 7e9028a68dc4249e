"""The algorithm of Karpathy's microgpt.py for any size, with a record of every number it computes.

One scalar at a time, standard library only. See README.md for the commands and the files they make.
"""
import argparse, functools, hashlib, json, math, operator, platform, random

REVISIONS = {
    "early": dict(revision="early (2026-02-11)", blockSize=8, initStd=0.02, zeroInit=["attn_wo", "mlp_fc2"],
                  activation="reluSquared", numSteps=500, schedule="cosine: lr*0.5*(1+cos(pi*step/numSteps))",
                  beta1=0.9, beta2=0.95),
    "published": dict(revision="later (2026-02-12 onward)", blockSize=16, initStd=0.08, zeroInit=[],
                      activation="relu", numSteps=1000, schedule="linear: lr*(1-step/numSteps)",
                      beta1=0.85, beta2=0.99),
}
COMMON = dict(nLayer=1, nEmbd=16, nHead=4, learningRate=0.01, eps=1e-8, temperature=0.5, numSamples=20, seed=42)
FLAGS = {"n_layer": "nLayer", "n_head": "nHead", "n_embd": "nEmbd", "block_size": "blockSize", "num_steps": "numSteps",
         "seed": "seed", "num_samples": "numSamples", "temperature": "temperature", "learning_rate": "learningRate"}


class Value:
    """A number, the operands it came from, and its local gradient towards each of them."""
    __slots__ = ("data", "grad", "operands", "local")

    def __init__(self, data, operands=(), local=()):
        self.data, self.grad, self.operands, self.local = data, 0.0, operands, local

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data ** n, (self,), (n * self.data ** (n - 1),))

    def __truediv__(self, other):  # a reciprocal and a product: two roundings, not one
        return self * other ** -1

    def exp(self):
        e = math.exp(self.data)
        return Value(e, (self,), (e,))

    def log(self):
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self):
        return Value(max(0.0, self.data), (self,), (1.0 if self.data > 0 else 0.0,))

    def backward(self):
        """Operands before results by a depth-first walk with its own stack; then the chain rule from the end."""
        order, seen, stack = [], {self}, [(self, iter(self.operands))]
        while stack:
            node, rest = stack[-1]
            for operand in rest:
                if operand not in seen:
                    seen.add(operand)
                    stack.append((operand, iter(operand.operands)))
                    break
            else:
                order.append(node)
                stack.pop()
        self.grad = 1.0
        for node in reversed(order):
            for operand, local in zip(node.operands, node.local):
                operand.grad += local * node.grad


def total(values):
    """Left to right. (Not sum(): from Python 3.12 on, that one compensates rounding when it adds floats.)"""
    return functools.reduce(operator.add, values)


def dot(xs, ys):
    return total([x * y for x, y in zip(xs, ys)])


def linear(w, x):  # (out, in), (in) -> (out)
    return [dot(row, x) for row in w]


def softmax(logits):
    biggest = max(l.data for l in logits)  # a plain number: no gradient flows through it
    exps = [(l + -biggest).exp() for l in logits]
    denominator = total(exps)
    return [e / denominator for e in exps]  # each e with a reciprocal node of its own: it decides the last bit


def rmsnorm(x):
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def make_weights(c, vocab_size):
    """Every matrix is (out, in), drawn row by row; a standard deviation of 0 draws all the same."""
    C = c["nEmbd"]
    shapes = {"wte": (vocab_size, C), "wpe": (c["blockSize"], C), "lm_head": (vocab_size, C)}
    for i in range(c["nLayer"]):
        for name in ("attn_wq", "attn_wk", "attn_wv", "attn_wo"):
            shapes[f"layer{i}.{name}"] = (C, C)
        shapes[f"layer{i}.mlp_fc1"] = (4 * C, C)
        shapes[f"layer{i}.mlp_fc2"] = (C, 4 * C)
    std = lambda name: 0.0 if name.split(".")[-1] in c["zeroInit"] else c["initStd"]
    return {name: [[Value(random.gauss(0, std(name))) for _ in range(cols)] for _ in range(rows)]
            for name, (rows, cols) in shapes.items()}


def gpt(token, position, cache, w, c):
    """One token in, the logits of the next one out; cache[i] holds layer i's (keys, values) so far."""
    assert c["nEmbd"] % c["nHead"] == 0, "n_embd must be a multiple of n_head"
    head_dim = c["nEmbd"] // c["nHead"]
    x = rmsnorm([t + p for t, p in zip(w["wte"][token], w["wpe"][position])])  # (C)
    for i, (keys, values) in enumerate(cache):
        layer = f"layer{i}."
        h = rmsnorm(x)
        q = linear(w[layer + "attn_wq"], h)
        keys.append(linear(w[layer + "attn_wk"], h))
        values.append(linear(w[layer + "attn_wv"], h))
        mixed = []
        for start in range(0, c["nEmbd"], head_dim):
            part = slice(start, start + head_dim)
            attention = softmax([dot(q[part], k[part]) / head_dim ** 0.5 for k in keys])  # (T so far)
            mixed += [dot(attention, [v[j] for v in values]) for j in range(part.start, part.stop)]
        x = [a + b for a, b in zip(linear(w[layer + "attn_wo"], mixed), x)]
        h = [v.relu() for v in linear(w[layer + "mlp_fc1"], rmsnorm(x))]  # (4C)
        if c["activation"] == "reluSquared":
            h = [v ** 2 for v in h]
        x = [a + b for a, b in zip(linear(w[layer + "mlp_fc2"], h), x)]
    return linear(w["lm_head"], x)  # (V)


def rate(step, c):
    if c["schedule"].startswith("cosine"):
        return c["learningRate"] * 0.5 * (1 + math.cos(math.pi * step / c["numSteps"]))
    return c["learningRate"] * (1 - step / c["numSteps"])


def summary(w, field):
    flat = {name: [getattr(v, field) for row in rows for v in row] for name, rows in w.items()}
    return {name: {"shape": [len(w[name]), len(w[name][0])], "sum": total(xs), "sumSquares": dot(xs, xs),
                   "first": xs[:4], "last": xs[-4:]} for name, xs in flat.items()}


def trace(path, name, c, stop_after):
    with open(path, encoding="utf-8") as file:  # \r\n and \r both read as \n
        docs = [line.strip() for line in file.read().strip().split("\n") if line.strip()]
    random.seed(c["seed"])
    random.shuffle(docs)
    chars = sorted(set("".join(docs)))  # by code point
    bos, new_cache = len(chars), lambda: [([], []) for _ in range(c["nLayer"])]
    w = make_weights(c, len(chars) + 1)
    params = [v for rows in w.values() for row in rows for v in row]
    out = {"about": f"Trace of the microgpt.py algorithm by microgpt_trace.py, CPython {platform.python_version()}, "
                    f"random.seed({c['seed']}). Layout as in the golden traces; order of parameters: as in init.",
           "config": c,
           "dataset": {"name": name, "sha256": hashlib.sha256(open(path, "rb").read()).hexdigest(),
                       "numDocs": len(docs), "vocabulary": "".join(chars), "bos": bos, "firstShuffledDocs": docs[:10]},
           "numParams": len(params), "losses": [], "samples": [], "init": summary(w, "data")}
    m, v = [0.0] * len(params), [0.0] * len(params)
    for step in range(min(c["numSteps"], stop_after)):
        tokens = [bos] + [chars.index(ch) for ch in docs[step % len(docs)]] + [bos]
        n, cache = min(c["blockSize"], len(tokens) - 1), new_cache()
        losses = [softmax(gpt(tokens[t], t, cache, w, c))[tokens[t + 1]].log() * -1 for t in range(n)]
        loss = total(losses) * (1 / n)
        loss.backward()
        out["losses"].append(loss.data)
        if step < 2:
            out[f"grad{step}"] = summary(w, "grad")
        for i, p in enumerate(params):
            m[i] = c["beta1"] * m[i] + (1 - c["beta1"]) * p.grad
            v[i] = c["beta2"] * v[i] + (1 - c["beta2"]) * p.grad ** 2
            m_hat, v_hat = m[i] / (1 - c["beta1"] ** (step + 1)), v[i] / (1 - c["beta2"] ** (step + 1))
            p.data -= rate(step, c) * m_hat / (v_hat ** 0.5 + c["eps"])
            p.grad = 0.0
    out["final"] = summary(w, "data")
    for _ in range(c["numSamples"]):
        tokens, cache = [bos], new_cache()
        while len(tokens) <= c["blockSize"] and (len(tokens) == 1 or tokens[-1] != bos):
            logits = gpt(tokens[-1], len(tokens) - 1, cache, w, c)
            probs = softmax([l / c["temperature"] for l in logits])
            tokens += random.choices(range(bos + 1), weights=[p.data for p in probs])
        out["samples"].append("".join(chars[token] for token in tokens if token != bos))
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--revision", choices=list(REVISIONS), required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", help="what the trace calls the data file; its path when left out")
    parser.add_argument("--stop_after", type=int, default=10**9, help="stop early, on the schedule of num_steps")
    for flag, key in FLAGS.items():
        parser.add_argument("--" + flag, type=float if key in ("temperature", "learningRate") else int)
    args = vars(parser.parse_args())
    config = COMMON | REVISIONS[args["revision"]] | {k: args[f] for f, k in FLAGS.items() if args[f] is not None}
    result = trace(args["data"], args["name"] or args["data"], config, args["stop_after"])
    with open(args["out"], "w", encoding="utf-8", newline="\n") as file:
        file.write("{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in result.items()) + "\n}\n")

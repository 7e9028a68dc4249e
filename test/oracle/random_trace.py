"""What CPython's random module draws for several seeds. Usage: python3 random_trace.py --out random.json

For each seed, random.seed(seed) once, then every draw below, one after another from the same stream, in the order
of the list DRAWS. The stream and the spare second value of gauss() run on from one entry to the next.
"""
import argparse, json, platform, random

SEEDS = [0, 1, 42, 2**32 - 1, 2**32, 123456789012, -5]
WEIGHTS = [.1, .2, .05, .3, .15, .1, .1]


def shuffled(n):
    items = list(range(n))
    random.shuffle(items)
    return items


DRAWS = [
    ("random", "random(), 5 times", lambda: [random.random() for _ in range(5)]),
    ("gauss", "gauss(0, 1), 6 times", lambda: [random.gauss(0, 1) for _ in range(6)]),
    ("shuffle", "shuffle(list(range(20)))", lambda: shuffled(20)),
    ("getrandbits", "getrandbits(k) for k in 1, 7, 31, 32", lambda: [random.getrandbits(k) for k in (1, 7, 31, 32)]),
    ("choices", f"choices(range(7), weights={WEIGHTS}), 10 times, one at a time",
     lambda: [random.choices(range(7), weights=WEIGHTS)[0] for _ in range(10)]),
    ("gaussOdd", "gauss(2, 0.5), 3 times: the second value of the last pair is kept",
     lambda: [random.gauss(2, 0.5) for _ in range(3)]),
    ("randomBetween", "random(), once: it leaves the kept value alone", lambda: [random.random()]),
    ("gaussKept", "gauss(0, 1), once: the kept value", lambda: [random.gauss(0, 1)]),
    ("shuffleLong", "shuffle(list(range(1000))), its last 10 items", lambda: shuffled(1000)[-10:]),
]

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True)
    path = parser.parse_args().out
    rows = []
    for seed in SEEDS:
        random.seed(seed)
        rows.append({"seed": seed} | {name: draw() for name, _, draw in DRAWS})
    about = {"about": f"CPython {platform.python_version()} random: for each seed, these draws in this order.",
             "order": {name: what for name, what, _ in DRAWS}, "weights": WEIGHTS}
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(about, indent=1)[:-2] + ',\n "seeds": [\n  ')
        file.write(",\n  ".join(json.dumps(row) for row in rows) + "\n ]\n}\n")

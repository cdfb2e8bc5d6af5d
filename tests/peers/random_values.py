"""Random keys, values and items of DynamoDB: few different ones, so that requests meet."""

import base64
import random

TABLE = "@table@"  # replaced by the name that a run gives it
OTHER = "@other@"  # a second table, for batches and transactions

NAMES = ["a", "b", "c", "m", "l", "ss", "ns", "n"]
TYPES = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"]


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Values:
    def __init__(self, seed):
        self.random = random.Random(seed)
        r = self.random
        self.pk, self.sk = r.choice(["S", "S", "N", "B"]), r.choice([None, "S", "N", "N", "B"])
        self.gsis, self.lsis = {}, {}
        self.steps = []

    # ---- chance
    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, options):
        return self.random.choice(options)

    # ---- values
    def scalar(self, kind):
        r = self.random
        if kind == "S":
            return {"S": r.choice(["a", "b", "ab", "abc", "é", "", "😀z", "S"])}
        if kind == "N":
            return {"N": r.choice(["0", "1", "2", "3", "-1", "10", "1.5", "1e2", "0.10", "-0", "12345678901234567890", "1E-5"])}
        return {"B": b64(r.choice(["a", "b", "ab", "abc", ""]))}

    def value(self, depth=2):
        r = self.random
        kind = r.choice(["S", "S", "N", "N", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
        if kind in ("S", "N", "B"):
            return self.scalar(kind)
        if kind == "BOOL":
            return {"BOOL": r.random() < 0.5}
        if kind == "NULL":
            return {"NULL": True}
        if kind == "SS":
            return {"SS": r.sample(["a", "b", "c", "ab"], r.randint(1, 3))}
        if kind == "NS":
            return {"NS": r.sample(["1", "2", "3", "10", "-1.5"], r.randint(1, 3))}
        if kind == "BS":
            return {"BS": [b64(text) for text in r.sample(["a", "b", "c"], r.randint(1, 2))]}
        if depth == 0:
            return {"L": []} if kind == "L" else {"M": {}}
        if kind == "L":
            return {"L": [self.value(depth - 1) for _ in range(r.randint(0, 3))]}
        return {"M": {r.choice(["a", "b", "x"]): self.value(depth - 1) for _ in range(r.randint(0, 2))}}

    def bad_value(self):
        return self.pick(
            [
                {"N": "abc"}, {"N": ""}, {"SS": []}, {"NS": ["1", "1.0"]}, {"SS": ["a", "a"]}, {"NULL": False}, {},
                {"S": "a", "N": "1"}, {"N": "1e200"}, {"N": "1" * 39}, {"N": "1e-131"}, {"X": "a"}, {"NS": ["x"]},
                {"L": [{"SS": []}]}, {"M": {"a": {"N": "NaN"}}}, {"BS": []},
            ]
        )

    def key_value(self, kind, which):
        r = self.random
        if kind == "S":
            return {"S": r.choice(["p", "q"] if which == "pk" else ["a", "ab", "b", "ba", "c"])}
        if kind == "N":
            return {"N": r.choice(["1", "2.0"] if which == "pk" else ["-1", "0", "1.5", "2", "1e1", "10.0"])}
        return {"B": b64(r.choice(["p", "q"] if which == "pk" else ["a", "ab", "b", "c"]))}

    def key(self, table=TABLE):
        if table == OTHER:
            return {"id": {"S": self.pick(["x", "y"])}}
        key = {"pk": self.key_value(self.pk, "pk")}
        if self.sk:
            key["sk"] = self.key_value(self.sk, "sk")
        if self.chance(3):
            broken = self.pick(["extra", "missing", "type", "empty"])
            name = self.pick(sorted(key))
            if broken == "extra":
                key["zz"] = {"S": "a"}
            elif broken == "missing":
                del key[name]
            elif broken == "type":
                key[name] = {"BOOL": True} if self.chance(50) else self.scalar(self.pick("SNB"))
            elif name in key and next(iter(key[name])) in "SB":
                key[name] = {next(iter(key[name])): ""}
        return key

    def index_attributes(self):
        return {name: kind for index in [*self.gsis.values(), *self.lsis.values()] for name, kind in index["types"].items()}

    def item(self, table=TABLE):
        item = self.key(table)
        for name in self.random.sample(NAMES, self.random.randint(0, 5)):
            item[name] = self.value()
        if table == TABLE:
            for name, kind in self.index_attributes().items():
                if name not in ("pk", "sk") and self.chance(75):
                    item[name] = self.scalar(kind if self.chance(96) else self.pick("SNB"))
        if self.chance(2):
            item[self.pick(NAMES)] = self.bad_value()
        return item

"""Random expressions of requests, and the legacy parameters that they replaced."""

from random_values import NAMES, TYPES, Values, b64


class Expressions(Values):
    # ---- expressions
    def path(self, names):
        r = self.random
        top = r.choice(NAMES + ["g", "h", "pk"] if self.chance(20) else NAMES)
        text = self.alias(top, names) if self.chance(30) else top
        if self.chance(25):
            text += r.choice([".a", ".b", ".x", "[0]", "[1]", ".a[0]", "[0].a", ".x.b"])
        return text

    def alias(self, name, names):
        alias = "#" + name.replace(".", "_")
        names[alias] = name
        return alias

    def placeholder(self, values, value=None):
        name = f":v{len(values)}"
        values[name] = value if value is not None else (self.bad_value() if self.chance(1.5) else self.value())
        return name

    def operand(self, names, values):
        if self.chance(60):
            return self.placeholder(values)
        return f"size({self.path(names)})" if self.chance(20) else self.path(names)

    def condition(self, names, values, depth=2):
        r = self.random
        if depth and self.chance(35):
            left, right = self.condition(names, values, depth - 1), self.condition(names, values, depth - 1)
            return r.choice([f"{left} AND {right}", f"{left} OR {right}", f"NOT {left}", f"({left}) AND {right}",
                             f"NOT ({left} or {right})"])
        kind = r.randint(0, 9)
        if kind <= 3:
            left = f"size({self.path(names)})" if self.chance(15) else self.path(names)
            return f"{left} {r.choice(['=', '<>', '<', '<=', '>', '>='])} {self.operand(names, values)}"
        if kind == 4:
            kind = r.choice("SNB")
            low, high = (self.placeholder(values, self.scalar(kind)) for _ in range(2))
            return f"{self.path(names)} BETWEEN {low} AND {high}"
        if kind == 5:
            return f"{self.path(names)} IN ({', '.join(self.operand(names, values) for _ in range(r.randint(1, 3)))})"
        if kind == 6:
            return f"{r.choice(['attribute_exists', 'attribute_not_exists'])}({self.path(names)})"
        if kind == 7:
            return f"attribute_type({self.path(names)}, {self.placeholder(values, {'S': r.choice(TYPES)})})"
        if kind == 8:
            return f"begins_with({self.path(names)}, {self.placeholder(values, self.scalar(r.choice('SSB')))})"
        return f"contains({self.path(names)}, {self.operand(names, values)})"

    def update(self, names, values):
        r = self.random
        clauses = []
        for clause in r.sample(["SET", "SET", "REMOVE", "ADD", "DELETE"], r.randint(1, 3)):
            if any(other.startswith(clause) for other in clauses) and not self.chance(3):
                continue
            actions = [self.update_action(clause, names, values) for _ in range(r.randint(1, 2))]
            clauses.append(f"{clause} {', '.join(actions)}")
        return " ".join(clauses)

    def update_action(self, clause, names, values):
        r = self.random
        path = self.path(names)
        if clause == "REMOVE":
            return path
        if clause == "ADD":
            return f"{path} {self.placeholder(values, r.choice([self.scalar('N'), {'SS': ['a', 'z']}, {'NS': ['1', '7']}, self.value()]))}"
        if clause == "DELETE":
            return f"{path} {self.placeholder(values, r.choice([{'SS': ['a', 'z']}, {'NS': ['1', '7']}, {'BS': [b64('a')]}, self.value()]))}"
        number = lambda: self.placeholder(values, self.scalar("N"))
        how = r.randint(0, 6)
        if how <= 2:
            return f"{path} = {self.placeholder(values)}"
        if how == 3:
            return f"{path} = {self.path(names)} {r.choice('+-')} {number()}"
        if how == 4:
            return f"{path} = if_not_exists({self.path(names)}, {number()}) {r.choice(['', '+ ' + number()])}".strip()
        if how == 5:
            one, two = self.path(names), self.placeholder(values, {"L": [self.value(0)]})
            return f"{path} = list_append({r.choice([f'{one}, {two}', f'{two}, {one}', f'if_not_exists({one}, {two}), {two}'])})"
        return f"{path} = {self.path(names)}"

    def projection(self, names):
        return ", ".join(self.path(names) for _ in range(self.random.randint(1, 3)))

    def broken(self, text):
        """A text with one token lost, doubled or put in."""
        tokens = text.split(" ")
        at = self.random.randrange(len(tokens))
        how = self.random.randint(0, 3)
        if how == 0:
            del tokens[at]
        elif how == 1:
            tokens.insert(at, tokens[at])
        elif how == 2:
            tokens.insert(at, self.pick(["AND", "(", ")", ",", "=", ":undefined", "#undefined", "SET", "foo(", "[", "status", "!"]))
        else:
            tokens[at] = self.pick([":undefined", "#undefined", "size", "name", "a[", "a..b", "contains(a)", "NOT", "1"])
        return " ".join(tokens)

    def with_expressions(self, body, **texts):
        """Adds expressions, made by functions of (names, values), and what they name."""
        names, values = {}, {}
        for member, make in texts.items():
            text = make(names, values)
            body[member] = self.broken(text) if self.chance(4) else text
        if self.chance(1.5):
            names["#unused"] = "a"
        if self.chance(1.5):
            values[":unused"] = {"S": "a"}
        if names:
            body["ExpressionAttributeNames"] = names
        if values:
            body["ExpressionAttributeValues"] = values
        return body

    def project(self, names, _):
        return self.projection(names)

    # ---- legacy parameters
    def legacy_condition(self):
        r = self.random
        operator = r.choice(["EQ", "NE", "LT", "LE", "GT", "GE", "BETWEEN", "IN", "NULL", "NOT_NULL", "BEGINS_WITH", "CONTAINS",
                             "NOT_CONTAINS"])
        count = {"BETWEEN": 2, "NULL": 0, "NOT_NULL": 0, "IN": r.randint(1, 3)}.get(operator, 1)
        if self.chance(5):
            count = r.randint(0, 2)
        kind = r.choice(["S", "N", "N", "B"])
        condition = {"ComparisonOperator": operator if not self.chance(1) else "XX"}
        if count:
            condition["AttributeValueList"] = [self.scalar(kind) if self.chance(90) else self.value() for _ in range(count)]
        return condition

    def legacy_filter(self):
        return {name: self.legacy_condition() for name in self.random.sample(NAMES, self.random.randint(1, 2))}

    def expected(self):
        result = {}
        for name in self.random.sample(NAMES, self.random.randint(1, 2)):
            how = self.random.randint(0, 4)
            if how == 0:
                result[name] = {"Exists": False}
            elif how == 1:
                result[name] = {"Value": self.value()}
            elif how == 2:
                result[name] = {"Exists": self.chance(70), "Value": self.value()}
            else:
                result[name] = self.legacy_condition()
        return result

    def attribute_updates(self):
        result = {}
        for name in self.random.sample(NAMES, self.random.randint(1, 3)):
            update = {"Action": self.pick(["PUT", "PUT", "ADD", "DELETE"])}
            if update["Action"] != "DELETE" or self.chance(50):
                update["Value"] = self.value()
            if self.chance(10):
                del update["Action"]
            result[name] = update
        return result

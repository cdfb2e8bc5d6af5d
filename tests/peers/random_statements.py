"""Random sequences of requests with PartiQL statements among them.

Conditions and assignments are those of expressions, with their placeholders replaced by literals or parameters.
"""

import re

import random_requests


class Statements:
    """`sequence` gives keys, values, conditions and chance."""

    def __init__(self, sequence):
        self.sequence = sequence

    # ---- texts
    def literal(self, value):
        """A literal; None for what has none."""
        kind, inner = next(iter(value.items())) if len(value) == 1 else ("", None)
        if kind == "S":
            return "'" + inner.replace("'", "''") + "'"
        if kind == "N":
            return inner
        if kind == "BOOL":
            return str(inner).lower()
        if kind == "NULL":
            return "null"
        if kind in ("SS", "NS") and inner:
            return "<<" + ", ".join(self.literal({kind[0]: member}) for member in inner) + ">>"
        if kind == "L":
            members = [self.literal(member) for member in inner]
            return None if None in members else "[" + ", ".join(members) + "]"
        if kind == "M":
            members = {name: self.literal(member) for name, member in inner.items()}
            return None if None in members.values() else "{" + ", ".join(f"'{name}': {text}" for name, text in members.items()) + "}"
        return None

    def value(self, value, parameters):
        text = None if self.sequence.chance(40) else self.literal(value)
        if text is None:
            parameters.append(value)
            return "?"
        return text

    def filled(self, text, names, values, parameters):
        """An expression's text with what its placeholders stand for."""
        text = re.sub(r"#\w+", lambda found: '"' + names.get(found[0], "undefined") + '"', text)
        return re.sub(r":v\d+", lambda found: self.value(values[found[0]], parameters), text)

    def expression(self, make, parameters):
        names, values = {}, {}
        text = make(names, values)
        return self.filled(text, names, values, parameters)

    def source(self, table, index=None):
        quoted = f'"{table}"'
        return f'{quoted}."{index}"' if index else quoted

    def where_key(self, parameters, table=random_requests.TABLE):
        key = self.sequence.key(table)
        parts = [f"{name} = {self.value(value, parameters)}" for name, value in key.items()]
        if self.sequence.chance(30):
            parts.append("(" + self.expression(self.sequence.condition, parameters) + ")")
        return " AND ".join(parts)

    # ---- statements: (text, parameters)
    def select_one(self, table):
        parameters = []
        columns = "*" if self.sequence.chance(60) else self.columns()
        key = self.sequence.key(table)
        where = " AND ".join(f"{name} = {self.value(value, parameters)}" for name, value in key.items())
        return f"SELECT {columns} FROM {self.source(table)} WHERE {where}", parameters

    def columns(self):
        return ", ".join(self.sequence.path({}) for _ in range(self.sequence.random.randint(1, 3))).replace("#", "")

    def select(self):
        sequence, parameters = self.sequence, []
        index = sequence.any_index()
        text = f"SELECT {'*' if sequence.chance(60) else self.columns()} FROM {self.source(random_requests.TABLE, index)}"
        parts, keyed = [], sequence.chance(75)
        if keyed:
            condition = sequence.key_condition({**sequence.gsis, **sequence.lsis}.get(index))
            parts.append(self.expression(condition, parameters))
        if sequence.chance(35):
            parts.append("(" + self.expression(sequence.condition, parameters) + ")")
        if parts:
            text += " WHERE " + " AND ".join(parts)
        if keyed and sequence.sk and not index and sequence.chance(30):
            text += " ORDER BY sk" + sequence.pick(["", " ASC", " DESC"])
        return text, parameters

    def insert(self, table=random_requests.TABLE):
        parameters = []
        item = self.sequence.item(table)
        members = [f"'{name}': {self.value(value, parameters)}" for name, value in item.items()]
        return f"INSERT INTO {self.source(table)} VALUE {{{', '.join(members)}}}", parameters

    def update(self, table=random_requests.TABLE, returning=True):
        sequence, parameters = self.sequence, []
        actions = [self.action(parameters) for _ in range(sequence.random.randint(1, 3))]
        text = f"UPDATE {self.source(table)} {' '.join(actions)} WHERE {self.where_key(parameters, table)}"
        if returning and sequence.chance(40):
            text += f" RETURNING {sequence.pick(['ALL', 'MODIFIED'])} {sequence.pick(['OLD', 'NEW'])} *"
        return text, parameters

    def action(self, parameters):
        sequence = self.sequence
        how = sequence.random.randint(0, 9)
        if how == 0:
            return f"REMOVE {sequence.path({}).replace('#', '')}"
        if how <= 2:
            name, kind = sequence.pick([("ss", "SS"), ("ns", "NS")])
            members = {"SS": ["a", "z"]} if kind == "SS" else {"NS": ["1", "7"]}
            return f"SET {name} = {sequence.pick(['set_add', 'SET_DELETE'])}({name}, {self.value(members, parameters)})"
        if how == 3:
            terms = [sequence.path({}).replace("#", "") for _ in range(sequence.random.randint(2, 3))]
            return f"SET {sequence.pick(random_requests.NAMES)} = {sequence.pick(' + | - '.split('|')).join(terms)}"
        return "SET " + self.expression(lambda names, values: sequence.update_action("SET", names, values), parameters)

    def delete(self, table=random_requests.TABLE, returning=True):
        parameters = []
        text = f"DELETE FROM {self.source(table)} WHERE {self.where_key(parameters, table)}"
        return text + (" RETURNING ALL OLD *" if returning and self.sequence.chance(40) else ""), parameters

    def write(self, returning):
        sequence = self.sequence
        table = random_requests.OTHER if sequence.chance(20) else random_requests.TABLE
        kind = sequence.random.randint(0, 9)
        if kind <= 3:
            return self.insert(table)
        return self.update(table, returning) if kind <= 7 else self.delete(table, returning)

    # ---- requests
    def as_request(self, statement):
        text, parameters = statement
        if self.sequence.chance(3):
            text = self.sequence.broken(text)
        return {"Statement": text, **({"Parameters": parameters} if parameters else {})}

    def execute(self):
        return self.as_request(self.select() if self.sequence.chance(50) else self.write(returning=True))

    def several(self):
        count = self.sequence.random.randint(1, 3)
        if self.sequence.chance(50):
            return [self.as_request(self.select_one(self.sequence.pick([random_requests.TABLE, random_requests.OTHER])))
                    for _ in range(count)]
        return [self.as_request(self.write(returning=False)) for _ in range(count)]

    def batch(self):
        return {"Statements": self.several()}

    def transaction(self):
        return {"TransactStatements": self.several()}


class Sequence(random_requests.Sequence):
    def kinds(self):
        statements = Statements(self)
        return [*super().kinds(), ("ExecuteStatement", statements.execute, 14), ("BatchExecuteStatement", statements.batch, 3),
                ("ExecuteTransaction", statements.transaction, 3)]


def sequence(seed):
    return Sequence(seed).make()

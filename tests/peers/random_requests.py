"""Random sequences of DynamoDB requests, as data: what differential.py sends to two servers.

A sequence is a list of steps {"op": "PutItem", "body": {…}}; it begins by creating its table, whose name is TABLE until it is
sent. Few names, keys and values, so that steps meet; most requests are valid, some are broken on purpose.
"""

import base64
import copy
import random

TABLE = "@table@"  # replaced by the name that a run gives it
OTHER = "@other@"  # a second table, for batches and transactions
BROKEN = "@broken@"  # what a CreateTable that should fail names

NAMES = ["a", "b", "c", "m", "l", "ss", "ns", "n"]
TYPES = ["S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"]


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Sequence:
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

    # ---- tables
    def create(self):
        attributes = {"pk": self.pk}
        schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
        if self.sk:
            attributes["sk"] = self.sk
            schema.append({"AttributeName": "sk", "KeyType": "RANGE"})
        body = {"TableName": TABLE, "KeySchema": schema, "BillingMode": "PAY_PER_REQUEST"}
        if self.chance(30):
            body["BillingMode"] = "PROVISIONED"
            body["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
        if self.chance(60):
            for i in range(self.random.randint(1, 2)):
                types = {"g": "S"} if i == 0 else {"n": "N"}
                if self.chance(60):
                    types["h"] = "N"
                self.gsis[f"gsi{i}"] = self.index(types, list(types))
        if self.sk and self.chance(40):
            self.lsis["lsi"] = self.index({"pk": self.pk, "h": "N"}, ["pk", "h"])
        for member, indexes in (("GlobalSecondaryIndexes", self.gsis), ("LocalSecondaryIndexes", self.lsis)):
            if indexes:
                body[member] = [self.index_definition(name, index, body, member[0] == "G") for name, index in indexes.items()]
        attributes.update(self.index_attributes())
        body["AttributeDefinitions"] = [{"AttributeName": n, "AttributeType": t} for n, t in attributes.items()]
        return body

    def index(self, types, keys):
        projection = self.pick([{"ProjectionType": "ALL"}, {"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"},
                                {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "m"]}])
        return {"types": types, "keys": keys, "projection": projection}

    def index_definition(self, name, index, table, is_global):
        kinds = ["HASH", "RANGE"]
        definition = {"IndexName": name, "Projection": index["projection"],
                      "KeySchema": [{"AttributeName": key, "KeyType": kinds[i]} for i, key in enumerate(index["keys"])]}
        if is_global and table.get("BillingMode") == "PROVISIONED":
            definition["ProvisionedThroughput"] = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
        return definition

    def broken_create(self):
        body = copy.deepcopy(self.create_body)
        body["TableName"] = BROKEN
        how = self.random.randint(0, 13)
        if how == 0:
            del body["KeySchema"]
        elif how == 1:
            body["KeySchema"].reverse()
        elif how == 2:
            body["AttributeDefinitions"].append({"AttributeName": "unused", "AttributeType": "S"})
        elif how == 3:
            body["AttributeDefinitions"].pop(0)
        elif how == 4:
            body["BillingMode"] = "PROVISIONED"
            body.pop("ProvisionedThroughput", None)
        elif how == 5:
            body["AttributeDefinitions"][0]["AttributeType"] = self.pick(["BOOL", "SS", "x"])
        elif how == 6:
            body["TableName"] = self.pick(["ab", "a b", "x" * 256, "", "ok$"])
        elif how == 7:
            body["BillingMode"] = "FREE"
        elif how == 8:
            body["KeySchema"] = body["KeySchema"] * 2
        elif how == 9:
            body["KeySchema"][0]["KeyType"] = "RANGE"
        elif how == 10:
            del body["AttributeDefinitions"]
        elif how == 11:
            body["GlobalSecondaryIndexes"] = self.pick([[], [{"IndexName": "i1", "KeySchema": body["KeySchema"]}],
                                                        [{"IndexName": "x", "KeySchema": body["KeySchema"],
                                                          "Projection": {"ProjectionType": "ALL"}}]])
        elif how == 12:
            body["LocalSecondaryIndexes"] = [{"IndexName": "i1", "KeySchema": body["KeySchema"],
                                              "Projection": {"ProjectionType": "INCLUDE"}}]
        else:
            body["TableName"] = TABLE
        return body

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

    # ---- requests
    def options(self, body, **choices):
        for member, (percent, values) in choices.items():
            if self.chance(percent):
                body[member] = self.pick(values)
        return body

    CAPACITY = (25, ["TOTAL", "INDEXES", "NONE"])

    def write_options(self, body, returns):
        return self.options(
            body,
            ReturnValues=(40, returns),
            ReturnConsumedCapacity=self.CAPACITY,
            ReturnValuesOnConditionCheckFailure=(20, ["ALL_OLD", "NONE"]),
        )

    def guard(self, body, **more):
        """Maybe a condition, by expression or by legacy parameter."""
        if not more and self.chance(12):
            body["Expected"] = self.expected()
            if len(body["Expected"]) > 1 and self.chance(60):
                body["ConditionalOperator"] = self.pick(["AND", "OR"])
            return body
        if self.chance(45):
            more["ConditionExpression"] = self.condition
        return self.with_expressions(body, **more)

    def put(self):
        body = {"TableName": TABLE, "Item": self.item()}
        return self.write_options(self.guard(body), ["NONE", "ALL_OLD", "ALL_OLD", "ALL_NEW"])

    def delete(self):
        body = {"TableName": TABLE, "Key": self.key()}
        return self.write_options(self.guard(body), ["NONE", "ALL_OLD"])

    def update_item(self):
        body = {"TableName": TABLE, "Key": self.key()}
        returns = ["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]
        if self.chance(15):
            body["AttributeUpdates"] = self.attribute_updates()
            if self.chance(30):
                body["Expected"] = self.expected()
            return self.write_options(body, returns)
        if self.chance(3):
            return self.write_options(self.guard(body), returns)
        return self.write_options(self.guard(body, UpdateExpression=self.update), returns)

    def get(self):
        body = {"TableName": TABLE, "Key": self.key()}
        self.options(body, ConsistentRead=(30, [True, False]), ReturnConsumedCapacity=self.CAPACITY)
        if self.chance(8):
            body["AttributesToGet"] = self.random.sample(NAMES, 2)
        elif self.chance(40):
            self.with_expressions(body, ProjectionExpression=self.project)
        return body

    def read_options(self, body):
        self.options(
            body,
            ConsistentRead=(20, [True, False]),
            ReturnConsumedCapacity=self.CAPACITY,
            Limit=(30, [1, 2, 3, 7] if not self.chance(3) else [0, -1]),
            Select=(10, ["COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"]),
        )
        return body

    def key_condition(self, index):
        def make(names, values):
            if index:
                keys, types = index["keys"], index["types"]
            else:
                keys = ["pk", "sk"] if self.sk else ["pk"]
                types = {"pk": self.pk, "sk": self.sk}
            which = lambda name: "pk" if name == "pk" else "sk"
            value = lambda name: self.placeholder(
                values, self.key_value(types[name], which(name)) if name in ("pk", "sk") else self.scalar(types[name]))
            text = f"{keys[0]} = {value(keys[0])}"
            if len(keys) > 1 and self.chance(60):
                name = self.alias(keys[1], names) if self.chance(20) else keys[1]
                how = self.random.randint(0, 6)
                if how == 0:
                    part = f"{name} BETWEEN {value(keys[1])} AND {value(keys[1])}"
                elif how == 1 and (types[keys[1]] != "N" or self.chance(10)):
                    part = f"begins_with({name}, {value(keys[1])})"
                else:
                    part = f"{name} {self.pick(['=', '<', '<=', '>', '>='])} {value(keys[1])}"
                text = f"{text} AND {part}" if self.chance(80) else f"{part} AND {text}"
            return text
        return make

    def any_index(self):
        indexes = {**self.gsis, **self.lsis}
        return self.pick([None, *indexes]) if indexes and self.chance(70) else None

    def query(self):
        name = self.any_index()
        index = {**self.gsis, **self.lsis}.get(name)
        body = {"TableName": TABLE}
        if name:
            body["IndexName"] = name
        elif self.chance(1):
            body["IndexName"] = "nosuch"
        self.read_options(body)
        self.options(body, ScanIndexForward=(40, [True, False]))
        if self.chance(10):
            keys, types = (index["keys"], index["types"]) if index else (["pk", "sk"], {"pk": self.pk, "sk": self.sk})
            value = lambda key: self.key_value(types[key], key) if key in ("pk", "sk") else self.scalar(types[key])
            body["KeyConditions"] = {keys[0]: {"ComparisonOperator": "EQ", "AttributeValueList": [value(keys[0])]}}
            if len(keys) > 1 and types[keys[1]] and self.chance(60):
                body["KeyConditions"][keys[1]] = {"ComparisonOperator": self.pick(["EQ", "LT", "GE", "BEGINS_WITH", "NE"]),
                                                  "AttributeValueList": [value(keys[1])]}
            if self.chance(50):
                body["QueryFilter"] = self.legacy_filter()
            return body
        texts = {"KeyConditionExpression": self.key_condition(index)}
        if self.chance(35):
            texts["FilterExpression"] = self.condition
        if self.chance(20):
            texts["ProjectionExpression"] = self.project
        return self.with_expressions(body, **texts)

    def scan(self):
        body = {"TableName": TABLE}
        if name := self.any_index():
            body["IndexName"] = name
        self.read_options(body)
        if self.chance(10):
            body["TotalSegments"] = self.pick([1, 2, 3])
            body["Segment"] = self.pick([0, 0, 1, 5])
        if self.chance(10):
            body["ScanFilter"] = self.legacy_filter()
            self.options(body, ConditionalOperator=(30, ["AND", "OR"]))
            return body
        texts = {}
        if self.chance(50):
            texts["FilterExpression"] = self.condition
        if self.chance(20):
            texts["ProjectionExpression"] = self.project
        return self.with_expressions(body, **texts)

    def batch_write(self):
        tables = {}
        for table in self.pick([[TABLE], [TABLE], [TABLE, OTHER]]):
            tables[table] = [
                {"PutRequest": {"Item": self.item(table)}} if self.chance(70) else {"DeleteRequest": {"Key": self.key(table)}}
                for _ in range(self.random.randint(1, 4))
            ]
        return self.options({"RequestItems": tables}, ReturnConsumedCapacity=self.CAPACITY)

    def batch_get(self):
        tables = {}
        for table in self.pick([[TABLE], [TABLE], [TABLE, OTHER]]):
            entry = {"Keys": [self.key(table) for _ in range(self.random.randint(1, 3))]}
            if self.chance(30):
                self.with_expressions(entry, ProjectionExpression=self.project)
            tables[table] = self.options(entry, ConsistentRead=(30, [True, False]))
        return self.options({"RequestItems": tables}, ReturnConsumedCapacity=self.CAPACITY)

    def transact_write(self):
        actions = []
        for _ in range(self.random.randint(1, 4)):
            table = self.pick([TABLE, TABLE, TABLE, OTHER])
            kind = self.pick(["Put", "Update", "Delete", "ConditionCheck"])
            body = {"TableName": table}
            texts = {"ConditionExpression": self.condition} if kind == "ConditionCheck" or self.chance(40) else {}
            if kind == "Put":
                body["Item"] = self.item(table)
            else:
                body["Key"] = self.key(table)
            if kind == "Update":
                texts["UpdateExpression"] = self.update
            self.with_expressions(body, **texts)
            actions.append({kind: self.options(body, ReturnValuesOnConditionCheckFailure=(30, ["ALL_OLD"]))})
        return self.options({"TransactItems": actions}, ReturnConsumedCapacity=self.CAPACITY)

    def transact_get(self):
        actions = []
        for _ in range(self.random.randint(1, 3)):
            table = self.pick([TABLE, TABLE, OTHER])
            body = {"TableName": table, "Key": self.key(table)}
            if self.chance(30):
                self.with_expressions(body, ProjectionExpression=self.project)
            actions.append({"Get": body})
        return self.options({"TransactItems": actions}, ReturnConsumedCapacity=self.CAPACITY)

    def update_table(self):
        if self.chance(50) and "late" not in self.gsis and self.create_body["BillingMode"] == "PAY_PER_REQUEST":
            self.gsis["late"] = self.index({"c": "S"}, ["c"])
            create = self.index_definition("late", self.gsis["late"], {}, True)
            return {"TableName": TABLE, "AttributeDefinitions": [{"AttributeName": "c", "AttributeType": "S"}],
                    "GlobalSecondaryIndexUpdates": [{"Create": create}]}
        name = self.pick([*self.gsis, "nosuch"])
        if name in self.gsis:
            del self.gsis[name]
        return {"TableName": TABLE, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}

    def kinds(self):
        """(operation, what makes its request, how often)"""
        return [("PutItem", self.put, 22), ("UpdateItem", self.update_item, 22), ("DeleteItem", self.delete, 7),
                ("GetItem", self.get, 8), ("Query", self.query, 16), ("Scan", self.scan, 10),
                ("BatchWriteItem", self.batch_write, 7), ("BatchGetItem", self.batch_get, 4),
                ("TransactWriteItems", self.transact_write, 7), ("TransactGetItems", self.transact_get, 3),
                ("DescribeTable", lambda: {"TableName": TABLE}, 1), ("CreateTable", self.broken_create, 1.5),
                ("UpdateTable", self.update_table, 0.7)]

    def make(self):
        self.create_body = self.create()
        add = lambda op, body: self.steps.append({"op": op, "body": body})
        add("CreateTable", self.create_body)
        add("CreateTable", {"TableName": OTHER, "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                            "BillingMode": "PAY_PER_REQUEST"})
        kinds = self.kinds()
        # Some rows first, so that what follows finds them.
        for _ in range(self.random.randint(0, 3)):
            add("PutItem", {"TableName": TABLE, "Item": self.item()})
        for _ in range(self.random.randint(6, 16)):
            op, make, _ = self.random.choices(kinds, weights=[weight for *_, weight in kinds])[0]
            add(op, make())
            if op == "UpdateTable":
                add("DescribeTable", {"TableName": TABLE})
        add("Scan", {"TableName": TABLE})
        for index in {**self.gsis, **self.lsis}:
            add("Scan", {"TableName": TABLE, "IndexName": index})
        return self.steps

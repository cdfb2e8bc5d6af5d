"""Random sequences of DynamoDB requests, as data: what differential.py sends to two servers.

A sequence is a list of steps {"op": "PutItem", "body": {…}}; it begins by creating its table, whose name is TABLE until it is
sent. Few names, keys and values, so that steps meet; most requests are valid, some are broken on purpose.
"""

import copy

from random_expressions import Expressions
from random_values import NAMES, OTHER, TABLE

BROKEN = "@broken@"  # what a CreateTable that should fail names


class Sequence(Expressions):
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

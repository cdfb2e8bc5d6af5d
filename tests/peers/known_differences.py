"""Where ddb-local differs from DynamoDB Local 1.25.1 because AWS's service does.

KINDS says which error messages mean the same thing; KNOWN holds the rest: a name, when it applies, why, and the source. "L!"
is a row of the house's table of DynamoDB's behaviours (reference/dynamodb-semantics.md). docs/compatibility.md tells what a
user can notice.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Callable

# ---- errors: (what is wrong, our words, DynamoDB Local's words or None where they are the same)
INVALID = "One or more parameter values were invalid: "
KINDS = [
    ("paths overlap", r"Invalid \w+: Two document paths (overlap|conflict) with each other", None),
    ("operand type", r"Invalid \w+: Incorrect operand type for operator or function", None),
    ("syntax", r"Invalid \w+: Syntax error", None),
    ("distinct operands", r"Invalid \w+: The first operand must be distinct", None),
    ("between bounds", r"Invalid \w+: The BETWEEN operator requires upper bound|.*BETWEEN condition was provided", None),
    ("between types", r"Invalid \w+: The BETWEEN operator requires same data type", None),
    ("undefined placeholder", r"Invalid \w+: An expression attribute (name|value) used in", None),
    ("reserved word", r"Invalid \w+: Attribute name is a reserved keyword", None),
    ("invalid function", r"Invalid \w+: (Invalid function name|The function is not allowed|Operator or function)", None),
    ("parentheses", r"Invalid \w+: The expression has redundant parentheses", None),
    ("clause twice", r'Invalid UpdateExpression: The "\w+" section can only be used once', None),
    ("operand count", r"Invalid \w+: Incorrect number of operands", None),
    ("operator in key condition", r"Invalid KeyConditionExpression|Invalid operator used in KeyConditionExpression", None),
    ("empty expression", r"Invalid \w+: The expression can not be empty", None),
    ("expression without use", r"ExpressionAttribute(Names|Values) can only be specified when using expressions", None),
    ("unused placeholder", r"Value provided in ExpressionAttribute(Names|Values) unused", None),
    ("condition on keys", r"Query condition missed key schema element|Query key condition not supported", None),
    ("filter on keys", r"Filter Expression can only contain non-primary key attributes", None),
    ("path is missing", r"The document path provided in the update expression is invalid|"
                        r"The provided expression refers to an attribute that does not exist|"
                        r"An operand in the update expression has an incorrect data type", None),
    ("key is updated", INVALID + r"Cannot update attribute", None),
    ("key element", r"The provided key element does not match the schema",
     r"The provided key element does not match|The number of conditions on the keys is invalid|Invalid attribute value type|"
     r"One of the required keys was not given a value|" + INVALID + r"Type mismatch for key"),
    ("key is missing", INVALID + r"Missing the key", r"One of the required keys was not given a value"),
    ("key type", INVALID + r"Type mismatch for key", INVALID + r"Type mismatch for key|Invalid attribute value type"),
    ("index key type", INVALID + r"Type mismatch for Index Key", INVALID + r"Type mismatch for Index Key|Invalid attribute value type"),
    ("index key in a query", INVALID + r"Condition parameter type does not match schema type", None),
    ("empty key", r"One or more parameter values are not valid\. .*cannot contain an empty", None),
    ("nested index key", r"Key attributes must be scalars", None),
    ("empty set", r"(ExpressionAttributeValues contains invalid value: )?" + INVALID + r"An? \w+ set +may not be empty", None),
    ("comparison operator", r"1 validation error detected: .*comparisonOperator", r"Comparison type does not exist"),
    ("duplicates in a set", r"(ExpressionAttributeValues contains invalid value: )?Input collection|(ExpressionAttributeValues contains invalid value: )?" + INVALID + r"Input collection", None),
    ("null", r"(ExpressionAttributeValues contains invalid value: )?" + INVALID + r"Null attribute value types must have", None),
    ("number", r"(ExpressionAttributeValues contains invalid value: )?"
               r"(The parameter cannot be converted|A value provided cannot be converted|Attempting to store|DynamoDB only supports precision|Number overflow|Number underflow)", None),
    ("no type", r"(ExpressionAttributeValues contains invalid value: )?Supplied AttributeValue (is empty|has more than one)", None),
    ("return values", r"Return values set to invalid value|ReturnValues can only be|1 validation error detected: .*(returnValues|UPDATE_NEW)", None),
    ("consistent read", r"Consistent reads are not supported", r"Consistent read cannot be true when"),
    ("segment", r"The Segment parameter", r"The Segment parameter|1 validation error detected: Value '\d+' at 'segment'"),
    ("limit", r"1 validation error detected: Value ('-?\d+' at 'limit'|at 'Limit')", r"Limit must be greater than"),
    ("projection of an index", INVALID + r"(Global s|S)econdary index .* does not project", None),
    ("select", r"(Must specify the AttributesToGet|ALL_\w+|SPECIFIC_ATTRIBUTES|Cannot specify|Select)", None),
    ("no such index", r"The table does not have the specified index", None),
    ("one item twice", r"Transaction request cannot include multiple operations on one item", None),
    ("one key twice", r"Provided list of item keys contains duplicates", None),
    ("table definition", INVALID + r"(Some|Number|Table|Duplicate|Index|One)|Invalid (KeySchema|AttributeDefinitions)|1 validation error detected|"
                         r"\d+ validation errors detected|Both the Hash Key|The KeySchema contains|Attribute Name is duplicated|No provisioned|.*ProvisionedThroughput|.*BillingMode",
     INVALID + r"|No (defined key schema|Hash Key|Attribute Schema|provisioned)|Key Schema too big|Invalid (key order|table/index name|KeySchema)|"
               r"Member must satisfy|The number of attributes in key schema|GSI list|LSI list|\d+ validation error|Too many|Both |Two |Hash Key|"
               r".*TableName|Indexes|Global|Local"),
    ("legacy", r"Can not use both expression and non-expression|ConditionalOperator can|" + INVALID +
               r"(Value|Exists|The |ComparisonOperator|Invalid number|DELETE action|ADD action|Only|One)|One or more parameter values were invalid|"
               r"Unsupported operator|Attempted conditional constraint|Type mismatch for attribute to update|An operand", None),
]
KINDS = [(name, re.compile(ours, re.S), re.compile(theirs or ours, re.S)) for name, ours, theirs in KINDS]


# What ours put before an error as the service does: AWS's validation layer of 2026 before those of single writes, and whose value it is.
ENVELOPE = re.compile(r"^1 validation error detected: (?!Value |Failed )|^ExpressionAttributeValues contains invalid value: ")


def kind(message, side):
    message = ENVELOPE.sub("", message or "")
    for name, *patterns in KINDS:
        if patterns[side].match(message):
            return name
    return None


def short(answer):
    return str(answer[1].get("type", "")).rpartition("#")[2] if isinstance(answer[1], dict) else ""


def both(ours, theirs, *types):
    return ours[0] == theirs[0] == 400 and short(ours) in types and short(theirs) in types


def same_meaning(step, ours, theirs):
    if not both(ours, theirs, "ValidationException"):
        return False
    one, two = (kind(answer[1].get("message"), side) for side, answer in enumerate((ours, theirs)))
    return one is not None and one == two


# PartiQL's messages have no kind of expression before them, and some of ours the place of the fault behind them, as the service's.
PLACE = re.compile(r"( under (key )?root\S*)?( at \d+:\d+:\d+)?$")
STATEMENT_KINDS = [
    ("not well formed", r"Statement wasn't well formed|Unsupported operation|Aliasing is not supported|Unrecognized function|"
                        r"EXISTS can only|Only select from a single|Invalid operation|Expected '\*'|Invalid (syntax|returning)|Nesting Levels|Duplicate identifiers|Unsupported token|Unsupported data type|Unexpected path component|Wildcard path|List index"),
    ("paths overlap", r"Two document paths (overlap|conflict) with each other"),
    ("between bounds", r"The BETWEEN operator requires"),
    ("operands", r"Incorrect (operand type|number of operands) for operator or function|The function is not allowed|"
                 r"Operator or function requires a document path|An operand in the update|The first operand must be distinct|"
                 r"Invalid attribute type name found|The provided expression refers to"),
    ("parameters", r"Number of parameters in request"),
    ("source", r"The table does not have the specified index"),
    ("set", r"(One or more parameter values were invalid: )?Input collection"),
    ("key", r"Where clause does not contain a mandatory equality|Key attribute|Select statements within|Only single item select|"
            r"Multiple conditions on same key|Key value must be of type|Key attributes must be scalars"),
]
STATEMENT_KINDS = [(name, re.compile(pattern)) for name, pattern in STATEMENT_KINDS]
KIND_NAMES = {name for name, *_ in (*STATEMENT_KINDS, *KINDS)}


def statement_kind(message, side):
    message = PLACE.sub("", re.sub(r"^Validation failed in TransactStatements\[\d+\]: ", "", message or ""))
    for name, pattern in STATEMENT_KINDS:
        if pattern.match(message):
            return name
    return kind(message, side) or message


STATEMENTS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")


def same_statement_error(step, ours, theirs):
    return (step["op"] in STATEMENTS and both(ours, theirs, "ValidationException")
            and statement_kind(text_of(ours), 0) == statement_kind(text_of(theirs), 1))


def several_statement_faults(step, ours, theirs):
    return (step["op"] in STATEMENTS and both(ours, theirs, "ValidationException")
            and all(statement_kind(text_of(answer), side) in KIND_NAMES for side, answer in enumerate((ours, theirs))))


def alike(ours, theirs):
    """The same outcome of one statement: its response, or its reason to cancel."""
    errors = [answer.get("Error", answer if "Code" in answer else None) for answer in (ours, theirs)]
    if None in errors:
        return errors[0] == errors[1] and canonical_numbers(ours) == canonical_numbers(theirs)
    codes = [error["Code"] for error in errors]
    texts = [error.get("Message", "") for error in errors]
    if "DuplicateItem" in codes:
        return texts[0] == texts[1]
    if codes[0] == codes[1] != "ValidationError":
        return True
    kinds = [statement_kind(text, side) for side, text in enumerate(texts)]
    if codes[0] == codes[1]:
        return kinds[0] == kinds[1] or all(kind in KIND_NAMES for kind in kinds)
    # What the service checks before it reads the item, DynamoDB Local may check after the condition.
    return codes == ["ValidationError", "ConditionalCheckFailed"] and kinds[0] in KIND_NAMES


def same_answers(step, ours, theirs):
    if step["op"] not in STATEMENTS[1:] or ours[0] != theirs[0]:
        return False
    for member in ("Responses", "CancellationReasons"):
        if member in ours[1] and member in theirs[1]:
            pair = ours[1][member], theirs[1][member]
            return len(pair[0]) == len(pair[1]) and all(alike(*each) for each in zip(*pair))
    return False


def several_faults(step, ours, theirs):
    if not both(ours, theirs, "ValidationException"):
        return False
    one, two = (kind(answer[1].get("message"), side) for side, answer in enumerate((ours, theirs)))
    return one is not None and two is not None and one != two


# ---- answers


def canonical_numbers(value):
    """With every number, at any depth, as the service stores it."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("N"), str):
            try:
                return {"N": format(Decimal(value["N"]).normalize(), "f").replace("-0", "0") if Decimal(value["N"]) == 0
                        else format(Decimal(value["N"]).normalize(), "f")}
            except InvalidOperation:
                return value
        return {key: canonical_numbers(member) for key, member in value.items()}
    if isinstance(value, list):
        return [canonical_numbers(member) for member in value]
    return value


def without_capacity(value):
    if isinstance(value, dict):
        return {key: without_capacity(member) for key, member in value.items() if key != "ConsumedCapacity"}
    return value


def nested_numbers(step, ours, theirs):
    # Ours are canonical already, so that only theirs may change.
    return ours[0] == theirs[0] and ours[1] == canonical_numbers(ours[1]) == canonical_numbers(theirs[1])


def sorted_again(answer):
    return json.dumps(canonical_numbers(without_capacity(answer[1])), sort_keys=True)


def capacity_only(step, ours, theirs):
    return ours[0] == theirs[0] == 200 and sorted_again(ours) == sorted_again(theirs) and "ConsumedCapacity" in {*ours[1], *theirs[1]}


def zero_units(step, ours, theirs):
    if step["op"] not in ("GetItem", "Query", "Scan", "BatchGetItem") or not capacity_only(step, ours, theirs):
        return False
    return '"CapacityUnits": 0.0' in json.dumps(theirs[1].get("ConsumedCapacity")) and '"CapacityUnits": 0.0' not in json.dumps(
        [entry.get("CapacityUnits") for entry in listed(ours)])


def listed(answer):
    capacity = answer[1].get("ConsumedCapacity", [])
    return capacity if isinstance(capacity, list) else [capacity]


def unasked_capacity(step, ours, theirs):
    return capacity_only(step, ours, theirs) and step["body"].get("ReturnConsumedCapacity", "NONE") == "NONE" and "ConsumedCapacity" not in ours[1]


def write_units(step, ours, theirs):
    return step["op"] in ("BatchWriteItem", "TransactWriteItems", "TransactGetItems", "PutItem", "UpdateItem", "DeleteItem") and (
        capacity_only(step, ours, theirs) and "ConsumedCapacity" in ours[1] and "ConsumedCapacity" in theirs[1])


def empty_items(step, ours, theirs):
    """Whether DynamoDB Local's empty items, where ours are none, are all that differs in a transaction's reads."""
    if step["op"] not in ("TransactGetItems", "ExecuteTransaction") or not ours[0] == theirs[0] == 200:
        return False
    there = [{} if entry.get("Item") == {} else entry for entry in theirs[1]["Responses"]]
    return canonical_numbers(ours[1]["Responses"]) == canonical_numbers(there)


def index_figures(step, ours, theirs):
    """Whether an index's NumberOfDecreasesToday and IndexSizeBytes are all that differs in a table's description."""
    def bare(body):
        copy = json.loads(json.dumps(body))
        table = copy.get("Table") or copy.get("TableDescription") or {}
        for index in [*table.get("GlobalSecondaryIndexes", []), *table.get("LocalSecondaryIndexes", [])]:
            index.get("ProvisionedThroughput", {}).pop("NumberOfDecreasesToday", None)
            index.pop("IndexSizeBytes", None)
            if index["IndexName"] == "late":  # holds items of another type there (L!, semantics §6)
                index.pop("ItemCount", None)
        return copy

    return ours[0] == theirs[0] == 200 and step["op"] in ("CreateTable", "DescribeTable") and bare(ours[1]) == bare(theirs[1])


def text(step):
    return json.dumps(step["body"])


def only_removes(step):
    """Whether a request holds an update that takes away and sets nothing: of a missing item, AWS makes none."""
    updates = [step["body"], *(action.get("Update", {}) for action in step["body"].get("TransactItems", []))]
    for update in updates:
        expression = update.get("UpdateExpression")
        if expression is not None and not re.search(r"\b(SET|ADD)\b", expression):
            return True
        legacy = update.get("AttributeUpdates")
        if legacy and all(each.get("Action") == "DELETE" for each in legacy.values()):
            return True
    return False


def removes_on_missing(step, ours, theirs):
    return step["op"] in ("UpdateItem", "TransactWriteItems") and ours[0] == 200 and theirs[0] == 400 and (
        "document path" in text_of(theirs) and re.search(r"REMOVE|DELETE", text(step)))


def reasons(step, ours, theirs):
    """Cancelled by the same actions, for the same codes; DynamoDB Local's texts end in a full stop, and its items are missing."""
    if not both(ours, theirs, "TransactionCanceledException"):
        return False
    codes = [[reason.get("Code") for reason in answer[1].get("CancellationReasons", [])] for answer in (ours, theirs)]
    return codes[0] == codes[1]


def text_of(answer):
    return str(answer[1].get("message")) if isinstance(answer[1], dict) else ""


@dataclass(frozen=True)
class Known:
    name: str
    applies: Callable  # (step, ours, theirs); answers are (status, body), errors {"type", "message"}
    reason: str
    source: str
    diverging: bool = False  # the two servers hold different rows after it, though both answered 200


KNOWN = [
    Known("DynamoDB Local fails itself (500)", lambda step, ours, theirs: theirs[0] == 500 and ours[0] != 500,
          "An internal error says nothing about the service.", "L!, wire"),
    Known("other words, the same fault", same_meaning, "Ours are the service's.", "recorded against AWS by other projects' suites"),
    Known("other words about a statement", same_statement_error, "DynamoDB Local repeats the statement where the service tells what is wrong with it.",
          "observed on AWS by floci-io/floci's and moto's tests"),
    Known("which of a statement's faults is told", several_statement_faults, "DynamoDB Local checks in an order of its own.", "semantics §7, order of checks"),
    Known("other words about several statements", same_answers, "The same outcome of each.", "API reference, BatchStatementError"),
    Known("a bad parameter in a batch", lambda step, ours, theirs: step["op"] == "BatchExecuteStatement" and ours[0] == 200 and short(theirs) == "ValidationException"
          and '"ValidationError"' in json.dumps(ours[1]), "It is the error of its statement.", "API reference, BatchStatementResponse"),
    Known("one item twice in a batch", lambda step, ours, theirs: step["op"] == "BatchExecuteStatement" and "duplicates" in text_of(ours) and theirs[0] == 200,
          "Refused before any statement runs.", "API reference, BatchExecuteStatement"),
    Known("a missing table in a transaction of statements", lambda step, ours, theirs: step["op"] == "ExecuteTransaction" and short(theirs) == "ResourceNotFoundException"
          and "[ResourceNotFound" in text_of(ours).replace("None, ", ""), "It cancels.", "observed on AWS by floci-io/floci's tests"),
    Known("UPDATED_NEW of a path", lambda step, ours, theirs: re.search("UPDATED_|MODIFIED", text(step)) and ours[0] == theirs[0] == 200
          and re.search(r'SET [^=]*[.\[]', text(step)), "Only what the path leads to.",
          "semantics §5, ReturnValues, L!"),
    Known("INSERT of what is there", lambda step, ours, theirs: step["op"] == "ExecuteStatement" and short(ours) == "DuplicateItemException"
          and short(theirs) == "DuplicateItem", "The exception's name.", "API reference, ExecuteStatement, Errors"),
    Known("DELETE of what is not there", lambda step, ours, theirs: step["op"] in STATEMENTS and "DELETE" in text(step) and ours[0] == 200
          and "ConditionalCheckFailed" in json.dumps(theirs[1]),
          "Succeeds, whatever else its WHERE asks for.", "developer guide, PartiQL delete statements", diverging=True),
    Known("a statement's filter on what an index lacks", lambda step, ours, theirs: step["op"] == "ExecuteStatement" and theirs[0] == 200
          and "does not project one or more filter attributes" in text_of(ours), "Refused.", "as Query does: developer guide, Query"),
    Known("a statement's filter on keys", lambda step, ours, theirs: step["op"] == "ExecuteStatement" and ours[0] == 200
          and re.search("Condition parameter type does not match schema type|for a key attribute cannot contain an empty", text_of(theirs)), "Values of any type can be compared in a filter.",
          "semantics §4, comparison"),
    Known("which of several faults is told", several_faults, "DynamoDB Local checks in an order of its own.", "semantics §7, order of checks"),
    Known("numbers inside documents", nested_numbers, "DynamoDB Local keeps a nested number as it was sent.", "semantics §2, stored form"),
    Known("segments of a scan", lambda step, ours, theirs: step["op"] == "Scan" and step["body"].get("TotalSegments", 1) > 1 and ours[0] == theirs[0] == 200,
          "Which items a segment holds is the service's own.", "semantics §6, parallel scan"),
    Known("filter of an index's scan", lambda step, ours, theirs: step["op"] == "Scan" and step["body"].get("IndexName", "").startswith("gsi")
          and {"FilterExpression", "ScanFilter"} & set(step["body"]) and ours[0] == theirs[0] == 200,
          "A filter sees what the index holds; DynamoDB Local lets it see the whole row.", "developer guide: a GSI cannot fetch from its table"),
    Known("a statement's filter of an index", lambda step, ours, theirs: step["op"] == "ExecuteStatement" and ours[0] == theirs[0] == 200
          and re.search(r'"\."gsi\d" WHERE', step["body"].get("Statement", "")),
          "A filter sees what the index holds; DynamoDB Local lets it see the whole row.", "developer guide: a GSI cannot fetch from its table"),
    Known("reading nothing costs nothing", zero_units, "The least that a read costs is 0.5 units.", "semantics §3, read units"),
    Known("capacity that was not asked for", unasked_capacity, "ReturnConsumedCapacity defaults to NONE.", "API reference, DeleteItem"),
    Known("write units", write_units, "DynamoDB Local counts batches, transactions and index arms otherwise.", "semantics §3, L!"),
    Known("a projection of nothing in a transaction", empty_items, "TransactGetItems tells no item then; GetItem an empty one.",
          "recorded against AWS by paritysuite/dynamodb-conformance"),
    Known("REMOVE of a nested path of a missing item", removes_on_missing, "Silent on a missing item.", "semantics §5, L!"),
    Known("ALL_NEW of an update that makes no item",
          lambda step, ours, theirs: step["op"] == "UpdateItem" and ours[0] == theirs[0] == 200 and "Attributes" not in ours[1] and "Attributes" in theirs[1]
          and not re.search(r"\b(SET|ADD)\b", step["body"].get("UpdateExpression", "")),
          "An update that only removes creates no item.", "semantics §5, L!", diverging=True),
    Known("reasons of a cancelled transaction", reasons, "The same codes; texts and items as the service has them.", "semantics §7"),
    Known("wrong key in a transaction",
          lambda step, ours, theirs: "Transact" in step["op"] and ours[0] == theirs[0] == 400 and {short(ours), short(theirs)} <= {"ValidationException", "TransactionCanceledException"}
          and "TransactionCanceledException" in (short(ours), short(theirs)),
          "Which checks cancel and which refuse.", "semantics §7, order of checks, L!"),
    Known("condition or validation first",
          lambda step, ours, theirs: ours[0] == theirs[0] == 400 and {short(ours), short(theirs)} == {"ValidationException", "ConditionalCheckFailedException"}
          and kind(text_of(ours if short(ours) == "ValidationException" else theirs), 0 if short(ours) == "ValidationException" else 1) is not None,
          "The service checks what it can before it reads the item.", "semantics §7, order of checks"),
    Known("texts of not found and in use", lambda step, ours, theirs: both(ours, theirs, "ResourceNotFoundException") or both(ours, theirs, "ResourceInUseException"),
          "Ours are the service's.", "semantics §6, L!"),
    Known("LastEvaluatedKey where Limit ends the data", lambda step, ours, theirs: step["op"] == "Query" and ours[0] == theirs[0] == 200
          and ours[1].get("ScannedCount") == step["body"].get("Limit") and canonical_numbers({k: v for k, v in ours[1].items() if k != "LastEvaluatedKey"}) == canonical_numbers(theirs[1]),
          "A page that Limit ends has one, though nothing follows.", "semantics §3, pages"),
    Known("figures of an index", index_figures, "An index's throughput tells its decreases; its size is of what it holds.",
          "API reference, DescribeTable, example"),
    Known("size() of what has none", lambda step, ours, theirs: re.search(r"size\(", text(step)) and "<>" in text(step)
          and (ours[0] == theirs[0] == 200 and step["op"] in ("Query", "Scan", "ExecuteStatement") or {ours[0], theirs[0]} == {200, 400} and "ConditionalCheckFailed" in json.dumps([ours[1], theirs[1]])),
          "A path without a size makes any comparison false.", "semantics §4, size()"),
    Known("rows fetched for a local index cost", lambda step, ours, theirs: step["body"].get("IndexName") == "lsi" and capacity_only(step, ours, theirs)
          and step["op"] == "Scan", "A filter on what the index lacks fetches the row.", "developer guide: Local secondary indexes, fetches"),
    Known("missing items of a batch cost", lambda step, ours, theirs: step["op"] == "BatchGetItem" and capacity_only(step, ours, theirs)
          and "ConsumedCapacity" in theirs[1], "Each missing item costs the least.", "semantics §3, read units"),
    Known("items of another type in a later index", lambda step, ours, theirs: ours[0] == theirs[0] == 200
          and (step["body"].get("IndexName") == "late" and ours[1].get("ScannedCount", 0) < theirs[1].get("ScannedCount", 0)
               or '."late"' in step["body"].get("Statement", "") and len(ours[1]["Items"]) < len(theirs[1]["Items"])), "The backfill leaves them out.", "semantics §6, UpdateTable, L!"),
    Known("states of a table that changes", lambda step, ours, theirs: ours[0] == theirs[0] == 200
          and (step["op"] == "UpdateTable" or step["op"] == "DescribeTable" and '"CREATING"' in json.dumps(theirs[1])),
          "UPDATING and Backfilling as the service has them; a DescribeTable follows when both are through.", "API reference, UpdateTable"),
    Known("unused attribute definitions", lambda step, ours, theirs: step["op"] == "CreateTable" and "AttributeDefinitions are not used" in text_of(ours)
          and theirs[0] == 200, "Every definition must be used.", "semantics §6, CreateTable"),
    Known("texts of index keys in updates", lambda step, ours, theirs: both(ours, theirs, "ValidationException")
          and "secondary index key to unsupported type" in text_of(ours) and text_of(theirs) == "Invalid attribute value type", "Ours are the service's.",
          "recorded against AWS by other projects' suites"),
    Known("index keys in updates", lambda step, ours, theirs: step["op"] in ("UpdateItem", "TransactWriteItems") and "index key" in json.dumps(ours[1]).lower() and theirs[0] == 200,
          "Refused through every write path.", "semantics §6, L!"),
    Known("a path inside a key in a transaction", lambda step, ours, theirs: step["op"].startswith("Transact") and theirs[0] == 200
          and "Key attributes must be scalars" in json.dumps(ours[1]), "Refused in every expression.", "architect/dynalite test/getItem.js"),
    Known("the reserved word size", lambda step, ours, theirs: text_of(ours).endswith("reserved keyword: size") and theirs[0] == 200,
          "SIZE is reserved.", "developer guide, Reserved words"),
    Known("one item twice in a transaction", lambda step, ours, theirs: "Transact" in step["op"] and theirs[0] == 200
          and "multiple operations on one item" in text_of(ours), "Keys are equal by value.", "semantics §2, equality"),
    Known("one key in two spellings of a number", lambda step, ours, theirs: step["op"] == "BatchGetItem" and "duplicates" in text_of(ours) and theirs[0] == 200,
          "Keys are equal by value.", "semantics §2, equality"),
]


def find(step, ours, theirs):
    """The entry that explains a difference, None where none does."""
    for known in KNOWN:
        if known.applies(step, ours, theirs):
            return known
    return None

// Random writes against a model: the table is what a plain map would be, and every index is the
// projection of the table.
//
// A failing sequence is shrunk before it is shown. DDB_SEED repeats a run; DDB_NIGHTLY=1 makes it
// 50 times as long.
#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/conformance/random_writes.h"

namespace conformance {

using namespace dynamodb;

namespace {

UpdateExpression expression_of(const Action& action) {
  UpdateExpression expression;
  for (const auto& [name, value] : action.set) expression.set.push_back({Path(name), {value}});
  for (const auto& name : action.remove) expression.remove.emplace_back(name);
  if (action.add != 0) expression.add.push_back({Path("n"), action.add});
  return expression;
}

Condition condition_of(Action::Guard guard) {
  switch (guard) {
    case Action::Guard::none:
      return {};
    case Action::Guard::exists:
      return attribute_exists("pk");
    case Action::Guard::absent:
      return attribute_not_exists("pk");
    case Action::Guard::small_n:
      return compare(ConditionOp::less, Path("n"), AttributeValue(5));
  }
  return {};
}

Item item_of(const Action& action) {
  return applied({.kind = Action::Kind::put, .key = action.key, .set = action.set}, std::nullopt)
      .value();
}

using Failure = std::optional<std::string>;

}  // namespace

class PropertyTest : public ConformanceTest {
 protected:
  // Runs the steps on a new table; what was not as the model says.
  Failure run(const std::vector<Step>& steps, unsigned seed, bool check_often) {
    Run current{.table = make_table(definition_), .generator = Generator(seed)};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (auto failure = perform(steps[i], current)) {
        return "step " + std::to_string(i) + ": " + *failure;
      }
      if (check_often && i % 50 != 49) continue;
      if (auto failure = check(current)) return "after step " + std::to_string(i) + ": " + *failure;
    }
    auto failure = check(current);
    db().delete_table(current.table).value();
    return failure;
  }

  // Leaves out what is not needed to fail: halves, then quarters, … then single steps.
  std::vector<Step> shrunk(std::vector<Step> steps, unsigned seed) {
    int runs = 0;
    for (std::size_t chunk = steps.size() / 2; chunk > 0; chunk /= 2) {
      for (std::size_t at = 0; at < steps.size() && runs < 300;) {
        auto fewer = steps;
        const auto from = fewer.begin() + static_cast<std::ptrdiff_t>(at);
        fewer.erase(from, from + static_cast<std::ptrdiff_t>(std::min(chunk, steps.size() - at)));
        ++runs;
        if (run(fewer, seed, false)) {
          steps = std::move(fewer);
        } else {
          at += chunk;
        }
      }
    }
    return steps;
  }

 private:
  struct Run {
    std::string table;
    Generator generator;
    Model model{};
  };

  Failure perform(const Step& step, Run& current) {
    switch (step.how) {
      case Step::How::single:
        return perform_single(step.actions.front(), current);
      case Step::How::transaction:
        return perform_transaction(step.actions, current);
      case Step::How::batch:
        break;
    }
    std::vector<WriteRequest> writes;
    for (const auto& action : step.actions) {
      writes.push_back(action.kind == Action::Kind::del
                           ? WriteRequest(DeleteRequest{action.key})
                           : WriteRequest(PutRequest{item_of(action)}));
      current.model.store(action.key, applied(action, current.model.find(action.key)));
    }
    if (db().batch_write_item({.tables = {{current.table, std::move(writes)}}}).has_error())
      return "the batch failed";
    return std::nullopt;
  }

  Result<WriteResult> send(const Action& action, const std::string& table) {
    const Condition guard = condition_of(action.guard);
    switch (action.kind) {
      case Action::Kind::put:
        return db().put_item({.table = table,
                              .item = item_of(action),
                              .condition = guard,
                              .return_values = ReturnValues::all_old});
      case Action::Kind::update:
        return db().update_item({.table = table,
                                 .key = action.key,
                                 .update = expression_of(action),
                                 .condition = guard,
                                 .return_values = ReturnValues::all_new});
      case Action::Kind::del:
        break;
    }
    return db().delete_item({.table = table,
                             .key = action.key,
                             .condition = guard,
                             .return_values = ReturnValues::all_old});
  }

  Failure perform_single(const Action& action, Run& current) {
    const auto old = current.model.find(action.key);
    const auto result = send(action, current.table);
    if (!guard_holds(action.guard, old)) {
      return fails(result, ErrorCode::conditional_check_failed)
                 ? Failure()
                 : "the condition should have failed";
    }
    if (result.has_error()) return "the write failed: " + result.error().message;
    const auto item = applied(action, old);
    const auto& expected = action.kind == Action::Kind::update ? item : old;
    const auto returned =
        result->attributes ? std::optional(unpack(result->attributes->view())) : std::nullopt;
    if (returned != expected) return "the write returned another item";
    current.model.store(action.key, item);
    if (get(current.table, action.key) != item) return "the item is not what the write makes of it";
    return std::nullopt;
  }

  Failure perform_transaction(const std::vector<Action>& actions, Run& current) {
    TransactWriteItemsRequest request;
    std::string reasons;
    bool holds = true;
    for (const auto& action : actions) {
      const Condition guard = condition_of(action.guard);
      switch (action.kind) {
        case Action::Kind::put:
          request.actions.emplace_back(
              PutItemRequest{.table = current.table, .item = item_of(action), .condition = guard});
          break;
        case Action::Kind::update:
          request.actions.emplace_back(UpdateItemRequest{.table = current.table,
                                                         .key = action.key,
                                                         .update = expression_of(action),
                                                         .condition = guard});
          break;
        case Action::Kind::del:
          request.actions.emplace_back(
              DeleteItemRequest{.table = current.table, .key = action.key, .condition = guard});
          break;
      }
      const bool this_holds = guard_holds(action.guard, current.model.find(action.key));
      holds = holds && this_holds;
      reasons += (reasons.empty() ? "[" : ", ") +
                 std::string(this_holds ? "None" : "ConditionalCheckFailed");
    }
    const auto result = db().transact_write_items(std::move(request));
    if (!holds)
      return fails(result, ErrorCode::transaction_canceled, reasons + "]")
                 ? Failure()
                 : "expected to be canceled for " + reasons + "]";
    if (result.has_error()) return "the transaction failed: " + result.error().message;
    for (const auto& action : actions)
      current.model.store(action.key, applied(action, current.model.find(action.key)));
    return std::nullopt;
  }

  // The table and its indexes against the model.
  Failure check(Run& current) {
    const auto& [table, generator, model] = current;
    const auto all = model.all();
    if (sorted(scan_all({.table = table, .limit = current.generator.limit()})) != sorted(all))
      return "scan";
    const TableDescription description = db().describe_table(table).value();
    if (description.item_count != all.size()) return "item count";
    for (const auto& index : definition_.global_indexes) {
      const auto expected = projected(all, definition_.key, index);
      if (sorted(scan_all(
              {.table = table, .index = index.name, .limit = current.generator.limit()})) !=
          sorted(expected))
        return "index " + index.name;
      for (const auto& described : description.global_indexes) {
        if (described.definition.name == index.name && described.item_count != expected.size())
          return "item count of index " + index.name;
      }
    }
    for (const char* pk : {"p0", "p1", "p2", "p3"}) {
      for (const bool forward : {true, false}) {
        if (auto failure =
                check_partition(current, {}, "pk", pk, definition_.key.sort->name, all, forward))
          return failure;
        const auto& local = definition_.local_indexes.front();
        if (auto failure = check_partition(current, local.name, "pk", pk, local.key.sort->name,
                                           projected(all, definition_.key, local), forward))
          return failure;
      }
    }
    const auto& global = definition_.global_indexes.front();
    for (const char* g : {"x", "y"}) {
      if (auto failure = check_partition(current, global.name, "g", g, global.key.sort->name,
                                         projected(all, definition_.key, global), true))
        return failure;
    }
    return std::nullopt;
  }

  // That a query of one partition gives its items of `all`, in order of `sort`.
  Failure check_partition(Run& current, const std::string& index, const char* partition,
                          const char* value, const std::string& sort, std::vector<Item> all,
                          bool forward) {
    std::erase_if(all, [&](const Item& item) {
      return item.find(partition)->second != AttributeValue(value);
    });
    const auto items = query_all({.table = current.table,
                                  .index = index,
                                  .key_condition = equal(Path(partition), AttributeValue(value)),
                                  .forward = forward,
                                  .limit = current.generator.limit()});
    const std::string where =
        "query of " + std::string(value) + " by " + sort + (forward ? "" : " backwards");
    if (sorted(items) != sorted(all)) return where;
    for (std::size_t i = 1; i < items.size(); ++i) {
      const Number &a = items[i - 1].at(sort).as<Number>(), &b = items[i].at(sort).as<Number>();
      if (forward ? a > b : a < b) return where + ": not in order";
    }
    return std::nullopt;
  }

  const TableDefinition definition_{
      .key = hash_and_range_key(Type::S, Type::N),
      .global_indexes = {{.name = "by-g",
                          .key = {.partition = {"g", Type::S}, .sort = KeyAttribute{"h", Type::N}}},
                         {.name = "by-h",
                          .key = {.partition = {"h", Type::N}},
                          .projection = ProjectionType::keys_only},
                         {.name = "by-sk",
                          .key = {.partition = {"sk", Type::N}, .sort = KeyAttribute{"g", Type::S}},
                          .projection = ProjectionType::include,
                          .non_key_attributes = {"v", "m"}}},
      .local_indexes = {{.name = "by-pk-h",
                         .key = {.partition = {"pk", Type::S}, .sort = KeyAttribute{"h", Type::N}},
                         .projection = ProjectionType::include,
                         .non_key_attributes = {"n"}}}};
};
RUN_ON_EVERY_BACKEND(PropertyTest);

TEST_P(PropertyTest, RandomWrites_MatchTheModel) {
  const char* const chosen = std::getenv("DDB_SEED");
  const unsigned seed = chosen != nullptr ? static_cast<unsigned>(std::strtoul(chosen, nullptr, 10))
                                          : std::random_device()();
  const char* const nightly = std::getenv("DDB_NIGHTLY");
  const int rounds = nightly != nullptr && std::string_view(nightly) == "1" ? 50 : 1;
  std::cout << "DDB_SEED=" << seed << '\n';
  for (int round = 0; round < rounds; ++round) {
    Generator generator(seed + static_cast<unsigned>(round));
    std::vector<Step> steps;
    for (std::size_t writes = 0; writes < 2000; writes += steps.back().actions.size())
      steps.push_back(generator.step());
    const auto failure = run(steps, seed, true);
    if (!failure) continue;
    const auto few = shrunk(std::move(steps), seed);
    FAIL() << *failure << "\nDDB_SEED=" << seed << ", round " << round << "; shrunk to:\n"
           << listing(few) << "which fails with " << run(few, seed, false).value_or("nothing");
  }
}

}  // namespace conformance

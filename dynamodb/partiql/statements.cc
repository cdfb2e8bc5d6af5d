// ExecuteStatement.
#include "dynamodb/partiql/statements.h"

#include <algorithm>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"
#include "dynamodb/partiql/bound.h"
#include "dynamodb/partiql/next_token.h"

namespace dynamodb::partiql {
namespace {

// ---- what is read

struct ReadSource {
  const TableDefinition& table;
  const IndexDefinition* index = nullptr;  // null: the table
  bool global = false;
  const KeySchema& key() const { return index == nullptr ? table.key : index->key; }
};

Result<ReadSource> find_source(const TableDefinition& table, const std::string& name) {
  if (name.empty()) return ReadSource{table};
  const auto named = [&name](const IndexDefinition& index) { return index.name == name; };
  const auto global = std::find_if(table.global_indexes.begin(), table.global_indexes.end(), named);
  if (global != table.global_indexes.end()) return ReadSource{table, &*global, true};
  const auto local = std::find_if(table.local_indexes.begin(), table.local_indexes.end(), named);
  if (local != table.local_indexes.end()) return ReadSource{table, &*local, false};
  return validation_error("The table does not have the specified index");
}

bool projects(const ReadSource& source, const std::string& name) {
  if (source.index == nullptr || source.index->projection == ProjectionType::all) return true;
  if (source.table.key.contains(name) || source.index->key.contains(name)) return true;
  const auto& included = source.index->non_key_attributes;
  return source.index->projection == ProjectionType::include &&
         std::find(included.begin(), included.end(), name) != included.end();
}

// "[a, b]": those of `names` that the index lacks; empty where it has all.
std::string lacking(const ReadSource& source, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    if (!projects(source, name)) list += (list.empty() ? "[" : ", ") + name;
  }
  return list.empty() ? list : list + ']';
}

std::optional<Error> check_source(const ReadSource& source, const BoundSelect& select,
                                  bool consistent) {
  if (!source.key().more_partition.empty() || !source.key().more_sort.empty()) {
    return validation_error(
        "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or "
        "multi-attribute RANGE keys.");
  }
  if (!source.global) return std::nullopt;
  if (consistent) {
    return validation_error(
        "Strongly consistent read is not supported on Global Secondary Indexes");
  }
  std::vector<std::string> names;
  for (const Column& column : select.columns) names.push_back(column.path.top());
  const std::string list = lacking(source, names);
  if (list.empty()) return std::nullopt;
  return validation_error("One or more parameter values were invalid: Global secondary index " +
                          source.index->name + " does not project " + list);
}

std::optional<Error> check_filter(const ReadSource& source, const ReadPlan& plan) {
  if (source.index == nullptr) return std::nullopt;
  std::vector<std::string> names;
  for (const Read& read : plan.reads) {
    for (std::string& name : named_attributes(read.filter)) {
      if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
    }
  }
  const std::string list = lacking(source, names);
  if (list.empty()) return std::nullopt;
  return validation_error("One or more parameter values were invalid: Secondary index " +
                          source.index->name +
                          " does not project one or more filter attributes: " + list);
}

// DynamoDB: nothing may be looked for inside a key attribute, of the table or of any index. Reads
// of one item in batches and transactions may.
std::optional<Error> check_scalar_keys(const BoundSelect& select, const TableDefinition& table) {
  std::vector<Path> paths;
  for (const Column& column : select.columns) paths.push_back(column.path);
  for (Path& path : paths_of(select.where)) paths.push_back(std::move(path));
  const std::string opening =
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: ";
  for (const Path& path : paths) {
    if (path.is_top_level()) continue;
    if (table.key.contains(path.top())) return validation_error(opening + "Key: " + path.top());
    for (const auto* indexes : {&table.global_indexes, &table.local_indexes}) {
      for (const IndexDefinition& index : *indexes) {
        if (index.key.contains(path.top()))
          return validation_error(opening + "IndexKey: " + path.top());
      }
    }
  }
  return std::nullopt;
}

// ---- reading

class SelectRun {
 public:
  SelectRun(Client& client, const ExecuteStatementRequest& request, const BoundSelect& select)
      : client_(client), request_(request), select_(select), left_(request.limit) {}

  Result<ExecuteStatementResult> run() {
    Position position;
    if (request_.next_token) {
      auto decoded = decode_next_token(request_.statement, *request_.next_token);
      if (decoded.has_error()) return decoded.error();
      position = std::move(*decoded);
    }
    const auto table = describe(client_, select_.table);
    if (table.has_error()) return table.error();
    const auto source = find_source(table->definition, select_.index);
    if (source.has_error()) return source.error();
    if (auto error = check_source(*source, select_, request_.statement.consistent_read))
      return *error;
    if (auto error = check_scalar_keys(select_, table->definition)) return *error;
    auto plan = plan_read(source->key(), select_.where);
    if (plan.has_error()) return plan.error();
    if (plan->mismatch != nullptr) return wrong_key_type(*plan->mismatch);
    const auto forward =
        order_reads(source->key(), select_.order_by, !select_.where.empty(), *plan);
    if (forward.has_error()) return forward.error();
    if (auto error = check_filter(*source, *plan)) return *error;
    result_.consumed.table = select_.table;
    const auto done = plan->keyed ? query_all(*source, *plan, *forward, std::move(position))
                                  : scan(std::move(position.start));
    if (done.has_error()) return done.error();
    return std::move(result_);
  }

 private:
  // Reads one partition after the other, until the limit or a page is full.
  Result<void> query_all(const ReadSource& source, const ReadPlan& plan, bool forward,
                         Position position) {
    for (; position.read < plan.reads.size(); ++position.read, position.start.clear()) {
      if ((left_ && *left_ == 0) || is_full()) {
        result_.next_token = encode_next_token(request_.statement, position);
        return {};
      }
      auto page = query(source, plan.reads[position.read], forward, std::move(position.start));
      if (page.has_error()) return page.error();
      if (stops(*page, position.read)) return {};
    }
    return {};
  }

  // DynamoDB: a page ends by what was evaluated, filters and columns aside. Any client tells that
  // by the capacity, which rounds each read up to whole blocks.
  bool is_full() const {
    constexpr double kBlock = 4096;
    const double blocks = result_.consumed.total() * (request_.statement.consistent_read ? 1 : 2);
    return blocks * kBlock >= static_cast<double>(kMaxPageSize);
  }

  Result<PageResult> query(const ReadSource& source, const Read& read, bool forward, Item start) {
    // A Query's filter must not name its keys: such a one is evaluated here, on whole items.
    const auto names = named_attributes(read.filter);
    const bool here = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return source.key().contains(name);
    });
    Projection projection = needed(select_.columns);
    for (const std::string& name : names) {
      const bool listed =
          std::find(projection.begin(), projection.end(), Path(name)) != projection.end();
      if (here && !projection.empty() && !listed) projection.emplace_back(name);
    }
    auto page = client_.query({.table = select_.table,
                               .index = select_.index,
                               .key_condition = read.key_condition,
                               .filter = here ? Condition() : read.filter,
                               .projection = std::move(projection),
                               .consistent_read = request_.statement.consistent_read,
                               .forward = forward,
                               .limit = left_,
                               .exclusive_start_key = std::move(start)});
    if (page) take(*page, here ? read.filter : Condition());
    return page;
  }

  Result<void> scan(Item start) {
    const auto page = client_.scan({.table = select_.table,
                                    .index = select_.index,
                                    .filter = select_.where,
                                    .projection = needed(select_.columns),
                                    .consistent_read = request_.statement.consistent_read,
                                    .limit = request_.limit,
                                    .exclusive_start_key = std::move(start)});
    if (page.has_error()) return page.error();
    take(*page, {});
    stops(*page, 0);
    return {};
  }

  void take(const PageResult& page, const Condition& filter) {
    for (std::size_t i = 0; i < page.items.size(); ++i) {
      const ItemView item = page.items[i];
      if (!filter.empty() && !evaluate(filter, item)) continue;
      if (select_.columns.empty()) {
        result_.items.add(page.items.packed(i));
      } else {
        result_.items.add(selected(item, select_.columns).bytes());
      }
    }
    if (left_)
      *left_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(*left_, page.scanned_count));
    add(result_.consumed, page.consumed);
  }

  bool stops(const PageResult& page, std::size_t read) {
    if (!page.last_evaluated_key) return false;
    result_.last_evaluated_key = page.last_evaluated_key;
    result_.next_token = encode_next_token(request_.statement, {read, *page.last_evaluated_key});
    return true;
  }

  Client& client_;
  const ExecuteStatementRequest& request_;
  const BoundSelect& select_;
  std::optional<std::uint32_t> left_;  // of the limit
  ExecuteStatementResult result_{};
};

}  // namespace

Result<ExecuteStatementResult> execute_statement(Client& client,
                                                 const ExecuteStatementRequest& request) {
  const auto bound = bind(request.statement);
  if (bound.has_error()) return bound.error();
  if (std::holds_alternative<BoundExists>(*bound)) return exists_outside_transaction();
  if (const auto* select = std::get_if<BoundSelect>(&*bound))
    return SelectRun(client, request, *select).run();
  const auto table = describe(client, table_of(*bound));
  if (table.has_error()) return table.error();
  const auto write =
      write_of(*bound, table->definition.key, request.statement.return_old_on_condition_failure);
  if (write.has_error()) return write.error();
  auto written = run_write(client, *write);
  if (written.has_error()) return written.error();
  ExecuteStatementResult result{.consumed = std::move(written->consumed)};
  if (written->attributes) result.items.add(written->attributes->bytes());
  return result;
}

}  // namespace dynamodb::partiql

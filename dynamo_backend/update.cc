// QuerySet::update() and update_returning(): assignments on all rows of a query.
//
// A row whose condition DynamoDB can check takes one UpdateItem, and no read. The other way,
// through commit_row(), is for unique members, members that a ComputedIndex reads, and conditions
// that are checked here.
#include "dynamo_backend/update.h"

#include <algorithm>
#include <exception>
#include <set>
#include <tuple>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/computed.h"
#include "dynamo_backend/filter_expression.h"
#include "dynamo_backend/item_size.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/query_planner.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"
#include "dynamodb/expression_evaluator.h"

namespace dynamo_backend {
namespace {

class Updater {
 public:
  Updater(const Query& query, const std::vector<AssignmentNode>& assignments)
      : connection_(Connection::current()),
        query_(query),
        model_(*query.model),
        where_(resolve(query)),
        assignments_(assignments) {
    for (AssignmentNode& a : assignments_)
      a.value = stored_form(model_.by_member(a.member).shape(), std::move(a.value));
    check();
    for (const AssignmentNode& a : assignments_) build(a);
    bump_version();
    if (!assignments_.empty()) raise_search_version(model_, connection_.now(), update_);
    ExpressionBudget budget{60, 150};
    condition_ = to_condition(where_, {}, budget);
    if (condition_) condition_ = *condition_ && applies_;
    const bool moves_claims =
        std::any_of(fields_.begin(), fields_.end(), [](const FieldInfo* f) { return f->claimed; });
    direct_ =
        condition_ && !moves_claims && !moves_links() && computed_guards(model_, fields_).empty();
  }

  std::size_t update_all() {
    if (assignments_.empty()) return 0;
    const std::vector<dynamodb::Item> keys = find_keys();
    return direct_ ? update_directly(keys) : update_by_commit(keys);
  }

  // What update_all() would write. The updater lives as long as the updates may be made anew.
  static std::vector<RowUpdate> plan_all(const std::shared_ptr<const Updater>& updater) {
    const Updater& u = *updater;
    std::vector<RowUpdate> updates;
    if (u.assignments_.empty()) return updates;
    for (dynamodb::Item& key : u.find_keys()) {
      RowUpdate update{.key = key, .where = u.where_};
      const auto make = [updater, key](dynamodb::ItemView now) -> std::optional<RowActions> {
        if (!matches(updater->where_, now)) return std::nullopt;
        RowChange change = updater->change_of(now);
        return update_actions(updater->connection_, updater->model_, key, now, change);
      };
      if (u.direct_) {
        auto request = u.direct_request(key);
        for (const FieldInfo* f : u.read_) request.condition = request.condition && not_null(*f);
        update.actions.row = std::move(request);
        update.rebase = [updater, make](dynamodb::ItemView now) {
          return updater->reads_null(now) ? make(now) : std::nullopt;
        };
      } else {
        const auto stored = u.fetch_matching(key);
        if (!stored)
          u.model_.raise_does_not_exist("key " + key_text(u.model_, key) + " in update()");
        update.actions = *make(stored->view());
        update.rebase = make;
      }
      updates.push_back(std::move(update));
    }
    return updates;
  }

  std::optional<dynamodb::PackedItem> update_one() {
    const auto only = only_key();
    if (!only) return std::nullopt;
    const dynamodb::Item& key = *only;
    if (assignments_.empty()) return fetch_matching(key);
    if (!direct_) return commit(key);
    auto request = direct_request(key);
    request.return_values = dynamodb::ReturnValues::all_new;
    auto result = connection_.client().update_item(std::move(request));
    const auto now = result ? std::nullopt : row_behind(result.error(), key);
    if (now && reads_null(now->view())) return commit(key);
    if (!result && result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
      refuse_out_of_range(now);
      return std::nullopt;
    }
    if (!result && is_too_large(result.error())) throw_grown_too_large(model_, fetch(model_, key));
    if (!result) refuse_nested(result.error());
    auto written = take(std::move(result), "UpdateItem");
    verify_computed(connection_, model_, *written.attributes);
    return std::move(written.attributes);
  }

 private:
  bool moves_links() const {
    const auto& copies = Registry::instance().link_copies_of(model_);
    return std::any_of(copies.begin(), copies.end(), [&](const auto& copy) {
      return std::any_of(fields_.begin(), fields_.end(), [&](const FieldInfo* field) {
        return field == copy.keys.owner || field == copy.keys.target;
      });
    });
  }

  // ---- the assignments

  void check() {
    ValidationError errors(model_.name);
    for (const AssignmentNode& a : assignments_) {
      const FieldInfo& f = model_.by_member(a.member);
      if (f.key)
        throw FieldError("update() of " + model_.name + ": '" + std::string(f.attribute) +
                         "' is the key; a row's key cannot change.");
      if (f.kind == Kind::computed || !f.stored())
        throw FieldError("update() of " + model_.name + ": '" + std::string(f.attribute) +
                         "' cannot be assigned.");
      const dynamodb::Path path = nested_path(f, a.steps);
      for (const dynamodb::Path& other : paths_) {
        if (overlap(path, other))
          throw FieldError("update() of " + model_.name + ": '" + path.str() +
                           "' is assigned twice.");
      }
      paths_.push_back(path);
      if (std::find(fields_.begin(), fields_.end(), &f) == fields_.end()) fields_.push_back(&f);
      const bool whole = a.steps.empty();
      if (whole && (a.op == Assign::set || a.op == Assign::if_not_exists)) {
        validate_value(f, a.value, Strictness::storable, errors);
        validate_key(model_, f, a.value, errors);
      }
      nested_ = nested_ || !whole;
    }
    if (!errors.empty()) throw errors;
  }

  // Whether one path is the other, or a part of it.
  static bool overlap(const dynamodb::Path& a, const dynamodb::Path& b) {
    const auto& [shorter, longer] = a.steps().size() < b.steps().size()
                                        ? std::tie(a.steps(), b.steps())
                                        : std::tie(b.steps(), a.steps());
    return std::equal(shorter.begin(), shorter.end(), longer.begin());
  }

  // DynamoDB's refusal of a place inside a member, in the words of the model.
  void refuse_nested(const dynamodb::Error& error) const {
    if (!nested_ || error.code != dynamodb::ErrorCode::validation) return;
    const bool no_parent = error.message.find("document path") != std::string::npos;
    const bool wrong_type = error.message.find("incorrect data type") != std::string::npos ||
                            error.message.find("Incorrect operand type") != std::string::npos;
    if (!no_parent && !wrong_type) return;
    ValidationError errors(model_.name);
    for (const AssignmentNode& a : assignments_) {
      if (a.steps.empty()) continue;
      const FieldInfo& f = model_.by_member(a.member);
      const std::string path = nested_path(f, a.steps).str();
      errors.add(f.attribute, no_parent ? path +
                                              ": what it stands in is not there, or is no map or "
                                              "list: set that first."
                                        : path +
                                              ": what is stored there is not of the type that this "
                                              "change needs.");
    }
    throw errors;
  }

  // What a counter starts from in a row without it: the member's C++ default.
  Value default_of(const FieldInfo& f) const {
    const std::shared_ptr<void> fresh = model_.row.make();
    const Value value = f.get(fresh.get());
    return value.is<dynamodb::Null>() ? Value(0) : value;
  }

  void build(const AssignmentNode& a) {
    const FieldInfo& f = model_.by_member(a.member);
    const dynamodb::Path path = nested_path(f, a.steps);
    switch (a.op) {
      case Assign::set:
        if (a.value.is<dynamodb::Null>())
          update_.remove.push_back(path);
        else
          update_.set.push_back({path, {a.value}});
        return;
      case Assign::add: {
        if (!a.steps.empty()) {
          update_.set.push_back(
              {path, dynamodb::plus(dynamodb::if_not_exists(path, {Value(0)}), {a.value})});
          return;
        }
        const FieldInfo& source = model_.by_member(a.source);
        auto start =
            dynamodb::if_not_exists(dynamodb::Path(source.attribute), {default_of(source)});
        update_.set.push_back({path, dynamodb::plus(std::move(start), {a.value})});
        read_.push_back(&source);
        limit_sum(f, source, a.value.as<dynamodb::Number>());
        return;
      }
      case Assign::append:
        if (a.steps.empty()) read_.push_back(&f);
        update_.set.push_back(
            {path, dynamodb::list_append(dynamodb::if_not_exists(path, {Value(dynamodb::List{})}),
                                         {a.value})});
        return;
      case Assign::if_not_exists:
        if (a.steps.empty()) {
          read_.push_back(&f);
          applies_ = applies_ && not_null(f);
        }
        update_.set.push_back({path, dynamodb::if_not_exists(path, {a.value})});
        return;
      case Assign::remove:
        update_.remove.push_back(path);
        return;
      case Assign::set_add:
        read_.push_back(&f);
        update_.add.push_back({path, a.value});
        return;
      case Assign::set_discard:
        read_.push_back(&f);
        update_.del.push_back({path, a.value});
        return;
    }
  }

  static bool holds(const FieldInfo& f, const dynamodb::Number& n) {
    return n >= dynamodb::Number(f.shape().low) && n <= dynamodb::Number(f.shape().high);
  }

  [[noreturn]] void out_of_range(const FieldInfo& f) const {
    throw ValidationError(model_.name, f.attribute,
                          "Ensure the sum is between " + std::to_string(f.shape().low) + " and " +
                              std::to_string(f.shape().high) + ".");
  }

  // A sum that the C++ member cannot hold is not stored: its row could not be loaded.
  void limit_sum(const FieldInfo& f, const FieldInfo& source, const dynamodb::Number& delta) {
    if (f.shape().type != Shape::Type::integer) return;
    const auto low = dynamodb::subtract(dynamodb::Number(f.shape().low), delta);
    const auto high = dynamodb::subtract(dynamodb::Number(f.shape().high), delta);
    if (!low || !high) out_of_range(f);
    const dynamodb::Path path(source.attribute);
    dynamodb::Condition fits = dynamodb::between(path, Value(*low), Value(*high));
    const Value start = default_of(source);
    const auto first = dynamodb::add(start.as<dynamodb::Number>(), delta);
    if (first && holds(f, *first)) fits = fits || dynamodb::attribute_not_exists(path);
    applies_ = applies_ && fits;
    sums_.push_back({&f, &source, delta});
  }

  // Why a direct write did not hold: throws where the row meets the query, and a sum is too large
  // or too small.
  void refuse_out_of_range(const std::optional<dynamodb::PackedItem>& now) const {
    if (sums_.empty() || !now || !matches(where_, now->view())) return;
    for (const Sum& sum : sums_) {
      const auto stored = stored_value(*sum.source, now->view());
      const Value start = stored ? dynamodb::unpack(*stored) : default_of(*sum.source);
      const auto* number = start.get_if<dynamodb::Number>();
      const auto total = number ? dynamodb::add(*number, sum.delta) : std::nullopt;
      if (!total || !holds(*sum.field, *total)) out_of_range(*sum.field);
    }
  }

  // ---- a stored NULL, which is as good as absent to the models but not to DynamoDB's functions

  static dynamodb::Condition not_null(const FieldInfo& f) {
    return !dynamodb::attribute_type(dynamodb::Path(f.attribute), dynamodb::Type::NUL);
  }

  bool reads_null(dynamodb::ItemView item) const {
    return std::any_of(read_.begin(), read_.end(), [&](const FieldInfo* f) {
      const auto stored = item.find(f->attribute);
      return stored && stored->type() == dynamodb::Type::NUL;
    });
  }

  // The row as it is, where a direct write of what it reads did not hold or was refused.
  std::optional<dynamodb::PackedItem> row_behind(const dynamodb::Error& error,
                                                 const dynamodb::Item& key) const {
    const bool of_the_row = error.code == dynamodb::ErrorCode::conditional_check_failed ||
                            error.code == dynamodb::ErrorCode::validation;
    if (read_.empty() || !of_the_row) return std::nullopt;
    return stored_after_failure(connection_, model_, key, error.item);
  }

  // A version tells of every change but of counting in a `.counter`, which save() of another member
  // does not undo.
  void bump_version() {
    const auto counts = [this](const AssignmentNode& a) {
      return a.op == Assign::add && a.source == a.member && a.steps.empty() &&
             model_.by_member(a.member).counter;
    };
    if (!model_.version || std::all_of(assignments_.begin(), assignments_.end(), counts)) return;
    if (std::find(fields_.begin(), fields_.end(), model_.version) != fields_.end()) return;
    const dynamodb::Path path(model_.version->attribute);
    update_.set.push_back(
        {path, dynamodb::plus(dynamodb::if_not_exists(path, {Value(0)}), {Value(1)})});
    fields_.push_back(model_.version);
    read_.push_back(model_.version);
  }

  // ---- which rows

  // All keys before the first write: a write may move a row ahead of the reader.
  std::vector<dynamodb::Item> find_keys() const {
    Query query = query_;
    const bool all = !query.limit && query.offset == 0;
    if (all) query.order.clear();  // in any order
    query.fields = {model_.partition};
    Plan plan = plan_query(query, where_);
    const bool by_key_alone = plan.access == Plan::Access::get_item && direct_ &&
                              query_.offset == 0 && query_.limit.value_or(1) > 0;
    if (by_key_alone)
      return plan
          .keys;  // the write itself finds out whether the row is there and meets the condition
    check_scan(connection_, query, where_, plan);
    PlanReader rows(connection_, model_, std::move(plan),
                    {.offset = query_.offset, .limit = query_.limit, .any_order = all});
    std::vector<dynamodb::Item> keys;
    std::set<std::string> seen;  // a row that moves in an index while it is read may come twice
    while (const auto packed = rows.next()) {
      dynamodb::Item key = key_of(model_, dynamodb::ItemView(*packed));
      if (seen.insert(dynamodb::PackedItem(key).bytes()).second) keys.push_back(std::move(key));
    }
    return keys;
  }

  // nullopt: no row can meet the condition.
  std::optional<dynamodb::Item> only_key() const {
    const Plan plan = plan_query(query_, where_);
    if (plan.access == Plan::Access::nothing) return std::nullopt;
    if (plan.access == Plan::Access::get_item) return plan.keys.at(0);
    throw FieldError("update_returning() of " + model_.name +
                     " changes one row: its condition must give the key, f<&" + model_.name +
                     "::pk> == pk.");
  }

  // ---- writing

  dynamodb::UpdateItemRequest direct_request(const dynamodb::Item& key) const {
    return {.table = connection_.table(model_.table),
            .key = key,
            .update = update_,
            .condition = row_exists(model_) && *condition_,
            .return_old_on_condition_failure = !read_.empty()};
  }

  std::size_t update_directly(const std::vector<dynamodb::Item>& keys) {
    const bool verify = !model_.computed.empty();
    const auto results = write_side_by_side(keys.size(), [&](std::size_t i, auto done) {
      auto request = direct_request(keys[i]);
      if (verify) request.return_values = dynamodb::ReturnValues::all_new;
      connection_.client().update_item(std::move(request), std::move(done));
    });
    std::size_t updated = 0;
    std::exception_ptr first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      try {
        if (is_updated(results[i], keys[i])) ++updated;
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) tell_what_was_done(first, updated, keys.size());
    return updated;
  }

  // What the direct write of a row came to. False: it is gone, or meets the condition no more.
  bool is_updated(const dynamodb::Result<dynamodb::WriteResult>& result,
                  const dynamodb::Item& key) {
    if (result) {
      if (result->attributes) verify_computed(connection_, model_, *result->attributes);
      return true;
    }
    const auto now = row_behind(result.error(), key);
    if (now && reads_null(now->view())) return commit(key).has_value();
    if (result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
      refuse_out_of_range(now);
      return false;
    }
    if (is_too_large(result.error())) throw_grown_too_large(model_, fetch(model_, key));
    refuse_nested(result.error());
    throw DatabaseError(result.error(), model_.name + ": update()");
  }

  std::size_t update_by_commit(const std::vector<dynamodb::Item>& keys) {
    std::size_t updated = 0;
    for (const dynamodb::Item& key : keys) {
      try {
        if (commit(key)) ++updated;
      } catch (...) {
        tell_what_was_done(std::current_exception(), updated, keys.size());
      }
    }
    return updated;
  }

  // Throws the error of one row of many, with how many were written all the same.
  [[noreturn]] void tell_what_was_done(const std::exception_ptr& why, std::size_t updated,
                                       std::size_t rows) const {
    if (rows == 1) std::rethrow_exception(why);
    const std::string done =
        std::to_string(updated) + " of " + std::to_string(rows) + " rows were updated";
    try {
      std::rethrow_exception(why);
    } catch (ValidationError& e) {
      e.add("With update(), " + done + ".");
      throw;
    } catch (const IntegrityError& e) {
      throw IntegrityError(e.fields(), std::string(e.what()) + " (" + done + ")");
    } catch (const ConflictError& e) {
      throw ConflictError(std::string(e.what()) + " (" + done + ")");
    } catch (const DatabaseError& e) {
      if (e.error().message.empty()) throw DatabaseError(std::string(e.what()) + " (" + done + ")");
      dynamodb::Error error = e.error();
      error.message += " (" + done + ")";
      throw DatabaseError(std::move(error), model_.name + ": update()");
    }
  }

  // Reads the row, applies the assignments here and writes on condition that all that was looked at
  // is as it was read.
  std::optional<dynamodb::PackedItem> commit(const dynamodb::Item& key) {
    auto stored = fetch_matching(key);
    if (!stored) return std::nullopt;
    Committed committed = commit_row(connection_, model_, key, *std::move(stored),
                                     [&](dynamodb::ItemView now) -> std::optional<RowChange> {
                                       if (!matches(where_, now)) return std::nullopt;
                                       return change_of(now);
                                     });
    if (committed.result != CommitResult::written) return std::nullopt;
    return std::move(committed.after);
  }

  RowChange change_of(dynamodb::ItemView now) const {
    dynamodb::Item item = dynamodb::unpack(now);
    for (const auto* fields : {&fields_, &read_}) {
      for (const FieldInfo* f : *fields)
        if (!stored_value(*f, now)) item.erase(std::string(f->attribute));
    }
    if (const auto applied = dynamodb::apply_update(update_, item); !applied) {
      refuse_nested(applied.error());
      throw DatabaseError(applied.error(), model_.name + ": update()");
    }
    for (const Sum& sum : sums_) {
      const auto& total = item.find(sum.field->attribute)->second;
      if (!holds(*sum.field, total.as<dynamodb::Number>())) out_of_range(*sum.field);
    }
    RowChange change;
    for (const FieldInfo* f : fields_) {
      const auto at = item.find(f->attribute);
      change.values.emplace_back(f, at == item.end() ? Value() : at->second);
    }
    change.guards = fields_;
    change.guards.insert(change.guards.end(), read_.begin(), read_.end());
    add_fields(where_, change.guards);
    return change;
  }

  std::optional<dynamodb::PackedItem> fetch_matching(const dynamodb::Item& key) const {
    auto stored = fetch(model_, key);
    if (!stored || !matches(where_, stored->view())) return std::nullopt;
    return stored;
  }

  const Connection& connection_;
  const Query query_;
  const ModelInfo& model_;
  Predicate where_;
  std::vector<AssignmentNode> assignments_;
  std::vector<dynamodb::Path> paths_{};  // that are assigned
  bool nested_ = false;                  // one of them is inside a member
  std::vector<const FieldInfo*> fields_{};
  std::vector<const FieldInfo*> read_{};  // whose stored values the update starts from
  struct Sum {
    const FieldInfo *field, *source;
    dynamodb::Number delta;
  };
  std::vector<Sum> sums_{};        // of integers
  dynamodb::Condition applies_{};  // what an update beside the query's condition needs
  dynamodb::UpdateExpression update_{};
  std::optional<dynamodb::Condition> condition_{};
  bool direct_ = false;
};

}  // namespace

std::vector<RowUpdate> plan_updates(const Query& query,
                                    const std::vector<AssignmentNode>& assignments) {
  const auto updater = std::make_shared<const Updater>(query, assignments);
  return Updater::plan_all(updater);
}

std::size_t update_rows(const Query& query, const std::vector<AssignmentNode>& assignments) {
  return Updater(query, assignments).update_all();
}

std::optional<dynamodb::PackedItem> update_one(const Query& query,
                                               const std::vector<AssignmentNode>& assignments) {
  return Updater(query, assignments).update_one();
}

void apply_equalities(const ModelInfo& model, const NodePtr& where, void* row) {
  if (!where) return;
  if (where->op == Op::and_) {
    apply_equalities(model, where->left, row);
    apply_equalities(model, where->right, row);
  } else if (where->op == Op::eq && where->path.size() == 1 && where->steps.empty()) {
    const FieldInfo& f = model.by_member(where->path[0]);
    if (f.at && f.stored()) f.set(row, where->values[0]);
  }
}

}  // namespace dynamo_backend

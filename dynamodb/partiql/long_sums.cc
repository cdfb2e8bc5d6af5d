#include "dynamodb/partiql/long_sums.h"

#include <algorithm>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/partiql/bound.h"

namespace dynamodb::partiql {
namespace {

constexpr int kTries = 12;

// ---- sums

bool is_sum(const SetOperand& operand) { return std::holds_alternative<Arithmetic>(operand.value); }

bool is_long(const SetOperand& operand) {
  const auto* sum = std::get_if<Arithmetic>(&operand.value);
  return sum != nullptr && (is_sum(*sum->left) || is_sum(*sum->right));
}

void add_paths(const SetOperand& operand, std::vector<Path>& paths) {
  struct Add {
    std::vector<Path>& paths;
    void operator()(const Path& path) const { paths.push_back(path); }
    void operator()(const AttributeValue&) const {}
    void operator()(const IfNotExists& f) const {
      paths.push_back(f.path);
      add_paths(*f.otherwise, paths);
    }
    void operator()(const ListAppend& f) const {
      add_paths(*f.first, paths);
      add_paths(*f.second, paths);
    }
    void operator()(const Arithmetic& f) const {
      add_paths(*f.left, paths);
      add_paths(*f.right, paths);
    }
  };
  std::visit(Add{paths}, operand.value);
}

// The same update of `item`, as long as that has the same terms.
Result<UpdateItemRequest> added_up(UpdateItemRequest update, ItemView item) {
  Item after = unpack(item);
  if (const auto applied = apply_update(update.update, after); !applied) return applied.error();
  const PackedItem result(after);
  std::vector<Path> terms;
  for (auto& [path, value] : update.update.set) {
    if (!is_long(value)) continue;
    add_paths(value, terms);
    value = {unpack(*resolve(path, result.view()))};
  }
  for (const Path& term : terms) {
    const auto stored = resolve(term, item);
    update.condition =
        update.condition && (stored ? equal(term, unpack(*stored)) : attribute_not_exists(term));
  }
  return update;
}

bool has_long_sums(const UpdateItemRequest& update) {
  const auto& set = update.update.set;
  return std::any_of(set.begin(), set.end(), [](const auto& each) { return is_long(each.value); });
}
bool has_long_sums(const TransactWriteAction& action) {
  const auto* update = std::get_if<UpdateItemRequest>(&action);
  return update != nullptr && has_long_sums(*update);
}

bool is_syntax_error(const Error& error) {
  return error.code == ErrorCode::validation &&
         error.message.find("Syntax error") != std::string::npos;
}

Result<std::optional<PackedItem>> stored(Client& client, const UpdateItemRequest& update,
                                         ConsumedCapacity& consumed) {
  auto read = client.get_item({.table = update.table, .key = update.key, .consistent_read = true});
  if (read.has_error()) return read.error();
  add(consumed, read->consumed);
  return std::move(read->item);
}

// ---- transactions

// Puts the sums into `update`; the reason where it cannot be done.
Result<CancellationReason> add_up(Client& client, UpdateItemRequest& update) {
  ConsumedCapacity consumed;
  const auto read = stored(client, update, consumed);
  if (read.has_error()) return read.error();
  const PackedItem item = *read ? **read : PackedItem(Item());
  if (!evaluate(update.condition, item.view())) {
    return CancellationReason{
        "ConditionalCheckFailed", conditional_check_failed().message,
        update.return_old_on_condition_failure ? *read : std::optional<PackedItem>()};
  }
  auto sums = added_up(update, item.view());
  if (sums.has_error()) return CancellationReason{"ValidationError", sums.error().message};
  update = std::move(*sums);
  return CancellationReason{};
}

// Whether nothing but updates with long sums failed: their terms may have changed meanwhile.
bool may_have_changed(const TransactWriteItemsRequest& request, const Error& error) {
  if (error.code != ErrorCode::transaction_canceled) return false;
  for (std::size_t i = 0; i < std::min(error.reasons.size(), request.actions.size()); ++i) {
    const std::string& code = error.reasons[i].code;
    if (code != "None" && !(code == "ConditionalCheckFailed" && has_long_sums(request.actions[i])))
      return false;
  }
  return true;
}

}  // namespace

bool refuses_long_sums(const UpdateItemRequest& update, const Error& error) {
  return is_syntax_error(error) && has_long_sums(update);
}
bool refuses_long_sums(const TransactWriteItemsRequest& request, const Error& error) {
  return is_syntax_error(error) &&
         std::any_of(request.actions.begin(), request.actions.end(),
                     [](const TransactWriteAction& action) { return has_long_sums(action); });
}

Result<WriteResult> write_long_sums(Client& client, const UpdateItemRequest& update) {
  ConsumedCapacity consumed;
  for (int attempt = 1;; ++attempt) {
    const auto read = stored(client, update, consumed);
    if (read.has_error()) return read.error();
    const PackedItem item = *read ? **read : PackedItem(Item());
    if (!evaluate(update.condition, item.view()))
      return conditional_check_failed(update.return_old_on_condition_failure ? *read
                                                                             : std::nullopt);
    const auto sums = added_up(update, item.view());
    if (sums.has_error()) return sums.error();
    auto written = client.update_item(*sums);
    if (written.has_error()) {
      const bool changed = written.error().code == ErrorCode::conditional_check_failed;
      if (changed && attempt < kTries) continue;
      return written.error();
    }
    add(consumed, written->consumed);
    written->consumed = std::move(consumed);
    return written;
  }
}

Result<TransactWriteItemsResult> write_long_sums(Client& client,
                                                 const TransactWriteItemsRequest& request) {
  for (int attempt = 1;; ++attempt) {
    TransactWriteItemsRequest sums = request;
    std::vector<CancellationReason> reasons(sums.actions.size());
    bool canceled = false;
    for (std::size_t i = 0; i < sums.actions.size(); ++i) {
      if (!has_long_sums(sums.actions[i])) continue;
      auto reason = add_up(client, std::get<UpdateItemRequest>(sums.actions[i]));
      if (reason.has_error()) return reason.error();
      canceled = canceled || reason->code != "None";
      reasons[i] = std::move(*reason);
    }
    if (canceled) return transaction_canceled(std::move(reasons));
    auto written = client.transact_write_items(std::move(sums));
    if (written || attempt == kTries || !may_have_changed(request, written.error())) return written;
  }
}

}  // namespace dynamodb::partiql

#include "dynamodb/local/time_to_live.h"

#include <algorithm>

#include "dynamodb/limits.h"
#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

// A leap year more or less in five does not matter to anyone who would notice.
constexpr std::chrono::seconds kIgnoredAge = std::chrono::hours(24) * (5 * 365 + 1);
constexpr std::size_t kMaxBatchBytes = 1 << 20;
constexpr std::size_t kRowPrefixSize = 1 + 4 + 2;
constexpr std::size_t kEntryPrefixSize = 1 + 4 + 8;

// Seconds since 1970, positive.
std::optional<std::uint64_t> expiry_of(const TableState& table, ItemView row) {
  const auto value = row.find(table.ttl.attribute);
  if (!value || value->type() != Type::N) return std::nullopt;
  const auto seconds = Number::from_canonical(value->text()).to_uint64();
  return seconds && *seconds > 0 ? seconds : std::nullopt;
}

std::string entry_key(std::uint32_t table, std::uint64_t seconds, std::string_view row_key = {}) {
  std::string key = expiry_prefix(table);
  append_u64(key, seconds);
  if (!row_key.empty()) key += row_key.substr(kRowPrefixSize);
  return key;
}
std::string row_key_of_entry(std::uint32_t table, std::string_view entry) {
  return row_prefix(table, 0) + std::string(entry.substr(kEntryPrefixSize));
}

std::optional<std::string> entry_of(const TableState& table, const std::optional<PackedItem>& row,
                                    const std::string& row_key) {
  const auto seconds = row ? expiry_of(table, row->view()) : std::nullopt;
  return seconds ? std::optional(entry_key(table.number, *seconds, row_key)) : std::nullopt;
}

Error active_on_another(const std::string& attribute) {
  return validation_error(
      "TimeToLive is active on a different AttributeName: current AttributeName is " + attribute);
}

std::optional<Error> check_name(const std::string& attribute) {
  if (!attribute.empty() && attribute.size() <= kMaxKeyNameSize) return std::nullopt;
  return validation_error(
      "1 validation error detected: Value '" + attribute +
      "' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have "
      "length " +
      (attribute.empty() ? "greater than or equal to 1" : "less than or equal to 255"));
}

class UpdateTimeToLive : public Write {
 public:
  UpdateTimeToLive(UpdateTimeToLiveRequest request, Completion<UpdateTimeToLiveResult> done)
      : request_(std::move(request)), done_(std::move(done)) {}
  bool alone() const override { return true; }

  void evaluate(Group& group) override {
    catalog_ = &group.catalog();
    error_ = change(group);
  }
  void finish(const Error* failure) override {
    if (failure != nullptr) return done_(*failure);
    if (error_) return done_(std::move(*error_));
    catalog_->publish(changed_);
    done_(request_.specification);
  }

 private:
  std::optional<Error> change(Group& group) {
    const auto& wanted = request_.specification;
    if (auto error = check_name(wanted.attribute)) return error;
    const TablePtr current = group.table(request_.table);
    if (current == nullptr) return table_not_found(request_.table);
    const std::string& attribute = current->ttl.attribute;
    if (!attribute.empty() && attribute != wanted.attribute) return active_on_another(attribute);
    if (wanted.enabled == !attribute.empty()) {
      return validation_error(wanted.enabled ? "TimeToLive is already enabled"
                                             : "TimeToLive is already disabled");
    }
    TableState table = *current;
    if (wanted.enabled) {
      table.ttl = {
          .attribute = wanted.attribute, .generation = group.take_number(), .filling = true};
    } else {
      table.ttl = {};
      const std::string entries = expiry_prefix(table.number);
      group.batch().DeleteRange(entries, prefix_end(entries));
    }
    catalog_->write(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
    return std::nullopt;
  }

  UpdateTimeToLiveRequest request_;
  Completion<UpdateTimeToLiveResult> done_;
  Catalog* catalog_ = nullptr;
  std::optional<Error> error_{};
  TablePtr changed_{};
};

// Null where the table is gone, or its time to live was switched since.
TablePtr find_target(Group& group, const ExpiryTarget& target) {
  TablePtr table = group.table(target.table);
  const bool is_it = table != nullptr && table->number == target.table_number &&
                     table->ttl.generation == target.generation;
  return is_it ? table : nullptr;
}

class ExpiryChunk : public Write {
 public:
  ExpiryChunk(ExpiryTarget target, std::vector<std::string> row_keys, Completion<bool> done)
      : target_(std::move(target)), row_keys_(std::move(row_keys)), done_(std::move(done)) {}

  void evaluate(Group& group) override {
    const TablePtr table = find_target(group, target_);
    is_there_ = table != nullptr;
    if (!is_there_) return;
    for (const auto& row_key : row_keys_) {
      const auto row = group.read(row_key);
      if (row.has_error()) {
        error_ = row.error();
        return;
      }
      if (!*row) continue;  // deleted since the chunk was cut
      if (const auto entry = entry_of(*table, PackedItem(std::string(**row)), row_key))
        group.put_entry(*entry, {});
    }
  }
  void finish(const Error* failure) override {
    if (failure != nullptr) return done_(*failure);
    if (error_) return done_(std::move(*error_));
    done_(is_there_);
  }

 private:
  ExpiryTarget target_;
  std::vector<std::string> row_keys_;
  Completion<bool> done_;
  bool is_there_ = false;
  std::optional<Error> error_{};
};

class ExpiryFilled : public Write {
 public:
  ExpiryFilled(ExpiryTarget target, Completion<bool> done)
      : target_(std::move(target)), done_(std::move(done)) {}
  bool alone() const override { return true; }

  void evaluate(Group& group) override {
    catalog_ = &group.catalog();
    const TablePtr current = find_target(group, target_);
    if (current == nullptr) return;
    TableState table = *current;
    table.ttl.filling = false;
    catalog_->write(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
  }
  void finish(const Error* failure) override {
    if (failure != nullptr) return done_(*failure);
    if (changed_ != nullptr) catalog_->publish(changed_);
    done_(true);
  }

 private:
  ExpiryTarget target_;
  Completion<bool> done_;
  Catalog* catalog_ = nullptr;
  TablePtr changed_{};
};

class ExpireRows : public Write {
 public:
  ExpireRows(TablePtr table, std::vector<std::string> entries, Completion<Expiries> done)
      : table_(std::move(table)), entries_(std::move(entries)), done_(std::move(done)) {}

  void evaluate(Group& group) override {
    for (const auto& entry : entries_) {
      if (auto error = expire(group, entry)) {
        error_ = std::move(error);
        return;
      }
      ++outcome_.looked_at;
      if (group.bytes() >= kMaxBatchBytes) return;
    }
  }
  void finish(const Error* failure) override {
    if (failure != nullptr) return done_(*failure);
    // What was deleted before the error is: the next sweep finds the rest.
    if (error_) return done_(std::move(*error_));
    done_(outcome_);
  }

 private:
  std::optional<Error> expire(Group& group, const std::string& entry) {
    const WriteAction action{.kind = WriteAction::Kind::del,
                             .table = table_,
                             .row_key = row_key_of_entry(table_->number, entry),
                             .by_time_to_live = true};
    const auto change = local::evaluate(action, group);
    if (change.has_error()) {
      // The table went meanwhile, and its rows with it.
      if (change.error().code == ErrorCode::resource_not_found) return std::nullopt;
      return change.error();
    }
    // The row may have changed since the entry was read, and time to live been switched off.
    if (entry_of(*change->table, change->before, action.row_key) != entry) return std::nullopt;
    ConsumedCapacity nobody_pays;
    apply(action, *change, group, /*in_transaction=*/false, nobody_pays);
    ++outcome_.deleted;
    return std::nullopt;
  }

  TablePtr table_;
  std::vector<std::string> entries_;
  Completion<Expiries> done_;
  Expiries outcome_{};
  std::optional<Error> error_{};
};

}  // namespace

std::string expiry_prefix(std::uint32_t table) {
  std::string key(1, kExpiryPrefix);
  append_u32(key, table);
  return key;
}

ExpiryRange expired_at(std::uint32_t table, base::Timestamp now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  const auto at = [table](std::chrono::seconds time) {
    return entry_key(table, static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)));
  };
  return {at(seconds - kIgnoredAge), at(seconds)};
}

bool expires(const TableState& table, ItemView row) { return expiry_of(table, row).has_value(); }

void move_expiry(Group& group, const RowChange& change, const std::string& row_key) {
  if (change.table->ttl.attribute.empty()) return;
  const auto before = entry_of(*change.table, change.before, row_key);
  const auto after = entry_of(*change.table, change.after, row_key);
  if (before == after) return;
  if (before) group.remove_entry(*before);
  if (after) group.put_entry(*after, {});
}

std::unique_ptr<Write> make_update_time_to_live(UpdateTimeToLiveRequest request,
                                                Completion<UpdateTimeToLiveResult> done) {
  return std::make_unique<UpdateTimeToLive>(std::move(request), std::move(done));
}
std::unique_ptr<Write> make_expiry_chunk(ExpiryTarget target, std::vector<std::string> row_keys,
                                         Completion<bool> done) {
  return std::make_unique<ExpiryChunk>(std::move(target), std::move(row_keys), std::move(done));
}
std::unique_ptr<Write> make_expiry_filled(ExpiryTarget target, Completion<bool> done) {
  return std::make_unique<ExpiryFilled>(std::move(target), std::move(done));
}
std::unique_ptr<Write> make_expire_rows(TablePtr table, std::vector<std::string> entries,
                                        Completion<Expiries> done) {
  return std::make_unique<ExpireRows>(std::move(table), std::move(entries), std::move(done));
}

}  // namespace dynamodb::local

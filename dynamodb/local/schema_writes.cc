#include "dynamodb/local/schema_writes.h"

#include "base/uuid.h"
#include "dynamodb/local/index_entry.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/stream_writes.h"
#include "dynamodb/local/table_update.h"
#include "dynamodb/local/time_to_live.h"

namespace dynamodb::local {
namespace {

// A write that makes a new state of one table, or removes it.
class SchemaWrite : public Write {
 public:
  explicit SchemaWrite(Completion<TableDescription> done) : done_(std::move(done)) {}
  bool alone() const override { return true; }
  void evaluate(Group& group) final {
    catalog_ = &group.catalog();
    if (auto error = change(group)) error_ = std::move(error);
  }
  void finish(const Error* failure) final {
    if (failure != nullptr) return done_(*failure);
    if (error_) return done_(*error_);
    if (removed_ != nullptr) {
      auto description = catalog_->describe_deleted(*removed_);
      catalog_->publish_removal(*removed_);
      return done_(std::move(description));
    }
    catalog_->publish(changed_);
    done_(catalog_->describe(*changed_));
  }

 protected:
  // Writes the change to the group's batch and says it by changed_ or removed_.
  virtual std::optional<Error> change(Group& group) = 0;
  TablePtr changed_{}, removed_{};

 private:
  Completion<TableDescription> done_;
  std::optional<Error> error_{};
  Catalog* catalog_ = nullptr;
};

void remove_rows(rocksdb::WriteBatch& batch, const std::string& prefix) {
  batch.DeleteRange(prefix, prefix_end(prefix));
}

class CreateTable : public SchemaWrite {
 public:
  CreateTable(TableDefinition definition, base::Timestamp now, Completion<TableDescription> done)
      : SchemaWrite(std::move(done)), definition_(std::move(definition)), now_(now) {}

 private:
  std::optional<Error> change(Group& group) override {
    if (group.table(definition_.name) != nullptr)
      return resource_in_use("Table already exists: " + definition_.name);
    TableState table{.name = definition_.name,
                     .key = definition_.key,
                     .number = group.catalog().next_table_number()};
    table.id = base::Uuid::random().str();
    table.created_at = now_;
    table.settings = definition_.settings;
    table.tags = definition_.tags;
    if (table.settings.billing_mode == BillingMode::pay_per_request) table.on_demand_since = now_;
    const auto add = [&table](const std::vector<IndexDefinition>& definitions, bool global) {
      for (const auto& definition : definitions) {
        table.indexes.push_back(
            {.definition = definition, .number = table.next_index_number++, .global = global});
      }
    };
    add(definition_.global_indexes, true);
    add(definition_.local_indexes, false);
    follow_stream_setting(group, table);
    group.catalog().write_new(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
    return std::nullopt;
  }
  TableDefinition definition_;
  base::Timestamp now_;
};

std::optional<Error> check_deletable(const TableState& table) {
  if (table.settings.deletion_protection) {
    return validation_error(
        "Resource cannot be deleted as it is currently protected against deletion. Disable "
        "deletion protection first.");
  }
  for (const auto& index : table.indexes) {
    if (index.status == IndexStatus::active) continue;
    return resource_in_use(
        "Attempt to change a resource which is still in use: Cannot delete table while indexes are "
        "being created, updated, or deleted.");
  }
  return std::nullopt;
}

class DeleteTable : public SchemaWrite {
 public:
  DeleteTable(std::string table, Completion<TableDescription> done)
      : SchemaWrite(std::move(done)), table_(std::move(table)) {}

 private:
  std::optional<Error> change(Group& group) override {
    const TablePtr current = group.table(table_);
    if (current == nullptr) return table_not_found(table_);
    if (auto refusal = check_deletable(*current)) return refusal;
    removed_ = current;
    std::string rows(1, kRowPrefix);
    append_u32(rows, removed_->number);
    remove_rows(group.batch(), rows);
    if (!removed_->ttl.attribute.empty())
      remove_rows(group.batch(), expiry_prefix(removed_->number));
    TableState table = *removed_;
    table.settings.stream = std::nullopt;
    follow_stream_setting(group, table);
    removed_ = std::make_shared<const TableState>(std::move(table));
    group.catalog().write_removal(group.batch(), *removed_);
    return std::nullopt;
  }
  std::string table_;
};

class ChangeTableWrite : public SchemaWrite {
 public:
  ChangeTableWrite(std::string table, Error not_found, ChangeTable change,
                   Completion<TableDescription> done)
      : SchemaWrite(std::move(done)),
        table_(std::move(table)),
        not_found_(std::move(not_found)),
        change_(std::move(change)) {}

 private:
  std::optional<Error> change(Group& group) override {
    const TablePtr current = group.table(table_);
    if (current == nullptr) return not_found_;
    auto next = change_(*current);
    if (next.has_error()) return next.error();
    for (const auto& index : current->indexes) {
      if (next->index(index.definition.name) == nullptr)
        remove_rows(group.batch(), row_prefix(current->number, index.number));
    }
    follow_stream_setting(group, *next);
    group.catalog().write(group.batch(), *next);
    changed_ = std::make_shared<const TableState>(std::move(*next));
    return std::nullopt;
  }
  std::string table_;
  Error not_found_;
  ChangeTable change_;
};

// Null where the index is gone, or filled.
const IndexState* find_index(const TablePtr& table, const FillTarget& target) {
  if (table == nullptr || table->number != target.table_number) return nullptr;
  const auto found = std::find_if(
      table->indexes.begin(), table->indexes.end(), [&target](const IndexState& index) {
        return index.number == target.index_number && index.status == IndexStatus::creating;
      });
  return found == table->indexes.end() ? nullptr : &*found;
}

class BackfillChunk : public Write {
 public:
  BackfillChunk(FillTarget target, std::vector<std::string> row_keys,
                Completion<BackfillProgress> done)
      : target_(std::move(target)), row_keys_(std::move(row_keys)), done_(std::move(done)) {}
  // Index entries of other writes in a group could not be read back.
  bool alone() const override { return true; }

  void evaluate(Group& group) override {
    const TablePtr table = group.table(target_.table);
    const IndexState* index = find_index(table, target_);
    is_there_ = index != nullptr;
    if (index == nullptr) return;
    for (const auto& row_key : row_keys_) {
      error_ = fill(group, *table, *index, row_key);
      if (error_) return;
    }
  }
  void finish(const Error* failure) override {
    if (failure != nullptr) return done_(*failure);
    if (error_) return done_(*error_);
    done_(is_there_);
  }

 private:
  static std::optional<Error> fill(Group& group, const TableState& table, const IndexState& index,
                                   const std::string& row_key) {
    const auto row = group.read(row_key);
    if (row.has_error()) return row.error();
    if (!*row) return std::nullopt;  // deleted since the chunk was cut
    const auto entry = make_index_entry(table, index, row_key, PackedItem(std::string(**row)));
    if (!entry) return std::nullopt;
    const auto there = group.read(entry->key);
    if (there.has_error()) return there.error();
    if (*there) return std::nullopt;  // a write since then made it
    group.put_entry(entry->key, entry->value);
    group.count(table, index.number, 1,
                static_cast<std::int64_t>(item_size(ItemView(entry->value))));
    return std::nullopt;
  }

  FillTarget target_;
  std::vector<std::string> row_keys_;
  Completion<BackfillProgress> done_;
  bool is_there_ = false;
  std::optional<Error> error_{};
};

class ActivateIndex : public Write {
 public:
  ActivateIndex(FillTarget target, Completion<BackfillProgress> done)
      : target_(std::move(target)), done_(std::move(done)) {}
  bool alone() const override { return true; }

  void evaluate(Group& group) override {
    catalog_ = &group.catalog();
    const TablePtr current = group.table(target_.table);
    if (find_index(current, target_) == nullptr) return;
    TableState table = *current;
    for (auto& index : table.indexes) {
      if (index.number == target_.index_number) index.status = IndexStatus::active;
    }
    catalog_->write(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
  }
  void finish(const Error* failure) override {
    if (failure != nullptr) return done_(*failure);
    if (changed_ != nullptr) catalog_->publish(changed_);
    done_(true);
  }

 private:
  FillTarget target_;
  Completion<BackfillProgress> done_;
  Catalog* catalog_ = nullptr;
  TablePtr changed_{};
};

}  // namespace

std::unique_ptr<Write> make_create_table(TableDefinition definition, base::Timestamp now,
                                         Completion<TableDescription> done) {
  return std::make_unique<CreateTable>(std::move(definition), now, std::move(done));
}
std::unique_ptr<Write> make_delete_table(std::string table, Completion<TableDescription> done) {
  return std::make_unique<DeleteTable>(std::move(table), std::move(done));
}
std::unique_ptr<Write> make_update_table(UpdateTableRequest request, base::Timestamp now,
                                         Completion<TableDescription> done) {
  const std::string table = request.table;
  return make_table_change(
      table, table_not_found(table),
      [request = std::move(request), now](const TableState& current) {
        return updated_table(current, request, now);
      },
      std::move(done));
}
std::unique_ptr<Write> make_table_change(std::string table, Error not_found, ChangeTable change,
                                         Completion<TableDescription> done) {
  return std::make_unique<ChangeTableWrite>(std::move(table), std::move(not_found),
                                            std::move(change), std::move(done));
}
std::unique_ptr<Write> make_backfill_chunk(FillTarget target, std::vector<std::string> row_keys,
                                           Completion<BackfillProgress> done) {
  return std::make_unique<BackfillChunk>(std::move(target), std::move(row_keys), std::move(done));
}
std::unique_ptr<Write> make_activate_index(FillTarget target, Completion<BackfillProgress> done) {
  return std::make_unique<ActivateIndex>(std::move(target), std::move(done));
}

}  // namespace dynamodb::local

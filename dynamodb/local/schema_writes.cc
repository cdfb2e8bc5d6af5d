#include "dynamodb/local/schema_writes.h"

#include "base/uuid.h"
#include "dynamodb/local/index_entry.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/stream_writes.h"
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
      auto description = catalog_->describe(*removed_);
      description.status = TableStatus::deleting;
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
    const auto add = [&table](const std::vector<IndexDefinition>& definitions, bool global) {
      for (const auto& definition : definitions) {
        table.indexes.push_back(
            {.definition = definition, .number = table.next_index_number++, .global = global});
      }
    };
    add(definition_.global_indexes, true);
    add(definition_.local_indexes, false);
    if (definition_.settings.stream) open_stream(group, table, *definition_.settings.stream);
    group.catalog().write_new(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
    return std::nullopt;
  }
  TableDefinition definition_;
  base::Timestamp now_;
};

class DeleteTable : public SchemaWrite {
 public:
  DeleteTable(std::string table, Completion<TableDescription> done)
      : SchemaWrite(std::move(done)), table_(std::move(table)) {}

 private:
  std::optional<Error> change(Group& group) override {
    removed_ = group.table(table_);
    if (removed_ == nullptr) return table_not_found(table_);
    std::string rows(1, kRowPrefix);
    append_u32(rows, removed_->number);
    remove_rows(group.batch(), rows);
    if (!removed_->ttl.attribute.empty())
      remove_rows(group.batch(), expiry_prefix(removed_->number));
    TableState table = *removed_;
    close_stream(group, table);
    removed_ = std::make_shared<const TableState>(std::move(table));
    group.catalog().write_removal(group.batch(), *removed_);
    return std::nullopt;
  }
  std::string table_;
};

class ChangeStream : public SchemaWrite {
 public:
  ChangeStream(std::string table, std::optional<StreamViewType> wanted,
               Completion<TableDescription> done)
      : SchemaWrite(std::move(done)), table_(std::move(table)), wanted_(wanted) {}

 private:
  std::optional<Error> change(Group& group) override {
    const TablePtr current = group.table(table_);
    if (current == nullptr) return table_not_found(table_);
    TableState table = *current;
    if (auto error = change_stream(group, table, wanted_)) return error;
    group.catalog().write(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
    return std::nullopt;
  }
  std::string table_;
  std::optional<StreamViewType> wanted_;
};

class CreateIndex : public SchemaWrite {
 public:
  CreateIndex(std::string table, IndexDefinition index, Completion<TableDescription> done)
      : SchemaWrite(std::move(done)), table_(std::move(table)), index_(std::move(index)) {}

 private:
  std::optional<Error> change(Group& group) override {
    const TablePtr current = group.table(table_);
    if (current == nullptr) return table_not_found(table_);
    if (auto problem = check_new_index(current->definition(), index_))
      return validation_error(*problem);
    for (const auto& index : current->indexes) {
      // DynamoDB: one index at a time may be created on a table.
      if (index.status == IndexStatus::creating) {
        return limit_exceeded(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table");
      }
    }
    TableState table = *current;
    table.indexes.push_back({.definition = index_,
                             .number = table.next_index_number++,
                             .global = true,
                             .status = IndexStatus::creating});
    group.catalog().write(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
    return std::nullopt;
  }
  std::string table_;
  IndexDefinition index_;
};

class DeleteIndex : public SchemaWrite {
 public:
  DeleteIndex(std::string table, std::string index, Completion<TableDescription> done)
      : SchemaWrite(std::move(done)), table_(std::move(table)), index_(std::move(index)) {}

 private:
  std::optional<Error> change(Group& group) override {
    const TablePtr current = group.table(table_);
    if (current == nullptr) return table_not_found(table_);
    const IndexState* index = current->index(index_);
    if (index == nullptr || !index->global) {
      return resource_not_found(
          "Requested resource not found: the table has no global secondary index " + index_);
    }
    remove_rows(group.batch(), row_prefix(current->number, index->number));
    TableState table = *current;
    std::erase_if(table.indexes,
                  [this](const IndexState& state) { return state.definition.name == index_; });
    group.catalog().write(group.batch(), table);
    changed_ = std::make_shared<const TableState>(std::move(table));
    return std::nullopt;
  }
  std::string table_;
  std::string index_;
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
std::unique_ptr<Write> make_change_stream(std::string table, std::optional<StreamViewType> wanted,
                                          Completion<TableDescription> done) {
  return std::make_unique<ChangeStream>(std::move(table), wanted, std::move(done));
}
std::unique_ptr<Write> make_create_index(std::string table, IndexDefinition index,
                                         Completion<TableDescription> done) {
  return std::make_unique<CreateIndex>(std::move(table), std::move(index), std::move(done));
}
std::unique_ptr<Write> make_delete_index(std::string table, std::string index,
                                         Completion<TableDescription> done) {
  return std::make_unique<DeleteIndex>(std::move(table), std::move(index), std::move(done));
}
std::unique_ptr<Write> make_backfill_chunk(FillTarget target, std::vector<std::string> row_keys,
                                           Completion<BackfillProgress> done) {
  return std::make_unique<BackfillChunk>(std::move(target), std::move(row_keys), std::move(done));
}
std::unique_ptr<Write> make_activate_index(FillTarget target, Completion<BackfillProgress> done) {
  return std::make_unique<ActivateIndex>(std::move(target), std::move(done));
}

}  // namespace dynamodb::local

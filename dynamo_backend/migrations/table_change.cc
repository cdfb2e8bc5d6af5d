#include "dynamo_backend/migrations/table_change.h"

#include <algorithm>

namespace dynamo_backend::migrations {
namespace {

using dynamodb::ErrorCode;
using dynamodb::TableDescription;
using dynamodb::TableStatus;
using std::chrono::milliseconds;

std::string show(const dynamodb::KeySchema& key) {
  std::string text;
  key.for_each([&](const dynamodb::KeyAttribute& k, bool) {
    text +=
        (text.empty() ? "" : ", ") + k.name + " (" + std::string(dynamodb::type_name(k.type)) + ")";
  });
  return text;
}

// Growing pauses between looks: at once for the embedded engine, gentle with AWS.
class Pauses {
 public:
  explicit Pauses(const RunControl& control) : control_(control) {}
  void next() {
    control_.wait(pause_);
    pause_ = std::min(pause_ * 2, milliseconds(3000));
  }

 private:
  const RunControl& control_;
  milliseconds pause_{5};
};

// Calls of tables consume no units.
template <class Call>
auto patiently(const RunControl& control, const Call& call) {
  for (int attempt = 1;; ++attempt) {
    control.check();
    auto result = call();
    if (result || !control.passes(result.error(), attempt)) return result;
  }
}

bool changing(const TableDescription& d) {
  return d.status != TableStatus::active ||
         std::any_of(d.global_indexes.begin(), d.global_indexes.end(),
                     [](const auto& i) { return i.status != dynamodb::IndexStatus::active; });
}

const dynamodb::IndexDescription* find_index(const TableDescription& d, const std::string& name) {
  const auto at = std::find_if(d.global_indexes.begin(), d.global_indexes.end(),
                               [&](const auto& i) { return i.definition.name == name; });
  return at == d.global_indexes.end() ? nullptr : &*at;
}

TableDescription wait_until_idle(const RunControl& control, const std::string& table) {
  Pauses pauses(control);
  for (;;) {
    auto d = describe_table(control, table);
    if (!d) throw DatabaseError("Table " + control.connection().table(table) + " is gone.");
    if (!changing(*d)) return *std::move(d);
    pauses.next();
  }
}

// UpdateTable, once the table is idle: another one's change may come in between.
void update_table(const RunControl& control, const std::string& table,
                  dynamodb::UpdateTableRequest request) {
  request.table = control.connection().table(table);
  int failures = 0;
  for (Pauses pauses(control);; pauses.next()) {
    control.check();
    const auto result = control.client().update_table(request);
    if (result) return;
    const ErrorCode code = result.error().code;
    if (code == ErrorCode::resource_in_use || code == ErrorCode::limit_exceeded)
      wait_until_idle(control, table);
    else if (!control.passes(result.error(), ++failures))
      throw DatabaseError(result.error(), "UpdateTable " + request.table);
  }
}

void check_keys(const std::string& table, const std::string& what, const dynamodb::KeySchema& found,
                const dynamodb::KeySchema& wanted) {
  if (found == wanted) return;
  throw MigrationError(what + " of table " + table + " exists with the key " + show(found) +
                       "; the migration needs " + show(wanted) +
                       ". Delete it, or give the model's another name.");
}

void check_adoptable(const dynamodb::TableDefinition& wanted, const TableDescription& found) {
  if (!(found.definition.key == wanted.key)) {
    throw MigrationError("Table " + wanted.name + " exists with the key " +
                         show(found.definition.key) + "; the migration needs " + show(wanted.key) +
                         ". DynamoDB cannot change a table's key: give the model another "
                         "table_name, or move the table away.");
  }
  for (const auto& index : wanted.global_indexes) {
    if (const auto* there = find_index(found, index.name))
      check_keys(wanted.name, "Index " + index.name, there->definition.key, index.key);
  }
  for (const auto& index : wanted.local_indexes) {
    const auto& there = found.definition.local_indexes;
    const auto at = std::find_if(there.begin(), there.end(),
                                 [&](const auto& i) { return i.name == index.name; });
    if (at == there.end())
      throw MigrationError("Table " + wanted.name + " exists without the local index " +
                           index.name +
                           ", and DynamoDB makes local indexes only with their table: "
                           "declare it as a global index, or make the table anew.");
    check_keys(wanted.name, "Index " + index.name, at->key, index.key);
  }
}

}  // namespace

std::optional<TableDescription> describe_table(const RunControl& control,
                                               const std::string& table) {
  const std::string name = control.connection().table(table);
  auto result = patiently(control, [&] { return control.client().describe_table(name); });
  if (result) return *std::move(result);
  if (result.error().code == ErrorCode::resource_not_found) return std::nullopt;
  throw DatabaseError(result.error(), "DescribeTable " + name);
}

bool create_table(const RunControl& control, const dynamodb::TableDefinition& definition) {
  dynamodb::TableDefinition wanted = definition;
  wanted.name = control.connection().table(definition.name);
  bool made = false;
  for (Pauses pauses(control);; pauses.next()) {
    const auto there = describe_table(control, definition.name);
    if (there && there->status != TableStatus::deleting) break;
    if (there) continue;  // until what is being deleted is gone
    const auto created = patiently(control, [&] { return control.client().create_table(wanted); });
    made = created.has_value();
    if (!created && created.error().code != ErrorCode::resource_in_use)
      throw DatabaseError(created.error(), "CreateTable " + wanted.name);
  }
  const TableDescription found = wait_until_idle(control, definition.name);
  check_adoptable(wanted, found);
  return made;
}

void delete_table(const RunControl& control, const std::string& table) {
  const std::string name = control.connection().table(table);
  for (Pauses pauses(control);; pauses.next()) {
    const auto there = describe_table(control, table);
    if (!there) return;
    if (there->status == TableStatus::deleting) continue;
    const auto dropped = patiently(control, [&] { return control.client().delete_table(name); });
    if (!dropped && dropped.error().code != ErrorCode::resource_not_found &&
        dropped.error().code != ErrorCode::resource_in_use)
      throw DatabaseError(dropped.error(), "DeleteTable " + name);
  }
}

void create_index(const RunControl& control, const std::string& table,
                  const dynamodb::IndexDefinition& index, const IndexProgress& progress) {
  for (Pauses pauses(control);; pauses.next()) {
    const auto d = describe_table(control, table);
    if (!d) throw DatabaseError("Table " + control.connection().table(table) + " is gone.");
    const auto* there = find_index(*d, index.name);
    if (there && there->status != dynamodb::IndexStatus::deleting) {
      check_keys(d->definition.name, "Index " + index.name, there->definition.key, index.key);
      if (!changing(*d)) return;
      if (progress) progress(there->item_count, d->item_count);
    } else if (!changing(*d)) {
      dynamodb::UpdateTableRequest request{.create_index = index};
      const auto& settings = d->definition.settings;
      if (settings.billing_mode == dynamodb::BillingMode::provisioned)
        request.create_index->throughput = settings.throughput;
      update_table(control, table, std::move(request));
    }
  }
}

void delete_index(const RunControl& control, const std::string& table, const std::string& index) {
  for (Pauses pauses(control);; pauses.next()) {
    const auto d = describe_table(control, table);
    const auto* there = d ? find_index(*d, index) : nullptr;
    if (!there) return;
    if (there->status != dynamodb::IndexStatus::deleting && !changing(*d))
      update_table(control, table, {.delete_index = index});
  }
}

void set_ttl(const RunControl& control, const std::string& table, const std::string& attribute) {
  using dynamodb::TimeToLiveStatus;
  const std::string name = control.connection().table(table);
  const auto change = [&](const std::string& what, bool enabled) {
    const auto result = patiently(control, [&] {
      return control.client().update_time_to_live(
          {.table = name, .specification = {.attribute = what, .enabled = enabled}});
    });
    // AWS takes one change of it an hour, and says so here.
    if (!result) throw DatabaseError(result.error(), "UpdateTimeToLive " + name);
  };
  for (Pauses pauses(control);; pauses.next()) {
    const auto now =
        patiently(control, [&] { return control.client().describe_time_to_live(name); });
    if (!now) throw DatabaseError(now.error(), "DescribeTimeToLive " + name);
    const bool on =
        now->status == TimeToLiveStatus::enabled || now->status == TimeToLiveStatus::enabling;
    if (on ? now->attribute == attribute : attribute.empty()) return;
    if (now->status == TimeToLiveStatus::enabling || now->status == TimeToLiveStatus::disabling)
      continue;  // AWS finishes one change first: up to an hour
    if (on)
      change(now->attribute, false);
    else
      change(attribute, true);
  }
}

void set_stream(const RunControl& control, const std::string& table,
                std::optional<dynamodb::StreamViewType> view) {
  for (;;) {
    const auto now = wait_until_idle(control, table).definition.settings.stream;
    if (now == view) return;
    // DynamoDB: the view of a stream does not change while it is on.
    const std::optional<dynamodb::StreamViewType> next = now ? std::nullopt : view;
    update_table(control, table,
                 {.stream = std::optional<std::optional<dynamodb::StreamViewType>>(next)});
  }
}

}  // namespace dynamo_backend::migrations

#include "dynamo_backend/migrations/table_change.h"

#include <algorithm>

#include "dynamo_backend/tables.h"

namespace dynamo_backend::migrations {
namespace {

using dynamodb::ErrorCode;
using dynamodb::TableDescription;
using dynamodb::TableStatus;
using std::chrono::milliseconds;

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

// Has UpdateTable do what `next(description)` asks for, until it asks for nothing (an absent
// request), one change after the other, each once the table is idle. What is to be done is looked
// at again after every answer: another process may change the table, too.
template <class Next>
void change_table(const RunControl& control, const std::string& table, const Next& next) {
  const std::string name = control.connection().table(table);
  int refusals = 0;  // of an idle table
  std::optional<dynamodb::Error> error;
  for (Pauses pauses(control);; pauses.next()) {
    const auto d = describe_table(control, table);
    if (!d) throw DatabaseError("Table " + name + " is gone.");
    std::optional<dynamodb::UpdateTableRequest> request = next(*d);
    if (changing(*d)) {
      refusals = 0;
      continue;
    }
    if (!request) return;
    if (error) throw DatabaseError(*error, "UpdateTable " + name);
    request->table = name;
    const auto result = control.client().update_table(*request);
    if (result) continue;
    ++refusals;
    const bool passing = result.error().code == ErrorCode::resource_in_use
                             ? control.pause(refusals, control.connection().options().table_timeout)
                             : control.passes(result.error(), refusals);
    if (!passing) error = result.error();
  }
}

// `table` with its prefix, for messages.
void check_index(const std::string& table, const dynamodb::IndexDefinition& found,
                 const dynamodb::IndexDefinition& wanted) {
  const bool same_key = found.key == wanted.key;
  if (same_key && projects_enough(found, wanted)) return;
  throw MigrationError("Index " + wanted.name + " of table " + table + " exists " +
                       (same_key ? "and holds " + projection_text(found)
                                 : "with the key " + key_schema_text(found.key)) +
                       "; the migration needs " +
                       (same_key ? projection_text(wanted) : key_schema_text(wanted.key)) +
                       ". Delete it, or give the model's another name.");
}

void check_adoptable(const dynamodb::TableDefinition& wanted, const TableDescription& found) {
  if (!(found.definition.key == wanted.key)) {
    throw MigrationError("Table " + wanted.name + " exists with the key " +
                         key_schema_text(found.definition.key) + "; the migration needs " +
                         key_schema_text(wanted.key) +
                         ". DynamoDB cannot change a table's key: give the model another "
                         "table_name, or move the table away.");
  }
  for (const auto& index : wanted.global_indexes) {
    if (const auto* there = find_index(found, index.name))
      check_index(wanted.name, there->definition, index);
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
    check_index(wanted.name, *at, index);
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
  change_table(control, table,
               [&](const TableDescription& d) -> std::optional<dynamodb::UpdateTableRequest> {
                 const auto* there = find_index(d, index.name);
                 if (there && there->status != dynamodb::IndexStatus::deleting) {
                   check_index(d.definition.name, there->definition, index);
                   if (progress && changing(d)) progress(there->item_count, d.item_count);
                   return std::nullopt;
                 }
                 dynamodb::UpdateTableRequest request{.create_index = index};
                 const auto& settings = d.definition.settings;
                 if (settings.billing_mode == dynamodb::BillingMode::provisioned)
                   request.create_index->throughput = settings.throughput;
                 return request;
               });
}

void delete_index(const RunControl& control, const std::string& table, const std::string& index) {
  if (!describe_table(control, table)) return;
  change_table(control, table,
               [&](const TableDescription& d) -> std::optional<dynamodb::UpdateTableRequest> {
                 if (!find_index(d, index)) return std::nullopt;
                 return dynamodb::UpdateTableRequest{.delete_index = index};
               });
}

void set_ttl(const RunControl& control, const std::string& table, const std::string& attribute) {
  using dynamodb::TimeToLiveStatus;
  const std::string name = control.connection().table(table);
  const auto change = [&](const std::string& what, bool enabled) {
    const auto result = patiently(control, [&] {
      return control.client().update_time_to_live(
          {.table = name, .specification = {.attribute = what, .enabled = enabled}});
    });
    if (result) return;
    // It may be so by now: an earlier attempt's answer was lost, or another program did it.
    const auto now =
        patiently(control, [&] { return control.client().describe_time_to_live(name); });
    const bool on = now && (now->status == TimeToLiveStatus::enabled ||
                            now->status == TimeToLiveStatus::enabling);
    if (now && (enabled ? on && now->attribute == what : !on)) return;
    // AWS takes one change of it an hour, and says so here.
    throw DatabaseError(result.error(), "UpdateTimeToLive " + name);
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
  change_table(control, table,
               [&](const TableDescription& d) -> std::optional<dynamodb::UpdateTableRequest> {
                 const auto now = d.definition.settings.stream;
                 if (now == view) return std::nullopt;
                 // DynamoDB: the view of a stream does not change while it is on.
                 std::optional<dynamodb::StreamViewType> next;
                 if (!now) next = view;
                 return dynamodb::UpdateTableRequest{.stream = std::optional(next)};
               });
}

}  // namespace dynamo_backend::migrations

#include "admin/audit.h"

#include <algorithm>
#include <set>

#include "admin/bulk_job.h"
#include "admin/site.h"
#include "admin/values.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "dynamo_backend/signals.h"
#include "dynamodb/wire.h"

namespace admin {
namespace {

using dynamo_backend::f;
using dynamo_backend::FieldInfo;
using dynamo_backend::Kind;
using dynamo_backend::ModelInfo;
using dynamo_backend::Value;

constexpr std::size_t kMostBytes = 120 * 1024;  // of a change's two values; an item has 400 KB

Value value_at(dynamodb::ItemView item, std::string_view name) {
  const auto value = item.find(name);
  return value ? dynamodb::unpack(*value) : Value();
}

bool is_hidden(const ModelInfo& model, const FieldInfo& field) {
  const ModelAdmin* admin = site().find(model);
  return dynamo_backend::is_secret_name(field.attribute) ||
         (admin && !admin->options.log_values && !field.key);
}

std::string job_entry_id(const Actor& actor) {
  return base::to_iso(actor.job_created_at) + "~" + actor.job;
}

void refuse(const char* what) {
  throw dynamo_backend::ModelError(std::string("The admin's log is append-only: an entry is not ") +
                                   what + ".");
}

}  // namespace

std::vector<FieldChange> compare_rows(const ModelInfo& model, dynamodb::ItemView before,
                                      dynamodb::ItemView after) {
  std::vector<FieldChange> changes;
  for (const FieldInfo* field : model.by_attribute) {
    if (field->kind == Kind::computed || field->kind == Kind::version) continue;
    const auto found = [&](dynamodb::ItemView item) { return item.find(field->attribute); };
    // What nobody may read stays out of the log: that it has changed is all it says.
    if (is_hidden(model, *field)) {
      const auto a = found(before), b = found(after);
      if (a.has_value() != b.has_value() || (a && !(*a == *b)))
        changes.push_back({.field = std::string(field->attribute), .cut = true});
      continue;
    }
    FieldChange change{.field = std::string(field->attribute),
                       .before = value_at(before, field->attribute),
                       .after = value_at(after, field->attribute)};
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  return changes;
}

std::string object_of(const ModelInfo& model, const dynamodb::Item& key) {
  return model.label() + "/" + url_key(model, key);
}

LogEntry make_entry(const Actor& actor, const ModelInfo& model, const dynamodb::Item& key,
                    std::string text, std::string verb, const std::vector<FieldChange>& changes) {
  const Timestamp now = dynamo_backend::Connection::current().now();
  std::string json = "{";
  for (const FieldChange& change : changes) {
    std::string one = "\"old\":";
    dynamodb::wire::append_json(one, change.before);
    one += ",\"new\":";
    dynamodb::wire::append_json(one, change.after);
    if (change.cut || one.size() > kMostBytes || json.size() + one.size() > 2 * kMostBytes)
      one = "\"cut\":true";
    json += (json.size() > 1 ? "," : "");
    base::append_json_string(json, change.field);
    json += ":{" + one + "}";
  }
  LogEntry entry{.object = object_of(model, key),
                 .id = actor.job.empty()
                           ? base::to_iso(now) + "~" + base::Uuid::random().str().substr(0, 8)
                           : job_entry_id(actor),
                 .user = actor.key.empty() ? "unknown" : actor.key,
                 .user_name = actor.name,
                 .model = model.label(),
                 .key = url_key(model, key),
                 .text = std::move(text),
                 .verb = std::move(verb),
                 .changes = json + "}",
                 .at = now};
  if (!actor.job.empty()) entry.job = actor.job;
  return entry;
}

std::vector<FieldChange> changes_of(const LogEntry& entry) {
  std::vector<FieldChange> changes;
  const base::Json json = base::parse_json(entry.changes);
  const auto value = [](const base::Json& v) {
    auto decoded = dynamodb::wire::decode_value(v.dump());
    return decoded ? *std::move(decoded) : Value();
  };
  for (const auto& [name, change] : json.items()) {
    FieldChange out{.field = name, .cut = change.contains("cut")};
    if (!out.cut) {
      out.before = value(change.at("old"));
      out.after = value(change.at("new"));
    }
    changes.push_back(std::move(out));
  }
  return changes;
}

std::vector<LogEntry> recent_entries(const Actor& actor, std::size_t most) {
  return LogEntry::objects.filter(f<&LogEntry::user> == actor.key)
      .order_by("-id")
      .limit(most)
      .to_vector();
}

dynamo_backend::Page<LogEntry> history_of(const ModelInfo& model, const dynamodb::Item& key,
                                          std::string_view cursor) {
  return LogEntry::objects.filter(f<&LogEntry::object> == object_of(model, key))
      .order_by("-id")
      .limit(20)
      .page(cursor);
}

std::optional<LogEntry> find_entry(const ModelInfo& model, const dynamodb::Item& key,
                                   const std::string& id) {
  return LogEntry::objects
      .filter(f<&LogEntry::object> == object_of(model, key) && f<&LogEntry::id> == id)
      .try_get();
}

std::optional<LogEntry> find_job_entry(const Actor& actor, const ModelInfo& model,
                                       const dynamodb::Item& key) {
  if (actor.job.empty()) return std::nullopt;
  return LogEntry::objects
      .filter(f<&LogEntry::object> == object_of(model, key) &&
              f<&LogEntry::id> == job_entry_id(actor))
      .consistent()
      .try_get();
}

std::string links_text(const Value& value) {
  std::string text;
  if (const auto* keys = value.get_if<dynamodb::StringSet>())
    for (const std::string& key : keys->members) text += (text.empty() ? "" : ", ") + key;
  return text;
}

void models(dynamo_backend::Registry& registry) {
  registry.add<LogEntry>();
  registry.add<BulkJob>();
  static const auto signals = [] {
    auto& of = *dynamo_backend::model_info<LogEntry>().signals;
    of.pre_save
        .connect([](const dynamo_backend::SaveEvent& event) {
          if (!event.created) refuse("changed");
        })
        .keep();
    of.pre_update.connect([](const dynamo_backend::UpdateEvent&) { refuse("changed"); }).keep();
    of.pre_delete.connect([](const dynamo_backend::DeleteEvent&) { refuse("deleted"); }).keep();
    return true;
  }();
  (void)signals;
}

}  // namespace admin

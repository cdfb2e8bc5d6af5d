#include "dynamo_backend/search/opensearch/bulk.h"

#include "base/json.h"
#include "base/json_writer.h"
#include "dynamo_backend/search/opensearch/mapping.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;
using base::JsonWriter;

// Of the _id of checkpoints, which are documents of the index, too. No row may have such a key.
constexpr char kCheckpointMark = '\x01';

std::string checkpoint_id(const Checkpoint& checkpoint) {
  return kCheckpointMark + ("checkpoint:" + checkpoint.name);
}

// What people and dashboards read: a decimal as it is written, all else as exact_value().
Json readable(const FilterField& field, const Value& value) {
  if (field.type == FilterType::decimal) return value.as<dynamodb::Number>().text();
  return exact_value(field, value);
}

template <class Convert>
void write_values(JsonWriter& out, std::string_view name, const std::vector<Value>& values,
                  const Convert& convert) {
  if (values.empty()) return;
  out.key(name);
  if (values.size() > 1) out.begin_array();
  for (const Value& value : values) out.value(convert(value));
  if (values.size() > 1) out.end_array();
}

void write_filters(JsonWriter& out, const IndexDefinition& index, const Document& document) {
  constexpr std::size_t kFilters = sizeof("filters.") - 1, kExact = sizeof("exact.") - 1;
  out.key("filters");
  out.begin_object();
  for (std::size_t i = 0; i < index.filters.size(); ++i) {
    const FilterField& field = index.filters[i];
    write_values(out, std::string_view(filter_name(field.name)).substr(kFilters),
                 document.filters[i], [&](const Value& value) { return readable(field, value); });
  }
  out.end_object();
  out.key("exact");
  out.begin_object();
  for (std::size_t i = 0; i < index.filters.size(); ++i) {
    const FilterField& field = index.filters[i];
    const std::string name = exact_name(field);
    if (!name.starts_with("exact.")) continue;
    write_values(out, std::string_view(name).substr(kExact), document.filters[i],
                 [&](const Value& value) { return exact_value(field, value); });
  }
  out.end_object();
}

void write_texts(JsonWriter& out, const IndexDefinition& index, const Document& document) {
  constexpr std::size_t kTexts = sizeof("texts.") - 1;
  out.key("texts");
  out.begin_object();
  for (std::size_t i = 0; i < index.texts.size(); ++i) {
    if (!document.texts[i].empty())
      out.member(std::string_view(text_name(index.texts[i].name)).substr(kTexts),
                 document.texts[i]);
  }
  out.end_object();
}

// "failed to parse field [filters.rating] of type [long] in document with id 'a'. …"
std::string field_in(const std::string& reason) {
  const std::size_t at = reason.find("field [");
  const std::size_t end = at == std::string::npos ? at : reason.find(']', at);
  return end == std::string::npos ? std::string()
                                  : attribute_of(reason.substr(at + 7, end - at - 7));
}

std::string refusal(const Json& error) {
  std::string reason = error.value("reason", std::string());
  const std::string field = field_in(reason);
  if (error.contains("caused_by") && error["caused_by"].is_object())
    reason += " (" + error["caused_by"].value("reason", std::string()) + ")";
  return field.empty() ? error.value("type", std::string()) + ": " + reason
                       : "'" + field + "' does not fit the index: " + reason;
}

}  // namespace

void append_document(std::string& lines, const IndexDefinition& index, const Document& document) {
  JsonWriter action;
  action.begin_object();
  action.key("index");
  action.begin_object();
  action.member("_id", document.key);
  action.member("version", document.version);
  action.member("version_type", "external_gte");
  action.end_object();
  action.end_object();

  JsonWriter source;
  source.begin_object();
  source.member("key", document.key);
  source.member("deleted", document.deleted);
  if (!document.deleted) {
    source.member("bucket", static_cast<std::int64_t>(bucket_of(document.key)));
    source.member("check", static_cast<std::int64_t>(check_of(document.key, document.version)));
    write_texts(source, index, document);
    write_filters(source, index, document);
  }
  source.end_object();
  lines.append(action.text()).append("\n").append(source.text()).append("\n");
}

void append_checkpoint(std::string& lines, const Checkpoint& checkpoint) {
  const Json of = {{"_id", checkpoint_id(checkpoint)}};
  if (checkpoint.position.empty()) {
    lines += Json({{"delete", of}}).dump() + "\n";
    return;
  }
  const Json source = {{"checkpoint", checkpoint.name}, {"position", checkpoint.position}};
  lines += Json({{"index", of}}).dump() + "\n" + source.dump() + "\n";
}

std::string why_not(const Document& document) {
  if (document.key.empty()) return "its key is empty";
  if (document.key.front() == kCheckpointMark) return "its key begins with a control character";
  if (document.version < 0) return "its version is negative";
  return {};
}

Outcome outcome_of(const Json& item) {
  using Status = Outcome::Status;
  if (!item.is_object() || item.empty()) throw Unavailable("OpenSearch's bulk answer is damaged.");
  const Json& of = item.begin().value();
  const int status = of.value("status", 0);
  if (!of.contains("error")) {
    const bool done = (status >= 200 && status < 300) || status == 404;  // nothing to delete
    return done ? Outcome{} : Outcome{Status::failed, "status " + std::to_string(status)};
  }
  const Json& error = of["error"];
  const std::string type = error.value("type", std::string());
  const std::string reason = error.value("reason", std::string());
  if (type == "version_conflict_engine_exception") return {.status = Status::older};
  if (type == "index_not_found_exception")
    throw IndexMissing("OpenSearch: " + reason +
                       ": rebuild the index with ./manage opensearch_reindex.");
  if (status == 429 || status >= 500) return {Status::failed, type + ": " + reason};
  return {Status::refused, refusal(error)};
}

}  // namespace dynamo_backend::search::opensearch

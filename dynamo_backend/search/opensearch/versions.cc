#include "dynamo_backend/search/opensearch/versions.h"

#include <algorithm>

#include "base/json.h"
#include "dynamo_backend/search/opensearch/mapping.h"
#include "dynamo_backend/search/opensearch/query_body.h"
#include "net/text.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;
using State = IndexVersion::State;

constexpr const char* kNumbers = "/ddbdjango_search_numbers";
constexpr std::chrono::seconds kLookUpInterval{5};
constexpr int kClaimAttempts = 20;  // against others that make versions at the same time

std::string path(const std::string& name) { return "/" + net::percent_encode(name); }

State state_of(const IndexDefinition& index, const Json& aliases) {
  if (aliases.contains(index.name)) return State::live;
  return aliases.contains(old_alias(index)) ? State::old : State::building;
}

Json alias_action(const char* action, const std::string& physical, const std::string& alias,
                  bool hidden = false) {
  Json of = {{"index", physical}, {"alias", alias}};
  if (hidden) of["is_hidden"] = true;
  return {{action, std::move(of)}};
}

const IndexVersion* find(const std::vector<IndexVersion>& versions, int number) {
  const auto at = std::find_if(versions.begin(), versions.end(),
                               [&](const IndexVersion& v) { return v.number == number; });
  return at == versions.end() ? nullptr : &*at;
}

}  // namespace

void throw_refusal(const Answer& answer, const std::string& what) {
  const std::string type = answer.error_type();
  const std::string message = "OpenSearch: " + what + ": " +
                              (type.empty() ? "status " + std::to_string(answer.status) : type) +
                              ": " + answer.error_reason();
  if (answer.status == 404)
    throw IndexMissing(message + ": build the index with ./manage opensearch_reindex.");
  throw BackendRefused(message);
}

std::vector<IndexVersion> Versions::list(const IndexDefinition& index, bool count_documents) {
  // The pattern takes in those of an index `posts_views`, too: version_number() knows them apart.
  const Answer answer = transport_.send(
      {.method = "GET", .path = path(index.name) + "_v*?filter_path=*.aliases,*.mappings._meta"});
  if (!answer.ok()) throw_refusal(answer, "the versions of " + index.name);
  std::vector<IndexVersion> versions;
  const Json indexes = answer.json();
  for (const auto& [name, of] : indexes.items()) {
    const int number = version_number(index, name);
    if (number == 0) continue;
    const Json meta = of.value(Json::json_pointer("/mappings/_meta"), Json::object());
    versions.push_back({.number = number,
                        .state = state_of(index, of.value("aliases", Json::object())),
                        .fingerprint = meta.value("fingerprint", std::string())});
  }
  std::sort(versions.begin(), versions.end(),
            [](const IndexVersion& a, const IndexVersion& b) { return a.number < b.number; });
  if (count_documents && !versions.empty()) count(index, versions);
  return versions;
}

void Versions::count(const IndexDefinition& index, std::vector<IndexVersion>& versions) {
  std::string names;
  for (const IndexVersion& version : versions)
    names += (names.empty() ? "" : ",") + net::percent_encode(physical_name(index, version.number));
  const Json body = {
      {"size", 0},
      {"track_total_hits", false},
      {"query", alive()},
      {"aggs", {{"versions", {{"terms", {{"field", "_index"}, {"size", versions.size()}}}}}}}};
  const Answer answer = transport_.send(
      {.path = "/" + names +
               "/_search?ignore_unavailable=true&filter_path=aggregations.versions.buckets",
       .body = body.dump()});
  if (!answer.ok()) throw_refusal(answer, "the documents of " + index.name);
  const Json counted = answer.json();
  const Json buckets =
      counted.value(Json::json_pointer("/aggregations/versions/buckets"), Json::array());
  for (const Json& bucket : buckets) {
    const int number = version_number(index, bucket.at("key").get<std::string>());
    for (IndexVersion& version : versions)
      if (version.number == number) version.documents = bucket.at("doc_count").get<std::uint64_t>();
  }
}

int Versions::make(const IndexDefinition& index) {
  const int number = claim_number(index);
  const bool serverless = transport_.options().signing == Signing::serverless;
  const Answer answer = transport_.send({.method = "PUT",
                                         .path = path(physical_name(index, number)),
                                         .body = index_body(index, number, serverless).dump()});
  // The number is ours alone: an index that is there was made by an attempt whose answer was lost.
  if (!answer.ok() && answer.error_type() != "resource_already_exists_exception")
    throw_refusal(answer, "making " + physical_name(index, number));
  return number;
}

// A document's external version is its number: OpenSearch lets one of two that claim it win.
int Versions::claim_number(const IndexDefinition& index) {
  const std::string document = std::string(kNumbers) + "/_doc/" + net::percent_encode(index.name);
  for (int attempt = 0; attempt < kClaimAttempts; ++attempt) {
    const Answer known = transport_.send({.method = "GET", .path = document});
    if (known.status == 404 && !known.error_type().empty()) create_numbers();
    int last = known.ok() ? known.json().at("_version").get<int>() : 0;
    for (const IndexVersion& version : list(index)) last = std::max(last, version.number);
    const std::string number = std::to_string(last + 1);
    const Answer claimed = transport_.send(
        {.method = "PUT",
         .path = document + "?version=" + number + "&version_type=external&refresh=false",
         .body = R"({"index":)" + Json(index.name).dump() + "}"});
    if (claimed.ok()) return last + 1;
    if (claimed.status != 409) throw_refusal(claimed, "a number for a version of " + index.name);
  }
  throw Unavailable("Many make versions of the index " + index.name + " at the same time.");
}

void Versions::create_numbers() {
  Json body = {{"mappings", {{"dynamic", false}}}};
  if (transport_.options().signing != Signing::serverless)
    body["settings"] = {{"index", {{"auto_expand_replicas", "0-1"}}}};
  const Answer answer = transport_.send({.method = "PUT", .path = kNumbers, .body = body.dump()});
  if (!answer.ok() && answer.error_type() != "resource_already_exists_exception")
    throw_refusal(answer, std::string("making ") + (kNumbers + 1));
}

void Versions::switch_to(const IndexDefinition& index, int version) {
  const std::vector<IndexVersion> versions = list(index);
  const IndexVersion* target = find(versions, version);
  if (target == nullptr)
    throw IndexMissing("OpenSearch: the index " + physical_name(index, version) +
                       " is not there: build it with ./manage opensearch_reindex.");
  if (target->state == State::live) return;
  Json actions = Json::array();
  for (const IndexVersion& other : versions) {
    if (other.state != State::live) continue;
    const std::string physical = physical_name(index, other.number);
    actions.push_back(alias_action("remove", physical, index.name));
    actions.push_back(alias_action("add", physical, old_alias(index), /*hidden=*/true));
  }
  const std::string physical = physical_name(index, version);
  if (target->state == State::old)
    actions.push_back(alias_action("remove", physical, old_alias(index)));
  actions.push_back(alias_action("add", physical, index.name));
  const Answer answer =
      transport_.send({.path = "/_aliases", .body = Json{{"actions", std::move(actions)}}.dump()});
  if (answer.error_type() == "invalid_alias_name_exception")
    throw BackendRefused("OpenSearch: " + answer.error_reason() + ": an index " + index.name +
                         " stands where the alias of that name should be; delete it, or set "
                         "opensearch_index of the model to another name.");
  if (!answer.ok()) throw_refusal(answer, "switching " + index.name + " to " + physical);
  const std::lock_guard lock(mutex_);
  live_.erase(index.name);
}

void Versions::drop(const IndexDefinition& index, int version) {
  const std::vector<IndexVersion> versions = list(index);
  const IndexVersion* target = find(versions, version);
  if (target == nullptr) return;
  const std::string physical = physical_name(index, version);
  if (target->state == State::live)
    throw BackendRefused(physical +
                         " is the live version: switch to another one before it is dropped.");
  const Answer answer = transport_.send({.method = "DELETE", .path = path(physical)});
  if (!answer.ok() && answer.status != 404) throw_refusal(answer, "dropping " + physical);
}

Versions::Live Versions::look_up(const IndexDefinition& index) {
  const Answer answer = transport_.send(
      {.method = "GET", .path = path(index.name) + "/_mapping?filter_path=*.mappings._meta"});
  if (!answer.ok()) throw_refusal(answer, "the mapping of " + index.name);
  Live live{.asked = Clock::now()};
  const Json mappings = answer.json();
  for (const Json& of : mappings) {
    for (const Json& signature :
         of.value(Json::json_pointer("/mappings/_meta/filters"), Json::array()))
      live.signatures.insert(signature.get<std::string>());
  }
  return live;
}

void Versions::require_filters(const IndexDefinition& index, const std::set<std::string>& names) {
  std::unique_lock lock(mutex_);
  auto at = live_.find(index.name);
  if (at == live_.end() || Clock::now() - at->second.asked > kLookUpInterval) {
    lock.unlock();
    Live live = look_up(index);
    lock.lock();
    at = live_.insert_or_assign(index.name, std::move(live)).first;
  }
  for (const std::string& name : names) {
    if (at->second.signatures.count(filter_signature(index.filter(name))) == 0)
      throw IndexMissing("The full-text index " + index.name + " was built without the filter '" +
                         name + "': rebuild it with ./manage opensearch_reindex.");
  }
}

}  // namespace dynamo_backend::search::opensearch

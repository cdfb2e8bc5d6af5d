#include "dynamo_backend/search/opensearch/opensearch_backend.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "dynamo_backend/search/opensearch/bulk.h"
#include "dynamo_backend/search/opensearch/mapping.h"
#include "dynamo_backend/search/opensearch/query_body.h"
#include "dynamo_backend/search/opensearch/transport.h"
#include "dynamo_backend/search/opensearch/versions.h"
#include "dynamo_backend/search/opensearch/vocabulary.h"
#include "net/text.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;

// A request's size: the smallest domains of Amazon's take 10 MB.
constexpr std::size_t kBulkBytes = 4 << 20;
constexpr std::size_t kPage = 10'000;  // index.max_result_window

std::string path(const std::string& name, const char* api) {
  return "/" + net::percent_encode(name) + api;
}

void collect_filters(const Filter& filter, std::set<std::string>& names) {
  if (!filter.field.empty()) names.insert(filter.field);
  for (const Filter& child : filter.children) collect_filters(child, names);
}

std::set<std::string> filters_of(const Request& request) {
  std::set<std::string> names;
  collect_filters(request.filter, names);
  if (request.order) names.insert(request.order->field);
  for (const FacetRequest& facet : request.facets) names.insert(facet.field);
  return names;
}

// The passage with marks in place of tags.
std::string marked(std::string passage) {
  const auto replace = [&](std::string_view tag, char mark) {
    for (std::size_t at = 0; (at = passage.find(tag, at)) != std::string::npos; ++at)
      passage.replace(at, tag.size(), 1, mark);
  };
  replace(kOpeningTag, kMarkBegin);
  replace(kClosingTag, kMarkEnd);
  return passage;
}

Hit read_hit(const Json& hit, const Request& request) {
  Hit out{.key = hit.at("_id").get<std::string>(),
          .version = hit.at("_version").get<std::int64_t>()};
  if (!request.order && !request.query.empty()) out.score = hit.at("_score").get<double>();
  const Json highlights = hit.value("highlight", Json::object());
  for (const std::string& name : request.highlight) {
    const Json passages = highlights.value(text_name(name), Json::array());
    out.highlights.push_back(passages.empty() ? "" : marked(passages[0].get<std::string>()));
  }
  return out;
}

Results read_results(const Json& answer, const IndexDefinition& index, const Request& request) {
  if (answer.value("timed_out", false))
    throw Unavailable("OpenSearch: the search of " + index.name + " took too long.");
  Results results{.total = answer.at("hits").at("total").at("value").get<std::uint64_t>()};
  const Json& hits = answer.at("hits").value("hits", Json::array());
  for (const Json& hit : hits) {
    if (results.hits.size() == request.limit) {
      results.next = hits[request.limit - 1].at("sort").dump();
      break;
    }
    results.hits.push_back(read_hit(hit, request));
  }
  for (std::size_t i = 0; i < request.facets.size(); ++i) {
    const FilterField& field = index.filter(request.facets[i].field);
    std::vector<FacetValue>& facet = results.facets.emplace_back();
    const Json::json_pointer buckets("/aggregations/f" + std::to_string(i) + "/buckets");
    for (const Json& bucket : answer.value(buckets, Json::array()))
      facet.push_back(
          {value_of(field, bucket.at("key")), bucket.at("doc_count").get<std::uint64_t>()});
  }
  return results;
}

class OpenSearchBackend : public Backend {
 public:
  explicit OpenSearchBackend(OpenSearchOptions options)
      : transport_(std::move(options)), versions_(transport_) {}

  // ---- versions
  std::vector<IndexVersion> versions(const IndexDefinition& index, bool count_documents) override {
    return read([&] { return versions_.list(index, count_documents); });
  }
  int make_version(const IndexDefinition& index) override {
    return read([&] { return versions_.make(index); });
  }
  void switch_to(const IndexDefinition& index, int version) override {
    read([&] { versions_.switch_to(index, version); });
  }
  void drop(const IndexDefinition& index, int version) override {
    read([&] { versions_.drop(index, version); });
  }

  // ---- writing
  std::vector<Outcome> write(const IndexDefinition& index, int version,
                             std::span<const Document> documents,
                             std::span<const Checkpoint> checkpoints) override {
    return read([&] {
      std::vector<Outcome> outcomes = write_documents(index, version, documents);
      const bool all_done = std::none_of(outcomes.begin(), outcomes.end(), [](const Outcome& o) {
        return o.status == Outcome::Status::failed;
      });
      if (all_done) write_checkpoints(index, version, checkpoints);
      return outcomes;
    });
  }

  std::vector<Checkpoint> checkpoints(const IndexDefinition& index, int version) override {
    return read([&] {
      refresh(index, version);
      const Json body = {{"size", kPage},
                         {"query", {{"exists", {{"field", "checkpoint"}}}}},
                         {"_source", {"checkpoint", "position"}},
                         {"sort", {{{"checkpoint", "asc"}}}}};
      const Json answer = ask(physical_name(index, version), body, "hits.hits._source");
      std::vector<Checkpoint> all;
      for (const Json& hit : answer.value(Json::json_pointer("/hits/hits"), Json::array())) {
        const Json& source = hit.at("_source");
        all.push_back(
            {source.at("checkpoint").get<std::string>(), source.at("position").get<std::string>()});
      }
      return all;
    });
  }

  void refresh(const IndexDefinition& index, int version) override {
    if (transport_.options().signing == Signing::serverless) return;
    const std::string physical = physical_name(index, version);
    const Answer answer = transport_.send({.path = path(physical, "/_refresh")});
    if (!answer.ok()) throw_refusal(answer, "refreshing " + physical);
  }

  // ---- reading
  Results search(const IndexDefinition& index, const Request& request) override {
    check_request(index, request);
    return read([&] {
      if (const auto filters = filters_of(request); !filters.empty())
        versions_.require_filters(index, filters);
      NearTerms near;
      if (request.match != Match::every_word) near = near_terms(transport_, index, request.query);
      const auto timeout = transport_.options().search_timeout;
      const Json body = search_body(index, request, near, timeout * 2 / 3);
      // By the statistics of all shards: scores do not depend on where a document lies.
      const Answer answer = transport_.send(
          {.path = path(index.name,
                        "/_search?search_type=dfs_query_then_fetch&allow_partial_search_results="
                        "false&filter_path=timed_out,hits.total,hits.hits,aggregations.*.buckets"),
           .body = body.dump(),
           .timeout = timeout});
      if (!answer.ok()) throw_refusal(answer, "the search of " + index.name);
      return read_results(answer.json(), index, request);
    });
  }

  std::vector<std::string> suggest(const IndexDefinition& index,
                                   std::span<const std::string> words) override {
    return read([&] { return suggest_words(transport_, index, words); });
  }

  // ---- comparing
  std::vector<BucketSum> checksums(const IndexDefinition& index, int version) override {
    return read([&] {
      const Json sum = {{"sum", {{"sum", {{"field", "check"}}}}}};
      const Json body = {
          {"size", 0},
          {"query", alive()},
          {"aggs",
           {{"buckets", {{"terms", {{"field", "bucket"}, {"size", kBuckets}}}, {"aggs", sum}}}}}};
      const Json answer = ask(physical_name(index, version), body, "aggregations.buckets.buckets");
      std::vector<BucketSum> sums(kBuckets);
      for (const Json& bucket :
           answer.value(Json::json_pointer("/aggregations/buckets/buckets"), Json::array())) {
        sums.at(bucket.at("key").get<std::size_t>()) = {
            bucket.at("doc_count").get<std::uint64_t>(),
            static_cast<std::uint64_t>(bucket.at("sum").at("value").get<double>())};
      }
      return sums;
    });
  }

  std::vector<Entry> entries(const IndexDefinition& index, int version,
                             const Buckets& buckets) override {
    Json wanted = Json::array();
    for (unsigned b = 0; b < kBuckets; ++b)
      if (buckets[b]) wanted.push_back(b);
    return read([&] {
      Json body = {
          {"size", kPage},
          {"query", {{"bool", {{"filter", {alive(), {{"terms", {{"bucket", wanted}}}}}}}}}},
          {"version", true},
          {"_source", false},
          {"track_total_hits", false},
          {"sort", {{{"key", "asc"}}}}};
      std::vector<Entry> all;
      for (std::size_t got = kPage; got == kPage;) {
        const Json answer = ask(physical_name(index, version), body,
                                "hits.hits._id,hits.hits._version,hits.hits.sort");
        const Json hits = answer.value(Json::json_pointer("/hits/hits"), Json::array());
        got = hits.size();
        for (const Json& hit : hits)
          all.push_back({hit.at("_id").get<std::string>(), hit.at("_version").get<std::int64_t>()});
        if (got > 0) body["search_after"] = hits.back().at("sort");
      }
      return all;
    });
  }

  Health health() override {
    const std::string at = "OpenSearch at " + transport_.options().url;
    try {
      if (transport_.options().signing == Signing::serverless) {
        const Answer answer =
            transport_.send({.method = "GET", .path = "/_cat/indices?format=json"});
        return {answer.ok(), at + " (serverless)"};
      }
      const Json about = transport_.send({.method = "GET", .path = "/"}).json();
      const Json health = transport_.send({.method = "GET", .path = "/_cluster/health"}).json();
      return {true, "OpenSearch " + about.at("version").at("number").get<std::string>() + " at " +
                        transport_.options().url + ", cluster " +
                        health.at("cluster_name").get<std::string>() + " is " +
                        health.at("status").get<std::string>()};
    } catch (const std::exception& error) {
      return {false, error.what()};
    }
  }

 private:
  // An answer that lacks what it must have comes from something else than OpenSearch.
  template <class Fn>
  auto read(const Fn& fn) -> decltype(fn()) {
    try {
      return fn();
    } catch (const Json::exception& error) {
      throw Unavailable("OpenSearch at " + transport_.options().url +
                        " gives an answer of another form: " + error.what());
    }
  }

  Json ask(const std::string& physical, const Json& body, const char* filter_path) {
    const Answer answer = transport_.send(
        {.path = path(physical, "/_search?allow_partial_search_results=false&filter_path=") +
                 filter_path,
         .body = body.dump()});
    if (!answer.ok()) throw_refusal(answer, "reading " + physical);
    return answer.json();
  }

  // Sends operations, and puts what became of each at its place.
  void bulk(const IndexDefinition& index, int version, const std::string& lines,
            std::span<Outcome*> outcomes) {
    if (outcomes.empty()) return;
    // By an alias that must be there: an index that is gone is not made by writing to it.
    const Answer answer = transport_.send(
        {.path = path(write_alias(index, version),
                      "/_bulk?require_alias=true&filter_path=items.*.status,items.*.error"),
         .body = lines,
         .content_type = "application/x-ndjson"});
    if (!answer.ok()) throw_refusal(answer, "writing to " + physical_name(index, version));
    const Json json = answer.json();
    const Json& items = json.at("items");
    if (items.size() != outcomes.size())
      throw Unavailable("OpenSearch answers " + std::to_string(items.size()) + " of " +
                        std::to_string(outcomes.size()) + " operations.");
    for (std::size_t i = 0; i < outcomes.size(); ++i) *outcomes[i] = outcome_of(items[i]);
  }

  std::vector<Outcome> write_documents(const IndexDefinition& index, int version,
                                       std::span<const Document> documents) {
    std::vector<Outcome> outcomes(documents.size());
    std::string lines;
    std::vector<Outcome*> sent;
    for (std::size_t i = 0; i < documents.size(); ++i) {
      if (std::string reason = why_not(documents[i]); !reason.empty()) {
        outcomes[i] = {Outcome::Status::refused, std::move(reason)};
        continue;
      }
      append_document(lines, index, documents[i]);
      sent.push_back(&outcomes[i]);
      if (lines.size() < kBulkBytes) continue;
      bulk(index, version, lines, sent);
      lines.clear();
      sent.clear();
    }
    bulk(index, version, lines, sent);
    return outcomes;
  }

  void write_checkpoints(const IndexDefinition& index, int version,
                         std::span<const Checkpoint> checkpoints) {
    std::string lines;
    std::vector<Outcome> outcomes(checkpoints.size());
    std::vector<Outcome*> sent;
    for (std::size_t i = 0; i < checkpoints.size(); ++i) {
      append_checkpoint(lines, checkpoints[i]);
      sent.push_back(&outcomes[i]);
    }
    bulk(index, version, lines, sent);
    for (const Outcome& outcome : outcomes)
      if (outcome.status != Outcome::Status::written)
        throw Unavailable("OpenSearch did not keep a checkpoint: " + outcome.reason);
  }

  Transport transport_;
  Versions versions_;
};

}  // namespace

std::shared_ptr<Backend> open_opensearch_backend(OpenSearchOptions options) {
  return std::make_shared<OpenSearchBackend>(std::move(options));
}

}  // namespace dynamo_backend::search::opensearch

// Writes two versions of the index `peer_articles` for opensearch_client.test.mjs to read.
//
//   opensearch_sample URL
#include <iostream>

#include "base/timestamp.h"
#include "dynamo_backend/search/opensearch/opensearch_backend.h"

namespace {

using namespace dynamo_backend::search;
using dynamo_backend::Value;

const IndexDefinition kIndex{.name = "peer_articles",
                             .texts = {{"title", 2}, {"body", 1}},
                             .filters = {{"tags", FilterType::text, true},
                                         {"visible", FilterType::boolean},
                                         {"rating", FilterType::integer},
                                         {"price", FilterType::decimal},
                                         {"created_at", FilterType::time}}};

Document article(std::string key, std::string title, std::vector<Value> tags, std::int64_t rating,
                 const char* price, const char* created_at, std::int64_t version) {
  return {.key = std::move(key),
          .version = version,
          .texts = {std::move(title), "Crème brûlée, and running tables."},
          .filters = {std::move(tags),
                      {Value(rating % 2 == 0)},
                      {Value(rating)},
                      {Value(*dynamodb::Number::parse(price))},
                      {Value(base::to_iso(*base::parse_iso(created_at)))}}};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: opensearch_sample URL\n";
    return 2;
  }
  const auto backend = opensearch::open_opensearch_backend({.url = arguments[1]});
  backend->switch_to(kIndex, backend->make_version(kIndex));
  const int version = backend->make_version(kIndex);
  const std::vector<Document> documents{
      article("a", "Single table design", {"dynamodb", "design"}, 9007199254740993, "12.30",
              "2026-01-02T03:04:05.678901Z", 1'000'001),
      article("b", "Streams", {"dynamodb"}, 2, "-0.5", "2026-02-01T00:00:00Z", 1'000'002),
      {.key = "gone", .version = 1'000'003, .deleted = true}};
  for (const Outcome& outcome : backend->write(kIndex, version, documents, {})) {
    if (outcome.status == Outcome::Status::written) continue;
    std::cerr << "not written: " << outcome.reason << '\n';
    return 1;
  }
  backend->refresh(kIndex, version);
  backend->switch_to(kIndex, version);
  return 0;
}

// What the tests of the suite of all backends share: an index of articles, written and searched.
#pragma once
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "base/uuid.h"
#include "dynamo_backend/models.h"
#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/words.h"

namespace search_suite {

using namespace dynamo_backend;

struct Article : DynamoModel<Article> {
  std::string title{}, body{}, section{};
  std::vector<std::string> tags{};
  bool visible = false;
  std::int64_t rating = 0;
  Decimal price{};
  std::optional<Timestamp> created_at{};

  static constexpr auto schema = define<Article>(
      {.opensearch_sync = true}, CharField<&Article::title>{.searchable = true, .search_weight = 2},
      TextField<&Article::body>{.searchable = true},
      CharField<&Article::section>{.filterable = true},
      ListField<&Article::tags>{.filterable = true},
      BooleanField<&Article::visible>{.filterable = true},
      IntegerField<&Article::rating>{.filterable = true},
      DecimalField<&Article::price>{.filterable = true},
      DateTimeField<&Article::created_at>{.filterable = true});
};

}  // namespace search_suite

namespace dynamo_backend::search {

struct BackendFactory {
  std::function<std::shared_ptr<Backend>()> make{};
};

class BackendSuite : public testing::TestWithParam<BackendFactory> {
 protected:
  using Strings = std::vector<std::string>;
  using Status = Outcome::Status;

  struct Article {
    std::string key{}, title{}, body{}, section = "news";
    Strings tags{};
    bool visible = true;
    std::int64_t rating = 0;
    std::string price = "0";
    std::string created_at = "2026-01-01T00:00:00Z";  // empty: none
    std::int64_t version = 1;
  };

  void SetUp() override {
    backend_ = GetParam().make();
    // Backends are shared by tests: each has an index of its own.
    index_.name = "suite_" + base::Uuid::random().str().substr(0, 8);
    index_.model = &model_info<search_suite::Article>();
    index_.texts = {{"title", 2}, {"body", 1}};
    index_.filters = {
        {"section", FilterType::text, false},    {"tags", FilterType::text, true},
        {"visible", FilterType::boolean, false}, {"rating", FilterType::integer, false},
        {"price", FilterType::decimal, false},   {"created_at", FilterType::time, false}};
  }
  void TearDown() override {
    if (!backend_) return;
    // The live one cannot be dropped: an empty one takes its place.
    const int last = backend_->make_version(index_);
    backend_->switch_to(index_, last);
    for (const IndexVersion& version : backend_->versions(index_))
      if (version.number != last) backend_->drop(index_, version.number);
  }

  int make_live() {
    const int version = backend_->make_version(index_);
    backend_->switch_to(index_, version);
    return version;
  }
  static Document document(const Article& a) {
    Document d{.key = a.key, .version = a.version};
    d.texts = {indexable_text(a.title), indexable_text(a.body)};
    std::vector<Value> tags;
    for (const std::string& tag : a.tags) tags.emplace_back(tag);
    std::vector<Value> created;
    if (!a.created_at.empty()) created.emplace_back(base::to_iso(*base::parse_iso(a.created_at)));
    d.filters = {{Value(a.section)},
                 tags,
                 {Value(a.visible)},
                 {Value(a.rating)},
                 {Value(*Decimal::parse(a.price))},
                 created};
    return d;
  }
  static Document tombstone(const std::string& key, std::int64_t version) {
    return {.key = key, .version = version, .deleted = true};
  }
  std::vector<Status> write(int version, const std::vector<Document>& documents,
                            const std::vector<Checkpoint>& checkpoints = {}) {
    const auto outcomes = backend_->write(index_, version, documents, checkpoints);
    backend_->refresh(index_, version);
    std::vector<Status> statuses;
    for (const Outcome& outcome : outcomes) statuses.push_back(outcome.status);
    return statuses;
  }
  // A live index of these.
  int write_live(const std::vector<Article>& articles) {
    const int version = make_live();
    std::vector<Document> documents;
    for (const Article& a : articles) documents.push_back(document(a));
    write(version, documents);
    return version;
  }

  static Strings keys(const Results& results) {
    Strings all;
    for (const Hit& hit : results.hits) all.push_back(hit.key);
    return all;
  }
  Results search(Request request, std::string_view typed) {
    request.query = parse_query_text(typed);
    return backend_->search(index_, request);
  }
  // In order of key.
  Strings found(std::string_view typed, Request request = {}) {
    request.limit = kMaxLimit;
    Strings all = keys(search(std::move(request), typed));
    std::sort(all.begin(), all.end());
    return all;
  }
  Strings filtered(Filter filter, std::string_view typed = "") {
    return found(typed, {.filter = std::move(filter)});
  }
  static Filter is(std::string field, Value value) {
    return {.type = Filter::Type::one_of, .field = std::move(field), .values = {std::move(value)}};
  }
  static Filter compare(Filter::Type type, std::string field, Value value) {
    return {.type = type, .field = std::move(field), .values = {std::move(value)}};
  }
  static Filter all(std::vector<Filter> children) {
    return {.type = Filter::Type::all, .children = std::move(children)};
  }
  static Filter any(std::vector<Filter> children) {
    return {.type = Filter::Type::any, .children = std::move(children)};
  }
  static Filter negation(Filter child) {
    return {.type = Filter::Type::negation, .children = {std::move(child)}};
  }
  static std::string show(const std::vector<FacetValue>& facet) {
    std::string out;
    for (const FacetValue& value : facet) {
      const auto* text = value.value.get_if<std::string>();
      const auto* number = value.value.get_if<dynamodb::Number>();
      const auto* flag = value.value.get_if<bool>();
      out += (out.empty() ? "" : " ") +
             (text            ? *text
              : number        ? number->text()
              : flag && *flag ? "true"
                              : "false") +
             ":" + std::to_string(value.count);
    }
    return out;
  }

  std::shared_ptr<Backend> backend_;
  IndexDefinition index_;
};

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

}  // namespace dynamo_backend::search

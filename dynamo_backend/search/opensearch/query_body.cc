#include "dynamo_backend/search/opensearch/query_body.h"

#include <algorithm>

#include "base/json.h"
#include "base/timestamp.h"
#include "dynamo_backend/search/opensearch/mapping.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;

// Where a shard stops counting: totals are exact below it.
constexpr std::int64_t kMostCollected = 10'000'000;
// Lucene takes 1024 clauses in all.
constexpr std::size_t kMostClauses = 900;
constexpr std::size_t kPassageCharacters = 200;
constexpr std::size_t kCharactersBefore = 60;  // the first one that matched

// ---- filters
Json range(const std::string& field, std::initializer_list<std::pair<const char*, Json>> bounds) {
  Json of = Json::object();
  for (const auto& [name, value] : bounds) of[name] = value;
  return {{"range", {{field, std::move(of)}}}};
}

Json any_of(Json children) {
  return {{"bool", {{"should", std::move(children)}, {"minimum_should_match", 1}}}};
}

// Dates have milliseconds: the exact text decides within the bound's millisecond, so that only that
// one's terms are looked at.
Json time_range(const FilterField& field, const char* comparison, const std::string& bound) {
  const auto time = base::parse_iso(bound);
  if (!time) throw FieldError("search: '" + field.name + "' is compared with a time.");
  const auto floor = std::chrono::floor<std::chrono::milliseconds>(*time);
  const std::string begin = base::to_iso(floor),
                    end = base::to_iso(floor + std::chrono::milliseconds(1));
  const std::string date = filter_name(field.name), exact = exact_name(field);
  const bool less = std::string_view(comparison).starts_with('l');
  Json outside = less ? range(date, {{"lt", begin}}) : range(date, {{"gte", end}});
  Json within = less ? range(exact, {{"gte", begin}, {comparison, bound}})
                     : range(exact, {{comparison, bound}, {"lt", end}});
  return any_of({std::move(outside), std::move(within)});
}

Json comparison(const IndexDefinition& index, const Filter& filter, const char* name) {
  const FilterField& field = index.filter(filter.field);
  Json value = exact_value(field, filter.values.at(0));
  if (field.type == FilterType::time) return time_range(field, name, value.get<std::string>());
  return range(exact_name(field), {{name, std::move(value)}});
}

Json children(const IndexDefinition& index, const Filter& filter) {
  Json all = Json::array();
  for (const Filter& child : filter.children) all.push_back(filter_json(index, child));
  return all;
}

// ---- texts
Json boosted_texts(const IndexDefinition& index) {
  Json all = Json::array();
  for (const TextField& text : index.texts)
    all.push_back(text_name(text.name) + "^" + Json(text.weight).dump());
  return all;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  return all;
}

// A text of which analysis leaves nothing matches every document: it asks for nothing.
Json match(const std::string& text, const char* type, const Json& fields) {
  return {{"multi_match",
           {{"query", text}, {"type", type}, {"fields", fields}, {"zero_terms_query", "all"}}}};
}

Json near_match(const std::string& word, const std::vector<NearTerm>& near, std::size_t most,
                const Json& fields) {
  Json any = Json::array({match(word, "most_fields", fields)});  // braces alone: clang copies
  for (std::size_t i = 0; i < near.size() && i < most; ++i) {
    Json one = match(near[i].text, "most_fields", fields);
    if (near[i].is_stem) one["multi_match"]["analyzer"] = "words";  // it is not stemmed once more
    // A word that was typed as it is counts more than one that may have been meant.
    one["multi_match"]["boost"] = 1.0 / static_cast<double>(1 + near[i].distance);
    any.push_back(std::move(one));
  }
  return {{"dis_max", {{"queries", std::move(any)}}}};
}

// The texts have stems alone, which may be shorter than what was typed of the word.
Json prefix_match(const std::string& text, const Json& fields) {
  Json any = Json::array({match(text, "bool_prefix", fields)});
  any.push_back({{"match_bool_prefix", {{kVocabulary, text}}}});
  return {{"dis_max", {{"queries", std::move(any)}}}};
}

Json text_query(const IndexDefinition& index, const Request& request, const NearTerms& near) {
  if (index.texts.empty()) return {{"match_none", Json::object()}};
  const Json fields = boosted_texts(index);
  const auto& clauses = request.query.clauses;
  const std::size_t most = kMostClauses / (clauses.size() * index.texts.size());
  Json all = Json::array();
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    const std::string text = joined(clauses[i].words);
    switch (clauses[i].type) {
      case Clause::Type::word:
        all.push_back(i < near.size() && !near[i].empty() ? near_match(text, near[i], most, fields)
                                                          : match(text, "most_fields", fields));
        break;
      case Clause::Type::phrase:
        all.push_back(match(text, "phrase", fields));
        break;
      case Clause::Type::prefix:
        all.push_back(prefix_match(text, fields));
    }
  }
  if (request.match == Match::any_word_with_typos) return any_of(std::move(all));
  return {{"bool", {{"must", std::move(all)}}}};
}

// ---- order and place
Json order(const IndexDefinition& index, const Request& request) {
  Json all = Json::array();
  if (request.order) {
    const FilterField& field = index.filter(request.order->field);
    all.push_back({{exact_name(field),
                    {{"order", request.order->descending ? "desc" : "asc"},
                     {"missing", "_last"},
                     {"unmapped_type", "keyword"}}}});
  } else if (!request.query.empty()) {
    all.push_back({{"_score", {{"order", "desc"}}}});
  }
  all.push_back({{"key", {{"order", "asc"}}}});
  return all;
}

Json place(const std::string& position, std::size_t parts) {
  try {
    Json values = base::parse_json(position);
    if (values.is_array() && values.size() == parts) return values;
  } catch (const base::JsonError&) {
    // Told below.
  }
  throw InvalidCursor("search: this is no position in a list of hits.");
}

Json facets(const IndexDefinition& index, const Request& request) {
  Json all = Json::object();
  for (std::size_t i = 0; i < request.facets.size(); ++i) {
    const FacetRequest& facet = request.facets[i];
    all["f" + std::to_string(i)] = {
        {"terms",
         {{"field", exact_name(index.filter(facet.field))},
          {"size", facet.limit},
          // Of an index of several shards: so many from each, that the counts are right.
          {"shard_size", std::max<std::size_t>(facet.limit * 5, 1000)},
          {"order", {{{"_count", "desc"}}, {{"_key", "asc"}}}}}}};
  }
  return all;
}

Json highlights(const Request& request) {
  Json fields = Json::object();
  for (const std::string& name : request.highlight)
    fields[text_name(name)] = {{"fragment_offset", kCharactersBefore}};
  // The highlighter of term vectors puts what matched close together in one passage, as others do
  // not.
  return {{"type", "fvh"},
          {"pre_tags", {kOpeningTag}},
          {"post_tags", {kClosingTag}},
          {"number_of_fragments", 1},
          {"order", "score"},
          {"fragment_size", kPassageCharacters},
          {"fields", std::move(fields)}};
}

}  // namespace

void check_request(const IndexDefinition& index, const Request& request) {
  if (request.limit < 1 || request.limit > kMaxLimit)
    throw FieldError("search: a page has 1 to " + std::to_string(kMaxLimit) + " rows, not " +
                     std::to_string(request.limit) + ".");
  if (request.order && index.filter(request.order->field).many)
    throw FieldError("search: cannot order by '" + request.order->field +
                     "', which has many values.");
  for (const FacetRequest& facet : request.facets) index.filter(facet.field);
  for (const std::string& name : request.highlight) {
    const bool known = std::any_of(index.texts.begin(), index.texts.end(),
                                   [&](const TextField& text) { return text.name == name; });
    if (!known) throw FieldError("search: '" + name + "' is not searchable: it has no highlights.");
  }
}

Json alive() { return {{"term", {{"deleted", false}}}}; }

Json filter_json(const IndexDefinition& index, const Filter& filter) {
  using Type = Filter::Type;
  switch (filter.type) {
    case Type::always:
      return {{"match_all", Json::object()}};
    case Type::never:
      return {{"match_none", Json::object()}};
    case Type::one_of: {
      const FilterField& field = index.filter(filter.field);
      Json values = Json::array();
      for (const Value& value : filter.values) values.push_back(exact_value(field, value));
      return {{"terms", {{exact_name(field), std::move(values)}}}};
    }
    case Type::less:
      return comparison(index, filter, "lt");
    case Type::less_equal:
      return comparison(index, filter, "lte");
    case Type::greater:
      return comparison(index, filter, "gt");
    case Type::greater_equal:
      return comparison(index, filter, "gte");
    case Type::exists:
      return {{"exists", {{"field", exact_name(index.filter(filter.field))}}}};
    case Type::all:
      if (filter.children.empty()) return {{"match_all", Json::object()}};
      return {{"bool", {{"filter", children(index, filter)}}}};
    case Type::any:
      if (filter.children.empty()) return {{"match_none", Json::object()}};
      return any_of(children(index, filter));
    case Type::negation:
      break;
  }
  return {{"bool", {{"must_not", children(index, filter)}}}};
}

Json search_body(const IndexDefinition& index, const Request& request, const NearTerms& near,
                 std::chrono::milliseconds timeout) {
  Json conditions = Json::array({alive()});
  if (request.filter.type != Filter::Type::always)
    conditions.push_back(filter_json(index, request.filter));
  Json of = {{"filter", std::move(conditions)}};
  if (!request.query.empty()) of["must"] = Json::array({text_query(index, request, near)});
  Json sort = order(index, request);
  Json body = {{"query", {{"bool", std::move(of)}}},
               {"size", request.limit + 1},
               {"version", true},
               {"_source", false},
               {"track_total_hits", true},
               {"timeout", std::to_string(timeout.count()) + "ms"},
               {"terminate_after", kMostCollected}};
  if (!request.position.empty()) body["search_after"] = place(request.position, sort.size());
  body["sort"] = std::move(sort);
  if (!request.facets.empty()) body["aggs"] = facets(index, request);
  if (!request.highlight.empty() && !request.query.empty()) body["highlight"] = highlights(request);
  return body;
}

}  // namespace dynamo_backend::search::opensearch

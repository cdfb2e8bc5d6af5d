#include "dynamo_backend/search/local/detail/searcher.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "dynamo_backend/search/local/detail/facet_counter.h"
#include "dynamo_backend/search/local/detail/filter_sql.h"
#include "dynamo_backend/search/local/detail/match_text.h"
#include "dynamo_backend/search/local/detail/place.h"

namespace dynamo_backend::search::detail {
namespace {

constexpr const char* kSnippetTokens = "32";  // about 200 characters

// The document's columns that every statement of hits gives first.
enum Column { kId, kKey, kVersion, kRank, kFirstFacet };

struct Candidate {
  std::int64_t id = 0, version = 0;
  Place place{};
};

// The first `most` places after `start`.
class BestPlaces {
 public:
  BestPlaces(PlaceOrder order, std::optional<Place> start, std::size_t most)
      : order_(order), start_(std::move(start)), most_(most) {}

  void offer(const Statement& row) {
    const double score = order_.by_score ? row.real(kRank) : 0;
    const SqlValue value = order_.by_score ? SqlValue() : row.value(kRank);
    const std::string_view key = row.text(kKey);
    if (start_ && !is_before(*start_, score, value, key)) return;
    if (best_.size() == most_) {
      if (is_before(best_.front().place, score, value, key)) return;
      std::pop_heap(best_.begin(), best_.end(), by_place());
      best_.pop_back();
    }
    best_.push_back({row.integer(kId), row.integer(kVersion), {score, value, std::string(key)}});
    std::push_heap(best_.begin(), best_.end(), by_place());
  }

  std::vector<Candidate> take() {
    std::sort_heap(best_.begin(), best_.end(), by_place());
    return std::move(best_);
  }

 private:
  bool is_before(const Place& place, double score, const SqlValue& value,
                 std::string_view key) const {
    const int order = order_.compare(score, value, place);
    return order != 0 ? order > 0 : place.key < key;
  }
  struct ByPlace {
    const PlaceOrder* order;
    bool operator()(const Candidate& a, const Candidate& b) const {
      return order->before(a.place, b.place);
    }
  };
  ByPlace by_place() const { return {&order_}; }

  PlaceOrder order_;
  std::optional<Place> start_;
  std::size_t most_;
  std::vector<Candidate> best_{};  // a heap: the last one is at its front
};

class Search {
 public:
  Search(Database& db, const Analyzer& analyzer, PhraseCounts& counts, const IndexDefinition& index,
         const Request& request)
      : db_(db),
        counts_(counts),
        index_(index),
        request_(request),
        physical_(find_live(db, index)),
        order_{.by_score = !request.query.empty() && !request.order,
               .descending = request.order && request.order->descending} {
    check();
    if (!request_.query.empty())
      match_ = match_text(request_.query, request_.match, analyzer,
                          Vocabulary(db_, analyzer, physical_));
    filter_ = filter_sql(index_, physical_, request_.filter, kFirstFilterParameter);
  }

  Results run() {
    Results results;
    std::vector<Candidate> found;
    if (request_.query.empty())
      found = list(results);
    else if (!match_.text.empty())
      found = match(results);
    if (results.facets.empty()) results.facets.resize(request_.facets.size());
    if (found.size() > request_.limit) {
      found.pop_back();
      results.next = found.back().place.text(order_.by_score);
    }
    for (Candidate& candidate : found) {
      Hit hit{.key = std::move(candidate.place.key),
              .version = candidate.version,
              .score = candidate.place.score};
      hit.highlights = highlights(candidate.id);
      results.hits.push_back(std::move(hit));
    }
    return results;
  }

 private:
  // ?1 and ?2: MATCH and its corpus; of lists ?2 and ?3: the place.
  static constexpr std::size_t kFirstFilterParameter = 4;

  void check() {
    if (request_.limit < 1 || request_.limit > kMaxLimit)
      throw FieldError("search: a page has 1 to " + std::to_string(kMaxLimit) + " rows, not " +
                       std::to_string(request_.limit) + ".");
    std::vector<std::string> wanted;
    for (const TextField& text : index_.texts) wanted.push_back(text.name);
    if (wanted != physical_.texts)
      throw IndexMissing("The full-text index " + index_.name +
                         " was built of other texts: rebuild it with ./manage opensearch_reindex.");
    if (!request_.order) return;
    const FilterField& field = known_filter(index_, physical_, request_.order->field);
    if (field.many)
      throw FieldError("search: cannot order by '" + field.name + "', which has many values.");
  }

  // ---- all that match
  std::vector<Candidate> match(Results& results) {
    std::optional<Place> start;
    if (!request_.position.empty()) start = Place::parse(request_.position);
    BestPlaces best(order_, std::move(start), request_.limit + 1);
    const std::string t = physical_.table('t');
    std::vector<double> corpus;
    if (order_.by_score) corpus = counts_.corpus(index_.name, physical_, match_.phrases);
    const Query query =
        db_.query("SELECT d.id, d.key, d.version, " + rank() + facet_columns() + " FROM " + t +
                  " CROSS JOIN " + physical_.table('d') + " AS d ON d.id = " + t + ".rowid WHERE " +
                  t + " MATCH ?1 AND " + filter_.text);
    query->bind(1, std::string_view(match_.text));
    if (order_.by_score)
      query->bind_blob(
          2, {reinterpret_cast<const char*>(corpus.data()), corpus.size() * sizeof(double)});
    bind_filter(*query);
    std::vector<FacetCounter> facets = counters();
    while (query->step()) {
      ++results.total;
      best.offer(*query);
      count(facets, *query);
    }
    take(facets, results);
    return best.take();
  }

  // ---- all documents, in order of a field or of their keys
  std::vector<Candidate> list(Results& results) {
    const std::string table = " FROM " + physical_.table('d') + " AS d";
    const std::string fits = " WHERE d.deleted = 0 AND " + filter_.text;
    const std::string from = table + fits;
    if (request_.facets.empty()) {
      const Query count = db_.query("SELECT COUNT(*)" + from);
      bind_filter(*count);
      count->step();
      results.total = static_cast<std::uint64_t>(count->integer(0));
    } else {
      // Where all are counted an index in between would only look each one up.
      const char* all = filter_.values.empty() ? " NOT INDEXED" : "";
      const Query query =
          db_.query("SELECT NULL, NULL, NULL, NULL" + facet_columns() + table + all + fits);
      bind_filter(*query);
      std::vector<FacetCounter> facets = counters();
      for (; query->step(); ++results.total) count(facets, *query);
      take(facets, results);
    }
    const std::string rank_column = rank();
    std::optional<Place> start;
    if (!request_.position.empty()) start = Place::parse(request_.position);
    const Query query =
        db_.query("SELECT d.id, d.key, d.version, " + rank_column + from + behind(start) +
                  " ORDER BY " + (request_.order ? rank_column + direction() + ", " : "") +
                  "d.key LIMIT " + std::to_string(request_.limit + 1));
    bind_filter(*query);
    if (start) query->bind(2, start->value).bind(3, std::string_view(start->key));
    std::vector<Candidate> found;
    while (query->step())
      found.push_back({query->integer(kId),
                       query->integer(kVersion),
                       {0, query->value(kRank), std::string(query->text(kKey))}});
    return found;
  }

  std::string direction() const {
    return order_.descending ? " DESC NULLS LAST" : " ASC NULLS LAST";
  }

  // The condition of rows after ?2 (the value) and ?3 (the key).
  std::string behind(const std::optional<Place>& start) const {
    if (!start) return "";
    if (!request_.order) return " AND d.key > ?3 AND ?2 IS NULL";
    const std::string column = rank();
    if (start->value.index() == 0) return " AND " + column + " IS ?2 AND d.key > ?3";
    return " AND (" + column + (order_.descending ? " < " : " > ") + "?2 OR " + column +
           " IS NULL OR (" + column + " = ?2 AND d.key > ?3))";
  }

  // ---- parts of statements
  std::string rank() const {
    if (request_.order) return "d." + filter_column(request_.order->field);
    if (!order_.by_score) return "NULL";
    std::string weights;
    for (const TextField& text : index_.texts) {
      char number[32];
      std::snprintf(number, sizeof number, ", %.9g", text.weight);
      weights += number;
    }
    return "ddb_rank(" + physical_.table('t') + ", ?2, d.size" + weights + ")";
  }

  std::string facet_columns() const {
    std::string out;
    for (const FacetRequest& facet : request_.facets)
      out += ", d." + filter_column(known_filter(index_, physical_, facet.field).name);
    return out;
  }

  void bind_filter(Statement& query) const {
    for (std::size_t i = 0; i < filter_.values.size(); ++i)
      query.bind(static_cast<int>(kFirstFilterParameter + i), filter_.values[i]);
  }

  std::vector<FacetCounter> counters() const {
    std::vector<FacetCounter> all;
    for (const FacetRequest& facet : request_.facets)
      all.emplace_back(*index_.find_filter(facet.field), facet.limit);
    return all;
  }
  static void count(std::vector<FacetCounter>& facets, const Statement& row) {
    for (std::size_t i = 0; i < facets.size(); ++i)
      facets[i].add(row, static_cast<int>(kFirstFacet + i));
  }
  static void take(const std::vector<FacetCounter>& facets, Results& results) {
    for (const FacetCounter& facet : facets) results.facets.push_back(facet.take());
  }

  std::vector<std::string> highlights(std::int64_t id) const {
    std::vector<std::string> out(request_.highlight.size());
    if (match_.text.empty() || out.empty()) return out;
    const std::string t = physical_.table('t');
    std::string columns;
    for (const std::string& name : request_.highlight) {
      const auto at = std::find(physical_.texts.begin(), physical_.texts.end(), name);
      if (at == physical_.texts.end())
        throw FieldError("search: '" + name + "' of " + index_.model->name +
                         " is not searchable: it has no highlights.");
      columns += (columns.empty() ? "" : ", ") +
                 ("snippet(" + t + ", " + std::to_string(at - physical_.texts.begin()) +
                  ", char(1), char(2), '…', " + kSnippetTokens + ")");
    }
    const Query query =
        db_.query("SELECT " + columns + " FROM " + t + " WHERE " + t + " MATCH ?1 AND rowid = ?2");
    query->bind(1, std::string_view(match_.text)).bind(2, id);
    if (!query->step()) return out;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::string_view passage = query->text(static_cast<int>(i));
      if (passage.find(kMarkBegin) != std::string_view::npos) out[i] = passage;
    }
    return out;
  }

  Database& db_;
  PhraseCounts& counts_;
  const IndexDefinition& index_;
  const Request& request_;
  PhysicalIndex physical_;
  PlaceOrder order_;
  MatchText match_{};
  SqlCondition filter_{};
};

}  // namespace

Results run_search(Database& db, const Analyzer& analyzer, PhraseCounts& counts,
                   const IndexDefinition& index, const Request& request) {
  Transaction snapshot(db, Transaction::Kind::read);
  return Search(db, analyzer, counts, index, request).run();
}

}  // namespace dynamo_backend::search::detail

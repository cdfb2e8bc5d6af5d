#include "dynamo_backend/search/search_query.h"

#include <algorithm>
#include <map>

#include "base/call_ledger.h"
#include "base/log.h"
#include "dynamo_backend/cursor.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/highlight.h"
#include "dynamo_backend/search/service.h"
#include "dynamo_backend/search/words.h"
#include "dynamo_backend/text.h"
#include "dynamodb/batch.h"

namespace dynamo_backend::search {
namespace {

constexpr double kFallbackUnits = 100;  // read units that a search of the table may take

// What the query's rows are held to beside its own condition.
NodePtr visible(const SearchQuery& query) {
  const auto shown = query.hidden_too ? nullptr : query.model->search_visible;
  return shown ? shown() : NodePtr{};
}

class PageSearch {
 public:
  PageSearch(const SearchQuery& query, std::string_view cursor)
      : connection_(Connection::current()),
        service_(Service::current()),
        query_(query),
        model_(*query.model),
        index_(index_definition(connection_, model_)) {
    request_.query = parse_query_text(query.text);
    request_.filter = filter_of(index_, model_, make_and(query.where, visible(query_)));
    request_.order = query.order;
    if (request_.order) index_.filter(request_.order->field);
    request_.limit = query.limit;
    request_.facets = query.facets;
    for (const FacetRequest& facet : request_.facets) index_.filter(facet.field);
    for (const TextField& text : index_.texts) request_.highlight.push_back(text.name);
    binding_ = cursor_binding(connection_, list_text(), index_.fingerprint());
    if (!cursor.empty()) open(cursor);
  }

  PackedSearchPage run() {
    Results results = climb_down();
    PackedSearchPage page{.total = results.total};
    for (std::size_t i = 0; i < request_.facets.size(); ++i)
      page.facets.push_back({request_.facets[i].field, std::move(results.facets.at(i))});
    if (!results.next.empty()) page.next = seal(results.next);
    add_rows(page, results.hits);
    const bool is_first = request_.position.empty();
    if (is_first && (request_.match != Match::every_word || results.total == 0))
      page.suggestion = suggestion();
    return page;
  }

 private:
  // ---- cursors: where to go on, and how well documents have to match
  std::string list_text() const {
    std::string text = (query_.hidden_too ? "search all of " : "search ") + index_.name;
    for (const std::string& part :
         {query_.text, condition_text(query_.where),
          query_.order ? (query_.order->descending ? "-" : "+") + query_.order->field : ""})
      text += " " + std::to_string(part.size()) + ":" + part;
    return text;
  }
  std::string seal(const std::string& position) const {
    return seal_cursor(connection_, binding_,
                       {.position = {{"match", static_cast<int>(request_.match)},
                                     {"position", Binary{position}}}});
  }
  void open(std::string_view text) {
    const Cursor cursor = open_cursor(connection_, binding_, text);
    const auto match = cursor.position.find("match")->second.as<dynamodb::Number>().to_int64();
    request_.match = static_cast<Match>(match.value_or(0));
    request_.position = cursor.position.find("position")->second.as<Binary>().bytes;
  }

  // A call of the backend, entered into the thread's ledgers. `count` tells how much it answered.
  template <class Call, class Count>
  auto entered(const char* operation, Call call, Count count) const {
    if (!base::CallLedger::on()) return call();
    const auto entry = base::CallLedger::start("search", operation, index_.name, {},
                                               [text = query_.text] { return text; });
    try {
      auto answer = call();
      entry.end({.items = count(answer), .examined = count(answer)});
      return answer;
    } catch (const std::exception& e) {
      entry.end({.error = e.what()});
      throw;
    }
  }
  Results search_once() const { return search_for(request_); }
  Results search_for(const Request& request) const {
    return entered(
        "search", [&] { return service_.backend().search(index_, request); },
        [](const Results& r) { return r.hits.size(); });
  }

  // ---- hits
  Results climb_down() {
    if (!request_.position.empty() || request_.query.empty()) return search_once();
    Results results;
    for (const Match match :
         {Match::every_word, Match::every_word_with_typos, Match::any_word_with_typos}) {
      request_.match = match;
      results = search_once();
      if (results.total > 0) break;
    }
    return results;
  }

  // The vocabulary is of all documents: what only hidden ones say is not told.
  bool is_shown(const std::string& word) const {
    const NodePtr shown = visible(query_);
    return !shown || search_for({.query = {{{.words = {word}}}},
                                 .filter = filter_of(index_, model_, shown),
                                 .limit = 1})
                             .total > 0;
  }

  // The typed words, each with what the vocabulary has for it; empty where nothing would change.
  std::string suggestion() const {
    std::vector<std::string> words;
    for (const Clause& clause : request_.query.clauses)
      if (clause.type == Clause::Type::word) words.push_back(clause.words.front());
    if (words.empty()) return "";
    const auto known = entered(
        "suggest", [&] { return service_.backend().suggest(index_, words); },
        [](const std::vector<std::string>& all) { return all.size(); });
    std::string out;
    bool changed = false;
    std::size_t next = 0;
    for (const Clause& clause : request_.query.clauses) {
      std::string text;
      for (const std::string& word : clause.words) text += (text.empty() ? "" : " ") + word;
      if (clause.type == Clause::Type::phrase) text = '"' + text + '"';
      if (clause.type == Clause::Type::prefix) text += '*';
      if (clause.type == Clause::Type::word) {
        const std::string& better = known.at(next++);
        if (!better.empty() && fold_case(better) != fold_case(text) && is_shown(better)) {
          text = better;
          changed = true;
        }
      }
      out += (out.empty() ? "" : " ") + text;
    }
    return changed ? out : "";
  }

  // ---- rows
  void add_rows(PackedSearchPage& page, const std::vector<Hit>& hits) const {
    std::map<std::string, std::string, std::less<>> found = fetch_all(hits);
    const Predicate shown = resolve(Query{.model = &model_, .where = visible(query_)});
    std::vector<std::string> missing;
    for (const Hit& hit : hits) {
      const auto at = found.find(hit.key);
      if (at == found.end()) {
        missing.push_back(hit.key);
        continue;
      }
      // The index may be a moment behind the row, which may also have expired.
      const dynamodb::ItemView row(at->second);
      if (!matches(shown, row)) continue;
      page.rows.push_back(std::move(at->second));
      page.highlights.push_back(highlights(hit));
    }
    if (!missing.empty() && service_.options().on_missing)
      service_.options().on_missing(index_, std::move(missing));
  }

  std::map<std::string, std::string, std::less<>> fetch_all(const std::vector<Hit>& hits) const {
    std::map<std::string, std::string, std::less<>> found;
    if (hits.empty()) return found;
    const std::string table = connection_.table(model_.table);
    dynamodb::KeysAndAttributes keys;
    for (const Hit& hit : hits) keys.keys.push_back(table_key(model_, hit.key));
    const auto result = dynamodb::get_all(connection_.client(), {{table, std::move(keys)}},
                                          connection_.batch_options());
    if (!result.not_read.empty())
      throw DatabaseError(result.not_read.front().why, "BatchGetItem of what was found");
    for (const auto& [name, lists] : result.items) {
      for (const dynamodb::ItemList& list : lists) {
        for (std::size_t i = 0; i < list.size(); ++i)
          found.emplace(document_key(model_, list[i]), list.packed(i));
      }
    }
    return found;
  }

  std::vector<Highlight> highlights(const Hit& hit) const {
    std::vector<Highlight> out;
    for (std::size_t i = 0; i < hit.highlights.size(); ++i) {
      if (!hit.highlights[i].empty())
        out.push_back({request_.highlight[i], highlight_html(hit.highlights[i])});
    }
    return out;
  }

  const Connection& connection_;
  const Service& service_;
  const SearchQuery& query_;
  const ModelInfo& model_;
  const IndexDefinition index_;
  Request request_{};
  CursorBinding binding_{};
};

// ---- search is down

bool has_every_word(const IndexDefinition& index, const QueryText& query, dynamodb::ItemView row) {
  std::string text;
  for (const TextField& field : index.texts) {
    const auto stored = row.find(field.name);
    if (stored && stored->type() == dynamodb::Type::S)
      text += fold_case(indexable_text(stored->text())) + "\n";
  }
  for (const Clause& clause : query.clauses) {
    for (const std::string& word : clause.words)
      if (text.find(fold_case(word)) == std::string::npos) return false;
  }
  return true;
}

// What a bounded part of the table has of the words: for development, where an index may not be
// there yet.
PackedSearchPage search_table(const SearchQuery& query, const std::string& why) {
  const Connection& connection = Connection::current();
  const IndexDefinition index = index_definition(connection, *query.model);
  base::log_warning("Search of " + query.model->name +
                    " reads a part of the table instead: " + why);
  Query rows = all_rows(*query.model).filtered(make_and(query.where, visible(query)));
  rows.order.clear();
  rows.scan_reason = "search is down";
  rows.page_budget = kFallbackUnits;
  rows = rows.sliced(0, 1000);
  const QueryText text = parse_query_text(query.text);
  PackedSearchPage page;
  for (std::string& row : fetch_page(rows, {}).rows) {
    if (!has_every_word(index, text, dynamodb::ItemView(row))) continue;
    ++page.total;
    if (page.rows.size() >= query.limit) continue;
    page.rows.push_back(std::move(row));
    page.highlights.emplace_back();
  }
  for (const FacetRequest& facet : query.facets) page.facets.push_back({facet.field, {}});
  return page;
}

}  // namespace

PackedSearchPage search_page(const SearchQuery& query, std::string_view cursor) {
  const Service& service = Service::current();
  std::string why;
  try {
    return PageSearch(query, cursor).run();
  } catch (const IndexMissing& error) {
    if (service.options().on_index_missing)
      service.options().on_index_missing(index_definition(Connection::current(), *query.model));
    if (!service.options().fall_back_to_table) throw;
    why = error.what();
  } catch (const Unavailable& error) {
    if (!service.options().fall_back_to_table) throw;
    why = error.what();
  }
  return search_table(query, why);
}

}  // namespace dynamo_backend::search

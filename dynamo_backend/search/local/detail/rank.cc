#include "dynamo_backend/search/local/detail/rank.h"

#include <cmath>
#include <memory>
#include <span>
#include <vector>

namespace dynamo_backend::search::detail {
namespace {

constexpr double kK1 = 1.2, kB = 0.75;

// What is the same for all rows of one query.
struct Corpus {
  double average_size = 1;
  std::vector<double> idf{};  // of each phrase
};

int count_row(const Fts5ExtensionApi*, Fts5Context*, void* count) {
  ++*static_cast<std::int64_t*>(count);
  return SQLITE_OK;
}

int read_corpus(const Fts5ExtensionApi* api, Fts5Context* fts, Corpus& corpus) {
  sqlite3_int64 rows = 0, size = 0;
  int result = api->xRowCount(fts, &rows);
  if (result == SQLITE_OK) result = api->xColumnTotalSize(fts, -1, &size);
  const auto all = static_cast<double>(rows);
  if (rows > 0 && size > 0) corpus.average_size = static_cast<double>(size) / all;
  for (int phrase = 0; result == SQLITE_OK && phrase < api->xPhraseCount(fts); ++phrase) {
    std::int64_t count = 0;
    result = api->xQueryPhrase(fts, phrase, &count, &count_row);
    const auto having = static_cast<double>(count);
    corpus.idf.push_back(std::log1p((all - having + 0.5) / (having + 0.5)));
  }
  return result;
}

// The occurrences of a phrase in the row, each with its column's weight.
int weigh(const Fts5ExtensionApi* api, Fts5Context* fts, int phrase,
          std::span<sqlite3_value* const> weights, double& sum) {
  Fts5PhraseIter at{};
  int column = -1, offset = -1;
  const int result = api->xPhraseFirst(fts, phrase, &at, &column, &offset);
  for (; result == SQLITE_OK && column >= 0; api->xPhraseNext(fts, &at, &column, &offset)) {
    const auto c = static_cast<std::size_t>(column);
    sum += c < weights.size() ? sqlite3_value_double(weights[c]) : 1;
  }
  return result;
}

void rank(const Fts5ExtensionApi* api, Fts5Context* fts, sqlite3_context* context, int count,
          sqlite3_value** arguments) {
  auto* corpus = static_cast<Corpus*>(api->xGetAuxdata(fts, 0));
  if (corpus == nullptr) {
    auto made = std::make_unique<Corpus>();
    const int result = read_corpus(api, fts, *made);
    if (result != SQLITE_OK) return sqlite3_result_error_code(context, result);
    corpus = made.release();
    const auto end = [](void* old) { delete static_cast<Corpus*>(old); };
    if (const int kept = api->xSetAuxdata(fts, corpus, end); kept != SQLITE_OK)
      return sqlite3_result_error_code(context, kept);
  }
  const std::span<sqlite3_value* const> given(arguments, static_cast<std::size_t>(count));
  const double size = given.empty() ? 0 : sqlite3_value_double(given.front());
  const auto weights = given.empty() ? given : given.subspan(1);
  const double norm = kK1 * (1 - kB + kB * size / corpus->average_size);
  double score = 0;
  for (std::size_t phrase = 0; phrase < corpus->idf.size(); ++phrase) {
    double tf = 0;
    if (const int result = weigh(api, fts, static_cast<int>(phrase), weights, tf);
        result != SQLITE_OK)
      return sqlite3_result_error_code(context, result);
    if (tf > 0) score += corpus->idf[phrase] * tf * (kK1 + 1) / (tf + norm);
  }
  sqlite3_result_double(context, score);
}

}  // namespace

fts5_api* fts5_api_of(Database& db) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db.handle(), "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  if (!api) throw SqliteError(SQLITE_ERROR, "this SQLite was built without FTS5");
  return api;
}

void add_rank_function(Database& db) {
  fts5_api* const api = fts5_api_of(db);
  const int result = api->xCreateFunction(api, "ddb_rank", nullptr, &rank, nullptr);
  if (result != SQLITE_OK) throw SqliteError(result, "FTS5 takes no function");
}

}  // namespace dynamo_backend::search::detail

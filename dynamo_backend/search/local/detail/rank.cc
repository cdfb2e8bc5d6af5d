#include "dynamo_backend/search/local/detail/rank.h"

#include <cstring>
#include <span>
#include <vector>

namespace dynamo_backend::search::detail {
namespace {

constexpr double kK1 = 1.2, kB = 0.75;

int count_row(const Fts5ExtensionApi*, Fts5Context*, void* count) {
  ++*static_cast<double*>(count);
  return SQLITE_OK;
}

void corpus(const Fts5ExtensionApi* api, Fts5Context* fts, sqlite3_context* context, int,
            sqlite3_value**) {
  sqlite3_int64 rows = 0, size = 0;
  int result = api->xRowCount(fts, &rows);
  if (result == SQLITE_OK) result = api->xColumnTotalSize(fts, -1, &size);
  const auto all = static_cast<double>(rows);
  std::vector<double> out{all, rows > 0 && size > 0 ? static_cast<double>(size) / all : 1};
  for (int phrase = 0; result == SQLITE_OK && phrase < api->xPhraseCount(fts); ++phrase)
    result = api->xQueryPhrase(fts, phrase, &out.emplace_back(0), &count_row);
  if (result != SQLITE_OK) return sqlite3_result_error_code(context, result);
  sqlite3_result_blob64(context, out.data(), out.size() * sizeof(double), SQLITE_TRANSIENT);
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
  const std::span<sqlite3_value* const> given(arguments, static_cast<std::size_t>(count));
  const auto phrases = static_cast<std::size_t>(api->xPhraseCount(fts));
  if (given.size() < 2 ||
      static_cast<std::size_t>(sqlite3_value_bytes(given[0])) != (1 + phrases) * sizeof(double))
    return sqlite3_result_error(context, "ddb_rank: the corpus is not of this query", -1);
  const auto* numbers = static_cast<const char*>(sqlite3_value_blob(given[0]));
  const auto number = [&](std::size_t i) {
    double out = 0;
    std::memcpy(&out, numbers + i * sizeof out, sizeof out);
    return out;
  };
  const double norm = kK1 * (1 - kB + kB * sqlite3_value_double(given[1]) / number(0));
  double score = 0;
  for (std::size_t phrase = 0; phrase < phrases; ++phrase) {
    double tf = 0;
    if (const int result = weigh(api, fts, static_cast<int>(phrase), given.subspan(2), tf);
        result != SQLITE_OK)
      return sqlite3_result_error_code(context, result);
    if (tf > 0) score += number(1 + phrase) * tf * (kK1 + 1) / (tf + norm);
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

void add_rank_functions(Database& db) {
  fts5_api* const api = fts5_api_of(db);
  int result = api->xCreateFunction(api, "ddb_rank", nullptr, &rank, nullptr);
  if (result == SQLITE_OK)
    result = api->xCreateFunction(api, "ddb_corpus", nullptr, &corpus, nullptr);
  if (result != SQLITE_OK) throw SqliteError(result, "FTS5 takes no function");
}

}  // namespace dynamo_backend::search::detail

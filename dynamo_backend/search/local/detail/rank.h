// ddb_rank(t, size, weight…): the score of a row that MATCH found, an auxiliary function of FTS5.
//
//   sum over phrases of idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * size / average size))
//   tf: occurrences, each as much as its column's weight     idf: ln(1 + (N - n + 0.5) / (n + 0.5))
// with k1 = 1.2, b = 0.75: Lucene's BM25. FTS5's own bm25() looks up the size of every row in a
// table of its own, which takes most of its time; here d<id> has it, which is read anyway.
// Thread safety: as its connection.
#pragma once
#include "dynamo_backend/search/local/detail/sqlite.h"

namespace dynamo_backend::search::detail {

void add_rank_function(Database& db);
fts5_api* fts5_api_of(Database& db);  // throws SqliteError where SQLite has no FTS5

}  // namespace dynamo_backend::search::detail

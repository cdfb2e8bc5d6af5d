// The score of a row that MATCH found, by auxiliary functions of FTS5:
//   ddb_rank(t, corpus, size, weight…): the score; corpus: PhraseCounts::corpus()
//   ddb_corpus(t): what it is made of: the number of documents, their average size, and how many
//   documents have each phrase of the query
// Both numbers of a corpus and the result of ddb_corpus are blobs of doubles.
//
//   sum over phrases of idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * size / average size))
//   tf: occurrences, each as much as its column's weight     idf: ln(1 + (N - n + 0.5) / (n + 0.5))
// with k1 = 1.2, b = 0.75: Lucene's BM25. FTS5's own bm25() looks up the size of every row in a
// table of its own, which takes most of its time; here d<id> has it, which is read anyway. It also
// counts the documents of each phrase anew for every query; phrase_counts.h remembers them.
// Thread safety: as its connection.
#pragma once
#include "dynamo_backend/search/local/detail/sqlite.h"

namespace dynamo_backend::search::detail {

void add_rank_functions(Database& db);
fts5_api* fts5_api_of(Database& db);  // throws SqliteError where SQLite has no FTS5

}  // namespace dynamo_backend::search::detail

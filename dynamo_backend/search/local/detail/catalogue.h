// The catalogue of the embedded backend: which indexes there are in which versions, and their
// tables.
//
//   indexes      (id, name, number, state, fingerprint, texts_version)
//                id: of a version's tables; texts_version: raised with each change of t<id>
//   checkpoints  (version_id, name, position)
//   d<id>        (id, key, version, written_at, deleted, texts_hash, size, "f_<filter>"…)
//                one row per document; a tombstone has deleted = 1 and no values; size: in words
//   t<id>        FTS5 ("t_<text>"…), rowid: d<id>.id
//   v<id>        fts5vocab of t<id>: terms and the number of documents that have them
//   w<id>        (word, term): the words that documents had, folded, and what their terms are
// States are those of IndexVersion. A file of another layout (PRAGMA user_version) is begun anew.
// Thread safety: as its connection.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/local/detail/sqlite.h"

namespace dynamo_backend::search::detail {

inline constexpr std::int64_t kLayout = 2;  // raise it when tables or the analysis change

// One version of an index, as it is in the file.
struct PhysicalIndex {
  std::int64_t id = 0;
  std::int64_t texts_version = 0;
  IndexVersion version{};
  std::vector<std::string> texts{};  // names, in the order of the table's columns
  std::vector<std::string> filters{};

  std::string table(char kind) const { return kind + std::to_string(id); }
};

std::string sql_name(std::string_view name);  // as an identifier of SQL
inline std::string text_column(std::string_view name) { return sql_name("t_" + std::string(name)); }
inline std::string filter_column(std::string_view name) {
  return sql_name("f_" + std::string(name));
}

void create_catalogue(Database& db);

// Without documents counted; in order of number.
std::vector<PhysicalIndex> physical_indexes(Database& db, const std::string& name);
// Throws IndexMissing.
PhysicalIndex find_version(Database& db, const IndexDefinition& index, int number);
PhysicalIndex find_live(Database& db, const IndexDefinition& index);

// REQUIRES: a write transaction, of each of these.
int add_version(Database& db, const IndexDefinition& index);
void set_live(Database& db, const IndexDefinition& index, int number);
void drop_version(Database& db, const PhysicalIndex& physical);

}  // namespace dynamo_backend::search::detail

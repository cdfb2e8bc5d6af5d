#include "dynamo_backend/search/local/detail/catalogue.h"

#include "dynamo_backend/search/local/detail/analyzer.h"

namespace dynamo_backend::search::detail {
namespace {

using State = IndexVersion::State;

// A table keeps the columns that it was made with: the cached statement knows them.
std::vector<std::string> columns(Database& db, const std::string& table, std::string_view prefix) {
  std::vector<std::string> names;
  const Query query = db.query("SELECT * FROM " + table);
  for (const std::string_view name : query->names())
    if (name.starts_with(prefix)) names.emplace_back(name.substr(prefix.size()));
  return names;
}

PhysicalIndex read_row(Database& db, Statement& row) {
  PhysicalIndex physical{.id = row.integer(0), .texts_version = row.integer(4)};
  physical.version = {.number = static_cast<int>(row.integer(1)),
                      .state = static_cast<State>(row.integer(2)),
                      .fingerprint = std::string(row.text(3))};
  physical.texts = columns(db, physical.table('t'), "t_");
  physical.filters = columns(db, physical.table('d'), "f_");
  return physical;
}

constexpr const char* kColumns =
    "SELECT id, number, state, fingerprint, texts_version FROM indexes WHERE name = ?1";

void create_tables(Database& db, const IndexDefinition& index, std::int64_t id) {
  const PhysicalIndex physical{.id = id};
  std::string filters, texts;
  for (const FilterField& f : index.filters) filters += ", " + filter_column(f.name);
  for (const TextField& t : index.texts) texts += text_column(t.name) + ", ";
  const std::string d = physical.table('d'), t = physical.table('t');
  db.execute("CREATE TABLE " + d +
             " (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, "
             "written_at INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, "
             "texts_hash INTEGER, size INTEGER" +
             filters + ")");
  db.execute("CREATE INDEX " + d + "_tombstones ON " + d + " (written_at) WHERE deleted = 1");
  for (std::size_t i = 0; i < index.filters.size(); ++i) {
    if (index.filters[i].type == FilterType::time)  // what lists are ordered by
      db.execute("CREATE INDEX " + d + "_order" + std::to_string(i) + " ON " + d + " (" +
                 filter_column(index.filters[i].name) + ") WHERE deleted = 0");
  }
  db.execute("CREATE VIRTUAL TABLE " + t + " USING fts5(" + texts + "tokenize = '" + kTokenizer +
             "')");
  db.execute("CREATE VIRTUAL TABLE " + physical.table('v') + " USING fts5vocab('" + t +
             "', 'row')");
  db.execute("CREATE TABLE " + physical.table('w') +
             " (word TEXT PRIMARY KEY, term TEXT NOT NULL) WITHOUT ROWID");
}

}  // namespace

std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void create_catalogue(Database& db) {
  db.execute(
      "CREATE TABLE IF NOT EXISTS indexes (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT "
      "NULL, number INTEGER NOT NULL, state INTEGER NOT NULL, fingerprint TEXT NOT NULL, "
      "texts_version INTEGER NOT NULL DEFAULT 0, UNIQUE (name, number))");
  db.execute(
      "CREATE TABLE IF NOT EXISTS checkpoints (version_id INTEGER NOT NULL, name TEXT NOT NULL, "
      "position TEXT NOT NULL, PRIMARY KEY (version_id, name)) WITHOUT ROWID");
  // The last number of each index: numbers are never used again.
  db.execute(
      "CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT "
      "ROWID");
}

std::vector<PhysicalIndex> physical_indexes(Database& db, const std::string& name) {
  std::vector<PhysicalIndex> all;
  const Query query = db.query(std::string(kColumns) + " ORDER BY number");
  query->bind(1, std::string_view(name));
  while (query->step()) all.push_back(read_row(db, *query));
  return all;
}

PhysicalIndex find_version(Database& db, const IndexDefinition& index, int number) {
  const Query query = db.query(std::string(kColumns) + " AND number = ?2");
  query->bind(1, std::string_view(index.name)).bind(2, std::int64_t{number});
  if (query->step()) return read_row(db, *query);
  throw IndexMissing("The full-text index " + physical_name(index, number) +
                     " is not there: rebuild it with ./manage opensearch_reindex.");
}

PhysicalIndex find_live(Database& db, const IndexDefinition& index) {
  const Query query = db.query(std::string(kColumns) +
                               " AND state = " + std::to_string(static_cast<int>(State::live)));
  query->bind(1, std::string_view(index.name));
  if (query->step()) return read_row(db, *query);
  throw IndexMissing("The full-text index " + index.name +
                     " is not built yet: ./manage opensearch_reindex builds it, and so does the "
                     "sync worker.");
}

int add_version(Database& db, const IndexDefinition& index) {
  const std::string_view name = index.name;
  const Query number = db.query(
      "INSERT INTO numbers (name, last) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET last = "
      "last + 1 RETURNING last");
  number->bind(1, name);
  number->step();
  const std::int64_t next = number->integer(0);
  number->run();
  const std::string fingerprint = index.fingerprint();
  const Query insert =
      db.query("INSERT INTO indexes (name, number, state, fingerprint) VALUES (?1, ?2, ?3, ?4)");
  insert->bind(1, name)
      .bind(2, next)
      .bind(3, std::int64_t{static_cast<int>(State::building)})
      .bind(4, std::string_view(fingerprint))
      .run();
  create_tables(db, index, db.last_insert_rowid());
  return static_cast<int>(next);
}

void set_live(Database& db, const IndexDefinition& index, int number) {
  // What was built in many steps is searched faster as one.
  const PhysicalIndex physical = find_version(db, index, number);
  const std::string t = physical.table('t');
  if (physical.version.state == State::building)
    db.execute("INSERT INTO " + t + " (" + t + ") VALUES ('optimize')");
  const Query query = db.query(
      "UPDATE indexes SET state = CASE WHEN number = ?2 THEN ?3 ELSE ?4 END WHERE name = ?1 AND "
      "(number = ?2 OR state = ?3)");
  query->bind(1, std::string_view(index.name))
      .bind(2, std::int64_t{number})
      .bind(3, std::int64_t{static_cast<int>(State::live)})
      .bind(4, std::int64_t{static_cast<int>(State::old)})
      .run();
}

void drop_version(Database& db, const PhysicalIndex& physical) {
  db.forget_statements();
  for (const char kind : {'v', 't', 'w', 'd'})
    db.execute("DROP TABLE IF EXISTS " + physical.table(kind));
  for (const char* table :
       {"DELETE FROM checkpoints WHERE version_id = ?1", "DELETE FROM indexes WHERE id = ?1"})
    db.query(table)->bind(1, physical.id).run();
}

}  // namespace dynamo_backend::search::detail

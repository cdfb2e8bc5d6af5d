#include "dynamo_backend/search/local/detail/sqlite.h"

#include <limits>

namespace dynamo_backend::search::detail {
namespace {

constexpr int kBusyMilliseconds = 5000;  // another process writes
constexpr int kInstructionsPerLook = 20'000;
constexpr std::size_t kMostStatements = 256;

[[noreturn]] void fail(sqlite3* db, int code) {
  throw SqliteError(code, db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

int size_of(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw SqliteError(SQLITE_TOOBIG, "a value is larger than SQLite takes");
  return static_cast<int>(text.size());
}

}  // namespace

Statement::Statement(sqlite3* db, std::string_view sql) : db_(db) {
  check(sqlite3_prepare_v3(db, sql.data(), size_of(sql), SQLITE_PREPARE_PERSISTENT, &statement_,
                           nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::check(int result) const {
  if (result != SQLITE_OK) fail(db_, result);
}

Statement& Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value));
  return *this;
}

Statement& Statement::bind(int index, double value) {
  check(sqlite3_bind_double(statement_, index, value));
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  const char* data = text.data() ? text.data() : "";  // nullptr would bind NULL
  check(sqlite3_bind_text(statement_, index, data, size_of(text), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  const char* data = bytes.data() ? bytes.data() : "";
  check(sqlite3_bind_blob(statement_, index, data, size_of(bytes), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind(int index, const SqlValue& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return bind(index, *i);
  if (const auto* t = std::get_if<std::string>(&value)) return bind(index, std::string_view(*t));
  if (const auto* b = std::get_if<Blob>(&value)) return bind_blob(index, b->bytes);
  check(sqlite3_bind_null(statement_, index));
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  fail(db_, sqlite3_extended_errcode(db_));
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

// What went wrong, step() has thrown already.
void Statement::reset() { sqlite3_reset(statement_); }

std::vector<std::string_view> Statement::names() const {
  std::vector<std::string_view> all;
  for (int i = 0; i < sqlite3_column_count(statement_); ++i)
    all.emplace_back(sqlite3_column_name(statement_, i));
  return all;
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

// (sqlite3_column_text() copies, for its NUL.)
std::string_view Statement::text(int column) const { return blob(column); }

std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes ? std::string_view(
                     bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
               : std::string_view();
}

SqlValue Statement::value(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_TEXT:
      return std::string(text(column));
    case SQLITE_BLOB:
      return Blob{std::string(blob(column))};
    default:
      return {};
  }
}

Database::Database(const std::string& file) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result =
      sqlite3_open_v2(file.empty() ? ":memory:" : file.c_str(), &db_, flags, nullptr);
  if (result != SQLITE_OK) {
    const SqliteError error(result, db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(result));
    sqlite3_close_v2(db_);
    throw error;
  }
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, kBusyMilliseconds);
}

Database::~Database() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

void Database::execute(const std::string& sql) {
  const int result = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(db_, result);
}

Query Database::query(const std::string& sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return Query(known->second);
  // Filters of many forms make many statements.
  if (statements_.size() >= kMostStatements) statements_.clear();
  auto statement = std::make_shared<Statement>(db_, sql);
  statements_.emplace(sql, statement);
  return Query(std::move(statement));
}

Transaction::Transaction(Database& db, Kind kind) : db_(db) {
  db_.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

// SQLite has rolled back by itself after some errors; then there is nothing to do.
Transaction::~Transaction() {
  if (open_ && sqlite3_get_autocommit(db_.handle()) == 0)
    sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  db_.execute("COMMIT");
  open_ = false;
}

Deadline::Deadline(Database& db, std::chrono::milliseconds time)
    : db_(db), end_(std::chrono::steady_clock::now() + time) {
  sqlite3_progress_handler(db_.db_, kInstructionsPerLook, &Deadline::is_over, this);
}

Deadline::~Deadline() { sqlite3_progress_handler(db_.db_, 0, nullptr, nullptr); }

int Deadline::is_over(void* self) {
  return std::chrono::steady_clock::now() >= static_cast<Deadline*>(self)->end_ ? 1 : 0;
}

}  // namespace dynamo_backend::search::detail

// SQLite as C++: a connection, its cached statements, transactions.
// Thread safety: one thread at a time.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include <sqlite3.h>

namespace dynamo_backend::search::detail {

class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_ & 0xFF; }  // SQLITE_CORRUPT, …
  // The file holds no database, or a broken one.
  bool is_damage() const { return code() == SQLITE_CORRUPT || code() == SQLITE_NOTADB; }

 private:
  int code_;
};

struct Blob {
  std::string bytes{};
  friend auto operator<=>(const Blob&, const Blob&) = default;
};
// A value in a column; the variant's order is SQLite's, but for numbers, which are integers alone.
using SqlValue = std::variant<std::monostate, std::int64_t, std::string, Blob>;

class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters count from 1. Texts and blobs must live until the statement is reset.
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind(int index, const SqlValue& value);
  bool step();  // a row is there
  void run();   // to its end, and reset
  void reset();

  std::vector<std::string_view> names() const;  // of its columns; they end with the statement

  // ---- columns of the row, from 0; views end with the next step
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  SqlValue value(int column) const;

 private:
  void check(int result) const;
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

// A statement of the connection's cache in use; resets it in the end.
class Query {
 public:
  explicit Query(std::shared_ptr<Statement> statement) : statement_(std::move(statement)) {}
  ~Query() { statement_->reset(); }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Statement* operator->() const { return statement_.get(); }
  Statement& operator*() const { return *statement_; }

 private:
  std::shared_ptr<Statement> statement_;
};

class Database {
 public:
  // Empty: in memory. Throws SqliteError.
  explicit Database(const std::string& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  // Not while the same statement is in use.
  Query query(const std::string& sql);
  // Statements of tables that are to be dropped.
  void forget_statements() { statements_.clear(); }
  std::int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(db_); }
  sqlite3* handle() const { return db_; }

 private:
  friend class Deadline;
  sqlite3* db_ = nullptr;
  std::unordered_map<std::string, std::shared_ptr<Statement>> statements_{};
};

// Everything in its scope is one transaction; rolled back unless committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t { read, write };
  Transaction(Database& db, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

// Statements of the connection are interrupted (SQLITE_INTERRUPT) when the time is over.
class Deadline {
 public:
  Deadline(Database& db, std::chrono::milliseconds time);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  static int is_over(void* self);
  Database& db_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace dynamo_backend::search::detail

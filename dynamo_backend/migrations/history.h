// History: which migrations have been applied, and how far the one that is in work has come.
//
// Table <prefix>ddbdjango_migrations, one item a migration beside the lease (lease.h):
//   pk (S)           = "demo_app.0002_add_subtitle"
//   state (S)        = "applied", "applying" or "reverting"
//   applied_at (S)   ISO 8601: when it was applied, or begun
//   fence (N)        the fencing number of the run that wrote it last
//   operation (N)    which operation is in work, from 0: those before it are done; when reverting
//                    those behind it are undone
//   done_hash (S)    of the operations that are done: a file that was edited meanwhile is refused
//   work_hash (S)    of these and the one in work: one that was edited walks from the start
//   part (N)         which part of the operation: an operation may walk the rows more than once
//   segments (M)     of its walk: "<n>" = {key (M): LastEvaluatedKey, rows (N), written (N),
//                    refused (N)} or {done: true, …}
//   building (SS)    "<table>/<index>": indexes that queries must not use until this is done
//
// A migration is begun in a transaction that checks the lease; what is in work is written on
// condition that `fence` is the run's own, and a run that takes over claims what it finds in work
// first. So nothing is recorded by a run that has lost its lease.
// Thread safety: reading from any thread; Record: see there.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/migrations/lease.h"
#include "dynamo_backend/migrations/migration.h"

namespace dynamo_backend::migrations {

// How far one segment of a walk has come.
struct SegmentProgress {
  dynamodb::Item key{};  // the walk goes on behind it; empty: from the start
  bool done = false;
  std::uint64_t rows = 0, written = 0;
  std::uint64_t refused = 0;  // rows that the operation cannot be done on: it fails at its end
};

enum class MigrationPhase : std::uint8_t { applied, applying, reverting };

struct MigrationRecord {
  MigrationId id{};
  MigrationPhase phase = MigrationPhase::applied;
  base::Timestamp applied_at{};
  std::uint64_t fence = 0;
  std::size_t operation = 0;
  std::string done_hash{}, work_hash{};
  std::size_t part = 0;
  std::vector<SegmentProgress> segments{};
  std::vector<std::string> building{};
};

// All records, in order of id. Empty where there is no history table.
std::vector<MigrationRecord> read_history(const Connection& connection);
std::vector<MigrationRecord> read_history(const RunControl& control);

// Makes the history table where it is missing.
void make_history_table(const RunControl& control);

// Of the operations [0, count) of a migration.
std::string hash_of(const Migration& migration, std::size_t count);

// What is in work of an operation.
struct WorkPart {
  std::size_t part = 0, segments = 0;
  std::vector<std::string> building{};
  std::string hash{};
};

// The record of the migration in work, written as it goes. Throws LeaseLost where another run has
// taken over.
// Thread safety: any thread.
class Record {
 public:
  Record(const RunControl& control, const Lease& lease, MigrationRecord record)
      : control_(control), lease_(lease), record_(std::move(record)) {}

  MigrationRecord current() const;
  // The first record of a migration: in a transaction with the lease.
  void begin();
  // Makes a record that was found the run's own. In another phase than it was found in, the
  // operation in work begins anew.
  void claim(MigrationPhase phase);
  // A new walk, or another operation: the segments start anew.
  void enter(std::size_t operation, std::string done_hash, WorkPart work = {});
  void save(std::size_t segment, const SegmentProgress& progress);
  void finish();  // applied
  void remove();  // undone

 private:
  void write(dynamodb::UpdateExpression update, const dynamodb::Condition& condition);
  dynamodb::Condition mine() const;
  double units() const;

  const RunControl& control_;
  const Lease& lease_;
  mutable std::mutex mutex_;  // of record_ and stored_units_
  double stored_units_ = 0;   // of the record as it is stored, as far as is known
  MigrationRecord record_;
};

}  // namespace dynamo_backend::migrations

// OperationRunner: does one operation's work in the database; again, where an earlier run was cut
// off in it.
//
// An operation has parts, done in order: a change of the table, or a walk over rows. The record
// knows the part in work and how far its walk has come.
// Thread safety: one thread at a time.
#pragma once
#include <string>

#include "dynamo_backend/migrations/executor.h"
#include "dynamo_backend/migrations/history.h"

namespace dynamo_backend::migrations {

class OperationRunner {
 public:
  OperationRunner(const RunControl& control, const MigrateOptions& options,
                  const Registry& registry)
      : control_(control), options_(options), registry_(registry) {}

  // `record`: of the operation's migration, entered at `index`. Throws as migrate().
  void run(const Operation& operation, std::size_t index, const Migration& migration,
           const ProjectState& before, bool backwards, Record& record);

 private:
  void operator_done();
  void create(const CreateTable& op);
  void drop(const DeleteTable& op);
  void add_index(const AddIndex& op);
  void remove_index(const RemoveIndex& op);
  void add_unique(const ModelState& model, const UniqueState& unique);
  void remove_claims(const std::string& prefix);
  void rewrite(const ModelState& model, const RowChanger& change, bool reads_whole_row);
  void run_once(const RunFunction& op);

  // Walks `table` as the next part. Returns the sum over its segments.
  SegmentProgress walk(const std::string& table, dynamodb::Condition filter,
                       std::function<Visit(dynamodb::ItemView)> visit);
  bool part_is_done();  // counts parts: whether the next one was done by an earlier run
  void next_part();
  const ModelInfo* compiled(const ModelState& model) const;
  std::vector<std::string> indexes_in_work() const;

  const RunControl& control_;
  const MigrateOptions& options_;
  const Registry& registry_;

  // ---- of the operation in work
  const Operation* operation_ = nullptr;
  const Migration* migration_ = nullptr;
  const ProjectState* before_ = nullptr;
  bool backwards_ = false;
  std::size_t index_ = 0, part_ = 0;
  Record* record_ = nullptr;
};

}  // namespace dynamo_backend::migrations

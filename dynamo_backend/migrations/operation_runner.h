// OperationRunner: does one operation's work in the database; again, where an earlier run was cut
// off in it.
//
// An operation has parts, done in order: a change of the table, which may be asked for again, or a
// walk over rows. The record knows the part in work and how far its walk has come.
// Thread safety: one thread.
#pragma once
#include <string>

#include "dynamo_backend/migrations/executor.h"
#include "dynamo_backend/migrations/history.h"

namespace dynamo_backend::migrations {

// What an operation is run on.
struct OperationContext {
  const Migration* migration = nullptr;
  std::size_t index = 0;  // of the operation, in the migration
  Operation operation{};  // going backwards: its reversal
  ProjectState before{};  // before `operation`
  bool backwards = false;
};

// "Add field subtitle to Post", "Undo: Add …".
std::string title(const OperationContext& context);

class OperationRunner {
 public:
  OperationRunner(const RunControl& control, const MigrateOptions& options,
                  const Registry& registry, OperationContext context, Record& record);

  // Throws as migrate().
  void run();

 private:
  void create(const CreateTable& op);
  void drop(const DeleteTable& op);
  void add_index(const std::string& table, const dynamodb::IndexDefinition& index);
  void make_claims_table(const ModelState& model);
  void add_unique(const ModelState& model, const UniqueState& unique);
  void remove_unique(const ModelState& model, const UniqueState& unique);
  void walk_claims(const std::vector<std::string>& prefixes,
                   const std::function<Visit(dynamodb::ItemView)>& visit);
  Visit remove_claim(dynamodb::ItemView claim);
  void rewrite(const ModelState& model, const Operation& op, const ProjectState& before);
  void recompute(const ModelState& model);
  void run_once(const RunFunction& op);

  // Walks the table as a part of its own, unless it is done. The sum over its segments.
  SegmentProgress walk(const std::string& table,
                       const std::function<Visit(dynamodb::ItemView)>& visit,
                       dynamodb::Condition filter = {});
  void enter(std::size_t part, std::size_t segments);
  bool was_edited() const;
  bool lacks_its_table() const;
  const ModelInfo* compiled(const ModelState& model) const;
  std::vector<std::string> indexes_in_work() const;
  // Tells this process's planner. Others look at the history (index_readiness.h).
  void set_ready(bool ready) const;
  const ModelState& model() const;  // after the operation

  const RunControl& control_;
  const MigrateOptions& options_;
  const Registry& registry_;
  const OperationContext context_;
  ProjectState after_;
  Record& record_;
  std::size_t part_ = 0;  // the next one
};

}  // namespace dynamo_backend::migrations

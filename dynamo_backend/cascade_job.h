// Deletions that are too large for one transaction: a row of CascadeJob says what is being deleted,
// from before the first child goes until all is gone.
//
// Children go before their parents, the row itself last: a process that dies leaves a row with some
// of its children, never children without their parent. Whoever starts next goes on:
// resume_cascades(), which runserver and `./manage resume_jobs` call. Doing a job's work twice,
// even at once, is harmless: every step looks at what is there. The table `<prefix>ddbdjango_jobs`
// is made when it is first needed. Thread safety: any thread.
#pragma once
#include <functional>
#include <stop_token>

#include "dynamo_backend/models.h"

namespace dynamo_backend {

class FirstError;

struct CascadeJob : DynamoModel<CascadeJob> {
  std::string model{};       // "demo_app.Author"
  std::string row{};         // its key, for people
  Binary row_key{};          // packed
  std::int64_t deleted = 0;  // rows so far, to within a thousand
  std::string problem{};     // why it cannot go on; empty: it can
  Timestamp started_at{};
  Timestamp updated_at{};

  std::string str() const { return "delete " + model + " " + row; }

  static constexpr auto schema =
      define<CascadeJob>({.app_label = "dynamo_backend", .table_name = "ddbdjango_jobs"},
                         CharField<&CascadeJob::model>{}, CharField<&CascadeJob::row>{},
                         BinaryField<&CascadeJob::row_key>{}, IntegerField<&CascadeJob::deleted>{},
                         TextField<&CascadeJob::problem>{.blank = true},
                         DateTimeField<&CascadeJob::started_at>{.auto_now_add = true},
                         DateTimeField<&CascadeJob::updated_at>{.auto_now = true});
};

struct ResumedCascades {
  std::size_t finished = 0, blocked = 0;
};
// Finishes the jobs that are there. `progress` is told of each job about every thousand rows. A job
// that cannot go on (its model is not registered, a row protects what is left) says why in
// `problem` and in the log. `stop` ends it between two batches; the job stays for the next time.
// REQUIRES: the models are registered. Throws DatabaseError.
using CascadeProgress = std::function<void(const CascadeJob& job)>;
ResumedCascades resume_cascades(const CascadeProgress& progress = {}, std::stop_token stop = {});

// ---- for deletion.cc
// Stored until finish(); once something was begun, an exception leaves it for resume_cascades().
class RunningCascade {
 public:
  RunningCascade(const ModelInfo& model, dynamodb::ItemView row);
  RunningCascade(CascadeJob job, CascadeProgress progress, std::stop_token stop)
      : job_(std::move(job)), progress_(std::move(progress)), stop_(std::move(stop)) {}
  struct Stopped {};
  void note_step();  // something is done from here on; throws Stopped
  bool begun() const { return begun_; }
  void note_deleted(std::size_t rows);
  void finish();
  void give_up();  // before anything was done: it is not to be done later; does not throw

 private:
  CascadeJob job_;
  CascadeProgress progress_{};
  std::stop_token stop_{};
  std::size_t unsaved_ = 0;
  bool begun_ = false;
};
// Throws ProtectedError where a row holds back what a job is to delete.
void check_cascade(const Connection& connection, const ModelInfo& model, dynamodb::ItemView key);
// What a job does, from wherever it stopped. `of_listeners`: of post_delete.
std::optional<dynamodb::PackedItem> run_cascade(const Connection& connection,
                                                const ModelInfo& model, dynamodb::PackedItem key,
                                                RunningCascade& job, FirstError& of_listeners);
// Deletes, or unlinks, rows that point to a row that is deleted.
void clear_late_children(const Connection& connection, const ModelInfo& model,
                         dynamodb::ItemView row, FirstError& of_listeners);

}  // namespace dynamo_backend

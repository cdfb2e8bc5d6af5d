// Bulk jobs: an action on many rows, row by row: resumable, with progress, cancelled and undone.
//
// A job is a row: what it works on (chosen keys, or a filter), how far it is, and who works on it.
// Whoever holds its lease works off a batch, saves where it is, and goes on; a process that dies
// leaves a job that the next to start resumes, at the last batch. Every row that it changes has an
// entry in the log, of an id that follows from the job, written with the row: it tells that the row
// is done, to whoever comes to it again. Undoing is a job over those entries, which leaves rows
// that others have changed since.
// Thread safety: functions from any thread.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "admin/audit.h"
#include "admin/changelist.h"

namespace admin {

struct BulkJob : dynamo_backend::DynamoModel<BulkJob> {
  std::string model{};            // "demo_app/post"
  std::string action{};           // an action's name, "delete_selected", or "undo"
  std::string state = "waiting";  // running, done, cancelled, failed
  std::string user{}, user_name{};
  std::string selection{};  // selection_json()
  std::string cursor{};     // where the next batch begins
  std::string undoes{};     // the job that it undoes
  // Of the batches that are done: rows that it was done to, and rows that were gone, or refused.
  std::int64_t done = 0, skipped = 0;
  std::int64_t expected = 0;  // about how many there are
  std::string problem{};      // of the last row that was skipped, or why it failed
  bool cancel = false;        // somebody asked for its end
  // The end of a lease is whose it is: who takes it when it is over sets a later one.
  std::optional<Timestamp> leased_until{};
  Timestamp created_at{};
  std::int64_t version = 0;

  std::string str() const { return action + " of " + model; }
  bool is_over() const { return state == "done" || state == "cancelled" || state == "failed"; }
  static std::string newest(const BulkJob&) { return "all"; }

  // clang-format off
  static constexpr auto schema = define<BulkJob>(
      {.ordering = "-created_at"},
      CharField<&BulkJob::model>{}, CharField<&BulkJob::action>{}, CharField<&BulkJob::state>{},
      CharField<&BulkJob::user>{.blank = true}, CharField<&BulkJob::user_name>{.blank = true},
      TextField<&BulkJob::selection>{}, TextField<&BulkJob::cursor>{.blank = true},
      CharField<&BulkJob::undoes>{.blank = true},
      dynamo_backend::IntegerField<&BulkJob::done>{}, dynamo_backend::IntegerField<&BulkJob::skipped>{},
      dynamo_backend::IntegerField<&BulkJob::expected>{}, TextField<&BulkJob::problem>{.blank = true},
      dynamo_backend::BooleanField<&BulkJob::cancel>{}, DateTimeField<&BulkJob::leased_until>{},
      DateTimeField<&BulkJob::created_at>{.auto_now_add = true},
      dynamo_backend::VersionField<&BulkJob::version>{},
      ComputedIndex<&BulkJob::newest, &BulkJob::created_at>{.name = "newest"});
  // clang-format on
};

// ---- what a job works on
struct Selection {
  std::vector<std::string> keys{};  // in URLs; empty: all rows of the request
  ListRequest request{};
  base::Uuid job{};  // that is to work on it; nil: not known yet
};
std::string selection_json(const Selection& selection);
Selection selection_of(const std::string& json);  // throws base::JsonError
// For a form: nobody can change it, or use it for another model, or for two jobs: it has a job's
// key.
std::string sealed(const ModelAdmin& admin, const Selection& selection);
Selection unsealed(const ModelAdmin& admin, std::string_view text);  // throws InvalidCursor

// Throws IntegrityError: the selection's job has been made.
BulkJob make_job(const ModelAdmin& admin, const std::string& action, const Selection& selection,
                 std::int64_t expected, const Actor& actor);
BulkJob make_undo(const BulkJob& job, const Actor& actor);

// Works off one batch. False: it is over, or another works on it, or has taken it meanwhile.
bool run_batch(const base::Uuid& job);
void cancel_job(const base::Uuid& job);
// A job that failed waits again, to go on where it was.
void reopen_job(const base::Uuid& job);

// Threads that work off jobs, one for each; destruction stops them between two batches.
class JobThreads {
 public:
  ~JobThreads();
  void start(const base::Uuid& job);
  // Works off what earlier processes have left undone, each job once its lease is over.
  void resume();

 private:
  void run(std::function<void(const std::stop_token&)> work);

  struct Running {
    std::jthread thread;
    std::shared_ptr<std::atomic<bool>> over;
  };
  std::mutex mutex_;
  std::vector<Running> threads_{};
};

}  // namespace admin

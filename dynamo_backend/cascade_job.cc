#include "dynamo_backend/cascade_job.h"

#include "base/log.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/tables.h"

namespace dynamo_backend {
namespace {

constexpr std::size_t kRowsPerCheckpoint = 1000;

bool table_is_missing(const DatabaseError& e) {
  return e.error().code == dynamodb::ErrorCode::resource_not_found;
}

// The first job of a database makes the table.
CascadeJob store(CascadeJob job) {
  try {
    return CascadeJob::objects.create(job);
  } catch (const DatabaseError& e) {
    if (!table_is_missing(e)) throw;
  }
  ensure_unregistered_table(model_info<CascadeJob>());
  return CascadeJob::objects.create(std::move(job));
}

QuerySet<CascadeJob> stored(const CascadeJob& job) {
  return CascadeJob::objects.filter(f<&CascadeJob::pk> == job.pk);
}

// The job is done all the same.
void log_failure(const CascadeJob& job, const FirstError& of_listeners) {
  try {
    of_listeners.rethrow();
  } catch (const std::exception& e) {
    base::log_error("cascade: " + job.str() + ": a listener of post_delete failed: " + e.what());
  }
}

void block(const CascadeJob& job, const std::string& why) {
  base::log_error("cascade: " + job.str() + " cannot go on: " + why);
  stored(job).update(f<& CascadeJob::problem> = why);
}

}  // namespace

RunningCascade::RunningCascade(const ModelInfo& model, dynamodb::ItemView row) {
  const dynamodb::Item key = key_of(model, row);
  job_ = store({.model = model.label(),
                .row = key_text(model, key),
                .row_key = {dynamodb::PackedItem(key).bytes()}});
}

void RunningCascade::note_step() {
  if (stop_.stop_requested()) throw Stopped();
  begun_ = true;
}

void RunningCascade::note_deleted(std::size_t rows) {
  unsaved_ += rows;
  if (unsaved_ < kRowsPerCheckpoint) return;
  job_.deleted += static_cast<std::int64_t>(std::exchange(unsaved_, 0));
  stored(job_).update(f<& CascadeJob::deleted> = job_.deleted);
  base::log_info("cascade: " + job_.str() + ": " + std::to_string(job_.deleted) + " rows deleted");
  if (progress_) progress_(job_);
}

void RunningCascade::finish() {
  job_.deleted += static_cast<std::int64_t>(std::exchange(unsaved_, 0));
  stored(job_).remove();
  base::log_info("cascade: " + job_.str() + ": done, " + std::to_string(job_.deleted) + " rows");
  if (progress_) progress_(job_);
}

void RunningCascade::give_up() {
  try {
    stored(job_).remove();
  } catch (const std::exception& e) {
    base::log_error("cascade: " + job_.str() + " was given up, but its job stays: " + e.what());
  }
}

ResumedCascades resume_cascades(const CascadeProgress& progress, std::stop_token stop) {
  ResumedCascades result;
  std::vector<CascadeJob> jobs;
  try {
    jobs = CascadeJob::objects.allow_scan("jobs").to_vector();
  } catch (const DatabaseError& e) {
    if (table_is_missing(e)) return result;
    throw;
  }
  for (CascadeJob& job : jobs) {
    const ModelInfo* model = Registry::instance().find(job.model);
    ++result.blocked;
    if (!model) {
      block(job, "there is no model " + job.model + ".");
      continue;
    }
    try {
      dynamodb::PackedItem key(job.row_key.bytes);
      RunningCascade running(job, progress, stop);
      FirstError of_listeners;
      check_cascade(Connection::current(), *model, key.view());
      const auto deleted =
          run_cascade(Connection::current(), *model, std::move(key), running, of_listeners);
      running.finish();
      --result.blocked, ++result.finished;
      if (deleted) of_listeners.keep([&] { send_post_delete(*model, nullptr, deleted->view()); });
      log_failure(job, of_listeners);
    } catch (const RunningCascade::Stopped&) {
      --result.blocked;
      return result;
    } catch (const DatabaseError&) {
      throw;
    } catch (const std::exception& e) {  // it is protected, writers compete, a listener refused
      block(job, e.what());
    }
  }
  return result;
}

}  // namespace dynamo_backend

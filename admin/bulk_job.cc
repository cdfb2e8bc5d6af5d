#include "admin/bulk_job.h"

#include <algorithm>
#include <charconv>

#include "admin/list_filters.h"
#include "admin/row_edit.h"
#include "admin/values.h"
#include "base/json.h"
#include "base/log.h"
#include "dynamo_backend/cursor.h"
#include "dynamo_backend/rows.h"

namespace admin {
namespace {

using base::Uuid;
using dynamo_backend::Connection;
using dynamo_backend::f;
using dynamo_backend::Value;

constexpr std::size_t kBatch = 100;  // rows
constexpr std::chrono::seconds kLease{30}, kRenew{10};
constexpr std::size_t kLatest = 200;  // jobs that are looked at for one that is not over

dynamo_backend::CursorBinding binding(const ModelAdmin& admin) {
  return cursor_binding(Connection::current(), "admin selection of " + admin.model.label(), "2");
}

// Another works on the job.
struct LeaseLost {};

// The right to write a job's row, and to work on it.
class Lease {
 public:
  // `waiting`: the job as it is stored.
  explicit Lease(BulkJob waiting) : stored_(std::move(waiting)) {
    write([&](BulkJob& job) {
      job.state = "running";
      extend(job);
    });
  }

  const BulkJob& job() const { return stored_; }
  // To be called before each piece of work.
  void keep() {
    if (Connection::current().now() >= renew_at_) write([&](BulkJob& job) { extend(job); });
  }
  template <class Change>
  void write(const Change& change) {
    for (;;) {
      BulkJob next = stored_;
      change(next);
      try {
        next.save();
        stored_ = std::move(next);
        return;
      } catch (const dynamo_backend::ConflictError&) {
        BulkJob now = BulkJob::objects.filter(f<&BulkJob::pk> == stored_.pk).consistent().get();
        if (now.is_over() || now.leased_until != stored_.leased_until) throw LeaseLost();
        stored_ = std::move(now);  // somebody asked for its end
      }
    }
  }

 private:
  void extend(BulkJob& job) {
    const Timestamp now = Connection::current().now();
    job.leased_until = now + kLease;
    renew_at_ = now + kRenew;
  }

  BulkJob stored_;
  Timestamp renew_at_{};
};

// The job's work: rows of a selection, or entries of a log.
class Batch {
 public:
  Batch(BulkJob& job, Lease& lease)
      : job_(job), lease_(lease), actor_{job.user, job.user_name, job.pk.str(), job.created_at} {}

  // False: there is no more.
  bool run() {
    if (!job_.undoes.empty()) return undo();
    const ModelAdmin* admin = site().find(job_.model);
    if (!admin) throw std::runtime_error("the model is not registered");
    const Selection selection = selection_of(job_.selection);
    if (!selection.keys.empty()) return by_keys(*admin, selection.keys);
    return by_filter(*admin, selection.request);
  }

 private:
  bool by_keys(const ModelAdmin& admin, const std::vector<std::string>& keys) {
    std::size_t at = 0;
    std::from_chars(job_.cursor.data(), job_.cursor.data() + job_.cursor.size(), at);
    const std::size_t end = std::min(at + kBatch, keys.size());
    for (; at < end; ++at) {
      const auto key = key_from_url(admin.model, keys[at]);
      if (key)
        one(admin, *key);
      else
        skip("a key that is none");
    }
    job_.cursor = std::to_string(at);
    return at < keys.size();
  }

  bool by_filter(const ModelAdmin& admin, const ListRequest& request) {
    const bool saves = job_.action != "delete_selected";
    if (const auto found = found_rows(admin, request, job_.cursor, /*by_rank=*/saves)) {
      for (const std::string& row : found->rows)
        one(admin, key_of(admin.model, dynamodb::ItemView(row)));
      if (found->next) job_.cursor = *found->next;
      return found->next.has_value();
    }
    const auto page = fetch_page(list_query(admin, request).sliced(0, kBatch), job_.cursor);
    for (const std::string& row : page.rows)
      one(admin, key_of(admin.model, dynamodb::ItemView(row)));
    if (page.next) job_.cursor = *page.next;
    return page.next.has_value();
  }

  void one(const ModelAdmin& admin, const dynamodb::Item& key) {
    attempt([&] {
      if (job_.action == "delete_selected") return delete_row(admin.model, key, actor_);
      const Action* action = admin.find_action(job_.action);
      if (!action) throw std::runtime_error("there is no such action");
      return change_row(admin.model, key, actor_, action->change);
    });
  }

  bool undo() {
    dynamo_backend::Page<LogEntry> page = LogEntry::objects.filter(f<&LogEntry::job> == job_.undoes)
                                              .order_by("-id")
                                              .limit(kBatch)
                                              .page(job_.cursor);
    for (const LogEntry& entry : page.items) {
      const ModelInfo* model = dynamo_backend::Registry::instance().find(entry.model);
      if (!model) {
        skip("the model " + entry.model + " is not there");
        continue;
      }
      attempt([&] { return revert(*model, entry, actor_); });
    }
    if (page.next) job_.cursor = *page.next;
    return page.next.has_value();
  }

  template <class Work>
  void attempt(const Work& work) {
    lease_.keep();
    try {
      if (work())
        ++job_.done;
      else
        skip("a row was gone, or was changed since");
    } catch (const dynamo_backend::DatabaseError&) {
      throw;  // not this row's fault
    } catch (const std::exception& e) {
      skip(e.what());
    }
  }
  void skip(const std::string& why) {
    job_.problem = why.substr(0, 500);
    ++job_.skipped;
  }

  BulkJob& job_;  // how far it is
  Lease& lease_;
  const Actor actor_;
};

// Its rows are on no list any more when they are done: those of a batch that a dying process did
// not count are counted by the log.
bool is_deletion_by_filter(const BulkJob& job) {
  return job.action == "delete_selected" && selection_of(job.selection).keys.empty();
}
std::int64_t logged(const Uuid& pk) {
  return static_cast<std::int64_t>(LogEntry::objects.filter(f<&LogEntry::job> == pk.str()).count());
}

// The newest first: a process that works on one may have died.
std::vector<Uuid> unfinished_jobs() {
  std::vector<Uuid> found;
  for (const BulkJob& job : BulkJob::objects.filter(f<&BulkJob::newest> == "all")
                                .order_by("-created_at")
                                .limit(kLatest)) {
    if (!job.is_over()) found.push_back(job.pk);
  }
  return found;
}

}  // namespace

std::string selection_json(const Selection& selection) {
  base::Json json = base::Json::object();
  if (!selection.keys.empty()) {
    json["keys"] = selection.keys;
  } else {
    json["filter"] = base::Json::array();
    for (const auto& [name, value] : list_parameters(chosen_by(selection.request)))
      json["filter"].push_back({name, value});
  }
  return json.dump();
}

Selection selection_of(const std::string& text) {
  const base::Json json = base::parse_json(text);
  Selection selection;
  if (json.contains("keys")) {
    for (const auto& key : json["keys"]) selection.keys.push_back(key.get<std::string>());
    return selection;
  }
  for (const auto& pair : json.at("filter")) {
    const auto name = pair.at(0).get<std::string>(), value = pair.at(1).get<std::string>();
    if (name == "q")
      selection.request.search = value;
    else if (name == "o")
      selection.request.order = value;
    else
      selection.request.filters.emplace_back(name, value);
  }
  return selection;
}

std::string sealed(const ModelAdmin& admin, const Selection& selection) {
  return seal_cursor(
      Connection::current(), binding(admin),
      {.position = {{"selection", selection_json(selection)}, {"job", Uuid::random().str()}}});
}
Selection unsealed(const ModelAdmin& admin, std::string_view text) {
  const auto cursor = open_cursor(Connection::current(), binding(admin), text);
  Selection selection = selection_of(cursor.position.at("selection").as<std::string>());
  selection.job = *Uuid::parse(cursor.position.at("job").as<std::string>());
  return selection;
}

BulkJob make_job(const ModelAdmin& admin, const std::string& action, const Selection& selection,
                 std::int64_t expected, const Actor& actor) {
  BulkJob job{.model = admin.path(),
              .action = action,
              .user = actor.key,
              .user_name = actor.name,
              .selection = selection_json(selection),
              .expected = expected};
  job.pk = selection.job;
  return BulkJob::objects.create(std::move(job));
}

BulkJob make_undo(const BulkJob& job, const Actor& actor) {
  return BulkJob::objects.create({.model = job.model,
                                  .action = "undo",
                                  .user = actor.key,
                                  .user_name = actor.name,
                                  .selection = "{}",
                                  .undoes = job.pk.str(),
                                  .expected = job.done});
}

bool run_batch(const Uuid& pk) {
  const auto found = BulkJob::objects.filter(f<&BulkJob::pk> == pk).consistent().try_get();
  if (!found || found->is_over()) return false;
  const auto now = Connection::current().now();
  if (found->state == "running" && found->leased_until && *found->leased_until > now) return false;
  if (found->cancel) {
    BulkJob job = *found;
    job.state = "cancelled";
    job.save();
    return false;
  }
  try {
    Lease lease(*found);
    BulkJob worked = lease.job();
    bool more = false;
    try {
      const bool died = found->state == "running";
      if (died && is_deletion_by_filter(worked)) worked.done = std::max(worked.done, logged(pk));
      more = Batch(worked, lease).run();
      worked.state = more ? "waiting" : "done";
    } catch (const std::exception& e) {
      worked = lease.job();  // the batch is to be done again, and counted then
      worked.state = "failed";
      worked.problem = std::string(e.what()).substr(0, 500);
      base::log_error("admin: job " + pk.str() + " failed: " + worked.problem);
    }
    lease.write([&](BulkJob& job) {
      job.state = worked.state;
      job.cursor = worked.cursor;
      job.done = worked.done;
      job.skipped = worked.skipped;
      job.problem = worked.problem;
      job.leased_until.reset();
    });
    return more;
  } catch (const LeaseLost&) {
    return false;
  }
}

void cancel_job(const Uuid& pk) {
  for (int attempt = 1;; ++attempt) {
    BulkJob job = BulkJob::objects.filter(f<&BulkJob::pk> == pk).consistent().get();
    if (job.is_over()) return;
    job.cancel = true;
    if (job.state == "waiting") job.state = "cancelled";
    try {
      return job.save();
    } catch (const dynamo_backend::ConflictError&) {
      if (attempt == 5) throw;
    }
  }
}

void reopen_job(const Uuid& pk) {
  BulkJob job = BulkJob::objects.filter(f<&BulkJob::pk> == pk).consistent().get();
  if (job.state != "failed") return;
  job.state = "waiting";
  job.problem.clear();
  job.cancel = false;
  try {
    job.save();
  } catch (const dynamo_backend::ConflictError&) {  // another has just done so
  }
}

JobThreads::~JobThreads() {
  for (Running& running : threads_) running.thread.request_stop();
}

void JobThreads::run(std::function<void(const std::stop_token&)> work) {
  const std::lock_guard lock(mutex_);
  std::erase_if(threads_, [](const Running& r) { return r.over->load(); });
  auto over = std::make_shared<std::atomic<bool>>(false);
  threads_.push_back({std::jthread([work = std::move(work), over](const std::stop_token& stop) {
                        try {
                          work(stop);
                        } catch (const std::exception& e) {
                          base::log_error(std::string("admin: jobs: ") + e.what());
                        }
                        *over = true;
                      }),
                      over});
}

void JobThreads::start(const Uuid& job) {
  run([job](const std::stop_token& stop) {
    while (!stop.stop_requested() && run_batch(job)) {
    }
  });
}

void JobThreads::resume() {
  run([](const std::stop_token& stop) {
    const Connection& connection = Connection::current();
    for (auto jobs = unfinished_jobs(); !jobs.empty(); jobs = unfinished_jobs()) {
      for (const Uuid& job : jobs)
        while (!stop.stop_requested() && run_batch(job)) {
        }
      // Whoever leased one has done a batch of it by then, or has died.
      const Timestamp leases_over = connection.now() + kLease;
      while (connection.now() < leases_over) {
        if (stop.stop_requested()) return;
        connection.sleep(std::chrono::milliseconds(100));
      }
    }
  });
}

}  // namespace admin

// Bulk jobs: their list, and one with its progress, cancelling, resuming and undoing.
#include "admin/bulk_job.h"
#include "admin/page.h"
#include "admin/values.h"
#include "admin/views.h"
#include "dynamo_backend/exceptions.h"

namespace admin {
namespace {

const ModelAdmin& admin_of(const BulkJob& job) {
  const ModelAdmin* admin = site().find(job.model);
  if (!admin) not_found("The job's model is not registered.");
  return *admin;
}

// A job is its maker's and superusers'.
BulkJob load(const Page& page, const base::Uuid& pk) {
  const auto job =
      BulkJob::objects.filter(dynamo_backend::f<&BulkJob::pk> == pk).consistent().try_get();
  if (!job || (job->user != page.actor().key && !page.is_superuser()))
    not_found("There is no such job.");
  return *job;
}

void demand_right(const Page& page, const BulkJob& job) {
  const ModelAdmin& admin = admin_of(job);
  const Action* action = admin.find_action(job.action);
  if (job.action == "undo") {
    page.demand(admin, "change");
    return;
  }
  page.demand_act(admin, action ? action->permission : "delete");
}

void show_job(const BulkJob& job, web::Context& turn) {
  turn.set("job", job.str()).set("job_url", "/admin/jobs/" + job.pk.str() + "/");
  turn.set("job_state", job.state).set("job_user", job.user_name);
  turn.set("job_at", base::to_iso(job.created_at).substr(0, 19));
  turn.set("job_done", job.done).set("job_skipped", job.skipped);
  turn.set("job_expected", job.expected);
  const auto looked_at = job.done + job.skipped;
  turn.set("job_max", std::max<std::int64_t>(std::max(job.expected, looked_at), 1));
  turn.set("job_value", job.state == "done"
                            ? std::max<std::int64_t>(std::max(job.expected, looked_at), 1)
                            : looked_at);
}

web::Response job_list(Page& page) {
  const auto jobs = BulkJob::objects.filter(dynamo_backend::f<&BulkJob::newest> == "all")
                        .order_by("-created_at")
                        .limit(50)
                        .page(page.request.query("cursor").value_or(""));
  bool any = false;
  for (const BulkJob& job : jobs.items) {
    if (job.user != page.actor().key && !page.is_superuser()) continue;
    web::Context turn = page.context.add("jobs");
    show_job(job, turn);
    any = true;
  }
  page.context.show("has_jobs", any).show("no_jobs", !any);
  if (jobs.next) page.context.add("next_page").set("page_url", "?cursor=" + *jobs.next);
  page.crumb("Jobs");
  return page.render("admin/jobs.html", "Jobs");
}

web::Response job_page(Page& page, base::Uuid pk) {
  const BulkJob job = load(page, pk);
  const ModelAdmin& admin = admin_of(job);
  web::Context& context = page.context;
  show_job(job, context);
  const bool leased =
      job.leased_until && *job.leased_until > dynamo_backend::Connection::current().now();
  context.show("has_problem", !job.problem.empty()).set("problem", job.problem);
  context.show("is_running", !job.is_over());
  const bool failed = job.state == "failed";
  context.show("can_resume", failed || (!job.is_over() && !leased));
  context.show("can_undo", job.is_over() && (job.done > 0 || failed) && job.undoes.empty());
  context.set("model_url", model_url(admin)).set("model_title", admin.title());
  page.crumb("Jobs", "/admin/jobs/");
  page.crumb(job.str());
  return page.render("admin/job.html", "Job: " + job.str());
}

web::Response job_post(Page& page, const base::Uuid& pk, JobThreads& threads) {
  const BulkJob job = load(page, pk);
  demand_right(page, job);
  const std::string url = "/admin/jobs/" + pk.str() + "/", what = page.sent("do");
  if (what == "cancel") {
    cancel_job(pk);
    return page.redirect(url, web::Level::success, "It ends after the batch that it works on.");
  }
  if (what == "resume") {
    reopen_job(pk);
    if (run_batch(pk)) threads.start(pk);
    return Page::redirect(url);
  }
  if (what != "undo") throw Refusal(400, "A job is cancelled, resumed or undone.");
  if (!job.is_over() || !job.undoes.empty()) throw Refusal(400, "This job cannot be undone.");
  const ModelAdmin& admin = admin_of(job);
  page.demand(admin, job.action == "delete_selected" ? "add" : "change");
  const BulkJob undo = make_undo(job, page.actor());
  if (run_batch(undo.pk)) threads.start(undo.pk);
  return Page::redirect("/admin/jobs/" + undo.pk.str() + "/");
}

}  // namespace

void add_job_routes(web::Router& router, const std::shared_ptr<JobThreads>& threads) {
  const auto staff = web::Access::staff;
  router.get("/admin/jobs/", view(job_list), "admin:jobs").access(staff);
  router.get("/admin/jobs/<uuid:pk>/", view(job_page), "admin:job").access(staff);
  router
      .post(
          "/admin/jobs/<uuid:pk>/",
          [threads](web::Request& request, base::Uuid pk) {
            Page page(request);
            return answer(page, [&] { return job_post(page, pk, *threads); });
          },
          "admin:job")
      .access(staff);
}

}  // namespace admin

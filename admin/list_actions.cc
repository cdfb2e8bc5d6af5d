#include "admin/list_actions.h"

#include "admin/bulk_job.h"
#include "admin/deletion_preview.h"
#include "admin/values.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/rows.h"

namespace admin {
namespace {

std::string action_title(const ModelAdmin& admin, const std::string& name) {
  if (name == "delete_selected") return "Delete";
  const Action* action = admin.find_action(name);
  if (!action) throw Refusal(400, "There is no such action.");
  return action->title;
}

std::string verb_of(const ModelAdmin& admin, const std::string& name) {
  const Action* action = admin.find_action(name);
  return action ? action->permission : "delete";
}

// The chosen rows that are there, each of which the person may do that to: of all rows of a list
// nobody has asked that.
std::vector<std::shared_ptr<void>> demand_rows(const Page& page, const ModelAdmin& admin,
                                               const std::string& action,
                                               const Selection& selection) {
  if (selection.keys.empty() && admin.options.row_permission && !page.is_superuser())
    throw Refusal(403, "Only a superuser may do that to all rows of this list.");
  std::vector<std::shared_ptr<void>> rows;
  for (const std::string& key : selection.keys) {
    const auto packed = dynamo_backend::fetch(admin.model, Page::key(admin, key));
    if (!packed) continue;
    rows.push_back(row_of(admin.model, packed->bytes()));
    page.demand_row(admin, verb_of(admin, action), rows.back().get());
  }
  return rows;
}

// What goes along with rows needs the permission, too: with chosen ones what is there, with all of
// a list what may be.
void demand_deletion(const Page& page, const ModelAdmin& admin, const Selection& selection,
                     const std::vector<std::shared_ptr<void>>& rows) {
  std::string denied = page.denied_deletions(admin.model, {.complete = false});
  if (!denied.empty() && !selection.keys.empty())
    denied = page.denied_deletions(admin.model, preview_deletion(admin.model, rows));
  if (!denied.empty())
    throw Refusal(403, "You may not delete " + denied + ", which may go with these rows.");
}

}  // namespace

std::string list_url(const Page& page, const ModelAdmin& admin, const ListRequest& request) {
  Parameters parameters = list_parameters(request);
  if (page.is_popup()) parameters.emplace_back("_popup", "1");
  return model_url(admin) + query_text(parameters);
}

// Rows that the model's rule hides are not listed; counts would tell of them.
ListLimits limits_for(const Page& page, const ModelAdmin& admin) {
  ListLimits limits{.scan_units = site().options.scan_units,
                    .facet_rows = site().options.facet_rows};
  if (!admin.options.row_permission) return limits;
  limits.may_see = [&](const void* row) { return page.may_row(admin, "view", row); };
  limits.counts = page.is_superuser();
  return limits;
}

web::Response start_action(Page& page, const ModelAdmin& admin, JobThreads& threads) {
  const std::string name = page.sent("action");
  action_title(admin, name);
  page.demand_act(admin, verb_of(admin, name));
  const Selection selection = unsealed(admin, page.sent("selection"));
  // It may have been sealed for another action, or by who could more then.
  const auto rows = demand_rows(page, admin, name, selection);
  if (name == "delete_selected") demand_deletion(page, admin, selection, rows);
  const auto expected = selection.keys.empty()
                            ? static_cast<std::int64_t>(table_facts(admin.model).rows)
                            : static_cast<std::int64_t>(selection.keys.size());
  try {
    make_job(admin, name, selection, expected, page.actor());
    if (run_batch(selection.job)) threads.start(selection.job);
  } catch (const dynamo_backend::IntegrityError&) {  // the button was pressed twice
  }
  return Page::redirect("/admin/jobs/" + selection.job.str() + "/");
}

web::Response confirm_action(Page& page, const ModelAdmin& admin, const ListRequest& request) {
  const std::string name = page.sent("action");
  if (name.empty())
    return page.redirect(list_url(page, admin, request), web::Level::warning, "Choose an action.");
  const std::string title = action_title(admin, name);
  page.demand_act(admin, verb_of(admin, name));
  Selection selection{.request = request};
  const bool all = page.sent("all") == "1";
  if (!all)
    for (const auto key : page.form().get_all("chosen")) selection.keys.emplace_back(key);
  if (!all && selection.keys.empty())
    return page.redirect(list_url(page, admin, request), web::Level::warning,
                         "Choose rows first: nothing was done.");
  if (selection.keys.size() > 500) throw Refusal(400, "These are too many rows for one page.");
  const auto rows = demand_rows(page, admin, name, selection);
  if (name == "delete_selected") demand_deletion(page, admin, selection, rows);
  for (const auto& row : rows)
    page.context.add("victims").set("victim", row_text(admin.model, row.get()));
  page.context.show("has_victims", !all);
  page.context.set("action_title", title).set("action_name", name);
  std::string what = std::to_string(selection.keys.size()) + " chosen " + admin.title();
  if (all) {
    what = "all " + admin.title();
    std::string filters;
    for (const auto& [key, value] :
         list_parameters({.search = request.search, .filters = request.filters}))
      filters += (filters.empty() ? "" : ", ") + key + " = " + value;
    if (!filters.empty()) what += " with " + filters;
  }
  page.context.set("what", what).set("selection", sealed(admin, selection));
  page.context.set("confirm_class", name == "delete_selected" ? "danger" : "primary");
  page.context.set("action_url", model_url(admin)).set("model_url", model_url(admin));
  page.crumb(admin.title(), model_url(admin));
  page.crumb(title);
  return page.render("admin/action.html", "Are you sure?");
}

}  // namespace admin

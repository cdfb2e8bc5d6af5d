// The index, changelists with their actions and in-list editing, and autocomplete.
#include <algorithm>

#include "admin/form_parts.h"
#include "admin/list_actions.h"
#include "admin/list_filters.h"
#include "admin/page.h"
#include "admin/row_edit.h"
#include "admin/values.h"
#include "admin/views.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/rows.h"
#include "forms/model_fields.h"
#include "forms/widget.h"

namespace admin {
namespace {

// ---- the index

void show_recent(Page& page) {
  const auto entries = recent_entries(page.actor(), 10);
  page.context.show("no_recent", entries.empty());
  for (const LogEntry& entry : entries) {
    const ModelInfo* model = dynamo_backend::Registry::instance().find(entry.model);
    const ModelAdmin* admin = model ? site().find(*model) : nullptr;
    web::Context turn = page.context.add("recent");
    turn.set("verb", entry.verb).set("recent_text", entry.text.empty() ? entry.key : entry.text);
    turn.set("recent_model", model ? words_of(*model) : entry.model);
    turn.set("recent_at", base::to_iso(entry.at).substr(0, 16));
    const bool there = admin && entry.verb != "delete";
    if (there) turn.set("recent_url", row_url(*admin, entry.key) + "change/");
    turn.show(there ? "recent_link" : "recent_plain");
  }
}

web::Response index(Page& page) {
  std::string app;
  std::optional<web::Context> section;
  for (const ModelAdmin* admin : site().models()) {
    if (!page.may(*admin, "view") && !page.may(*admin, "add")) continue;
    if (!section || app != admin->model.app_label) {
      app = admin->model.app_label;
      section = page.context.add("apps");
      section->set("app", app);
    }
    web::Context turn = section->add("app_models");
    turn.set("model_url", model_url(*admin)).set("model_title", admin->title());
    turn.set("model_name", admin->singular()).show("can_add", page.may(*admin, "add"));
    turn.set("change_word", page.may(*admin, "change") ? "Change" : "View");
  }
  page.context.show("nothing", !section);
  show_recent(page);
  return page.render("admin/index.html", "Site administration");
}

// ---- the changelist

struct Edits {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> errors{};  // by key, field
  std::map<std::string, std::string> sent{};  // by name of input
};

void show_kept(const ListRequest& request, web::Context& context, std::string_view without) {
  ListRequest kept = request;
  kept.cursor.clear();
  kept.back.clear();
  kept.count = false;
  for (const auto& [name, value] : list_parameters(kept))
    if (name != without) context.add("kept").set("kept_name", name).set("kept_value", value);
}

void show_panes(const Page& page, const ModelAdmin& admin, const ListRequest& request,
                const ChangeList& list, web::Context& context) {
  context.show("has_panes", !list.panes.empty());
  ListRequest first = request;  // a filter begins at the first page
  first.cursor.clear();
  first.back.clear();
  first.count = first.scan = false;
  if (list.facets_left_out || request.facets) {
    ListRequest counted = request;
    counted.facets = list.facets_left_out;
    web::Context turn = context.add("facets_choice");
    turn.set("facets_url", list_url(page, admin, counted));
    turn.set("facets_word", list.facets_left_out ? "Show counts" : "Hide counts");
  }
  for (const FilterPane& pane : list.panes) {
    web::Context turn = context.add("panes");
    turn.set("pane", pane.title);
    ListRequest other = first;
    std::erase_if(other.filters, [&](const auto& p) { return p.first == pane.parameter; });
    if (pane.is_input && pane.choices.size() <= 2 &&
        std::none_of(pane.choices.begin(), pane.choices.end(),
                     [](const FilterChoice& c) { return c.count.has_value(); })) {
      web::Context input = turn.add("pane_input");
      input.set("pane_id", "filter_" + pane.parameter).set("pane_parameter", pane.parameter);
      input.set("pane_value", pane.value);
      show_kept(other, input, pane.parameter);
      if (page.is_popup()) input.add("kept").set("kept_name", "_popup").set("kept_value", "1");
      continue;
    }
    web::Context choices = turn.add("pane_choices");
    for (const FilterChoice& choice : pane.choices) {
      ListRequest with = other;
      if (!choice.value.empty()) with.filters.emplace_back(pane.parameter, choice.value);
      web::Context c = choices.add("choices");
      c.set("choice", choice.label).set("choice_url", list_url(page, admin, with));
      c.show(choice.selected ? "is_chosen" : "not_chosen");
      c.show("has_count", choice.count.has_value());
      if (choice.count) c.set("count", *choice.count);
    }
  }
}

void show_dates(const Page& page, const ModelAdmin& admin, const ListRequest& request,
                const ChangeList& list, web::Context& context) {
  context.show("has_dates", !list.dates.empty() || !list.date_back.empty());
  const std::string& name = admin.options.date_hierarchy;
  ListRequest base = request;
  base.cursor.clear();
  base.back.clear();
  const DateLevel level = date_level(admin, request.filters);
  std::erase_if(base.filters, [&](const auto& p) { return p.first.starts_with(name + "__"); });
  if (!list.date_back.empty()) {
    ListRequest up = base;
    if (level.month) up.filters.emplace_back(name + "__year", std::to_string(*level.year));
    if (level.day) up.filters.emplace_back(name + "__month", std::to_string(*level.month));
    context.add("date_up")
        .set("date_url", list_url(page, admin, up))
        .set("date_label", list.date_back);
  }
  for (const DateStep& step : list.dates) {
    ListRequest down = base;
    down.filters.insert(down.filters.end(), step.parameters.begin(), step.parameters.end());
    context.add("dates").set("date_url", list_url(page, admin, down)).set("date_label", step.label);
  }
}

void show_columns(const Page& page, const ModelAdmin& admin, const ListRequest& request,
                  const ChangeList& list, web::Context& context) {
  for (const ColumnHead& head : list.columns) {
    web::Context turn = context.add("columns");
    turn.set("column", head.title);
    turn.set("aria_sort", head.sorted > 0 ? "ascending" : head.sorted < 0 ? "descending" : "none");
    turn.show("ascending", head.sorted > 0).show("descending", head.sorted < 0);
    turn.show(head.field.empty() ? "plain" : "sortable");
    ListRequest sorted = request;
    sorted.order = head.order;
    sorted.cursor.clear();
    sorted.back.clear();
    sorted.scan = false;
    turn.set("sort_url", list_url(page, admin, sorted));
  }
}

void show_input(const ModelAdmin& admin, const ListRow& row, const FieldInfo& field,
                const Cell& cell, const Edits& edits, web::Context& turn) {
  (void)admin;
  const std::string name = "row-" + row.key + "-" + std::string(field.attribute);
  forms::Field control = forms::field_of(field, nullptr);
  control.name = name;
  control.attributes.emplace_back("aria-label", label_of(field) + " of " + row.text);
  std::string text = cell.input;
  if (const auto sent = edits.sent.find(name); sent != edits.sent.end()) text = sent->second;
  forms::ControlState state{.id = "id_" + name, .name = name};
  const bool checkbox = field.kind == dynamo_backend::Kind::boolean && !field.nullable();
  if (checkbox ? text == "true" : !text.empty()) state.shown = {text};
  web::Context input = turn.add("cell_input");
  if (const auto of = edits.errors.find(row.key); of != edits.errors.end()) {
    const auto at = of->second.find(std::string(field.attribute));
    if (at != of->second.end()) {
      state.invalid = true;
      for (const std::string& error : at->second) input.add("cell_errors").set("error", error);
    }
  }
  input.set("control", forms::control(control, state));
  input.set("base_name", "base:" + name).set("base_value", cell.input);
}

void show_rows(const Page& page, const ModelAdmin& admin, const ChangeList& list,
               const Edits& edits, bool chosen, web::Context& context) {
  const bool may_edit = page.may(admin, "change") && !page.is_popup();
  for (const ListRow& row : list.rows) {
    web::Context turn = context.add("rows");
    turn.set("key", row.key).set("row_text", row.text).show("is_choice", chosen);
    turn.set("row_url", row_url(admin, row.key) + "change/" + (page.is_popup() ? "?_popup=1" : ""));
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const Cell& cell = row.cells[i];
      web::Context c = turn.add("cells");
      c.set("cell", cell.text.empty() ? "-" : cell.text);
      c.show(i == 0 ? "first" : "other");
      const FieldInfo* field = list.columns[i].editable;
      if (field && !page.may_set(admin, *field)) field = nullptr;
      if (field && may_edit && page.may_row(admin, "change", row.row.get())) {
        show_input(admin, row, *field, cell, edits, c);
      } else if (!cell.link.empty() && !page.is_popup()) {
        c.set("cell_url", "/admin/" + cell.link + "/change/").show("cell_link");
      } else {
        c.show(cell.kind == Cell::Kind::yes     ? "cell_yes"
               : cell.kind == Cell::Kind::no    ? "cell_no"
               : cell.kind == Cell::Kind::empty ? "cell_empty"
                                                : "cell_text");
      }
    }
  }
}

// Whether rows can be chosen.
bool show_actions(const Page& page, const ModelAdmin& admin, const ChangeList& list,
                  const ListRequest& request, web::Context& context) {
  std::vector<std::pair<std::string, std::string>> actions;
  if (page.may(admin, "delete")) actions.emplace_back("delete_selected", "Delete");
  for (const Action& action : admin.options.actions)
    if (page.may_act(admin, action.permission)) actions.emplace_back(action.name, action.title);
  const bool shown = !actions.empty() && !list.rows.empty() && !page.is_popup();
  context.show("has_actions", shown).show("has_checks", shown);
  context.show("may_choose_all", !list.search_is_down);
  for (const auto& [name, title] : actions)
    context.add("actions").set("action_name", name).set("action_title", title);
  const bool whole = request.filters.empty() && request.search.empty();
  context.set("all_text", list.count ? number_text(static_cast<double>(*list.count))
                          : whole && list.can_count
                              ? "(about " + number_text(static_cast<double>(list.estimate)) + ")"
                              : "rows");
  return shown;
}

void show_pages(const Page& page, const ModelAdmin& admin, const ChangeList& list,
                const ListRequest& request, web::Context& context) {
  if (list.prev) context.add("prev_page").set("page_url", list_url(page, admin, *list.prev));
  if (list.next) context.add("next_page").set("page_url", list_url(page, admin, *list.next));
  const bool whole = request.filters.empty() && request.search.empty();
  std::string count;
  if (list.count)
    count = number_text(static_cast<double>(*list.count)) + " " +
            (*list.count == 1 ? admin.singular() : admin.title());
  else if (whole && list.can_count)
    count = "about " + number_text(static_cast<double>(list.estimate)) + " " + admin.title();
  context.set("count_text", count)
      .show("can_count", list.can_count && !list.count && list.blocked.empty());
  ListRequest counted = request;
  counted.count = true;
  context.set("count_url", list_url(page, admin, counted));
  const Cost price = price_of_reading(list.count_units);
  context.set("count_price", "at most " + number_text(price.read_units) + " RCU");
  context.show("ranked", list.ranked);
}

web::Response show_list(Page& page, const ModelAdmin& admin, const ListRequest& request,
                        const Edits& edits, int status = 200) {
  const ChangeList list = change_list(admin, request, limits_for(page, admin));
  web::Context& context = page.context;
  context.set("model_url", model_url(admin)).set("model_name", admin.singular());
  context.set("model_title", admin.title()).set("app_label", admin.model.app_label);
  context.show("can_add", page.may(admin, "add"));
  context.set("add_url", model_url(admin) + (page.is_popup() ? "add/?_popup=1" : "add/"));
  context.show("has_export", !page.is_popup());
  for (const char* format : {"csv", "jsonl"}) {
    Parameters exported = list_parameters(chosen_by(request));
    exported.emplace_back("format", format);
    context.set(std::string(format) + "_url", model_url(admin) + "export/" + query_text(exported));
  }
  context.show("can_import",
               !page.is_popup() && page.may(admin, "add") && page.may(admin, "change"));
  context.show("has_search", !admin.options.search_fields.empty()).set("search", request.search);
  show_kept(request, context, "q");
  if (page.is_popup()) context.add("kept").set("kept_name", "_popup").set("kept_value", "1");
  if (!list.suggestion.empty()) {
    ListRequest suggested = request;
    suggested.search = list.suggestion;
    suggested.cursor.clear();
    context.show("has_suggestion").set("suggestion", list.suggestion);
    context.set("suggestion_url", list_url(page, admin, suggested));
  }
  for (const std::string& notice : list.notices) context.add("notices").set("notice", notice);
  if (!list.blocked.empty()) {
    ListRequest scanning = request;
    scanning.scan = true;
    context.show("blocked").set("blocked_text", list.blocked);
    Cost price = price_of_reading(list.blocked_units);
    price.calls = static_cast<std::size_t>(price.read_units / 128) + 1;  // 1 MB a call
    context.set("blocked_price", "About " + price.text());
    if (list.blocked_in_pieces)
      context.add("in_pieces").set("piece_units", number_text(site().options.scan_units));
    context.show("at_once", !list.blocked_in_pieces);
    context.set("scan_url", list_url(page, admin, scanning))
        .set("all_url", list_url(page, admin, {}));
  }
  context.show("has_migration", !list.migration.empty()).set("migration", list.migration);
  context.show("has_rows", !list.rows.empty());
  context.show("no_rows", list.rows.empty() && list.blocked.empty());
  const bool editable = std::any_of(list.columns.begin(), list.columns.end(),
                                    [](const ColumnHead& h) { return h.editable != nullptr; });
  context.show("has_editable", editable && page.may(admin, "change") && !page.is_popup());
  show_dates(page, admin, request, list, context);
  show_columns(page, admin, request, list, context);
  const bool chosen = show_actions(page, admin, list, request, context);
  show_rows(page, admin, list, edits, chosen, context);
  show_pages(page, admin, list, request, context);
  show_panes(page, admin, request, list, context);
  page.crumb(admin.model.app_label);
  page.crumb(admin.title());
  const std::string title = (page.may(admin, "change") ? "Select " : "View ") + admin.singular();
  return page.render("admin/list.html", title, status);
}

web::Response change_list_page(Page& page, std::string app, std::string name) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "view");
  return show_list(page, admin, list_request(admin, page.parameters()), {});
}

// ---- in-list editing

web::Response save_list(Page& page, const ModelAdmin& admin, const ListRequest& request) {
  page.demand(admin, "change");
  std::map<std::string, RowInput> rows;
  Edits edits;
  const auto& form = page.form();
  for (const auto& [name, base] : form.fields()) {
    if (!name.starts_with("base:row-")) continue;
    const std::string input = name.substr(5);
    const std::size_t dash = input.rfind('-');
    const std::string key = input.substr(4, dash - 4), attribute = input.substr(dash + 1);
    const FieldInfo* field = admin.field(attribute);
    const auto& allowed = admin.options.list_editable;
    const bool may = field && !admin.is_readonly(*field) && page.may_set(admin, *field) &&
                     std::any_of(allowed.begin(), allowed.end(),
                                 [&](const auto& n) { return admin.field(n) == field; });
    if (!may) throw Refusal(403, "'" + attribute + "' is not edited in this list.");
    std::string mine = is_checkbox(*field) ? checkbox_text(form, input) : page.sent(input);
    edits.sent[input] = mine;
    if (is_same_input(*field, mine, base)) continue;
    RowInput& row = rows[key];
    row.key = Page::key(admin, key);
    row.fields.push_back({field, std::string(field->attribute), base, std::move(mine)});
  }
  std::size_t changed = 0;
  for (auto& [key, row] : rows) {
    const auto packed = dynamo_backend::fetch(admin.model, *row.key);
    const auto stored = packed ? row_of(admin.model, packed->bytes()) : nullptr;
    if (!stored) {
      edits.errors[key][row.fields[0].name].emplace_back("This row is gone.");
      continue;
    }
    page.demand_row(admin, "change", stored.get());
    const Edited saved = save_edit(admin, {.row = row}, page.actor());
    if (saved.ok()) changed += saved.changed ? 1 : 0;
    for (const auto& [field, messages] : saved.errors) {
      edits.errors[key][field] = messages;
      const bool in_column =
          std::any_of(row.fields.begin(), row.fields.end(),
                      [&name = field](const FieldInput& in) { return in.name == name; });
      if (in_column) continue;
      for (const std::string& message : messages)
        page.context.add("notices").set("notice", row_text(admin.model, stored.get()) + ": " +
                                                      (field.empty() ? "" : field + ": ") +
                                                      message);
    }
    for (const Conflict& c : saved.conflicts)
      edits.errors[key][c.name].push_back("Another set it to \"" + c.theirs + "\" meanwhile.");
    if (saved.gone) edits.errors[key][row.fields[0].name].emplace_back("This row is gone.");
  }
  const std::string what = std::to_string(changed) + " " +
                           (changed == 1 ? admin.singular() : admin.title()) +
                           (changed == 1 ? " was changed." : " were changed.");
  if (edits.errors.empty())
    return page.redirect(list_url(page, admin, request), web::Level::success, what);
  page.context.add("notices").set("notice", what + " What is marked was not saved.");
  return show_list(page, admin, request, edits, 422);
}

// ---- what a list is sent

web::Response change_list_post(Page& page, std::string app, std::string name, JobThreads& threads) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "view");
  if (page.sent("confirm") == "1") return start_action(page, admin, threads);
  const ListRequest request = list_request(admin, page.parameters());
  if (page.sent("save") == "1") return save_list(page, admin, request);
  return confirm_action(page, admin, request);
}

// ---- autocomplete

web::Response autocomplete(Page& page, std::string app, std::string name) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "view");
  base::Json results = base::Json::array();
  ListRequest request{.search = std::string(page.request.query("q").value_or(""))};
  request.scan = false;
  const ChangeList list = change_list(admin, request, limits_for(page, admin));
  for (const ListRow& row : list.rows) {
    if (results.size() == 20) break;
    results.push_back({{"key", row.key}, {"text", row.text}});
  }
  base::Json answer{{"results", results}};
  if (!list.blocked.empty())
    answer["problem"] = "The table is too large to be searched: enter a key.";
  else if (results.empty() && !list.notices.empty())
    answer["problem"] = list.notices.front();
  return web::Response::json(answer).header("Cache-Control", "no-store");
}

}  // namespace

void add_list_routes(web::Router& router, const std::shared_ptr<JobThreads>& threads) {
  const auto staff = web::Access::staff;
  router.get("/admin/", view(index), "admin:index").access(staff);
  router.get("/admin/<str:app>/<str:model>/", view(change_list_page), "admin:list").access(staff);
  router
      .post(
          "/admin/<str:app>/<str:model>/",
          [threads](web::Request& request, std::string app, std::string name) {
            Page page(request);
            return answer(page, [&] { return change_list_post(page, app, name, *threads); });
          },
          "admin:list")
      .access(staff)
      .field_limit(kFormFields);
  router.get("/admin/<str:app>/<str:model>/autocomplete/", view(autocomplete), "admin:autocomplete")
      .access(staff);
}

}  // namespace admin

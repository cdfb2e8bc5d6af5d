// Adding, changing and deleting one row; its history; a user's password.
#include <algorithm>

#include "admin/deletion_preview.h"
#include "admin/edit_form.h"
#include "admin/values.h"
#include "admin/views.h"
#include "auth/auth.h"
#include "auth/passwords.h"
#include "auth/users.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/rows.h"

namespace admin {
namespace {

struct Stored {
  dynamodb::Item key{};
  std::shared_ptr<void> row{};
};
Stored load(const ModelAdmin& admin, std::string_view text) {
  Stored stored{.key = Page::key(admin, text)};
  const auto packed = dynamo_backend::fetch(admin.model, stored.key);
  if (!packed)
    not_found("There is no " + admin.singular() + " of that key; it may have been deleted.");
  stored.row = row_of(admin.model, packed->bytes());
  return stored;
}

void crumbs(Page& page, const ModelAdmin& admin, std::string_view here) {
  page.crumb(admin.model.app_label);
  page.crumb(admin.title(), model_url(admin));
  page.crumb(here);
}

// ---- add and change

web::Response show_form(Page& page, const ModelAdmin& admin, const EditForm& form,
                        const std::string& key, const std::string& text, const web::FormData* sent,
                        const Edited* result) {
  web::Context& context = page.context;
  form.show(context, sent, result);
  const bool stored = !key.empty();
  context.show("is_stored", stored && !page.is_popup());
  if (stored) context.set("row_url", row_url(admin, key));
  context.show("has_password",
               &admin.model == &dynamo_backend::model_info<auth::User>() && form.can_save());
  context.show("can_save", form.can_save()).show("not_popup", !page.is_popup());
  context.show("can_save_as", stored && admin.options.save_as && page.may(admin, "add"));
  context.show("can_add_another", page.may(admin, "add"));
  context.show("can_delete", stored && page.may(admin, "delete"));
  crumbs(page, admin, stored ? text : "Add");
  const std::string title = !stored           ? "Add " + admin.singular()
                            : form.can_save() ? "Change " + admin.singular() + ": " + text
                                              : "View " + admin.singular() + ": " + text;
  return page.render("admin/form.html", title, result ? 422 : 200);
}

web::Response after_save(Page& page, const ModelAdmin& admin, const Edited& saved,
                         const std::string& verb) {
  const std::string key = url_key(admin.model, saved.key);
  if (page.is_popup()) {
    page.context.set("key", key).set("text", saved.text);
    return page.render("admin/popup_done.html", "Saved");
  }
  const std::string what =
      "The " + admin.singular() + " \"" + saved.text + "\" " +
      (saved.changed ? "was " + verb + "." : "had no changes: nothing was written.");
  std::string url = model_url(admin);
  if (page.form().has("_continue")) url = row_url(admin, key) + "change/";
  if (page.form().has("_addanother")) url = model_url(admin) + "add/";
  if (page.form().has("_saveasnew")) url = row_url(admin, key) + "change/";
  const bool may_see = page.may(admin, "view");
  return page.redirect(may_see ? url : "/admin/", web::Level::success, what);
}

web::Response add_page(Page& page, std::string app, std::string name) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "add");
  EditForm form(page, admin, std::nullopt, admin.model.row.make());
  form.prefill(page.parameters());
  return show_form(page, admin, form, "", "", nullptr, nullptr);
}

web::Response add_row(Page& page, std::string app, std::string name) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "add");
  const EditForm form(page, admin, std::nullopt, admin.model.row.make());
  const Edited saved = save_edit(admin, form.input(page.form()), page.actor());
  if (!saved.ok()) return show_form(page, admin, form, "", "", &page.form(), &saved);
  auth::log_event(page.request, "admin add " + admin.model.label(), page.actor().name);
  return after_save(page, admin, saved, "added");
}

web::Response change_page(Page& page, std::string app, std::string name, std::string key) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "view");
  const Stored stored = load(admin, key);
  page.demand_row(admin, "view", stored.row.get());
  const EditForm form(page, admin, stored.key, stored.row);
  return show_form(page, admin, form, key, row_text(admin.model, stored.row.get()), nullptr,
                   nullptr);
}

web::Response change_row_view(Page& page, std::string app, std::string name, std::string key) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "change");
  const Stored stored = load(admin, key);
  page.demand_row(admin, "change", stored.row.get());
  const bool as_new = page.form().has("_saveasnew");
  if (as_new) {
    page.demand(admin, "add");
    if (!admin.options.save_as) throw Refusal(400, "This model has no 'save as new'.");
  }
  const EditForm form(page, admin, stored.key, stored.row);
  const Edited saved = save_edit(admin, form.input(page.form(), as_new), page.actor());
  if (saved.gone) not_found("Somebody has deleted this " + admin.singular() + " meanwhile.");
  if (!saved.ok())
    return show_form(page, admin, form, key, row_text(admin.model, stored.row.get()), &page.form(),
                     &saved);
  auth::log_event(page.request, "admin change " + admin.model.label(), page.actor().name);
  return after_save(page, admin, saved, as_new ? "added" : "changed");
}

// ---- delete

web::Response delete_page(Page& page, std::string app, std::string name, std::string key) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "delete");
  const Stored stored = load(admin, key);
  page.demand_row(admin, "delete", stored.row.get());
  const DeletionPreview preview = preview_deletion(admin.model, {&stored.row, 1});
  web::Context& context = page.context;
  context.show("is_protected", !preview.protected_by.empty());
  context.set("protected_text", preview.protected_by);
  const std::string denied = page.denied_deletions(admin.model, preview);
  for (const auto& [model, count] : preview.counts) {
    const bool link = !model->row.make;  // links of a many-to-many belong to the row
    std::string words = words_of(*model);
    if (link) {
      std::replace(words.begin(), words.end(), '_', ' ');
      words += " link";
    }
    context.add("summary").set("summary_text", (preview.complete ? "" : "at least ") +
                                                   number_text(static_cast<double>(count)) + " " +
                                                   (count == 1 ? words : plural(words)));
  }
  for (const std::string& text : preview.texts) context.add("victims").set("victim", text);
  context.show("more_victims", !preview.complete || preview.more);
  context.set("shown_victims", std::to_string(preview.texts.size()));
  context.show("may_delete", preview.protected_by.empty());
  context.show("denied", !denied.empty()).set("denied_text", denied);
  context.show("can_confirm", denied.empty()).set("row_url", row_url(admin, key));
  crumbs(page, admin, "Delete");
  if (page.request.method() != "POST")
    return page.render("admin/delete.html",
                       "Delete " + row_text(admin.model, stored.row.get()) + "?");
  if (!denied.empty()) throw Refusal(403, "You may not delete " + denied + ".");
  const std::string text = row_text(admin.model, stored.row.get());
  try {
    delete_row(admin.model, stored.key, page.actor());
  } catch (const dynamo_backend::ProtectedError& e) {
    return page.redirect(row_url(admin, key) + "delete/", web::Level::error, e.what());
  }
  auth::log_event(page.request, "admin delete " + admin.model.label(), page.actor().name);
  return page.redirect(model_url(admin), web::Level::success,
                       "The " + admin.singular() + " \"" + text + "\" was deleted.");
}

// ---- history

void show_entry(const Page& page, const ModelAdmin& admin, const LogEntry& entry,
                web::Context& turn, bool may_revert) {
  turn.set("entry_at", base::to_iso(entry.at).substr(0, 19)).set("entry_verb", entry.verb);
  turn.set("entry_user", entry.user_name).set("entry_id", entry.id);
  bool whole = true;
  for (const FieldChange& change : changes_of(entry)) {
    const FieldInfo* field = admin.model.find(change.field);
    if (field && !field->key && !admin.in_form(*field)) continue;
    const auto text = [&](const dynamo_backend::Value& value) -> std::string {
      if (change.cut) return "(not in the log)";
      if (value.is<dynamodb::Null>()) return "-";
      try {
        return field && field->stored() ? display_text(*field, value) : links_text(value);
      } catch (const std::exception&) {
        return "(of another type)";
      }
    };
    whole = whole && !change.cut;
    turn.add("changes")
        .set("change", field ? label_of(*field) : change.field)
        .set("change_before", text(change.before))
        .set("change_after", text(change.after));
  }
  (void)page;
  turn.show("can_revert", may_revert && whole && entry.verb != "add");
  turn.set("revert_word", entry.verb == "delete" ? "Restore this row" : "Revert this change");
}

// Of a row that is gone no rule of single rows can be asked.
void demand_row_or_past(const Page& page, const ModelAdmin& admin, std::string_view verb,
                        const std::optional<dynamodb::PackedItem>& stored) {
  if (stored)
    page.demand_row(admin, verb, row_of(admin.model, stored->bytes()).get());
  else if (admin.options.row_permission && !page.is_superuser())
    throw Refusal(
        403, "This " + admin.singular() + " was deleted: only a superuser may see its history.");
}

// Those who may not see a field's values in the form see none in its history.
web::Response history_page(Page& page, std::string app, std::string name, std::string key) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "view");
  const dynamodb::Item item = Page::key(admin, key);
  const auto packed = dynamo_backend::fetch(admin.model, item);
  demand_row_or_past(page, admin, "view", packed);
  const auto entries = history_of(admin.model, item, page.request.query("cursor").value_or(""));
  page.context.show("no_entries", entries.items.empty());
  for (const LogEntry& entry : entries.items) {
    web::Context turn = page.context.add("entries");
    const bool may = page.may(admin, entry.verb == "delete" ? "add" : "change") &&
                     (packed.has_value() != (entry.verb == "delete"));
    show_entry(page, admin, entry, turn, may);
  }
  if (entries.next) page.context.add("next_page").set("page_url", "?cursor=" + *entries.next);
  crumbs(page, admin, "History");
  const std::string text = packed
                               ? row_text(admin.model, row_of(admin.model, packed->bytes()).get())
                               : "a deleted " + admin.singular();
  return page.render("admin/history.html", "History of " + text);
}

web::Response revert_entry(Page& page, std::string app, std::string name, std::string key) {
  const ModelAdmin& admin = page.model(app, name);
  const dynamodb::Item item = Page::key(admin, key);
  const auto entry = find_entry(admin.model, item, page.sent("entry"));
  if (!entry) not_found("There is no such entry.");
  if (entry->verb == "add") throw Refusal(400, "An addition is taken back by deleting the row.");
  page.demand(admin, entry->verb == "delete" ? "add" : "change");
  demand_row_or_past(page, admin, "change", dynamo_backend::fetch(admin.model, item));
  for (const FieldChange& change : changes_of(*entry)) {
    const FieldInfo* field = admin.model.find(change.field);
    const bool may = field ? page.may_set(admin, *field) &&
                                 (page.is_superuser() || field->attribute != "password")
                           : page.is_superuser();
    if (!may) throw Refusal(403, "You may not revert '" + change.field + "'.");
  }
  const std::string url = row_url(admin, key) + "history/";
  try {
    if (!revert(admin.model, *entry, page.actor()))
      return page.redirect(url, web::Level::error,
                           "It was not reverted: the row has other values by now.");
  } catch (const dynamo_backend::ModelError& e) {
    return page.redirect(url, web::Level::error, std::string("It was not reverted: ") + e.what());
  }
  return page.redirect(url, web::Level::success, "It was reverted.");
}

// ---- a user's password

web::Response password_page(Page& page, std::string app, std::string name, std::string key) {
  const ModelAdmin& admin = page.model(app, name);
  if (&admin.model != &dynamo_backend::model_info<auth::User>())
    not_found("These rows have no password.");
  page.demand(admin, "change");
  const Stored stored = load(admin, key);
  page.demand_row(admin, "change", stored.row.get());
  auto& user = *static_cast<auth::User*>(stored.row.get());
  crumbs(page, admin, "Password");
  const std::string title = "Set the password of " + user.username;
  if (page.request.method() != "POST") return page.render("admin/password.html", title);
  const std::string wanted = page.sent("new");
  std::vector<std::string> errors = auth::password_problems_of(user, wanted);
  if (wanted != page.sent("again")) errors.emplace_back("The two passwords differ.");
  if (!errors.empty()) {
    for (const std::string& error : errors) page.context.add("errors").set("error", error);
    return page.render("admin/password.html", title, 422);
  }
  auth::set_password(user, wanted);
  user.save();
  make_entry(page.actor(), admin.model, stored.key, user.username, "change",
             {{.field = "password", .cut = true}})
      .save();
  auth::log_event(page.request, "admin sets a password", user.username);
  if (user.pk == page.user()->pk) auth::keep_session(page.request, user);
  return page.redirect(row_url(admin, key) + "change/", web::Level::success,
                       "The password was set; the user's sessions have ended.");
}

web::Response to_change(Page& page, std::string app, std::string name, std::string key) {
  const ModelAdmin& admin = page.model(app, name);
  (void)Page::key(admin, key);
  return Page::redirect(row_url(admin, key) + "change/");
}

}  // namespace

void add_form_routes(web::Router& router) {
  const auto staff = web::Access::staff;
  constexpr std::size_t kFormBytes = 4u << 20;
  router.get("/admin/<str:app>/<str:model>/add/", view(add_page), "admin:add").access(staff);
  router.post("/admin/<str:app>/<str:model>/add/", view(add_row), "admin:add")
      .access(staff)
      .body_limit(kFormBytes)
      .field_limit(kFormFields);
  router.get("/admin/<str:app>/<str:model>/<str:key>/", view(to_change), "admin:row").access(staff);
  router.get("/admin/<str:app>/<str:model>/<str:key>/change/", view(change_page), "admin:change")
      .access(staff);
  router
      .post("/admin/<str:app>/<str:model>/<str:key>/change/", view(change_row_view), "admin:change")
      .access(staff)
      .body_limit(kFormBytes)
      .field_limit(kFormFields);
  router.get("/admin/<str:app>/<str:model>/<str:key>/delete/", view(delete_page), "admin:delete")
      .access(staff);
  router.post("/admin/<str:app>/<str:model>/<str:key>/delete/", view(delete_page), "admin:delete")
      .access(staff);
  router.get("/admin/<str:app>/<str:model>/<str:key>/history/", view(history_page), "admin:history")
      .access(staff);
  router
      .post("/admin/<str:app>/<str:model>/<str:key>/history/", view(revert_entry), "admin:history")
      .access(staff);
  router
      .get("/admin/<str:app>/<str:model>/<str:key>/password/", view(password_page),
           "admin:password")
      .access(staff);
  router
      .post("/admin/<str:app>/<str:model>/<str:key>/password/", view(password_page),
            "admin:password")
      .access(staff);
}

}  // namespace admin

// Export and import of a model's rows.
#include <algorithm>

#include "admin/page.h"
#include "admin/transfer.h"
#include "admin/values.h"
#include "admin/views.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/text.h"

namespace admin {
namespace {

constexpr std::size_t kImportBytes = 32u << 20;

// What leaves and enters by files: nothing that forms do not show.
std::vector<const FieldInfo*> file_fields(const Page& page, const ModelAdmin& admin, bool writing) {
  std::vector<const FieldInfo*> fields;
  for (const FieldInfo& f : admin.model.fields) {
    using dynamo_backend::Kind;
    if (!f.stored() || f.kind == Kind::computed) continue;
    // A password's hash, an identity at a provider; what a form of chosen fields leaves out.
    const bool secret =
        dynamo_backend::is_secret_name(f.attribute) || (!f.key && !admin.in_form(f));
    if (secret || (admin.is_for_superusers(f) && !page.is_superuser())) continue;
    if (writing && !f.key && (admin.is_readonly(f) || !page.may_set(admin, f))) continue;
    fields.push_back(&f);
  }
  return fields;
}

web::Response export_rows(Page& page, std::string app, std::string name) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "view");
  if (admin.options.row_permission && !page.is_superuser())
    throw Refusal(403, "Only a superuser may export these rows.");
  const std::string format(page.request.query("format").value_or("csv"));
  if (format != "csv" && format != "jsonl")
    throw Refusal(400, "A file is exported as csv or jsonl.");
  Parameters parameters = page.parameters();
  std::erase_if(parameters, [](const auto& p) { return p.first == "format"; });
  const auto exporter = std::make_shared<Exporter>(
      admin, list_request(admin, parameters), file_fields(page, admin, /*writing=*/false),
      format == "csv" ? FileFormat::csv : FileFormat::jsonl);
  web::Response response(200);
  response.header("Content-Type", format == "csv" ? "text/csv; charset=utf-8"
                                                  : "application/x-ndjson; charset=utf-8");
  response.header("Content-Disposition", "attachment; filename=\"" +
                                             dynamo_backend::ascii_lower(admin.model.name) + "." +
                                             format + "\"");
  response.header("Cache-Control", "no-store");
  response.more = [exporter](std::string& piece) { return exporter->next(piece); };
  return response;
}

void show_result(web::Context& context, const ModelAdmin& admin, const ImportResult& result) {
  context.set("added", result.added).set("changed", result.changed);
  context.set("same", result.same).set("wrong", result.wrong);
  std::string left_out;
  for (const std::string& name : result.left_out) left_out += (left_out.empty() ? "" : ", ") + name;
  context.show("has_left_out", !left_out.empty()).set("left_out", left_out);
  for (const ImportLine& line : result.lines) {
    web::Context turn = context.add("lines");
    turn.set("line_number", line.number).set("line_what", line.what).set("line_text", line.text);
    turn.set("line_class", line.wrong ? "errors" : "");
    for (const FieldChange& change : line.changes) {
      const FieldInfo* field = admin.model.find(change.field);
      const auto text = [&](const dynamo_backend::Value& v) {
        return v.is<dynamodb::Null>() || !field ? std::string("-") : display_text(*field, v);
      };
      turn.add("line_changes")
          .set("change", change.field)
          .set("change_before", text(change.before))
          .set("change_after", text(change.after));
    }
  }
}

web::Response import_page(Page& page, std::string app, std::string name) {
  const ModelAdmin& admin = page.model(app, name);
  page.demand(admin, "add");
  page.demand(admin, "change");
  if (admin.options.row_permission && !page.is_superuser())
    throw Refusal(403, "Only a superuser may import these rows.");
  page.crumb(admin.title(), model_url(admin));
  page.crumb("Import");
  std::string fields;
  const auto allowed = file_fields(page, admin, /*writing=*/true);
  for (const FieldInfo* field : allowed)
    fields += (fields.empty() ? "" : ", ") + std::string(field->attribute);
  page.context.set("fields", fields).set("model_url", model_url(admin));
  const std::string title = "Import " + admin.title();
  if (page.request.method() != "POST") return page.render("admin/import.html", title);
  const web::UploadedFile* file = page.form().file("file");
  const std::string text = file ? std::string(file->content) : page.sent("text");
  if (text.empty()) throw Refusal(400, "Choose a file, or paste its text.");
  ImportOptions options{
      .format = page.sent("format") == "jsonl" ? FileFormat::jsonl : FileFormat::csv,
      .apply = page.sent("apply") == "1",
      .fields = allowed,
      .left_out = file_fields(page, admin, /*writing=*/false)};
  const ImportResult result = import_rows(admin, text, options, page.actor());
  show_result(page.context, admin, result);
  if (options.apply) {
    const std::string what =
        std::to_string(result.added) + " added, " + std::to_string(result.changed) + " changed, " +
        std::to_string(result.same) + " the same, " + std::to_string(result.wrong) + " refused.";
    if (result.wrong == 0 && result.stopped.empty())
      return page.redirect(model_url(admin), web::Level::success, what);
    page.context.show("applied").set("applied_text", what);
  } else {
    page.context.show("preview").show("can_apply",
                                      result.added + result.changed > 0 && result.stopped.empty());
    page.context.set("text", text).set("format", page.sent("format"));
  }
  page.context.show("has_lines", !result.lines.empty());
  page.context.show("stopped", !result.stopped.empty()).set("stopped_text", result.stopped);
  const int status = !result.stopped.empty() ? 503 : result.wrong > 0 ? 422 : 200;
  return page.render("admin/import.html", title, status);
}

}  // namespace

void add_transfer_routes(web::Router& router) {
  const auto staff = web::Access::staff;
  router.get("/admin/<str:app>/<str:model>/export/", view(export_rows), "admin:export")
      .access(staff);
  router.get("/admin/<str:app>/<str:model>/import/", view(import_page), "admin:import")
      .access(staff);
  router.post("/admin/<str:app>/<str:model>/import/", view(import_page), "admin:import")
      .access(staff)
      .body_limit(kImportBytes);
}

}  // namespace admin

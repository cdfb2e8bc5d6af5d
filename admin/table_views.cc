// Any table: what it is, its items, a Query or Scan with its price, and PartiQL. For superusers:
// this reads and writes past the models.
#include <algorithm>
#include <charconv>

#include "admin/page.h"
#include "admin/table_query.h"
#include "admin/values.h"
#include "admin/views.h"
#include "auth/auth.h"
#include "auth/models.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/text.h"
#include "dynamodb/partiql/statements.h"

namespace admin {
namespace {

using dynamo_backend::take;
using dynamodb::TableDescription;

dynamodb::Client& client() { return dynamo_backend::Connection::current().client(); }

TableDescription described(const Page& page, const std::string& table) {
  page.demand_superuser();
  auto result = client().describe_table(table);
  if (!result && (result.error().code == dynamodb::ErrorCode::resource_not_found ||
                  result.error().code == dynamodb::ErrorCode::validation))
    not_found("There is no table '" + table + "'.");
  return take(std::move(result), "DescribeTable");
}

void demand_writes(const Page& page) {
  page.demand_superuser();
  if (site().settings.read_only)
    throw Refusal(403, "This site is read-only: nothing can be changed here.");
}

// The log's own table is not written past its model (rule G6), by whatever name: DynamoDB takes a
// table's ARN for its name.
void demand_not_the_log(std::string_view text) {
  const auto& connection = dynamo_backend::Connection::current();
  const std::string log = connection.table(dynamo_backend::model_info<LogEntry>().table);
  if (dynamo_backend::ascii_lower(text).find(dynamo_backend::ascii_lower(log)) != std::string::npos)
    throw Refusal(403, "The admin's log is append-only.");
}

std::string table_url(const std::string& table) {
  return "/admin/tables/" + percent_encoded(table) + "/";
}

web::Response table_list(Page& page) {
  page.demand_superuser();
  const auto listed = take(client().list_tables({.exclusive_start_table_name = std::string(
                                                     page.request.query("after").value_or(""))}),
                           "ListTables");
  for (const std::string& name : listed.table_names) {
    web::Context turn = page.context.add("tables");
    turn.set("table", name).set("table_url", table_url(name));
    std::string model;
    for (const ModelInfo* info : dynamo_backend::Registry::instance().models())
      if (dynamo_backend::Connection::current().table(info->table) == name) model = info->label();
    turn.set("table_model", model.empty() ? "-" : model);
  }
  if (listed.last_evaluated_table_name)
    page.context.add("next_page")
        .set("page_url", "?after=" + percent_encoded(*listed.last_evaluated_table_name));
  page.crumb("Tables");
  return page.render("admin/tables.html", "Tables");
}

std::string key_text(const dynamodb::KeySchema& key) {
  const auto part = [](const dynamodb::KeyAttribute& a) {
    return a.name + " (" + std::string(dynamodb::type_name(a.type)) + ")";
  };
  return part(key.partition) + (key.sort ? ", " + part(*key.sort) : "");
}

void show_description(const TableDescription& table, web::Context& context) {
  const auto& definition = table.definition;
  context.set("key_schema", key_text(definition.key));
  context.set("item_count", number_text(static_cast<double>(table.item_count)));
  context.set("size_bytes", number_text(static_cast<double>(table.size_bytes)));
  context.set("billing", definition.settings.billing_mode == dynamodb::BillingMode::provisioned
                             ? "provisioned"
                             : "on demand");
  static constexpr std::array<const char*, 4> kViews{"keys", "new images", "old images",
                                                     "new and old images"};
  context.set("stream", definition.settings.stream
                            ? kViews[static_cast<std::size_t>(*definition.settings.stream)]
                            : "off");
  const auto ttl = client().describe_time_to_live(definition.name);
  context.set("ttl", ttl && !ttl->attribute.empty() ? ttl->attribute : "off");
  const auto add = [&](const dynamodb::IndexDescription& index, const char* kind) {
    static constexpr std::array<const char*, 3> kProjections{"whole items", "keys",
                                                             "some attributes"};
    const auto projection = static_cast<std::size_t>(index.definition.projection);
    context.add("indexes")
        .set("index", index.definition.name)
        .set("index_kind", kind)
        .set("index_key", key_text(index.definition.key))
        .set("index_projection", projection < kProjections.size() ? kProjections[projection] : "")
        .set("index_items", number_text(static_cast<double>(index.item_count)))
        .set("index_bytes", number_text(static_cast<double>(index.size_bytes)));
  };
  for (const auto& index : table.global_indexes) add(index, "global");
  for (const auto& index : table.local_indexes) add(index, "local");
  context.show("has_indexes", !table.global_indexes.empty() || !table.local_indexes.empty());
}

TableForm table_form(web::Request& request) {
  const auto text = [&](std::string_view name) {
    return std::string(request.query(name).value_or(""));
  };
  TableForm form{.index = text("index"),
                 .partition = text("partition"),
                 .sort_op = text("sort_op"),
                 .sort = text("sort"),
                 .sort_high = text("sort_high"),
                 .filter = text("filter"),
                 .filter_op = text("filter_op"),
                 .filter_type = text("filter_type"),
                 .filter_value = text("filter_value"),
                 .backwards = text("backwards") == "1",
                 .consistent = text("consistent") == "1",
                 .start = text("start")};
  if (form.filter_type.empty()) form.filter_type = "S";
  if (form.sort_op.empty()) form.sort_op = "=";
  const std::string limit = text("limit");
  std::from_chars(limit.data(), limit.data() + limit.size(), form.limit);
  return form;
}

void show_options(web::Context& context, const char* section,
                  std::initializer_list<const char*> values, const std::string& chosen) {
  for (const char* value : values) {
    web::Context turn = context.add(section);
    turn.set("option", value);
    turn.show(chosen == value ? "is_selected" : "is_other");
  }
}

void show_builder(const TableDescription& table, const TableForm& form, web::Context& context) {
  std::vector<std::string> names{""};
  for (const auto* list : {&table.global_indexes, &table.local_indexes})
    for (const auto& index : *list) names.push_back(index.definition.name);
  for (const std::string& name : names) {
    web::Context turn = context.add("index_options");
    turn.set("option", name).set("option_text", name.empty() ? "the table itself" : name);
    turn.show(name == form.index ? "is_selected" : "is_other");
  }
  show_options(context, "sort_ops", {"=", "<", "<=", ">", ">=", "begins_with", "between"},
               form.sort_op);
  show_options(context, "filter_ops",
               {"=", "<>", "<", "<=", ">", ">=", "begins_with", "contains", "exists", "not_exists"},
               form.filter_op);
  show_options(context, "filter_types", {"S", "N", "B", "BOOL", "NULL"}, form.filter_type);
  context.set("partition", form.partition).set("sort", form.sort).set("sort_high", form.sort_high);
  context.set("filter", form.filter).set("filter_value", form.filter_value);
  context.set("limit", form.limit);
  context.show("backwards", form.backwards).show("forwards", !form.backwards);
  context.show("consistent", form.consistent).show("eventual", !form.consistent);
}

void show_items(const TableDescription& table, const TablePage& found, web::Context& context) {
  for (const dynamodb::PackedItem& item : found.items) {
    web::Context turn = context.add("items");
    turn.set("item", item_text(item.view()));
    turn.set("item_url", table_url(table.definition.name) +
                             "item/?key=" + key_url(table.definition.key, item.view()));
  }
  context.show("has_items", !found.items.empty()).show("no_items", found.items.empty());
  context.set("scanned", found.scanned);
}

web::Response table_page(Page& page, std::string name) {
  const TableDescription table = described(page, name);
  const TableForm form = table_form(page.request);
  web::Context& context = page.context;
  show_description(table, context);
  show_builder(table, form, context);
  context.set("table", name).set("table_url", table_url(name));
  const std::string action(page.request.query("do").value_or(""));
  if (!action.empty()) {
    const TablePlan plan = plan_table(table, form);
    context.show("has_plan").set("plan", plan.text);
    context.set("plan_least", plan.least.text()).set("plan_most", plan.most.text());
    if (action == "run") {
      const TablePage found = run_table(client(), plan);
      show_items(table, found, context);
      context.show("has_result");
      if (!found.next.empty()) {
        Parameters next = page.parameters();
        std::erase_if(next, [](const auto& p) { return p.first == "start"; });
        next.emplace_back("start", found.next);
        context.add("next_page").set("page_url", query_text(next));
      }
    }
  }
  page.crumb("Tables", "/admin/tables/");
  page.crumb(name);
  return page.render("admin/table.html", "Table " + name);
}

web::Response show_item(Page& page, const std::string& name, const std::string& text,
                        const std::string& base, bool is_new, int status = 200) {
  page.context.set("item", text).set("base", base).set("table_url", table_url(name));
  page.context.show("is_stored", !is_new);
  page.context.show("can_write", !site().settings.read_only);
  page.crumb("Tables", "/admin/tables/");
  page.crumb(name, table_url(name));
  page.crumb(is_new ? "New item" : "Item");
  return page.render("admin/item.html", is_new ? "New item of " + name : "Item of " + name, status);
}

web::Response item_page(Page& page, std::string name) {
  const TableDescription table = described(page, name);
  const std::string text(page.request.query("key").value_or(""));
  if (text.empty()) return show_item(page, name, "{\n}", "", true);
  const auto key = table_key(table.definition.key, text);
  if (!key) not_found("That is no key of this table.");
  const auto got =
      take(client().get_item({.table = name, .key = *key, .consistent_read = true}), "GetItem");
  if (!got.item) not_found("There is no item of that key.");
  const std::string shown = item_text(got.item->view());
  return show_item(page, name, shown, shown, false);
}

web::Response write_item(Page& page, std::string name) {
  demand_writes(page);
  demand_not_the_log(name);
  const TableDescription table = described(page, name);
  const std::string base_text = page.sent("base"), text = page.sent("item");
  std::optional<dynamodb::Item> base;
  if (!base_text.empty()) base = item_of_text(base_text);
  const auto log = [&](const char* what) {
    auth::log_event(page.request, std::string("admin ") + what + " item of " + name,
                    page.actor().name);
  };
  const auto conflict = [&] {
    page.context.add("problems")
        .set("problem",
             "What the stored item has here is not what was shown: nothing was written. Open it "
             "again to see what it is now.");
    return show_item(page, name, text, base_text, !base, 409);
  };
  if (page.form().has("delete")) {
    if (!base) throw Refusal(400, "There is nothing to delete.");
    if (delete_item_as(client(), table, *base) == ItemWrite::conflict) return conflict();
    log("deletes an");
    return page.redirect(table_url(name), web::Level::success, "The item was deleted.");
  }
  dynamodb::Item item;
  try {
    item = item_of_text(text);
    const auto same_key = [&](const dynamodb::KeyAttribute& part) {
      if (item.find(part.name) == item.end())
        throw dynamo_backend::FieldError("The item lacks its key '" + part.name + "'.");
      return !base || base->find(part.name) == base->end() ||
             base->at(part.name) == item.at(part.name);
    };
    bool same = same_key(table.definition.key.partition);
    if (table.definition.key.sort) same = same_key(*table.definition.key.sort) && same;
    if (!same)
      throw dynamo_backend::FieldError("An item's key cannot change: make a new item instead.");
    if (write_item_over(client(), table, base, item) == ItemWrite::conflict) return conflict();
  } catch (const dynamo_backend::FieldError& e) {
    page.context.add("problems").set("problem", e.what());
    return show_item(page, name, text, base_text, !base, 422);
  }
  log(base ? "changes an" : "adds an");
  const dynamodb::PackedItem packed(item);
  return page.redirect(
      table_url(name) + "item/?key=" + key_url(table.definition.key, packed.view()),
      web::Level::success, "The item was written.");
}

// ---- PartiQL

web::Response partiql(Page& page) {
  page.demand_superuser();
  page.crumb("Tables", "/admin/tables/");
  page.crumb("PartiQL");
  if (page.request.method() != "POST") return page.render("admin/partiql.html", "PartiQL");
  const std::string statement = page.sent("statement");
  page.context.set("statement", statement);
  std::string_view verb = statement;
  while (!verb.empty() && (verb.front() == ' ' || verb.front() == '\n' || verb.front() == '\r' ||
                           verb.front() == '\t'))
    verb.remove_prefix(1);
  const bool reads = dynamo_backend::ascii_lower(verb.substr(0, 6)) == "select";
  if (!reads) {
    demand_writes(page);
    demand_not_the_log(statement);
  }
  const auto result = dynamodb::partiql::execute_statement(
      client(),
      {.statement = {.statement = statement}, .limit = reads ? std::optional(100u) : std::nullopt});
  if (!result) {
    page.context.add("problems").set("problem", result.error().message);
    return page.render("admin/partiql.html", "PartiQL", 422);
  }
  if (!reads) auth::log_event(page.request, "admin runs PartiQL", page.actor().name);
  for (std::size_t i = 0; i < result->items.size(); ++i)
    page.context.add("items").set("item", item_text(result->items[i]));
  page.context.show("has_result").show("more", result->next_token.has_value());
  page.context.set("found", result->items.size());
  return page.render("admin/partiql.html", "PartiQL");
}

}  // namespace

void add_table_routes(web::Router& router) {
  const auto staff = web::Access::staff;
  router.get("/admin/tables/", view(table_list), "admin:tables").access(staff);
  router.get("/admin/tables/partiql/", view(partiql), "admin:partiql").access(staff);
  router.post("/admin/tables/partiql/", view(partiql), "admin:partiql").access(staff);
  router.get("/admin/tables/<str:table>/", view(table_page), "admin:table").access(staff);
  router.get("/admin/tables/<str:table>/item/", view(item_page), "admin:item").access(staff);
  router.post("/admin/tables/<str:table>/item/", view(write_item), "admin:item")
      .access(staff)
      .body_limit(4u << 20);
}

}  // namespace admin

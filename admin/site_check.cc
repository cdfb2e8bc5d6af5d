// Site::check(): what is wrong with registrations, each with its id.
//
//   admin.E001  list_display, list_filter, … name a field that the model does not have
//   admin.E002  list_editable names a field that is not in list_display, or cannot be edited
//   admin.E003  list_per_page is not between 1 and 200
//   admin.E004  search_fields names what is no text
//   admin.E005  date_hierarchy is no date and time
//   admin.E006  an inline's model does not point to the model, or by several foreign keys
//   admin.E007  prepopulated_fields names what is no text
//   admin.E008  raw_id_fields names no foreign key, filter_horizontal no many-to-many
//   admin.E009  two actions of one name, or one that the admin has itself
//   admin.E010  a field is in two fieldsets
//   admin.E011  ordering names a field that the model does not have
//   admin.E012  the model has no C++ type
//   admin.E013  an action's permission is none of view, add, change and delete
//   admin.E014  a filter has the name of one of a list's own parameters
//   admin.W001  rows of a related model can be chosen by key alone
#include <algorithm>
#include <set>

#include "admin/changelist.h"
#include "admin/site.h"
#include "dynamo_backend/exceptions.h"

namespace admin {
namespace {

using dynamo_backend::Kind;

class Checker {
 public:
  Checker(const Site& site, const ModelAdmin& admin, std::vector<Problem>& problems)
      : site_(site), admin_(admin), options_(admin.options), problems_(problems) {}

  void run() {
    if (!admin_.model.row.make) add("admin.E012", "its rows have no C++ type");
    check_list();
    check_form();
    check_inlines();
    check_actions();
    check_relations();
  }

 private:
  void add(const char* id, const std::string& text) {
    problems_.push_back({id, "admin of " + admin_.model.label() + ": " + text + "."});
  }
  // The field; nullptr after a complaint.
  const FieldInfo* need(const std::string& option, std::string_view name) {
    const FieldInfo* field = admin_.field(name);
    if (!field)
      add("admin.E001", "." + option + " names '" + std::string(name) +
                            "', which is no field; choices are " + admin_.model.choices());
    return field;
  }
  void need_all(const std::string& option, const std::vector<std::string>& names) {
    for (const std::string& name : names) need(option, name);
  }

  void check_list() {
    for (const Column& c : options_.list_display) {
      if (!c.text && c.name != "__str__") need("list_display", c.name);
      if (!c.order_by.empty()) need("list_display", c.order_by);
    }
    for (const Filter& f : options_.list_filter) {
      const FieldInfo* field = f.choices.empty() ? need("list_filter", f.name) : nullptr;
      const std::string name = field ? std::string(field->attribute) : f.name;
      if (is_list_parameter(name))
        add("admin.E014", ".list_filter has '" + name + "', which is a parameter of every list: " +
                              "give a Filter of your own, with choices, another name");
    }
    for (const std::string& name : options_.list_editable) {
      const FieldInfo* field = need("list_editable", name);
      if (!field) continue;
      const bool shown =
          std::any_of(options_.list_display.begin(), options_.list_display.end(),
                      [&](const Column& c) { return !c.text && admin_.field(c.name) == field; });
      if (!shown || admin_.is_readonly(*field) || field->kind == Kind::many_to_many)
        add("admin.E002", ".list_editable names '" + name + "', which " +
                              (shown ? "cannot be edited" : "is not in .list_display"));
    }
    if (options_.list_per_page < 1 || options_.list_per_page > 200)
      add("admin.E003", ".list_per_page is " + std::to_string(options_.list_per_page) +
                            "; it is between 1 and 200");
    for (std::string_view name : options_.search_fields) {
      if (name.starts_with('^') || name.starts_with('=')) name.remove_prefix(1);
      const FieldInfo* field = need("search_fields", name);
      if (field && !is_text(field->kind))
        add("admin.E004", ".search_fields names '" + std::string(name) + "', which is no text");
    }
    if (!options_.date_hierarchy.empty()) {
      const FieldInfo* field = need("date_hierarchy", options_.date_hierarchy);
      if (field && field->kind != Kind::datetime)
        add("admin.E005",
            ".date_hierarchy is '" + options_.date_hierarchy + "', which is no date and time");
    }
    try {
      dynamo_backend::parse_ordering(admin_.model, options_.ordering);
    } catch (const dynamo_backend::FieldError& e) {
      add("admin.E011", std::string(".ordering: ") + e.what());
    }
  }

  void check_form() {
    need_all("fields", options_.fields);
    need_all("readonly_fields", options_.readonly_fields);
    need_all("superuser_fields", options_.superuser_fields);
    for (const auto& [name, choices] : options_.choices) need("choices", name);
    std::set<std::string> seen;
    for (const Fieldset& set : options_.fieldsets) {
      need_all("fieldsets", set.fields);
      for (const std::string& name : set.fields)
        if (!seen.insert(name).second) add("admin.E010", "'" + name + "' is in two .fieldsets");
    }
    for (const auto& [name, sources] : options_.prepopulated_fields) {
      std::vector<std::string> all = sources;
      all.push_back(name);
      for (const std::string& n : all) {
        const FieldInfo* field = need("prepopulated_fields", n);
        if (field && !is_text(field->kind))
          add("admin.E007", ".prepopulated_fields names '" + n + "', which is no text");
      }
    }
    for (const std::string& name : options_.raw_id_fields) {
      const FieldInfo* field = need("raw_id_fields", name);
      if (field && !is_relation(field->kind))
        add("admin.E008", ".raw_id_fields names '" + name + "', which is no foreign key");
    }
    for (const std::string& name : options_.filter_horizontal) {
      const FieldInfo* field = need("filter_horizontal", name);
      if (field && field->kind != Kind::many_to_many)
        add("admin.E008", ".filter_horizontal names '" + name + "', which is no many-to-many");
    }
  }

  void check_inlines() {
    for (const Inline& in : options_.inlines) {
      if (!inline_key(in, admin_.model))
        add("admin.E006", "the inline " + in.model->name +
                              " has no foreign key to it, or several: name one by .foreign_key");
      for (const auto* list :
           {&in.options.fields, &in.options.readonly_fields, &in.options.raw_id_fields}) {
        for (const std::string& name : *list)
          if (!find_field(*in.model, name))
            add("admin.E001", "the inline " + in.model->name + " names '" + name +
                                  "', which is no field; choices are " + in.model->choices());
      }
    }
  }

  void check_actions() {
    std::set<std::string> seen{"delete_selected"};
    for (const Action& a : options_.actions) {
      if (!seen.insert(a.name).second) add("admin.E009", "two actions are called '" + a.name + "'");
      if (!std::set<std::string>{"view", "add", "change", "delete"}.count(a.permission))
        add("admin.E013", "the action '" + a.name + "' asks for the permission '" + a.permission +
                              "'; it is view, add, change or delete");
    }
  }

  void check_relations() {
    for (const FieldInfo& f : admin_.model.fields) {
      if (!is_relation(f.kind) || admin_.is_readonly(f)) continue;
      const auto& raw = options_.raw_id_fields;
      const bool by_key =
          std::any_of(raw.begin(), raw.end(), [&](const auto& n) { return admin_.field(n) == &f; });
      const ModelAdmin* other = site_.find(f.target());
      if (by_key || (other && !other->options.search_fields.empty())) continue;
      add("admin.W001", "rows for '" + std::string(f.attribute) + "' are chosen by key: register " +
                            f.target().name + " with .search_fields, or put the field into " +
                            ".raw_id_fields");
    }
  }

  const Site& site_;
  const ModelAdmin& admin_;
  const ModelOptions& options_;
  std::vector<Problem>& problems_;
};

}  // namespace

std::vector<Problem> Site::check() const {
  std::vector<Problem> problems;
  for (const ModelAdmin* admin : models()) Checker(*this, *admin, problems).run();
  return problems;
}

}  // namespace admin

// Site: which models the admin shows, and how.
//
//   admin::site().add<Post>({.list_display = {"title", "author_pk", "published", "created_at"},
//                            .list_filter = {"published"},
//                            .search_fields = {"title", "body"},
//                            .inlines = {admin::inline_of<PostCategory>()}});
//
// Fields are named as outside C++ ("public"), or by their member. What does not fit the model is an
// error of `manage check` (check(), below), not of the registration.
// Thread safety: register on one thread before the application serves; then read from any.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.h"
#include "dynamo_backend/model_info.h"
#include "dynamo_backend/query.h"

namespace dynamo_backend {
template <class T>
const ModelInfo& model_info();
}

namespace admin {

using dynamo_backend::FieldInfo;
using dynamo_backend::ModelInfo;

// A column of the changelist: a field by its name, "__str__", or a function of the row.
struct Column {
  Column(const char* field) : name(field) {}             // NOLINT: {"title", "slug"}
  Column(std::string field) : name(std::move(field)) {}  // NOLINT
  Column(std::string column_title, std::function<std::string(const void* row)> function,
         std::string order = {})
      : title(std::move(column_title)), text(std::move(function)), order_by(std::move(order)) {}

  std::string name{};   // of a field
  std::string title{};  // over the column; empty: the field's label
  std::function<std::string(const void* row)> text{};
  std::string order_by{};  // of a function: the field that the column is sorted by; empty: none
};
// admin::column<Post>("Words", [](const Post& p) { … }, "body")
template <class T, class Function>
Column column(std::string title, Function function, std::string order_by = {}) {
  return Column(
      std::move(title),
      [function](const void* row) { return function(*static_cast<const T*>(row)); },
      std::move(order_by));
}

// A filter beside the changelist: a field, or choices with conditions of their own.
struct Filter {
  Filter(const char* field) : name(field) {}             // NOLINT: {"published"}
  Filter(std::string field) : name(std::move(field)) {}  // NOLINT
  struct Choice {
    std::string value{}, label{};  // in the URL; for people
    std::vector<dynamo_backend::Lookup> lookups{};
  };
  Filter(std::string parameter, std::string filter_title, std::vector<Choice> filter_choices)
      : name(std::move(parameter)),
        title(std::move(filter_title)),
        choices(std::move(filter_choices)) {}

  std::string name{}, title{};
  std::vector<Choice> choices{};
};

struct Fieldset {
  std::string title{};  // empty: none is shown
  std::vector<std::string> fields{};
  std::string description{};
};

// Rows of another model that point to the row, edited on its page.
struct InlineOptions {
  std::string foreign_key{};  // by which they point; empty: the only one
  bool stacked = false;       // each a form of its own; else a table
  std::size_t extra = 1;      // empty rows for new ones
  // A save that would leave more, or fewer, than these of what it finds stored is refused.
  std::size_t max_rows = 100, min_rows = 0;
  std::vector<std::string> fields{};  // empty: all that can be edited
  std::vector<std::string> readonly_fields{}, raw_id_fields{};
  bool can_delete = true;
};
struct Inline {
  const ModelInfo* model = nullptr;
  InlineOptions options{};
};
template <class T>
Inline inline_of(InlineOptions options = {}) {
  return {&dynamo_backend::model_info<T>(), std::move(options)};
}

// What is done to chosen rows, each by itself: `change` alters the row, the admin saves it, writes
// the history and can undo it.
struct Action {
  std::string name{}, title{};
  std::string permission = "change";  // add, change, delete or view, of the model
  std::function<void(void* row)> change{};
};
template <class T, class Function>
Action action(std::string name, std::string title, Function change) {
  return {.name = std::move(name), .title = std::move(title), .change = [change](void* row) {
            change(*static_cast<T*>(row));
          }};
}

using Choices = std::function<std::vector<std::pair<std::string, std::string>>()>;

struct RowQuestion {
  std::string user_key{};
  bool is_superuser = false;
  std::string_view verb{};  // "view", "change", "delete"
  const void* row = nullptr;
};

struct FieldQuestion {
  std::string user_key{};
  bool is_superuser = false;
  std::string_view field{};  // its attribute
};

struct ModelOptions {
  std::vector<Column> list_display{"__str__"};
  std::vector<Filter> list_filter{};
  std::vector<std::string> search_fields{};  // "title"; "^x" begins with, "=x" equals
  std::vector<std::string> list_editable{};
  std::size_t list_per_page = 50;  // 1 to 200
  std::string date_hierarchy{};
  std::string ordering{};             // "-created_at"; empty: the model's
  std::vector<std::string> fields{};  // of the form, in order; empty: all that can be edited
  std::vector<Fieldset> fieldsets{};  // in place of `fields`
  std::vector<std::string> readonly_fields{};
  std::vector<std::pair<std::string, std::vector<std::string>>> prepopulated_fields{};
  std::vector<std::string> raw_id_fields{}, filter_horizontal{};
  std::vector<Inline> inlines{};
  std::vector<Action> actions{};
  bool save_as = false;
  // Values that a field may have, with their labels, instead of a text that is typed.
  std::vector<std::pair<std::string, Choices>> choices{};
  // Fields that superusers alone may set.
  std::vector<std::string> superuser_fields{};
  // Fields that need more than the permission: whether this user may set this one. Else they see
  // it.
  std::function<bool(const FieldQuestion&)> field_permission{};
  // Rows that need more than the permission: whether this user may `verb` this one.
  std::function<bool(const RowQuestion&)> row_permission{};
  // Nobody adds, changes or deletes rows of it here.
  bool read_only = false;
  bool can_add = true, can_change = true;
  bool log_values = true;  // the log has old and new values; else the names of fields alone
};

class ModelAdmin {
 public:
  ModelAdmin(const ModelInfo& model, ModelOptions options);

  const ModelInfo& model;
  const ModelOptions options;

  std::string path() const;                             // "demo_app/post"
  std::string title() const;                            // "post categories"
  std::string singular() const;                         // "post category"
  std::string permission(std::string_view verb) const;  // "demo_app.change_post"
  // nullptr: the model has none of that name.
  const FieldInfo* field(std::string_view name) const;
  bool is_readonly(const FieldInfo& field) const;
  // Of the form, titles and order as configured; read-only ones too.
  std::vector<Fieldset> form_fieldsets() const;
  bool in_form(const FieldInfo& field) const;
  const Action* find_action(std::string_view name) const;
  const Choices* choices_of(const FieldInfo& field) const;  // nullptr: it is typed
  static bool is_several(const FieldInfo& field);           // of the choices, one a line
  bool is_raw_id(const FieldInfo& field) const;
  bool is_for_superusers(const FieldInfo& field) const;
};

const FieldInfo* find_field(const ModelInfo& model, std::string_view name);
// The foreign key by which an inline's rows point to `parent`; nullptr: none, or several.
const FieldInfo* inline_key(const Inline& of, const ModelInfo& parent);
// "writer" of `writer_pk`.
std::string label_of(const FieldInfo& field);
// "post category" of PostCategory; "post categories".
std::string words_of(const ModelInfo& model);
std::string plural(std::string words);

struct SiteOptions {
  std::string title = "DDBDjango administration";
  double scan_units = 100;  // read units from which a page that would scan says so and waits
  // Rows of a table from which the counts beside its filters are made where they are asked for.
  std::uint64_t facet_rows = 10'000;
};

struct Problem {
  std::string id{};  // "admin.E001"; ids are never reused
  std::string text{};
};

class Site {
 public:
  template <class T>
  void add(ModelOptions how = {}) {
    add(dynamo_backend::model_info<T>(), std::move(how));
  }
  // Registering a model again replaces what was said of it.
  void add(const ModelInfo& model, ModelOptions how);

  const ModelAdmin* find(std::string_view path) const;  // "demo_app/post"; nullptr: none
  const ModelAdmin* find(const ModelInfo& model) const;
  std::vector<const ModelAdmin*> models() const;  // by app and name

  // Everything that is wrong with the registrations.
  std::vector<Problem> check() const;

  SiteOptions options{};
  base::AdminSettings settings{};

 private:
  std::vector<std::unique_ptr<const ModelAdmin>> models_{};
};

// The process's site.
Site& site();

}  // namespace admin

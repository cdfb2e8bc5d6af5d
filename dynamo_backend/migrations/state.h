// ProjectState: the tables that a project's models need, as plain data: what migrations change.
//
// It is made of the compiled models (project_state()) or by applying migrations to an empty state
// (operation.h); dmakemigrations compares the two. Only what the database keeps is in it: tables,
// keys, attributes and their stored types, indexes, unique claims, TTL, streams. What the program
// alone checks (max_length, blank, on_delete, defaults, verbose names) is not, so that changing it
// needs no migration.
// Thread safety: values.
#pragma once
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "dynamo_backend/codec.h"
#include "dynamodb/table.h"

namespace dynamo_backend {
class Registry;
struct ModelInfo;
}  // namespace dynamo_backend

namespace dynamo_backend::migrations {

class ObjectReader;

// What is wrong with a migration, its file or its place among the others: names the file or the
// migration and what to do.
struct MigrationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One stored attribute. Fields of a ManyToManyField have none: their join tables are models.
struct FieldState {
  std::string name{};     // the attribute's
  std::string type{};     // "text", "integer", …, "list of text", "set of integer": see type_of()
  bool nullable = false;  // std::optional: rows may lack the attribute
  bool computed = false;  // the key of a ComputedIndex: a function of the row, of the same name
  std::string references{};  // of a relation: "demo_app.Author"
  friend bool operator==(const FieldState&, const FieldState&) = default;

  const Shape& shape() const;  // of `type`; lives for ever
  // Whether a row without the attribute is a whole row: nullable, computed, sets, json.
  bool may_be_absent() const;
};

struct IndexState {
  std::string name{};
  // Attributes, whose types are those of the model's fields; DynamoDB takes up to four of each.
  std::vector<std::string> partition{}, sort{};
  bool local = false;  // an LSI: made with its table, never later
  dynamodb::ProjectionType projection = dynamodb::ProjectionType::all;
  std::vector<std::string> include{};  // with ProjectionType::include; sorted
  friend bool operator==(const IndexState&, const IndexState&) = default;

  bool uses(std::string_view attribute) const;
};

// Values that no two rows share: of one field or of several together.
struct UniqueState {
  std::vector<std::string> fields{};  // in the order declared
  bool fold_case = false;             // "A" and "a" are one value
  friend bool operator==(const UniqueState&, const UniqueState&) = default;

  bool uses(std::string_view attribute) const;
};

struct ModelState {
  std::string app{};                 // "demo_app"
  std::string name{};                // "Post"
  std::string table{};               // without the prefix
  std::string partition{}, sort{};   // the table's key; sort empty: none
  std::vector<FieldState> fields{};  // as declared, the key first
  std::vector<IndexState> indexes{};
  std::vector<UniqueState> unique{};
  std::string ttl{};  // the attribute that says when a row expires; empty: none
  std::optional<dynamodb::StreamViewType> stream{};
  friend bool operator==(const ModelState&, const ModelState&) = default;

  std::string label() const { return app + "." + name; }
  FieldState* find_field(std::string_view field);  // nullptr: none
  const FieldState* find_field(std::string_view field) const;
  const IndexState* find_index(std::string_view index) const;
  const UniqueState* find_unique(const std::vector<std::string>& fields_of) const;
  bool is_key(std::string_view field) const { return field == partition || field == sort; }
};

struct ProjectState {
  std::map<std::string, ModelState, std::less<>> models{};  // by label: "demo_app.Post"
  friend bool operator==(const ProjectState&, const ProjectState&) = default;

  const ModelState* find(std::string_view app, std::string_view name) const;  // nullptr: none
  ModelState* find(std::string_view app, std::string_view name);
  const ModelState& model(std::string_view app,
                          std::string_view name) const;  // throws MigrationError
  ModelState& model(std::string_view app, std::string_view name);
};

// Of the compiled models, automatic join tables included.
ProjectState project_state(const Registry& registry);
ModelState model_state(const ModelInfo& model);

// The name of a stored type: "text", "list of integer".
std::string type_of(const Shape& shape);
// Its shape. Throws MigrationError for a name that is none, which lists those that are.
const Shape& shape_of(std::string_view type);

// What CreateTable takes; the table's name without the prefix.
dynamodb::TableDefinition table_definition(const ModelState& model);
dynamodb::IndexDefinition index_definition(const ModelState& model, const IndexState& index);
std::string_view stream_name(dynamodb::StreamViewType view);  // "new_and_old_images"
// "none" is no stream. Throws MigrationError for a name that is none.
std::optional<dynamodb::StreamViewType> parse_stream(std::string_view name);

// ---- as JSON. Readers are strict: an unknown, missing or mistyped key throws MigrationError.

base::Json to_json(const FieldState& field);
base::Json to_json(const IndexState& index);
base::Json to_json(const UniqueState& unique);
base::Json to_json(const ModelState& model);  // without its app, which is the migration's
base::Json to_json(const ProjectState& state);
FieldState field_from_json(const base::Json& json);
IndexState index_from_json(const base::Json& json);
UniqueState unique_from_json(const base::Json& json);
// Of an object that may have further keys, which its reader checks.
ModelState read_model(ObjectReader& reader, std::string_view app);

}  // namespace dynamo_backend::migrations

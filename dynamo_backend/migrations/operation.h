// Operation: one step of a migration, as data: how it is written in the file, what it does to the
// state, how it is undone, and what kind of work it is for the database.
//
// The executor (executor.h) does the work; what an operation makes of one stored row is
// row_change.h. Models are named without their app: an operation changes models of its own
// migration's app. Adding a kind: a struct here and its entry in the variant; the compiler then
// names the visitors that must know it (names, JSON, apply, reverse, work), but not those that do
// something for some kinds alone: OperationRunner::run(), row_changer(), indexes_of().
// Thread safety: values.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/json_fwd.h"
#include "dynamo_backend/migrations/state.h"

namespace dynamo_backend::migrations {

// Makes the table with its indexes, TTL, stream and unique claims.
struct CreateTable {
  ModelState model{};
  friend bool operator==(const CreateTable&, const CreateTable&) = default;
};
// Drops the table and its unique claims.
struct DeleteTable {
  std::string model{};
  friend bool operator==(const DeleteTable&, const DeleteTable&) = default;
};
// A model's name in C++. The table keeps its name: DynamoDB has no way to change it.
struct RenameModel {
  std::string model{}, new_name{};
  friend bool operator==(const RenameModel&, const RenameModel&) = default;
};

// A backfill's function that every project has: a random UUID, as text.
inline constexpr std::string_view kUuidFunction = "uuid4";
// Throws BadValue where what a backfill's function makes is no value of the field.
void check_function(const FieldState& field, std::string_view function);

// What existing rows get that lack a field: a value, or what a named row function sets.
struct Backfill {
  Value value{};           // NULL: none
  std::string function{};  // "demo_app.fill_slugs"; empty: none
  friend bool operator==(const Backfill&, const Backfill&) = default;

  bool empty() const { return function.empty() && value.is<dynamodb::Null>(); }
};

// Rows that lack the attribute get the backfill; a computed field's value comes from the compiled
// model's function.
struct AddField {
  std::string model{};
  FieldState field{};
  Backfill backfill{};
  friend bool operator==(const AddField&, const AddField&) = default;
};
struct RemoveField {
  std::string model{}, field{};
  bool keep_data = false;  // leaves the attribute in the rows
  friend bool operator==(const RemoveField&, const RemoveField&) = default;
};
// REQUIRES of the state: no index, unique set or TTL uses the field (DynamoDB indexes an attribute
// by its name): they are removed before and added after.
struct RenameField {
  std::string model{}, field{}, new_name{};
  friend bool operator==(const RenameField&, const RenameField&) = default;
};
// Another stored type, nullability or relation. `conversion` names one of conversions.h
// ("text to integer"), or a row function with an '@' before it ("@demo_app.parse_prices"); empty:
// stored values stay as they are. Rows that lack a field which may not be absent get `backfill`.
struct AlterField {
  std::string model{};
  FieldState field{};  // as it will be
  std::string conversion{}, reverse_conversion{};
  Backfill backfill{};
  friend bool operator==(const AlterField&, const AlterField&) = default;
};
// Sets a computed field of every row to what the compiled model's function says: for a function
// that was changed.
struct RecomputeField {
  std::string model{}, field{};
  friend bool operator==(const RecomputeField&, const RecomputeField&) = default;
};

struct AddIndex {
  std::string model{};
  IndexState index{};
  friend bool operator==(const AddIndex&, const AddIndex&) = default;
};
struct RemoveIndex {
  std::string model{}, index{};
  friend bool operator==(const RemoveIndex&, const RemoveIndex&) = default;
};
// Claims the values of existing rows; fails where two rows share one, and names them.
struct AddUnique {
  std::string model{};
  UniqueState unique{};
  friend bool operator==(const AddUnique&, const AddUnique&) = default;
};
struct RemoveUnique {
  std::string model{};
  std::vector<std::string> fields{};
  friend bool operator==(const RemoveUnique&, const RemoveUnique&) = default;
};
struct SetTtl {
  std::string model{}, field{};  // no field: none
  friend bool operator==(const SetTtl&, const SetTtl&) = default;
};
struct SetStream {
  std::string model{};
  std::optional<dynamodb::StreamViewType> view{};  // absent: no stream
  friend bool operator==(const SetStream&, const SetStream&) = default;
};
// A C++ function by name (functions.h): over each row of `model`, or, without a model, once.
struct RunFunction {
  std::string function{};
  std::string reverse{};  // empty: cannot be undone; kNoop: nothing is to be undone
  std::string model{};
  friend bool operator==(const RunFunction&, const RunFunction&) = default;
};

// The function that does nothing, and reads no rows for it: Django's RunPython.noop.
inline constexpr std::string_view kNoop = "noop";

// In any order: files name the kinds. name_of() has their names in the same order.
using Operation = std::variant<CreateTable, DeleteTable, RenameModel, AddField, RemoveField,
                               RenameField, AlterField, RecomputeField, AddIndex, RemoveIndex,
                               AddUnique, RemoveUnique, SetTtl, SetStream, RunFunction>;

std::string_view name_of(const Operation& operation);  // as in files: "add_field"
// The model that it is about; empty for a function that runs once.
const std::string& model_of(const Operation& operation);

// {"operation": "add_field", "model": "Post", …}. from_json is strict and throws MigrationError
// that names the key. The state before it is needed for nothing: values carry their type.
base::Json to_json(const Operation& operation);
Operation operation_from_json(const base::Json& json, std::string_view app);

// "Add field subtitle to Post", for people.
std::string describe(const Operation& operation);

// Throws MigrationError where the operation does not fit the state.
void apply(const Operation& operation, std::string_view app, ProjectState& state);

// How to undo an operation.
struct Reversal {
  std::optional<Operation> operation{};  // absent: it cannot be undone, for this:
  std::string reason{};
  bool loses_data = false;  // what rows have by now goes: a table or an attribute is dropped
};
// `before`: the state before the operation.
Reversal reverse(const Operation& operation, std::string_view app, const ProjectState& before);

// What the database has to do, for plans and estimates.
struct Work {
  bool changes_table = false;  // CreateTable, DeleteTable, UpdateTable, UpdateTimeToLive
  bool walks_rows = false;     // reads every row
  bool writes_rows = false;    // and writes those that need it
  bool builds_index = false;   // DynamoDB backfills a GSI by itself
  bool claims_values = false;  // writes a claim a row to the table of unique values
  bool nothing() const { return !changes_table && !walks_rows && !builds_index && !claims_values; }
};
Work work_of(const Operation& operation);

}  // namespace dynamo_backend::migrations

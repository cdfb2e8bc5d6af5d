// Django's exceptions. Every message names the model, the field and what to do.
#pragma once
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/error.h"

namespace dynamo_backend {

// The common base: what a view may catch to answer anything that the models throw.
struct ModelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Bases of T::DoesNotExist and T::MultipleObjectsReturned.
struct ObjectDoesNotExist : ModelError {
  using ModelError::ModelError;
};
struct MultipleObjectsReturned : ModelError {
  using ModelError::ModelError;
};

// What is wrong with a row, all fields at once; messages about the row as a whole are under
// kNonField.
class ValidationError : public ModelError {
 public:
  static constexpr std::string_view kNonField = "__all__";
  using Errors = std::map<std::string, std::vector<std::string>, std::less<>>;

  // Empty, to be filled by clean().
  explicit ValidationError(std::string model = {});
  ValidationError(std::string model, std::string_view field, std::string message);

  void add(std::string_view field, std::string message);
  void add(std::string message) { add(kNonField, std::move(message)); }
  bool empty() const { return errors_.empty(); }
  const Errors& errors() const { return errors_; }
  // "Post: title: Ensure …; slug: Enter …"
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string model_;
  Errors errors_{};
  std::string text_{};
};

// A name that the model does not have (the message lists the choices), a lookup that does not fit
// the field, or a value that the field cannot hold.
struct FieldError : ModelError {
  using ModelError::ModelError;
};

// A unique value, or a key, that another row has.
class IntegrityError : public ModelError {
 public:
  IntegrityError(const std::string& field, const std::string& message)
      : IntegrityError(std::vector<std::string>{field}, message) {}
  IntegrityError(std::vector<std::string> fields, const std::string& message);
  // The attributes whose values must be unique: one, or those of a Unique<…>.
  const std::vector<std::string>& fields() const { return fields_; }
  const std::string& field() const { return field_; }  // their names, joined by ", "

 private:
  std::vector<std::string> fields_;
  std::string field_{};
};

// The row was changed by another since it was read (VersionField), or too many writers compete for
// it.
struct ConflictError : ModelError {
  using ModelError::ModelError;
};
// Rows with OnDelete::restrict_ still point to the row that is to be deleted.
struct ProtectedError : ModelError {
  using ModelError::ModelError;
};
// A cursor that page() does not take: the list must be read from its first page.
struct InvalidCursor : ModelError {
  using ModelError::ModelError;
};
// Tampered with, cut off, or sealed with another secret.
struct DamagedCursor : InvalidCursor {
  using InvalidCursor::InvalidCursor;
};
// Of another list: other conditions or values, another order, table or tenant.
struct ForeignCursor : InvalidCursor {
  using InvalidCursor::InvalidCursor;
};
// Of this list as it was before its model's keys, indexes or the way to read it changed.
struct StaleCursor : InvalidCursor {
  using InvalidCursor::InvalidCursor;
};
// scan_policy = forbid, and the query needs a Scan. The message prints the index that would serve.
struct ScanForbidden : ModelError {
  using ModelError::ModelError;
};

// The database refused or failed; error() is its answer.
class DatabaseError : public ModelError {
 public:
  explicit DatabaseError(dynamodb::Error error);
  DatabaseError(dynamodb::Error error, const std::string& doing);
  explicit DatabaseError(const std::string& message) : ModelError(message) {}
  const dynamodb::Error& error() const { return error_; }

 private:
  dynamodb::Error error_{};
};

// A model or a process that is not set up: too many indexes, no Connection, a row that must be
// saved first.
struct ImproperlyConfigured : ModelError {
  using ModelError::ModelError;
};

// The value of a call to the database; throws DatabaseError.
template <class T>
T take(dynamodb::Result<T> result, const char* doing) {
  if (!result) throw DatabaseError(result.error(), doing);
  return std::move(*result);
}

}  // namespace dynamo_backend

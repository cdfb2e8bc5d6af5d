#include "dynamo_backend/exceptions.h"

namespace dynamo_backend {

ValidationError::ValidationError(std::string model)
    : ModelError("validation"), model_(std::move(model)) {}

ValidationError::ValidationError(std::string model, std::string_view field, std::string message)
    : ValidationError(std::move(model)) {
  add(field, std::move(message));
}

void ValidationError::add(std::string_view field, std::string message) {
  errors_[std::string(field)].push_back(std::move(message));
  text_ = model_;
  const char* separator = model_.empty() ? "" : ": ";
  for (const auto& [name, messages] : errors_) {
    for (const std::string& m : messages) {
      text_ += separator;
      if (name != kNonField) text_ += name + ": ";
      text_ += m;
      separator = "; ";
    }
  }
}

IntegrityError::IntegrityError(std::vector<std::string> fields, const std::string& message)
    : ModelError(message), fields_(std::move(fields)) {
  for (const std::string& f : fields_) field_ += (field_.empty() ? "" : ", ") + f;
}

DatabaseError::DatabaseError(dynamodb::Error error)
    : ModelError(std::string(dynamodb::error_name(error.code)) + ": " + error.message),
      error_(std::move(error)) {}

DatabaseError::DatabaseError(dynamodb::Error error, const std::string& doing)
    : ModelError(doing + ": " + std::string(dynamodb::error_name(error.code)) + ": " +
                 error.message),
      error_(std::move(error)) {}

}  // namespace dynamo_backend

// Errors as JSON:
// {"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"…"}.
#include <algorithm>

#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

constexpr ErrorCode kCodes[] = {
    ErrorCode::validation,
    ErrorCode::conditional_check_failed,
    ErrorCode::duplicate_item,
    ErrorCode::resource_not_found,
    ErrorCode::resource_in_use,
    ErrorCode::transaction_canceled,
    ErrorCode::transaction_conflict,
    ErrorCode::transaction_in_progress,
    ErrorCode::idempotent_parameter_mismatch,
    ErrorCode::item_collection_size_limit_exceeded,
    ErrorCode::provisioned_throughput_exceeded,
    ErrorCode::limit_exceeded,
    ErrorCode::serialization,
    ErrorCode::access_denied,
    ErrorCode::table_not_found,
    ErrorCode::internal_server_error,
    ErrorCode::expired_iterator,
    ErrorCode::trimmed_data_access,
    ErrorCode::unavailable,
};

std::string_view type_prefix(ErrorCode code) {
  switch (code) {
    case ErrorCode::validation:
      return "com.amazon.coral.validate#";
    case ErrorCode::serialization:
    case ErrorCode::access_denied:
      return "com.amazon.coral.service#";
    default:
      return "com.amazonaws.dynamodb.v20120810#";
  }
}

std::optional<ErrorCode> code_of(std::string_view type) {
  type.remove_prefix(type.rfind('#') + 1);  // npos + 1 is 0
  for (const ErrorCode code : kCodes) {
    if (error_name(code) == type) return code;
  }
  // AWS throttles under several names.
  if (type == "ThrottlingException" || type == "RequestLimitExceeded")
    return ErrorCode::provisioned_throughput_exceeded;
  // A global table of strong consistency: another region writes the item.
  if (type == "ReplicatedWriteConflictException") return ErrorCode::transaction_conflict;
  return std::nullopt;
}

void write_reasons(JsonWriter& json, const std::vector<CancellationReason>& reasons) {
  json.key("CancellationReasons");
  json.begin_array();
  for (const CancellationReason& reason : reasons) {
    json.begin_object();
    json.member("Code", reason.code);
    if (!reason.message.empty()) json.member("Message", reason.message);
    if (reason.item) write_item(json, "Item", reason.item->view());
    json.end_object();
  }
  json.end_array();
}

CancellationReason read_reason(const Reader& reader) {
  return {reader.optional_text("Code").value_or("None"), reader.text("Message"),
          read_packed_item(reader, "Item")};
}

// A Result<Error>, or of what can be made from an Error, would not know its value from its error:
// hence the constructor.
struct Answer {
  Answer() = default;
  Error error{};
};

Answer read_error(const Reader& reader) {
  Answer answer;
  Error& error = answer.error;
  const std::string type = reader.text("__type");
  error.message = reader.has("message") ? reader.text("message") : reader.text("Message");
  if (const auto code = code_of(type)) {
    error.code = *code;
  } else {
    error.message = type + ": " + error.message;
  }
  for (const JsonElement& json : reader.elements("CancellationReasons")) {
    error.reasons.push_back(read_reason(Reader(json, reader.errors())));
  }
  error.item = read_packed_item(reader, "Item");
  return answer;
}

}  // namespace

std::string encode(const Error& error) {
  JsonWriter json;
  json.begin_object();
  json.member("__type", std::string(type_prefix(error.code)) + std::string(error_name(error.code)));
  // DynamoDB capitalises the member in these, and leaves it out where it has nothing to say.
  const bool capital = error.code == ErrorCode::transaction_canceled ||
                       error.code == ErrorCode::serialization ||
                       error.code == ErrorCode::access_denied;
  if (error.code != ErrorCode::serialization || !error.message.empty())
    json.member(capital ? "Message" : "message", error.message);
  if (!error.reasons.empty()) write_reasons(json, error.reasons);
  if (error.item) write_item(json, "Item", error.item->view());
  json.end_object();
  return std::move(json).text();
}

Error decode_error(std::string_view json) {
  const auto answer = decode_root<Answer>(json, read_error);
  if (answer) return answer->error;
  constexpr std::size_t kQuoted = 200;
  return internal_error("The answer is not an error of DynamoDB's: " +
                        std::string(json.substr(0, kQuoted)));
}

std::string decode_error_type(std::string_view json) {
  const auto type =
      decode_root<std::string>(json, [](const Reader& reader) { return reader.text("__type"); });
  if (!type) return "";
  return type->substr(type->rfind('#') + 1);  // npos + 1 is 0
}

}  // namespace dynamodb::wire

#include "demo_app/input.h"

#include <charconv>

#include "base/json.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/errors.h"
#include "dynamodb/limits.h"

namespace demo_app {
namespace {

using base::Json;

constexpr const char* kInvalid = "The request has errors.";

const Json& body_object(web::Request& request) {
  const Json& body = request.json();
  if (!body.is_object()) throw web::HttpError(400, "invalid", "The body must be a JSON object.");
  return body;
}

// The names of the attributes that a client knows by another name: author_pk is sent as author_id.
std::string public_name(std::string_view attribute, JsonMembers members, const Json& body) {
  for (const JsonMember& member : members) {
    if (member.attribute == attribute && body.contains(member.name))
      return std::string(member.name);
  }
  return std::string(attribute);
}

void merge(const ValidationError& error, JsonMembers members, const Json& body,
           web::FieldErrors& into) {
  for (const auto& [attribute, messages] : error.errors()) {
    auto& list = into[public_name(attribute, members, body)];
    list.insert(list.end(), messages.begin(), messages.end());
  }
}

std::string largest_member(const Json& body) {
  std::string largest(ValidationError::kNonField);
  std::size_t most = 0;
  for (const auto& [name, value] : body.items()) {
    if (const std::size_t size = value.dump().size(); size > most) {
      most = size;
      largest = name;
    }
  }
  return largest;
}

}  // namespace

// What grows later (a counter, a date) has room left.
bool too_large(const dynamo_backend::ModelInfo& model, const void* row) {
  constexpr std::size_t kRoom = 1024;
  try {
    const auto packed = dynamo_backend::pack_row(model, row);
    return dynamodb::item_size(packed.view()) > dynamodb::kMaxItemSize - kRoom;
  } catch (const ValidationError&) {
    return true;  // the row has been validated: nothing else is wrong with it
  }
}

void refuse(const std::string& field, const std::string& message) {
  throw web::HttpError(400, "invalid", field + ": " + message, {{field, {message}}});
}

void read_body(web::Request& request, const dynamo_backend::ModelInfo& model, void* row,
               JsonMembers members, bool is_new) {
  const Json& body = body_object(request);
  web::FieldErrors errors;
  Json attributes = Json::object();
  for (const auto& item : body.items()) {
    const std::string& name = item.key();
    const Json& value = item.value();
    const auto taken = std::find_if(members.begin(), members.end(),
                                    [&name](const JsonMember& m) { return m.name == name; });
    if (taken == members.end()) {
      errors[name].push_back("Unknown field.");
      continue;
    }
    const std::string attribute(taken->stored_as());
    if (attributes.contains(attribute) && attributes[attribute] != value) {
      errors[name].push_back("Contradicts another field with the same meaning.");
    }
    attributes[attribute] = value;
  }
  for (const JsonMember& wanted : members) {
    if (is_new && wanted.required && !attributes.contains(std::string(wanted.stored_as())))
      errors[std::string(wanted.name)].push_back("This field is required.");
  }
  try {
    dynamo_backend::update_from_json(model, row, attributes);
  } catch (const ValidationError& error) {
    merge(error, members, body, errors);
  }
  if (errors.empty()) {
    try {
      dynamo_backend::validate_row(model, row, dynamo_backend::Strictness::full);
    } catch (const ValidationError& error) {
      merge(error, members, body, errors);
    }
  }
  if (errors.empty() && too_large(model, row)) {
    errors[largest_member(body)].emplace_back(kTooLarge);
  }
  if (errors.empty()) return;
  const auto& [field, messages] = *errors.begin();
  throw web::HttpError(400, "invalid",
                       errors.size() == 1 ? field + ": " + messages.front() : kInvalid, errors);
}

Uuid read_key(web::Request& request, std::string_view name,
              std::initializer_list<std::string_view> others) {
  const Json& body = body_object(request);
  for (const auto& [member, value] : body.items()) {
    if (member != name && std::find(others.begin(), others.end(), member) == others.end())
      refuse(member, "Unknown field.");
  }
  const auto it = body.find(name);
  const std::string field(name);
  if (it == body.end() || it->is_null())
    throw web::HttpError(400, "invalid", field + " required",
                         {{field, {"This field is required."}}});
  const auto key = it->is_string() ? Uuid::parse(it->get_ref<const std::string&>()) : std::nullopt;
  if (!key) refuse(field, "Enter a valid UUID.");
  return *key;
}

PageParameters read_page(web::Request& request) {
  PageParameters page;
  if (const auto text = request.query("limit")) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    const bool too_large = error == std::errc::result_out_of_range;
    if ((error != std::errc() && !too_large) || end != text->data() + text->size() ||
        (limit == 0 && !too_large)) {
      refuse("limit", "Enter a whole number of 1 or more.");
    }
    page.limit = too_large ? kMaxPageSize : std::min(limit, kMaxPageSize);
  }
  page.cursor = std::string(request.query("cursor").value_or(""));
  return page;
}

web::HttpError answer_to(const dynamo_backend::ModelError& error) {
  if (const auto* invalid = dynamic_cast<const ValidationError*>(&error)) {
    web::FieldErrors fields(invalid->errors().begin(), invalid->errors().end());
    return {400, "invalid", kInvalid, std::move(fields)};
  }
  if (const auto* taken = dynamic_cast<const dynamo_backend::IntegrityError*>(&error)) {
    return {409,
            "unique",
            taken->field() + " is taken.",
            {{taken->field(), {"Another row has this value."}}}};
  }
  if (dynamic_cast<const dynamo_backend::ConflictError*>(&error) != nullptr) {
    return {409, "conflict", "The row was changed by another request; read it and try again."};
  }
  if (dynamic_cast<const dynamo_backend::ProtectedError*>(&error) != nullptr) {
    return {409, "protected", "Other rows still refer to this one."};
  }
  if (dynamic_cast<const dynamo_backend::InvalidCursor*>(&error) != nullptr) {
    return {400,
            "invalid_cursor",
            "Invalid cursor",
            {{"cursor", {"This cursor is damaged, or belongs to another list."}}}};
  }
  if (const auto* query = dynamic_cast<const dynamo_backend::search::InvalidQuery*>(&error))
    return {400, "invalid", query->what(), {{"q", {query->what()}}}};
  if (const auto* down = dynamic_cast<const dynamo_backend::search::Unavailable*>(&error)) {
    web::HttpError answer(503, "search_unavailable", "Search is not available now; try again.");
    answer.headers.set("Retry-After", std::to_string(down->retry_after().count()));
    return answer;
  }
  if (dynamic_cast<const dynamo_backend::ObjectDoesNotExist*>(&error) != nullptr)
    return {404, "not_found", "Not found"};
  // What the database answered is for the log, not for clients.
  return {503, "database", "The database does not answer; try again."};
}

}  // namespace demo_app

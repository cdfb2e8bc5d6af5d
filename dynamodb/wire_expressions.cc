#include "dynamodb/wire_expressions.h"

#include <algorithm>

#include "dynamodb/limits.h"

namespace dynamodb::wire {
namespace {

constexpr std::string_view kNames = "ExpressionAttributeNames";
constexpr std::string_view kValues = "ExpressionAttributeValues";
constexpr std::string_view kProjection = "ProjectionExpression";

std::string joined(const std::vector<std::string_view>& names, std::string_view separator) {
  std::string text;
  for (const auto name : names) {
    if (!text.empty()) text += separator;
    text += name;
  }
  return text;
}

std::vector<std::string_view> present(const Reader& request,
                                      std::span<const std::string_view> members) {
  std::vector<std::string_view> found;
  std::copy_if(members.begin(), members.end(), std::back_inserter(found),
               [&](std::string_view member) { return request.has(member); });
  return found;
}

std::size_t size_of(const AttributeValue& value) {
  if (const auto* text = value.get_if<std::string>()) return text->size();
  const std::string packed = pack_value(value);
  return value_size(ValueView(packed));
}

}  // namespace

ExpressionReader::ExpressionReader(const Reader& request, const ExpressionParameters& parameters)
    : request_(request),
      takes_values_(std::any_of(parameters.expressions.begin(), parameters.expressions.end(),
                                [](std::string_view member) { return member != kProjection; })) {
  check_parameters(parameters);
}

void ExpressionReader::check_parameters(const ExpressionParameters& parameters) {
  const auto expressions = present(request_, parameters.expressions);
  auto legacy = present(request_, parameters.legacy);
  // DynamoDB: KeyConditions goes with a FilterExpression, only not with its own successor.
  if (!request_.has("KeyConditionExpression")) std::erase(legacy, "KeyConditions");
  if (!expressions.empty() && !legacy.empty()) {
    errors().add(validation_error(
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {" +
        joined(legacy, ", ") + "} Expression parameters: {" + joined(expressions, ", ") + "}"));
  }
  if (request_.has(kNames) && expressions.empty()) {
    errors().add(
        validation_error(std::string(kNames) + " can only be specified when using expressions"));
  }
  std::vector<std::string_view> with_values(parameters.expressions.begin(),
                                            parameters.expressions.end());
  std::erase(with_values, kProjection);
  const bool any = std::any_of(with_values.begin(), with_values.end(),
                               [&](std::string_view member) { return request_.has(member); });
  if (request_.has(kValues) && !any && !with_values.empty()) {
    std::string message = std::string(kValues) + " can only be specified when using expressions";
    if (errors().wording == Wording::old) {
      message +=
          ": " + joined(with_values, " and ") + (with_values.size() > 1 ? " are null" : " is null");
    }
    errors().add(validation_error(std::move(message)));
  }
}

void ExpressionReader::read_placeholders() {
  for (const auto member : {kNames, kValues}) {
    if (member == kValues && !takes_values_) return;
    const auto entries = request_.members(member);
    if (entries.empty() && request_.has(member)) {
      errors().add(validation_error(std::string(member) + " must not be empty"));
    }
    for (const auto& [placeholder, json] : entries) {
      if (member == kNames) {
        placeholders_.names.emplace(placeholder, json.string().value_or(""));
      } else {
        placeholders_.values.emplace(placeholder, AttributeValue());
      }
    }
    if (auto problem = check_keys(placeholders_)) errors().add(validation_error(*problem));
  }
  read_values();
  check_size();
}

// DynamoDB: names have a message of their own (DynamoDB Local's); the limit is of both.
void ExpressionReader::check_size() {
  std::size_t bytes = 0;
  const auto check = [&](std::string_view member) {
    if (bytes > kMaxSubstitutionSize)
      errors().add(validation_error(std::string(member) + " exceeds max size"));
  };
  for (const auto& [placeholder, name] : placeholders_.names)
    bytes += placeholder.size() + name.size();
  check(kNames);
  for (const auto& [placeholder, value] : placeholders_.values)
    bytes += placeholder.size() + size_of(value);
  check(kValues);
}

void ExpressionReader::read_values() {
  for (const auto& [placeholder, json] : request_.members(kValues)) {
    const bool is_old = errors().wording == Wording::old;
    Errors of_value{.wording = errors().wording};
    AttributeValue value = read_value(json, of_value);
    const bool readable = !of_value.first;
    if (is_old && !readable && of_value.first->code == ErrorCode::validation) {
      of_value.first->message =
          "ExpressionAttributeValues contains invalid value: " + of_value.first->message +
          " for key " + std::string(placeholder);
    }
    // What a readable value can have wrong, such as its depth, is not said with its placeholder.
    if (readable) {
      if (auto problem = check_value(value)) of_value.add(validation_error(std::move(*problem)));
    }
    if (of_value.first) errors().add(std::move(*of_value.first));
    placeholders_.values.insert_or_assign(std::string(placeholder), std::move(value));
  }
}

template <class Expression, class Parse>
Expression ExpressionReader::parsed(std::string_view member, Parse parse) {
  const auto text = request_.optional_text(member);
  if (!text) return {};
  Result<Expression> expression = parse(std::string_view(*text));
  if (expression) return std::move(*expression);
  errors().add(expression.error());
  return {};
}

UpdateExpression ExpressionReader::update() {
  return parsed<UpdateExpression>(
      "UpdateExpression", [&](std::string_view text) { return parse_update(text, placeholders_); });
}

Condition ExpressionReader::condition(std::string_view member) {
  return parsed<Condition>(
      member, [&](std::string_view text) { return parse_condition(text, placeholders_, member); });
}

Condition ExpressionReader::key_condition() { return condition("KeyConditionExpression"); }

Projection ExpressionReader::projection() {
  return parsed<Projection>(
      kProjection, [&](std::string_view text) { return parse_projection(text, placeholders_); });
}

void ExpressionReader::finish() {
  if (auto problem = check_all_used(placeholders_))
    errors().add(validation_error(std::move(*problem)));
}

}  // namespace dynamodb::wire

#include "management/inspect/attribute_profile.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "base/uuid.h"
#include "dynamo_backend/codec.h"

namespace management {
namespace {

using dynamodb::Type;
using dynamodb::ValueView;

bool is_int64(std::string_view number) {
  return dynamodb::Number::from_canonical(number).to_int64().has_value();
}

bool is_second(std::string_view number) {
  constexpr std::int64_t kEndOfCalendar = 253'402'300'799;
  const auto seconds = dynamodb::Number::from_canonical(number).to_int64();
  return seconds && *seconds > 0 && *seconds <= kEndOfCalendar;
}

// Whether a Json member gives the value back as it was.
bool is_exact_json(ValueView value) {
  using Codec = dynamo_backend::Codec<dynamo_backend::Json>;
  try {
    dynamo_backend::Json json;
    Codec::decode(json, value);
    return dynamodb::pack_value(Codec::encode(json)) == value.packed();
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

void AttributeProfile::add(ValueView value) {
  ++count_;
  ++types_[static_cast<std::size_t>(value.type())];
  switch (value.type()) {
    case Type::S:
      add_text(value.text());
      break;
    case Type::N:
      int64s_ += is_int64(value.text()) ? 1 : 0;
      seconds_ += is_second(value.text()) ? 1 : 0;
      uint64s_ += dynamodb::Number::from_canonical(value.text()).to_uint64() ? 1 : 0;
      break;
    case Type::NS:
      for (const std::string_view number : value.set()) {
        ++set_numbers_;
        int64s_ += is_int64(number) ? 1 : 0;
      }
      break;
    case Type::L:
      for (const ValueView element : value.list()) add_element(element);
      break;
    default:
      break;
  }
  if (json_exact_ && value.type() != Type::NUL) json_exact_ = is_exact_json(value);
}

void AttributeProfile::add_text(std::string_view text) {
  empty_texts_ += text.empty() ? 1 : 0;
  if (const auto time = base::parse_iso(text)) {
    ++times_;
    own_times_ += base::to_iso(*time) == text ? 1 : 0;
  }
  const auto uuid = base::Uuid::parse(text);
  if (!uuid || uuid->str() != text) return;
  ++uuids_;
  if (some_uuids_.size() < kUuidsKept) some_uuids_.emplace(text);
}

void AttributeProfile::add_element(ValueView element) {
  ++elements_;
  text_elements_ += element.type() == Type::S ? 1 : 0;
  bool_elements_ += element.type() == Type::BOOL ? 1 : 0;
  if (element.type() != Type::N) return;
  ++number_elements_;
  int_elements_ += is_int64(element.text()) ? 1 : 0;
}

bool AttributeProfile::all_seconds() const {
  const std::uint64_t values = count_ - nulls();
  return values > 0 && seconds_ == values;
}

Member AttributeProfile::list_member() const {
  if (elements_ > 0 && text_elements_ == elements_) return Member::list_of_text;
  if (elements_ > 0 && int_elements_ == elements_) return Member::list_of_integers;
  if (elements_ > 0 && number_elements_ == elements_) return Member::list_of_decimals;
  if (elements_ > 0 && bool_elements_ == elements_) return Member::list_of_booleans;
  return json_exact_ ? Member::json : Member::none;
}

Member AttributeProfile::member(bool key) const {
  const std::uint64_t values = count_ - nulls();
  const auto all = [&](Type type) { return values > 0 && of(type) == values; };
  if (all(Type::S)) {
    if (uuids_ == values) return Member::uuid;
    if (own_times_ == values || (!key && times_ == values)) return Member::timestamp;
    return Member::text;
  }
  if (all(Type::N)) {
    if (int64s_ == values) return Member::integer;
    return uint64s_ == values ? Member::unsigned_integer : Member::decimal;
  }
  if (all(Type::BOOL)) return Member::boolean;
  if (all(Type::B)) return Member::binary;
  if (all(Type::SS)) return Member::set_of_text;
  if (all(Type::NS))
    return int64s_ == set_numbers_ ? Member::set_of_integers : Member::set_of_decimals;
  if (all(Type::BS)) return Member::set_of_binary;
  if (all(Type::L)) return list_member();
  return json_exact_ ? Member::json : Member::none;
}

std::string AttributeProfile::types() const {
  std::string text;
  for (std::size_t type = 1; type < types_.size(); ++type) {
    if (types_[type] == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(dynamodb::type_name(static_cast<Type>(type))) +
            " in " + std::to_string(types_[type]) + (types_[type] == 1 ? " row" : " rows");
  }
  return text;
}

}  // namespace management

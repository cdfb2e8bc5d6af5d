// Keys and packed items: order of the encoded keys is the order of the values; a number is read
// back from its key; packed items from anywhere are either refused or read without a fault.
#include <compare>
#include <string>

#include "dynamodb/item_view.h"
#include "dynamodb/local/key_codec.h"
#include "fuzz/fuzz.h"

using namespace dynamodb;

namespace {

std::strong_ordering sign(int order) { return order <=> 0; }

std::string component(const AttributeValue& value) {
  const std::string packed = pack_value(value);
  std::string out;
  local::append_component(out, ValueView(packed));
  return out;
}

void check_numbers(std::string_view a, std::string_view b) {
  const auto left = Number::parse(a), right = Number::parse(b);
  if (!left || !right) return;
  const std::string left_key = component(*left), right_key = component(*right);
  FUZZ_CHECK(sign(left_key.compare(right_key)) == (*left <=> *right));
  FUZZ_CHECK((*left == *right) == (left_key == right_key));
  std::string_view rest = left_key;
  const auto back = take_ordered(rest);
  FUZZ_CHECK(back && *back == *left && rest.empty());
  FUZZ_CHECK(Number::parse(left->text()) == *left);
  FUZZ_CHECK(number_size(left->text()) >= 1 && number_size(left->text()) <= 22);
  if (const auto sum = add(*left, *right)) {
    if (const auto difference = subtract(*sum, *right)) FUZZ_CHECK(*difference == *left);
  }
}

void check_bytes(std::string_view a, std::string_view b, bool binary) {
  const auto value = [binary](std::string_view bytes) {
    return binary ? AttributeValue(Binary{std::string(bytes)}) : AttributeValue(bytes);
  };
  const std::string left = component(value(a)), right = component(value(b));
  FUZZ_CHECK(sign(left.compare(right)) == sign(a.compare(b)));
  // No key is the beginning of another, so that what follows cannot change the order.
  FUZZ_CHECK(a == b || !std::string_view(right).substr(0, left.size()).starts_with(left));
}

void check_ordered_bytes(std::string_view bytes) {
  std::string_view rest = bytes;
  const auto number = take_ordered(rest);
  if (!number) return;
  std::string again;
  append_ordered(again, number->text());
  FUZZ_CHECK(bytes.starts_with(again) && rest.size() == bytes.size() - again.size());
}

void check_packed(std::string_view bytes) {
  if (!is_packed_item(bytes)) return;
  const ItemView view{bytes};
  static_cast<void>(item_size(view));
  const Item item = unpack(view);
  for (const auto& [name, value] : item) {
    const auto found = view.find(name);
    FUZZ_CHECK(found && unpack(*found) == value);
  }
  FUZZ_CHECK(PackedItem(item).bytes() == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::uint8_t kind = fuzz::take_byte(text);
  if (kind % 4 == 0) {
    check_packed(text);
    return 0;
  }
  if (kind % 4 == 1) {
    check_ordered_bytes(text);
    return 0;
  }
  const std::size_t middle = std::min<std::size_t>(fuzz::take_byte(text), text.size());
  const std::string_view a = text.substr(0, middle), b = text.substr(middle);
  if (kind % 4 == 2) {
    check_numbers(a, b);
  } else {
    check_bytes(a, b, kind % 8 == 3);
  }
  return 0;
}

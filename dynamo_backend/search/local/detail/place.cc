#include "dynamo_backend/search/local/detail/place.h"

#include <bit>
#include <charconv>

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend::search::detail {
namespace {

[[noreturn]] void damaged() {
  throw InvalidCursor("The position of the search is damaged: start from the first page.");
}

template <class Integer>
Integer take_number(std::string_view& text, char end, int base) {
  Integer number{};
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || at == text.data() + text.size() || *at != end) damaged();
  text.remove_prefix(static_cast<std::size_t>(at - text.data()) + 1);
  return number;
}

std::string take_bytes(std::string_view& text) {
  const auto size = take_number<std::size_t>(text, ':', 10);
  if (size >= text.size() || text[size] != ';') damaged();
  std::string bytes(text.substr(0, size));
  text.remove_prefix(size + 1);
  return bytes;
}

std::string sized(char tag, std::string_view bytes) {
  return tag + std::to_string(bytes.size()) + ':' + std::string(bytes) + ';';
}

}  // namespace

std::string Place::text(bool by_score) const {
  if (by_score) {
    char digits[16];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, std::bit_cast<std::uint64_t>(score), 16).ptr;
    return 's' + std::string(digits, end) + ';' + key;
  }
  if (const auto* i = std::get_if<std::int64_t>(&value))
    return 'i' + std::to_string(*i) + ';' + key;
  if (const auto* t = std::get_if<std::string>(&value)) return sized('t', *t) + key;
  if (const auto* b = std::get_if<Blob>(&value)) return sized('b', b->bytes) + key;
  return "n;" + key;
}

Place Place::parse(std::string_view text) {
  if (text.size() < 2) damaged();
  Place place;
  const char tag = text.front();
  text.remove_prefix(1);
  if (tag == 's') {
    place.score = std::bit_cast<double>(take_number<std::uint64_t>(text, ';', 16));
  } else if (tag == 'i') {
    place.value = take_number<std::int64_t>(text, ';', 10);
  } else if (tag == 't') {
    place.value = take_bytes(text);
  } else if (tag == 'b') {
    place.value = Blob{take_bytes(text)};
  } else if (tag == 'n' && text.front() == ';') {
    text.remove_prefix(1);
  } else {
    damaged();
  }
  place.key = text;
  return place;
}

int PlaceOrder::compare(double score, const SqlValue& value, const Place& other) const {
  if (by_score) return score > other.score ? -1 : score < other.score ? 1 : 0;
  const bool absent = value.index() == 0, other_absent = other.value.index() == 0;
  if (absent || other_absent) return static_cast<int>(absent) - static_cast<int>(other_absent);
  if (value == other.value) return 0;
  return (value < other.value) != descending ? -1 : 1;
}

bool PlaceOrder::before(const Place& a, const Place& b) const {
  const int order = compare(a.score, a.value, b);
  return order != 0 ? order < 0 : a.key < b.key;
}

}  // namespace dynamo_backend::search::detail

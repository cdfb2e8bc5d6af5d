// split_page(): the answer to a Query, Scan or BatchGetItem, taken apart for decode(). Internal to
// wire_*.cc. Thread safety: any thread.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dynamodb/item_view.h"

namespace dynamodb::wire {

struct SplitPage {
  std::optional<ItemList> items{};                          // "Items"
  std::optional<std::map<std::string, ItemList>> tables{};  // "Responses"
  std::string rest{};  // the other members, as a JSON object still to be checked
};

// nullopt: the text is not of the usual form. It may be valid all the same.
std::optional<SplitPage> split_page(std::string_view json);

// Canonical (number.h), and told so without work: a whole number of up to 38 digits.
bool is_plain_integer(std::string_view text);

}  // namespace dynamodb::wire

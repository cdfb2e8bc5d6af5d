// Filter: a condition on a document's filter fields.
//
// A field with many values meets a condition when one of its values does; `negation` is of the
// whole document, so that one without a value meets the negation of any comparison.
// Thread safety: a value.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dynamo_backend/types.h"

namespace dynamo_backend::search {

struct Filter {
  enum class Type : std::uint8_t {
    always,
    never,
    one_of,  // values: one or more
    less,    // values: one; of numbers, times and texts (bytes)
    less_equal,
    greater,
    greater_equal,
    exists,    // has a value
    all,       // of children
    any,       // of children
    negation,  // of the only child
  };
  Type type = Type::always;
  std::string field{};
  std::vector<Value> values{};  // in their stored form, of the field's type
  std::vector<Filter> children{};
  friend bool operator==(const Filter&, const Filter&) = default;
};

}  // namespace dynamo_backend::search

// Conversions between stored types, by name: "text to integer". What AlterField does to the values
// of existing rows where no function is named.
//
// A conversion is idempotent: a value that is of the new type stays. It never guesses: a text that
// is no number, a fraction that would be cut, are errors.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "dynamo_backend/types.h"

namespace dynamo_backend::migrations {

// What turns stored values of one type into another's. Empty: nothing, they are right as they are
// ("uuid" as "text", "integer" as "decimal"). nullopt: none is known, a function has to be written.
std::optional<std::string> standard_conversion(std::string_view from, std::string_view to);

// Throws MigrationError for a name that is none.
void check_conversion(std::string_view name);

// Throws BadValue that says what is wrong with the value. REQUIRES: check_conversion() passed
Value convert(std::string_view name, const Value& value);

}  // namespace dynamo_backend::migrations

// What an operation that walks rows makes of one row. Pure: the executor reads rows, asks here, and
// writes the changes on condition that the row is still the one that was read.
//
// Every change is idempotent: a row that has it already gets none.
// Thread safety: a RowChanger is immutable; any thread.
#pragma once
#include <functional>
#include <string>

#include "dynamo_backend/migrations/functions.h"
#include "dynamo_backend/migrations/operation.h"

namespace dynamo_backend {
class Registry;
}

namespace dynamo_backend::migrations {

// Throws whatever a named function throws, and MigrationError for values that cannot be converted.
using RowChanger = std::function<void(MigrationRow& row)>;

// Empty for operations that do not write rows (work_of().writes_rows). `registry` has the compiled
// models, for computed fields: where it lacks the model or the field by now, a later migration
// removes them and there is nothing to compute. Throws MigrationError for a function or a
// conversion that is not there, before any row is touched.
RowChanger row_changer(const Operation& operation, std::string_view app, const ProjectState& before,
                       const Functions& functions, const Registry& registry);

// Throws MigrationError where the operation calls a function or a conversion that is not there.
void check_functions(const Operation& operation, std::string_view app, const ProjectState& before,
                     const Functions& functions, const Registry& registry);

}  // namespace dynamo_backend::migrations

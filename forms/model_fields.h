// A model's fields as fields of a form.
//
// Thread safety: pure functions, but for the choices that they read.
#pragma once
#include "dynamo_backend/model_info.h"
#include "forms/field.h"

namespace forms {

// Whether people may enter it: a member, declared editable, not made automatically, of a kind that
// has a control. Keys of models that do not make them are entered once.
bool is_editable(const dynamo_backend::FieldInfo& field, bool is_new);

// The field with the row's value as its initial one, without choices. nullptr: of no row.
Field field_of(const dynamo_backend::FieldInfo& field, const void* row);

// Rows as choices: key and what people call them, in that order. `limit` + 1 at most, of which more
// than `limit` are too many to choose from: no more is read of the table.
std::vector<Choice> row_choices(const dynamo_backend::ModelInfo& model, std::size_t limit);

// What people call a row: the model's str(), else its first text, else its key.
std::string row_text(const dynamo_backend::ModelInfo& model, const void* row);

// The keys of the rows that the row's many-to-many links, as a list of texts.
Value linked_keys(const dynamo_backend::ModelInfo& model, const dynamo_backend::FieldInfo& many,
                  const void* row);
void set_linked_keys(const dynamo_backend::ModelInfo& model, const dynamo_backend::FieldInfo& many,
                     const void* row, const Value& keys);

// Of the keys, those of no row of the model. One call to the database.
std::vector<std::string> missing_keys(const dynamo_backend::ModelInfo& model,
                                      const std::vector<std::string>& keys);

}  // namespace forms

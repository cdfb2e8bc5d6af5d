// What a form may not send, beside what a model's own validators refuse.
// Thread safety: functions of their arguments.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "admin/row_edit.h"

namespace admin {

// What is wrong before the form's rows are read, by name of input: newly named keys of rows that
// are not there (they are read, in a batch for each model), and more lines than a form has.
std::map<std::string, std::vector<std::string>> mistakes_of(const EditInput& input);

// Throws BadValue for what is neither a choice nor in `base`: what is stored may stay.
void demand_choices(const ModelAdmin& admin, const FieldInput& in, const std::string& mine,
                    const std::string& base);

// What is wrong with the number of an inline's rows, where a form leaves `more` than there were;
// empty: nothing. Too many, or too few, that were there before are no fault of the form.
std::string wrong_count(const InlineInput& in, const ModelInfo& parent_model, const void* parent,
                        int more, bool parent_is_new);

}  // namespace admin

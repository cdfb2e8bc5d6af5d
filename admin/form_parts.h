// What a form's own fields and those of its inlines share.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "admin/edit_form.h"

namespace admin {

// A field as it is shown.
struct EditForm::Shown {
  const FieldInfo* field = nullptr;
  std::string name{}, label{}, text{}, base{};
  std::string of{};    // a cell's row: a column's head is no label
  bool blank = false;  // a row that may stay empty
  bool readonly = false, has_base = false;
  bool by_key = false;  // a relation whose rows are not searched
  const Choices* choices = nullptr;
  std::vector<std::string> errors{};
};

// What was sent for a field; nullopt: it was not on the form. `several`: of choices.
std::optional<FieldInput> sent_field(const FieldInfo& field, const std::string& prefix,
                                     const web::FormData& form, bool several = false);
bool is_checkbox(const FieldInfo& field);
// "true" or "false" of one.
std::string checkbox_text(const web::FormData& form, const std::string& name);
std::string text_now(const FieldInfo& field, const void* row);
// Of the input of that name.
std::vector<std::string> errors_of(const Edited* result, const std::string& name);

}  // namespace admin

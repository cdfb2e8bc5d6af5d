// A form's controls as markup.
//
// Thread safety: pure functions.
#pragma once
#include <string>
#include <vector>

#include "forms/field.h"
#include "web/safe_html.h"

namespace forms {

struct ControlState {
  std::string id{};
  std::string name{};                       // with the form's prefix
  std::vector<std::string> shown{};         // what it shows: what was sent, or the initial value
  std::vector<std::string> described_by{};  // ids of help and errors
  bool invalid = false;
};

web::SafeHtml control(const Field& field, const ControlState& state);

// Whether the control is a group of inputs, whose label is a legend.
bool is_group(Widget widget);

}  // namespace forms

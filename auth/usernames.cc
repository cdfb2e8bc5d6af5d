#include "auth/usernames.h"

#include <utf8proc.h>

#include "dynamo_backend/unicode.h"

namespace auth {
namespace {

using dynamo_backend::NormalForm;

const utf8proc_uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

bool fits(utf8proc_int32_t code, bool is_first) {
  if (utf8proc_get_property(code)->ignorable) return false;  // a letter that is not seen
  if (dynamo_backend::is_letter_or_digit(code)) return true;
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:  // Python's \w has no marks, so that Django takes no name in Hindi
    case UTF8PROC_CATEGORY_MC:
      return !is_first;
    default:
      return code < 0x80 &&
             std::string_view("@.+-_").find(static_cast<char>(code)) != std::string_view::npos;
  }
}

}  // namespace

std::string normalised_username(std::string_view typed) {
  return dynamo_backend::normalised(typed, NormalForm::nfkc);
}

std::string username_key(std::string_view name) {
  return dynamo_backend::caseless(name, NormalForm::nfkc);
}

bool is_username(std::string_view name) {
  for (std::string_view rest = name; !rest.empty();) {
    utf8proc_int32_t code = 0;
    const auto size =
        utf8proc_iterate(bytes(rest), static_cast<utf8proc_ssize_t>(rest.size()), &code);
    if (size <= 0 || !fits(code, rest.size() == name.size())) return false;
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace auth

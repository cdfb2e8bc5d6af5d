#include "dynamo_backend/unicode.h"

#include <cstdlib>
#include <memory>

#include <utf8proc.h>

namespace dynamo_backend {
namespace {

std::string mapped(std::string_view text, NormalForm form, int more) {
  const int options =
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | (form == NormalForm::nfkc ? UTF8PROC_COMPAT : 0) | more;
  utf8proc_uint8_t* made = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &made,
                                 static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(made, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(made), static_cast<std::size_t>(size)};
}

}  // namespace

std::string normalised(std::string_view text, NormalForm form) { return mapped(text, form, 0); }
std::string caseless(std::string_view text, NormalForm form) {
  // Unicode D145: normalised first, or marks in another order would fold to another text.
  return mapped(normalised(text, form), form, UTF8PROC_CASEFOLD);
}

bool is_letter_or_digit(std::int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
      return true;
    default:
      return false;
  }
}

}  // namespace dynamo_backend

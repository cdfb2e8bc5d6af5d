#include "auth/usernames.h"

#include <cstdlib>
#include <memory>

#include <utf8proc.h>

namespace auth {
namespace {

const utf8proc_uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* made = nullptr;
  const auto size = utf8proc_map(bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &made,
                                 static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                                                UTF8PROC_COMPAT | options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(made, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(made), static_cast<std::size_t>(size)};
}

bool fits(utf8proc_int32_t code, bool is_first) {
  if (utf8proc_get_property(code)->ignorable) return false;  // a letter that is not seen
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
      return true;
    case UTF8PROC_CATEGORY_MN:  // Python's \w has no marks, so that Django takes no name in Hindi
    case UTF8PROC_CATEGORY_MC:
      return !is_first;
    default:
      return code < 0x80 &&
             std::string_view("@.+-_").find(static_cast<char>(code)) != std::string_view::npos;
  }
}

}  // namespace

std::string normalised_username(std::string_view typed) { return mapped(typed, 0); }

std::string username_key(std::string_view name) { return mapped(name, UTF8PROC_CASEFOLD); }

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

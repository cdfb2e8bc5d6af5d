// Names of C++ from names of other worlds: tables, attributes, folders.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <string_view>

namespace management {

bool is_cpp_keyword(std::string_view name);

// Types and macros of the C library's headers, and what looks like one: no namespace may be called
// so. Its functions are in the library itself: dlsym() knows them.
bool is_c_name(std::string_view name);

// "demo_app-post" -> "DemoAppPost". May be empty, or begin with a digit.
std::string camel_case(std::string_view text);

// A name that C++ takes: what is no letter, digit or '_' becomes '_', runs of '_' one; a leading
// digit gets `prefix` and '_' before it, a word of C++ or C's headers '_' behind it. Never empty.
std::string cpp_identifier(std::string_view text, std::string_view prefix);

// `text` as a literal of C++, with its quotes, in ASCII without control characters.
std::string cpp_literal(std::string_view text);

}  // namespace management

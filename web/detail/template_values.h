// How a Context hands values to the engine: each begins with a byte that says what it is, so that
// no text can pass for markup.
//
// Thread safety: register_modifiers() may be called by any thread, any number of times.
#pragma once

namespace web::detail {

inline constexpr char kText = 'T';
inline constexpr char kMarkup = 'M';
inline constexpr char kNumber = 'N';
inline constexpr char kJson = 'J';

// Makes x-text, x-attribute, x-url, x-url-part and x-json known to ctemplate.
void register_modifiers();

}  // namespace web::detail

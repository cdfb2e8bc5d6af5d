// Content-Disposition: under which name a browser saves an answer (RFC 6266, RFC 8187).
//
//   response.header("Content-Disposition", web::attachment("posts 2026.csv"));
//
// Thread safety: a pure function.
#pragma once
#include <string>
#include <string_view>

namespace web {

// The header's value for a file to save. Any name is taken: folders are left out, what a file name
// must not hold becomes '_', and what is not ASCII goes in the encoded form beside a plain one.
std::string attachment(std::string_view file_name);

}  // namespace web

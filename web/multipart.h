// Multipart: the parts of a multipart/form-data body (RFC 7578), one after the other.
//
// Strict where leniency would let two readers see two forms: lines end in CRLF, every part has one
// Content-Disposition: form-data with a name, boundaries stand at the beginning of a line, the body
// ends with the closing one. What comes before the first boundary and after the last is ignored, as
// RFC 2046 says.
//
// Thread safety: one thread at a time. Views are of the body.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "web/form_data.h"

namespace web {

struct MultipartPart {
  std::string name{};
  bool is_file = false;        // it has a file name, even an empty one
  std::string file_name{};     // its last component, by / and by \ alike
  std::string content_type{};  // as sent; empty: none
  std::string_view content{};
};

class Multipart {
 public:
  // Throws HttpError 400 "malformed_form" without a usable boundary. `body` and `limits` outlive
  // this.
  Multipart(std::string_view body, std::string_view content_type, const FormLimits& limits);

  // nullopt after the last part. Throws HttpError 400 "malformed_form".
  std::optional<MultipartPart> next();

 private:
  std::size_t find_delimiter() const;
  MultipartPart read_headers();
  void read_header(std::string_view line, MultipartPart& part, bool& named);

  std::string_view rest_;  // from the end of the last boundary, still on its line
  std::string delimiter_;  // CRLF, "--" and the boundary
  const FormLimits& limits_;
};

}  // namespace web

// Multipart forms: parts are of the body and within their limits, and what is accepted is the same
// when it is written again with another boundary.
#include <string>

#include "fuzz/fuzz.h"
#include "net/text.h"
#include "web/form_data.h"
#include "web/http_error.h"

namespace {

constexpr web::FormLimits kLimits{
    .fields = 10, .files = 5, .part_headers = 200, .boundary = 70, .field_bytes = 1000};

bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// As browsers write a name in quotes; a backslash as programs do.
std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"')
      out += "%22";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else
      out += c == '\\' ? "\\\\" : std::string(1, c);
  }
  return out + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  web::FormData form;
  try {
    form = web::parse_multipart(body, "multipart/form-data; boundary=XX", kLimits);
  } catch (const web::HttpError& error) {
    FUZZ_CHECK(error.status == 400);
    return 0;
  }
  FUZZ_CHECK(form.fields().size() <= kLimits.fields && form.all_files().size() <= kLimits.files);
  const std::string boundary = "a-boundary-that-no-input-of-the-fuzzer-has";
  if (body.find(boundary) != std::string_view::npos) return 0;
  std::string again;
  const auto add = [&](std::string_view name, std::string_view more, std::string_view content) {
    again.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=");
    again.append(quoted(name)).append(more).append("\r\n\r\n").append(content).append("\r\n");
  };
  for (const auto& [name, value] : form.fields()) {
    FUZZ_CHECK(!name.empty() && net::is_valid_utf8(name) && net::is_valid_utf8(value));
    add(name, "", value);
  }
  for (const web::UploadedFile& file : form.all_files()) {
    FUZZ_CHECK(is_within(file.content, body));
    FUZZ_CHECK(file.client_name.find_first_of("/\\") == std::string::npos);
    add(file.field, "; filename=" + quoted(file.client_name), file.content);
  }
  again += "--" + boundary + "--";
  const web::FormData same =
      web::parse_multipart(again, "multipart/form-data; boundary=" + boundary, {});
  FUZZ_CHECK(same.fields() == form.fields());
  FUZZ_CHECK(same.all_files().size() == form.all_files().size());
  for (std::size_t i = 0; i < same.all_files().size(); ++i) {
    FUZZ_CHECK(same.all_files()[i].content == form.all_files()[i].content);
    FUZZ_CHECK(same.all_files()[i].client_name == form.all_files()[i].client_name);
  }
  return 0;
}

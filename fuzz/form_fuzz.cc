// URL-encoded forms: what is accepted is UTF-8, within its limits, and the same when it is encoded
// again.
#include "fuzz/fuzz.h"
#include "net/text.h"
#include "web/form_data.h"
#include "web/http_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const web::FormLimits limits{.fields = 50};
  web::FormData form;
  try {
    form = web::parse_urlencoded(fuzz::text_of(data, size), limits);
  } catch (const web::HttpError& error) {
    FUZZ_CHECK(error.status == 400);
    return 0;
  }
  FUZZ_CHECK(form.fields().size() <= limits.fields);
  std::string again;
  for (const auto& [name, value] : form.fields()) {
    FUZZ_CHECK(net::is_valid_utf8(name) && net::is_valid_utf8(value));
    again += net::percent_encode(name) + "=" + net::percent_encode(value) + "&";
  }
  FUZZ_CHECK(web::parse_urlencoded(again, limits).fields() == form.fields());
  return 0;
}

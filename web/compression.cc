#include "web/compression.h"

#include <array>

#include "net/brotli.h"
#include "net/gzip.h"
#include "web/content_coding.h"

namespace web {
namespace {

constexpr std::size_t kWorthwhile = 1024;  // less fits into a packet as it is
constexpr int kBrotliQuality = 4;          // smaller than gzip's 6, and faster

bool is_text(std::string_view type) {
  static constexpr std::array<std::string_view, 4> kTexts = {"text/", "application/json",
                                                             "application/xml", "image/svg+xml"};
  for (const std::string_view text : kTexts)
    if (type.starts_with(text)) return true;
  return false;
}

bool may_compress(const Response& response) {
  if (response.status != 200 || response.body.size() < kWorthwhile) return false;
  if (response.more) return false;  // what follows would not be compressed
  if (response.headers.contains("Content-Encoding")) return false;
  if (!is_text(response.headers.get("Content-Type").value_or(""))) return false;
  return response.headers.get("Cache-Control").value_or("").find("no-store") ==
         std::string_view::npos;
}

}  // namespace

Middleware compression() {
  return [](Request& request, const Next& next) {
    Response response = next(request);
    if (!may_compress(response)) return response;
    response.add_vary("Accept-Encoding");
    const ContentCoding coding = choose_coding(request.raw().header_list("Accept-Encoding"));
    if (coding == ContentCoding::identity) return response;
    response.body = coding == ContentCoding::brotli
                        ? net::compress_brotli(response.body, kBrotliQuality)
                        : net::compress(response.body);
    response.header("Content-Encoding", coding_name(coding));
    // The bytes are others than those that a strong tag stands for.
    if (const auto tag = response.headers.get("ETag"); tag && !tag->starts_with("W/"))
      response.header("ETag", "W/" + std::string(*tag));
    return response;
  };
}

}  // namespace web

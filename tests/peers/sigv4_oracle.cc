// Writes random requests and our signatures of them as JSON lines; sigv4_oracle.mjs signs the same
// with AWS's signer and compares. Arguments: how many requests (1000), the seed (the clock).
#include <algorithm>
#include <iostream>
#include <map>
#include <random>

#include "base/json.h"
#include "net/aws/sigv4.h"
#include "net/text.h"

namespace {

using base::Json;

std::string base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Json next() {
    static const std::vector<std::string> kRegions = {"us-east-1", "eu-central-1", "us-gov-west-1"};
    static const std::vector<std::string> kServices = {"dynamodb", "sts", "service"};
    static const std::vector<std::string> kMethods = {"GET", "POST", "PUT", "DELETE", "HEAD"};
    const std::string method = pick(kMethods);
    const std::string path = "/" + text_of(kPathPieces, 8);
    std::string raw_query;
    const Json query = make_query(raw_query);
    const std::string body = make_body();
    std::vector<net::OwnedHeader> headers = make_headers(body);
    const net::aws::Credentials credentials{"AKID" + text_of(kPlainPieces, 5),
                                            text_of(kPathPieces, 20),
                                            below(2) == 0 ? text_of(kTokenPieces, 30) : ""};
    const auto time = base::Timestamp(std::chrono::seconds(below(4'000'000'000U)));
    const net::aws::Signer signer(pick(kRegions), pick(kServices));

    std::vector<net::HeaderField> fields;
    for (const auto& header : headers) fields.push_back({header.name, header.value});
    const auto added = signer.sign(
        {.method = method, .path = path, .query = raw_query, .headers = fields, .body = body},
        credentials, time);
    Json out{{"method", method},
             {"path", path},
             {"query", query},
             {"raw_query", raw_query},
             {"body", base64(body)},
             {"region", signer.region()},
             {"service", signer.service()},
             {"time", base::to_iso(time)},
             {"headers", joined(headers)},
             {"authorization", added.back().value}};
    out["credentials"] = {{"accessKeyId", credentials.access_key_id},
                          {"secretAccessKey", credentials.secret_access_key}};
    if (!credentials.session_token.empty())
      out["credentials"]["sessionToken"] = credentials.session_token;
    return out;
  }

 private:
  using Pieces = std::vector<std::string>;

  std::uint64_t below(std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
  }
  const std::string& pick(const Pieces& pieces) { return pieces[below(pieces.size())]; }
  std::string text_of(const Pieces& pieces, std::uint64_t most) {
    std::string out;
    for (std::uint64_t n = below(most + 1); n > 0; --n) out += pick(pieces);
    return out;
  }

  // A name may come several times. The raw form leaves some characters unescaped that may be.
  Json make_query(std::string& raw) {
    Json query = Json::object();
    for (std::uint64_t n = below(5); n > 0; --n) {
      const std::string name = "n" + text_of(kQueryPieces, 3);
      const std::string value = text_of(kQueryPieces, 4);
      if (!query.contains(name)) query[name] = Json::array();
      query[name].push_back(value);
      if (!raw.empty()) raw += '&';
      const std::string_view keep = below(2) == 0 ? "" : "/:@!$'()*,;?";
      raw.append(net::percent_encode(name, keep)).append("=");
      raw += net::percent_encode(value, keep);
    }
    return query;
  }

  std::string make_body() {
    std::string body;
    const std::uint64_t size = below(3) == 0 ? 0 : below(2000);
    for (std::uint64_t i = 0; i < size; ++i) body += static_cast<char>(below(256));
    return body;
  }

  std::vector<net::OwnedHeader> make_headers(std::string_view body) {
    static const Pieces kNames = {
        "X-Amz-Target",  "content-type",   "X-Custom",   "x-custom",
        "Accept",        "User-Agent",     "Connection", "X-Amzn-Trace-Id",
        "Proxy-Thing",   "Sec-Fetch-Site", "Referer",    "Expect",
        "Cache-Control", "A-B_c.d",        "TE",         "Range"};
    std::vector<net::OwnedHeader> headers{
        {below(2) == 0 ? "Host" : "host", "h" + text_of(kPlainPieces, 5)}};
    for (std::uint64_t n = below(8); n > 0; --n)
      headers.push_back({pick(kNames), text_of(kHeaderPieces, 8)});
    if (below(3) == 0) headers.push_back({"X-Amz-Content-Sha256", net::aws::sha256_hex(body)});
    std::shuffle(headers.begin(), headers.end(), random_);
    return headers;
  }

  // A JavaScript client has one value for each name: several lines are joined as a proxy would.
  static Json joined(const std::vector<net::OwnedHeader>& headers) {
    std::map<std::string, std::vector<std::string>> values;
    for (const auto& [name, value] : headers) {
      std::string key = name;
      std::transform(key.begin(), key.end(), key.begin(), net::to_lower);
      values[key].push_back(value);
    }
    Json out = Json::object();
    for (const auto& [name, list] : values) {
      std::string text = list[0];
      if (list.size() > 1) {
        text.clear();
        for (const std::string& value : list) {
          const std::size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
          text += value.substr(begin, value.find_last_not_of(" \t") + 1 - begin) + ',';
        }
        text.pop_back();
      }
      out[name] = text;
    }
    return out;
  }

  const Pieces kPlainPieces = {"a", "Z", "0", "9", "q"};
  const Pieces kTokenPieces = {"a", "Z", "0", "/", "+", "=", "b"};
  const Pieces kPathPieces = {
      "a", "B",   "7", "/", "/",      "//",     ".",          "..", "/../", "/./", " ", "%20",
      "%", "%2F", "+", "=", "&",      "~",      "*",          "'",  "(",    ")",   "!", "$",
      ",", ";",   ":", "@", "\u00e4", "\u20ac", "\U0001F600", "-",  "_",    "\\",  "|", "\""};
  const Pieces kQueryPieces = {"a",          "B", "1", " ", "%",  "%41", "+",      "=",
                               "&",          "/", "?", "~", "*",  "'",   "(",      ")",
                               "!",          "$", ",", ";", ":",  "@",   "\u00e4", "\u20ac",
                               "\U0001F600", "-", "_", ".", "\\", "|"};
  const Pieces kHeaderPieces = {"a", "Bc", " ", "  ", "\t", " \t ",
                                ",", ";",  "=", "\"", "1",  "\u00e4"};
  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::uint64_t count = arguments.empty() ? 1000 : std::stoull(arguments[0]);
  const std::uint64_t seed = arguments.size() > 1
                                 ? std::stoull(arguments[1])
                                 : static_cast<std::uint64_t>(base::now().time_since_epoch() /
                                                              std::chrono::microseconds(1));
  std::cout << Json{{"seed", std::to_string(seed)}} << '\n';
  Generator generator(seed);
  for (std::uint64_t i = 0; i < count; ++i) std::cout << generator.next() << '\n';
  return std::cout.flush() ? 0 : 1;
}

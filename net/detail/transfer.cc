#include "net/detail/transfer.h"

#include <algorithm>

#include "base/log.h"
#include "net/gzip.h"
#include "net/text.h"

namespace net::detail {
namespace {

constexpr std::size_t kMostHeaderBytes = 64 * 1024;
constexpr long kReceiveBuffer = 64 * 1024;
// Addresses at which a machine reaches itself and its cloud's metadata, wherever the proxy is.
constexpr const char* kNeverByProxy =
    "localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,"
    "fd00:ec2::23";

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

bool has_header(const ClientRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const OwnedHeader& h) { return equals_ignoring_case(h.name, name); });
}

std::string_view without_query(std::string_view url) { return url.substr(0, url.find('?')); }

// libcurl has one code for a handshake that failed and a connection that broke during it, which may
// do better the next time.
bool broke_during_handshake(std::string_view reason) {
  constexpr std::string_view kSigns[] = {"SSL_ERROR_SYSCALL", "unexpected eof", "Connection reset",
                                         "Broken pipe"};
  return std::any_of(std::begin(kSigns), std::end(kSigns), [&](std::string_view sign) {
    return reason.find(sign) != std::string_view::npos;
  });
}

}  // namespace

Transfer::~Transfer() { ::curl_slist_free_all(header_list_); }

Transfer& Transfer::of(CURL* handle) {
  char* self = nullptr;
  ::curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return *reinterpret_cast<Transfer*>(self);
}

std::optional<ClientError> Transfer::prepare(CURL* handle, const ClientOptions& options) {
  handle_ = handle;
  if (has_line_break(request_.url) || !is_token(request_.method))
    return ClientError{ClientErrorKind::invalid_request, false, "the URL or method is malformed"};
  if (auto refused = set_headers()) return refused;
  set_method();
  const auto set = [&](CURLoption option, auto value) {
    ::curl_easy_setopt(handle, option, value);
  };
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTPHEADER, header_list_);
  set(CURLOPT_NOSIGNAL, 1L);
  // A name look-up that outlives the deadline is left to end by itself, not waited for.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_MAXAGE_CONN, static_cast<long>(options.idle_timeout.count()));
  set(CURLOPT_BUFFERSIZE, kReceiveBuffer);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, options.verify_certificates ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, options.verify_certificates ? 2L : 0L);
  if (!options.ca_file.empty()) {
    set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (!request_.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  set(CURLOPT_PROXY, options.proxy.c_str());  // "": none, whatever the environment says
  set(CURLOPT_NOPROXY, kNeverByProxy);
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(reason_));
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_PREREQFUNCTION, &Transfer::before_sending);
  set(CURLOPT_PREREQDATA, this);
  return std::nullopt;
}

std::optional<ClientError> Transfer::set_headers() {
  const auto add = [&](const std::string& line) {
    curl_slist* longer = ::curl_slist_append(header_list_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    header_list_ = longer;
  };
  std::string line;
  for (const OwnedHeader& header : request_.headers) {
    if (!is_token(header.name) || has_line_break(header.value))
      return ClientError{ClientErrorKind::invalid_request, false, "a header is malformed"};
    line = header.name;
    // libcurl's way of naming a header without value.
    if (header.value.empty())
      line += ';';
    else
      line.append(": ").append(header.value);
    add(line);
  }
  // What libcurl would add by itself.
  for (const char* name : {"Accept", "Expect", "Content-Type"}) {
    if (!has_header(request_, name)) add(std::string(name) + ':');
  }
  return std::nullopt;
}

void Transfer::set_method() {
  if (request_.method == "GET" && request_.body.empty()) {
    ::curl_easy_setopt(handle_, CURLOPT_HTTPGET, 1L);
  } else if (request_.method == "HEAD") {
    ::curl_easy_setopt(handle_, CURLOPT_NOBODY, 1L);
  } else {
    ::curl_easy_setopt(handle_, CURLOPT_POST, 1L);
    ::curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request_.body.size()));
    ::curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, request_.body.data());
    ::curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string& lines = transfer.response_.header_lines;
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    // A status line: what came before was a 1xx answer.
    lines.clear();
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  if (lines.size() + line.size() > kMostHeaderBytes) {
    transfer.too_large_ = true;
    return 0;
  }
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t") + 1);
  lines.append(line.substr(0, colon)).append(": ").append(value) += '\n';
  return size;
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string& body = transfer.response_.body;
  if (size > transfer.request_.max_response_bytes - body.size()) {
    transfer.too_large_ = true;
    return 0;
  }
  if (body.empty()) {
    curl_off_t length = -1;
    ::curl_easy_getinfo(transfer.handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0)
      body.reserve(
          std::min(static_cast<std::size_t>(length), transfer.request_.max_response_bytes));
  }
  body.append(data, size);
  transfer.response_.body_crc32 = crc32({data, size}, transfer.response_.body_crc32);
  return size;
}

// libcurl sends a request again when a kept connection breaks before the first byte of an answer.
// The server may have acted on it by then: whether to repeat is for the caller to say.
int Transfer::before_sending(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.began_to_send()) {
    transfer.sent_before_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.connected_ = true;
  transfer.bytes_before_ = transfer.bytes_sent();
  return CURL_PREREQFUNC_OK;
}

long Transfer::bytes_sent() const {
  long bytes = 0;
  ::curl_easy_getinfo(handle_, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes;
}

bool Transfer::began_to_send() const { return connected_ && bytes_sent() > bytes_before_; }

ClientOutcome Transfer::outcome(CURLcode code) {
  if (code != CURLE_OK) return error_of(code);
  long status = 0;
  ::curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

ClientError Transfer::stopped_error() {
  return {ClientErrorKind::stopped, began_to_send(), "the HTTP client is stopping"};
}

ClientError Transfer::error_of(CURLcode code) {
  const bool sent = began_to_send();
  const std::string reason = reason_[0] != '\0' ? reason_ : ::curl_easy_strerror(code);
  const auto error = [&](ClientErrorKind kind, const std::string& what) {
    return ClientError{kind, sent, std::string(without_query(request_.url)) + ": " + what};
  };
  if (too_large_) return error(ClientErrorKind::too_large, "the answer is too large");
  if (sent_before_)
    return error(ClientErrorKind::broken, "the connection broke before an answer came");
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      if (std::chrono::steady_clock::now() >= request_.deadline)
        return error(ClientErrorKind::timeout, "no answer before the deadline");
      return error(sent ? ClientErrorKind::timeout : ClientErrorKind::connect, reason);
    case CURLE_SSL_CONNECT_ERROR:
      return error(
          broke_during_handshake(reason) ? ClientErrorKind::connect : ClientErrorKind::untrusted,
          reason);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
      return error(ClientErrorKind::untrusted, reason);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:  // after sending: the answer is not HTTP/1
      return error(sent ? ClientErrorKind::broken : ClientErrorKind::invalid_request, reason);
    default:
      return error(sent ? ClientErrorKind::broken : ClientErrorKind::connect, reason);
  }
}

void Transfer::complete(ClientOutcome outcome) {
  try {
    completion_(std::move(outcome));
  } catch (const std::exception& e) {
    base::log_error(std::string("a completion of the HTTP client has thrown: ") + e.what());
  }
}

}  // namespace net::detail

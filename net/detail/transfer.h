// Transfer: one request of the HttpClient on its way, as libcurl's callbacks see it.
//
// Thread safety: one thread at a time.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include <curl/curl.h>

#include "net/http_client.h"

namespace net::detail {

class Transfer {
 public:
  Transfer(ClientRequest request, HttpClient::Completion completion)
      : request_(std::move(request)), completion_(std::move(completion)) {}
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // The transfer that prepare() bound to the handle.
  static Transfer& of(CURL* handle);

  // Sets the handle up to send the request. An error: it cannot be sent. REQUIRES: *this stays
  // where it is, and lives until the handle is reset.
  std::optional<ClientError> prepare(CURL* handle, const ClientOptions& options);

  ClientOutcome outcome(CURLcode code);
  ClientError stopped_error();
  void complete(ClientOutcome outcome);

  CURL* handle() { return handle_; }
  std::chrono::steady_clock::time_point deadline() const { return request_.deadline; }

  bool is_waited_for = false;  // its completion may run on any thread
  std::size_t index = 0;       // the client's, among those in flight

 private:
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static int before_sending(void* self, char*, char*, int, int);

  std::optional<ClientError> set_headers();
  void set_method();
  long bytes_sent() const;
  bool began_to_send() const;
  ClientError error_of(CURLcode code);

  ClientRequest request_;
  HttpClient::Completion completion_;
  CURL* handle_ = nullptr;
  curl_slist* header_list_ = nullptr;
  ClientResponse response_;
  bool too_large_ = false;
  bool connected_ = false;    // and about to send
  long bytes_before_ = 0;     // sent by then: to a proxy
  bool sent_before_ = false;  // libcurl wanted to send the request once more
  char reason_[CURL_ERROR_SIZE] = {};
};

}  // namespace net::detail

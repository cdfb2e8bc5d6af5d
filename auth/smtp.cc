// SmtpMailer, by libcurl.
#include <ctime>

#include <curl/curl.h>

#include "auth/mail.h"

namespace auth {
namespace {

struct CurlDeleter {
  void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};

constexpr long kConnectSeconds = 5, kAllSeconds = 20;

std::size_t read_from(char* to, std::size_t size, std::size_t count, void* from) {
  auto& rest = *static_cast<std::string_view*>(from);
  const std::size_t bytes = std::min(size * count, rest.size());
  rest.copy(to, bytes);
  rest.remove_prefix(bytes);
  return bytes;
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &utc);
  return std::string(text, size);
}

}  // namespace

SmtpMailer::SmtpMailer(SmtpOptions options) : options_(std::move(options)) {
  ::curl_global_init(CURL_GLOBAL_DEFAULT);
}

void SmtpMailer::send(const Mail& mail) {
  const std::string text = mail_text(mail, options_.from, date_now());
  std::string_view rest = text;
  const std::unique_ptr<CURL, CurlDeleter> curl(::curl_easy_init());
  const std::unique_ptr<curl_slist, CurlDeleter> to(
      ::curl_slist_append(nullptr, ("<" + mail.to + ">").c_str()));
  if (!curl || !to) throw MailError("libcurl cannot be used");
  const std::string url = (options_.tls_from_start ? "smtps://" : "smtp://") + options_.host + ":" +
                          std::to_string(options_.port);
  const std::string from = "<" + options_.from + ">";
  CURL* const c = curl.get();
  ::curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  ::curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  ::curl_easy_setopt(c, CURLOPT_TIMEOUT, kAllSeconds);
  ::curl_easy_setopt(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.insecure) ::curl_easy_setopt(c, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!options_.username.empty()) {
    ::curl_easy_setopt(c, CURLOPT_USERNAME, options_.username.c_str());
    ::curl_easy_setopt(c, CURLOPT_PASSWORD, options_.password.c_str());
  }
  ::curl_easy_setopt(c, CURLOPT_MAIL_FROM, from.c_str());
  ::curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to.get());
  ::curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
  ::curl_easy_setopt(c, CURLOPT_READFUNCTION, &read_from);
  ::curl_easy_setopt(c, CURLOPT_READDATA, &rest);
  if (const CURLcode code = ::curl_easy_perform(c); code != CURLE_OK)
    throw MailError("mail to the server " + options_.host +
                    " failed: " + ::curl_easy_strerror(code));
}

}  // namespace auth

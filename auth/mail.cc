#include "auth/mail.h"

#include <algorithm>

#include "base/base64.h"
#include "base/log.h"
#include "dynamo_backend/validation.h"

namespace auth {
namespace {

constexpr std::size_t kMostWaiting = 1000;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check(const Mail& mail) {
  if (!dynamo_backend::is_email(mail.to) || !is_plain(mail.to))
    throw std::invalid_argument("mail: \"" + mail.to + "\" is no address");
  if (mail.subject.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    throw std::invalid_argument("mail: a subject is one line");
}

// RFC 2047, for a subject that is not ASCII.
std::string encoded_word(const std::string& text) {
  return is_plain(text) ? text : "=?UTF-8?B?" + base::base64_encode(text) + "?=";
}

// RFC 2045: lines of at most 76 characters, each ended by CRLF.
std::string quoted_printable(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool plain = (c > ' ' && c <= '~' && c != '=') || (c == ' ' && !ends_line);
    // A dot alone on a line would end the mail.
    const bool as_it_is = plain && !(c == '.' && column == 0);
    if (column + (as_it_is ? 1 : 3) > 75) {
      out += "=\r\n";
      column = 0;
    }
    if (as_it_is) {
      out += c;
      column += 1;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'=', kHex[byte >> 4], kHex[byte & 15]};
      column += 3;
    }
  }
  return out;
}

}  // namespace

std::string mail_text(const Mail& mail, std::string_view from, std::string_view date) {
  check(mail);
  return "Date: " + std::string(date) + "\r\nFrom: " + std::string(from) + "\r\nTo: " + mail.to +
         "\r\nSubject: " + encoded_word(mail.subject) +
         "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8"
         "\r\nContent-Transfer-Encoding: quoted-printable\r\nAuto-Submitted: "
         "auto-generated\r\n\r\n" +
         quoted_printable(mail.text) + "\r\n";
}

void ConsoleMailer::send(const Mail& mail) {
  check(mail);
  base::log_info("mail to " + mail.to + ": " + mail.subject);
  std::string_view rest = mail.text;
  while (!rest.empty()) {  // a line of the log each: it escapes what ends one
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) base::log_info("  " + std::string(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void MemoryMailer::send(const Mail& mail) {
  check(mail);
  const std::lock_guard lock(mutex_);
  sent_.push_back(mail);
}

std::vector<Mail> MemoryMailer::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

BackgroundMailer::BackgroundMailer(std::unique_ptr<Mailer> mailer)
    : mailer_(std::move(mailer)), thread_([this] { run(); }) {}

BackgroundMailer::~BackgroundMailer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void BackgroundMailer::send(const Mail& mail) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMostWaiting) {
      base::log_error("a mail was dropped: " + std::to_string(kMostWaiting) + " are waiting");
      return;
    }
    waiting_.push_back(mail);
  }
  wake_.notify_one();
}

void BackgroundMailer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Mail mail = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      mailer_->send(mail);
    } catch (const std::exception& error) {
      base::log_error(std::string("a mail was not sent: ") + error.what());
    }
    lock.lock();
  }
}

}  // namespace auth

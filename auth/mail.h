// Mail: the few letters that a site writes by itself, such as links to reset a password.
//
// Thread safety: any thread.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace auth {

struct Mail {
  std::string to{};
  std::string subject{};
  std::string text{};  // UTF-8
};

struct MailError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Mailer {
 public:
  virtual ~Mailer() = default;
  // Throws MailError, and std::invalid_argument for an address or a subject with a line's end.
  virtual void send(const Mail& mail) = 0;
};

// Writes mails to the log: for debug, where nobody else reads it.
class ConsoleMailer : public Mailer {
 public:
  void send(const Mail& mail) override;
};

// Keeps them, for tests.
class MemoryMailer : public Mailer {
 public:
  void send(const Mail& mail) override;
  std::vector<Mail> sent() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Mail> sent_;
};

// Sends from a thread of its own, so that how long an answer takes does not tell whether a mail was
// written. What fails is logged; what waits when it ends is sent first.
class BackgroundMailer : public Mailer {
 public:
  explicit BackgroundMailer(std::unique_ptr<Mailer> mailer);
  ~BackgroundMailer() override;
  BackgroundMailer(const BackgroundMailer&) = delete;
  BackgroundMailer& operator=(const BackgroundMailer&) = delete;

  // Never throws for what is wrong with the mail; where too many wait it is dropped, and logged.
  void send(const Mail& mail) override;

 private:
  void run();

  const std::unique_ptr<Mailer> mailer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Mail> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

struct SmtpOptions {
  std::string host{};
  std::uint16_t port = 587;
  bool tls_from_start = false;  // port 465; else STARTTLS, which is required unless `insecure`
  bool insecure = false;        // without TLS: for a server on this machine
  std::string username{}, password{};  // empty: none is asked for
  std::string from = "webmaster@localhost";
};

class SmtpMailer : public Mailer {
 public:
  explicit SmtpMailer(SmtpOptions options);
  void send(const Mail& mail) override;

 private:
  const SmtpOptions options_;
};

// As it goes over the wire: headers, then the text in quoted-printable. Throws
// std::invalid_argument.
std::string mail_text(const Mail& mail, std::string_view from, std::string_view date);

}  // namespace auth

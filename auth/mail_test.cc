#include "auth/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace auth {
namespace {

using testing::HasSubstr;

// An SMTP server for one conversation: answers, and keeps what was said.
class OneConversation {
 public:
  explicit OneConversation(std::string answer_to_recipient = "250 ok") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 1) != 0 ||
        ::getsockname(listener_, any, &size) != 0)
      throw std::runtime_error("no port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer_to_recipient)] { serve(answer); });
  }
  ~OneConversation() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  OneConversation(const OneConversation&) = delete;
  OneConversation& operator=(const OneConversation&) = delete;

  std::uint16_t port() const { return port_; }
  const std::string& said() {
    thread_.join();
    return said_;
  }

 private:
  void serve(const std::string& answer_to_recipient) {
    const int peer = ::accept(listener_, nullptr, nullptr);
    const auto say = [peer](const std::string& line) {
      const std::string text = line + "\r\n";
      (void)!::write(peer, text.data(), text.size());
    };
    say("220 test");
    std::string rest;
    bool in_text = false;
    char bytes[4096];
    for (ssize_t got = 0; (got = ::read(peer, bytes, sizeof bytes)) > 0;) {
      rest.append(bytes, static_cast<std::size_t>(got));
      for (std::size_t end = 0; (end = rest.find("\r\n")) != std::string::npos;) {
        const std::string line = rest.substr(0, end);
        rest.erase(0, end + 2);
        said_ += line + "\n";
        if (in_text && line != ".") continue;
        in_text = line == "DATA";
        say(in_text                    ? "354 go on"
            : line.starts_with("RCPT") ? answer_to_recipient
            : line.starts_with("QUIT") ? "221 bye"
                                       : "250 ok");
      }
    }
    ::close(peer);
  }

  const int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
  std::string said_;
  std::thread thread_;
};

SmtpOptions options(std::uint16_t port) {
  return {.host = "127.0.0.1", .port = port, .insecure = true, .from = "site@example.com"};
}

TEST(SmtpMailer, HandsTheMailToTheServer) {
  OneConversation server;
  SmtpMailer(options(server.port()))
      .send({.to = "alice@example.com", .subject = "Gr\u00fc\u00dfe", .text = "one\n.\ntwo"});
  const std::string& said = server.said();
  EXPECT_THAT(said, HasSubstr("MAIL FROM:<site@example.com>"));
  EXPECT_THAT(said, HasSubstr("RCPT TO:<alice@example.com>"));
  EXPECT_THAT(said, HasSubstr("Subject: =?UTF-8?B?R3LDvMOfZQ==?=\n"));
  EXPECT_THAT(said, HasSubstr("\n\none\n=2E\ntwo\n.\n"));
}

TEST(SmtpMailer, Refusal_IsAnError) {
  OneConversation server("550 unknown");
  SmtpMailer mailer(options(server.port()));
  EXPECT_THROW(mailer.send({.to = "nobody@example.com"}), MailError);
}

TEST(SmtpMailer, WithoutTls_SendsNothing_UnlessToldTo) {
  OneConversation server;
  auto secure = options(server.port());
  secure.insecure = false;
  EXPECT_THROW(SmtpMailer(secure).send({.to = "alice@example.com"}), MailError);
  EXPECT_THAT(server.said(), testing::Not(HasSubstr("MAIL FROM")));
}

TEST(MailText, HasHeaders_AndNoLineOfItsOwn) {
  EXPECT_EQ(mail_text({.to = "a@example.com", .subject = "Hi", .text = "1 = 1\n.\nlast "},
                      "me@example.com", "D"),
            "Date: D\r\nFrom: me@example.com\r\nTo: a@example.com\r\nSubject: Hi\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\nAuto-Submitted: auto-generated\r\n\r\n"
            "1 =3D 1\r\n=2E\r\nlast=20\r\n");
  for (const char* to : {"a@example.com\r\nBcc: b@example.com", "", "nobody"})
    EXPECT_THROW(mail_text({.to = to}, "", ""), std::invalid_argument) << to;
  EXPECT_THROW(mail_text({.to = "a@example.com", .subject = "a\nb"}, "", ""),
               std::invalid_argument);
}

TEST(BackgroundMailer, SendsAll_AndOutlivesWhatFails) {
  struct Failing : Mailer {
    explicit Failing(std::shared_ptr<MemoryMailer> to) : to_(std::move(to)) {}
    void send(const Mail& mail) override {
      if (mail.subject == "bad") throw MailError("refused");
      to_->send(mail);
    }
    std::shared_ptr<MemoryMailer> to_;
  };
  const auto sent = std::make_shared<MemoryMailer>();
  {
    BackgroundMailer mailer(std::make_unique<Failing>(sent));
    for (const char* subject : {"one", "bad", "two"})
      mailer.send({.to = "a@example.com", .subject = subject});
  }
  ASSERT_EQ(sent->sent().size(), 2u);
  EXPECT_EQ(sent->sent()[1].subject, "two");
}

}  // namespace
}  // namespace auth

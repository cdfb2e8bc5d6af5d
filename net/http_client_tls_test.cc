// The HTTP client over TLS: whom it trusts, and what it does when it does not.
#include <atomic>
#include <csignal>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/detail/raw_server.h"
#include "net/http_client.h"
#include "tests/temporary_folder.h"

namespace net {
namespace {

using detail::RawServer;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

// A certificate for `name` ("IP:127.0.0.1", "DNS:localhost") that has signed itself.
struct Identity {
  Identity(const char* name, long seconds_valid)
      : key(::EVP_EC_gen("P-256")), certificate(::X509_new()) {
    X509* x = certificate.get();
    ::X509_set_version(x, 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(x), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(x), -1'000'000);
    ::X509_gmtime_adj(::X509_getm_notAfter(x), seconds_valid);
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    ::X509_set_issuer_name(x, ::X509_get_subject_name(x));
    ::X509_set_pubkey(x, key.get());
    const std::unique_ptr<X509_EXTENSION, Freed<::X509_EXTENSION_free>> names(
        ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name));
    ::X509_add_ext(x, names.get(), -1);
    ::X509_sign(x, key.get(), ::EVP_sha256());
  }
  std::unique_ptr<EVP_PKEY, Freed<::EVP_PKEY_free>> key;
  std::unique_ptr<X509, Freed<::X509_free>> certificate;
};

// Answers each connection's requests over TLS.
class TlsServer {
 public:
  TlsServer(const char* name, long seconds_valid = 1'000'000, int newest = TLS1_3_VERSION)
      : identity_(name, seconds_valid),
        context_(::SSL_CTX_new(::TLS_server_method())),
        server_([this](RawServer::Peer& peer) { serve(peer.fd()); }) {
    ::SSL_CTX_use_certificate(context_.get(), identity_.certificate.get());
    ::SSL_CTX_use_PrivateKey(context_.get(), identity_.key.get());
    ::SSL_CTX_set_security_level(context_.get(), 0);  // or OpenSSL itself would refuse TLS 1.1
    ::SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    ::SSL_CTX_set_max_proto_version(context_.get(), newest);
    const std::unique_ptr<BIO, Freed<::BIO_free>> file(::BIO_new_file(ca_file().c_str(), "w"));
    ::PEM_write_bio_X509(file.get(), identity_.certificate.get());
  }
  std::string ca_file() const { return folder_.path() + "/ca.pem"; }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(server_.port()) + "/";
  }
  std::string proxy() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  int requests() const { return requests_; }

  std::atomic<bool> is_proxy = false;  // asked to CONNECT, it answers in its own name

 private:
  void serve(int fd) {
    // OpenSSL writes with write(): this thread must live when the client has gone.
    sigset_t broken_pipe;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    if (is_proxy) {
      const std::string request = RawServer::Peer(fd).read_request();
      RawServer::Peer(fd).send(request.starts_with("CONNECT example.com:443 ")
                                   ? "HTTP/1.1 200 Connected\r\n\r\n"
                                   : "HTTP/1.1 400 No\r\n\r\n");
    }
    const std::unique_ptr<SSL, Freed<::SSL_free>> tls(::SSL_new(context_.get()));
    ::SSL_set_fd(tls.get(), fd);
    if (::SSL_accept(tls.get()) != 1) return;
    char data[4096];
    while (::SSL_read(tls.get(), data, sizeof data) > 0) {
      ++requests_;
      const std::string answer = std::string("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n") +
                                 ::SSL_get_version(tls.get());
      ::SSL_write(tls.get(), answer.data(), static_cast<int>(answer.size()));
    }
  }

  const tests::TemporaryFolder folder_;
  const Identity identity_;
  const std::unique_ptr<SSL_CTX, Freed<::SSL_CTX_free>> context_;
  std::atomic<int> requests_ = 0;
  RawServer server_;
};

TEST(HttpClientTls, TrustedServer_IsAskedOverOneConnection) {
  TlsServer server("IP:127.0.0.1");
  HttpClient client({.ca_file = server.ca_file()});
  for (int i = 0; i < 3; ++i) {
    const auto outcome = client.send({.url = server.url(), .body = "x"});
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->body, "TLSv1.3");
  }
  // The server takes one connection at a time: three would not have been answered.
  EXPECT_EQ(server.requests(), 3);
}

TEST(HttpClientTls, WithoutVerification_AnyCertificateIsTaken) {
  TlsServer server("DNS:example.com", -1000);
  HttpClient client({.verify_certificates = false});
  const auto outcome = client.send({.url = server.url(), .body = "x"});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->body, "TLSv1.3");
}

TEST(HttpClientTls, Proxy_IsAskedForATunnel) {
  TlsServer server("DNS:example.com");
  server.is_proxy = true;
  HttpClient client({.ca_file = server.ca_file(), .proxy = server.proxy()});
  const auto outcome = client.send({.url = "https://example.com/", .body = "x"});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->status, 200);
  EXPECT_EQ(server.requests(), 1);
}

TEST(HttpClientTls, Tls12_IsSpoken) {
  TlsServer server("IP:127.0.0.1", 1'000'000, TLS1_2_VERSION);
  HttpClient client({.ca_file = server.ca_file()});
  EXPECT_EQ(client.send({.url = server.url()})->body, "TLSv1.2");
}

void expect_untrusted(const TlsServer& server, const std::string& ca_file) {
  HttpClient client({.ca_file = ca_file});
  const auto outcome = client.send({.url = server.url(), .body = "secret"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::untrusted) << outcome.error().message;
  EXPECT_FALSE(outcome.error().may_have_been_sent);
  EXPECT_EQ(server.requests(), 0);
}

TEST(HttpClientTls, R4_Tls11_IsRefused) {
  TlsServer server("IP:127.0.0.1", 1'000'000, TLS1_1_VERSION);
  expect_untrusted(server, server.ca_file());
}

TEST(HttpClientTls, R4_UnknownAuthority_IsRefused) {
  TlsServer server("IP:127.0.0.1");
  expect_untrusted(server, "");
  TlsServer other("IP:127.0.0.1");
  expect_untrusted(server, other.ca_file());
}

TEST(HttpClientTls, R4_CertificateOfAnotherHost_IsRefused) {
  TlsServer server("DNS:example.com");
  expect_untrusted(server, server.ca_file());
}

TEST(HttpClientTls, R4_ExpiredCertificate_IsRefused) {
  TlsServer server("IP:127.0.0.1", -1000);
  expect_untrusted(server, server.ca_file());
}

TEST(HttpClientTls, CaFileThatIsMissing_IsRefused) {
  TlsServer server("IP:127.0.0.1");
  expect_untrusted(server, server.ca_file() + "-absent");
}

TEST(HttpClientTls, HandshakeThatBreaks_IsAConnectionThatWasNotMade) {
  for (const bool read : {true, false}) {  // an end, and, with bytes left unread, a reset
    RawServer breaking([read](RawServer::Peer& peer) {
      char hello[4096];
      const int flags = read ? 0 : MSG_PEEK;
      (void)::recv(peer.fd(), static_cast<char*>(hello), sizeof hello, flags);
    });
    HttpClient client;
    const auto outcome =
        client.send({.url = "https://127.0.0.1:" + std::to_string(breaking.port()) + "/"});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, ClientErrorKind::connect) << outcome.error().message;
    EXPECT_FALSE(outcome.error().may_have_been_sent);
  }
}

TEST(HttpClientTls, HandshakeThatHangs_EndsAtTheConnectTimeout) {
  RawServer silent([](RawServer::Peer& peer) { peer.wait_for_close(); });
  HttpClient client({.connect_timeout = std::chrono::milliseconds(100)});
  const auto outcome =
      client.send({.url = "https://127.0.0.1:" + std::to_string(silent.port()) + "/"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::connect) << outcome.error().message;
  EXPECT_FALSE(outcome.error().may_have_been_sent);
}

TEST(HttpClientTls, HandshakeThatHangs_EndsAtTheDeadline) {
  RawServer silent([](RawServer::Peer& peer) { peer.wait_for_close(); });
  HttpClient client;
  const auto outcome =
      client.send({.url = "https://127.0.0.1:" + std::to_string(silent.port()) + "/",
                   .deadline = HttpClient::Clock::now() + std::chrono::milliseconds(100)});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ClientErrorKind::timeout);
  EXPECT_FALSE(outcome.error().may_have_been_sent);
}

}  // namespace
}  // namespace net

// Passwords: Argon2id hashes, and which passwords are taken.
//
//   user.password = passwords().hash("correct horse battery");
//   if (passwords().verify(user.password, typed)) …
//
// A hash takes tens of milliseconds and 64 MiB of memory: at most `concurrency` are made at once,
// others wait for their turn, and where too many wait PasswordsBusy is thrown.
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace auth {

// The defaults are above OWASP's least (19 MiB, 2 passes), and those of libsodium's "interactive".
struct HashParameters {
  unsigned long long passes = 2;
  std::size_t memory = 64u << 20;  // bytes
};

struct HasherOptions {
  HashParameters parameters{};
  unsigned concurrency = 0;  // 0: half of the hardware threads, at least 1
  // More are refused. Each holds a thread of the server, which has four to spare (kReserve in
  // net/detail/server_run.cc): pages must not wait for passwords.
  std::size_t waiting = 2;
  std::chrono::milliseconds patience{10'000};
};

// Too many passwords are being hashed; to be answered with 503.
struct PasswordsBusy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class PasswordHasher {
 public:
  explicit PasswordHasher(HasherOptions options = {});
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  // "$argon2id$v=19$m=65536,t=2,p=1$salt$hash", with a salt of its own.
  std::string hash(std::string_view password) const;
  // False for a hash that is empty or of another form; it takes as long as for one that is not.
  bool verify(const std::string& hash, std::string_view password) const;
  // What verify() takes where there is no such user.
  void verify_nothing(std::string_view password) const { (void)verify({}, password); }
  // Whether the hash was made with other parameters than those that hold now.
  bool needs_rehash(const std::string& hash) const;

 private:
  class Turn;
  const HasherOptions options_;
  std::string nobodys_hash_;
  mutable std::mutex mutex_;
  mutable std::condition_variable freed_;
  mutable std::size_t running_ = 0, waiting_ = 0;
};

// The process's hasher.
PasswordHasher& passwords();
// Swaps it for its scope: tests take one that is quick.
class ScopedPasswordHasher {
 public:
  explicit ScopedPasswordHasher(PasswordHasher& hasher);
  ~ScopedPasswordHasher();
  ScopedPasswordHasher(const ScopedPasswordHasher&) = delete;
  ScopedPasswordHasher& operator=(const ScopedPasswordHasher&) = delete;

 private:
  PasswordHasher* before_;
};

inline constexpr std::size_t kMinPasswordLength = 8, kMaxPasswordLength = 128;  // in characters

// What is wrong with a new password, in sentences; empty: nothing. Its length, whether it is one of
// the 8,400 most common ones, or much like one of `of_user`: texts such as name and e-mail address.
std::vector<std::string> password_problems(std::string_view password,
                                           const std::vector<std::string>& of_user = {});

}  // namespace auth

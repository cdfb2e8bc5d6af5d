#include "auth/passwords.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <sodium.h>

#include "auth/common_passwords.h"
#include "dynamo_backend/text.h"

namespace auth {
namespace {

std::atomic<PasswordHasher*> current{nullptr};

bool is_common(std::string_view password) {
  const auto common = common_passwords();
  return std::binary_search(common.begin(), common.end(), dynamo_backend::ascii_lower(password));
}

// The user's name in the password, or nearly nothing but it; Django compares by a ratio.
bool is_like(std::string_view password, const std::string& text) {
  const std::string small = dynamo_backend::ascii_lower(password);
  const std::string of_user = dynamo_backend::ascii_lower(text);
  const auto holds = [&small](std::string_view part) {
    return part.size() >= 4 && small.find(part) != std::string::npos &&
           part.size() * 10 >= small.size() * 7;
  };
  return holds(of_user) || holds(std::string_view(of_user).substr(0, of_user.find('@'))) ||
         (small.size() >= 4 && of_user.find(small) != std::string::npos);
}

}  // namespace

// A place among those that hash at once.
class PasswordHasher::Turn {
 public:
  explicit Turn(const PasswordHasher& hasher) : hasher_(hasher) {
    std::unique_lock lock(hasher_.mutex_);
    const auto is_free = [this] { return hasher_.running_ < hasher_.options_.concurrency; };
    if (!is_free()) {
      if (hasher_.waiting_ >= hasher_.options_.waiting)
        throw PasswordsBusy("too many passwords are waiting to be checked");
      ++hasher_.waiting_;
      const bool got = hasher_.freed_.wait_for(lock, hasher_.options_.patience, is_free);
      --hasher_.waiting_;
      if (!got) throw PasswordsBusy("a password waited too long to be checked");
    }
    ++hasher_.running_;
  }
  ~Turn() {
    const std::lock_guard lock(hasher_.mutex_);
    --hasher_.running_;
    hasher_.freed_.notify_one();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const PasswordHasher& hasher_;
};

namespace {
HasherOptions with_concurrency(HasherOptions options) {
  if (options.concurrency == 0)
    options.concurrency = std::max(1u, std::thread::hardware_concurrency() / 2);
  return options;
}
}  // namespace

PasswordHasher::PasswordHasher(HasherOptions options) : options_(with_concurrency(options)) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  nobodys_hash_ = hash("nobody's password");
}

std::string PasswordHasher::hash(std::string_view password) const {
  const Turn turn(*this);
  std::string out(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(),
                            options_.parameters.passes, options_.parameters.memory,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw std::runtime_error("there is not enough memory to hash a password");
  out.resize(out.find('\0'));
  return out;
}

bool PasswordHasher::verify(const std::string& hash, std::string_view password) const {
  const Turn turn(*this);
  const bool usable =
      hash.starts_with(crypto_pwhash_argon2id_STRPREFIX) && hash.size() < crypto_pwhash_STRBYTES;
  // libsodium reads to the end of a C string.
  const bool equal = crypto_pwhash_str_verify((usable ? hash : nobodys_hash_).c_str(),
                                              password.data(), password.size()) == 0;
  return usable && equal;
}

bool PasswordHasher::needs_rehash(const std::string& hash) const {
  if (!hash.starts_with(crypto_pwhash_argon2id_STRPREFIX) || hash.size() >= crypto_pwhash_STRBYTES)
    return true;
  return crypto_pwhash_str_needs_rehash(hash.c_str(), options_.parameters.passes,
                                        options_.parameters.memory) != 0;
}

PasswordHasher& passwords() {
  if (PasswordHasher* const chosen = current.load()) return *chosen;
  static PasswordHasher own;
  return own;
}

ScopedPasswordHasher::ScopedPasswordHasher(PasswordHasher& hasher)
    : before_(current.exchange(&hasher)) {}
ScopedPasswordHasher::~ScopedPasswordHasher() { current = before_; }

std::vector<std::string> password_problems(std::string_view password,
                                           const std::vector<std::string>& of_user) {
  const std::size_t length = dynamo_backend::count_characters(password);
  if (!dynamo_backend::is_valid_utf8(password)) return {"The password is not valid UTF-8."};
  if (length > kMaxPasswordLength)
    return {"This password is too long. It may have at most 128 characters."};
  std::vector<std::string> problems;
  if (length < kMinPasswordLength)
    problems.emplace_back("This password is too short. It must have at least 8 characters.");
  if (std::any_of(of_user.begin(), of_user.end(), [&](const std::string& text) {
        return !text.empty() && is_like(password, text);
      }))
    problems.emplace_back("The password is too similar to your name or e-mail address.");
  if (is_common(password)) problems.emplace_back("This password is too common.");
  return problems;
}

}  // namespace auth

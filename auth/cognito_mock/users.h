// The people whom the local identity provider knows.
//
// Thread safety: stores from any thread.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace auth::cognito_mock {

struct User {
  std::string subject{};  // `sub`: a UUID
  std::string username{};
  std::string email{};
  bool email_verified = true;
  std::string given_name{};
  std::string family_name{};
  std::vector<std::string> groups{};
  std::string password_hash{};
};

// Argon2id (libsodium).
std::string hash_password(std::string_view password);
// Takes as long without a user as with one, so that the time does not tell who there is.
bool password_is_of(const std::optional<User>& user, std::string_view password);

// demo@ddblog.local, Demo1234!; in no group.
User demo_user();

class UserStore {
 public:
  UserStore() = default;
  virtual ~UserStore() = default;
  UserStore(const UserStore&) = delete;
  UserStore& operator=(const UserStore&) = delete;

  // By username or e-mail address, in any case.
  virtual std::optional<User> find(std::string_view login) const = 0;
  virtual std::optional<User> find_subject(std::string_view subject) const = 0;
  virtual std::vector<User> all() const = 0;
  // In place of the one with that subject. Throws std::invalid_argument where another has its
  // username or address.
  virtual void save(User user) = 0;
};

class MemoryUsers : public UserStore {
 public:
  std::optional<User> find(std::string_view login) const override;
  std::optional<User> find_subject(std::string_view subject) const override;
  std::vector<User> all() const override;
  void save(User user) override;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, User, std::less<>> by_subject_;
};

// How a user is written in the provider's file and read in its control endpoint. from_json throws
// std::invalid_argument, which names the member; a `password` is hashed.
base::Json to_json(const User& user);
User user_from_json(const base::Json& json);

}  // namespace auth::cognito_mock

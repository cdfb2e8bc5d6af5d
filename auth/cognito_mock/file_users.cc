#include "auth/cognito_mock/file_users.h"

#include <stdexcept>

#include "auth/cognito_mock/private_file.h"
#include "base/json.h"

namespace auth::cognito_mock {

FileUsers::FileUsers(std::string path) : path_(std::move(path)) {
  const auto text = read_file(path_);
  if (!text) return;
  try {
    const base::Json file = base::parse_json(*text);
    for (const auto& user : file.at("users")) MemoryUsers::save(user_from_json(user));
  } catch (const std::exception& error) {
    throw std::runtime_error(path_ + ": " + error.what());
  }
}

void FileUsers::save(User user) {
  const std::lock_guard lock(writing_);
  MemoryUsers::save(std::move(user));
  base::Json users = base::Json::array();
  for (const auto& one : all()) users.push_back(to_json(one));
  write_private_file(path_, base::Json{{"users", users}}.dump(2) + "\n");
}

}  // namespace auth::cognito_mock

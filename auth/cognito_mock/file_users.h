// FileUsers: users that outlive the process, in a JSON file of one list.
//
// Thread safety: any thread. Of two processes with one file, the later save() wins.
#pragma once
#include <string>

#include "auth/cognito_mock/users.h"

namespace auth::cognito_mock {

class FileUsers : public MemoryUsers {
 public:
  // Throws std::runtime_error and std::invalid_argument for a file that cannot be read.
  explicit FileUsers(std::string path);
  void save(User user) override;

 private:
  const std::string path_;
  std::mutex writing_;
};

}  // namespace auth::cognito_mock

// KeyRing: the provider's signing keys: the one that signs, and the one before, which is still
// published so that tokens live on through a rotation.
//
// Thread safety: any thread.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "auth/cognito_mock/signing_key.h"

namespace auth::cognito_mock {

class KeyRing {
 public:
  // With a `path`, keys are kept in that file (PEM, the current one first), so that tokens outlive
  // the process. The first key is made when it is first asked for: that takes a tenth of a second.
  // All throw std::runtime_error where the file cannot be read or written.
  explicit KeyRing(std::string path = {});

  std::shared_ptr<const SigningKey> current();
  base::Json jwks();
  // Signs with a new key from now on. `keep_former`: tokens of the former still verify.
  void rotate(bool keep_former = true);

 private:
  void load();
  void save();
  void add();

  const std::string path_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const SigningKey>> keys_;
};

}  // namespace auth::cognito_mock

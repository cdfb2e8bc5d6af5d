#include "auth/cognito_mock/key_ring.h"

#include "auth/cognito_mock/private_file.h"
#include "base/json.h"

namespace auth::cognito_mock {
namespace {

constexpr std::size_t kKept = 2;
constexpr std::string_view kBegin = "-----BEGIN ";

}  // namespace

KeyRing::KeyRing(std::string path) : path_(std::move(path)) { load(); }

void KeyRing::load() {
  if (path_.empty()) return;
  const auto text = read_file(path_);
  if (!text) return;
  for (std::size_t begin = text->find(kBegin); begin != std::string::npos;) {
    const std::size_t next = text->find(kBegin, begin + 1);
    keys_.push_back(std::make_shared<const SigningKey>(
        SigningKey::from_pem(std::string_view(*text).substr(begin, next - begin))));
    begin = next;
  }
}

void KeyRing::save() {
  if (path_.empty()) return;
  std::string text;
  for (const auto& key : keys_) text += key->pem();
  write_private_file(path_, text);
}

// With the mutex held.
void KeyRing::add() {
  keys_.insert(keys_.begin(), std::make_shared<const SigningKey>(SigningKey::generate()));
  if (keys_.size() > kKept) keys_.resize(kKept);
  save();
}

std::shared_ptr<const SigningKey> KeyRing::current() {
  const std::lock_guard lock(mutex_);
  if (keys_.empty()) add();
  return keys_.front();
}

base::Json KeyRing::jwks() {
  const std::lock_guard lock(mutex_);
  if (keys_.empty()) add();
  base::Json keys = base::Json::array();
  for (const auto& key : keys_) keys.push_back(key->jwk());
  return {{"keys", keys}};
}

void KeyRing::rotate(bool keep_former) {
  const std::lock_guard lock(mutex_);
  if (!keep_former) keys_.clear();
  add();
}

}  // namespace auth::cognito_mock

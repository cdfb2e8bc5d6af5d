// ObjectReader: the members of a JSON object, each taken once, strictly: a missing, mistyped or
// unknown key throws MigrationError that says where it is and which keys there are.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace dynamo_backend::migrations {

class ObjectReader {
 public:
  // `what` names the object in messages: "field". REQUIRES: `json` outlives the reader.
  ObjectReader(const base::Json& json, std::string_view what);

  const base::Json& take(std::string_view key);
  const base::Json* find(std::string_view key);  // nullptr: absent
  std::string text(std::string_view key);        // not empty
  std::string text_or_empty(std::string_view key);
  bool flag(std::string_view key);                               // absent: false
  std::vector<std::string> text_or_texts(std::string_view key);  // absent: none
  std::vector<std::string> texts(std::string_view key);          // absent: none
  const std::vector<base::Json>& array(std::string_view key);    // absent: none
  // Throws for a key that nobody took.
  void finish() const;
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const;

 private:
  const base::Json& json_;
  const std::string what_;
  std::vector<std::string> taken_{};
};

}  // namespace dynamo_backend::migrations

// Random writes and what they make of a table, for property_test.cc: steps as data, so that a
// failing sequence can be shrunk and shown, and the model that they are compared with.
#pragma once
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/conformance/client_factory.h"

namespace conformance {

// One write of one item, with a condition.
struct Action {
  enum class Kind { put, update, del } kind = Kind::put;
  enum class Guard { none, exists, absent, small_n } guard = Guard::none;
  dynamodb::Item key{};
  dynamodb::Item set{};  // put: the attributes besides the key
  std::vector<std::string> remove{};
  int add = 0;  // to "n"; 0: no ADD
};

struct Step {
  enum class How { single, transaction, batch } how = How::single;
  std::vector<Action> actions{};
};

bool guard_holds(Action::Guard guard, const std::optional<dynamodb::Item>& old);
// What `action` makes of an item. REQUIRES: its guard holds.
std::optional<dynamodb::Item> applied(const Action& action,
                                      const std::optional<dynamodb::Item>& old);
std::string listing(const std::vector<Step>& steps);

// A table as a map.
class Model {
 public:
  std::optional<dynamodb::Item> find(const dynamodb::Item& key) const {
    const auto found = items_.find(text_of(key));
    return found == items_.end() ? std::nullopt : std::optional(found->second);
  }
  void store(const dynamodb::Item& key, std::optional<dynamodb::Item> item) {
    if (item) {
      items_.insert_or_assign(text_of(key), std::move(*item));
    } else {
      items_.erase(text_of(key));
    }
  }
  std::vector<dynamodb::Item> all() const {
    std::vector<dynamodb::Item> items;
    for (const auto& [key, item] : items_) items.push_back(item);
    return items;
  }

 private:
  std::map<std::string, dynamodb::Item> items_;
};

// What an index holds of `items`.
std::vector<dynamodb::Item> projected(const std::vector<dynamodb::Item>& items,
                                      const dynamodb::KeySchema& table,
                                      const dynamodb::IndexDefinition& index);

// Few keys and few values, so that steps meet.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Step step();
  std::uint32_t limit() { return 1 + static_cast<std::uint32_t>(below(12)); }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  // A batch takes neither updates nor conditions.
  Action action(bool in_batch);

  std::mt19937 random_;
};

}  // namespace conformance

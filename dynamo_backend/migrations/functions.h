// Functions that migrations call by name, registered where the app lists its models:
//
//   void models(Registry& registry) {
//     registry.add<Post>();
//     migrations::functions().add_row("demo_app.fill_slugs", [](migrations::MigrationRow& row) {
//       if (!row.has("slug")) row.set("slug", slugify(row.text("title")));
//     });
//   }
//
// A function may run again on rows that it has changed (a migrator that was killed goes on from its
// last checkpoint), so it must give the same result then.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/types.h"
#include "dynamodb/item_view.h"

namespace dynamo_backend {
class Connection;
}

namespace dynamo_backend::migrations {

struct ProjectState;

// A stored row and what a migration changes in it. Thread safety: one thread.
class MigrationRow {
 public:
  // REQUIRES: what `stored` looks at outlives the row.
  explicit MigrationRow(dynamodb::ItemView stored) : stored_(stored) {}

  // As changed so far; NULL: the row has no such attribute.
  Value get(std::string_view attribute) const;
  bool has(std::string_view attribute) const;
  std::string text(std::string_view attribute) const;  // of an S; "" where it is none
  void set(std::string_view attribute, Value value);   // NULL removes
  void remove(std::string_view attribute) { set(attribute, Value()); }

  dynamodb::ItemView stored() const { return stored_; }
  dynamodb::PackedItem changed() const;  // the row with the changes
  // Only what differs from the stored row; absent: to be removed.
  const std::map<std::string, std::optional<Value>, std::less<>>& changes() const {
    return changes_;
  }

 private:
  dynamodb::ItemView stored_;
  std::map<std::string, std::optional<Value>, std::less<>> changes_{};
};

// Called from several threads, each with its own row. What it throws ends the migration with the
// row's key in the message.
using RowFunction = std::function<void(MigrationRow& row)>;

struct MigrationContext {
  const Connection& connection;
  const ProjectState& state;  // at this point of the migrations
  bool backwards = false;
};
using WholeFunction = std::function<void(MigrationContext& context)>;

// Thread safety: any thread.
class Functions {
 public:
  // Adding a name again replaces its function.
  void add_row(std::string name, RowFunction function);
  void add_whole(std::string name, WholeFunction function);
  // Throw MigrationError that lists the names that are registered.
  RowFunction row(std::string_view name) const;
  WholeFunction whole(std::string_view name) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, RowFunction, std::less<>> rows_{};
  std::map<std::string, WholeFunction, std::less<>> wholes_{};
};

// The process's functions.
Functions& functions();

}  // namespace dynamo_backend::migrations

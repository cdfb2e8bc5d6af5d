// MigrationGraph: the migrations of all apps and what depends on what.
//
// Order: dependencies first, then by app and name, so that it is the same everywhere.
// Thread safety: immutable once link()ed; any thread.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/migrations/migration.h"

namespace dynamo_backend::migrations {

class MigrationGraph {
 public:
  void add(Migration migration);  // throws MigrationError for a second one of that id
  // After the last add(): throws MigrationError for dependencies that are missing or run in a
  // circle.
  void link();

  const Migration* find(const MigrationId& id) const;  // nullptr: none
  std::set<std::string> apps() const;
  const std::vector<const Migration*>& in_order() const { return order_; }
  std::vector<const Migration*> of_app(std::string_view app) const;  // in order
  // Those of the app that no other of the app depends on: one, unless two people worked at once.
  std::vector<const Migration*> heads(std::string_view app) const;
  // Throws MigrationError where an app has several heads: says how to merge them.
  void check_heads() const;

  // Everything that the migration needs, and itself.
  std::set<MigrationId> ancestors(const MigrationId& id) const;
  // Everything that needs the migration, and itself.
  std::set<MigrationId> descendants(const MigrationId& id) const;

  // The project after those of `applied`, or after all. Throws MigrationError where an operation
  // does not fit.
  ProjectState state(const std::set<MigrationId>& applied) const;
  ProjectState state() const;

 private:
  using Edges = std::map<MigrationId, std::set<MigrationId>>;
  static std::set<MigrationId> reach(const MigrationId& from, const Edges& edges);

  std::map<MigrationId, Migration> all_{};
  Edges needs_{}, needed_by_{};
  std::vector<const Migration*> order_{};
};

}  // namespace dynamo_backend::migrations

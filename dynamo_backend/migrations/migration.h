// Migration: a numbered list of operations of one app, and its file
// `<app>/migrations/0002_add_subtitle.json`.
//
//   {
//     "description": "Add field subtitle to Post",           optional, for people
//     "dependencies": ["demo_app.0001_initial"],
//     "operations": [{"operation": "add_field", "model": "Post", …}]
//   }
// Thread safety: values.
#pragma once
#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/migrations/operation.h"

namespace dynamo_backend::migrations {

// Which migration: "demo_app.0002_add_subtitle".
struct MigrationId {
  std::string app{}, name{};
  friend auto operator<=>(const MigrationId&, const MigrationId&) = default;
  std::string str() const { return app + "." + name; }
};
MigrationId parse_id(std::string_view text);  // throws MigrationError

struct Migration {
  MigrationId id{};
  std::string description{};
  std::vector<MigrationId> dependencies{};
  std::vector<Operation> operations{};
  friend bool operator==(const Migration&, const Migration&) = default;

  int number() const;  // 2 of "0002_add_subtitle"; 0: none
};

// All operations, in order. Throws MigrationError that names the migration and the operation.
void apply(const Migration& migration, ProjectState& state);

// The text of its file: JSON with a line for each field, stable, ends with a newline; and what that
// has after "operations".
std::string to_text(const Migration& migration);
std::string to_text(const std::vector<Operation>& operations);
// `origin` names the file in messages. Throws MigrationError.
Migration migration_from_text(std::string_view text, MigrationId id, std::string_view origin);

}  // namespace dynamo_backend::migrations

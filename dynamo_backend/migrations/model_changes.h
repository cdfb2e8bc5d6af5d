// The changes of one model that keeps its table; part of the autodetector.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "dynamo_backend/migrations/autodetector.h"

namespace dynamo_backend::migrations {

// Operations as they are found, and the state that they lead to.
struct Draft {
  ProjectState state{};
  Questioner& questioner;
  const DeclaredDefault& declared;
  Changes changes{};
  std::vector<std::string> refusals{};
  std::vector<std::pair<std::string, std::string>> renamed_models{};  // old and new name

  void add(const std::string& app, Operation operation);  // applies it, too
  // Of a question about a rename: to guess "removed" would lose the values.
  void refuse_unanswered(const std::string& what, const std::string& was, const std::string& is);
  void note(std::string text) { changes.notes.push_back(std::move(text)); }
};

// What adds and alters; and what can go only before that.
void change_model(Draft& draft, const ModelState& to);
// What goes at the end.
void remove_leftovers(Draft& draft, const ModelState& to);

}  // namespace dynamo_backend::migrations

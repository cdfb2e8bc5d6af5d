// Autodetector: the operations that lead from the recorded state to the compiled models.
//
// What adds comes before what removes, so that a program of the state before can run until the end.
// What the difference alone does not say is asked, never guessed: was a field renamed, what do
// existing rows get.
// Thread safety: functions of their arguments.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/migrations/operation.h"

namespace dynamo_backend::migrations {

// Answers to what a difference does not say.
class Questioner {
 public:
  virtual ~Questioner() = default;
  // nullopt: nobody can say.
  virtual std::optional<bool> renamed_field(const ModelState& model, const FieldState& was,
                                            const FieldState& is) = 0;
  virtual std::optional<bool> renamed_model(const ModelState& was, const ModelState& is) = 0;
  // What existing rows get that need a value of `field`. An empty backfill: nothing, on purpose;
  // nullopt: nobody can say. `why` is a sentence for people.
  virtual std::optional<Backfill> backfill(const ModelState& model, const FieldState& field,
                                           const std::string& why) = 0;
  // A row function that makes values of the new type, "@app.function"; empty: nobody can say.
  virtual std::string conversion(const ModelState& model, const FieldState& was,
                                 const FieldState& is) = 0;

  // What was said beforehand, without a question: before what would happen by itself.
  virtual std::optional<Backfill> given_backfill(const ModelState&, const FieldState&) {
    return std::nullopt;
  }
  virtual std::string given_conversion(const ModelState&, const FieldState&) { return ""; }
  // A rename that is plain without an answer: who said so has not said something else.
  virtual void takes_as_renamed(const std::string& /*was*/, const std::string& /*is*/) {}
};

// What the compiled model says existing rows get; empty: nothing.
using DeclaredDefault =
    std::function<Backfill(const std::string& model_label, const std::string& field)>;

struct Changes {
  std::map<std::string, std::vector<Operation>> operations{};  // by app; apps with any
  std::vector<std::string> notes{};  // what people should know: data that goes
};

// The changes of these apps. Throws MigrationError with a line for each change that cannot be made,
// and what to do instead.
Changes detect(const ProjectState& from, const ProjectState& to, const std::set<std::string>& apps,
               Questioner& questioner, const DeclaredDefault& declared);

}  // namespace dynamo_backend::migrations

// Where the autodetector's questions are answered: by options of the command, and on a terminal by
// whoever sits there.
// Thread safety: one thread.
#pragma once
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "dynamo_backend/migrations/autodetector.h"

namespace dynamo_backend {
class Registry;
}

namespace dynamo_backend::migrations {

// What the options say; nothing else is answered.
class GivenAnswers : public Questioner {
 public:
  // "demo_app.Post.title:headline", "demo_app.Post:Article". Throw MigrationError for another form.
  void add_rename(const std::string& text);
  // What is not one of these was not renamed: its data may go.
  void no_other_renames() { no_other_renames_ = true; }
  // "demo_app.Post.subtitle=\"none\"": JSON, "@app.function", "now" or "skip".
  void add_default(const std::string& text);
  // "demo_app.Post.price=@app.function".
  void add_conversion(const std::string& text);

  std::optional<bool> renamed_field(const ModelState&, const FieldState& was,
                                    const FieldState& is) override;
  std::optional<bool> renamed_model(const ModelState& was, const ModelState& is) override;
  std::optional<Backfill> backfill(const ModelState&, const FieldState& field,
                                   const std::string& why) override;
  std::string conversion(const ModelState&, const FieldState& was, const FieldState&) override;

  std::optional<Backfill> given_backfill(const ModelState& model, const FieldState& field) override;
  std::string given_conversion(const ModelState& model, const FieldState& was) override;
  void takes_as_renamed(const std::string& was, const std::string& is) override;

  // Options that answered nothing: mistyped, it seems.
  std::vector<std::string> unused() const;

 private:
  std::optional<bool> says_renamed(const std::string& was, const std::string& is);

  std::map<std::string, std::string> renames_{}, defaults_{}, conversions_{};
  std::set<std::string> used_{};
  bool no_other_renames_ = false;
};

// The options first, then a person.
class Terminal : public GivenAnswers {
 public:
  // REQUIRES: both outlive it.
  Terminal(std::istream& in, std::ostream& out) : in_(in), out_(out) {}

  std::optional<bool> renamed_field(const ModelState&, const FieldState& was,
                                    const FieldState& is) override;
  std::optional<bool> renamed_model(const ModelState& was, const ModelState& is) override;
  std::optional<Backfill> backfill(const ModelState&, const FieldState& field,
                                   const std::string& why) override;
  std::string conversion(const ModelState&, const FieldState& was, const FieldState&) override;
  bool yes(const std::string& question);  // throws at the end of the input

 private:
  std::optional<std::string> answer(const std::string& prompt);

  std::istream& in_;
  std::ostream& out_;
};

// An answer as text: JSON of the field's type, "@app.function", "now" for a time, "skip" for
// nothing. Throws MigrationError that says what it may be.
Backfill parse_backfill(const FieldState& field, const std::string& text);

// What a compiled model says existing rows of a new field get: its C++ default, where that is a
// value that the field takes. A text that may not be blank, a time and a reference have none.
Backfill declared_default(const Registry& registry, std::string_view model_label,
                          std::string_view field);

}  // namespace dynamo_backend::migrations

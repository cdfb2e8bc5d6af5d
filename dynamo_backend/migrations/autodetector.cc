#include "dynamo_backend/migrations/autodetector.h"

#include <algorithm>

#include "dynamo_backend/migrations/model_changes.h"

namespace dynamo_backend::migrations {
namespace {

// Whether one may be the other, renamed and changed: with the same key and more than half of the
// other fields, whatever their order and what they refer to. For a question, not for a guess.
bool alike(const ModelState& a, const ModelState& b) {
  if (a.partition != b.partition || a.sort != b.sort) return false;
  const std::size_t keys = a.sort.empty() ? 1 : 2;
  const auto same = static_cast<std::size_t>(
      std::count_if(a.fields.begin(), a.fields.end(), [&](const FieldState& field) {
        const FieldState* twin = b.find_field(field.name);
        return twin && twin->type == field.type && twin->computed == field.computed;
      }));
  const std::size_t most = std::max(a.fields.size(), b.fields.size());
  return same == most || (same > keys && 2 * (same - keys) > most - keys);
}

class Detector {
 public:
  Detector(const ProjectState& from, const ProjectState& to, const std::set<std::string>& apps,
           Questioner& questioner, const DeclaredDefault& declared)
      : to_(to), apps_(apps), questioner_(questioner), draft_{from, questioner, declared} {}

  Changes run() {
    rename_by_table();
    ask_about_models();
    for (const auto& [label, model] : to_.models) {
      if (in_scope(model) && !draft_.state.models.count(label) && !moved(model))
        draft_.add(model.app, CreateTable{model});
    }
    std::vector<const ModelState*> both;
    for (const auto& [label, model] : to_.models) {
      if (in_scope(model) && draft_.state.models.count(label)) both.push_back(&model);
    }
    for (const ModelState* model : both) change_model(draft_, *model);
    for (const ModelState* model : both) remove_leftovers(draft_, *model);
    delete_tables();
    if (draft_.refusals.empty()) return std::move(draft_.changes);
    std::string text;
    for (const std::string& refusal : draft_.refusals) text += (text.empty() ? "" : "\n") + refusal;
    throw MigrationError(text);
  }

 private:
  bool in_scope(const ModelState& model) const { return apps_.count(model.app) > 0; }

  std::vector<ModelState> gone() const {
    std::vector<ModelState> found;
    for (const auto& [label, model] : draft_.state.models) {
      if (in_scope(model) && !to_.models.count(label)) found.push_back(model);
    }
    return found;
  }

  // A table cannot be two models', so that nobody need be asked. A model goes to a name that
  // another has once that one has gone to its own; names that go round are left: no table of theirs
  // is what its model's was, which is refused.
  void rename_by_table() {
    std::vector<std::pair<const ModelState*, const ModelState*>> renames;
    const ProjectState before = draft_.state;
    for (const auto& [from_label, was] : before.models) {
      for (const auto& [label, is] : to_.models) {
        if (in_scope(is) && was.app == is.app && was.table == is.table && label != from_label)
          renames.emplace_back(&was, &is);
      }
    }
    const auto is_free = [&](const auto& rename) {
      return draft_.state.models.count(rename.second->label()) == 0;
    };
    for (auto next = renames.begin();
         (next = std::find_if(renames.begin(), renames.end(), is_free)) != renames.end();
         renames.erase(next)) {
      const auto& [was, is] = *next;
      questioner_.takes_as_renamed(was->label(), is->name);
      draft_.add(was->app, RenameModel{was->name, is->name});
      draft_.renamed_models.emplace_back(was->name, is->name);
    }
  }

  void ask_about_models() {
    for (const auto& [label, model] : to_.models) {
      if (!in_scope(model) || draft_.state.models.count(label)) continue;
      for (const ModelState& was : gone())
        if (was.app == model.app) ask_whether_renamed(was, model);
    }
  }

  void ask_whether_renamed(const ModelState& was, const ModelState& is) {
    if (!alike(was, is)) return;
    const auto renamed = questioner_.renamed_model(was, is);
    if (!renamed) draft_.refuse_unanswered("The model " + was.label(), was.label(), is.name);
    if (renamed.value_or(false))
      draft_.refusals.push_back(was.label() + " was renamed to " + is.name +
                                ": DynamoDB cannot rename a table, so " + how_to_keep(was, is));
  }

  // The table of a many-to-many is called after its owner and attribute.
  std::string how_to_keep(const ModelState& was, const ModelState& is) const {
    for (const auto& [label, owner] : to_.models) {
      const std::string prefix = owner.table + "_";
      if (owner.app == is.app && is.name.starts_with(owner.name + "_") &&
          was.table.starts_with(prefix))
        return "set .attribute = \"" + was.table.substr(prefix.size()) + "\" in " + owner.name +
               "'s ManyToManyField to keep the links";
    }
    return "set .table_name = \"" + was.table + "\" in " + is.name + "'s schema to keep it";
  }

  // A table that another app's model has: its rows would go with that model.
  bool moved(const ModelState& model) {
    for (const auto& [label, other] : draft_.state.models) {
      if (other.table != model.table || other.app == model.app) continue;
      refuse_move(model, other);
      return true;
    }
    // By default a table is called after the app, too.
    for (const auto& [label, was] : draft_.state.models) {
      if (to_.models.count(label) || was.app == model.app || was.name != model.name ||
          !alike(was, model))
        continue;
      if (questioner_.renamed_model(was, model) == std::optional(false)) continue;
      draft_.refusals.push_back(
          was.label() + " is gone and " + model.label() +
          " is like it: a model does not move between apps, its rows would stay behind; set "
          ".app_label = \"" +
          was.app + "\" in its schema. Where they are two models: --no-rename");
      return true;
    }
    return false;
  }

  void refuse_move(const ModelState& is, const ModelState& was) {
    draft_.refusals.push_back(is.label() + " has the table " + is.table + " of " + was.label() +
                              ": a model does not move between apps; keep .app_label = \"" +
                              was.app + "\"");
  }

  void delete_tables() {
    for (const ModelState& model : gone()) {
      const auto owner = std::find_if(to_.models.begin(), to_.models.end(), [&](const auto& other) {
        return other.second.table == model.table;
      });
      if (owner != to_.models.end()) {
        if (!in_scope(owner->second)) refuse_move(owner->second, model);  // or moved() has
        continue;
      }
      draft_.add(model.app, DeleteTable{model.name});
      draft_.note("Deletes the table " + model.table + " of " + model.label() + " with its rows.");
    }
  }

  const ProjectState& to_;
  const std::set<std::string>& apps_;
  Questioner& questioner_;
  Draft draft_;
};

}  // namespace

Changes detect(const ProjectState& from, const ProjectState& to, const std::set<std::string>& apps,
               Questioner& questioner, const DeclaredDefault& declared) {
  return Detector(from, to, apps, questioner, declared).run();
}

}  // namespace dynamo_backend::migrations

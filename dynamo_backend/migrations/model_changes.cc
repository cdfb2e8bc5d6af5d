#include "dynamo_backend/migrations/model_changes.h"

#include <algorithm>
#include <set>

#include "dynamo_backend/migrations/conversions.h"
#include "dynamo_backend/text.h"
#include "dynamodb/limits.h"

namespace dynamo_backend::migrations {
namespace {

template <class Part>
bool contains(const std::vector<Part>& parts, const Part& part) {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

class ModelChanges {
 public:
  ModelChanges(Draft& draft, const ModelState& to) : draft_(draft), to_(to) {}

  void run() {
    if (!same_table()) return;
    find_renames();
    if (draft_.refusals.size() > refusals_before_) return;
    find_touched();
    clear_the_way();
    for (const auto& [was, is] : renames_) add(RenameField{to_.name, was, is});
    for (const FieldState& field : to_.fields) change_field(field);
    if (draft_.refusals.size() > refusals_before_) return;  // what follows needs the fields
    add_indexes();
    for (const UniqueState& unique : to_.unique) {
      if (!contains(now().unique, unique)) add(AddUnique{to_.name, unique});
    }
    if (now().ttl != to_.ttl) add(SetTtl{to_.name, to_.ttl});
    if (now().stream != to_.stream) add(SetStream{to_.name, to_.stream});
  }

 private:
  const ModelState& now() const { return draft_.state.model(to_.app, to_.name); }
  void add(Operation operation) { draft_.add(to_.app, std::move(operation)); }
  void refuse(const std::string& text) { draft_.refusals.push_back(to_.label() + text); }

  // What DynamoDB fixes when it makes a table.
  bool same_table() {
    const ModelState& was = now();
    const auto key_type = [](const ModelState& model, const std::string& field) {
      const FieldState* found = model.find_field(field);
      return found ? found->shape().stored() : std::nullopt;
    };
    const auto locals = [](const ModelState& model) {
      std::vector<IndexState> found;
      std::copy_if(model.indexes.begin(), model.indexes.end(), std::back_inserter(found),
                   [](const IndexState& i) { return i.local; });
      std::sort(found.begin(), found.end(),
                [](const auto& a, const auto& b) { return a.name < b.name; });
      return found;
    };
    const std::string advice =
        "ake a model of another table_name and copy the rows by a run_function (dmakemigrations "
        "--empty), or load a dump of them";
    if (was.table != to_.table) {
      refuse(": its table was " + was.table + " and would be " + to_.table +
             ", and DynamoDB cannot rename a table. Set .table_name = \"" + was.table +
             "\" to keep it. Else m" + advice);
    } else if (was.partition != to_.partition || was.sort != to_.sort) {
      refuse(": the key of its table was " + key_text(was) + " and would be " + key_text(to_) +
             ", and DynamoDB cannot change a table's key. M" + advice);
    } else if (key_type(was, was.partition) != key_type(to_, to_.partition) ||
               key_type(was, was.sort) != key_type(to_, to_.sort)) {
      refuse(": the type of its table's key would change, and DynamoDB cannot do that. M" + advice);
    } else if (locals(was) != locals(to_)) {
      refuse(
          ": its local indexes would change, and DynamoDB makes and drops them only with their "
          "table. Keep them as they are, with a global index beside them where one is missing; "
          "else m" +
          advice);
    } else {
      return true;
    }
    return false;
  }

  static std::string key_text(const ModelState& model) {
    return model.partition + (model.sort.empty() ? "" : " and " + model.sort);
  }

  // What is alike first: that one is likely.
  void find_renames() {
    for (const bool alike : {true, false}) {
      for (const FieldState& is : to_.fields) {
        if (now().find_field(is.name) || is.computed || is_in_rename(is.name)) continue;
        for (const FieldState& was : now().fields) {
          if (to_.find_field(was.name) || was.computed || is_in_rename(was.name) ||
              (was.type == is.type && was.references == is.references) != alike)
            continue;
          if (follows_model(was, is))
            draft_.questioner.takes_as_renamed(to_.label() + "." + was.name, is.name);
          else if (!is_renamed(was, is))
            continue;
          renames_.emplace_back(was.name, is.name);
          break;
        }
      }
    }
  }

  bool is_in_rename(const std::string& name) const {
    return std::any_of(renames_.begin(), renames_.end(), [&](const auto& rename) {
      return rename.first == name || rename.second == name;
    });
  }

  bool is_renamed(const FieldState& was, const FieldState& is) {
    const auto renamed = draft_.questioner.renamed_field(now(), was, is);
    const std::string label = to_.label() + "." + was.name;
    if (!renamed) draft_.refuse_unanswered(label, label, is.name);
    return renamed.value_or(false);
  }

  // "post_pk" of an automatic join table, once Post is Article: no question.
  bool follows_model(const FieldState& was, const FieldState& is) const {
    const bool join_table = to_.name.find('_') != std::string::npos && to_.fields.size() == 3;
    return join_table &&
           std::any_of(draft_.renamed_models.begin(), draft_.renamed_models.end(),
                       [&](const auto& names) {
                         const auto follows = [&](const std::string& prefix) {
                           return was.name == prefix + ascii_lower(names.first) + "_pk" &&
                                  is.name == prefix + ascii_lower(names.second) + "_pk";
                         };
                         return follows("") || follows("from_") || follows("to_");
                       });
  }

  // Fields that an index, a unique set or the TTL cannot outlive: renamed ones, those of another
  // stored type, and those that turn computed or no longer are.
  void find_touched() {
    for (const auto& [was, is] : renames_) touched_.insert(was);
    for (const FieldState& is : to_.fields) {
      const FieldState* was = now().find_field(is.name);
      if (!was) continue;
      const auto standard = standard_conversion(was->type, is.type);
      // What is computed is computed anew, not converted.
      const bool flipped = was->computed != is.computed || (is.computed && was->type != is.type);
      if (flipped) flipped_.insert(is.name);
      const bool is_converted =
          was->type != is.type && !draft_.questioner.given_conversion(to_, *was).empty();
      if (flipped || is_converted || !standard || !standard->empty() ||
          was->shape().stored() != is.shape().stored())
        touched_.insert(is.name);
      // Values that a program gives to rows meanwhile are claimed with the rest.
      if (was->may_be_absent() && !is.may_be_absent()) claimed_anew_.insert(is.name);
    }
  }

  static bool is_key(const IndexState& index, const FieldState& field) {
    return contains(index.partition, field.name) || contains(index.sort, field.name);
  }

  template <class Part>
  bool is_touched(const Part& part) const {
    return std::any_of(touched_.begin(), touched_.end(),
                       [&](const std::string& field) { return part.uses(field); });
  }

  void clear_the_way() {
    const ModelState was = now();
    for (const IndexState& index : was.indexes) {
      const IndexState* wanted = to_.find_index(index.name);
      const bool changed = wanted && !(*wanted == index);
      if (!index.local && (changed || is_touched(index))) add(RemoveIndex{to_.name, index.name});
    }
    for (const UniqueState& unique : was.unique) {
      const UniqueState* wanted = to_.find_unique(unique.fields);
      const bool changed = wanted && !(*wanted == unique);
      const bool anew = std::any_of(claimed_anew_.begin(), claimed_anew_.end(),
                                    [&](const std::string& field) { return unique.uses(field); });
      if (changed || anew || is_touched(unique)) add(RemoveUnique{to_.name, unique.fields});
    }
    if (touched_.count(was.ttl)) add(SetTtl{to_.name, ""});
    for (const std::string& field : flipped_) {
      if (!to_.find_field(field)->computed)
        draft_.note(to_.label() + "." + field +
                    " was computed: its attribute is removed and added anew, with what programs "
                    "of the new version write before dmigrate is done. Stop them until then.");
      add(RemoveField{to_.name, field});
    }
  }

  void change_field(const FieldState& is) {
    const FieldState* found = now().find_field(is.name);
    if (!found) {
      if (const auto backfill = backfill_of(is, "is added"))
        add(AddField{.model = to_.name, .field = is, .backfill = *backfill});
      return;
    }
    if (*found == is) return;
    const FieldState was = *found;
    AlterField alter{.model = to_.name, .field = is};
    const auto standard = standard_conversion(was.type, is.type);
    // Without a change of type there is nothing to convert.
    alter.conversion = was.type == is.type ? "" : draft_.questioner.given_conversion(to_, was);
    if (!alter.conversion.empty()) {
      // as was said
    } else if (standard) {
      alter.conversion = *standard;
    } else {
      alter.conversion = draft_.questioner.conversion(to_, was, is);
      if (alter.conversion.empty())
        return refuse("." + is.name + " changes from " + was.type + " to " + is.type +
                      ", which needs a row function: pass --convert " + to_.label() + "." +
                      is.name + "=@app.function");
    }
    if (was.may_be_absent() && !is.may_be_absent()) {
      const auto backfill = backfill_of(is, "may no longer be absent");
      if (!backfill) return;
      alter.backfill = *backfill;
    }
    add(std::move(alter));
  }

  // nullopt: refused.
  std::optional<Backfill> backfill_of(const FieldState& field, const std::string& change) {
    const auto given = field.computed ? std::nullopt : draft_.questioner.given_backfill(to_, field);
    if (field.may_be_absent() && !given) return Backfill{};
    const bool unique = to_.find_unique({field.name}) != nullptr;
    const bool keyed = std::any_of(to_.indexes.begin(), to_.indexes.end(),
                                   [&](const IndexState& index) { return is_key(index, field); });
    // DynamoDB: no key is empty, and what has none is in no index.
    const auto is_no_key = [&](const Backfill& value) {
      return keyed && (value.value == Value(std::string()) || value.value == Value(Binary{}));
    };
    const Backfill declared = draft_.declared(to_.label(), field.name);
    const bool same_for_all = declared.function.empty();
    if (!given && !declared.empty() && !(unique && same_for_all) && !is_no_key(declared))
      return declared;
    const std::string name = "." + field.name;
    const std::string why =
        unique ? to_.label() + name + " " + change +
                     " and is unique: existing rows need a value each, which a row function gives"
               : to_.label() + name + " " + change +
                     " and has no default that existing rows could get";
    const auto answer = given ? given : draft_.questioner.backfill(to_, field, why);
    if (answer && is_no_key(*answer)) {
      refuse(name + " is the key of an index, which an empty value cannot be");
      return std::nullopt;
    }
    if (answer && unique && !answer->empty() && answer->function.empty()) {
      refuse(name + " is unique: a value that every existing row gets cannot be");
      return std::nullopt;
    }
    if (!answer)
      draft_.refusals.push_back(
          why + ". " + (unique ? "Make" : "Give the member a C++ default, make") +
          " it std::optional, or pass --default " + to_.label() + name +
          (unique ? "=@app.function" : "='<JSON>'") +
          " (@app.function: a row function; skip: existing rows stay without it)");
    return answer;
  }

  void add_indexes() {
    const auto wanted = static_cast<std::size_t>(
        std::count_if(to_.indexes.begin(), to_.indexes.end(),
                      [&](const IndexState& i) { return !now().find_index(i.name); }));
    // Where there is no room for the old beside the new, the old go first.
    if (now().indexes.size() + wanted > dynamodb::kMaxGlobalIndexes) remove_old_indexes();
    for (const IndexState& index : to_.indexes) {
      if (!now().find_index(index.name)) add(AddIndex{to_.name, index});
    }
  }

 public:
  void remove_old_indexes() {
    const ModelState was = now();
    for (const IndexState& index : was.indexes) {
      if (!to_.find_index(index.name)) add(RemoveIndex{to_.name, index.name});
    }
  }

  void remove() {
    remove_old_indexes();
    const ModelState was = now();
    for (const UniqueState& unique : was.unique) {
      if (!contains(to_.unique, unique)) add(RemoveUnique{to_.name, unique.fields});
    }
    for (const FieldState& field : was.fields) {
      if (to_.find_field(field.name)) continue;
      add(RemoveField{to_.name, field.name});
      if (!field.computed)
        draft_.note("Removes " + to_.label() + "." + field.name +
                    " from the rows (\"keep_data\": true in the file leaves it there).");
    }
  }

 private:
  Draft& draft_;
  const ModelState& to_;
  const std::size_t refusals_before_ = draft_.refusals.size();
  std::vector<std::pair<std::string, std::string>> renames_{};
  std::set<std::string> touched_{}, flipped_{}, claimed_anew_{};
};

}  // namespace

void Draft::add(const std::string& app, Operation operation) {
  try {
    apply(operation, app, state);
  } catch (const MigrationError& error) {
    refusals.emplace_back(error.what());
    return;
  }
  changes.operations[app].push_back(std::move(operation));
}

void Draft::refuse_unanswered(const std::string& what, const std::string& was,
                              const std::string& is) {
  refusals.push_back(what + " is gone, and " + is +
                     " is there: renamed, or removed with its data and added? Pass --rename " +
                     was + ":" + is + ", or --no-rename");
}

void change_model(Draft& draft, const ModelState& to) { ModelChanges(draft, to).run(); }
void remove_leftovers(Draft& draft, const ModelState& to) {
  if (draft.refusals.empty()) ModelChanges(draft, to).remove();
}

}  // namespace dynamo_backend::migrations

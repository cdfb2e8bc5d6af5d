#include "dynamo_backend/migrations/writer.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <functional>

#include "dynamo_backend/text.h"

namespace dynamo_backend::migrations {
namespace {

constexpr std::size_t kLongestName = 52, kLongestDescription = 100;

// "addfield_Post.title" as a part of a file's name.
std::string file_name_part(const std::string& text) {
  std::string part = ascii_lower(text);
  for (char& c : part)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return part;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : "_") + name;
  return text;
}

struct Fragment {
  std::string operator()(const CreateTable& o) const { return o.model.name; }
  std::string operator()(const DeleteTable& o) const { return "delete_" + o.model; }
  std::string operator()(const RenameModel& o) const {
    return "rename_" + o.model + "_to_" + o.new_name;
  }
  std::string operator()(const AddField& o) const { return "add_" + o.field.name; }
  std::string operator()(const RemoveField& o) const { return "remove_" + o.field; }
  std::string operator()(const RenameField& o) const {
    return "rename_" + o.field + "_to_" + o.new_name;
  }
  std::string operator()(const AlterField& o) const { return "alter_" + o.field.name; }
  std::string operator()(const RecomputeField& o) const { return "recompute_" + o.field; }
  std::string operator()(const AddIndex& o) const { return "index_" + o.index.name; }
  std::string operator()(const RemoveIndex& o) const { return "remove_index_" + o.index; }
  std::string operator()(const AddUnique& o) const { return "unique_" + joined(o.unique.fields); }
  std::string operator()(const RemoveUnique& o) const { return "not_unique_" + joined(o.fields); }
  std::string operator()(const SetTtl& o) const {
    return o.field.empty() ? "no_ttl_of_" + o.model : "ttl_" + o.field;
  }
  std::string operator()(const SetStream& o) const { return "stream_of_" + o.model; }
  std::string operator()(const RunFunction& o) const { return "run_" + o.function; }
};

std::string numbered(const MigrationGraph& graph, const std::string& app, const std::string& name) {
  int last = 0;
  for (const Migration* m : graph.of_app(app)) last = std::max(last, m->number());
  char number[16];
  std::snprintf(number, sizeof number, "%04d", last + 1);
  return std::string(number) + "_" + name;
}

std::vector<MigrationId> head_ids(const MigrationGraph& graph, const std::string& app) {
  std::vector<MigrationId> ids;
  for (const Migration* head : graph.heads(app)) ids.push_back(head->id);
  return ids;
}

std::string description_of(const std::vector<Operation>& operations) {
  std::string text;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::string next = (i == 0 ? "" : "; ") + describe(operations[i]);
    if (i > 0 && text.size() + next.size() > kLongestDescription)
      return text + "; and " + std::to_string(operations.size() - i) + " more";
    text += next;
  }
  return text;
}

// The apps of other models that the operations' fields refer to.
std::set<std::string> referenced_apps(const Migration& migration) {
  std::set<std::string> apps;
  const auto look = [&](const FieldState& field) {
    const auto dot = field.references.rfind('.');
    if (dot != std::string::npos) apps.insert(field.references.substr(0, dot));
  };
  for (const Operation& operation : migration.operations) {
    if (const auto* create = std::get_if<CreateTable>(&operation))
      for (const FieldState& field : create->model.fields) look(field);
    if (const auto* add = std::get_if<AddField>(&operation)) look(add->field);
    if (const auto* alter = std::get_if<AlterField>(&operation)) look(alter->field);
  }
  apps.erase(migration.id.app);
  return apps;
}

// The apps whose models refer to one that the migration renames: their migrations so far, which
// know it by its old name, come before.
std::set<std::string> referring_apps(const Migration& migration, const ProjectState& before) {
  std::set<std::string> apps;
  for (const Operation& operation : migration.operations) {
    const auto* rename = std::get_if<RenameModel>(&operation);
    if (!rename) continue;
    const std::string old_label = migration.id.app + "." + rename->model;
    for (const auto& [label, model] : before.models) {
      if (std::any_of(model.fields.begin(), model.fields.end(),
                      [&](const FieldState& field) { return field.references == old_label; }))
        apps.insert(label.substr(0, label.rfind('.')));
    }
  }
  apps.erase(migration.id.app);
  return apps;
}

class Linker {
 public:
  Linker(const MigrationGraph& graph, std::vector<Migration>& made) : graph_(graph), made_(made) {}

  void link() {
    const ProjectState before = graph_.state();
    for (Migration& migration : made_) {
      for (const std::string& app : referring_apps(migration, before))
        depend(migration, head_ids(graph_, app));
      for (const std::string& app : referenced_apps(migration)) depend(migration, newest_of(app));
    }
  }

 private:
  void depend(Migration& migration, const std::vector<MigrationId>& on) const {
    for (const MigrationId& id : on) {
      if (!needs(id, migration.id)) migration.dependencies.push_back(id);
    }
  }
  const Migration* find(const MigrationId& id) const {
    for (const Migration& migration : made_) {
      if (migration.id == id) return &migration;
    }
    return graph_.find(id);
  }
  std::vector<MigrationId> newest_of(const std::string& app) const {
    for (const Migration& migration : made_) {
      if (migration.id.app == app) return {migration.id};
    }
    return head_ids(graph_, app);
  }
  bool needs(const MigrationId& id, const MigrationId& other) const {
    std::set<MigrationId> seen{id};
    std::vector<MigrationId> open{id};
    while (!open.empty()) {
      const Migration* migration = find(open.back());
      open.pop_back();
      if (!migration) continue;
      for (const MigrationId& next : migration->dependencies) {
        if (seen.insert(next).second) open.push_back(next);
      }
    }
    return seen.count(other) > 0;
  }

  const MigrationGraph& graph_;
  std::vector<Migration>& made_;
};

// So that whoever is killed while writing them has written none that depends on a missing one.
std::vector<Migration> dependencies_first(std::vector<Migration> made) {
  std::vector<Migration> ordered;
  const auto waits = [&made](const Migration& migration) {
    return std::any_of(made.begin(), made.end(), [&](const Migration& other) {
      const auto& needed = migration.dependencies;
      return std::find(needed.begin(), needed.end(), other.id) != needed.end();
    });
  };
  while (!made.empty()) {
    const auto next =
        std::find_if_not(made.begin(), made.end(), waits);  // no circles: there is one
    ordered.push_back(std::move(*next));
    made.erase(next);
  }
  return ordered;
}

// The migrations of the app that lead to `head` and not to all of `others`.
std::vector<const Migration*> branch_of(const MigrationGraph& graph, const std::string& app,
                                        const MigrationId& head,
                                        const std::vector<MigrationId>& others) {
  std::set<MigrationId> common = graph.ancestors(head);
  const std::set<MigrationId> own = common;
  for (const MigrationId& other : others) {
    const auto theirs = graph.ancestors(other);
    std::erase_if(common, [&](const MigrationId& id) { return !theirs.count(id); });
  }
  std::vector<const Migration*> branch;
  for (const Migration* m : graph.of_app(app)) {
    if (own.count(m->id) && !common.count(m->id)) branch.push_back(m);
  }
  return branch;
}

// What an operation changes: a field, an index, a unique set, or the whole model ("*").
std::vector<std::string> parts_of(const Operation& operation) {
  struct Parts {
    using Names = std::vector<std::string>;
    static Names unique(const std::vector<std::string>& fields) {
      std::string name = "unique";
      for (const std::string& field : fields) name += " " + field;
      return {name};
    }
    Names operator()(const AddField& o) const { return {o.field.name}; }
    Names operator()(const RemoveField& o) const { return {o.field}; }
    Names operator()(const RenameField& o) const { return {o.field, o.new_name}; }
    Names operator()(const AlterField& o) const { return {o.field.name}; }
    Names operator()(const RecomputeField& o) const { return {o.field}; }
    Names operator()(const AddIndex& o) const { return {"index " + o.index.name}; }
    Names operator()(const RemoveIndex& o) const { return {"index " + o.index}; }
    Names operator()(const AddUnique& o) const { return unique(o.unique.fields); }
    Names operator()(const RemoveUnique& o) const { return unique(o.fields); }
    Names operator()(const SetTtl&) const { return {"TTL"}; }
    Names operator()(const SetStream&) const { return {"stream"}; }
    Names operator()(const RenameModel&) const { return {"*"}; }
    Names operator()(const CreateTable&) const { return {"*"}; }
    Names operator()(const DeleteTable&) const { return {"*"}; }
    Names operator()(const RunFunction& o) const {
      return o.model.empty() ? Names{} : Names{"*"};  // it may change any field of the rows
    }
  };
  return std::visit(Parts{}, operation);
}

// The fields that must be there for it, as they are.
std::vector<std::string> used_by(const Operation& operation) {
  std::vector<std::string> names;
  if (const auto* add = std::get_if<AddIndex>(&operation)) {
    for (const auto* fields : {&add->index.partition, &add->index.sort, &add->index.include})
      names.insert(names.end(), fields->begin(), fields->end());
  }
  if (const auto* add = std::get_if<AddUnique>(&operation)) names = add->unique.fields;
  if (const auto* ttl = std::get_if<SetTtl>(&operation)) names = {ttl->field};
  return names;
}

// What a branch does to a model.
struct Touched {
  std::set<std::string> changes{}, uses{};

  bool meets(const Touched& other, const std::string& part) const {
    const bool changed = changes.count(part) > 0, used = uses.count(part) > 0;
    return (changed && (other.changes.count(part) || other.uses.count(part))) ||
           (used && other.changes.count(part));
  }
};

std::map<std::string, Touched> touched_by(const std::vector<const Migration*>& branch) {
  std::map<std::string, Touched> models;
  for (const Migration* migration : branch) {
    for (const Operation& operation : migration->operations) {
      Touched& model = models[model_of(operation)];
      for (const std::string& part : parts_of(operation)) model.changes.insert(part);
      for (const std::string& part : used_by(operation)) model.uses.insert(part);
      if (const auto* rename = std::get_if<RenameModel>(&operation))
        models[rename->new_name].changes.insert("*");
    }
  }
  return models;
}

}  // namespace

std::string suggested_name(const std::vector<Operation>& operations, bool first) {
  if (first) return "initial";
  std::string name;
  for (const Operation& operation : operations) {
    const std::string fragment =
        file_name_part(std::visit(Fragment{}, operation)).substr(0, kLongestName);
    if (!name.empty() && name.size() + fragment.size() + 1 > kLongestName)
      return name + "_and_more";
    name += (name.empty() ? "" : "_") + fragment;
  }
  return name.empty() ? "empty" : name;
}

std::vector<Migration> make_migrations(const MigrationGraph& graph, const Changes& changes,
                                       const std::string& name) {
  std::vector<Migration> made;
  for (const auto& [app, operations] : changes.operations) {
    const bool first = graph.of_app(app).empty();
    const std::string own = name.empty() ? suggested_name(operations, first) : name;
    made.push_back({.id = {app, numbered(graph, app, own)},
                    .description = description_of(operations),
                    .dependencies = head_ids(graph, app),
                    .operations = operations});
  }
  Linker(graph, made).link();
  return dependencies_first(std::move(made));
}

Migration empty_migration(const MigrationGraph& graph, const std::string& app,
                          const std::string& name) {
  return {
      .id = {app, numbered(graph, app, name.empty() ? "empty" : name)},
      .description =
          "To be filled in, for example with {\"operation\": \"run_function\", \"function\": \"" +
          app + ".fill_slugs\", \"model\": \"Post\"}",
      .dependencies = head_ids(graph, app)};
}

std::vector<std::string> merge_conflicts(const MigrationGraph& graph, const std::string& app) {
  std::vector<std::string> conflicts;
  const auto heads = head_ids(graph, app);
  for (std::size_t a = 0; a < heads.size(); ++a) {
    for (std::size_t b = a + 1; b < heads.size(); ++b) {
      // Of three heads two may share what the third lacks: no conflict of those two.
      const auto left = touched_by(branch_of(graph, app, heads[a], {heads[b]}));
      const auto right = touched_by(branch_of(graph, app, heads[b], {heads[a]}));
      for (const auto& [model, own] : left) {
        const auto theirs = right.find(model);
        if (theirs == right.end()) continue;
        const std::string both = heads[a].name + " and " + heads[b].name + " both change " + model;
        if (own.changes.count("*") || theirs->second.changes.count("*")) {
          conflicts.push_back(both);
          continue;
        }
        std::set<std::string> parts = own.changes;
        parts.insert(own.uses.begin(), own.uses.end());
        for (const std::string& part : parts) {
          if (own.meets(theirs->second, part)) conflicts.push_back(both + "." + part);
        }
      }
    }
  }
  return conflicts;
}

std::string describe_heads(const MigrationGraph& graph, const std::string& app) {
  std::string text;
  const auto heads = head_ids(graph, app);
  for (const MigrationId& head : heads) {
    text += "  Branch " + head.name + "\n";
    for (const Migration* migration : branch_of(graph, app, head, heads)) {
      for (const Operation& operation : migration->operations)
        text += "    - " + describe(operation) + "\n";
    }
  }
  return text;
}

Migration merge_migration(const MigrationGraph& graph, const std::string& app,
                          const std::string& name) {
  const auto heads = head_ids(graph, app);
  std::string names;
  for (const MigrationId& head : heads) names += "_" + head.name;
  const std::string suggested = names.size() > kLongestName ? "merge" : "merge" + names;
  std::string list;
  for (const MigrationId& head : heads) list += (list.empty() ? "" : ", ") + head.name;
  return {.id = {app, numbered(graph, app, name.empty() ? suggested : name)},
          .description = "Join " + list,
          .dependencies = heads};
}

}  // namespace dynamo_backend::migrations

#include "dynamo_backend/link_copies.h"

#include <algorithm>
#include <map>

#include "dynamo_backend/cascade_plan.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"

namespace dynamo_backend {
namespace {

using Actions = std::vector<dynamodb::TransactWriteAction>;
using Keys = std::set<std::string>;

std::string text_of(const FieldInfo& field, dynamodb::ItemView item) {
  const auto value = stored_value(field, item);
  return value ? std::string(value->text()) : std::string();
}

Value set_of(const Keys& keys) { return dynamodb::StringSet::make({keys.begin(), keys.end()}); }

// The links of one row by its join table, `besides` those with these keys: target by the link's own
// key.
std::multimap<std::string, std::string> links_of(const ModelInfo& join, const FieldInfo& own,
                                                 const FieldInfo& target,
                                                 const std::string& owner) {
  Query query{.model = &join, .where = make_leaf(Op::eq, {own.member}, Value(owner))};
  query.scan_reason = "links";
  std::multimap<std::string, std::string> links;
  RowStream stream(query);
  while (const auto packed = stream.next()) {
    const dynamodb::ItemView row(*packed);
    links.emplace(text_of(target, row), row_identity(join, row));
  }
  return links;
}

// What the links change of one row's sets.
struct OwnerChange {
  const ModelInfo* model = nullptr;
  dynamodb::Item key{};
  struct Set {
    const Registry::LinkCopy* copy = nullptr;
    Keys added{}, removed{};
  };
  std::map<const FieldInfo*, Set> sets{};
};

class Copier {
 public:
  Copier(const Connection& connection, const std::vector<LinkWrite>& links, Actions& actions)
      : connection_(connection), actions_(actions) {
    for (const LinkWrite& link : links) {
      for (const auto& copy : Registry::instance().link_copies_of(*link.join)) note(copy, link);
    }
  }

  void add() {
    for (auto& [identity, change] : changes_) write(change);
  }

 private:
  void note(const Registry::LinkCopy& copy, const LinkWrite& link) {
    const auto end = [&](const std::optional<dynamodb::PackedItem>& row) {
      return row ? std::pair(text_of(*copy.keys.owner, row->view()),
                             text_of(*copy.keys.target, row->view()))
                 : std::pair<std::string, std::string>();
    };
    const auto before = end(link.before), after = end(link.after);
    if (before == after) return;
    if (link.before) leaving_.insert(row_identity(*link.join, link.before->view()));
    if (!before.first.empty() && !before.second.empty())
      set_of_owner(copy, before.first).removed.insert(before.second);
    if (!after.first.empty() && !after.second.empty())
      set_of_owner(copy, after.first).added.insert(after.second);
  }

  OwnerChange::Set& set_of_owner(const Registry::LinkCopy& copy, const std::string& owner) {
    dynamodb::Item key{{std::string(copy.model->partition->attribute), owner}};
    OwnerChange& change = changes_[row_identity(*copy.model, key)];
    change.model = copy.model;
    change.key = std::move(key);
    OwnerChange::Set& set = change.sets[copy.set];
    set.copy = &copy;
    return set;
  }

  // A key stays while another link has it: join models of the user's may link two rows twice.
  void keep_linked(const std::string& owner, OwnerChange::Set& set) const {
    for (const std::string& key : set.added) set.removed.erase(key);
    const ModelInfo& join = *set.copy->join;
    if (set.removed.empty() || !join.row.make) return;
    for (const auto& [target, link] :
         links_of(join, *set.copy->keys.owner, *set.copy->keys.target, owner)) {
      if (leaving_.count(link) == 0) set.removed.erase(target);
    }
  }

  void write(OwnerChange& change) {
    const ModelInfo& model = *change.model;
    const std::string table = connection_.table(model.table);
    const auto own = std::find_if(actions_.begin(), actions_.end(), [&](const auto& action) {
      return std::visit([&](const auto& a) { return a.table == table && is_of(a, change.key); },
                        action);
    });
    if (own != actions_.end() && std::holds_alternative<dynamodb::DeleteItemRequest>(*own)) return;
    for (auto& [field, set] : change.sets) keep_linked(owner_text(change), set);
    std::erase_if(change.sets, [](const auto& entry) {
      return entry.second.added.empty() && entry.second.removed.empty();
    });
    if (change.sets.empty()) return;
    if (own != actions_.end() && std::holds_alternative<dynamodb::PutItemRequest>(*own))
      return put(change, std::get<dynamodb::PutItemRequest>(*own).item);
    const auto stored = fetch(model, change.key);
    if (!stored) return refuse_new_links(change);
    dynamodb::UpdateItemRequest request{
        .table = table, .key = change.key, .condition = row_exists(model)};
    if (own != actions_.end() && std::holds_alternative<dynamodb::UpdateItemRequest>(*own)) {
      request = std::get<dynamodb::UpdateItemRequest>(*own);
    } else {
      if (own != actions_.end())
        request.condition = std::get<dynamodb::ConditionCheck>(*own).condition;
      raise_search_version(model, connection_.now(), request.update);
    }
    for (const auto& [field, set] : change.sets) update(*field, set, stored->view(), request);
    if (own == actions_.end()) {
      actions_.emplace_back(std::move(request));
    } else {
      *own = std::move(request);
    }
  }

  // DynamoDB: an update adds to a set or deletes from it, not both.
  static void update(const FieldInfo& field, const OwnerChange::Set& set, dynamodb::ItemView stored,
                     dynamodb::UpdateItemRequest& request) {
    const dynamodb::Path path(field.attribute);
    if (set.removed.empty()) {
      request.update.add.push_back({path, set_of(set.added)});
    } else if (set.added.empty()) {
      request.update.del.push_back({path, set_of(set.removed)});
    } else {
      request.condition = request.condition && unchanged(field, stored);
      const auto now = stored.find(field.attribute);
      request.update.set.push_back(
          {path, {set_of(changed(now ? dynamodb::unpack(*now) : Value(), set))}});
    }
  }

  static Keys changed(const Value& before, const OwnerChange::Set& set) {
    Keys keys = set.added;
    if (before.is<dynamodb::StringSet>()) {
      for (const std::string& key : before.as<dynamodb::StringSet>().members) {
        if (set.removed.count(key) == 0) keys.insert(key);
      }
    }
    return keys;
  }

  // Into a row that the same transaction makes.
  static void put(const OwnerChange& change, dynamodb::Item& item) {
    for (const auto& [field, set] : change.sets) {
      const auto at = item.find(std::string(field->attribute));
      const Keys keys = changed(at == item.end() ? Value() : at->second, set);
      if (!keys.empty()) item.insert_or_assign(std::string(field->attribute), set_of(keys));
    }
  }

  static void refuse_new_links(const OwnerChange& change) {
    for (const auto& [field, set] : change.sets) {
      if (set.added.empty()) continue;
      const std::string name(set.copy->keys.owner->attribute);
      throw IntegrityError(name, set.copy->join->name + ": " + name + ": there is no " +
                                     change.model->name + " " +
                                     key_text(*change.model, change.key) + " to link.");
    }
  }

  template <class Action>
  static bool is_of(const Action& action, const dynamodb::Item& key) {
    if constexpr (requires { action.key; }) {
      return action.key == key;
    } else {
      return std::all_of(key.begin(), key.end(), [&](const auto& part) {
        const auto at = action.item.find(part.first);
        return at != action.item.end() && at->second == part.second;
      });
    }
  }
  static std::string owner_text(const OwnerChange& change) {
    return change.key.begin()->second.as<std::string>();
  }

  const Connection& connection_;
  Actions& actions_;
  std::map<std::string, OwnerChange> changes_{};  // by identity of the owner
  Keys leaving_{};                                // links that are no longer what they were
};

}  // namespace

bool has_link_copies(const ModelInfo& join) {
  return !Registry::instance().link_copies_of(join).empty();
}

void add_link_copies(const Connection& connection, const std::vector<LinkWrite>& links,
                     std::vector<dynamodb::TransactWriteAction>& actions) {
  if (links.empty()) return;
  const RequestScope::Quiet quiet;
  const RequestScope::Fresh fresh;
  Copier(connection, links, actions).add();
}

std::set<std::string> linked_keys(const ModelInfo& model, const FieldInfo& many,
                                  const std::string& owner) {
  const JoinKeys keys = join_keys(model, many);
  Keys out;
  for (const auto& [target, link] :
       links_of(*model.join_of(many), *keys.owner, *keys.target, owner))
    out.insert(target);
  return out;
}

}  // namespace dynamo_backend

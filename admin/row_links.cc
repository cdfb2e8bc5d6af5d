#include "admin/row_links.h"

#include <set>

#include "admin/values.h"
#include "dynamo_backend/rows.h"

namespace admin {
namespace {

using base::Uuid;
using dynamo_backend::ManyBase;
using dynamo_backend::Transaction;
using dynamo_backend::Value;

struct RunTimeMany : ManyBase {
  using ManyBase::linked_rows;
  using ManyBase::set_keys;
};

}  // namespace

Value texts_of(const std::vector<Uuid>& keys) {
  std::vector<std::string> texts;
  for (const Uuid& key : keys) texts.push_back(key.str());
  return texts.empty() ? Value() : Value(dynamodb::StringSet::make(std::move(texts)));
}

std::vector<Uuid> uuids_of(const Value& texts) {
  std::vector<Uuid> keys;
  if (const auto* set = texts.get_if<dynamodb::StringSet>())
    for (const std::string& text : set->members)
      if (const auto key = Uuid::parse(text)) keys.push_back(*key);
  return keys;
}

Uuid owner_of(const ModelInfo& model, const void* row) {
  return *Uuid::parse(model.partition->get(row).as<std::string>());
}

std::vector<Uuid> present(const ModelInfo& model, const std::vector<Uuid>& keys) {
  std::set<std::string> asked;
  for (const Uuid& key : keys) asked.insert(key.str());
  std::vector<Uuid> found;
  for (const auto& [key, text] : row_texts(model, asked))
    if (!text.empty()) found.push_back(*Uuid::parse(key));
  return found;
}

std::vector<Uuid> linked_keys(const ModelInfo& model, const FieldInfo& many, const Uuid& owner) {
  std::vector<Uuid> keys;
  const ModelInfo& join = *model.join_of(many);
  const auto ends = join_keys(model, many);
  dynamo_backend::Query query{
      .model = &join,
      .where = make_leaf(dynamo_backend::Op::eq, {ends.owner->member}, Value(owner.str()))};
  for (const std::string& packed : fetch_rows(query)) {
    const auto value = dynamodb::ItemView(packed).find(ends.target->attribute);
    if (const auto key = value ? Uuid::parse(value->text()) : std::nullopt) keys.push_back(*key);
  }
  return keys;
}

void set_linked_keys(const ModelInfo& model, const FieldInfo& many, const Uuid& owner,
                     const std::vector<Uuid>& keys) {
  RunTimeMany links;
  links.bind({owner, &model, &many});
  links.set_keys(keys);
}

std::optional<FieldChange> revert_links(Transaction& t, const ModelInfo& model,
                                        const FieldInfo& field, const void* row,
                                        const FieldChange& change) {
  const auto set_of = [](const std::vector<Uuid>& keys) {
    return std::set<Uuid>(keys.begin(), keys.end());
  };
  const Uuid owner = owner_of(model, row);
  const auto before = set_of(uuids_of(change.before)), after = set_of(uuids_of(change.after)),
             now = set_of(linked_keys(model, field, owner));
  std::vector<Uuid> add, remove, result;
  for (const Uuid& key : before)
    if (after.count(key) + now.count(key) == 0) add.push_back(key);
  for (const Uuid& key : now) {
    const bool was_added = after.count(key) > 0 && before.count(key) == 0;
    (was_added ? remove : result).push_back(key);
  }
  if (add.empty() && remove.empty()) return std::nullopt;
  const ManyBase::Binding many{owner, &model, &field};
  t.link(many, add);
  t.unlink(many, remove);
  result.insert(result.end(), add.begin(), add.end());
  return FieldChange{.field = change.field,
                     .before = texts_of({now.begin(), now.end()}),
                     .after = texts_of(result)};
}

}  // namespace admin

// Many-to-many: links are rows of a join model.
#include <algorithm>
#include <set>
#include <stdexcept>

#include <sodium.h>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/relations.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {
namespace {

// The key of the link between two rows: always the same, so that adding it twice, even at once,
// makes one.
Uuid link_key(const ModelInfo& join, const Uuid& owner, const Uuid& target) {
  const std::string text = join.table + "#" + owner.str() + "#" + target.str();
  std::uint64_t bits[2];
  crypto_generichash(reinterpret_cast<unsigned char*>(bits), sizeof bits,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return Uuid::from_bits(bits[0], bits[1]);
}

Query links_of(const ModelInfo& join, const JoinKeys& keys, const Uuid& owner, NodePtr also = {}) {
  Query query{.model = &join,
              .where = make_and(make_leaf(Op::eq, {keys.owner->member}, Value(owner.str())), also)};
  return query;
}

std::vector<Value> texts(const std::vector<Uuid>& keys) {
  std::vector<Value> out;
  for (const Uuid& k : keys) out.emplace_back(k.str());
  return out;
}

std::set<Uuid> linked_keys(const ModelInfo& join, const JoinKeys& keys, const Uuid& owner) {
  std::set<Uuid> out;
  RowStream rows(links_of(join, keys, owner));
  while (const auto packed = rows.next()) {
    const auto value = stored_value(*keys.target, dynamodb::ItemView(*packed));
    if (const auto key = value ? Uuid::parse(value->text()) : std::nullopt) out.insert(*key);
  }
  return out;
}

// A row of a join model of the user's, with its defaults.
void insert_link_row(const ModelInfo& join, const JoinKeys& keys, const Uuid& owner,
                     const Uuid& target) {
  const std::shared_ptr<void> row = join.row.make();
  keys.owner->set(row.get(), owner.str());
  keys.target->set(row.get(), target.str());
  if (join.generated_key) join.partition->set(row.get(), link_key(join, owner, target).str());
  try {
    save_row(join, row.get());
  } catch (const IntegrityError& e) {
    // Its key: the link is there, another added it at this moment.
    if (e.field() != join.partition->attribute) throw;
  }
}

}  // namespace

const ManyBase::Binding& ManyBase::bound() const {
  if (binding_.model && !binding_.owner.is_nil()) return binding_;
  throw std::logic_error(
      "Save the row before using its many-to-many: links are stored under its key.");
}

void ManyBase::add_keys(const std::vector<Uuid>& targets) const {
  const auto& [owner, model, field] = bound();
  const ModelInfo& join = *model->join_of(*field);
  const JoinKeys keys = join_keys(*model, *field);
  if (join.row.make) {
    // Links that were made by hand have keys of their own: they must be looked for.
    const std::set<Uuid> present = linked_keys(join, keys, owner);
    for (const Uuid& target : std::set<Uuid>(targets.begin(), targets.end())) {
      if (present.count(target) == 0) insert_link_row(join, keys, owner, target);
    }
    return;
  }
  std::vector<dynamodb::WriteRequest> puts;
  for (const Uuid& target : std::set<Uuid>(targets.begin(), targets.end())) {
    puts.emplace_back(dynamodb::PutRequest{{{"pk", link_key(join, owner, target).str()},
                                            {std::string(keys.owner->attribute), owner.str()},
                                            {std::string(keys.target->attribute), target.str()}}});
  }
  const Connection& connection = Connection::current();
  batch_write(connection, connection.table(join.table), std::move(puts));
}

void ManyBase::remove_keys(const std::vector<Uuid>& targets) const {
  const auto& [owner, model, field] = bound();
  const JoinKeys keys = join_keys(*model, *field);
  remove_rows(links_of(*model->join_of(*field), keys, owner,
                       make_leaf(Op::in, {keys.target->member}, texts(targets))));
}

void ManyBase::set_keys(const std::vector<Uuid>& targets) const {
  const auto& [owner, model, field] = bound();
  const JoinKeys keys = join_keys(*model, *field);
  const std::set<Uuid> wanted(targets.begin(), targets.end());
  std::vector<Uuid> surplus;
  for (const Uuid& key : linked_keys(*model->join_of(*field), keys, owner)) {
    if (wanted.count(key) == 0) surplus.push_back(key);
  }
  if (!surplus.empty()) remove_keys(surplus);
  add_keys(targets);
}

void ManyBase::clear_all() const {
  const auto& [owner, model, field] = bound();
  remove_rows(links_of(*model->join_of(*field), join_keys(*model, *field), owner));
}

NodePtr ManyBase::linked() const {
  const auto& [owner, model, field] = bound();
  const ModelInfo& join = *model->join_of(*field);
  const JoinKeys keys = join_keys(*model, *field);
  return make_in({field->target().partition->member},
                 std::make_shared<const Subquery>(
                     Subquery{&join, links_of(join, keys, owner).where, keys.target->member}));
}

}  // namespace dynamo_backend

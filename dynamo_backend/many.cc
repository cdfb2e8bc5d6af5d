// Many-to-many: links are rows of a join model.
#include <algorithm>
#include <set>
#include <stdexcept>

#include <sodium.h>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/link_copies.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/relations.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/row_writer.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/transaction_state.h"
#include "dynamo_backend/unique.h"
#include "dynamodb/limits.h"

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

// The links of one row, seen from its side.
struct Links {
  const ModelInfo& join;
  const ModelInfo& others;  // the model of the other side
  const FieldInfo* own;     // of the join model: the key of this side, and of the other one
  const FieldInfo* other;
  Uuid row;
  bool reverse;

  explicit Links(const ManyBase::Binding& b)
      : join(*b.model->join_of(*b.field)),
        others(b.reverse ? *b.model : b.field->target()),
        row(b.owner),
        reverse(b.reverse) {
    const JoinKeys keys = join_keys(*b.model, *b.field);
    own = b.reverse ? keys.target : keys.owner;
    other = b.reverse ? keys.owner : keys.target;
  }

  Uuid key(const Uuid& to) const {
    return reverse ? link_key(join, to, row) : link_key(join, row, to);
  }
  Query rows(const NodePtr& also = {}) const {
    return {.model = &join,
            .where = make_and(make_leaf(Op::eq, {own->member}, Value(row.str())), also)};
  }
  std::set<Uuid> linked() const {
    std::set<Uuid> out;
    RowStream stream(rows());
    while (const auto packed = stream.next()) {
      const auto value = stored_value(*other, dynamodb::ItemView(*packed));
      if (const auto to = value ? Uuid::parse(value->text()) : std::nullopt) out.insert(*to);
    }
    return out;
  }
};

dynamodb::Item link_item(const Links& links, const Uuid& to) {
  return {{"pk", links.key(to).str()},
          {std::string(links.own->attribute), links.row.str()},
          {std::string(links.other->attribute), to.str()}};
}

// Half of what a transaction takes: from the far side each link has an owner of its own.
constexpr std::size_t kLinksTogether = dynamodb::kMaxTransactionActions / 2;

void put_with_copies(const Links& links, const std::set<Uuid>& wanted) {
  const Connection& connection = Connection::current();
  for (auto next = wanted.begin(); next != wanted.end();) {
    std::vector<LinkWrite> writes;
    std::vector<dynamodb::TransactWriteAction> puts;
    for (; next != wanted.end() && puts.size() < kLinksTogether; ++next) {
      dynamodb::Item item = link_item(links, *next);
      writes.push_back({&links.join, {}, dynamodb::PackedItem(item)});
      puts.emplace_back(dynamodb::PutItemRequest{.table = connection.table(links.join.table),
                                                 .item = std::move(item)});
    }
    for (int attempt = 1;; ++attempt) {
      auto actions = puts;
      add_link_copies(connection, writes, actions);
      const auto result = transact(connection, std::move(actions));
      if (result) break;
      const auto& reasons = result.error().reasons;
      const bool owner_changed = std::any_of(reasons.begin(), reasons.end(), [](const auto& r) {
        return r.code == "ConditionalCheckFailed";
      });
      if (!owner_changed || attempt == kMaxAttempts)
        throw DatabaseError(result.error(), "TransactWriteItems");
    }
  }
}

std::vector<Value> texts(const std::vector<Uuid>& keys) {
  std::vector<Value> out;
  for (const Uuid& k : keys) out.emplace_back(k.str());
  return out;
}

std::set<Uuid> saved(const std::vector<Uuid>& targets) {
  std::set<Uuid> keys(targets.begin(), targets.end());
  if (keys.count(Uuid()) != 0)
    throw std::logic_error("Save a row before linking to it: links hold its key.");
  return keys;
}

// Makes a row of a join model of the user's the link to `to`.
void fill_link_row(const Links& links, const Uuid& to, void* row) {
  const ModelInfo& join = links.join;
  join.row.state(row).forget();
  links.own->set(row, links.row.str());
  links.other->set(row, to.str());
  if (join.generated_key) join.partition->set(row, links.key(to).str());
}
void insert_link_row(const Links& links, const Uuid& to, void* row) {
  const ModelInfo& join = links.join;
  fill_link_row(links, to, row);
  try {
    save_row(join, row);
  } catch (const IntegrityError& e) {
    // Its key: the link is there, another added it at this moment. (Or what it links is gone.)
    if (e.field() != join.partition->attribute || !fetch(join, key_of(join, row))) throw;
  }
}

}  // namespace

const ManyBase::Binding& ManyBase::bound() const {
  if (binding_.model && !binding_.owner.is_nil()) return binding_;
  throw std::logic_error(
      "Save the row before using its many-to-many: links are stored under its key.");
}

void ManyBase::add_keys(const std::vector<Uuid>& targets) const {
  const RequestScope::Quiet quiet;
  const Links links(bound());
  const std::set<Uuid> wanted = saved(targets);
  forget();
  if (links.join.row.make) {
    // Links that were made by hand have keys of their own: they must be looked for.
    const std::set<Uuid> present = links.linked();
    for (const Uuid& to : wanted) {
      if (present.count(to) == 0) insert_link_row(links, to, links.join.row.make().get());
    }
    return;
  }
  if (has_link_copies(links.join)) return put_with_copies(links, wanted);
  const Connection& connection = Connection::current();
  std::vector<dynamodb::WriteRequest> puts;
  for (const Uuid& to : wanted) puts.emplace_back(dynamodb::PutRequest{link_item(links, to)});
  batch_write(connection, connection.table(links.join.table), std::move(puts));
}

void ManyBase::add_row(const Uuid& key, void* link) const {
  const RequestScope::Quiet quiet;
  const Links links(bound());
  (void)saved({key});
  forget();
  if (any_row(links.rows(make_leaf(Op::eq, {links.other->member}, Value(key.str()))))) return;
  insert_link_row(links, key, link);
}

void ManyBase::remove_keys(const std::vector<Uuid>& targets) const {
  const Links links(bound());
  forget();
  remove_rows(links.rows(make_leaf(Op::in, {links.other->member}, texts(targets))));
}

void ManyBase::set_keys(const std::vector<Uuid>& targets) const {
  const RequestScope::Quiet quiet;
  const std::set<Uuid> linked = Links(bound()).linked();
  std::set<Uuid> wanted(targets.begin(), targets.end());
  // A link to no row that is there already is kept or taken away like another.
  if (linked.count(Uuid()) == 0) (void)saved(targets);
  std::vector<Uuid> surplus;
  for (const Uuid& key : linked) {
    if (wanted.count(key) == 0) surplus.push_back(key);
  }
  if (!surplus.empty()) remove_keys(surplus);
  wanted.erase(Uuid());
  add_keys({wanted.begin(), wanted.end()});
}

void ManyBase::clear_all() const {
  forget();
  remove_rows(Links(bound()).rows());
}

Query ManyBase::linked_rows(const boost::source_location& at) const {
  const Links links(bound());
  Query query = all_rows(links.others)
                    .filtered(make_in({links.others.partition->member},
                                      make_subquery(links.rows(), *links.other)));
  query.fetched = fetched_;
  query.origin = {binding_.model, binding_.field, binding_.reverse, at};
  return query;
}

void Transaction::link(const ManyBase::Binding& many, const std::vector<Uuid>& targets) {
  const State::Call call(*state_);
  const RequestScope::Quiet quiet;
  const Links links(many);
  std::set<Uuid> wanted = saved(targets);
  for (const Uuid& present : links.linked()) wanted.erase(present);
  for (const Uuid& to : wanted) {
    if (links.join.row.make) {
      std::shared_ptr<void> row = links.join.row.make();
      fill_link_row(links, to, row.get());
      if (state_->makes(links.join, key_of(links.join, row.get()))) continue;
      create(links.join, row.get());
      state_->link_rows.push_back(std::move(row));
      continue;
    }
    dynamodb::Item item = link_item(links, to);
    RowSlot& slot =
        state_->slot_to_write(links.join, {{"pk", item.at("pk")}}, RowSlot::Kind::create);
    slot.after = dynamodb::PackedItem(item);
    slot.actions = insert_actions(state_->connection, links.join, item);
    // Where another makes the same link at this moment, it is made twice, which is once.
    std::get<dynamodb::PutItemRequest>(slot.actions.row).condition = {};
  }
}

void Transaction::unlink(const ManyBase::Binding& many, const std::vector<Uuid>& targets) {
  if (targets.empty()) return;
  const State::Call call(*state_);
  const RequestScope::Quiet quiet;
  const Links links(many);
  RowStream stream(links.rows(make_leaf(Op::in, {links.other->member}, texts(targets))));
  while (const auto packed = stream.next())
    state_->add_removal(links.join, dynamodb::PackedItem(std::string(*packed)), {}, nullptr);
}

Query related_rows(const ModelInfo& other, const FieldInfo& field, const Uuid& owner) {
  Query query;
  if (field.kind == Kind::many_to_many) {
    struct Reverse : ManyBase {
      using ManyBase::linked_rows;
    } many;
    many.bind({owner, &other, &field, true});
    query = many.linked_rows({});
  } else {
    query = all_rows(other).filtered(make_leaf(Op::eq, {field.member}, Value(owner.str())));
  }
  query.origin = {&other, &field, true, {}};
  return query;
}

}  // namespace dynamo_backend

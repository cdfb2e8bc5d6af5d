// prefetch(): related rows, read for many rows at once.
//
// Calls for n rows (up to 100 are taken at a time), at each level:
//   foreign key:               ceil(distinct keys / 100) BatchGetItem
//   one-to-one, backwards:     as many for the claims of its unique value, and for the rows
//   foreign key, backwards;    ONE Scan page where the table is so small that this is cheaper than
//   the links of a             n Queries, calls considered (kUnitsPerCall); else n Queries of the
//   many-to-many:              index, up to 16 at once: DynamoDB reads many keys in one call only
//                              where they are whole primary keys
//   the rows behind links:     ceil(distinct keys / 100) BatchGetItem
#include <algorithm>
#include <map>
#include <set>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/prefetch_children.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/row_order.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend {
namespace {

using Key = std::string;  // the text of a UUID
using RowPtr = std::shared_ptr<void>;

RowPtr make_row(const ModelInfo& model, std::string_view packed) {
  RowPtr row = model.row.make();
  load_row(model, row.get(), packed);
  return row;
}

std::optional<Key> text_of(const FieldInfo& field, dynamodb::ItemView item) {
  const auto value = stored_value(field, item);
  if (!value || value->type() != dynamodb::Type::S) return std::nullopt;
  return Key(value->text());
}

std::optional<Key> key_of_row(const FieldInfo& field, const void* row) {
  const Value value = field.get(row);
  const auto* text = value.get_if<std::string>();
  return text ? std::optional(*text) : std::nullopt;
}

// Rows by claim_owner(), which of a key of one text is that text; those that are not there are left
// out.
std::map<Key, RowPtr> rows_by_key(const ModelInfo& model, std::vector<dynamodb::Item> keys) {
  std::map<Key, RowPtr> found;
  if (keys.empty()) return found;
  const Connection& connection = Connection::current();
  for (const auto& page :
       batch_get(connection, connection.table(model.table), std::move(keys)).pages) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      if (!has_expired(model, page[i], connection.now()))
        found[claim_owner(model, key_of(model, page[i]))] = make_row(model, page.packed(i));
    }
  }
  return found;
}

std::map<Key, RowPtr> rows_by_key(const ModelInfo& model, const std::set<Key>& wanted) {
  std::vector<dynamodb::Item> keys;
  for (const Key& key : wanted) keys.push_back({{std::string(model.partition->attribute), key}});
  return rows_by_key(model, std::move(keys));
}

// What one step gives, for each row.
class Step {
 public:
  Step(const ModelInfo& model, const Relation& relation, std::span<void* const> rows)
      : model_(model), relation_(relation), field_(*relation.field), rows_(rows) {}

  void run() {
    if (!relation_.reverse && field_.kind != Kind::many_to_many) return follow_key();
    std::set<Key> parents;
    for (void* row : rows_) {
      if (const auto key = key_of_row(*model_.partition, row)) parents.insert(*key);
    }
    std::map<Key, std::vector<RowPtr>> children;
    if (field_.kind == Kind::many_to_many)
      children = linked(parents);
    else if (field_.unique && parents.size() > 1)
      children = one_to_one(parents);
    else
      children = pointing(parents);
    hand_out(children);
  }

 private:
  const ModelInfo& target() const { return relation_.rows(); }

  void then(std::vector<void*> rows) const {
    note_references(target(), rows);  // their foreign keys are read together, too
    prefetch_related(target(), relation_.then, rows);
  }
  // Each row once, wherever it is handed out.
  template <class Found>
  void follow_further(const Found& found) const {
    if (relation_.then.empty() && !RequestScope::current()) return;
    std::vector<void*> rows;
    for (const auto& [key, row] : found) rows.push_back(row.get());
    then(std::move(rows));
  }

  void follow_key() {
    std::set<Key> wanted;
    for (void* row : rows_) {
      if (const auto key = key_of_row(field_, row)) wanted.insert(*key);
    }
    const auto found = rows_by_key(target(), wanted);
    follow_further(found);
    for (void* row : rows_) {
      const auto key = key_of_row(field_, row);
      if (!key) continue;
      if (const auto at = found.find(*key); at != found.end()) field_.cache(row, at->second);
    }
  }

  std::map<Key, std::vector<RowPtr>> linked(const std::set<Key>& parents) {
    const ModelInfo& owner = *relation_.owner;
    const JoinKeys keys = join_keys(owner, field_);
    const FieldInfo& own = relation_.reverse ? *keys.target : *keys.owner;
    const FieldInfo& other = relation_.reverse ? *keys.owner : *keys.target;
    std::set<Key> wanted;
    std::map<Key, std::set<Key>> links;  // a link that is there twice counts once
    read_children(*owner.join_of(field_), own, parents,
                  [&](const Key& parent, dynamodb::ItemView link) {
                    if (const auto key = text_of(other, link)) {
                      wanted.insert(*key);
                      links[parent].insert(*key);
                    }
                  });
    const auto found = rows_by_key(target(), wanted);
    follow_further(found);
    std::map<Key, std::vector<RowPtr>> children;
    for (const auto& [parent, others] : links) {
      for (const Key& key : others) {
        if (const auto at = found.find(key); at != found.end())
          children[parent].push_back(at->second);
      }
    }
    return children;
  }

  // Who has the one-to-one's value stands in the claims of unique values.
  std::map<Key, std::vector<RowPtr>> one_to_one(const std::set<Key>& parents) {
    const ModelInfo& other = *relation_.owner;
    const Connection& connection = Connection::current();
    std::vector<dynamodb::Item> claims;
    const auto unique = std::find_if(
        other.unique.begin(), other.unique.end(),
        [&](const UniqueInfo& u) { return u.fields == std::vector<const FieldInfo*>{&field_}; });
    for (const Key& parent : parents) {
      const dynamodb::PackedItem item(dynamodb::Item{{std::string(field_.attribute), parent}});
      if (const auto key = claim_key(other, *unique, item.view())) claims.push_back({{"pk", *key}});
    }
    std::set<Key> wanted;
    try {
      for (const auto& page :
           batch_get(connection, connection.table(kClaimsTable), std::move(claims)).pages) {
        for (std::size_t i = 0; i < page.size(); ++i) {
          if (const auto owner = page[i].find("owner")) wanted.insert(Key(owner->text()));
        }
      }
    } catch (const DatabaseError& e) {
      if (e.error().code != dynamodb::ErrorCode::resource_not_found) throw;
      return pointing(parents);  // a database whose values were never claimed
    }
    std::vector<dynamodb::Item> keys;
    for (const Key& owner : wanted) {
      if (auto key = key_of_owner(other, owner)) keys.push_back(*std::move(key));
    }
    const auto found = rows_by_key(other, std::move(keys));
    follow_further(found);
    std::map<Key, std::vector<RowPtr>> children;
    for (const auto& [key, row] : found) {
      if (const auto parent = key_of_row(field_, row.get())) children[*parent].push_back(row);
    }
    return children;
  }

  std::map<Key, std::vector<RowPtr>> pointing(const std::set<Key>& parents) {
    std::map<Key, std::vector<RowPtr>> children;
    std::vector<void*> all;
    const ModelInfo& other = *relation_.owner;
    read_children(other, field_, parents, [&](const Key& parent, dynamodb::ItemView item) {
      children[parent].push_back(make_row(other, repacked(item)));
      all.push_back(children[parent].back().get());
    });
    then(std::move(all));
    return children;
  }

  void hand_out(const std::map<Key, std::vector<RowPtr>>& children) const {
    for (void* row : rows_) {
      const auto key = key_of_row(*model_.partition, row);
      if (!key) continue;
      FetchedRows own;
      if (const auto at = children.find(*key); at != children.end())
        own.assign(at->second.begin(), at->second.end());
      auto fetched = std::make_shared<const FetchedRows>(std::move(own));
      if (relation_.reverse)
        model_.row.state(row).set_fetched(&field_, std::move(fetched));
      else
        static_cast<ManyBase*>(field_.at(row))->set_fetched(std::move(fetched));
    }
  }

  const ModelInfo& model_;
  const Relation& relation_;
  const FieldInfo& field_;
  std::span<void* const> rows_;
};

std::string relation_choices(const ModelInfo& model) {
  std::string text;
  const auto add = [&](std::string_view name) {
    if (!name.empty()) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  for (const FieldInfo& f : model.fields) {
    if (f.target) add(f.attribute);
  }
  for (const ModelInfo* other : Registry::instance().models()) {
    for (const FieldInfo& f : other->fields) {
      if (f.target && &f.target() == &model) add(reverse_name(*other, f));
    }
  }
  return text.empty() ? "none" : text;
}

std::optional<Relation> relation_named(const ModelInfo& model, std::string_view name) {
  const FieldInfo* field = model.find(name);
  if (field && field->target) return Relation{&model, field, false};
  if (field) return std::nullopt;
  const auto reverse = Registry::instance().find_reverse(model, name);
  return reverse ? std::optional(Relation{reverse->model, reverse->field, true}) : std::nullopt;
}

}  // namespace

Relation parse_relation(const ModelInfo& model, std::string_view path) {
  // The longest name first: names may hold "__" themselves.
  for (std::size_t end = path.size(); end != 0 && end != std::string_view::npos;
       end = path.rfind("__", end - 1)) {
    auto relation = relation_named(model, path.substr(0, end));
    if (!relation) continue;
    if (end < path.size())
      relation->then.push_back(parse_relation(relation->rows(), path.substr(end + 2)));
    return *std::move(relation);
  }
  throw FieldError("prefetch(\"" + std::string(path) + "\") on " + model.name +
                   ": there is no such relation. Choices are: " + relation_choices(model) + ".");
}

void add_relation(std::vector<Relation>& list, Relation relation) {
  const auto same = std::find_if(list.begin(), list.end(), [&](const Relation& r) {
    return r.field == relation.field && r.reverse == relation.reverse;
  });
  if (same == list.end()) {
    list.push_back(std::move(relation));
    return;
  }
  for (Relation& next : relation.then) add_relation(same->then, std::move(next));
}

void read_keys_of_related(Query& query) {
  auto& fields = query.fields;
  if (fields.empty()) return;
  for (const Relation& relation : query.related) {
    if (!relation.reverse && relation.field->stored() &&
        std::find(fields.begin(), fields.end(), relation.field) == fields.end())
      fields.push_back(relation.field);
  }
}

void prefetch_related(const ModelInfo& model, const std::vector<Relation>& related,
                      std::span<void* const> rows) {
  if (rows.empty()) return;
  for (const Relation& relation : related) Step(model, relation, rows).run();
}

std::optional<FetchedRows> served_rows(const Query& query) {
  if (!query.fetched || query.consistent || query.include_expired || !query.related.empty() ||
      !query.index.empty())
    return std::nullopt;
  const auto fetched = query.fetched->find(query.origin.field);
  if (!fetched) return std::nullopt;  // a change has made them stale
  const ModelInfo& model = *query.model;
  std::vector<OrderTerm> terms = query.order;
  const bool descending = !terms.empty() && terms.back().descending;
  for (const FieldInfo* key : {model.partition, model.sort}) {
    if (key) terms.push_back({key, descending});
  }
  const RowOrder order(std::move(terms));
  std::vector<std::pair<SortRow, std::shared_ptr<const void>>> rows;
  const auto now = Connection::current().now();
  for (const auto& row : *fetched) {
    const RowState& state = model.row.state(const_cast<void*>(row.get()));
    if (!has_expired(model, state.stored(), now)) rows.emplace_back(order.row(state.packed()), row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const auto& a, const auto& b) { return order.less(a.first, b.first); });
  FetchedRows out;
  const std::size_t end =
      query.limit ? std::min(rows.size(), query.offset + *query.limit) : rows.size();
  for (std::size_t i = query.offset; i < end; ++i) out.push_back(std::move(rows[i].second));
  return out;
}

std::size_t rows_at_once(const Query& query) {
  return query.related.empty() && !RequestScope::current() ? 1 : 100;
}

void after_read(const Query& query, std::span<void* const> rows) {
  note_references(*query.model, rows);
  prefetch_related(*query.model, query.related, rows);
}

}  // namespace dynamo_backend

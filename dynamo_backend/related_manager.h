// RelatedManager: the rows that point to one row, as alice.related<&Post::author_pk>() gives them:
// a queryset that also makes, adds and takes rows away; and has<…>(), conditions backwards across a
// relation.
//
//   auto post = alice.related<&Post::author_pk>().create({.title = "Hello"});
//   tag.related<&Post::labels>().add(post);
//   Author::objects.filter(has<&Post::author_pk>(f<&Post::published> == true));
//
// Thread safety: a value.
#pragma once
#include "dynamo_backend/queryset.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

// Of a foreign key.
template <auto M>
class RelatedManager : public QuerySet<owner_of<M>> {
 public:
  using Row = owner_of<M>;
  using Owner = element_t<value_of<M>>;
  RelatedManager(Query query, Uuid owner) : QuerySet<Row>(std::move(query)), owner_(owner) {}

  // Makes a row that points to this one.
  Row create(Row row) const {
    row.*M = owner();
    row.row_state().forget();
    row.save();
    forget();
    return row;
  }
  // Points rows to this one and saves them; a row that is const is updated by its key alone.
  template <class... R>
    requires(std::same_as<std::remove_const_t<R>, Row> && ...)
  void add(R&... rows) const { (add_one(rows), ...); }
  // The condition finds among this row's; its equalities and `defaults` make the row where there is
  // none.
  std::pair<Row, bool> get_or_create(const Q<Row>& q, Row defaults = {}) const {
    forget();
    return Row::objects.get_or_create(q && f<M> == owner(), std::move(defaults));
  }
  // Rows that point to this one point to none after it. For keys that are optional.
  template <std::same_as<Row>... R>
  void remove(const R&... rows) const requires(sizeof...(R) > 0) {
    static_assert(nullable_v<value_of<M>>,
                  "remove(row): the foreign key is not optional; delete the row, or point it to another");
    forget();
    (mine().filter(f<&Row::pk> == rows.pk).update(f<M> = std::nullopt), ...);
  }
  std::size_t remove() const { return forget(), QuerySet<Row>::remove(); }  // deletes the rows, as of every queryset
  void clear() const {
    static_assert(nullable_v<value_of<M>>,
                  "clear(): the foreign key is not optional; remove() deletes the rows");
    forget();
    mine().update(f<M> = std::nullopt);
  }
  // These rows and no others.
  void set(const std::vector<Row>& rows) const {
    static_assert(nullable_v<value_of<M>>, "set(rows): the foreign key is not optional");
    forget();
    std::vector<Uuid> keys;
    for (const Row& row : rows) keys.push_back(saved(row).pk);
    mine().exclude(f<&Row::pk>.in(keys)).update(f<M> = std::nullopt);
    QuerySet<Row>().filter(f<&Row::pk>.in(keys)).exclude(f<M> == owner()).update(f<M> = owner());
  }

 private:
  QuerySet<Row> mine() const { return QuerySet<Row>().filter(f<M> == owner()); }
  Ref<Owner> owner() const {
    if (owner_.is_nil()) throw std::logic_error("Save a row before others are pointed to it by its key.");
    return Ref<Owner>(owner_);
  }
  static const Row& saved(const Row& row) {
    if (row.pk.is_nil()) throw std::logic_error("Save a row before it is pointed to another by its key.");
    return row;
  }
  template <class R>
  void add_one(R& row) const {
    forget();
    if constexpr (std::is_const_v<R>) {
      QuerySet<Row>().filter(f<&Row::pk> == saved(row).pk).update(f<M> = owner());
    } else {
      row.*M = owner();
      row.save();
    }
  }
  void forget() const {
    if (this->query().fetched) this->query().fetched->forget(this->query().origin.field);
  }
  Uuid owner_;
};

// Of a many-to-many, from its other side: tag.related<&Post::labels>().
template <auto M>
class RelatedManyManager : public QuerySet<owner_of<M>> {
  using Row = owner_of<M>;
  struct Links : Many<Row, typename many_traits<value_of<M>>::through> {
    explicit Links(const ManyBase::Binding& b) { this->bind(b); }
  };

 public:
  RelatedManyManager(Query query, const ManyBase::Binding& binding)
      : QuerySet<Row>(std::move(query)), links_(binding) {}

  template <std::same_as<Row>... R>
  void add(const R&... rows) const { forget(), links_.add(rows...); }
  void add(const Uuid& key) const { forget(), links_.add(key); }
  template <class Through = typename many_traits<value_of<M>>::through>
    requires(std::same_as<Through, typename many_traits<value_of<M>>::through> && !std::is_void_v<Through>)
  void add(const Row& row, Through values) const { forget(), links_.add(row, std::move(values)); }
  template <std::same_as<Row>... R>
  void remove(const R&... rows) const requires(sizeof...(R) > 0) { forget(), links_.remove(rows...); }
  void remove(const Uuid& key) const { forget(), links_.remove(key); }
  std::size_t remove() const { return forget(), QuerySet<Row>::remove(); }  // deletes the rows, as of every queryset
  void set(const std::vector<Row>& rows) const { forget(), links_.set(rows); }
  void set(const std::vector<Uuid>& keys) const { forget(), links_.set(keys); }
  void clear() const { forget(), links_.clear(); }
  Row create(Row row) const { return forget(), links_.create(std::move(row)); }

 private:
  void forget() const {
    if (this->query().fetched) this->query().fetched->forget(this->query().origin.field);
  }
  Links links_;
};

template <auto M>
auto related_manager(const Uuid& owner, const RowState& state, const boost::source_location& at) {
  const ModelInfo& model = model_info<owner_of<M>>();
  const FieldInfo& field = model.by_member(member_name<M>());
  Query query = related_rows(model, field, owner);
  query.fetched = state.fetched_relations();
  query.origin.at = at;
  if constexpr (is_many_v<value_of<M>>)
    return RelatedManyManager<M>(std::move(query), {owner, &model, &field, true});
  else
    return RelatedManager<M>(std::move(query), owner);
}

// Rows of the model that M points to for which a row of M's own model points to them and meets the
// condition (or any, without one). All of `q` is about ONE such row; has<M>(a) && has<M>(b) may be
// met by two. A row comes once, however many meet it; !has<M>(q): none does.
template <auto M>
Q<element_t<value_of<M>>> has(const Q<owner_of<M>>& q = {}) {
  const ModelInfo& other = model_info<owner_of<M>>();
  return Q<element_t<value_of<M>>>{make_reverse(other, other.by_member(member_name<M>()), q.node())};
}
// Forwards: posts with one label that meets all of `q`: has<&Post::labels>(f<&Tag::name> == "c++").
template <auto M>
  requires(!std::same_as<owner_of<M>, element_t<value_of<M>>>)
Q<owner_of<M>> has(const Q<element_t<value_of<M>>>& q) {
  const ModelInfo& model = model_info<owner_of<M>>();
  return Q<owner_of<M>>{make_forward(model, model.by_member(member_name<M>()), q.node())};
}

}  // namespace dynamo_backend

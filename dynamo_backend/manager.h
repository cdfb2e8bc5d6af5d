// Manager<T>: `Post::objects`, where queries on a model start and rows are made.
// Thread safety: any thread.
#pragma once
#include "dynamo_backend/queryset.h"
#include "dynamo_backend/retry.h"
#include "dynamo_backend/strict.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

namespace search { template <class T> class SearchQuerySet; }

template <class P> inline constexpr bool is_key_v = false;
template <auto M> inline constexpr bool is_key_v<PartitionKey<M>> = true;
template <auto M> inline constexpr bool is_key_v<SortKey<M>> = true;

// The key's types, in schema order: <Uuid> of a DynamoModel.
template <class P> auto key_part() {
  if constexpr (is_key_v<P>) return std::tuple<value_of<P::member>>{};
  else return std::tuple<>{};
}
template <class T, class... P> auto key_of_schema(const Schema<T, P...>*) {
  using Declared = decltype(std::tuple_cat(key_part<P>()...));
  return std::conditional_t<std::tuple_size_v<Declared> == 0, std::tuple<Uuid>, Declared>{};
}
template <class T> using key_t = decltype(key_of_schema(static_cast<decltype(&T::schema)>(nullptr)));

template <class T, class... K>
concept is_key_of = sizeof...(K) == std::tuple_size_v<key_t<T>> && std::constructible_from<key_t<T>, K...>;

template <class T>
dynamodb::Item key_item(const key_t<T>& key) {
  const ModelInfo& model = model_info<T>();
  dynamodb::Item item;
  std::apply([&](const auto& partition, const auto&... sort) {
    item.emplace(model.partition->attribute, Codec<std::remove_cvref_t<decltype(partition)>>::encode(partition));
    (item.emplace(model.sort->attribute, Codec<std::remove_cvref_t<decltype(sort)>>::encode(sort)), ...);
  }, key);
  return item;
}

template <class T>
struct Manager {
  QuerySet<T> all() const { return {}; }
  QuerySet<T> none() const { return all().none(); }
  QuerySet<T> filter(const Q<T>& q) const { return all().filter(q); }
  QuerySet<T> filter(std::initializer_list<Lookup> l) const { return all().filter(l); }
  QuerySet<T> filter(const std::vector<Lookup>& l) const { return all().filter(l); }
  template <class O> QuerySet<T> filter(const Q<O>& q) const { return all().filter(q); }
  QuerySet<T> exclude(const Q<T>& q) const { return all().exclude(q); }
  QuerySet<T> exclude(std::initializer_list<Lookup> l) const { return all().exclude(l); }
  QuerySet<T> exclude(const std::vector<Lookup>& l) const { return all().exclude(l); }
  template <class O> QuerySet<T> exclude(const Q<O>& q) const { return all().exclude(q); }
  template <class... Terms> QuerySet<T> order_by(const Terms&... terms) const { return all().order_by(terms...); }
  QuerySet<T> limit(std::size_t n) const { return all().limit(n); }
  template <auto... M> QuerySet<T> select_related() const { return all().template select_related<M...>(); }
  template <std::convertible_to<std::string_view>... Names>
    requires(sizeof...(Names) > 0)
  QuerySet<T> select_related(const Names&... names) const { return all().select_related(names...); }
  template <auto... M>
    requires(sizeof...(M) > 0)
  QuerySet<T> prefetch() const { return all().template prefetch<M...>(); }
  template <std::convertible_to<std::string_view>... Names>
    requires(sizeof...(Names) > 0)
  QuerySet<T> prefetch(const Names&... names) const { return all().prefetch(names...); }
  QuerySet<T> allow_scan(std::string_view reason) const { return all().allow_scan(reason); }
  QuerySet<T> using_index(std::string_view name) const { return all().using_index(name); }
  QuerySet<T> consistent() const { return all().consistent(); }
  QuerySet<T> include_expired() const { return all().include_expired(); }
  // Querysets that do not compile where they would scan (strict.h).
  StrictQuerySet<T, strict::Everything> strict() const { return {}; }
  template <auto... M> QuerySet<T> only() const { return all().template only<M...>(); }

  std::optional<T> first() const { return all().first(); }
  std::optional<T> last() const { return all().last(); }
  template <class... Terms> T latest(const Terms&... terms) const { return all().latest(terms...); }
  template <class... Terms> T earliest(const Terms&... terms) const { return all().earliest(terms...); }
  QuerySet<T> iterator() const { return all(); }
  QuerySet<T> reverse() const { return all().reverse(); }
  QuerySet<T> page_budget(double read_units) const { return all().page_budget(read_units); }
  std::string explain() const { return all().explain(); }
  std::string explain(Analyze) const { return all().explain(analyze); }
  std::size_t count() const { return all().count(); }
  std::uint64_t count_estimate() const { return all().count_estimate(); }
  bool exists() const { return all().exists(); }
  template <auto... M> requires(sizeof...(M) > 0) auto values() const { return all().template values<M...>(); }
  template <auto M> auto values_list() const { return all().template values_list<M>(); }
  template <auto... M> auto distinct() const { return all().template distinct<M...>(); }
  template <auto M> auto sum() const { return all().template sum<M>(); }
  template <auto M> auto avg() const { return all().template avg<M>(); }
  template <auto M> auto min() const { return all().template min<M>(); }
  template <auto M> auto max() const { return all().template max<M>(); }
  std::vector<Json> values(std::initializer_list<std::string_view> names = {}) const { return all().values(names); }
  std::vector<Json> values_list(std::initializer_list<std::string_view> names) const {
    return all().values_list(names);
  }
  template <std::convertible_to<std::string_view>... Names>
    requires(sizeof...(Names) > 0)
  std::vector<Json> values(const Names&... names) const { return all().values(names...); }
  std::map<Uuid, T> in_bulk(const std::vector<Uuid>& keys) const { return all().in_bulk(keys); }

  // Full-text search, of a model with .opensearch_sync: "words \"a phrase\" prefix*". The caller
  // includes "dynamo_backend/search/queryset.h".
  template <class M = T> search::SearchQuerySet<M> search(std::string_view text) const {
    return search::SearchQuerySet<M>(text);
  }

  // ---- past the models: the client itself, the table's whole name, and items as rows
  //   auto page = Post::objects.client().query({.table = Post::objects.table(), …});
  //   Post post = Post::objects.from_item(page->items[0]);
  dynamodb::Client& client() const { return raw_client(); }
  std::string table() const { return raw_table(model_info<T>()); }
  T from_item(dynamodb::ItemView item) const { return row_from<T>(repacked(item)); }
  T from_item(const dynamodb::PackedItem& item) const { return row_from<T>(item.bytes()); }

  // The row of a key: get(post_pk), or one argument per key attribute. By a strongly consistent
  // GetItem; in a RequestScope it may be what this has read before. Throws T::DoesNotExist. (clang
  // 14 reads constraints before the model is complete: hence the extra parameter M.)
  template <class... K, class M = T>
    requires is_key_of<M, K...>
  T get(K&&... key) const {
    const ModelInfo& model = model_info<T>();
    const dynamodb::Item item = key_item<M>(key_t<M>(std::forward<K>(key)...));
    const auto packed = look_up(model, item);
    if (!packed) model.raise_does_not_exist("key " + key_text(model, item));
    return row_from<T>(packed->bytes());
  }
  T get() const { return all().get(); }
  T get(const Q<T>& q) const { return all().get(q); }
  T get(std::initializer_list<Lookup> l) const { return all().get(l); }
  template <class... K, class M = T>
    requires is_key_of<M, K...>
  std::optional<T> try_get(K&&... key) const {
    const auto packed = look_up(model_info<T>(), key_item<M>(key_t<M>(std::forward<K>(key)...)));
    return packed ? std::optional<T>(row_from<T>(packed->bytes())) : std::nullopt;
  }
  std::optional<T> try_get() const { return all().try_get(); }
  std::optional<T> try_get(const Q<T>& q) const { return all().try_get(q); }
  std::optional<T> try_get(std::initializer_list<Lookup> l) const { return all().try_get(l); }

  // Inserts it, wherever the object comes from: IntegrityError where its key exists.
  T create(T row) const {
    row.row_state().forget();
    row.save();
    return row;
  }
  // Rows get their keys here; those with a key of their own or unique fields are inserted by
  // transactions, others in batches.
  std::vector<T> bulk_create(std::vector<T> rows) const {
    std::vector<void*> pointers;
    for (T& row : rows) pointers.push_back(&row);
    bulk_insert(model_info<T>(), pointers);
    return rows;
  }
  // The condition finds; its equalities and `defaults` make the row when there is none. True: it
  // was made.
  std::pair<T, bool> get_or_create(const Q<T>& q, T defaults = {}) const {
    if (auto row = try_get(q)) return {*std::move(row), false};
    apply_equalities(model_info<T>(), q.node(), &defaults);
    defaults.row_state().forget();
    Written written;
    try {
      written = write_row(model_info<T>(), &defaults);
    } catch (const IntegrityError& e) {
      if (auto row = made_by_another(q, defaults, e)) return {*std::move(row), false};
      throw;
    }
    tell_listeners(model_info<T>(), &defaults, written);
    return {std::move(defaults), true};
  }

  // The row that the condition finds, changed by `change(row)` and saved; where there is none, one
  // made of the condition's equalities, changed likewise. True: it was made. When others come in
  // between it starts again, so that `change` may run several times.
  template <std::invocable<T&> Change>
  std::pair<T, bool> update_or_create(const Q<T>& q, const Change& change) const {
    std::optional<T> other;  // that was made in between
    Written written;
    auto done = retry_on_conflict([&]() -> std::pair<T, bool> {
      std::optional<T> row = other ? std::exchange(other, std::nullopt) : try_get(q);
      const bool made = !row;
      if (made) apply_equalities(model_info<T>(), q.node(), &row.emplace());
      change(*row);
      try {
        written = write_row_as_read(model_info<T>(), &*row);
      } catch (const IntegrityError& e) {
        if (made) other = made_by_another(q, *row, e);
        if (other) throw ConflictError(model_info<T>().name + " was made by another.");
        throw;
      } catch (const typename T::DoesNotExist&) {
        throw ConflictError(model_info<T>().name + " was deleted by another.");
      }
      return {*std::move(row), made};
    });
    tell_listeners(model_info<T>(), &done.first, written);
    return done;
  }

 private:
  std::optional<T> made_by_another(const Q<T>& q, const T& refused, const IntegrityError& e) const {
    const RequestScope::Fresh fresh;
    if (auto row = try_get(q)) return row;
    const auto packed = find_owner(model_info<T>(), &refused, e, q.node());
    return packed ? std::optional<T>(row_from<T>(packed->bytes())) : std::nullopt;
  }
};
template <class T> using DynamoManager = Manager<T>;

}  // namespace dynamo_backend

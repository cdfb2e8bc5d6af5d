// Ref<T>: a foreign key. Many<T, Through>: the other side of a many-to-many.
//
// A Ref points to a model whose key is the UUID `pk` (DynamoModel). What prefetch() has read of a
// Many answers all() without a call, until the links are changed through it.
// Thread safety: as the row that they are in; Ref::get() writes its cache.
#pragma once
#include <concepts>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <boost/assert/source_location.hpp>

#include "dynamo_backend/condition.h"

namespace dynamo_backend {

struct FieldInfo;
struct ModelInfo;
struct Query;
template <class T>
class QuerySet;

// Rows that prefetch() has read: each an object of its model's C++ type.
using FetchedRows = std::vector<std::shared_ptr<const void>>;

// The related rows of one row, by the field that points to it.
// Thread safety: any thread: a row's copies share it.
class FetchedRelations {
 public:
  std::shared_ptr<const FetchedRows> find(const FieldInfo* field) const {
    const std::lock_guard lock(mutex_);
    const auto at = rows_.find(field);
    return at == rows_.end() ? nullptr : at->second;
  }
  void set(const FieldInfo* field, std::shared_ptr<const FetchedRows> rows) {
    const std::lock_guard lock(mutex_);
    rows_[field] = std::move(rows);
  }
  void forget(const FieldInfo* field) { set(field, nullptr); }

 private:
  mutable std::mutex mutex_;
  std::map<const FieldInfo*, std::shared_ptr<const FetchedRows>> rows_{};
};

// The other row's key and, once fetched or prefetched, the row.
template <class T>
struct Ref {
  Uuid pk{};
  constexpr Ref() = default;
  constexpr explicit Ref(Uuid key) : pk(key) {}
  template <std::same_as<T> M>
  Ref(const M& row) : pk(row.pk) {}  // NOLINT; a template: T may still be incomplete here

  // Fetches once; in a RequestScope the rows behind all Refs of one result come in one batch.
  // Throws T::DoesNotExist.
  const T& get() const;
  const T* operator->() const { return &get(); }
  const T& operator*() const { return get(); }
  bool is_cached() const { return row_ && row_pk() == pk; }
  void cache(std::shared_ptr<const T> row) const { row_ = std::move(row); }
  friend constexpr bool operator==(const Ref& a, const Ref& b) { return a.pk == b.pk; }

 private:
  Uuid row_pk() const;
  mutable std::shared_ptr<const T> row_{};
};

// What of a Many does not depend on its type. Bound to its row by load, create and save.
class ManyBase {
 public:
  struct Binding {
    Uuid owner{};
    const ModelInfo* model = nullptr;  // the model of the many-to-many
    const FieldInfo* field = nullptr;  // the many-to-many
    bool reverse = false;              // owner is a row of the other side
  };
  void bind(const Binding& binding) {
    if (binding_.owner != binding.owner) fetched_.reset();
    binding_ = binding;
  }
  void set_fetched(std::shared_ptr<const FetchedRows> rows) {
    if (!fetched_) fetched_ = std::make_shared<FetchedRelations>();
    fetched_->set(binding_.field, std::move(rows));
  }

 protected:
  void add_keys(const std::vector<Uuid>& keys) const;
  void add_row(const Uuid& key, void* link) const;  // with a row of the join model
  void remove_keys(const std::vector<Uuid>& keys) const;
  void set_keys(const std::vector<Uuid>& keys) const;  // these and no others
  void clear_all() const;
  Query linked_rows(const boost::source_location& at) const;  // the rows of the other side
  const Binding& bound() const;  // throws std::logic_error before the row is saved

 private:
  void forget() const {
    if (fetched_) fetched_->forget(binding_.field);
  }
  Binding binding_{};
  std::shared_ptr<FetchedRelations> fetched_{};  // shared by copies, and by querysets of all()
};

// Links are rows of a join model: Through, or one that is made. Adding a link twice, even at once,
// leaves one.
template <class T, class Through = void>
class Many : public ManyBase {
 public:
  template <std::same_as<T>... M>
  requires(sizeof...(M) > 0) void add(const M&... rows) const { add_keys({rows.pk...}); }
  void add(const Uuid& key) const { add_keys({key}); }
  // With values of the join model's own members; a link that is there keeps its values:
  // post.categories.add(category, {.order = 3})
  template <class Link = Through>
  requires(std::same_as<Link, Through> && !std::is_void_v<Through>) void add(const T& row,
                                                                             Link values) const {
    add_row(row.pk, &values);
  }
  template <std::same_as<T>... M>
  requires(sizeof...(M) > 0) void remove(const M&... rows) const { remove_keys({rows.pk...}); }
  void remove(const Uuid& key) const { remove_keys({key}); }
  template <std::same_as<T> M>
  void set(const std::vector<M>& rows) const {
    std::vector<Uuid> keys;
    for (const M& row : rows) keys.push_back(row.pk);
    set_keys(keys);
  }
  template <std::same_as<T> M>
  void set(std::initializer_list<M> rows) const {
    set(std::vector<M>(rows));
  }
  void set(const std::vector<Uuid>& keys) const { set_keys(keys); }
  void clear() const { clear_all(); }
  // Makes a row of the other side, linked to this one.
  template <class Row = T>
  Row create(Row row) const {
    (void)bound();
    row.row_state().forget();
    row.save();
    add_keys({row.pk});
    return row;
  }
  QuerySet<T> all(const boost::source_location& at = BOOST_CURRENT_LOCATION) const;
  QuerySet<T> filter(const Q<T>& q,
                     const boost::source_location& at = BOOST_CURRENT_LOCATION) const {
    return all(at).filter(q);
  }
};

}  // namespace dynamo_backend

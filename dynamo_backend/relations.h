// Ref<T>: a foreign key. Many<T, Through>: the other side of a many-to-many.
//
// Thread safety: as the row that they are in; Ref::get() writes its cache.
#pragma once
#include <concepts>
#include <memory>
#include <vector>

#include "dynamo_backend/condition.h"

namespace dynamo_backend {

struct FieldInfo;
struct ModelInfo;
template <class T>
class QuerySet;

// The other row's key and, once fetched or prefetched, the row.
template <class T>
struct Ref {
  Uuid pk{};
  constexpr Ref() = default;
  constexpr explicit Ref(Uuid key) : pk(key) {}
  template <std::same_as<T> M>
  Ref(const M& row) : pk(row.pk) {}  // NOLINT; a template: T may still be incomplete here

  const T& get() const;  // fetches once; throws T::DoesNotExist
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
    const ModelInfo* model = nullptr;  // the row's model
    const FieldInfo* field = nullptr;  // this member's field
  };
  void bind(const Binding& binding) { binding_ = binding; }

 protected:
  void add_keys(const std::vector<Uuid>& keys) const;
  void remove_keys(const std::vector<Uuid>& keys) const;
  void set_keys(const std::vector<Uuid>& keys) const;  // these and no others
  void clear_all() const;
  NodePtr linked() const;        // a condition on T: linked to this row
  const Binding& bound() const;  // throws std::logic_error before the row is saved

 private:
  Binding binding_{};
};

// Links are rows of a join model: Through, or one that is made. Adding a link twice leaves one.
template <class T, class Through = void>
class Many : public ManyBase {
 public:
  template <std::same_as<T>... M>
  void add(const M&... rows) const {
    add_keys({rows.pk...});
  }
  void add(const Uuid& key) const { add_keys({key}); }
  template <std::same_as<T>... M>
  void remove(const M&... rows) const {
    remove_keys({rows.pk...});
  }
  void remove(const Uuid& key) const { remove_keys({key}); }
  template <std::same_as<T> M>
  void set(const std::vector<M>& rows) const {
    std::vector<Uuid> keys;
    for (const M& row : rows) keys.push_back(row.pk);
    set_keys(keys);
  }
  void set(const std::vector<Uuid>& keys) const { set_keys(keys); }
  void clear() const { clear_all(); }
  QuerySet<T> all() const;
  QuerySet<T> filter(const Q<T>& q) const { return all().filter(q); }
};

}  // namespace dynamo_backend

// QuerySet<T>: a lazy, immutable query for rows of T. Nothing is read until rows, a count or a
// change are asked for.
//
// Chain, keep and share it freely. Rows come page by page while they are iterated; each iteration
// asks the database anew.
// Thread safety: a value.
#pragma once
#include <iterator>
#include <map>
#include <stdexcept>
#include <tuple>

#include "dynamo_backend/field_ref.h"
#include "dynamo_backend/relations.h"
#include "dynamo_backend/rows.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

template <class T> const ModelInfo& model_info();

namespace detail {
// Puts off what is said of `v` until T is known: Json may be incomplete where this header is read.
template <class T, class V> const V& dependent(const V& v) { return v; }
}  // namespace detail

template <class T>
struct Page {
  std::vector<T> items{};
  std::optional<std::string> next{}, prev{};  // cursors of the neighbouring pages; nullopt: there is none
};

template <class T>
T row_from(std::string_view packed) {
  T row{};
  load_row(model_info<T>(), &row, packed);
  return row;
}

// Reads rows as they are asked for; an input iterator over them is what QuerySet's begin() gives.
template <class T>
class RowReader {
 public:
  explicit RowReader(const Query& query) : stream_(query), related_(query.related) {}
  bool read() {
    if (at_ + 1 < chunk_.size()) return ++at_, true;
    chunk_.clear();
    at_ = 0;
    // Without select_related() rows are handed on one by one; with it, as many as one batch
    // fetches.
    const std::size_t most = related_.empty() ? 1 : 100;
    while (chunk_.size() < most) {
      const auto packed = stream_.next();
      if (!packed) break;
      chunk_.push_back(row_from<T>(*packed));
    }
    prefetch();
    return !chunk_.empty();
  }
  T& row() { return chunk_[at_]; }

 private:
  void prefetch() {
    if (related_.empty()) return;
    std::vector<void*> rows;
    for (T& row : chunk_) rows.push_back(&row);
    prefetch_related(related_, rows);
  }
  RowStream stream_;
  std::vector<const FieldInfo*> related_;
  std::vector<T> chunk_{};
  std::size_t at_ = 0;
};

template <class T>
class QuerySet {
 public:
  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(const Query& query) : reader_(std::make_shared<RowReader<T>>(query)) { ++*this; }
    const T& operator*() const { return reader_->row(); }
    const T* operator->() const { return &reader_->row(); }
    iterator& operator++() {
      if (!reader_->read()) reader_.reset();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.reader_ == b.reader_; }

   private:
    std::shared_ptr<RowReader<T>> reader_{};
  };

  QuerySet() : query_(all_rows(model_info<T>())) {}
  explicit QuerySet(Query query) : query_(std::move(query)) {}

  // ---- narrowing
  [[nodiscard]] QuerySet all() const { return *this; }
  [[nodiscard]] QuerySet filter(const Q<T>& q) const { return QuerySet(query_.filtered(q.node())); }
  [[nodiscard]] QuerySet filter(std::initializer_list<Lookup> l) const { return QuerySet(query_.filtered(lookups(l))); }
  [[nodiscard]] QuerySet filter(const std::vector<Lookup>& l) const { return QuerySet(query_.filtered(lookups(l))); }
  [[nodiscard]] QuerySet exclude(const Q<T>& q) const { return without(q.node()); }
  [[nodiscard]] QuerySet exclude(std::initializer_list<Lookup> l) const { return without(lookups(l)); }
  [[nodiscard]] QuerySet exclude(const std::vector<Lookup>& l) const { return without(lookups(l)); }
  // Conditions of another model do not compile, here with a sentence.
  template <class O> QuerySet filter(const Q<O>&) const { return wrong_model<O>(); }
  template <class O> QuerySet exclude(const Q<O>&) const { return wrong_model<O>(); }
  [[nodiscard]] QuerySet none() const { return QuerySet(query_.filtered(make_nothing())); }

  // ---- order and slices
  // "title", "-created_at", f<&Post::title>.desc(), several; none: as the database gives them.
  template <class... Terms>
  [[nodiscard]] QuerySet order_by(const Terms&... terms) const { return QuerySet(query_.ordered({term(terms)...})); }
  [[nodiscard]] QuerySet order_by(const std::vector<std::string>& terms) const {
    std::vector<OrderTerm> order;
    for (const std::string& t : terms) order.push_back(term(t));
    return QuerySet(query_.ordered(std::move(order)));
  }
  [[nodiscard]] QuerySet reverse() const { return QuerySet(query_.reversed()); }
  [[nodiscard]] QuerySet limit(std::size_t n) const { return QuerySet(query_.sliced(0, n)); }
  [[nodiscard]] QuerySet offset(std::size_t n) const { return QuerySet(query_.sliced(n, std::nullopt)); }
  [[nodiscard]] QuerySet slice(std::size_t begin, std::size_t end) const { return QuerySet(query_.sliced(begin, end)); }
  T operator[](std::size_t i) const {
    if (auto row = slice(i, i + 1).first()) return *std::move(row);
    throw std::out_of_range(model_info<T>().name + ": the query has no row " + std::to_string(i) + ".");
  }

  // ---- how to read
  [[nodiscard]] QuerySet using_index(std::string_view name) const;
  // Lets this query scan under scan_policy = forbid, and silences the warning.
  [[nodiscard]] QuerySet allow_scan(std::string_view reason) const;
  // Fetches the rows behind these foreign keys with the rows, in batches.
  template <auto... M>
  [[nodiscard]] QuerySet select_related() const {
    static_assert((is_ref_v<bare_t<value_of<M>>> && ...), "select_related<&Model::key>() takes foreign keys");
    Query q = query_;
    (q.related.push_back(&model_info<T>().by_member(member_name<M>())), ...);
    return QuerySet(std::move(q));
  }

  // ---- rows
  iterator begin() const { return iterator(query_); }
  iterator end() const { return {}; }
  std::vector<T> to_vector() const {
    std::vector<T> rows;
    for (RowReader<T> reader(query_); reader.read();) rows.push_back(std::move(reader.row()));
    return rows;
  }
  std::optional<T> first() const {
    RowReader<T> reader(query_.sliced(0, 1));
    return reader.read() ? std::optional<T>(std::move(reader.row())) : std::nullopt;
  }
  std::optional<T> last() const { return reverse().first(); }
  // By one field: the row with its greatest (least) value; T::DoesNotExist where there is no row.
  T latest(std::string_view field) const { return demand(order_by(field).reverse().first()); }
  T earliest(std::string_view field) const { return demand(order_by(field).first()); }
  // Exactly one row: T::DoesNotExist, T::MultipleObjectsReturned.
  T get() const {
    auto rows = slice(0, 2).to_vector();
    if (rows.size() > 1) model_info<T>().raise_multiple(explain());
    return rows.empty() ? demand({}) : std::move(rows.front());
  }
  T get(const Q<T>& q) const { return filter(q).get(); }
  T get(std::initializer_list<Lookup> l) const { return filter(l).get(); }
  std::optional<T> try_get() const {
    auto rows = slice(0, 2).to_vector();
    if (rows.size() > 1) model_info<T>().raise_multiple(explain());
    return rows.empty() ? std::nullopt : std::optional<T>(std::move(rows.front()));
  }
  std::optional<T> try_get(const Q<T>& q) const { return filter(q).try_get(); }
  std::optional<T> try_get(std::initializer_list<Lookup> l) const { return filter(l).try_get(); }
  std::size_t count() const { return count_rows(query_); }
  bool exists() const { return any_row(query_); }
  // The page at `cursor` (text, or an optional of it; empty: the first), of limit() rows. Throws
  // InvalidCursor.
  Page<T> page() const { return page_at({}); }
  template <class Cursor>
  Page<T> page(const Cursor& cursor) const {
    if constexpr (std::convertible_to<const Cursor&, std::string_view>) return page_at(cursor);
    else return page_at(cursor ? std::string_view(*cursor) : std::string_view());
  }
  std::map<Uuid, T> in_bulk(const std::vector<Uuid>& keys) const {
    std::map<Uuid, T> rows;
    for (T& row : filter(f<&T::pk>.in(keys)).to_vector()) rows.emplace(row.pk, std::move(row));
    return rows;
  }

  // ---- values
  // Tuples: values<&Post::title, &Post::slug>().
  template <auto... M>
    requires(sizeof...(M) > 0)
  std::vector<std::tuple<value_of<M>...>> values() const {
    std::vector<std::tuple<value_of<M>...>> out;
    for (const T& row : *this) out.emplace_back(row.*M...);
    return out;
  }
  // One member's values.
  template <auto M>
  std::vector<value_of<M>> values_list() const {
    std::vector<value_of<M>> out;
    for (const T& row : *this) out.push_back(row.*M);
    return out;
  }
  // Json objects (arrays); without names all fields. The caller includes "base/json.h".
  std::vector<Json> values(std::initializer_list<std::string_view> names = {}) const;
  std::vector<Json> values_list(std::initializer_list<std::string_view> names) const;
  template <std::convertible_to<std::string_view>... Names>
    requires(sizeof...(Names) > 0)
  std::vector<Json> values(const Names&... names) const { return values({std::string_view(names)...}); }

  // ---- changing
  template <class... A>
  std::size_t update(const A&... assignments) const {
    check_assignments<A...>();
    return update_rows(query_, {static_cast<const AssignmentNode&>(assignments)...});
  }
  // One atomic UpdateItem on the row that the condition names by its key; the row as it is then.
  template <class... A>
  std::optional<T> update_returning(const A&... assignments) const {
    check_assignments<A...>();
    const auto packed = update_one(query_, {static_cast<const AssignmentNode&>(assignments)...});
    return packed ? std::optional<T>(row_from<T>(packed->bytes())) : std::nullopt;
  }
  std::size_t remove() const { return remove_rows(query_); }

  std::string explain() const { return explain_query(query_); }
  const Query& query() const { return query_; }
  std::shared_ptr<const Subquery> subquery(std::string_view member) const;

 private:
  QuerySet without(const NodePtr& where) const { return QuerySet(query_.filtered(make_not(where))); }
  static NodePtr lookups(std::span<const Lookup> l) { return make_lookups(model_info<T>(), l); }
  static OrderTerm term(std::string_view text) { return order_term(model_info<T>(), text); }
  static OrderTerm term(const Ordering<T>& o) { return {&model_info<T>().by_member(o.member), o.descending}; }
  template <class O>
  QuerySet wrong_model() const {
    static_assert(std::same_as<O, T>, "this condition is on another model than the queryset's");
    return *this;
  }
  template <class... A>
  static consteval void check_assignments() {
    static_assert((std::same_as<A, Assignment<T>> && ...),
                  "update() takes assignments to fields of this model: f<&Model::field> = value");
  }
  T demand(std::optional<T> row) const {
    if (!row) model_info<T>().raise_does_not_exist(explain());
    return *std::move(row);
  }
  Page<T> page_at(std::string_view cursor) const {
    PackedPage packed = fetch_page(query_, cursor);
    Page<T> page{{}, std::move(packed.next), std::move(packed.prev)};
    std::vector<void*> rows;
    page.items.reserve(packed.rows.size());
    for (const std::string& row : packed.rows) rows.push_back(&page.items.emplace_back(row_from<T>(row)));
    if (!query_.related.empty()) prefetch_related(query_.related, rows);
    return page;
  }

  Query query_;
};

template <class T>
QuerySet<T> QuerySet<T>::using_index(std::string_view name) const {
  Query q = query_;
  q.index = name;
  return QuerySet(std::move(q));
}
template <class T>
QuerySet<T> QuerySet<T>::allow_scan(std::string_view reason) const {
  Query q = query_;
  q.scan_reason = std::string(reason);
  return QuerySet(std::move(q));
}
template <class T>
std::vector<Json> QuerySet<T>::values(std::initializer_list<std::string_view> names) const {
  return json_rows(detail::dependent<T>(query_), names);
}
template <class T>
std::vector<Json> QuerySet<T>::values_list(std::initializer_list<std::string_view> names) const {
  return json_lists(detail::dependent<T>(query_), names);
}
template <class T>
std::shared_ptr<const Subquery> QuerySet<T>::subquery(std::string_view member) const {
  if (query_.offset != 0 || query_.limit) {
    throw std::logic_error("in(queryset): a slice of a queryset cannot be a condition.");
  }
  return std::make_shared<const Subquery>(Subquery{query_.model, query_.where, member});
}

template <class T, class Through>
QuerySet<T> Many<T, Through>::all() const { return QuerySet<T>().filter(Q<T>(linked())); }

}  // namespace dynamo_backend

// QuerySet<T>: a lazy, immutable query for rows of T. Nothing is read until rows, a count or a
// change are asked for.
//
// Chain, keep and share it freely. Rows come page by page while they are iterated; each iteration
// asks the database anew.
// Thread safety: a value.
#pragma once
#include <algorithm>
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

struct Analyze {};
inline constexpr Analyze analyze{};  // explain(analyze)

namespace detail {
// Puts off what is said of `v` until T is known: Json may be incomplete where this header is read.
template <class T, class V> const V& dependent(const V& v) { return v; }
}  // namespace detail

template <class T>
struct Page {
  std::vector<T> items{};
  std::optional<std::string> next{}, prev{};  // cursors of the neighbouring pages; nullopt: there is none
};

// REQUIRES: `row` holds C++ defaults.
template <class T>
void load(T& row, std::string_view packed, const std::vector<const FieldInfo*>& only,
          StoredItem::Page page = nullptr) {
  load_row(model_info<T>(), &row, packed, std::move(page));
  row.row_state().set_only(only);
}
template <class T>
T row_from(std::string_view packed, const std::vector<const FieldInfo*>& only = {}) {
  T row{};
  load(row, packed, only);
  return row;
}

consteval bool all_differ(std::initializer_list<std::string_view> names) {
  for (const auto* a = names.begin(); a != names.end(); ++a)
    for (const auto* b = names.begin(); b != a; ++b) if (*a == *b) return false;
  return true;
}

// Reads rows as they are asked for; an input iterator over them is what QuerySet's begin() gives.
template <class T>
class RowReader {
 public:
  explicit RowReader(const Query& query, bool whole = false)
      : query_(query), served_(served_rows(query)) {
    if (!served_) stream_.emplace(query, whole);
  }
  bool read() {
    if (at_ + 1 < chunk_.size()) return ++at_, true;
    chunk_.clear();
    at_ = 0;
    return add_to(chunk_);
  }
  // All that are left, decoded where they stay: a row has many members to move.
  std::vector<T> rest() {
    std::vector<T> rows;
    while (add_to(rows, /*share=*/true)) {
      const std::size_t more = stream_ ? stream_->at_hand() : 0;
      if (more > rows.capacity() - rows.size()) rows.reserve(rows.size() + std::max(rows.size(), more));
    }
    return rows;
  }
  T& row() { return chunk_[at_]; }

 private:
  // The next rows, as many as are looked at together; which may share the pages they come in.
  bool add_to(std::vector<T>& rows, bool share = false) {
    if (served_) {
      if (next_ == served_->size()) return false;
      rows.emplace_back() = *static_cast<const T*>((*served_)[next_++].get());
      return true;
    }
    const std::size_t first = rows.size(), most = rows_at_once(query_);
    while (rows.size() - first < most) {
      const auto packed = stream_->next();
      if (!packed) break;
      load(rows.emplace_back(), *packed, query_.fields, share ? stream_->page() : nullptr);
    }
    if (most > 1) {
      std::vector<void*> added;
      for (std::size_t i = first; i < rows.size(); ++i) added.push_back(&rows[i]);
      after_read(query_, added);
    }
    return rows.size() > first;
  }

  Query query_;
  std::optional<FetchedRows> served_;
  std::size_t next_ = 0;  // in served_
  std::optional<RowStream> stream_{};
  std::vector<T> chunk_{};
  std::size_t at_ = 0;
};

template <class T>
class QuerySet {
 public:
  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const Query& query) : reader_(std::make_shared<RowReader<T>>(query)) { ++*this; }
    const T& operator*() const { return reader_->row(); }
    const T* operator->() const { return &reader_->row(); }
    Iterator& operator++() {
      if (!reader_->read()) reader_.reset();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.reader_ == b.reader_; }

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
  [[nodiscard]] QuerySet exclude(std::initializer_list<Lookup> l) const { return without(lookups(l, ManyRows::apart)); }
  [[nodiscard]] QuerySet exclude(const std::vector<Lookup>& l) const { return without(lookups(l, ManyRows::apart)); }
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
  // Lets this query, and those that its relations need, scan under scan_policy = forbid, and silences
  // the warning.
  [[nodiscard]] QuerySet allow_scan(std::string_view reason) const;
  // Sees everything that was written before it, at twice the price. By the key, a local index or a
  // Scan: global indexes follow the table with a delay.
  [[nodiscard]] QuerySet consistent() const;
  // Also rows whose TTLField has passed, as long as the database has not deleted them.
  [[nodiscard]] QuerySet include_expired() const;
  // Each page() reads at most about this many read units and may hold fewer rows, or none; its next
  // goes on where it stopped. Not for an order that no index serves; of a row that is given by its
  // key it has nothing to bound. FieldError: it is not above 0.
  [[nodiscard]] QuerySet page_budget(double read_units) const;
  // Reads these members alone (and key, version); the others hold their C++ defaults. save() writes
  // no member that was not read: it reads the rest first. DynamoDB charges for whole rows all the same.
  template <auto... M>
    requires(sizeof...(M) > 0)
  [[nodiscard]] QuerySet only() const {
    Query q = reading<M...>();
    if (const FieldInfo* version = model_info<T>().version) q.fields.push_back(version);  // for save()
    read_keys_of_related(q);
    return QuerySet(std::move(q));
  }
  // Fetches the rows behind these foreign keys with the rows, in batches.
  template <auto... M>
  [[nodiscard]] QuerySet select_related() const {
    static_assert((is_ref_v<bare_t<value_of<M>>> && ...), "select_related<&Model::key>() takes foreign keys");
    return prefetch<M...>();
  }
  template <std::convertible_to<std::string_view>... Names>
    requires(sizeof...(Names) > 0)
  [[nodiscard]] QuerySet select_related(const Names&... names) const { return prefetch(names...); }
  // Reads related rows with the rows, up to a hundred rows at a time; Ref::get(), Many::all() and
  // related<…>() then answer without a call. By name, "author_pk", "labels", "posts__labels"
  // (a related_name leads backwards, "__" further on), or typed: a member of this model forwards,
  // one that points to it backwards.
  template <auto... M>
    requires(sizeof...(M) > 0)
  [[nodiscard]] QuerySet prefetch() const {
    Query q = query_;
    (add_relation(q.related, relation<M>()), ...);
    read_keys_of_related(q);
    return QuerySet(std::move(q));
  }
  template <std::convertible_to<std::string_view>... Names>
    requires(sizeof...(Names) > 0)
  [[nodiscard]] QuerySet prefetch(const Names&... names) const {
    Query q = query_;
    (add_relation(q.related, parse_relation(model_info<T>(), names)), ...);
    read_keys_of_related(q);
    return QuerySet(std::move(q));
  }

  // ---- rows
  Iterator begin() const { return Iterator(query_); }
  Iterator end() const { return {}; }
  // Django's name for what begin() and end() do: rows one by one, page by page, none of them kept.
  QuerySet iterator() const { return *this; }
  // All rows. They share the pages (of about 1 MB at most) that they came in: a row that is moved out of
  // the list holds its page, a copy does not.
  std::vector<T> to_vector() const {
    return RowReader<T>(query_, /*whole=*/true).rest();
  }
  std::optional<T> first() const {
    RowReader<T> reader(query_.sliced(0, 1));
    return reader.read() ? std::optional<T>(std::move(reader.row())) : std::nullopt;
  }
  std::optional<T> last() const { return reverse().first(); }
  // By one field, or several: the row with the greatest (least) value; T::DoesNotExist where there
  // is no row.
  template <class... Terms>
    requires(sizeof...(Terms) > 0)
  T latest(const Terms&... terms) const { return demand(order_by(terms...).reverse().first()); }
  template <class... Terms>
    requires(sizeof...(Terms) > 0)
  T earliest(const Terms&... terms) const { return demand(order_by(terms...).first()); }
  // Exactly one row: T::DoesNotExist, T::MultipleObjectsReturned.
  T get() const {
    auto rows = slice(0, 2).to_vector();
    if (rows.size() > 1) model_info<T>().raise_multiple(plan_line(query_));
    return rows.empty() ? demand({}) : std::move(rows.front());
  }
  T get(const Q<T>& q) const { return filter(q).get(); }
  T get(std::initializer_list<Lookup> l) const { return filter(l).get(); }
  std::optional<T> try_get() const {
    auto rows = slice(0, 2).to_vector();
    if (rows.size() > 1) model_info<T>().raise_multiple(plan_line(query_));
    return rows.empty() ? std::nullopt : std::optional<T>(std::move(rows.front()));
  }
  std::optional<T> try_get(const Q<T>& q) const { return filter(q).try_get(); }
  std::optional<T> try_get(std::initializer_list<Lookup> l) const { return filter(l).try_get(); }
  // Exact: every row that the plan reads is counted, at the price of reading it.
  std::size_t count() const { return count_rows(query_); }
  // About how many: of a whole table at once, by a number that DynamoDB renews every six hours; of a
  // filtered one by a sample.
  std::uint64_t count_estimate() const { return estimate_count(query_); }
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
    for (RowReader<T> reader(this->template reading<M...>(), /*whole=*/true); reader.read();)
      if constexpr (all_differ({member_name<M>()...})) out.emplace_back(std::move(reader.row().*M)...);
      else out.emplace_back((reader.row().*M)...);
    return out;
  }
  // One member's values.
  template <auto M>
  std::vector<value_of<M>> values_list() const {
    std::vector<value_of<M>> out;
    for (RowReader<T> reader(this->template reading<M>(), /*whole=*/true); reader.read();)
      out.push_back(std::move(reader.row().*M));
    return out;
  }
  // The different values of one member, or combinations of several, in the order in which they are
  // first met.
  template <auto... M>
    requires(sizeof...(M) > 0)
  auto distinct() const {
    using V = std::conditional_t<sizeof...(M) == 1, value_of<first_of<M...>>, std::tuple<value_of<M>...>>;
    std::vector<V> out;
    for (const std::string& packed : distinct_rows(reading<M...>())) {
      const T row = row_from<T>(packed);
      if constexpr (sizeof...(M) == 1) (out.push_back(row.*M), ...);
      else out.emplace_back(row.*M...);
    }
    return out;
  }

  // ---- over all rows. Rows without a value do not count; where none has one, there is no result
  // (sum() is 0).
  // Exact; integers as std::int64_t. FieldError: it does not fit. Of doubles, and avg(): exact up to 38 digits.
  template <auto M> auto sum() const {
    using V = bare_t<value_of<M>>;
    static_assert(Numeric<V>, "sum<&Model::field>() takes a number");
    std::conditional_t<Integer<V>, std::int64_t, V> total{};
    read_sum<M>(total);
    return total;
  }
  template <auto M> std::optional<double> avg() const {
    static_assert(Numeric<value_of<M>>, "avg<&Model::field>() takes a number");
    double total = 0;
    const std::size_t count = read_sum<M>(total);
    return count == 0 ? std::nullopt : std::optional(total / static_cast<double>(count));
  }
  template <auto M> std::optional<bare_t<value_of<M>>> min() const { return outermost<M>(false); }
  template <auto M> std::optional<bare_t<value_of<M>>> max() const { return outermost<M>(true); }
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
    return update_rows(whole(), {static_cast<const AssignmentNode&>(assignments)...});
  }
  // One atomic UpdateItem on the row that the condition names by its key; the row as it is then.
  template <class... A>
  std::optional<T> update_returning(const A&... assignments) const {
    check_assignments<A...>();
    const auto packed = update_one(whole(), {static_cast<const AssignmentNode&>(assignments)...});
    return packed ? std::optional<T>(row_from<T>(packed->bytes())) : std::nullopt;
  }
  std::size_t remove() const { return remove_rows(whole()); }

  // The plan in full: steps, index, key condition, what is checked where, and what it is expected to
  // take in calls, rows, read units and dollars. Reads the table's statistics (a DescribeTable and a
  // sample of rows, kept for five minutes), and nothing else: a query that may not scan is explained,
  // too.
  std::string explain() const { return explain_query(query_); }
  // explain(analyze): runs the query as well, to its last row, and adds what that took.
  std::string explain(Analyze) const { return explain_query(query_, Explain::analyze); }
  // The plan in a line; reads nothing.
  std::string plan() const { return plan_line(query_); }
  const Query& query() const { return query_; }
  std::shared_ptr<const Query> subquery(std::string_view member) const;

 private:
  QuerySet without(const NodePtr& where) const { return QuerySet(query_.filtered(make_not(where))); }
  Query whole() const {
    Query q = query_;
    q.fields.clear();
    return q;
  }
  template <auto... M> Query reading() const {
    static_assert((std::derived_from<T, owner_of<M>> && ...), "only, values_list, distinct, sum, avg, min and max<&Model::field>() take members of this model");
    Query q = query_;
    q.fields = {&model_info<T>().by_member(member_name<M>())...};
    return q;
  }
  template <auto M> std::size_t read_sum(auto& total) const {
    using Total = std::remove_reference_t<decltype(total)>;
    const Sum sum = sum_rows(reading<M>(), model_info<T>().by_member(member_name<M>()), std::floating_point<Total>);
    if constexpr (std::floating_point<Total>)
      if (sum.near) return total = static_cast<Total>(*sum.near), sum.count;
    const std::string packed = dynamodb::pack_value(Value(sum.total));
    try {
      Codec<Total>::decode(total, dynamodb::ValueView(packed));
    } catch (const BadValue& e) {
      throw FieldError(model_info<T>().name + ": the sum of '" + std::string(member_name<M>()) + "' " + e.what() + ".");
    }
    return sum.count;
  }
  template <auto M> std::optional<bare_t<value_of<M>>> outermost(bool greatest) const {
    using V = value_of<M>;
    static_assert(Ordered<V>, "min and max<&Model::field>() take a member with an order");
    Query q = reading<M>();
    if (q.limit || q.offset != 0) {  // of a slice: its rows are looked at one by one
      std::optional<bare_t<V>> best;
      for (const T& row : QuerySet(q)) {
        const std::optional<bare_t<V>> value = row.*M;
        if (value && (!best || (greatest ? *best < *value : *value < *best))) best = value;
      }
      return best;
    }
    if constexpr (nullable_v<V>) q = q.filtered(f<M>.isnull(false).node());
    const auto row = QuerySet(q.ordered({{&model_info<T>().by_member(member_name<M>()), greatest}})).first();
    return row ? std::optional<bare_t<V>>((*row).*M) : std::nullopt;
  }
  static NodePtr lookups(std::span<const Lookup> l, ManyRows many = ManyRows::together) {
    return make_lookups(model_info<T>(), l, many);
  }
  // Forwards where M is a member of this model, else backwards.
  template <auto M> static Relation relation() {
    using V = bare_t<value_of<M>>;
    static_assert(is_ref_v<V> || is_many_v<V>, "prefetch<&Model::key>() takes foreign keys and many-to-manys");
    constexpr bool reverse = !std::same_as<owner_of<M>, T>;
    if constexpr (reverse)
      static_assert(std::same_as<element_t<V>, T>, "prefetch<&Other::key>(): the key points to another model");
    const ModelInfo& owner = model_info<owner_of<M>>();
    return {&owner, &owner.by_member(member_name<M>()), reverse};
  }
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
    if (!row) model_info<T>().raise_does_not_exist(plan_line(query_));
    return *std::move(row);
  }
  Page<T> page_at(std::string_view cursor) const {
    PackedPage packed = fetch_page(query_, cursor);
    Page<T> page{{}, std::move(packed.next), std::move(packed.prev)};
    std::vector<void*> rows;
    page.items.reserve(packed.rows.size());
    for (const std::string& row : packed.rows)
      rows.push_back(&page.items.emplace_back(row_from<T>(row, query_.fields)));
    after_read(query_, rows);
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
QuerySet<T> QuerySet<T>::consistent() const {
  Query q = query_;
  q.consistent = true;
  return QuerySet(std::move(q));
}
template <class T>
QuerySet<T> QuerySet<T>::include_expired() const {
  Query q = query_;
  q.include_expired = true;
  return QuerySet(std::move(q));
}
template <class T>
QuerySet<T> QuerySet<T>::page_budget(double read_units) const {
  return QuerySet(query_.budgeted(read_units));
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
std::shared_ptr<const Query> QuerySet<T>::subquery(std::string_view member) const {
  return make_subquery(query_, query_.model->by_member(member));
}

template <class T, class Through>
QuerySet<T> Many<T, Through>::all(const boost::source_location& at) const { return QuerySet<T>(linked_rows(at)); }

}  // namespace dynamo_backend

// Query: what a QuerySet holds, without its type, and the operations that run one.
//
// Always in this order, whatever the order of the calls: conditions, then order, then offset and
// limit. Ties of an order are broken by the key, in the direction of the last term, so that pages
// are deterministic; without an order rows come as the database gives them.
// Thread safety: a value; running one from any thread.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/assert/source_location.hpp>

#include "dynamo_backend/condition.h"
#include "dynamo_backend/model_info.h"
#include "dynamo_backend/relations.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamodb {
class Client;
class ItemList;
}
namespace dynamo_backend {

class IntegrityError;

// A relation that prefetch() follows: a foreign key or a many-to-many, forwards (from the field's
// own model) or backwards, and what is followed from the rows that it gives.
struct Relation {
  const ModelInfo* owner = nullptr;  // the field's model
  const FieldInfo* field = nullptr;
  bool reverse = false;
  std::vector<Relation> then{};
  // The model of the rows that it gives.
  const ModelInfo& rows() const { return reverse ? *owner : field->target(); }
};
// "posts__labels" of `model`; throws FieldError, which lists the choices.
Relation parse_relation(const ModelInfo& model, std::string_view path);
// Adds `relation`, or what it has more, to the list.
void add_relation(std::vector<Relation>& list, Relation relation);

// The row's relation that a query stands for, and the line that asked: what a warning of N+1 names.
struct Origin {
  const ModelInfo* owner = nullptr;  // the field's model; nullptr: the query is no relation's
  const FieldInfo* field = nullptr;
  bool reverse = false;
  boost::source_location at{};
};

struct Query {
  const ModelInfo* model = nullptr;
  NodePtr where{};
  std::vector<OrderTerm> order{};
  std::size_t offset = 0;
  std::optional<std::size_t> limit{};
  std::string index{};                          // using_index(); empty: the planner chooses
  std::optional<std::string> scan_reason{};     // allow_scan()
  bool strict = false;                          // of a StrictQuerySet: never a Scan, whatever the policy
  std::vector<Relation> related{};              // prefetch(), select_related()
  std::vector<const FieldInfo*> fields{};       // only(), values(): what is read of rows; empty: all
  bool consistent = false;                      // consistent()
  bool include_expired = false;                 // include_expired()
  std::optional<double> page_budget{};          // page_budget(): read units that a page may take
  // Where the rows may be that prefetch() has read already, by origin.field.
  std::shared_ptr<FetchedRelations> fetched{};
  Origin origin{};

  Query filtered(const NodePtr& condition) const;  // throws std::logic_error once a slice has been taken
  Query ordered(std::vector<OrderTerm> terms) const;
  Query reversed() const;                          // without an order: by the key, descending
  Query sliced(std::size_t begin, std::optional<std::size_t> end) const;  // of the slice taken before
  Query budgeted(double read_units) const;         // throws FieldError where it is not above 0
};
// Every row of `model`, in its declared order.
Query all_rows(const ModelInfo& model);
OrderTerm order_term(const ModelInfo& model, std::string_view text);  // "title", "-title"

// ---- run-time lookups: {"title__contains", "Django"}

// A value of any type that a field may have, in the form in which it would be stored.
class LookupValue {
 public:
  template <class V>
    requires std::constructible_from<Value, const V&>
  LookupValue(const V& v) : value_(v) {}  // NOLINT: text, bool, integers, Decimal, a Value
  LookupValue(double v) : value_(codec::encode_double(v)) {}                       // NOLINT
  LookupValue(const Uuid& v) : value_(v.str()) {}                                  // NOLINT
  LookupValue(Timestamp v) : value_(base::to_iso(v)) {}                            // NOLINT
  LookupValue(std::nullptr_t) {}                                                   // NOLINT
  LookupValue(std::nullopt_t) {}                                                   // NOLINT
  template <class M>
    requires requires(const M& row) { { row.pk } -> std::convertible_to<Uuid>; }
  LookupValue(const M& row) : value_(row.pk.str()) {}                              // NOLINT: a row or a Ref
  template <class V>
  LookupValue(const std::vector<V>& list) : value_(list_of(list)) {}               // NOLINT: for `in` and `between`
  LookupValue(std::initializer_list<LookupValue> list) : value_(list_of(list)) {}
  const Value& value() const { return value_; }

 private:
  static Value list_of(const auto& list) {
    dynamodb::List out;
    for (const auto& v : list) out.push_back(LookupValue(v).value());
    return out;
  }
  Value value_{};
};

struct Lookup {
  std::string name;   // "title__contains", "author_pk__username", "public"
  LookupValue value;  // text is read as what the field holds
};
// All of them together. Throws FieldError for an unknown name or lookup (with the choices) and for
// values that do not fit.
//
// Where several follow one relation to many rows ("posts__title" and "posts__published"), one row
// must meet them together, as in Django's filter(); exclude() takes them `apart`.
enum class ManyRows : std::uint8_t { together, apart };
NodePtr make_lookups(const ModelInfo& model, std::span<const Lookup> lookups, ManyRows many = ManyRows::together);
// Rows to which `field` of `other` points from a row that meets `where`; and, forwards, rows whose
// `field` leads to one that does.
NodePtr make_reverse(const ModelInfo& other, const FieldInfo& field, const NodePtr& where);
NodePtr make_forward(const ModelInfo& model, const FieldInfo& field, const NodePtr& where);
// The values of `field` over the query's rows, for make_in(). The query is run as it says itself:
// by its index, consistently, with expired rows. Throws std::logic_error: it is a slice.
std::shared_ptr<const Query> make_subquery(Query query, const FieldInfo& field);
std::shared_ptr<const Query> make_subquery(const ModelInfo& model, const NodePtr& where, const FieldInfo& field);

// ---- running

struct InAnyOrder {};
inline constexpr InAnyOrder in_any_order{};

// The rows of a query, one by one, read page by page as they are asked for.
class RowStream {
 public:
  // `whole`: all rows will be asked for, so that pages may be long from the first.
  explicit RowStream(const Query& query, bool whole = false);
  // All of them, in whatever order comes fastest: a whole table in segments side by side. A slice is
  // of the query's order all the same.
  RowStream(const Query& query, InAnyOrder);
  RowStream(RowStream&&) noexcept;
  RowStream& operator=(RowStream&&) noexcept;
  ~RowStream();
  // The next row, packed; valid until the next call. nullopt at the end.
  std::optional<std::string_view> next();
  // How many more there are, or may be, without a call: what to make room for.
  std::size_t at_hand() const;
  // The page that the row of next() is in, if rows may share it; null: they may not.
  std::shared_ptr<const dynamodb::ItemList> page() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::vector<std::string> fetch_rows(const Query& query);
std::size_t count_rows(const Query& query);
bool any_row(const Query& query);

// The exact sum of a field over the query's rows, and how many have a value. Where it needs more
// than the 38 digits of DynamoDB's numbers: FieldError, or as near as a double is, if that will do.
struct Sum {
  dynamodb::Number total{};
  std::optional<double> near{};  // in place of the total
  std::size_t count = 0;
};
Sum sum_rows(const Query& query, const FieldInfo& field, bool near_will_do = false);
// Rows that hold a combination of the fields' values for the first time, packed.
std::vector<std::string> distinct_rows(const Query& query);

struct PackedPage {
  std::vector<std::string> rows{};
  std::optional<std::string> next{}, prev{};  // cursors
};
// The page after (or before) `cursor`; empty: the first. The page's size is the query's limit,
// kDefaultPageSize without one; a page that has used up its budget is shorter, or empty, and has a
// cursor all the same. Throws InvalidCursor for a cursor that is damaged, or of another query or
// connection.
PackedPage fetch_page(const Query& query, std::string_view cursor);
inline constexpr std::size_t kDefaultPageSize = 50;

std::vector<Json> json_rows(const Query& query, std::span<const std::string_view> attributes);  // empty: all
std::vector<Json> json_lists(const Query& query, std::span<const std::string_view> attributes); // arrays

// How the query would run, in a line: access path, conditions sent and kept, order. Reads nothing.
std::string plan_line(const Query& query);
// The same in full, with what it is expected to take by the table's statistics, which are read when
// they are older than five minutes (explain.h). `analyze`: runs it, and adds what it took.
enum class Explain : std::uint8_t { plan, analyze };
std::string explain_query(const Query& query, Explain how = Explain::plan);
// How many rows there are, about: by DescribeTable's count, up to six hours old on AWS, and for a
// condition the share of a sample that meets it.
std::uint64_t estimate_count(const Query& query);

// ---- past the models
dynamodb::Client& raw_client();                   // of the process's connection
std::string raw_table(const ModelInfo& model);    // with the prefix
std::string repacked(dynamodb::ItemView item);    // the bytes of an item that is part of a page

// ---- writing
enum class Assign : std::uint8_t { set, add, append, if_not_exists, remove, set_add, set_discard };
struct AssignmentNode {
  std::string_view member{};
  Assign op = Assign::set;
  Value value{};              // add: the number to add
  std::string_view source{};  // add: the member that it is added to
  PathSteps steps{};          // inside the member; add: the sum's own place
};
// Updates each row on condition that it still meets the query. Returns how many it changed. Throws
// ValidationError, IntegrityError.
std::size_t update_rows(const Query& query, const std::vector<AssignmentNode>& assignments);
// One UpdateItem on the row that the condition names by its key; the row after it, nullopt where
// none meets the condition.
std::optional<dynamodb::PackedItem> update_one(const Query& query, const std::vector<AssignmentNode>& assignments);
// Deletes each row with what hangs on it. Returns how many rows of the query's model.
std::size_t remove_rows(const Query& query);

// Sets members of `row` to the values that the condition demands by `==`.
void apply_equalities(const ModelInfo& model, const NodePtr& where, void* row);

// The stored row that has the unique values, or the key, for which `row` was refused: found through
// its claim, since indexes follow with a delay. nullopt: it is gone, or does not meet `where`.
std::optional<dynamodb::PackedItem> find_owner(const ModelInfo& model, const void* row,
                                               const IntegrityError& refused, const NodePtr& where);

// ---- reading rows as objects
// How many rows are decoded at once: as many as a batch fetches, where their relations are.
std::size_t rows_at_once(const Query& query);
// What follows once rows are decoded: prefetch(), and in a RequestScope their foreign keys are noted.
void after_read(const Query& query, std::span<void* const> rows);
// The query's rows, where prefetch() has read them: ordered and sliced here, without a call.
std::optional<FetchedRows> served_rows(const Query& query);
// Where only some fields are read: also the foreign keys that `related` follows.
void read_keys_of_related(Query& query);
// Fetches what `related` names into the rows' Refs, Manys and related sets (prefetch.cc says in how
// many calls).
void prefetch_related(const ModelInfo& model, const std::vector<Relation>& related, std::span<void* const> rows);
// The rows whose foreign key or many-to-many `field` points to the row `owner`.
Query related_rows(const ModelInfo& other, const FieldInfo& field, const Uuid& owner);

}  // namespace dynamo_backend

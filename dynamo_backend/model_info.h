// ModelInfo: the run-time twin of a model's schema. Planner, validation, deletion, JSON, admin,
// forms, migrations and search work on this and know nothing of the C++ type.
//
// A row of an unknown type is a `void*` to an object of the model; only the functions here and in
// rows.h take one.
// Thread safety: immutable once made; any thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/fields.h"
#include "dynamodb/table.h"

namespace dynamo_backend {

struct ModelInfo;
struct Node;
class RowState;
class ModelSignals;
class ValidationError;

struct FieldInfo {
  std::string_view member{};     // its name in C++: what conditions carry
  std::string_view attribute{};  // its name outside
  Kind kind = Kind::char_;
  const TypeOps* type = nullptr;
  void* (*at)(void* row) = nullptr;  // the member; nullptr: computed, or a model without a C++ type
  Value (*compute)(const void* row) = nullptr;  // of a computed field; NULL: no value
  std::size_t max_length = 0;
  bool index = false, unique = false, fold_case = false, blank = false, searchable = false,
       filterable = false, counter = false, auto_now = false, auto_now_add = false, editable = true;
  double search_weight = 1;
  OnDelete on_delete = OnDelete::cascade;
  std::string_view related_name{}, verbose_name{}, help_text{};
  std::string_view keys_in{};  // of a many-to-many: the member that keeps the keys of what it links
  const ModelInfo& (*target)() = nullptr;   // of relations
  std::string_view target_type{};           // its C++ name
  const ModelInfo& (*through)() = nullptr;  // of a Many with a join model of its own
  AnyFactory default_factory = nullptr;     // for type->make: of the member's type
  void (*cache)(void* row, std::shared_ptr<const void> related) =
      nullptr;             // of foreign keys: keeps the fetched row in the Ref
  bool key = false;        // part of the table's key
  bool index_key = false;  // part of an index's key
  bool claimed = false;    // claims of unique values (unique.h) change with it

  bool stored() const { return kind != Kind::many_to_many; }
  bool nullable() const { return kind == Kind::computed || (type && type->nullable); }
  // Whether rows may lack the attribute: nullable ones, sets, Refs to nothing.
  bool may_be_absent() const { return !key && (kind == Kind::computed || type->absent); }
  const Shape& shape() const { return *type->shape; }
  std::string label() const;  // for people: "view count"

  // ---- of one row
  void pack(const void* row,
            dynamodb::ItemPacker& out) const;              // adds nothing where there is no value
  Value get(const void* row) const;                        // NULL where there is no value
  void set(void* row, const Value& value) const;           // throws BadValue
  void load(void* row, dynamodb::ValueView stored) const;  // throws BadValue
  void write_json(const void* row, base::JsonWriter& out) const;
  void from_json(void* row, const Json& json) const;  // strict; throws BadValue
};

// A global index, or a local one. DynamoDB: a row that lacks one of its key attributes is not in
// it.
struct IndexInfo {
  std::string name{};
  const FieldInfo* hash = nullptr;
  const FieldInfo* sort = nullptr;  // nullptr: none
  std::vector<const FieldInfo*> more_hash{},
      more_sort{};  // of keys of several attributes, in order
  bool local = false;
  dynamodb::ProjectionType projection = dynamodb::ProjectionType::all;
  std::vector<const FieldInfo*> includes{};  // with ProjectionType::include

  std::vector<const FieldInfo*> hash_keys() const;  // one to four
  std::vector<const FieldInfo*> sort_keys() const;  // none to four
  // Whether its entries hold the field: `all`, its keys, the table's, what it includes.
  bool holds(const FieldInfo& field) const;
};

// Values that are one row's alone: of a unique field, or of the members of a Unique<…> together.
struct UniqueInfo {
  std::string name{};                      // of a field: its attribute
  std::vector<const FieldInfo*> fields{};  // one or more
  bool fold_case = false;                  // texts that differ in case only are one value
  bool declared = false;                   // by Unique<…>; else by a field's `.unique`

  std::string attributes() const;  // "author_pk, slug"
};

struct OrderTerm {
  const FieldInfo* field = nullptr;
  bool descending = false;
};

// The attribute of a ComputedIndex, and the members that its function reads.
struct ComputedInfo {
  const FieldInfo* field = nullptr;
  std::vector<const FieldInfo*> reads{};
  bool declared = false;  // by `.reads`; else found by trying
};

// A row whose type is known only by its model.
struct RowFunctions {
  std::shared_ptr<void> (*make)() =
      nullptr;  // nullptr: rows of this model have no C++ type (automatic join tables)
  RowState& (*state)(void* row) = nullptr;
  void (*clean)(const void* row,
                ValidationError& errors) = nullptr;  // the model's own clean(), or nullptr
  std::string (*str)(const void* row) = nullptr;     // the model's own str(), or nullptr
};

struct ModelInfo {
  ModelInfo();
  ~ModelInfo();
  ModelInfo(const ModelInfo&) = delete;
  ModelInfo& operator=(const ModelInfo&) = delete;

  std::string name{};       // "Post"
  std::string app_label{};  // "demo_app"
  std::string table{};      // without the prefix
  Meta meta{};
  std::vector<FieldInfo> fields{};  // as declared; the key first, computed ones last
  std::vector<const FieldInfo*>
      by_attribute{};  // what is stored, in order of attribute: decoding merges with the item
  const FieldInfo* partition = nullptr;
  const FieldInfo* sort = nullptr;
  bool generated_key = true;  // pk: a random UUID made on create
  std::vector<IndexInfo> indexes{};
  std::vector<OrderTerm> ordering{};
  std::vector<UniqueInfo> unique{};  // fields first, as declared
  std::vector<const FieldInfo*> many{};
  std::vector<ComputedInfo> computed{};
  // The model's search_visible(), or nullptr: what every search of it is held to.
  std::shared_ptr<const Node> (*search_visible)() = nullptr;
  const FieldInfo* version = nullptr;
  const FieldInfo* ttl = nullptr;
  std::unique_ptr<ModelSignals> signals;            // signals.h
  std::vector<std::unique_ptr<ModelInfo>> joins{};  // automatic join tables of its Many members
  std::vector<std::unique_ptr<std::string>>
      names{};  // owns names that are not literals (join tables)
  const ModelInfo& (*self)() = nullptr;
  RowFunctions row{};
  void (*raise_does_not_exist)(const std::string& message) = nullptr;
  void (*raise_multiple)(const std::string& message) = nullptr;

  std::string label() const { return app_label.empty() ? name : app_label + "." + name; }
  const FieldInfo* find_member(std::string_view member) const;  // nullptr: none
  const FieldInfo& by_member(std::string_view member) const;    // throws FieldError
  const FieldInfo* find(std::string_view attribute) const;      // nullptr: none
  const FieldInfo& field(
      std::string_view attribute) const;  // throws FieldError, which lists the choices
  const IndexInfo* find_index(std::string_view name) const;
  const ModelInfo* join_of(
      const FieldInfo& m2m) const;  // the join model of a Many, automatic or not
  std::string choices() const;      // "pk, title, …"
};

// The foreign keys of a Many's join model: to the row's own model, and to the other side.
struct JoinKeys {
  const FieldInfo* owner = nullptr;
  const FieldInfo* target = nullptr;
};
JoinKeys join_keys(const ModelInfo& model, const FieldInfo& many);  // throws ImproperlyConfigured

// How a model's parts become a ModelInfo; used by model_info<T>() and for join tables. finish()
// throws ImproperlyConfigured.
class ModelInfoBuilder {
 public:
  explicit ModelInfoBuilder(ModelInfo& info) : info_(info) {}
  void name(std::string_view cpp_type, const Meta& meta);  // the C++ type's name
  void field(FieldInfo field, AnyFactory default_factory = nullptr);
  struct IndexOptions {
    std::string_view name{};
    bool local = false, keys_only = false;
    MemberList includes{};
    std::size_t hash_keys = 1;
  };
  void index(const IndexOptions& options, std::initializer_list<std::string_view> members);
  void unique(std::string_view name, std::initializer_list<std::string_view> members,
              bool fold_case);
  void computed(FieldInfo field, const IndexOptions& options,
                std::initializer_list<std::string_view> sort, const MemberList& reads);
  void finish();

 private:
  struct PendingIndex {
    IndexOptions options;
    std::vector<std::string_view> members;
  };
  void resolve_indexes();
  IndexInfo resolve_index(const PendingIndex& pending) const;
  void resolve_search();
  void resolve_unique();
  void add_field_indexes();
  void check_indexes() const;
  void resolve_ordering();
  void check_keys_in() const;
  void make_joins();

  ModelInfo& info_;
  struct PendingUnique {
    std::string name;
    std::vector<std::string_view> members;
    bool fold_case;
  };
  std::vector<PendingIndex> indexes_{};
  std::vector<PendingUnique> unique_{};
  std::vector<std::pair<std::string_view, MemberList>> computed_{};
};

// "demo_app", "Post" of "demo_app::Post"; unnamed namespaces and functions are left out.
struct TypeName {
  std::string app_label{}, model{};
};
TypeName split_type_name(std::string_view cpp_type);

// `text` as a list of order terms of the model: "-created_at,title". Throws FieldError.
std::vector<OrderTerm> parse_ordering(const ModelInfo& model, std::string_view text);

}  // namespace dynamo_backend

// What a model's schema is made of: fields, indexes, keys and options; and what the compiler checks
// about them.
//
// Options are designated initialisers, in this one order for every kind of field. A default value
// is the member's C++ default.
#pragma once
#include <array>
#include <optional>
#include <string_view>

#include "dynamo_backend/codec.h"
#include "dynamodb/table.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

using dynamodb::StreamViewType;

template <Kind K, auto M>
struct Field {
  static constexpr Kind kind = K;
  static constexpr auto member = M;
  using value = value_of<M>;

  std::string_view attribute{};  // the name outside C++ (table, JSON, lookups); default: the member's name
  std::size_t max_length = 0;    // in characters; 0: no limit
  bool index = false;            // a GSI "<attribute>-index"
  bool unique = false;           // kept by transaction; makes the index, too
  bool fold_case = false;        // of a unique text: "Alice" and "ALICE" are one value
  bool blank = false;            // full_clean() takes an empty text
  bool searchable = false;       // a text that the full-text index holds
  double search_weight = 1;      // what a hit in it counts beside hits in other fields
  bool filterable = false;       // a value by which searches filter, and which they count (facets)
  bool not_secret = false;       // said of a name like "token_count", which search takes to be a secret's
  bool counter = false;          // an integer; adding to it by update() leaves the VersionField
  bool auto_now = false;         // set by every save()
  bool auto_now_add = false;     // set by create
  OnDelete on_delete = OnDelete::cascade;
  std::string_view related_name{};
  value (*default_factory)() = nullptr;  // for a row that still has the C++ default when it is created
  std::string_view verbose_name{};
  std::string_view help_text{};
  bool editable = true;          // in forms
  std::string_view keys_in{};    // of a many-to-many: the set of texts that keeps its keys (link_copies.h)

  constexpr std::string_view name() const { return attribute.empty() ? member_name<M>() : attribute; }
};

template <auto M> using CharField = Field<Kind::char_, M>;
template <auto M> using TextField = Field<Kind::text, M>;
template <auto M> using SlugField = Field<Kind::slug, M>;
template <auto M> using EmailField = Field<Kind::email, M>;
template <auto M> using URLField = Field<Kind::url, M>;
template <auto M> using UrlField = URLField<M>;
template <auto M> using IntegerField = Field<Kind::integer, M>;
template <auto M> using FloatField = Field<Kind::real, M>;
template <auto M> using DecimalField = Field<Kind::decimal, M>;
template <auto M> using BooleanField = Field<Kind::boolean, M>;
template <auto M> using DateTimeField = Field<Kind::datetime, M>;
template <auto M> using UUIDField = Field<Kind::uuid, M>;
template <auto M> using JSONField = Field<Kind::json, M>;
template <auto M> using BinaryField = Field<Kind::binary, M>;
template <auto M> using ListField = Field<Kind::list, M>;
template <auto M> using SetField = Field<Kind::set, M>;
template <auto M> using ForeignKey = Field<Kind::foreign_key, M>;
template <auto M> using OneToOneField = Field<Kind::one_to_one, M>;  // unique
template <auto M> using ManyToManyField = Field<Kind::many_to_many, M>;
template <auto M> using VersionField = Field<Kind::version, M>;
// When the row expires, to the second: from then on it is hidden, and DynamoDB deletes it some time later.
template <auto M> using TTLField = Field<Kind::ttl, M>;

// Members by name, as options take them. DynamoDB: an index includes 20 attributes at most.
struct MemberList {
  std::array<std::string_view, 20> names{};
  std::size_t size = 0;
};
template <auto... M>
  requires(sizeof...(M) <= 20)
consteval MemberList member_list() { return {{member_name<M>()...}, sizeof...(M)}; }
// Members that a ComputedIndex's function reads: `.reads = reads<&Post::published,
// &Post::is_public>()`.
template <auto... M> consteval MemberList reads() { return member_list<M...>(); }
// Members that an index holds beside the keys: `.includes = includes<&Post::title>()`.
template <auto... M> consteval MemberList includes() { return member_list<M...>(); }

// An index over members: its hash key, then its sort keys; DynamoDB takes up to four of each. It
// holds whole rows, unless told otherwise: what a query needs beyond is fetched from the table.
template <auto Hash, auto... More>
  requires(sizeof...(More) <= 7)
struct Index {
  std::string_view name{};     // default: its attributes and "index", with dashes between
  bool local = false;          // an LSI: over the table's partition key and another sort key, read
                               // consistently where asked; made with the table only
  bool keys_only = false;      // holds its keys and the table's alone
  MemberList includes{};       // holds its keys, the table's and these
  std::size_t hash_keys = 1;   // how many of the members, from the first, are the hash key
};
// A GSI whose hash key is a function of the row, stored as a sparse attribute of the function's
// name; no value: not in the index. `reads` says which members the function reads; without it they
// are found by trying (model_info.cc).
template <auto Fn, auto... Sort>
  requires(sizeof...(Sort) <= 4)
struct ComputedIndex {
  std::string_view name{};
  MemberList reads{};
  bool keys_only = false;  // as of Index
  MemberList includes{};
};
// Members whose values together are one row's alone, kept by transaction; a row that lacks one of them is not held to it.
// (Of one member: its field's `.unique`.)
// `fold_case`: texts that differ in case only are one value.
template <auto... M>
struct Unique {
  static_assert(sizeof...(M) >= 2, "Unique<…> takes two members or more: of one, say .unique on its field");
  std::string_view name{};  // in messages and migrations; default: the attributes, joined by "-"
  bool fold_case = false;
};
// A member that is not stored, on purpose.
template <auto M> struct Transient {};
// The table's key, of a DynamoTable.
template <auto M> struct PartitionKey {
  static constexpr auto member = M;
  std::string_view attribute{};
  constexpr std::string_view name() const { return attribute.empty() ? member_name<M>() : attribute; }
};
template <auto M> struct SortKey {
  static constexpr auto member = M;
  std::string_view attribute{};
  constexpr std::string_view name() const { return attribute.empty() ? member_name<M>() : attribute; }
};

struct Meta {
  std::string_view app_label{};   // default: the model's innermost namespace
  std::string_view table_name{};  // without the prefix; default: <app_label>_<modelname>
  // In the full-text index: implies a stream of new and old images, and the number attribute
  // `search_version` of each row (search_version.h).
  bool opensearch_sync = false;
  // Default: the table's name. The prefix stands before it; lower case, `.` and `-` as `_`.
  std::string_view opensearch_index{};
  std::string_view ordering{};    // "-created_at", or several with commas
  std::string_view verbose_name{};
  std::string_view verbose_name_plural{};
  std::optional<StreamViewType> stream{};  // DynamoDB Streams: what a record of a change shows
};

// Parts are bases, not a std::tuple: each part's type is unique, and this halves a model's compile
// time.
template <class... P>
struct Parts : P... {
  template <class Fn> constexpr void each(Fn&& fn) const { (fn(static_cast<const P&>(*this)), ...); }
};
template <class... P> struct Fields { Parts<P...> parts; };  // what an abstract base contributes
template <class... P, class Fn> constexpr void visit_parts(const Parts<P...>& parts, Fn& fn);
template <class T, class... P> struct Schema {
  Meta meta;
  Parts<P...> parts;
};

// Declared, never defined: a call in a constant expression makes the function's NAME the compiler's
// message.
void max_length_belongs_to_a_text_field();
void a_foreign_key_needs_a_Ref_member();
void a_many_to_many_field_needs_a_Many_member();
void an_index_key_must_be_a_string_a_number_or_binary();
void on_delete_set_null_needs_an_optional_Ref();
void on_delete_belongs_to_a_foreign_key();
void auto_now_needs_a_DateTimeField();
void a_field_kind_and_its_members_type_do_not_fit();
void two_fields_have_one_attribute_name();
void a_unique_text_cannot_be_blank();
void an_index_has_one_to_four_hash_keys_and_up_to_four_sort_keys();
void an_index_is_keys_only_or_includes_members();
void the_name_of_an_index_has_three_characters_at_least();
void an_index_includes_members_that_have_fields_of_their_own();
void a_local_index_is_over_the_tables_partition_key_and_one_sort_key();
void a_local_index_needs_a_table_with_a_sort_key();
void a_table_takes_five_local_indexes();
void fold_case_needs_a_unique_text();
void a_unique_set_takes_texts_numbers_times_bools_binary_and_foreign_keys();
void a_model_has_one_TTLField_at_most();
void searchable_needs_a_text();
void search_weight_belongs_to_a_searchable_text_and_is_positive();
void counter_belongs_to_an_IntegerField();
void filterable_needs_a_text_an_integer_a_decimal_a_bool_a_time_a_uuid_a_foreign_key_or_a_list_of_texts();
void a_secret_is_not_searchable_say_not_secret_if_it_is_none();

template <Kind K, class V>
consteval bool kind_fits() {
  using B = bare_t<V>;
  if (is_text(K)) return Text<V>;
  switch (K) {
    case Kind::integer: return Integer<V>;
    case Kind::version: return Integer<V> && !nullable_v<V> && sizeof(V) >= 4;  // it only grows
    case Kind::real: return std::floating_point<B>;
    case Kind::decimal: return std::same_as<B, Decimal>;
    case Kind::boolean: return std::same_as<B, bool>;
    case Kind::datetime:
    case Kind::ttl: return std::same_as<B, Timestamp>;
    case Kind::uuid: return std::same_as<B, Uuid>;
    case Kind::json: return std::same_as<B, Json>;
    case Kind::binary: return std::same_as<B, Binary>;
    case Kind::list: return is_vector_v<B>;
    case Kind::set: return is_set_v<B>;
    default: return true;  // relations have messages of their own
  }
}
template <class V>
inline constexpr bool key_type_v = Ordered<V> || is_ref_v<bare_t<V>>;
template <class V>
inline constexpr bool claimable_v = key_type_v<V> || std::same_as<bare_t<V>, bool>;

// What search filters by: exact values. A DOUBLE is not one.
template <class V>
consteval bool is_filter_type() {
  using B = bare_t<V>;
  if constexpr (is_vector_v<B> || is_set_v<B>) return std::same_as<element_t<V>, std::string>;
  else return Text<V> || Integer<V> || is_ref_v<B> || std::same_as<B, bool> || std::same_as<B, Decimal> ||
              std::same_as<B, Timestamp> || std::same_as<B, Uuid>;
}
// Names of what must not be found by searching.
constexpr bool is_secret_name(std::string_view name) {
  const auto says = [&](std::string_view word, bool at_start = false) {
    for (std::size_t at = 0; at + word.size() <= name.size() && (at == 0 || !at_start); ++at) {
      bool same = true;
      for (std::size_t i = 0; i < word.size(); ++i) {
        const char c = name[at + i];
        same = same && word[i] == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      }
      if (same) return true;
    }
    return false;
  };
  return says("password") || says("token") || says("secret") || says("session", true) || says("api_key") ||
         says("private_key");
}

template <Kind K, auto M>
constexpr void check_part(const Field<K, M>& o) {
  using V = value_of<M>;
  if (is_relation(K) && !is_ref_v<bare_t<V>>) a_foreign_key_needs_a_Ref_member();
  if (K == Kind::many_to_many && !is_many_v<V>) a_many_to_many_field_needs_a_Many_member();
  if (!kind_fits<K, V>()) a_field_kind_and_its_members_type_do_not_fit();
  if (o.max_length != 0 && !is_text(K)) max_length_belongs_to_a_text_field();
  if ((o.auto_now || o.auto_now_add) && K != Kind::datetime) auto_now_needs_a_DateTimeField();
  if ((o.index || o.unique) && !key_type_v<V>) an_index_key_must_be_a_string_a_number_or_binary();
  if ((o.index || o.unique) && o.blank && !nullable_v<V>) a_unique_text_cannot_be_blank();
  if (o.counter && K != Kind::integer) counter_belongs_to_an_IntegerField();
  if (o.fold_case && !(o.unique && Text<V>)) fold_case_needs_a_unique_text();
  if (o.on_delete == OnDelete::set_null && !nullable_v<V>) on_delete_set_null_needs_an_optional_Ref();
  if (o.on_delete != OnDelete::cascade && !is_relation(K)) on_delete_belongs_to_a_foreign_key();
  if (o.searchable && !is_text(K)) searchable_needs_a_text();
  if (o.search_weight != 1 && (!o.searchable || !(o.search_weight > 0)))
    search_weight_belongs_to_a_searchable_text_and_is_positive();
  if (o.filterable && (K == Kind::ttl || !is_filter_type<V>()))
    filterable_needs_a_text_an_integer_a_decimal_a_bool_a_time_a_uuid_a_foreign_key_or_a_list_of_texts();
  if ((o.searchable || o.filterable) && !o.not_secret && (is_secret_name(o.name()) || is_secret_name(member_name<M>())))
    a_secret_is_not_searchable_say_not_secret_if_it_is_none();
}
constexpr bool is_too_short(std::string_view index_name) { return !index_name.empty() && index_name.size() < 3; }
template <auto... K> constexpr void check_part(const Index<K...>& o) {
  if (!(key_type_v<value_of<K>> && ...)) an_index_key_must_be_a_string_a_number_or_binary();
  if (o.hash_keys < 1 || o.hash_keys > 4 || o.hash_keys > sizeof...(K) || sizeof...(K) > o.hash_keys + 4)
    an_index_has_one_to_four_hash_keys_and_up_to_four_sort_keys();
  if (o.keys_only && o.includes.size > 0) an_index_is_keys_only_or_includes_members();
  if (is_too_short(o.name)) the_name_of_an_index_has_three_characters_at_least();
  if (o.local && (o.hash_keys != 1 || sizeof...(K) != 2)) a_local_index_is_over_the_tables_partition_key_and_one_sort_key();
}
template <auto F, auto... S> constexpr void check_part(const ComputedIndex<F, S...>& o) {
  if (!key_type_v<value_of<F>> || !(key_type_v<value_of<S>> && ...)) {
    an_index_key_must_be_a_string_a_number_or_binary();
  }
  if (o.keys_only && o.includes.size > 0) an_index_is_keys_only_or_includes_members();
  if (is_too_short(o.name)) the_name_of_an_index_has_three_characters_at_least();
}
template <auto... M> constexpr void check_part(const Unique<M...>& u) {
  if (!(claimable_v<value_of<M>> && ...)) a_unique_set_takes_texts_numbers_times_bools_binary_and_foreign_keys();
  if (u.fold_case && !(Text<value_of<M>> || ...)) fold_case_needs_a_unique_text();
}
template <auto M> constexpr void check_part(const Transient<M>&) {}
template <auto M> constexpr void check_part(const PartitionKey<M>&) {
  if (!key_type_v<value_of<M>> || nullable_v<value_of<M>>) an_index_key_must_be_a_string_a_number_or_binary();
}
template <auto M> constexpr void check_part(const SortKey<M>&) {
  if (!key_type_v<value_of<M>> || nullable_v<value_of<M>>) an_index_key_must_be_a_string_a_number_or_binary();
}
template <class... P> constexpr void check_part(const Fields<P...>& f) {
  f.parts.each([](const auto& p) { check_part(p); });
}

// Visits every part, flattened, in order.
template <class... P, class Fn>
constexpr void visit_part(const Fields<P...>& fields, Fn& fn) { visit_parts(fields.parts, fn); }
template <class P, class Fn>
constexpr void visit_part(const P& p, Fn& fn) { fn(p); }
template <class... P, class Fn>
constexpr void visit_parts(const Parts<P...>& parts, Fn& fn) { (visit_part(static_cast<const P&>(parts), fn), ...); }
template <class T, class Fn> constexpr void for_each_part(Fn&& fn) { visit_parts(T::schema.parts, fn); }

struct NameCheck {
  std::array<std::string_view, 256> seen{};
  std::size_t size = 0, expiries = 0;
  template <class P> constexpr void operator()(const P& p) {
    if constexpr (requires { P::kind; }) if (P::kind == Kind::ttl && ++expiries > 1) a_model_has_one_TTLField_at_most();
    if constexpr (requires { p.name(); }) {
      for (std::size_t i = 0; i < size; ++i) if (seen[i] == p.name()) two_fields_have_one_attribute_name();
      if (size < seen.size()) seen[size++] = p.name();
    }
  }
};
template <class P> inline constexpr std::string_view first_key_of{};
template <auto H, auto... M> inline constexpr std::string_view first_key_of<Index<H, M...>> = member_name<H>();
template <class P> inline constexpr bool is_partition_key_v = false;
template <auto M> inline constexpr bool is_partition_key_v<PartitionKey<M>> = true;
template <class P> inline constexpr bool is_sort_key_v = false;
template <auto M> inline constexpr bool is_sort_key_v<SortKey<M>> = true;

// The members that may stand in an index, and the table's key.
struct KeyCheck {
  std::array<std::string_view, 256> members{"pk"};
  std::size_t size = 1;
  std::string_view partition = "pk";
  bool has_sort_key = false;
  template <class P> constexpr void operator()(const P&) {
    if constexpr (is_partition_key_v<P>) partition = member_name<P::member>();
    if constexpr (is_sort_key_v<P>) has_sort_key = true;
    if constexpr (requires { P::member; }) {
      if constexpr (!is_many_v<value_of<P::member>>)
        if (size < members.size()) members[size++] = member_name<P::member>();
    }
  }
};
// What indexes demand of the other parts.
struct IndexCheck {
  const KeyCheck& keys;
  std::size_t local = 0;
  template <class P> constexpr void operator()(const P& p) {
    if constexpr (requires { p.includes; }) {
      for (std::size_t i = 0; i < p.includes.size; ++i) {
        bool known = false;
        for (std::size_t k = 0; k < keys.size; ++k) known = known || keys.members[k] == p.includes.names[i];
        if (!known) an_index_includes_members_that_have_fields_of_their_own();
      }
    }
    if constexpr (requires { p.local; }) {
      if (!p.local) return;
      if (!keys.has_sort_key) a_local_index_needs_a_table_with_a_sort_key();
      if (first_key_of<P> != keys.partition) a_local_index_is_over_the_tables_partition_key_and_one_sort_key();
      if (++local > 5) a_table_takes_five_local_indexes();
    }
  }
};
template <class... P> consteval void check_parts(const P&... p) {
  (check_part(p), ...);
  NameCheck names;
  (visit_part(p, names), ...);
  KeyCheck keys;
  (visit_part(p, keys), ...);
  [[maybe_unused]] IndexCheck indexes{keys};  // a model may have no fields
  (visit_part(p, indexes), ...);
}

template <class... P> consteval Fields<P...> fields(P... p) {
  (check_part(p), ...);
  return {{p...}};
}
template <class T, class... P> consteval Schema<T, P...> define(Meta m, P... p) {
  check_parts(p...);
  return {m, {p...}};
}
template <class T, class... P> consteval Schema<T, P...> define(P... p) {
  check_parts(p...);
  return {{}, {p...}};
}

}  // namespace dynamo_backend

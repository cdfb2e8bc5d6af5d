// DynamoModel<T> (a table with the UUID key `pk`) and DynamoTable<T> (a table with a key of its
// own): the bases of models.
//
// A model is a plain struct with a `schema`. Optional members of it: `void clean(ValidationError&)
// const`, `std::string str() const`, `static Q<T> search_visible()` (what every search is held to).
// Thread safety: a row is a value; one thread at a time.
#pragma once
#include "dynamo_backend/manager.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/related_manager.h"
#include "dynamo_backend/relations.h"

// Version 14 takes requires clauses and chains of if constexpr apart.
// clang-format off
namespace dynamo_backend {

// ---- every member is a field: counted, so that none is silently not stored
namespace detail {
template <class T> struct AnyMember {
  template <class U> requires(!std::is_base_of_v<U, T>) operator U() const { throw 0; }  // NOLINT: never run
};
template <class T> struct AnyBase {
  template <class U>
    requires(std::is_base_of_v<U, T> && !std::is_same_v<U, T>)
  operator U() const { throw 0; }  // NOLINT
};
template <class T, std::size_t... B, std::size_t... N>
consteval bool brace_constructible(std::index_sequence<B...>, std::index_sequence<N...>) {
  return requires { T{((void)B, AnyBase<T>{})..., ((void)N, AnyMember<T>{})...}; };
}
template <class T, std::size_t B, std::size_t N = 0>
consteval std::size_t count_from() {
  using Next = std::make_index_sequence<N + 1>;
  if constexpr (N < 128 && brace_constructible<T>(std::make_index_sequence<B>{}, Next{})) return count_from<T, B, N + 1>();
  else return N;
}
template <class T, std::size_t B = 0>
consteval std::size_t base_count() {
  using Next = std::make_index_sequence<B + 1>;
  if constexpr (B < 8 && brace_constructible<T>(Next{}, std::index_sequence<>{})) return base_count<T, B + 1>();
  else return B;
}
template <class T, auto M> inline constexpr std::size_t is_own_v = std::same_as<typename traits_of<M>::owner, T>;
template <class T, class P> inline constexpr std::size_t covers_v = 0;
template <class T, Kind K, auto M> inline constexpr std::size_t covers_v<T, Field<K, M>> = is_own_v<T, M>;
template <class T, auto M> inline constexpr std::size_t covers_v<T, Transient<M>> = is_own_v<T, M>;
template <class T, auto M> inline constexpr std::size_t covers_v<T, PartitionKey<M>> = is_own_v<T, M>;
template <class T, auto M> inline constexpr std::size_t covers_v<T, SortKey<M>> = is_own_v<T, M>;
template <class T, class... P> consteval std::size_t own_fields(const Schema<T, P...>*) {
  return (covers_v<T, P> + ... + 0);
}
template <class P> inline constexpr bool is_partition_v = false;
template <auto M> inline constexpr bool is_partition_v<PartitionKey<M>> = true;
template <class T, class... P> consteval bool has_partition(const Schema<T, P...>*) {
  return (is_partition_v<P> || ...);
}
template <class T> consteval bool has_key() {
  return std::derived_from<T, DynamoModel<T>> || has_partition(static_cast<decltype(&T::schema)>(nullptr));
}
}  // namespace detail
template <class T> consteval std::size_t member_count() { return detail::count_from<T, detail::base_count<T>()>(); }
template <class T> consteval std::size_t own_fields() {
  return detail::own_fields(static_cast<decltype(&T::schema)>(nullptr));
}

template <class T>
class ModelBase {
 public:
  static constexpr Manager<T> objects{};
  struct DoesNotExist : ObjectDoesNotExist {
    using ObjectDoesNotExist::ObjectDoesNotExist;
  };
  struct MultipleObjectsReturned : dynamo_backend::MultipleObjectsReturned {
    using dynamo_backend::MultipleObjectsReturned::MultipleObjectsReturned;
  };

  // A new row is inserted (IntegrityError: its key or a unique value is taken); of a row that was
  // read what changed is written, on condition that the row still exists (DoesNotExist) and has the
  // version that was read (ConflictError). Throws ValidationError.
  void save() { save_row(model_info<T>(), &self()); }
  // Reads the row again; members that are not stored keep their values.
  void refresh();
  void refresh_from_db() { refresh(); }
  // Deletes the row and what hangs on it. DoesNotExist: it was gone. ProtectedError: rows with
  // OnDelete::restrict_ point to it. ConflictError: its version is not the one that was read.
  void remove() { remove_row(model_info<T>(), &self()); }
  // Everything that is wrong with the row, in one ValidationError: what save() demands, and that no
  // text is blank that must not be.
  void full_clean() const { validate_row(model_info<T>(), &self(), Strictness::full); }
  bool is_new() const { return state_.is_new(); }
  const std::vector<std::string_view>& last_written() const { return state_.last_written(); }

  // JSON: an object of all stored fields; and from one, strictly. The callers include
  // "base/json_writer.h", "base/json.h".
  void write_json(base::JsonWriter& out) const { write_row(model_info<T>(), &self(), out); }
  void update_from(const Json& object) { update_from_json(model_info<T>(), &self(), object); }

  // Rows of another model whose foreign key or many-to-many M points here:
  // alice.related<&Post::author_pk>(): a queryset that also creates and adds (related_manager.h).
  template <auto M>
  auto related(const boost::source_location& at = BOOST_CURRENT_LOCATION) const {
    using V = bare_t<value_of<M>>;
    static_assert(is_ref_v<V> || is_many_v<V>, "related<&Other::key>() takes a foreign key or a many-to-many");
    static_assert(std::same_as<element_t<V>, T>,
                  "related<&Other::key>() needs a foreign key that points to this model");
    return related_manager<M>(self().pk, state_, at);
  }
  // The one row whose one-to-one M points here: user.related_one<&Profile::user_pk>(). Throws its
  // DoesNotExist; try_related_one() gives nullopt.
  template <auto M>
  owner_of<M> related_one(const boost::source_location& at = BOOST_CURRENT_LOCATION) const {
    return related<M>(at).get();
  }
  template <auto M>
  std::optional<owner_of<M>> try_related_one(const boost::source_location& at = BOOST_CURRENT_LOCATION) const {
    return related<M>(at).try_get();
  }

  RowState& row_state() { return state_; }

 private:
  T& self() { return static_cast<T&>(*this); }
  const T& self() const { return static_cast<const T&>(*this); }
  RowState state_{};
};

template <class T> struct DynamoModel : ModelBase<T> { Uuid pk{}; };
template <class T> struct DynamoTable : ModelBase<T> {};

template <class T>
void ModelBase<T>::refresh() {
  const ModelInfo& model = model_info<T>();
  const dynamodb::Item key = key_of(model, &self());
  const auto packed = fetch(model, key);
  if (!packed) model.raise_does_not_exist("key " + key_text(model, key));
  T row{};
  load_row(model, &row, packed->bytes());
  for_each_part<T>([&]<class P>(const P&) {
    if constexpr (requires { []<auto M>(Transient<M>*) {}(static_cast<P*>(nullptr)); }) {
      [&]<auto M>(Transient<M>*) { row.*M = std::move(self().*M); }(static_cast<P*>(nullptr));
    }
  });
  self() = std::move(row);
}

template <class T> const T& Ref<T>::get() const {
  static_assert(is_key_of<T, Uuid>, "Ref<T>: T's key must be one UUID, as DynamoModel's pk; keep other keys in members of your own");
  if (!is_cached()) row_ = std::make_shared<const T>(T::objects.get(pk));
  return *row_;
}
template <class T> Uuid Ref<T>::row_pk() const { return row_->pk; }

// ---- ModelInfo from the schema

template <class T, auto M>
void* member_at(void* row) { return &(static_cast<T*>(row)->*M); }

template <class T, Kind K, auto M>
constexpr FieldInfo field_info(const Field<K, M>& p) {
  using V = value_of<M>;
  FieldInfo i{.member = member_name<M>(), .attribute = p.name(), .kind = K, .max_length = p.max_length,
              .index = p.index, .unique = p.unique, .fold_case = p.fold_case, .blank = p.blank, .searchable = p.searchable,
              .filterable = p.filterable, .counter = p.counter, .auto_now = p.auto_now, .auto_now_add = p.auto_now_add,
              .editable = p.editable, .search_weight = p.search_weight,
              .on_delete = p.on_delete, .related_name = p.related_name, .verbose_name = p.verbose_name,
              .help_text = p.help_text, .keys_in = p.keys_in};
  if constexpr (is_many_v<V>) {
    static_assert(is_key_of<T, Uuid>, "Many<…>: the model's key must be one UUID, as DynamoModel's pk: links hold it");
    i.at = [](void* row) -> void* { return static_cast<ManyBase*>(&(static_cast<T*>(row)->*M)); };
    i.target = &model_info<element_t<V>>;
    i.target_type = type_name<element_t<V>>();
    []<class O, class Through>(Many<O, Through>*, FieldInfo& info) {
      if constexpr (!std::is_void_v<Through>) info.through = &model_info<Through>;
    }(static_cast<V*>(nullptr), i);
  } else {
    if constexpr (K == Kind::ttl) i.type = &ttl_ops<V>;
    else i.type = &type_ops<V>;
    i.at = &member_at<T, M>;
  }
  if constexpr (is_ref_v<bare_t<V>>) {
    using O = element_t<V>;
    i.target = &model_info<O>;
    i.target_type = type_name<O>();
    i.cache = [](void* row, std::shared_ptr<const void> other) {
      const V& member = static_cast<T*>(row)->*M;
      if constexpr (nullable_v<V>) { if (member) member->cache(std::static_pointer_cast<const O>(std::move(other))); }
      else member.cache(std::static_pointer_cast<const O>(std::move(other)));
    };
  }
  return i;
}

template <class V>
consteval Kind key_kind() {
  if (Text<V>) return Kind::char_;
  if (Integer<V>) return Kind::integer;
  if (std::floating_point<V>) return Kind::real;
  if (std::same_as<V, Decimal>) return Kind::decimal;
  if (std::same_as<V, Timestamp>) return Kind::datetime;
  if (std::same_as<V, Binary>) return Kind::binary;
  return is_ref_v<V> ? Kind::foreign_key : Kind::uuid;
}

// The fields of a schema, in its order, as constants: made at run time they would be a quarter of the code of a unit of
// models.
template <class T, auto M> constexpr FieldInfo key_field(std::string_view attribute) {
  FieldInfo i = field_info<T>(Field<key_kind<value_of<M>>(), M>{.attribute = attribute});
  i.key = true;
  return i;
}
template <class P> inline constexpr bool is_field_part = false;
template <Kind K, auto M> inline constexpr bool is_field_part<Field<K, M>> = true;
template <auto M> inline constexpr bool is_field_part<PartitionKey<M>> = true;
template <auto M> inline constexpr bool is_field_part<SortKey<M>> = true;
template <class T> consteval std::size_t count_fields() {
  std::size_t n = 0;
  for_each_part<T>([&]<class P>(const P&) { n += is_field_part<P>; });
  return n;
}
template <class T>
struct CollectFields {
  std::array<FieldInfo, count_fields<T>()>& out;
  std::size_t n = 0;
  template <Kind K, auto M> constexpr void operator()(const Field<K, M>& p) { out[n++] = field_info<T>(p); }
  template <auto M> constexpr void operator()(const PartitionKey<M>& p) { out[n++] = key_field<T, M>(p.attribute); }
  template <auto M> constexpr void operator()(const SortKey<M>& p) { out[n++] = key_field<T, M>(p.attribute); }
  template <class P> constexpr void operator()(const P&) {}
};
template <class T> consteval auto collect_fields() {
  std::array<FieldInfo, count_fields<T>()> out{};
  for_each_part<T>(CollectFields<T>{out});
  return out;
}
template <class T> inline constexpr auto fields_of = collect_fields<T>();

// One part of a schema into the builder.
template <class T>
struct AddPart {
  ModelInfoBuilder& builder;
  std::size_t next = 0;  // of fields_of<T>
  template <Kind K, auto M> void operator()(const Field<K, M>& p) {
    builder.field(fields_of<T>[next++], reinterpret_cast<AnyFactory>(p.default_factory));
  }
  template <auto M> void operator()(const PartitionKey<M>&) { builder.field(fields_of<T>[next++]); }
  template <auto M> void operator()(const SortKey<M>&) { builder.field(fields_of<T>[next++]); }
  template <auto... K> void operator()(const Index<K...>& p) const {
    builder.index({p.name, p.local, p.keys_only, p.includes, p.hash_keys}, {member_name<K>()...});
  }
  template <auto... M> void operator()(const Unique<M...>& p) const {
    builder.unique(p.name, {member_name<M>()...}, p.fold_case);
  }
  template <auto Fn, auto... S> void operator()(const ComputedIndex<Fn, S...>& p) const {
    using V = value_of<Fn>;
    builder.computed({.member = member_name<Fn>(), .attribute = member_name<Fn>(), .kind = Kind::computed,
                      .type = &type_ops<V>,
                      .compute = [](const void* row) { return Codec<V>::encode(Fn(*static_cast<const T*>(row))); },
                      .editable = false},
                     {.name = p.name, .keys_only = p.keys_only, .includes = p.includes}, {member_name<S>()...}, p.reads);
  }
  template <auto M> void operator()(const Transient<M>&) const {}
};

template <class T>
RowFunctions row_functions() {
  RowFunctions r;
  r.make = []() -> std::shared_ptr<void> { return std::make_shared<T>(); };
  r.state = [](void* row) -> RowState& { return static_cast<T*>(row)->row_state(); };
  if constexpr (requires(const T& row, ValidationError& e) { row.clean(e); }) {
    r.clean = [](const void* row, ValidationError& e) { static_cast<const T*>(row)->clean(e); };
  }
  if constexpr (requires(const T& row) { std::string(row.str()); }) {
    r.str = [](const void* row) { return std::string(static_cast<const T*>(row)->str()); };
  }
  return r;
}

template <class T>
std::unique_ptr<const ModelInfo> build_model_info() {
  auto info = std::make_unique<ModelInfo>();
  ModelInfo& m = *info;
  ModelInfoBuilder builder(m);
  builder.name(type_name<T>(), T::schema.meta);
  m.self = &model_info<T>;
  m.row = row_functions<T>();
  m.raise_does_not_exist = [](const std::string& what) {
    throw typename T::DoesNotExist(model_info<T>().name + " matching query does not exist (" + what + ").");
  };
  m.raise_multiple = [](const std::string& what) {
    throw typename T::MultipleObjectsReturned("get() found more than one " + model_info<T>().name + " (" + what +
                                              ").");
  };
  m.generated_key = std::derived_from<T, DynamoModel<T>>;
  if constexpr (requires { { T::search_visible() } -> std::same_as<Q<T>>; })
    m.search_visible = [] { return T::search_visible().node(); };
  if constexpr (std::derived_from<T, DynamoModel<T>>) {
    static constexpr FieldInfo pk = key_field<T, &DynamoModel<T>::pk>({});
    builder.field(pk);
  }
  for_each_part<T>(AddPart<T>{builder});
  builder.finish();
  return info;
}

template <class T>
const ModelInfo& model_info() {
  static_assert(detail::has_key<T>(), "a DynamoTable needs a PartitionKey<&Model::member>{} in its schema");
  static_assert(std::is_aggregate_v<T>,
                "a model is a plain struct: no constructors, no private members, no virtual functions");
  static_assert(member_count<T>() == own_fields<T>(),
                "a member of this model has no field: give it one, or say Transient<&Model::member>");
  static const std::unique_ptr<const ModelInfo> info = build_model_info<T>();
  return *info;
}

}  // namespace dynamo_backend

#include "dynamo_backend/model_info.h"

#include <algorithm>
#include <cctype>

#include "dynamo_backend/computed.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/search_version.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/text.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {

// ---- FieldInfo

std::string FieldInfo::label() const {
  std::string text(verbose_name.empty() ? attribute : verbose_name);
  if (verbose_name.empty()) std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

void FieldInfo::pack(const void* row, dynamodb::ItemPacker& out) const {
  if (compute) {
    if (const Value value = compute(row); !value.is<dynamodb::Null>()) out.add(attribute, value);
  } else if (at && stored()) {
    type->pack(at(const_cast<void*>(row)), attribute, out);
  }
}

Value FieldInfo::get(const void* row) const {
  if (compute) return compute(row);
  dynamodb::ItemPacker packer;
  pack(row, packer);
  const dynamodb::PackedItem packed = std::move(packer).finish();
  const auto value = packed.view().find(attribute);
  return value ? dynamodb::unpack(*value) : Value();
}

void FieldInfo::load(void* row, dynamodb::ValueView stored_value) const {
  if (!at || !stored()) return;
  void* const target_member = at(row);
  if (stored_value.type() != dynamodb::Type::NUL) return type->load(target_member, stored_value);
  // The original writes NULL for None: for a member that cannot be empty, too, which then keeps its
  // C++ default.
  if (type->absent) type->absent(target_member);
}

void FieldInfo::set(void* row, const Value& value) const {
  if (value.is<dynamodb::Null>() && at && !type->absent) throw BadValue("cannot be empty");
  const std::string packed = dynamodb::pack_value(value);
  load(row, dynamodb::ValueView(packed));
}

void FieldInfo::write_json(const void* row, base::JsonWriter& out) const {
  dynamo_backend::write_json(shape(), get(row), out);
}

void FieldInfo::from_json(void* row, const Json& json) const {
  if (!nullable() || !is_null(json)) return set(row, dynamo_backend::from_json(shape(), json));
  set(row, Value());
}

// ---- IndexInfo

std::vector<const FieldInfo*> IndexInfo::hash_keys() const {
  std::vector<const FieldInfo*> keys{hash};
  keys.insert(keys.end(), more_hash.begin(), more_hash.end());
  return keys;
}

std::vector<const FieldInfo*> IndexInfo::sort_keys() const {
  if (!sort) return {};
  std::vector<const FieldInfo*> keys{sort};
  keys.insert(keys.end(), more_sort.begin(), more_sort.end());
  return keys;
}

bool IndexInfo::holds(const FieldInfo& f) const {
  const auto among = [&](const std::vector<const FieldInfo*>& list) {
    return std::find(list.begin(), list.end(), &f) != list.end();
  };
  return projection == dynamodb::ProjectionType::all || f.key || &f == hash || &f == sort ||
         among(more_hash) || among(more_sort) || among(includes);
}

// ---- ModelInfo

std::string UniqueInfo::attributes() const {
  std::string text;
  for (const FieldInfo* f : fields) {
    if (!text.empty()) text += ", ";
    text += f->attribute;
  }
  return text;
}

ModelInfo::ModelInfo() : signals(std::make_unique<ModelSignals>()) {}
ModelInfo::~ModelInfo() = default;

const FieldInfo* ModelInfo::find_member(std::string_view member) const {
  for (const FieldInfo& f : fields) {
    if (f.member == member) return &f;
  }
  return nullptr;
}

const FieldInfo& ModelInfo::by_member(std::string_view member) const {
  if (const FieldInfo* f = find_member(member)) return *f;
  throw FieldError(name + " has no field for its member '" + std::string(member) + "'.");
}

const FieldInfo* ModelInfo::find(std::string_view attribute) const {
  for (const FieldInfo& f : fields) {
    if (f.attribute == attribute) return &f;
  }
  if (attribute == "pk") return partition;
  // "author" names the foreign key "author_pk", as in Django.
  for (const FieldInfo& f : fields) {
    if (is_relation(f.kind) && f.attribute.size() == attribute.size() + 3 &&
        f.attribute.starts_with(attribute) && f.attribute.ends_with("_pk")) {
      return &f;
    }
  }
  return nullptr;
}

const FieldInfo& ModelInfo::field(std::string_view attribute) const {
  if (const FieldInfo* f = find(attribute)) return *f;
  throw FieldError("Cannot resolve '" + std::string(attribute) + "' on " + name +
                   ". Choices are: " + choices() + ".");
}

std::string ModelInfo::choices() const {
  std::string text;
  for (const FieldInfo& f : fields) {
    if (!text.empty()) text += ", ";
    text += f.attribute;
  }
  return text;
}

const IndexInfo* ModelInfo::find_index(std::string_view index_name) const {
  for (const IndexInfo& i : indexes) {
    if (i.name == index_name) return &i;
  }
  return nullptr;
}

const ModelInfo* ModelInfo::join_of(const FieldInfo& m2m) const {
  if (m2m.through) return &m2m.through();
  for (const auto& join : joins) {
    if (join->table == table + "_" + std::string(m2m.attribute)) return join.get();
  }
  return nullptr;
}

JoinKeys join_keys(const ModelInfo& model, const FieldInfo& many) {
  const ModelInfo& join = *model.join_of(many);
  const ModelInfo& target = many.target();
  JoinKeys keys;
  for (const FieldInfo& f : join.fields) {
    if (!is_relation(f.kind)) continue;
    if (!keys.owner && &f.target() == &model)
      keys.owner = &f;
    else if (!keys.target && &f.target() == &target)
      keys.target = &f;
  }
  if (keys.owner && keys.target) return keys;
  throw ImproperlyConfigured(join.name + " joins " + model.name + " and " + target.name +
                             ": it needs a ForeignKey to each.");
}

// ---- names

TypeName split_type_name(std::string_view cpp_type) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cpp_type.size(); ++i) {
    const bool end = i == cpp_type.size();
    if (!end && (cpp_type[i] == '<' || cpp_type[i] == '(' || cpp_type[i] == '{')) ++depth;
    if (!end && (cpp_type[i] == '>' || cpp_type[i] == ')' || cpp_type[i] == '}')) --depth;
    if (!end && (depth > 0 || cpp_type.substr(i, 2) != "::")) continue;
    parts.push_back(cpp_type.substr(begin, i - begin));
    begin = i + 2;
    ++i;
  }
  TypeName result;
  for (std::string_view part : parts) {
    if (part.find_first_of("<({") != std::string_view::npos) continue;
    result.app_label = result.model;
    result.model = part;
  }
  return result;
}

std::vector<OrderTerm> parse_ordering(const ModelInfo& model, std::string_view text) {
  std::vector<OrderTerm> terms;
  while (!text.empty()) {
    std::string_view term = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), term.size() + 1));
    while (term.starts_with(' ')) term.remove_prefix(1);
    while (term.ends_with(' ')) term.remove_suffix(1);
    const bool descending = term.starts_with('-');
    if (descending || term.starts_with('+')) term.remove_prefix(1);
    const FieldInfo& field = model.field(term);
    if (!field.stored() || !(field.shape().is_key_type() || field.kind == Kind::boolean)) {
      throw FieldError("Cannot order " + model.name + " by '" + std::string(term) +
                       "': its values have no order.");
    }
    terms.push_back({&field, descending});
  }
  return terms;
}

// ---- the builder

void ModelInfoBuilder::field(FieldInfo field, AnyFactory default_factory) {
  if (default_factory && field.type) field.default_factory = default_factory;
  info_.fields.push_back(field);
}

void ModelInfoBuilder::name(std::string_view cpp_type, const Meta& meta) {
  const TypeName type = split_type_name(cpp_type);
  info_.meta = meta;
  info_.name = type.model;
  info_.app_label = meta.app_label.empty() ? type.app_label : std::string(meta.app_label);
  std::string lower = type.model;
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  info_.table = !meta.table_name.empty()  ? std::string(meta.table_name)
                : info_.app_label.empty() ? lower
                                          : info_.app_label + "_" + lower;
}

void ModelInfoBuilder::index(const IndexOptions& options,
                             std::initializer_list<std::string_view> members) {
  indexes_.push_back({options, members});
}

void ModelInfoBuilder::unique(std::string_view name,
                              std::initializer_list<std::string_view> members, bool fold_case) {
  unique_.push_back({std::string(name), members, fold_case});
}

void ModelInfoBuilder::computed(FieldInfo field, const IndexOptions& options,
                                std::initializer_list<std::string_view> sort,
                                const MemberList& reads) {
  std::vector<std::string_view> members{field.member};
  members.insert(members.end(), sort);
  indexes_.push_back({options, std::move(members)});
  computed_.emplace_back(field.member, reads);
  info_.fields.push_back(field);
}

void ModelInfoBuilder::finish() {
  // Computed fields last: every other field keeps the order in which it was declared.
  std::stable_partition(info_.fields.begin(), info_.fields.end(),
                        [](const FieldInfo& f) { return f.kind != Kind::computed; });
  for (FieldInfo& f : info_.fields) {
    if (f.key) (info_.partition ? info_.sort : info_.partition) = &f;
    if (f.kind == Kind::one_to_one) f.unique = true;
    if (f.unique) info_.unique.push_back({std::string(f.attribute), {&f}, f.fold_case});
    if (f.kind == Kind::version) info_.version = &f;
    if (f.kind == Kind::ttl) info_.ttl = &f;
    if (f.stored())
      info_.by_attribute.push_back(&f);
    else
      info_.many.push_back(&f);
  }
  if (!info_.partition)
    throw ImproperlyConfigured(info_.name +
                               ": a DynamoTable needs a PartitionKey<&Model::member>.");
  std::sort(info_.by_attribute.begin(), info_.by_attribute.end(),
            [](const FieldInfo* a, const FieldInfo* b) { return a->attribute < b->attribute; });
  resolve_search();
  resolve_unique();
  resolve_indexes();
  add_field_indexes();
  check_indexes();
  for (const IndexInfo& i : info_.indexes) {
    for (const FieldInfo* f : i.hash_keys()) const_cast<FieldInfo*>(f)->index_key = true;
    for (const FieldInfo* f : i.sort_keys()) const_cast<FieldInfo*>(f)->index_key = true;
  }
  resolve_ordering();
  check_keys_in();
  make_joins();
  for (ComputedInfo& c : info_.computed) {
    if (!c.declared) c.reads = find_reads(info_, *c.field);
  }
}

// The stream that the search worker reads. One of another view is an error of `manage check`
// (search.E002), since it may be on a table that exists.
void ModelInfoBuilder::resolve_search() {
  if (!info_.meta.opensearch_sync) return;
  if (info_.find(kSearchVersion))
    throw ImproperlyConfigured(info_.name + ": with .opensearch_sync the attribute '" +
                               std::string(kSearchVersion) +
                               "' is the framework's: give that field another .attribute.");
  if (!info_.meta.stream) info_.meta.stream = StreamViewType::new_and_old_images;
}

void ModelInfoBuilder::resolve_unique() {
  for (PendingUnique& pending : unique_) {
    UniqueInfo unique{std::move(pending.name), {}, pending.fold_case, true};
    std::string joined;
    for (std::string_view member : pending.members) {
      const FieldInfo& f = info_.by_member(member);
      unique.fields.push_back(&f);
      joined += (joined.empty() ? "" : "-") + std::string(f.attribute);
    }
    if (unique.name.empty()) unique.name = joined;
    for (const UniqueInfo& other : info_.unique) {
      if (other.fields == unique.fields || other.name == unique.name)
        throw ImproperlyConfigured(info_.name + ": two unique constraints on " +
                                   unique.attributes() + ", or with the name " + unique.name +
                                   ". Keep one of them.");
    }
    info_.unique.push_back(std::move(unique));
  }
  for (const UniqueInfo& unique : info_.unique) {
    for (const FieldInfo* f : unique.fields) const_cast<FieldInfo*>(f)->claimed = true;
  }
  // Claims expire with their row.
  if (info_.ttl && !info_.unique.empty()) const_cast<FieldInfo*>(info_.ttl)->claimed = true;
}

IndexInfo ModelInfoBuilder::resolve_index(const PendingIndex& pending) const {
  const IndexOptions& options = pending.options;
  IndexInfo index;
  for (std::size_t i = 0; i < pending.members.size(); ++i) {
    const FieldInfo* f = &info_.by_member(pending.members[i]);
    const bool hash = i < options.hash_keys;
    const FieldInfo*& first = hash ? index.hash : index.sort;
    if (!first)
      first = f;
    else
      (hash ? index.more_hash : index.more_sort).push_back(f);
    if (options.name.empty()) index.name += std::string(f->attribute) + "-";
  }
  index.name += options.name.empty() ? "index" : options.name;
  index.local = options.local;
  if (options.keys_only) index.projection = dynamodb::ProjectionType::keys_only;
  for (std::size_t i = 0; i < options.includes.size; ++i) {
    const FieldInfo* f = &info_.by_member(options.includes.names[i]);
    index.projection = dynamodb::ProjectionType::keys_only;  // where keys are all that is named
    if (f->stored() && !index.holds(*f)) index.includes.push_back(f);
  }
  if (!index.includes.empty()) index.projection = dynamodb::ProjectionType::include;
  return index;
}

void ModelInfoBuilder::check_indexes() const {
  const auto local = static_cast<std::size_t>(std::count_if(
      info_.indexes.begin(), info_.indexes.end(), [](const auto& i) { return i.local; }));
  const std::size_t global = info_.indexes.size() - local;
  if (global > dynamodb::kMaxGlobalIndexes) {
    throw ImproperlyConfigured(info_.name + " declares " + std::to_string(global) +
                               " global indexes; a DynamoDB table takes 20. Take `index` off "
                               "fields that no query starts from.");
  }
  std::size_t included = 0;
  for (const IndexInfo& i : info_.indexes) {
    included += i.includes.size();
    const auto same = [&](const IndexInfo& other) { return other.name == i.name; };
    if (std::count_if(info_.indexes.begin(), info_.indexes.end(), same) > 1)
      throw ImproperlyConfigured(info_.name + " declares two indexes of the name '" + i.name +
                                 "': give one of them another `.name`.");
    // The compiler has said so of a model in C++; not of one that is made at run time.
    if (i.local && (!info_.sort || i.hash != info_.partition))
      throw ImproperlyConfigured(info_.name + ": the local index '" + i.name +
                                 "' needs a table with a sort key, and its partition key.");
  }
  if (local > dynamodb::kMaxLocalIndexes)
    throw ImproperlyConfigured(info_.name + " declares " + std::to_string(local) +
                               " local indexes; a DynamoDB table takes 5.");
  if (included > dynamodb::kMaxProjectedAttributes)
    throw ImproperlyConfigured(info_.name + ": its indexes include " + std::to_string(included) +
                               " members; DynamoDB takes 100 in a table's indexes together.");
}

void ModelInfoBuilder::resolve_indexes() {
  for (const PendingIndex& pending : indexes_) info_.indexes.push_back(resolve_index(pending));
  for (const auto& [member, reads] : computed_) {
    ComputedInfo computed{&info_.by_member(member), {}, reads.size > 0};
    for (std::size_t i = 0; i < reads.size; ++i)
      computed.reads.push_back(&info_.by_member(reads.names[i]));
    info_.computed.push_back(std::move(computed));
  }
}

// One GSI for each field that asks for it, and for foreign keys, whose reverse side and deletions
// need it; not where a declared index of whole rows starts with the field already.
void ModelInfoBuilder::add_field_indexes() {
  for (const FieldInfo& f : info_.fields) {
    if (f.key || f.kind == Kind::computed || f.kind == Kind::many_to_many) continue;
    if (!f.index && !f.unique && !is_relation(f.kind)) continue;
    const bool served =
        std::any_of(info_.indexes.begin(), info_.indexes.end(), [&](const IndexInfo& i) {
          const auto sort = i.sort_keys();
          return i.hash == &f && i.more_hash.empty() &&
                 std::none_of(sort.begin(), sort.end(),
                              [](const auto* s) { return s->may_be_absent(); });
        });
    if (served && !f.index) continue;
    info_.indexes.push_back({.name = std::string(f.attribute) + "-index", .hash = &f});
  }
}

void ModelInfoBuilder::resolve_ordering() {
  try {
    info_.ordering = parse_ordering(info_, info_.meta.ordering);
  } catch (const FieldError& e) {
    throw ImproperlyConfigured(info_.name + ": .ordering: " + e.what());
  }
}

void ModelInfoBuilder::check_keys_in() const {
  for (const FieldInfo& many : info_.fields) {
    if (many.keys_in.empty()) continue;
    const FieldInfo* set = info_.find_member(many.keys_in);
    if (many.kind == Kind::many_to_many && set && set->kind == Kind::set && set->shape().element &&
        set->shape().element->type == Shape::Type::text)
      continue;
    throw ImproperlyConfigured(info_.name + "." + std::string(many.member) +
                               ": .keys_in names a member of the model that is a set of texts with "
                               "a SetField; it belongs to a ManyToManyField.");
  }
}

// A Many without a join model has a table of its own: `<table>_<attribute>` with pk, `<model>_pk`
// and `<target>_pk`.
void ModelInfoBuilder::make_joins() {
  for (const FieldInfo& many : info_.fields) {
    if (many.kind != Kind::many_to_many || many.through) continue;
    auto join = std::make_unique<ModelInfo>();
    const auto own = [&](const std::string& text) -> std::string_view {
      return *join->names.emplace_back(std::make_unique<std::string>(ascii_lower(text)));
    };
    const std::string target = split_type_name(many.target_type).model;
    const bool self_relation = target == info_.name;
    join->name = info_.name + "_" + std::string(many.attribute);
    join->app_label = info_.app_label;
    join->table = info_.table + "_" + std::string(many.attribute);
    const auto key = [&](std::string_view attribute, const ModelInfo& (*to)()) {
      return FieldInfo{.member = attribute,
                       .attribute = attribute,
                       .kind = Kind::foreign_key,
                       .type = &type_ops<Uuid>,
                       .target = to};
    };
    ModelInfoBuilder builder(*join);
    builder.field({.member = "pk",
                   .attribute = "pk",
                   .kind = Kind::uuid,
                   .type = &type_ops<Uuid>,
                   .key = true});
    builder.field(key(own((self_relation ? "from_" : "") + info_.name + "_pk"), info_.self));
    builder.field(key(own((self_relation ? "to_" : "") + target + "_pk"), many.target));
    builder.finish();
    info_.joins.push_back(std::move(join));
  }
}

}  // namespace dynamo_backend

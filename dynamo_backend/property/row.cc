#include "dynamo_backend/property/row.h"

namespace property {
namespace {

Cell cell(const std::string& v) { return v; }
Cell cell(std::int64_t v) { return v; }
Cell cell(double v) { return v; }
Cell cell(const Decimal& v) { return v; }
Cell cell(bool v) { return v; }
Cell cell(Timestamp v) { return v; }
Cell cell(const Uuid& v) { return v; }
Cell cell(const Binary& v) { return Bytes{v.bytes}; }
Cell cell(const Ref<Group>& v) { return v.pk; }

template <class V>
constexpr Type type_of() {
  if constexpr (std::same_as<V, std::string>) return Type::text;
  if constexpr (std::same_as<V, std::int64_t>) return Type::integer;
  if constexpr (std::same_as<V, double>) return Type::real;
  if constexpr (std::same_as<V, Decimal>) return Type::decimal;
  if constexpr (std::same_as<V, bool>) return Type::boolean;
  if constexpr (std::same_as<V, Timestamp>) return Type::time;
  if constexpr (std::same_as<V, Binary>) return Type::bytes;
  return Type::uuid;
}

template <class V>
V from_cell(const Cell& c) {
  if constexpr (std::same_as<V, Binary>)
    return Binary{std::get<Bytes>(c).text};
  else if constexpr (is_ref_v<V>)
    return V(std::get<Uuid>(c));
  else
    return std::get<V>(c);
}

template <auto M>
FieldInfo field(Kind kind, std::string_view attribute) {
  using V = value_of<M>;
  FieldInfo f{.member = member_name<M>(), .attribute = attribute, .kind = kind};
  f.type = &type_ops<V>;
  f.at = [](void* row) -> void* { return &(static_cast<Row*>(row)->*M); };
  if constexpr (is_ref_v<bare_t<V>>) {
    f.target = &model_info<Group>;
    f.target_type = type_name<Group>();
  }
  return f;
}

template <auto M>
Member scalar(Kind kind, std::string_view attribute = {}) {
  using V = value_of<M>;
  using B = bare_t<V>;
  Member m{.name = member_name<M>(), .type = type_of<B>()};
  m.field = field<M>(kind, attribute.empty() ? m.name : attribute);
  m.nullable = nullable_v<V>;
  m.relation = is_ref_v<B>;
  m.get = [](const Row& r) -> std::optional<Cell> {
    const V& v = r.*M;
    if constexpr (nullable_v<V>)
      return v ? std::optional<Cell>(cell(*v)) : std::nullopt;
    else if constexpr (is_ref_v<V>)
      return v.pk.is_nil() ? std::nullopt : std::optional<Cell>(v.pk);
    else
      return cell(v);
  };
  m.set = [](Row& r, std::optional<Cell> c) {
    if (c)
      r.*M = from_cell<B>(*c);
    else
      r.*M = V{};
  };
  return m;
}

template <auto M>
Member many(Kind kind) {
  using E = element_t<value_of<M>>;
  Member m{.name = member_name<M>(), .type = type_of<E>(), .many = true};
  m.field = field<M>(kind, m.name);
  m.elements = [](const Row& r) {
    std::vector<Cell> out;
    for (const E& e : r.*M) out.push_back(cell(e));
    return out;
  };
  return m;
}

template <auto Fn>
Member computed() {
  using V = value_of<Fn>;
  Member m{.name = member_name<Fn>(), .type = type_of<bare_t<V>>(), .computed = true};
  m.field = {
      .member = m.name,
      .attribute = m.name,
      .kind = Kind::computed,
      .type = &type_ops<V>,
      .compute =
          [](const void* row) { return Codec<V>::encode(Fn(*static_cast<const Row*>(row))); },
      .editable = false};
  m.get = [](const Row& r) -> std::optional<Cell> {
    const V v = Fn(r);
    return v ? std::optional<Cell>(cell(*v)) : std::nullopt;
  };
  return m;
}

}  // namespace

const std::vector<Member>& members() {
  static const std::vector<Member> all{scalar<&Row::pk>(Kind::uuid),
                                       scalar<&Row::text>(Kind::char_),
                                       scalar<&Row::word>(Kind::char_, "a_word"),
                                       scalar<&Row::number>(Kind::integer),
                                       scalar<&Row::rank>(Kind::integer, "Rank"),
                                       scalar<&Row::real>(Kind::real),
                                       scalar<&Row::price>(Kind::decimal),
                                       scalar<&Row::at>(Kind::datetime, "at"),
                                       scalar<&Row::flag>(Kind::boolean),
                                       scalar<&Row::bytes>(Kind::binary),
                                       scalar<&Row::token>(Kind::uuid),
                                       scalar<&Row::nick>(Kind::char_),
                                       scalar<&Row::level>(Kind::integer),
                                       scalar<&Row::maybe>(Kind::boolean),
                                       scalar<&Row::seen>(Kind::datetime),
                                       scalar<&Row::fee>(Kind::decimal),
                                       many<&Row::tags>(Kind::list),
                                       many<&Row::marks>(Kind::set),
                                       many<&Row::digits>(Kind::set),
                                       scalar<&Row::group>(Kind::foreign_key, "group_pk"),
                                       scalar<&Row::other>(Kind::foreign_key, "other_pk"),
                                       computed<&Row::bucket>(),
                                       computed<&Row::third>()};
  return all;
}

const Member& member(std::string_view name) {
  for (const Member& m : members())
    if (m.name == name) return m;
  throw std::logic_error("no member " + std::string(name));
}

Value to_value(const Cell& c) {
  struct {
    Value operator()(const std::string& v) const { return v; }
    Value operator()(std::int64_t v) const { return v; }
    Value operator()(double v) const { return codec::encode_double(v); }
    Value operator()(const Decimal& v) const { return v; }
    Value operator()(bool v) const { return v; }
    Value operator()(Timestamp v) const { return base::to_iso(v); }
    Value operator()(const Uuid& v) const { return v.str(); }
    Value operator()(const Bytes& v) const { return Binary{v.text}; }
  } visitor;
  return std::visit(visitor, c);
}

std::string to_text(const Cell& c) {
  const Value v = to_value(c);
  if (const auto* n = v.get_if<dynamodb::Number>()) return n->text();
  if (const auto* b = v.get_if<bool>()) return *b ? "true" : "false";
  const std::string raw = v.is<Binary>() ? v.as<Binary>().bytes : v.as<std::string>();
  std::string text = "\"";
  for (const char byte : raw.substr(0, 60)) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(byte));
    if (byte < ' ' || byte == '"')
      text += hex;
    else
      text += byte;
  }
  return text + (raw.size() > 60 ? "…\"(" + std::to_string(raw.size()) + " bytes)" : "\"");
}

}  // namespace property

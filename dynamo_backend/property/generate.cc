#include "dynamo_backend/property/generate.h"

#include <algorithm>
#include <set>

namespace property {
namespace {

using Logic = Condition::Logic;

ConditionPtr make(Condition c) { return std::make_shared<const Condition>(std::move(c)); }

// Few values, so that rows share them, and those at the ends of what there is.
const std::vector<std::string>& texts() {
  static const std::vector<std::string> list{"",
                                             "a",
                                             "a",
                                             "ab",
                                             "abc",
                                             "b",
                                             "Ba",
                                             "B",
                                             "ÄÖ",
                                             "äö",
                                             "жЖ",
                                             "zz",
                                             "Abc",
                                             "\xF0\x9F\x98\x80",
                                             "\xEF\xBF\xBF",
                                             std::string("a\x01") + "b",
                                             std::string("a\0b", 3),
                                             std::string(200, 'x'),
                                             std::string(2000, 'y'),
                                             "10",
                                             "9",
                                             " a",
                                             "a%"};
  return list;
}
const std::vector<std::int64_t>& integers() {
  static const std::vector<std::int64_t> list{-2,
                                              -1,
                                              0,
                                              0,
                                              1,
                                              1,
                                              2,
                                              9,
                                              10,
                                              100,
                                              std::numeric_limits<std::int64_t>::min(),
                                              std::numeric_limits<std::int64_t>::max()};
  return list;
}
const std::vector<Decimal>& decimals() {
  static const std::vector<Decimal> list = [] {
    std::vector<Decimal> out;
    for (const char* t : {"-1", "0", "0.10", "0.1", "9.99", "10", "1E+20", "-1E-20", "1E+125",
                          "12345678901234567890123456789012345678"})
      out.push_back(*Decimal::parse(t));
    return out;
  }();
  return list;
}
const std::vector<double>& reals() {
  static const std::vector<double> list{-1.5, 0, 0.1, 0.25, 3, 1e100, -1e-100, 0.1 + 0.2};
  return list;
}

// DynamoDB: a key is not empty, and all sort keys of an index take 1,024 bytes.
bool may_be_key(const Cell& cell) {
  const std::string* text = std::get_if<std::string>(&cell);
  if (const Bytes* bytes = std::get_if<Bytes>(&cell)) text = &bytes->text;
  return !text || (!text->empty() && text->size() <= 250);
}

}  // namespace

Uuid Generator::uuid() {
  char text[40];
  const auto a = random_(), b = random_();
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%012llx", static_cast<unsigned>(a >> 32),
                static_cast<unsigned>(a & 0xffff), static_cast<unsigned>(a >> 16 & 0xfff),
                static_cast<unsigned>(b & 0xfff),
                static_cast<unsigned long long>(b >> 16 & 0xffffffffffff));
  return *Uuid::parse(text);
}

std::string Generator::text() { return chance(10) ? pick(texts()) + pick(texts()) : pick(texts()); }

Cell Generator::cell(const Member& m, const WorldSpec& world) {
  switch (m.type) {
    case Type::text:
      return text();
    case Type::integer:
      return chance(5) ? static_cast<std::int64_t>(random_()) : pick(integers());
    case Type::real:
      return pick(reals());
    case Type::decimal:
      return pick(decimals());
    case Type::boolean:
      return chance(50);
    case Type::time:
      return Timestamp(std::chrono::microseconds(pick(std::vector<std::int64_t>{
          0, 1, 1000000, 1000001, 2'000'000'000'000, -1, 253'402'300'799'000'000})));
    case Type::bytes:
      return Bytes{chance(20) ? std::string("\0\xff", 2) : pick(texts())};
    default:
      if (m.relation && !world.groups.empty() && chance(90)) return pick(world.groups).pk;
      return uuid();
  }
}

Cell Generator::value_near(const Member& m, const WorldSpec& world) {
  if (!world.rows.empty() && chance(70)) {
    const Row& row = pick(world.rows);
    if (m.many) {
      const auto elements = m.elements(row);
      if (!elements.empty()) return pick(elements);
    } else if (const auto value = m.get(row)) {
      return *value;
    }
  }
  return cell(m, world);
}

ModelSpec Generator::model() {
  ModelSpec spec;
  std::vector<std::string_view> keys, hashes;
  for (const Member& m : members()) {
    if (!m.key_type()) continue;
    hashes.push_back(m.name);
    if (!m.nullable && !m.relation && !m.computed) keys.push_back(m.name);
  }
  if (chance(60)) spec.partition = pick(keys);
  if (spec.partition != "pk" || chance(10)) {
    if (chance(70)) spec.sort = pick(keys);
    if (spec.sort == spec.partition) spec.sort = {};
  }
  for (std::size_t n = below(6); n > 0; --n) add_index(spec, "index" + std::to_string(n), hashes);
  for (std::size_t n = below(3); n > 0; --n) {
    const std::string_view flag = pick(hashes);
    if (!member(flag).computed && flag != spec.partition && flag != spec.sort &&
        std::find(spec.flags.begin(), spec.flags.end(), flag) == spec.flags.end())
      spec.flags.push_back(flag);
  }
  return spec;
}

void Generator::add_index(ModelSpec& spec, std::string name,
                          const std::vector<std::string_view>& choices) {
  IndexSpec index{.name = std::move(name), .members = {pick(choices)}};
  index.local = !spec.sort.empty() && chance(25);
  if (index.local) index.members = {spec.partition};
  const bool computed = member(index.members[0]).computed;
  for (const IndexSpec& other : spec.indexes)
    if (computed && other.members[0] == index.members[0]) return;  // a function makes one index
  const std::size_t most = index.local ? 2 : chance(30) ? 4 : 2;
  for (std::size_t n = index.local ? 1 : below(most); n > 0; --n) {
    const std::string_view next = pick(choices);
    const bool taken =
        std::find(index.members.begin(), index.members.end(), next) != index.members.end();
    if (!taken && !member(next).computed && (!computed || index.members.size() < 3))
      index.members.push_back(next);
  }
  if (index.local && (index.members.size() != 2 || index.members[1] == spec.sort)) return;
  if (index.members.size() > 2 && !computed && chance(50)) index.hash_keys = 2;
  index.keys_only = chance(20);
  for (std::size_t n = !index.keys_only && chance(25) ? 1 + below(4) : 0; n > 0; --n) {
    const std::string_view other = pick(members()).name;
    if (!member(other).computed &&
        std::find(index.includes.begin(), index.includes.end(), other) == index.includes.end())
      index.includes.push_back(other);
  }
  spec.indexes.push_back(std::move(index));
}

Row Generator::row(const WorldSpec& world) {
  Row row;
  for (const Member& m : members()) {
    if (m.many || m.computed) continue;
    const bool absent = (m.nullable || m.relation) && chance(35);
    std::optional<Cell> value;
    if (!absent) value = cell(m, world);
    while (value && is_key_of(world.model, m.name) && !may_be_key(*value)) value = cell(m, world);
    m.set(row, value);
  }
  const auto words = [&] {
    std::vector<std::string> out;
    for (std::size_t n = below(3); n > 0; --n) out.push_back(text());
    return out;
  };
  row.tags = words();
  for (const std::string& w : words()) row.marks.insert(w);
  for (std::size_t n = below(3); n > 0; --n) row.digits.insert(pick(integers()));
  row.null_stored = chance(15);
  return row;
}

// Puts `row` into the partitions of indexes that `other` is in.
static void share_partitions(const ModelSpec& model, const Row& other, Row& row) {
  for (const IndexSpec& index : model.indexes) {
    for (std::size_t i = 0; i < index.hash_keys; ++i) {
      const std::string_view name = index.members[i];
      if (name == model.partition || name == model.sort || member(name).computed) continue;
      member(name).set(row, member(name).get(other));
    }
  }
}

WorldSpec Generator::world() {
  WorldSpec world{.model = model()};
  for (std::size_t n = below(5); n > 0; --n) {
    Group g;
    g.pk = uuid();
    g.name = "g" + std::to_string(below(3));
    g.size = static_cast<std::int64_t>(below(4));
    if (chance(50)) g.nick = text();
    world.groups.push_back(std::move(g));
  }
  std::set<std::vector<Cell>> keys;
  // The most are more than the first page of a list that drops rows, and than a batch of keys.
  const std::vector<std::size_t> sizes{0, 3, 20, 60, 60, 60, 90, 90, 90, 250};
  std::size_t n = pick(sizes);
  for (const bool many = n > 100; n > 0; --n) {
    Row r = row(world);
    if (many && !world.rows.empty() && chance(80)) share_partitions(world.model, world.rows[0], r);
    std::vector<Cell> key;
    for (std::string_view k : key_of(world.model)) key.push_back(*member(k).get(r));
    if (keys.insert(std::move(key)).second) world.rows.push_back(std::move(r));
  }
  world.scattered = chance(25);
  return world;
}

// ---- conditions

std::string_view Generator::usable_member(const ModelSpec& model) {
  for (;;) {
    const Member& m = pick(members());
    if (!m.computed || is_key_of(model, m.name)) return m.name;
  }
}

ConditionPtr Generator::leaf_on(const Member& m, const WorldSpec& world) {
  Condition c{.member = m.name};
  const auto value = [&] { return value_near(m, world); };
  if (m.many) {
    c.op = Op::contains;
    c.values = {value()};
    return make(c);
  }
  std::vector<Op> ops{Op::eq, Op::eq, Op::in};
  if (m.ordered()) ops.insert(ops.end(), {Op::lt, Op::le, Op::gt, Op::ge, Op::between});
  if (m.type == Type::text)
    ops.insert(ops.end(),
               {Op::startswith, Op::contains, Op::iexact, Op::icontains, Op::istartswith});
  if (m.nullable) ops.push_back(Op::isnull);
  c.op = pick(ops);
  if (c.op == Op::isnull) {
    c.wants_null = chance(50);
  } else {
    const std::size_t n = c.op == Op::in ? below(5) : c.op == Op::between ? 2 : 1;
    for (std::size_t i = 0; i < n; ++i) c.values.push_back(value());
  }
  return make(c);
}

ConditionPtr Generator::group_leaf() {
  Condition c;
  switch (below(5)) {
    case 0:
      c.member = "nick";
      c.op = Op::isnull;
      c.wants_null = chance(50);
      return make(c);
    case 1:
      c.member = "size";
      c.op = pick(std::vector<Op>{Op::eq, Op::lt, Op::ge});
      c.values = {static_cast<std::int64_t>(below(4))};
      return make(c);
    case 2:
      c.member = "nick";
      c.op = pick(std::vector<Op>{Op::eq, Op::icontains, Op::startswith});
      c.values = {text()};
      return make(c);
    default:
      c.member = "name";
      c.op = pick(std::vector<Op>{Op::eq, Op::in, Op::gt});
      c.values.assign(c.op == Op::in ? 2 : 1, "g" + std::to_string(below(4)));
      if (c.op == Op::in) c.values[1] = "g1";
      return make(c);
  }
}

ConditionPtr Generator::group_condition(int depth) {
  if (depth == 0 || chance(60)) return group_leaf();
  return make({.logic = pick(std::vector<Logic>{Logic::both, Logic::either, Logic::negation}),
               .a = group_condition(depth - 1),
               .b = group_condition(depth - 1)});
}

std::string_view Generator::many_member() {
  for (;;) {
    const Member& m = pick(members());
    if (m.many) return m.name;
  }
}

ConditionPtr Generator::leaf(const WorldSpec& world) {
  if (chance(10)) return leaf_on(member(many_member()), world);
  if (chance(18)) {
    const std::string_view relation = chance(50) ? "group" : "other";
    if (chance(40)) return make({.op = Op::in, .member = relation, .in_group = group_condition(2)});
    Condition c = *group_leaf();
    c.relation = relation;
    return make(c);
  }
  return leaf_on(member(usable_member(world.model)), world);
}

ConditionPtr Generator::equality(std::string_view name, const WorldSpec& world) {
  const Member& m = member(name);
  Condition c{.op = chance(70) ? Op::eq : Op::in, .member = name};
  for (std::size_t n = c.op == Op::eq ? 1 : below(5); n > 0; --n)
    c.values.push_back(value_near(m, world));
  return make(c);
}

// A part of what a sort key holds. Its ends are often values of rows, and in it or not.
ConditionPtr Generator::range(std::string_view name, const WorldSpec& world) {
  const Member& m = member(name);
  if (!m.ordered() || chance(50)) return leaf_on(m, world);
  Cell low = value_near(m, world), high = value_near(m, world);
  if (high < low) std::swap(low, high);
  return make({.logic = Logic::both,
               .a = make({.op = chance(50) ? Op::gt : Op::ge, .member = name, .values = {low}}),
               .b = make({.op = chance(50) ? Op::lt : Op::le, .member = name, .values = {high}})});
}

// What a key or an index serves.
ConditionPtr Generator::key_shaped(const WorldSpec& world) {
  const ModelSpec& m = world.model;
  std::vector<std::string_view> key = key_of(m);
  std::size_t hash_keys = 1;
  if (!m.indexes.empty() && chance(70)) {
    const IndexSpec& i = pick(m.indexes);
    key = i.members;
    hash_keys = i.hash_keys;
  } else if (!m.flags.empty() && chance(30)) {
    key = {pick(m.flags)};
  }
  ConditionPtr c = equality(key[0], world);
  const auto add = [&](ConditionPtr more) {
    c = make({.logic = Logic::both, .a = c, .b = std::move(more)});
  };
  for (std::size_t i = 1; i < hash_keys; ++i) add(equality(key[i], world));
  for (std::size_t i = hash_keys; i < key.size() && chance(75); ++i) {
    const bool last = i + 1 == key.size() || chance(40);
    add(last ? range(key[i], world) : equality(key[i], world));
    if (last && chance(40)) add(leaf_on(member(key[i]), world));
    if (last) break;
  }
  return c;
}

ConditionPtr Generator::condition(const WorldSpec& world, int depth) {
  if (chance(35)) return key_shaped(world);
  if (depth == 0 || chance(35)) return leaf(world);
  const ConditionPtr a = condition(world, depth - 1);
  if (chance(15)) return make({.logic = Logic::negation, .a = a});
  return make({.logic = chance(55) ? Logic::both : Logic::either,
               .a = a,
               .b = condition(world, depth - 1)});
}

// A list in the order of an index, of one partition or several: what indexes are made for.
void Generator::add_listing(const WorldSpec& world, QuerySpec& q) {
  const IndexSpec& index = pick(world.model.indexes);
  const bool descending = chance(50);
  for (std::size_t i = 0; i < index.members.size(); ++i) {
    if (i < index.hash_keys)
      q.filters.push_back(equality(index.members[i], world));
    else
      q.order.push_back({index.members[i], chance(25) ? !descending : descending});
  }
  // Entries that are equal come in order of the table's key.
  if (chance(30)) q.order.push_back({pick(key_of(world.model)), chance(50)});
  if (!index.sort().empty() && chance(50)) q.filters.push_back(range(index.sort(), world));
  if (chance(30)) q.filters.push_back(leaf(world));
}

// A few rows of many: a list that ends long after the page that it begins with, in the order in
// which it is read, so that reading may stop early.
void Generator::add_rare(const WorldSpec& world, QuerySpec& q) {
  const ModelSpec& m = world.model;
  if (!m.indexes.empty() && chance(60)) {
    const IndexSpec& index = pick(m.indexes);
    const bool descending = chance(50);
    for (std::size_t i = 0; i < index.members.size(); ++i) {
      const Member& key = member(index.members[i]);
      if (i >= index.hash_keys)
        q.order.push_back({key.name, descending});
      else if (const auto value = key.get(world.rows[0]))  // the partition of most rows
        q.filters.push_back(make({.op = Op::eq, .member = key.name, .values = {*value}}));
    }
  }
  const Row& wanted = pick(world.rows);
  const Member& by = member(chance(20) ? many_member() : usable_member(m));
  if (by.many) {
    q.filters.push_back(leaf_on(by, world));
  } else if (const auto value = by.get(wanted)) {
    q.filters.push_back(make({.op = Op::eq, .member = by.name, .values = {*value}}));
  }
  q.limit = 1 + below(20);
}

void Generator::add_anything(const WorldSpec& world, QuerySpec& q) {
  for (std::size_t n = chance(8) ? 0 : 1 + below(2); n > 0; --n)
    q.filters.push_back(condition(world, 3));
  if (chance(25)) q.excludes.push_back(condition(world, 2));
  const ModelSpec& m = world.model;
  for (std::size_t n = below(3); n > 0; --n) {
    std::string_view name = usable_member(m);
    if (!m.indexes.empty() && chance(40)) name = pick(m.indexes).sort();
    if (!m.sort.empty() && chance(15)) name = m.sort;
    if (!name.empty() && !member(name).many) q.order.push_back({name, chance(50)});
  }
}

QuerySpec Generator::query(const WorldSpec& world) {
  QuerySpec q;
  const ModelSpec& m = world.model;
  const bool rare = world.rows.size() > 100 && chance(50);
  if (rare)
    add_rare(world, q);
  else if (!m.indexes.empty() && chance(15))
    add_listing(world, q);
  else
    add_anything(world, q);
  q.reversed = chance(15);
  if (chance(60)) q.offset = below(8);
  if (!rare && chance(80)) q.limit = below(20);
  q.consistent = chance(8);
  if (!m.indexes.empty() && chance(8)) q.index = pick(m.indexes).name;
  for (std::size_t n = chance(30) ? 1 + below(2) : 0; n > 0; --n) {
    const std::string_view name = usable_member(m);
    if (!member(name).computed) q.only.push_back(name);
  }
  q.page_size = chance(20) ? 1 : 1 + below(30);
  if (chance(7)) q.page_budget = 0.5 + static_cast<double>(below(4));
  q.walk = static_cast<std::uint32_t>(random_());
  return q;
}

}  // namespace property

#include "dynamo_backend/property/world.h"

#include <algorithm>
#include <set>

#include "dynamo_backend/predicate.h"
#include "dynamo_backend/property/brute_force.h"
#include "dynamo_backend/query_planner.h"
#include "dynamodb/local/engine.h"

namespace property {

bool is_key_of(const ModelSpec& model, std::string_view name) {
  const auto is = [&](std::string_view n) { return n == name; };
  return is(model.partition) || is(model.sort) ||
         std::any_of(model.flags.begin(), model.flags.end(), is) ||
         std::any_of(model.indexes.begin(), model.indexes.end(), [&](const IndexSpec& i) {
           return std::any_of(i.members.begin(), i.members.end(), is);
         });
}

std::vector<std::string_view> key_of(const ModelSpec& model) {
  std::vector<std::string_view> key{model.partition};
  if (!model.sort.empty()) key.push_back(model.sort);
  return key;
}

namespace {

MemberList reads_of(std::string_view computed) {
  return computed == "bucket" ? reads<&Row::flag, &Row::number>() : reads<&Row::level>();
}

void add_index(ModelInfoBuilder& builder, const IndexSpec& spec) {
  ModelInfoBuilder::IndexOptions options{.name = spec.name,
                                         .local = spec.local,
                                         .keys_only = spec.keys_only,
                                         .hash_keys = spec.hash_keys};
  for (std::string_view name : spec.includes)
    options.includes.names[options.includes.size++] = name;
  const auto& m = spec.members;
  if (const Member& hash = member(m[0]); hash.computed) {
    const MemberList reads = reads_of(m[0]);
    if (m.size() == 1) return builder.computed(hash.field, options, {}, reads);
    if (m.size() == 2) return builder.computed(hash.field, options, {m[1]}, reads);
    return builder.computed(hash.field, options, {m[1], m[2]}, reads);
  }
  if (m.size() == 1) return builder.index(options, {m[0]});
  if (m.size() == 2) return builder.index(options, {m[0], m[1]});
  if (m.size() == 3) return builder.index(options, {m[0], m[1], m[2]});
  builder.index(options, {m[0], m[1], m[2], m[3]});
}

void build_model(ModelInfo& info, const ModelSpec& spec) {
  ModelInfoBuilder builder(info);
  builder.name("property::Row", {.table_name = "rows"});
  const auto add = [&](const Member& m, bool key) {
    FieldInfo field = m.field;
    field.key = key;
    field.index = std::find(spec.flags.begin(), spec.flags.end(), m.name) != spec.flags.end();
    builder.field(field);
  };
  for (std::string_view name : key_of(spec)) add(member(name), true);
  for (const Member& m : members())
    if (!m.computed && m.name != spec.partition && m.name != spec.sort) add(m, false);
  for (const IndexSpec& i : spec.indexes) add_index(builder, i);
  builder.finish();
  info.generated_key = spec.partition == "pk" && spec.sort.empty();
}

}  // namespace

World::World(const WorldSpec& spec)
    : spec_(spec), engine_(dynamodb::local::Engine::open({})), scattered_(*engine_) {
  dynamodb::Client& client = spec.scattered ? static_cast<dynamodb::Client&>(scattered_) : *engine_;
  connection_ = std::make_unique<ScopedConnection>(
      client, ConnectionOptions{.scan_policy = ScanPolicy::allow, .secret = "property"});
  build_model(model_, spec.model);
  ensure_table<Group>();
  ensure_table(model_);
  const auto put = [&](const ModelInfo& model, dynamodb::Item item) {
    take(engine_->put_item({.table = model.table, .item = std::move(item)}), "PutItem");
  };
  for (const Group& g : spec.groups) {
    const dynamodb::PackedItem packed = pack_row(model_info<Group>(), &g);
    put(model_info<Group>(), dynamodb::unpack(packed.view()));
  }
  for (std::size_t i = 0; i < spec.rows.size(); ++i) {
    const dynamodb::PackedItem row = pack_row(model_, &spec.rows[i]);
    dynamodb::Item item = dynamodb::unpack(row.view());
    for (const FieldInfo* f : model_.by_attribute) {
      const bool null = spec.rows[i].null_stored && f->nullable() && !f->key && !f->index_key;
      if (null && !item.contains(f->attribute)) item.emplace(f->attribute, Value());
    }
    const dynamodb::PackedItem packed(item);
    stored_.emplace_back(packed.bytes());
    by_key_.emplace(dynamodb::PackedItem(dynamo_backend::key_of(model_, packed.view())).bytes(), i);
    put(model_, std::move(item));
  }
}

World::Ids World::ids_of(const std::vector<std::string>& packed) const {
  Ids ids;
  for (const std::string& row : packed) {
    const auto key = dynamo_backend::key_of(model_, dynamodb::ItemView(row));
    const auto at = by_key_.find(std::string(dynamodb::PackedItem(key).bytes()));
    ids.push_back(at == by_key_.end() ? static_cast<std::size_t>(-1) : at->second);
  }
  return ids;
}

std::string World::compare(const char* what, const Ids& got, const Ids& wanted,
                           bool ordered) const {
  Ids a = got, b = wanted;
  if (!ordered) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
  }
  if (a == b) return {};
  const auto list = [&](const Ids& ids) {
    std::string text;
    for (std::size_t id : ids) text += "\n    " + row_text(id);
    return text.empty() ? "\n    (no rows)" : text;
  };
  return std::string(what) + " gave" + list(got) + "\n  and not" + list(wanted);
}

std::string World::row_text(std::size_t id) const {
  if (id >= spec_.rows.size()) return "a row that is not in the table";
  std::string text;
  for (std::string_view k : key_of(spec_.model)) {
    const auto value = member(k).get(spec_.rows[id]);
    text +=
        (text.empty() ? "" : ", ") + std::string(k) + " = " + (value ? to_text(*value) : "none");
  }
  return text;
}

namespace {

Query slice_of(const QuerySpec& spec, const Query& query) {
  return query.sliced(spec.offset,
                      spec.limit ? std::optional(spec.offset + *spec.limit) : std::nullopt);
}

// One Query gives entries that are alike as they come, several that are merged in order of their
// rows' keys.
bool merges(const Query& query) {
  try {
    return plan_query(query, resolve(query)).branches.size() > 1;
  } catch (const FieldError&) {
    return false;  // an index that does not serve it, or that the shrinker has taken away
  }
}

}  // namespace

std::string World::explain(const QuerySpec& spec) {
  try {
    return plan_line(slice_of(spec, query_of(spec, model_)));
  } catch (const std::exception& e) {
    return e.what();
  }
}

std::string World::check(const QuerySpec& spec) {
  try {
    const Query query = query_of(spec, model_);
    if (spec_.scattered && !(merges(query) && merges(slice_of(spec, query)))) return {};
    expected_ = expected_rows(spec, spec_.rows, spec_.groups, key_of(spec_.model));
    std::string wrong = check_rows(spec, query);
    if (wrong.empty()) wrong = check_values(spec, query);
    if (wrong.empty()) wrong = check_pages(spec, query);
    return wrong;
  } catch (const FieldError& e) {
    // An index that does not serve the query is refused; so is a budget where no index serves the
    // order.
    const std::string_view why = e.what();
    if (why.starts_with("using_index(") || why.starts_with("page_budget(")) return {};
    return "threw " + std::string(why);
  } catch (const std::exception& e) {
    return "threw " + std::string(e.what());
  }
}

std::string World::check_rows(const QuerySpec& spec, const Query& query) {
  const bool ordered = !query.order.empty();
  const auto packed = fetch_rows(query);
  if (auto wrong = compare("to_vector()", ids_of(packed), expected_, ordered); !wrong.empty())
    return wrong;
  if (auto wrong = check_contents(spec, packed); !wrong.empty()) return wrong;
  if (count_rows(query) != expected_.size())
    return "count() gave " + std::to_string(count_rows(query));
  if (any_row(query) == expected_.empty()) return "exists() is wrong";

  const Query slice = slice_of(spec, query);
  const std::size_t begin = std::min(spec.offset, expected_.size());
  const std::size_t size =
      std::min(spec.limit.value_or(expected_.size()), expected_.size() - begin);
  const auto sliced = ids_of(fetch_rows(slice));
  if (count_rows(slice) != size)
    return "count() of the slice gave " + std::to_string(count_rows(slice));
  if (any_row(slice) != (size > 0)) return "exists() of the slice is wrong";
  if (ordered) {
    const auto from = expected_.begin() + static_cast<std::ptrdiff_t>(begin);
    if (auto wrong =
            compare("the slice", sliced, Ids(from, from + static_cast<std::ptrdiff_t>(size)), true);
        !wrong.empty())
      return wrong;
    const auto last = ids_of(fetch_rows(query.reversed().sliced(0, 1)));
    return compare("last()", last, expected_.empty() ? Ids{} : Ids{expected_.back()}, true);
  }
  // Without an order any of the rows will do, each once.
  const std::set<std::size_t> once(sliced.begin(), sliced.end()),
      all(expected_.begin(), expected_.end());
  const bool subset = std::includes(all.begin(), all.end(), once.begin(), once.end());
  return sliced.size() == size && once.size() == size && subset
             ? ""
             : compare("the slice", sliced, expected_, false);
}

std::string World::check_contents(const QuerySpec& spec,
                                  const std::vector<std::string>& packed) const {
  const Ids ids = ids_of(packed);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const dynamodb::ItemView got(packed[i]), stored(stored_[ids[i]]);
    if (spec.only.empty() && packed[i] != stored_[ids[i]])
      return "the row " + row_text(ids[i]) + " came changed";
    for (std::string_view name : spec.only) {
      const FieldInfo& f = model_.by_member(name);
      const auto a = stored_value(f, got), b = stored_value(f, stored);
      if (a.has_value() != b.has_value() || (a && a->packed() != b->packed()))
        return "only<&Row::" + std::string(name) + ">() lost its value";
    }
  }
  return {};
}

namespace {

dynamodb::Number magnitude(const dynamodb::Number& n) {
  return n.text().starts_with('-')
             ? dynamodb::Number::from_canonical(std::string_view(n.text()).substr(1))
             : n;
}

// Whether some order of the terms has a sum on the way that needs more than 38 digits.
bool may_need_too_many_digits(const std::vector<dynamodb::Number>& terms) {
  dynamodb::Number largest, total;
  for (const auto& n : terms) largest = std::max(largest, magnitude(n));
  for (const auto& n : terms) {
    const auto sum = dynamodb::add(total, magnitude(n));
    if (!sum || !dynamodb::add(largest, magnitude(n))) return true;
    total = *sum;
  }
  return false;
}

}  // namespace

// sum() and distinct() of a member.
std::string World::check_values(const QuerySpec& spec, const Query& query) const {
  for (std::string_view name : spec.only) {
    const Member& m = member(name);
    if (m.many) continue;
    Query one = query;
    one.fields = {&model_.by_member(name)};
    std::set<std::string> values;
    std::vector<dynamodb::Number> terms;
    for (std::size_t id : expected_) {
      const auto cell = m.get(spec_.rows[id]);
      values.insert(cell ? dynamodb::pack_value(to_value(*cell)) : "");
      if (cell && to_value(*cell).is<dynamodb::Number>())
        terms.push_back(to_value(*cell).as<dynamodb::Number>());
    }
    const auto distinct = distinct_rows(one);
    if (distinct.size() != values.size())
      return "distinct<&Row::" + std::string(name) + ">() gave " + std::to_string(distinct.size()) +
             " values";
    if (may_need_too_many_digits(terms)) continue;  // refused, or not, by the order of the rows
    dynamodb::Number total;
    for (const auto& n : terms) total = *dynamodb::add(total, n);
    if (sum_rows(one, *one.fields[0]).total != total)
      return "sum<&Row::" + std::string(name) + ">() gave " +
             sum_rows(one, *one.fields[0]).total.text();
  }
  return {};
}

// Pages joined, of whatever lengths, are the whole; then pages are turned to and fro, and each is
// where it was.
std::string World::check_pages(const QuerySpec& spec, Query query) {
  const bool ordered = !query.order.empty();
  Ids all;
  std::vector<PackedPage> pages;
  for (std::optional<std::string> next = ""; next;) {
    query.limit = pages.size() % 3 == 2 ? 200 : spec.page_size;
    pages.push_back(fetch_page(query, *next));
    next = pages.back().next;
    const Ids ids = ids_of(pages.back().rows);
    all.insert(all.end(), ids.begin(), ids.end());
    if (ids.size() > *query.limit) return "a page has " + std::to_string(ids.size()) + " rows";
    if (pages.size() > spec_.rows.size() * 3 + 5) return "the pages have no end";
  }
  if (auto wrong = compare("the pages joined", all, expected_, ordered); !wrong.empty())
    return wrong;
  if (spec.page_budget) return {};
  query.limit = spec.page_size;
  PackedPage page = pages[0];
  std::size_t begin = 0;
  for (std::uint32_t walk = spec.walk, step = 0; step < 12;
       ++step, walk = walk * 1664525u + 1013904223u) {
    const bool back = walk >> 31 != 0 && page.prev;
    if (!back && !page.next) continue;
    const std::size_t shown = page.rows.size();
    page = fetch_page(query, back ? *page.prev : *page.next);
    begin = back ? begin - std::min(begin, spec.page_size) : begin + shown;
    const std::size_t end = std::min(begin + spec.page_size, all.size());
    const Ids wanted(all.begin() + static_cast<std::ptrdiff_t>(begin),
                     all.begin() + static_cast<std::ptrdiff_t>(end));
    if (auto wrong = compare(back ? "a page back" : "a page on", ids_of(page.rows), wanted, true);
        !wrong.empty())
      return wrong;
    if (page.next.has_value() != (end < all.size())) return "a page's next is wrong";
    if (ordered && page.prev.has_value() != (begin > 0)) return "a page's prev is wrong";
  }
  return {};
}

std::string to_text(const WorldSpec& spec, const QuerySpec& query) {
  const ModelSpec& m = spec.model;
  std::string text = spec.scattered ? "Of an index that scatters what is alike in it: " : "";
  text += "Row: PartitionKey<&Row::" + std::string(m.partition) + ">";
  if (!m.sort.empty()) text += ", SortKey<&Row::" + std::string(m.sort) + ">";
  for (const IndexSpec& i : m.indexes) {
    std::string names, included;
    for (std::string_view name : i.members)
      names += (names.empty() ? "&Row::" : ", &Row::") + std::string(name);
    for (std::string_view name : i.includes)
      included += (included.empty() ? "&Row::" : ", &Row::") + std::string(name);
    text += std::string(", ") + (member(i.members[0]).computed ? "ComputedIndex<" : "Index<") +
            names + ">{.name = \"" + i.name + "\"";
    if (i.local) text += ", .local = true";
    if (i.keys_only) text += ", .keys_only = true";
    if (!included.empty()) text += ", .includes = includes<" + included + ">()";
    if (i.hash_keys > 1) text += ", .hash_keys = " + std::to_string(i.hash_keys);
    text += "}";
  }
  for (std::string_view f : m.flags) text += ", " + std::string(f) + "{.index = true}";
  text += "\n" + to_text(query);
  for (const Group& g : spec.groups)
    text += "\n  Group " + g.pk.str() + ": name = \"" + g.name +
            "\", size = " + std::to_string(g.size) + (g.nick ? ", nick = \"" + *g.nick + "\"" : "");
  for (const Row& r : spec.rows) {
    text += "\n  Row:";
    for (const Member& member : members()) {
      std::string list;
      if (member.many)
        for (const Cell& c : member.elements(r)) list += to_text(c) + " ";
      else if (const auto value = member.get(r); value && !member.computed)
        list = to_text(*value);
      // What holds its C++ default says nothing.
      if (!list.empty() && list != "0" && list != "false" && list != "\"\"" &&
          member.name != "token" && !list.starts_with("\"1970-01-01T00:00:00"))
        text += " " + std::string(member.name) + " = " + list;
    }
  }
  return text;
}

}  // namespace property

#include "dynamo_backend/property/shrink.h"

namespace property {
namespace {

using Logic = Condition::Logic;

ConditionPtr make(Condition c) { return std::make_shared<const Condition>(std::move(c)); }

// Every condition that is one step smaller.
std::vector<ConditionPtr> smaller(const ConditionPtr& c) {
  std::vector<ConditionPtr> out;
  const auto with = [&](auto change) {
    Condition copy = *c;
    change(copy);
    out.push_back(make(std::move(copy)));
  };
  if (c->logic != Logic::leaf) {
    out.push_back(c->a);
    if (c->b) out.push_back(c->b);
    for (const ConditionPtr& a : smaller(c->a)) with([&](Condition& n) { n.a = a; });
    if (c->b)
      for (const ConditionPtr& b : smaller(c->b)) with([&](Condition& n) { n.b = b; });
    return out;
  }
  if (c->in_group)
    for (const ConditionPtr& g : smaller(c->in_group)) with([&](Condition& n) { n.in_group = g; });
  if (c->op == Op::in)
    for (std::size_t i = 0; i < c->values.size(); ++i)
      with(
          [&](Condition& n) { n.values.erase(n.values.begin() + static_cast<std::ptrdiff_t>(i)); });
  return out;
}

class Shrinker {
 public:
  explicit Shrinker(Case c) : best_(std::move(c)) {}

  Case run() {
    while (conditions() || options() || rows() || model()) {
    }
    return best_;
  }

 private:
  // Keeps the case where it still fails.
  bool keep(Case c) {
    if (tries_ == 0) return false;
    --tries_;
    if (failure_of(c).empty()) return false;
    best_ = std::move(c);
    return true;
  }
  template <class Change>
  bool without(Change change) {
    Case c = best_;
    change(c);
    return keep(std::move(c));
  }
  template <class List>
  static void erase(List& list, std::size_t begin, std::size_t end) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(begin),
               list.begin() + static_cast<std::ptrdiff_t>(end));
  }

  bool conditions() {
    for (auto list : {&QuerySpec::filters, &QuerySpec::excludes}) {
      for (std::size_t i = 0; i < (best_.query.*list).size(); ++i) {
        if (without([&](Case& c) { erase(c.query.*list, i, i + 1); })) return true;
        for (const ConditionPtr& s : smaller((best_.query.*list)[i]))
          if (without([&](Case& c) { (c.query.*list)[i] = s; })) return true;
      }
    }
    return false;
  }
  bool options() {
    QuerySpec& q = best_.query;
    for (std::size_t i = 0; i < q.order.size(); ++i)
      if (without([&](Case& c) { erase(c.query.order, i, i + 1); })) return true;
    for (std::size_t i = 0; i < q.only.size(); ++i)
      if (without([&](Case& c) { erase(c.query.only, i, i + 1); })) return true;
    return (q.reversed && without([](Case& c) { c.query.reversed = false; })) ||
           (q.consistent && without([](Case& c) { c.query.consistent = false; })) ||
           (!q.index.empty() && without([](Case& c) { c.query.index.clear(); })) ||
           (q.page_budget && without([](Case& c) { c.query.page_budget.reset(); })) ||
           (q.offset != 0 && without([](Case& c) { c.query.offset = 0; })) ||
           (q.limit && without([](Case& c) { c.query.limit.reset(); }));
  }
  bool rows() {
    for (std::size_t size = best_.world.rows.size() / 2 + best_.world.rows.size() % 2; size > 0;
         size = size == 1 ? 0 : (size + 1) / 2) {
      for (std::size_t at = 0; at + size <= best_.world.rows.size(); at += size)
        if (without([&](Case& c) { erase(c.world.rows, at, at + size); })) return true;
    }
    for (std::size_t i = 0; i < best_.world.groups.size(); ++i)
      if (without([&](Case& c) { erase(c.world.groups, i, i + 1); })) return true;
    return false;
  }
  bool model() {
    for (std::size_t i = 0; i < best_.world.model.indexes.size(); ++i)
      if (without([&](Case& c) { erase(c.world.model.indexes, i, i + 1); })) return true;
    for (std::size_t i = 0; i < best_.world.model.flags.size(); ++i)
      if (without([&](Case& c) { erase(c.world.model.flags, i, i + 1); })) return true;
    return false;
  }

  Case best_;
  int tries_ = 600;
};

}  // namespace

std::string failure_of(const Case& c) {
  try {
    return World(c.world).check(c.query);
  } catch (const std::exception&) {
    return {};  // not a world: a computed member whose index was taken away, say
  }
}

Case shrink(Case c) { return Shrinker(std::move(c)).run(); }

}  // namespace property

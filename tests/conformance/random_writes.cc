#include "tests/conformance/random_writes.h"

#include <algorithm>
#include <sstream>

namespace conformance {

using namespace dynamodb;

bool guard_holds(Action::Guard guard, const std::optional<Item>& old) {
  switch (guard) {
    case Action::Guard::none:
      return true;
    case Action::Guard::exists:
      return old.has_value();
    case Action::Guard::absent:
      return !old.has_value();
    case Action::Guard::small_n: {
      if (!old || !old->contains("n")) return false;
      return old->at("n").as<Number>() < Number(5);
    }
  }
  return false;
}

std::optional<Item> applied(const Action& action, const std::optional<Item>& old) {
  if (action.kind == Action::Kind::del) return std::nullopt;
  Item item = action.kind == Action::Kind::update && old ? *old : action.key;
  if (action.kind == Action::Kind::update && !old && action.set.empty() && action.add == 0 &&
      !action.remove.empty()) {
    return std::nullopt;
  }
  const Number n = item.contains("n") ? item.at("n").as<Number>() : Number(0);
  for (const auto& [name, value] : action.set) item.insert_or_assign(name, value);
  for (const auto& name : action.remove) item.erase(name);
  if (action.add != 0) item.insert_or_assign("n", add(n, Number(action.add)).value());
  return item;
}

std::string listing(const std::vector<Step>& steps) {
  constexpr const char* kHow[] = {"single", "transaction", "batch"};
  constexpr const char* kKinds[] = {"put", "update", "delete"};
  constexpr const char* kGuards[] = {"", " if it exists", " if it is absent", " if n < 5"};
  std::ostringstream out;
  for (const auto& step : steps) {
    out << kHow[static_cast<std::size_t>(step.how)] << '\n';
    for (const auto& action : step.actions) {
      out << "  " << kKinds[static_cast<std::size_t>(action.kind)] << ' ' << text_of(action.key)
          << kGuards[static_cast<std::size_t>(action.guard)] << " set " << text_of(action.set)
          << " add " << action.add << " remove";
      for (const auto& name : action.remove) out << ' ' << name;
      out << '\n';
    }
  }
  return std::move(out).str();
}

std::vector<Item> projected(const std::vector<Item>& items, const KeySchema& table,
                            const IndexDefinition& index) {
  std::vector<std::string> names{table.partition.name, table.sort->name, index.key.partition.name};
  if (index.key.sort) names.push_back(index.key.sort->name);
  names.insert(names.end(), index.non_key_attributes.begin(), index.non_key_attributes.end());
  std::vector<Item> entries;
  for (const auto& item : items) {
    if (!item.contains(index.key.partition.name) ||
        (index.key.sort && !item.contains(index.key.sort->name)))
      continue;
    Item entry = item;
    if (index.projection != ProjectionType::all) {
      std::erase_if(entry, [&names](const auto& attribute) {
        return std::find(names.begin(), names.end(), attribute.first) == names.end();
      });
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

Step Generator::step() {
  Step step;
  const int kind = below(10);
  step.how = kind < 7 ? Step::How::single : kind < 9 ? Step::How::transaction : Step::How::batch;
  const int count = step.how == Step::How::single ? 1 : 1 + below(5);
  while (static_cast<int>(step.actions.size()) < count) {
    Action next = action(step.how == Step::How::batch);
    // DynamoDB: a transaction's update has an expression.
    if (step.how == Step::How::transaction && next.kind == Action::Kind::update &&
        next.set.empty() && next.remove.empty() && next.add == 0) {
      next.set["h"] = 1;
    }
    const auto same = [&next](const Action& other) { return other.key == next.key; };
    if (std::none_of(step.actions.begin(), step.actions.end(), same))
      step.actions.push_back(std::move(next));
  }
  return step;
}
Action Generator::action(bool in_batch) {
  Action action{.key = {{"pk", "p" + std::to_string(below(4))},
                        {"sk", number(std::to_string(below(7) - 3) + ".5")}}};
  const int kind = below(10);
  action.kind = kind < 4 ? Action::Kind::put : kind < 8 ? Action::Kind::update : Action::Kind::del;
  if (in_batch && action.kind == Action::Kind::update) action.kind = Action::Kind::put;
  if (!in_batch && below(3) == 0) action.guard = static_cast<Action::Guard>(below(4));
  if (action.kind == Action::Kind::del) return action;
  if (below(2) == 0) action.set["g"] = std::string(1, static_cast<char>('x' + below(2)));
  if (below(2) == 0) action.set["h"] = below(5) - 2;
  if (below(2) == 0)
    action.set["v"] =
        std::string(static_cast<std::size_t>(below(40)), static_cast<char>('a' + below(26)));
  if (below(4) == 0) action.set["m"] = Map{{"l", List{below(3), "s", true}}};
  if (action.kind == Action::Kind::put) {
    if (below(2) == 0) action.set["n"] = below(10);
    return action;
  }
  for (const char* name : {"g", "h", "v", "m"}) {
    if (!action.set.contains(name) && below(4) == 0) action.remove.emplace_back(name);
  }
  if (below(3) == 0) action.add = below(7) - 3;
  return action;
}

}  // namespace conformance

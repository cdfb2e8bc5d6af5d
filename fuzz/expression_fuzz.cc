// Expression texts: what parses is printed and parses again to the same, and evaluates without a
// fault on an item that has most of what it names.
#include "dynamodb/expression_evaluator.h"
#include "dynamodb/expression_parser.h"
#include "dynamodb/expression_printer.h"
#include "fuzz/fuzz.h"

using namespace dynamodb;

namespace {

Placeholders placeholders() {
  return {.names = {{"#a", "a"}, {"#b", "b.c"}, {"#s", "size"}},
          .values = {{":n", 1},
                     {":m", Number::parse("-0.5").value()},
                     {":s", "a"},
                     {":e", ""},
                     {":b", Binary{"a"}},
                     {":t", "S"},
                     {":l", List{1, "a"}},
                     {":map", Map{{"a", 1}}},
                     {":ss", StringSet::make({"a", "b"})},
                     {":ns", NumberSet::make({1, 2})},
                     {":o", true},
                     {":z", Null{}}}};
}

const Item& item() {
  static const Item kItem = {{"a", 1},
                             {"b", List{1, "a", Map{{"c", List{2, 3}}}}},
                             {"b.c", "text"},
                             {"c", Map{{"a", 1}, {"b", Map{{"c", "x"}}}}},
                             {"n", Number::parse("99999999999999999999999999999999999999").value()},
                             {"s", "abc"},
                             {"ss", StringSet::make({"a", "c"})},
                             {"ns", NumberSet::make({1, 3})},
                             {"bin", Binary{"ab"}},
                             {"o", false},
                             {"z", Null{}}};
  return kItem;
}

// Parses what the printer makes of `tree` and prints it again: the two texts are the same.
template <class Tree, class Parse>
void check_round_trip(const Tree& tree, const Parse& parse) {
  ExpressionPrinter first;
  const std::string text = first.print(tree);
  if (text.size() > 4096) return;  // over the limit for texts, which aliases can lead to
  Placeholders placeholders;
  placeholders.names.insert(first.names().begin(), first.names().end());
  placeholders.values.insert(first.values().begin(), first.values().end());
  const auto again = parse(text, placeholders);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(!check_all_used(placeholders));
  ExpressionPrinter second;
  FUZZ_CHECK(second.print(*again) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::uint8_t kind = fuzz::take_byte(text);
  Placeholders names = placeholders();
  static const PackedItem kPacked(item());
  switch (kind % 4) {
    case 0:
    case 1: {
      const bool key = kind % 4 == 1;
      const auto parse = [key](std::string_view from, Placeholders& used) {
        return key ? parse_key_condition(from, used) : parse_condition(from, used);
      };
      const auto condition = parse(text, names);
      if (!condition) break;
      static_cast<void>(evaluate(*condition, kPacked.view()));
      static_cast<void>(evaluate(*condition, ItemView()));
      check_round_trip(*condition, parse);
      break;
    }
    case 2: {
      const auto update = parse_update(text, names);
      if (!update) break;
      Item changed = item();
      if (const auto applied = apply_update(*update, changed); applied.has_value()) {
        FUZZ_CHECK(is_packed_item(PackedItem(changed).bytes()));
      }
      static_cast<void>(project(kPacked.view(), touched_paths(*update)));
      check_round_trip(*update, parse_update);
      break;
    }
    case 3: {
      const auto projection = parse_projection(text, names);
      if (!projection) break;
      FUZZ_CHECK(is_packed_item(project(kPacked.view(), *projection).bytes()));
      check_round_trip(*projection, parse_projection);
      break;
    }
  }
  return 0;
}

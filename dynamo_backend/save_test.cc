// What save() and create() write: what was changed, and nothing else; and what functions of
// pre_save may change.
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/signals.h"
#include "dynamo_backend/test_blog.h"

namespace save_test {
namespace {

using namespace dynamo_backend;
using test_blog::Database;
using testing::ElementsAre;
using testing::HasSubstr;

struct Note : DynamoModel<Note> {
  std::string title{};
  double total = 0;
  Json data{};
  std::int64_t views = 0;
  std::vector<std::string> lines{};
  static constexpr auto schema =
      define<Note>({.table_name = "save_note"}, TextField<&Note::title>{.blank = true},
                   FloatField<&Note::total>{}, JSONField<&Note::data>{},
                   IntegerField<&Note::views>{}, ListField<&Note::lines>{});
};

struct Page : DynamoTable<Page> {
  std::string slug{}, title{}, motto{}, body{};
  static constexpr auto schema = define<Page>(
      {.table_name = "save_page"}, PartitionKey<&Page::slug>{}, TextField<&Page::title>{},
      CharField<&Page::motto>{.unique = true}, TextField<&Page::body>{.blank = true});
};

double one_and_a_half() { return 1.5; }
struct Measure : DynamoModel<Measure> {
  double value = 0;
  std::string unit{};
  static constexpr auto schema =
      define<Measure>({.table_name = "save_measure"},
                      FloatField<&Measure::value>{.default_factory = &one_and_a_half},
                      CharField<&Measure::unit>{.blank = true});
};

struct Saves : testing::Test {
  Database db;
  Saves() {
    ensure_table<Note>();
    ensure_table<Page>();
    ensure_table<Measure>();
  }
  template <class T>
  auto on_save(std::function<void(T&)> change) {
    return signals<T>().pre_save.connect(std::move(change));
  }
};

TEST_F(Saves, WhatAMemberCannotHoldExactly_IsLeftAsItIsStored) {
  auto& client = db.client();
  const Uuid pk = Uuid::random();
  const auto number = [](const char* digits) { return Value(*dynamodb::Number::parse(digits)); };
  dynamodb::Item stored{{"pk", pk.str()},
                        {"title", std::string("old")},
                        {"total", number("0.1000000000000000000000001")},
                        {"data", dynamodb::Map{{"price", number("0.12345678901234567890123")},
                                               {"raw", Binary{"\x01"}}}}};
  ASSERT_TRUE(client.put_item({.table = model_info<Note>().table, .item = stored}));
  Note note = Note::objects.get(pk);
  EXPECT_EQ(note.views, 0);
  Note::objects.filter(f<&Note::pk> == pk).update(f<& Note::views> = f<&Note::views> + 3);
  note.title = "new";
  note.save();  // neither the count of others nor what was never set
  EXPECT_THAT(note.last_written(), ElementsAre("title"));
  stored["title"] = std::string("new");
  stored["views"] = Value(3);
  EXPECT_EQ(client.get_item({.table = model_info<Note>().table, .key = {{"pk", pk.str()}}})->item,
            dynamodb::PackedItem(stored));
  note.total += 1;
  note.save();
  EXPECT_THAT(note.last_written(), ElementsAre("total"));
}

TEST_F(Saves, AKeyThatAFunctionOfPreSaveGives_IsNoOtherRows) {
  const Uuid one = Uuid::random();
  Note first{.title = "first"};
  first.pk = one;
  first.save();
  const auto connection = on_save<Note>([&](Note& n) { n.pk = one; });
  EXPECT_THROW(Note::objects.create({.title = "second"}), IntegrityError);
  EXPECT_THROW(Note::objects.bulk_create({{.title = "third"}}), IntegrityError);
  EXPECT_EQ(Note::objects.get(one).title, "first");
}

TEST_F(Saves, AKeyThatAFunctionOfPreSaveChanges_IsOfANewRow) {
  Page a = Page::objects.create({.slug = "a", .title = "a", .motto = "m"});
  Page::objects.create({.slug = "b", .title = "b", .motto = "n", .body = "b's"});
  const auto connection = on_save<Page>([](Page& p) { p.slug = p.title; });
  a.title = "b", a.motto = "o", a.body = "a's";
  EXPECT_THROW(a.save(), IntegrityError);
  EXPECT_EQ(Page::objects.get("b").body, "b's");
  EXPECT_THROW(transaction([&](Transaction& t) {
                 Page row = t.get<Page>("a");
                 row.title = "c";
                 t.save(row);
               }),
               std::logic_error);
  a.title = "c";
  a.save();
  EXPECT_EQ(Page::objects.get("c").body, "a's");
  EXPECT_EQ(Page::objects.get("a").body, "");  // as it was
}

TEST_F(Saves, AKeyThatCouldNotBeChanged_LeavesTheObjectWhatItWas) {
  Page a = Page::objects.create({.slug = "a", .title = "t", .motto = "m"});
  Page::objects.create({.slug = "b", .title = "t", .motto = "n"});
  a.slug = "c", a.motto = "n";
  EXPECT_THROW(a.save(), IntegrityError);
  a.slug = "a", a.motto = "o";
  a.save();
  EXPECT_EQ(Page::objects.get("a").motto, "o");
}

TEST_F(Saves, RepeatsInOneList_AreToldByRowAndValue) {
  try {
    Page::objects.bulk_create({{.slug = "a", .title = "t", .motto = "x"},
                               {.slug = "b", .title = "t", .motto = "y"},
                               {.slug = "c", .title = "t", .motto = "y"}});
    FAIL();
  } catch (const IntegrityError& e) {
    EXPECT_THAT(e.what(), HasSubstr("rows 2 and 3 of the list both have motto 'y'"));
    EXPECT_EQ(e.field(), "motto");
  }
  EXPECT_EQ(Page::objects.count(), 0u);
}

TEST_F(Saves, WhatIsNoNumber_IsAValidationErrorOfItsField) {
  const double infinite = std::numeric_limits<double>::infinity();
  try {
    Measure::objects.create({.value = infinite});
    FAIL();
  } catch (const ValidationError& e) {
    EXPECT_EQ(e.errors().count("value"), 1u);
  }
  auto measure = Measure::objects.create({.unit = "m"});
  EXPECT_EQ(measure.value, 1.5);
  const auto connection = on_save<Measure>([&](Measure& m) { m.value = infinite; });
  EXPECT_THROW(transaction([&](Transaction& t) { t.save(measure); }), ValidationError);
  EXPECT_EQ(measure.value, 1.5);
}

TEST_F(Saves, TransactionsThatSendTooMuch_SaySo) {
  std::vector<Note> notes(15);
  for (Note& note : notes) note = Note::objects.create({.title = "t"});
  EXPECT_THROW(transaction([&](Transaction& t) {
                 for (const Note& note : notes)
                   t.update(Note::objects.filter(f<&Note::pk> == note.pk),
                            f<&Note::lines>.append(std::string(350'000, 'x')));
               }),
               TransactionTooLarge);
  EXPECT_TRUE(Note::objects.get(notes[0].pk).lines.empty());
}

}  // namespace
}  // namespace save_test

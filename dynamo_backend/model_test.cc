// Rows: fields and their stored forms, create, save, refresh, remove, validation, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json_writer.h"
#include "dynamo_backend/test_fields.h"

namespace test_blog {
namespace {

using test_fields::Everything;
using test_fields::Order;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

static_assert(std::is_aggregate_v<Post>);
static_assert(member_count<Post>() == 14 && own_fields<Post>() == 14);
static_assert(member_name<&Post::created_at>() == "created_at");
static_assert(std::same_as<owner_of<&Post::created_at>, Post>);
static_assert(std::same_as<owner_of<&Post::pk>, Post>);
// Version 14 does not know concepts.
// clang-format off
template <auto M, class U> concept Eq = requires(U u) { f<M> == u; };
// clang-format on
static_assert(Eq<&Post::view_count, int> && !Eq<&Post::view_count, double> &&
              !Eq<&Post::view_count, bool> && Eq<&Post::view_count, std::uint64_t>);
static_assert(Eq<&Post::published, bool> && !Eq<&Post::published, const char*> &&
              !Eq<&Post::published, int>);
static_assert(Eq<&Post::author_pk, Author> && Eq<&Post::author_pk, Ref<Author>> &&
              !Eq<&Post::author_pk, Tag> && !Eq<&Post::author_pk, const char*>);
static_assert(Eq<&Post::author_pk, Uuid> && Eq<&Post::editor_pk, Author> &&
              Eq<&Post::editor_pk, std::nullopt_t> && !Eq<&Post::author_pk, std::nullopt_t>);
static_assert(Eq<&Post::title, const char*> && Eq<&Post::title, std::string_view> &&
              !Eq<&Post::title, int>);
template <class... K>
concept Gettable = requires(K... k) {
  Order::objects.get(k...);
};
static_assert(Gettable<const char*, int> && !Gettable<const char*> && !Gettable<int, int>);

struct Fields : testing::Test {
  Database db;
  void SetUp() override {
    ensure_table<Everything>();
    ensure_table<Order>();
    db.calls().reset();
  }
};

Everything filled() {
  Everything e{.chars = "čhars",
               .text = "long text",
               .slug = "a-slug_1",
               .email = "a@example.com",
               .url = "https://example.com/x?y=1",
               .integer = -5,
               .small = -128,
               .big = UINT64_MAX,
               .real = 0.1,
               .price = *Decimal::parse("12.3400"),
               .flag = true,
               .at = *base::parse_iso("2026-01-02T03:04:05.000006Z")};
  e.data = Json::parse(
      R"({"a": [1, 2.5, null, true], "big": 18446744073709551615, "nested": {"x": "y"}})");
  e.bytes = Binary{std::string("\0\xff", 2)};
  e.numbers = {3, 1, 2};
  e.grid = {{"a"}, {}, {"b", "c"}};
  e.words = {"b", "a"};
  e.primes = {2, 3, 5};
  e.prices = {*Decimal::parse("0.10")};
  e.members = {Uuid::from_bits(1, 2)};
  e.maybe_text = "m";
  e.maybe_integer = std::nullopt;
  e.maybe_flag = false;
  e.maybe_data = Json(nullptr);
  return e;
}

TEST_F(Fields, EveryValueReadsBackAsItWas) {
  const auto made = Everything::objects.create(filled());
  const auto read = Everything::objects.get(made.pk);
  EXPECT_EQ(read.chars, "čhars");
  EXPECT_EQ(read.small, -128);
  EXPECT_EQ(read.big, UINT64_MAX);
  EXPECT_EQ(read.real, 0.1);
  EXPECT_EQ(read.price.text(), "12.34");
  EXPECT_TRUE(read.flag);
  EXPECT_EQ(read.at, made.at);
  EXPECT_FALSE(read.token.is_nil());  // UUIDField makes one
  EXPECT_EQ(read.token, made.token);
  EXPECT_EQ(read.data, made.data);
  EXPECT_TRUE(read.data["a"][0].is_number_integer() && read.data["a"][1].is_number_float());
  EXPECT_EQ(read.bytes, made.bytes);
  EXPECT_EQ(read.numbers, made.numbers);
  EXPECT_EQ(read.grid, made.grid);
  EXPECT_EQ(read.words, made.words);
  EXPECT_EQ(read.primes, made.primes);
  EXPECT_EQ(read.prices, made.prices);
  EXPECT_EQ(read.members, made.members);
  EXPECT_EQ(read.maybe_text, "m");
  EXPECT_EQ(read.maybe_integer, std::nullopt);
  EXPECT_EQ(read.maybe_flag, false);
  EXPECT_EQ(read.code, "code-1");
}

TEST_F(Fields, DecimalsOfJsonAreWholeNumbersOrText) {
  Everything e;
  EXPECT_THROW(e.update_from(Json::parse(R"({"price": 0.1})")), ValidationError);
  EXPECT_THROW(e.update_from(Json::parse(R"({"prices": [0.1]})")), ValidationError);
  e.update_from(Json::parse(R"({"price": "0.10", "prices": [2, "0.30"]})"));
  EXPECT_EQ(e.price, *Decimal::parse("0.1"));
  EXPECT_EQ(e.prices, (std::set<Decimal>{Decimal(2), *Decimal::parse("0.3")}));
}

TEST_F(Fields, StoredFormsAreTheOriginals) {
  const auto e = Everything::objects.create(filled());
  const auto item = db.stored("test_fields_everything", e.pk);
  EXPECT_EQ(item.at("pk"), Value(e.pk.str()));
  EXPECT_EQ(item.at("at"), Value("2026-01-02T03:04:05.000006+00:00"));
  EXPECT_EQ(item.at("price"), Value(*Decimal::parse("12.34")));
  EXPECT_EQ(item.at("flag"), Value(true));
  EXPECT_EQ(item.at("data").type(), dynamodb::Type::M);
  EXPECT_EQ(item.at("numbers").type(), dynamodb::Type::L);
  EXPECT_EQ(item.at("words").type(), dynamodb::Type::SS);
  EXPECT_EQ(item.at("primes").type(), dynamodb::Type::NS);
  EXPECT_EQ(item.count("maybe_integer"), 0u);  // nullopt: no attribute
  auto empty = Everything::objects.create({});
  EXPECT_EQ(db.stored("test_fields_everything", empty.pk).count("words"),
            0u);  // an empty set: no attribute
}

TEST_F(Fields, RowsOfTheOriginalAreReadable) {
  const Uuid pk = Uuid::random();
  db.put("test_fields_everything", {{"pk", pk.str()},
                                    {"chars", "old"},
                                    {"real", 3},
                                    {"maybe_text", dynamodb::Null()},
                                    {"text", dynamodb::Null()},
                                    {"extra", dynamodb::List{1, "x"}},
                                    {"at", "2024-05-06T07:08:09+00:00"},
                                    {"integer", *Decimal::parse("1E2")}});
  auto row = Everything::objects.get(pk);
  EXPECT_EQ(row.chars, "old");
  EXPECT_EQ(row.real, 3.0);
  EXPECT_EQ(row.text, "");
  EXPECT_EQ(row.maybe_text, std::nullopt);
  EXPECT_EQ(row.maybe_integer, std::nullopt);
  EXPECT_EQ(row.integer, 100);
  EXPECT_EQ(Everything::objects.filter(f<&Everything::maybe_text> == std::nullopt).count(), 1u);
  row.chars = "new";
  row.save();
  EXPECT_EQ(db.stored("test_fields_everything", pk).count("extra"),
            1u);  // what the model does not know stays
  EXPECT_EQ(Everything::objects.get(pk).version, 1u);
}

TEST_F(Fields, AStoredValueOfAnotherTypeIsAnErrorThatNamesIt) {
  const Uuid pk = Uuid::random();
  db.put("test_fields_everything", {{"pk", pk.str()}, {"integer", "five"}});
  try {
    (void)Everything::objects.get(pk);
    FAIL();
  } catch (const DatabaseError& e) {
    EXPECT_THAT(e.what(), HasSubstr("Everything: the stored attribute 'integer' is of type S"));
  }
}

TEST_F(Fields, ValidationReportsAllFieldsAtOnce) {
  Everything e{
      .chars = "ěščřžý", .slug = "no slug", .email = "nobody", .url = "javascript:alert(1)"};
  e.real = std::numeric_limits<double>::infinity();
  e.maybe_text = "much too long";
  try {
    e.save();
    FAIL();
  } catch (const ValidationError& error) {
    std::vector<std::string> fields;
    for (const auto& [field, messages] : error.errors()) fields.push_back(field);
    EXPECT_THAT(fields, ElementsAre("chars", "email", "maybe_text", "real", "slug", "url"));
    EXPECT_THAT(error.what(), HasSubstr("at most 5 characters (it has 6)"));
  }
  EXPECT_EQ(db.calls().writes(), 0);
}

TEST_F(Fields, ARowThatIsTooLargeIsAValidationError) {
  Everything e;
  e.text = std::string(410'000, 'x');
  EXPECT_THROW(e.save(), ValidationError);
}

TEST_F(Fields, FullCleanRefusesBlankText_SaveDoesNot) {
  Author a{.username = "a"};
  EXPECT_NO_THROW(a.full_clean());  // email and bio are .blank
  Post nobodys{.title = "t", .slug = "t"};
  EXPECT_THROW(nobodys.full_clean(), ValidationError);  // body is blank, and the author is required
  EXPECT_NO_THROW(nobodys.save());
  EXPECT_EQ(db.stored("posts", nobodys.pk).count("author_pk"), 0u);
  EXPECT_TRUE(Post::objects.get(nobodys.pk).author_pk.pk.is_nil());
  EXPECT_EQ(Post::objects.filter(f<&Post::author_pk> == Author{}).count(), 0u);
  Comment c;
  c.post_pk = Ref<Post>(Uuid::random());
  EXPECT_THROW(c.full_clean(), ValidationError);
  EXPECT_NO_THROW(c.save());
  EXPECT_THROW(Author{.username = " \t"}.full_clean(), ValidationError);
  EXPECT_NO_THROW((Author{.username = "a", .bio = " "}.full_clean()));
}

TEST_F(Fields, FullCleanRefusesNulCharacters_AndNamesTheField) {
  const std::string nul("a\0b", 3);
  const auto wrong = [](const auto& row) {
    try {
      row.full_clean();
    } catch (const ValidationError& error) {
      return error.errors().empty() ? std::string() : error.errors().begin()->first;
    }
    return std::string();
  };
  EXPECT_EQ(wrong(Author{.username = "a", .bio = nul}), "bio");
  Everything good = filled();
  good.code = "c";  // which save() makes
  Everything e = good;
  ASSERT_EQ(wrong(e), "");
  e.words.insert(nul);
  EXPECT_EQ(wrong(e), "words");
  e = good;
  e.data = Json{{"a", Json::array({Json{{nul, 1}}})}};
  EXPECT_EQ(wrong(e), "data");
}

TEST_F(Fields, JsonGoesBothWays_Strictly) {
  const auto e = Everything::objects.create(filled());
  base::JsonWriter out;
  e.write_json(out);
  const Json json = Json::parse(out.text());
  EXPECT_EQ(json["price"], "12.34");
  EXPECT_EQ(json["big"], UINT64_MAX);
  EXPECT_EQ(json["maybe_integer"], nullptr);
  EXPECT_EQ(json["at"], "2026-01-02T03:04:05.000006+00:00");
  EXPECT_EQ(json["primes"], Json::parse("[2,3,5]"));

  Everything copy;
  Json body = json;
  for (const char* key : {"pk", "version"}) body.erase(key);
  copy.update_from(body);
  EXPECT_EQ(copy.data, e.data);
  EXPECT_EQ(copy.prices, e.prices);
  EXPECT_EQ(copy.big, e.big);
  EXPECT_EQ(copy.bytes, e.bytes);
  EXPECT_EQ(copy.maybe_integer, std::nullopt);

  try {
    copy.update_from(Json::parse(
        R"({"flag": "true", "integer": 1.5, "small": 300, "at": "today", "words": [1], "nope": 1, "pk": "x", "chars": null})"));
    FAIL();
  } catch (const ValidationError& error) {
    EXPECT_EQ(error.errors().size(), 8u);
    EXPECT_THAT(error.errors().at("flag")[0], HasSubstr("must be true or false"));
    EXPECT_THAT(error.errors().at("small")[0], HasSubstr("not between -128 and 127"));
  }
}

TEST_F(Fields, RefreshKeepsWhatIsNotStored) {
  const auto alice = Author::objects.create({.username = "alice"});
  auto post = Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  post.scratch = 5;
  Post::objects.filter(f<&Post::pk> == post.pk).update(f<& Post::title> = "changed");
  post.refresh();
  EXPECT_EQ(post.title, "changed");
  EXPECT_EQ(post.scratch, 5);
  post.remove();
  EXPECT_THROW(post.refresh(), Post::DoesNotExist);
  EXPECT_THROW((void)Post::objects.get(post.pk), ObjectDoesNotExist);
}

TEST_F(Fields, CreateInserts_WhereverTheObjectComesFrom) {
  const auto alice = Author::objects.create({.username = "alice"});
  auto post = Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  auto changed = post;
  changed.title = "changed";
  EXPECT_THROW(Post::objects.create(changed), IntegrityError);
  EXPECT_THROW(alice.related<&Post::author_pk>().create(changed), IntegrityError);
  EXPECT_EQ(Post::objects.get(post.pk).title, "t");
  post.remove();
  EXPECT_TRUE(Post::objects.create(changed).pk == changed.pk);
  EXPECT_EQ(Post::objects.get(changed.pk).title, "changed");
}

TEST(Model, TableNames) {
  EXPECT_EQ(model_info<Author>().table, "test_blog_author");
  EXPECT_EQ(model_info<Post>().table, "posts");
  EXPECT_EQ(model_info<Post>().joins.at(0)->table, "posts_labels");
  EXPECT_EQ(split_type_name("a::(anonymous namespace)::b::{anonymous}::M").app_label, "b");
}

TEST(Model, SaveOfANewRowInsertsAndOfAReadRowWritesWhatChanged) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  auto post =
      Post::objects.create({.title = "Hello", .slug = "hello", .author_pk = alice, .tags = {"x"}});
  EXPECT_EQ(post.version, 1u);
  EXPECT_EQ(post.created_at, db.now());
  db.tick();
  auto same = Post::objects.get(post.pk);
  same.title = "Updated";
  db.client().updates.clear();
  same.save();
  EXPECT_THAT(same.last_written(), UnorderedElementsAre("title", "updated_at", "version"));
  EXPECT_EQ(db.client().updates.at(0).update.set.size(), 4u);  // and search_version
  EXPECT_EQ(same.version, 2u);
  EXPECT_EQ(same.updated_at, db.now());
  EXPECT_NE(same.created_at, db.now());
  EXPECT_EQ(Post::objects.get(post.pk).title, "Updated");
}

TEST(Model, SaveWithoutAChangeWritesNothing) {
  Database db;
  auto tag = Tag::objects.create({.name = "x"});
  db.calls().reset();
  tag.save();
  EXPECT_EQ(db.calls().writes(), 0);
  EXPECT_THAT(tag.last_written(), ElementsAre());
}

TEST(Model, Z6_StaleVersionIsAConflict_AndTheRowStays) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  const auto post = Post::objects.create({.title = "Hello", .slug = "hello", .author_pk = alice});
  auto mine = Post::objects.get(post.pk), theirs = Post::objects.get(post.pk);
  theirs.title = "theirs";
  theirs.save();
  mine.body = "mine";
  EXPECT_THROW(mine.save(), ConflictError);
  EXPECT_EQ(Post::objects.get(post.pk).body, "");
  mine.refresh();
  mine.body = "mine";
  EXPECT_NO_THROW(mine.save());
  EXPECT_EQ(Post::objects.get(post.pk).title, "theirs");
}

TEST(Model, SaveOfADeletedRowDoesNotBringItBack) {
  Database db;
  auto category = Category::objects.create({.name = "c"});
  Category::objects.all().remove();
  category.name = "d";
  EXPECT_THROW(category.save(), Category::DoesNotExist);
  EXPECT_EQ(db.rows_in("test_blog_category"), 0u);
  EXPECT_THROW(category.remove(), Category::DoesNotExist);
}

TEST(Model, ACopyWithoutKeyIsANewRow) {
  Database db;
  auto c = Category::objects.create({.name = "c"});
  const Uuid first = c.pk;
  c.pk = Uuid();
  c.save();
  EXPECT_NE(c.pk, first);
  EXPECT_EQ(Category::objects.count(), 2u);
}

TEST(Model, OwnCleanIsAskedToo) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  EXPECT_THROW(Post::objects.create({.title = "forbidden", .slug = "x", .author_pk = alice}),
               ValidationError);
  try {
    Post::objects.create({.title = "forbidden"});
  } catch (const ValidationError& e) {
    EXPECT_EQ(e.errors().size(), 2u) << e.what();  // title by clean(), slug (an index key)
  }
}

TEST(Model, ComputedAttributeFollowsEverySave) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  auto post =
      Post::objects.create({.title = "t", .slug = "t", .author_pk = alice, .published = true});
  const auto feed = Post::objects.filter(f<&Post::feed> == "all");
  EXPECT_EQ(feed.count(), 1u);
  EXPECT_EQ(Post::objects.filter({{"feed", "all"}}).count(), 1u);
  post.published = false;
  post.save();
  EXPECT_EQ(feed.count(), 0u);
  EXPECT_EQ(db.stored("posts", post.pk).count("feed"), 0u);
}

TEST(Model, ComputedAttributeIsRight_WhenTwoSavesMeet) {
  Database db;

  const auto alice = Author::objects.create({.username = "alice"});
  const auto post = Post::objects.create(
      {.title = "t", .slug = "t", .author_pk = alice, .published = false, .is_public = true});
  const auto row = Post::objects.filter(f<&Post::pk> == post.pk);
  db.client().before_write = [&] {
    row.update(f<& Post::is_public> = false);
  };  // between read and write of the other
  row.update(f<& Post::published> = true);
  const auto item = db.stored("posts", post.pk);
  EXPECT_EQ(item.at("published"), Value(true));
  EXPECT_EQ(item.at("public"), Value(false));
  EXPECT_EQ(item.count("feed"), 0u);
}

TEST(Model, ComputedAttributeIsRight_AfterManyWritersAtOnce) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  const auto post = Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  const auto row = Post::objects.filter(f<&Post::pk> == post.pk);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        try {
          if (t % 2 == 0)
            row.update(f<& Post::published> = (i % 3 != 0));
          else
            row.update(f<& Post::is_public> = (i % 2 == 0),
                       f<& Post::view_count> = f<&Post::view_count> + 1);
        } catch (const ConflictError&) {  // too many at once: the row is as it was
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  const auto item = db.stored("posts", post.pk);
  EXPECT_EQ(item.count("feed") > 0,
            item.at("published") == Value(true) && item.at("public") == Value(true));
}

TEST(Model, TablesWithAKeyOfTheirOwn) {
  Database db;
  ensure_table<Order>();
  auto order = Order::objects.create({.customer = "c1", .placed_at = 5, .state = "new"});
  EXPECT_THROW(Order::objects.create({.customer = "c1", .placed_at = 5, .state = "again"}),
               IntegrityError);
  for (int i = 6; i < 9; ++i)
    Order::objects.create({.customer = "c1", .placed_at = i, .state = "new"});
  Order::objects.create({.customer = "c2", .placed_at = 1, .state = "paid"});
  EXPECT_EQ(Order::objects.get("c1", 5).state, "new");
  EXPECT_FALSE(Order::objects.try_get("c1", 99));
  EXPECT_THROW((void)Order::objects.get("c3", 1), Order::DoesNotExist);
  order.state = "paid";
  order.save();
  EXPECT_EQ(Order::objects.filter(f<&Order::state> == "paid").count(), 2u);
  db.calls().reset();
  const auto latest =
      Order::objects.filter(f<&Order::customer> == "c1" && f<&Order::placed_at> >= 6)
          .order_by("-SK")
          .limit(2);
  EXPECT_EQ((latest.values_list<&Order::placed_at>()), (std::vector<std::int64_t>{8, 7}));
  EXPECT_EQ(db.calls().query, 1);
  order.remove();
  EXPECT_EQ(Order::objects.filter({{"PK", "c1"}}).count(), 3u);
}

}  // namespace
}  // namespace test_blog

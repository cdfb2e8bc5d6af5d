// Cursors as a client has them: sealed, bound to their list, and good for going on while others
// write.
#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "dynamo_backend/test_blog.h"
#include "dynamodb/expression_evaluator.h"

namespace cursor_test {
using namespace dynamo_backend;
using test_blog::Author;
using test_blog::Database;
using test_blog::Post;
using test_blog::Tag;

struct Cursors : testing::Test {
  Database db{{.scan_policy = ScanPolicy::allow, .secret = "kept"}};
  Author alice = Author::objects.create({.username = "alice"});
  Author bob = Author::objects.create({.username = "bob"});

  Post add(int number) {
    db.tick();
    const std::string text = std::to_string(number);
    return Post::objects.create({.title = "Post " + text,
                                 .slug = number % 3 == 0 ? "third" : "other",
                                 .author_pk = number % 2 ? bob : alice,
                                 .published = true,
                                 .view_count = number % 5});
  }
  std::vector<Post> add_many(int from, int to) {
    std::vector<Post> posts;
    for (int i = from; i < to; ++i) posts.push_back(add(i));
    return posts;
  }
};

TEST_F(Cursors, BeforeWhatIsGone_LeadToTheFirstPage) {
  const auto posts = add_many(0, 6);
  const auto list = Post::objects.filter(f<&Post::feed> == "all").order_by("created_at").limit(2);
  const auto second = list.page(*list.page().next);
  for (const std::size_t i : {0u, 1u})
    Post::objects.filter(f<&Post::pk> == posts.at(i).pk).remove();
  const auto before = list.page(*second.prev);
  EXPECT_TRUE(before.items.empty());  // or who joins pages would have the second page twice
  EXPECT_FALSE(before.prev);
  const auto first = list.page(before.next.value());
  ASSERT_EQ(first.items.size(), 2u);
  EXPECT_EQ(first.items[0].pk, second.items[0].pk);
  EXPECT_FALSE(first.prev);
  EXPECT_EQ(list.page(first.next.value()).items.at(0).pk, posts.at(4).pk);
}

TEST_F(Cursors, BehindWhatIsGone_LeadBackToTheLastPage) {
  const auto posts = add_many(0, 6);
  for (const auto* order : {"created_at", "title"}) {  // served by an index, sorted here
    const auto list = Post::objects.filter(f<&Post::feed> == "all").order_by(order).limit(2);
    const auto second = list.page(*list.page().next);
    for (const std::size_t i : {4u, 5u})
      Post::objects.filter(f<&Post::pk> == posts.at(i).pk).remove();
    const auto behind = list.page(*second.next);
    EXPECT_TRUE(behind.items.empty());
    EXPECT_FALSE(behind.next);
    const auto last = list.page(behind.prev.value());
    ASSERT_EQ(last.items.size(), 2u);
    EXPECT_EQ(last.items[0].pk, second.items[0].pk);
    EXPECT_EQ(last.items[1].pk, second.items[1].pk);
    EXPECT_FALSE(last.next);
    EXPECT_EQ(list.page(last.prev.value()).items.at(0).pk, posts.at(0).pk);
    for (const std::size_t i : {4u, 5u}) Post::objects.create(Post(posts.at(i)));
  }
  // What nobody can scan backwards has no way back.
  const auto scan = Author::objects.all().limit(1);
  const auto first = scan.page();
  Author::objects.all().remove();
  EXPECT_FALSE(scan.page(*first.next).prev);
}

TEST_F(Cursors, EveryChangeOfABit_IsSeen) {
  add_many(0, 6);
  const auto qs = Post::objects.order_by("view_count").limit(3);
  const std::string cursor = *qs.page().next;
  const std::string sealed = *base::base64url_decode(cursor);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string forged = sealed;
    forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THROW((void)qs.page(base::base64url_encode(forged)), DamagedCursor) << bit;
  }
  for (std::size_t size = 1; size < sealed.size(); ++size) {
    EXPECT_THROW((void)qs.page(base::base64url_encode(sealed.substr(0, size))), DamagedCursor)
        << size;
    EXPECT_THROW((void)qs.page(base::base64url_encode(sealed.substr(size))), DamagedCursor) << size;
  }
}

TEST_F(Cursors, EveryOtherText_IsDamaged) {
  add_many(0, 6);
  const auto qs = Post::objects.order_by("view_count").limit(3);
  const std::string cursor = *qs.page().next;
  EXPECT_EQ(
      cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  // Position by position: each other character, one more and one less.
  const std::string characters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= %\n";
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    for (const char c : characters) {
      if (c == cursor[i]) continue;
      std::string forged = cursor;
      forged[i] = c;
      ASSERT_THROW((void)qs.page(forged), DamagedCursor) << i << c;
    }
    ASSERT_THROW((void)qs.page(cursor.substr(0, i) + "A" + cursor.substr(i)), DamagedCursor) << i;
    ASSERT_THROW((void)qs.page(cursor.substr(0, i) + cursor.substr(i + 1)), DamagedCursor) << i;
  }
  for (const std::string& text : {std::string("MTA="), std::string(1, '\0'), std::string("null"),
                                  std::string(1 << 20, 'A'), cursor + cursor, cursor + "A"})
    EXPECT_THROW((void)qs.page(text), DamagedCursor);
}

TEST_F(Cursors, OfAnotherList_AreForeign) {
  add_many(0, 12);
  const auto list = [&](const Q<Post>& q) {
    return Post::objects.filter(q).order_by("view_count");
  };
  const auto mine = list(f<&Post::author_pk> == alice);
  const std::string cursor = *mine.limit(2).page().next;
  EXPECT_NO_THROW((void)mine.limit(5).page(cursor));  // another page size goes on
  const std::vector<QuerySet<Post>> others{
      list(f<&Post::author_pk> == bob),
      list(f<&Post::author_pk> != alice),
      list(f<&Post::author_pk>.in({Ref<Author>(alice), Ref<Author>(bob)})),
      list(f<&Post::editor_pk> == alice),
      list(f<&Post::author_pk> == alice && f<&Post::published> == true),
      mine.exclude(f<&Post::title> == "x"),
      mine.order_by("-view_count"),
      mine.order_by("view_count", "title"),
      mine.order_by("title"),
      mine.order_by(),
      Post::objects.order_by("view_count")};
  for (const auto& other : others)
    EXPECT_THROW((void)other.limit(2).page(cursor), ForeignCursor) << other.explain();
  EXPECT_THROW((void)Tag::objects.limit(3).page(cursor), ForeignCursor);

  // Another environment's tables, although the secret is the same.
  ScopedConnection staging(
      db.client(),
      {.table_prefix = "staging_", .scan_policy = ScanPolicy::allow, .secret = "kept"});
  ensure_table<Post>();
  EXPECT_THROW((void)mine.limit(2).page(cursor), ForeignCursor);
}

TEST_F(Cursors, OfAnotherTenant_AreForeign) {
  add_many(0, 6);
  const auto list = Post::objects.order_by("view_count").limit(2);
  std::string acme;
  {
    const TenantScope tenant("acme");
    acme = *list.page().next;
    EXPECT_NO_THROW((void)list.page(acme));
    const TenantScope other("globex");
    EXPECT_THROW((void)list.page(acme), ForeignCursor);
  }
  EXPECT_EQ(TenantScope::current(), "");
  EXPECT_THROW((void)list.page(acme), ForeignCursor);
  const std::string nobodys = *list.page().next;
  std::thread([&] {
    const TenantScope tenant("acme");
    EXPECT_NO_THROW((void)list.page(acme));
    EXPECT_THROW((void)list.page(nobodys), ForeignCursor);
  }).join();
}

TEST_F(Cursors, SurviveARestart_ButNotANewSecret) {
  add_many(0, 12);
  const auto list = Post::objects.order_by("created_at").limit(4);
  std::optional<std::string> cursor;
  std::vector<std::string> titles;
  for (int run = 0; run < 3; ++run) {
    // Each run is a process of its own as far as the cursor is concerned.
    ScopedConnection restarted(db.client(), {.scan_policy = ScanPolicy::allow, .secret = "kept"});
    const auto page = list.page(cursor);
    for (const Post& p : page.items) titles.push_back(p.title);
    cursor = run < 2 ? page.next : page.prev;
  }
  EXPECT_EQ(titles.size(), 12u);
  EXPECT_EQ(titles.front(), "Post 0");
  EXPECT_EQ(titles.back(), "Post 11");
  EXPECT_EQ(list.page(cursor).items.at(0).title, "Post 4");
  for (const char* secret : {"another", ""}) {
    ScopedConnection other(db.client(), {.scan_policy = ScanPolicy::allow, .secret = secret});
    EXPECT_THROW((void)list.page(cursor), DamagedCursor);
  }
}

// One table before and after a change of its model.
namespace before {
struct Item : DynamoModel<Item> {
  std::string box{};
  std::int64_t rank = 0;
  static constexpr auto schema =
      define<Item>({.table_name = "items"}, CharField<&Item::box>{}, IntegerField<&Item::rank>{},
                   Index<&Item::box, &Item::rank>{.name = "box-rank"});
};
}  // namespace before
namespace after {
struct Item : DynamoModel<Item> {
  std::string box{};
  std::string rank{};
  static constexpr auto schema =
      define<Item>({.table_name = "items"}, CharField<&Item::box>{}, CharField<&Item::rank>{},
                   Index<&Item::box, &Item::rank>{.name = "box-rank"});
};
}  // namespace after
namespace without_index {
struct Item : DynamoModel<Item> {
  std::string box{};
  std::int64_t rank = 0;
  static constexpr auto schema =
      define<Item>({.table_name = "items"}, CharField<&Item::box>{}, IntegerField<&Item::rank>{});
};
}  // namespace without_index

TEST_F(Cursors, OfAModelThatChanged_AreStale_OrGoOnByTheirOrder) {
  ensure_table<before::Item>();
  for (int i = 0; i < 6; ++i) before::Item::objects.create({.box = "a", .rank = i / 2});
  const auto list = [](auto model) {
    using Item = decltype(model);
    return Item::objects.filter(f<&Item::box> == "a").order_by("rank").limit(2);
  };
  const auto first = list(before::Item()).page();
  EXPECT_THROW((void)list(after::Item()).page(first.next), StaleCursor);

  // An index that is gone changes no order: the same rows follow, and lead back.
  const auto by_index = list(before::Item()).page(first.next);
  const auto by_scan = list(without_index::Item()).page(first.next);
  ASSERT_EQ(by_scan.items.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(by_scan.items[i].pk, by_index.items[i].pk);
  EXPECT_EQ(list(without_index::Item()).page(by_scan.next).items.size(), 2u);
  const auto back = list(before::Item()).page(by_scan.prev);
  EXPECT_EQ(back.items.at(0).pk, first.items.at(0).pk);

  // Without an order nothing tells where the other way of reading them was.
  const auto unordered = before::Item::objects.filter(f<&before::Item::box> == "a").limit(2).page();
  const auto gone = without_index::Item::objects.filter(f<&without_index::Item::box> == "a");
  EXPECT_THROW((void)gone.limit(2).page(unordered.next), StaleCursor);
}

// What a relation finds decides on the plan: the list goes on all the same.
TEST_F(Cursors, GoOnWhileTheRowsBehindARelationComeAndGo) {
  const auto posts = add_many(0, 12);
  const Author carol = Author::objects.create({.username = "carol"});
  const auto list =
      Post::objects
          .filter(f<&Post::author_pk, &Author::username> == "carol" || f<&Post::slug> == "third")
          .order_by("created_at")
          .limit(1);
  Author::objects.filter(f<&Author::pk> == carol.pk).remove();
  auto page = list.page();
  EXPECT_EQ(page.items.at(0).title, "Post 0");
  const Author again = Author::objects.create({.username = "carol"});
  db.tick();
  Post::objects.create({.title = "hers", .slug = "s", .author_pk = again});
  std::vector<std::string> titles;
  for (int i = 0; page.next; ++i) {
    page = list.page(page.next);
    for (const Post& p : page.items) titles.push_back(p.title);
    if (i == 1) again.related<&Post::author_pk>().update(f<& Post::author_pk> = alice);
    if (i == 1) Author::objects.filter(f<&Author::pk> == again.pk).remove();
  }
  EXPECT_THAT(titles, testing::ElementsAre("Post 3", "Post 6", "Post 9"));
  titles.clear();
  while (page.prev) {
    page = list.page(page.prev);
    for (const Post& p : page.items) titles.push_back(p.title);
  }
  EXPECT_THAT(titles, testing::ElementsAre("Post 6", "Post 3", "Post 0"));
}

// ---- while others write

struct WhileOthersWrite : Cursors {
  // Every way to read a list. The rows of `stay` are there throughout.
  std::vector<QuerySet<Post>> lists(const std::vector<Post>& stay) {
    std::vector<Uuid> keys;
    for (const Post& p : stay) keys.push_back(p.pk);
    const auto by_author = f<&Post::author_pk> == alice;
    const auto both = f<&Post::author_pk>.in({Ref<Author>(alice), Ref<Author>(bob)});
    return {Post::objects.filter(by_author).order_by("-created_at"),
            Post::objects.filter(by_author).order_by("created_at"),
            Post::objects.filter(by_author).order_by(),
            Post::objects.filter(by_author).order_by("title"),
            Post::objects.filter(f<&Post::slug> == "third").order_by(),
            Post::objects.filter(both).order_by(),
            Post::objects.filter(both).order_by("-created_at"),
            Post::objects.filter(both && f<&Post::view_count> > 1).order_by("created_at"),
            Post::objects.filter(f<&Post::slug> == "third" || by_author).order_by("created_at"),
            Post::objects.filter(f<&Post::slug> == "third" || by_author).order_by(),
            Post::objects.filter(f<&Post::feed> == "all").order_by("-created_at"),
            Post::objects.filter(f<&Post::pk>.in(keys)).order_by(),
            Post::objects.filter(f<&Post::pk>.in(keys)).order_by("view_count"),
            Post::objects.order_by("view_count", "-title"),
            Post::objects.filter(f<&Post::title>.startswith("Post")).order_by()};
  }
  static std::vector<Uuid> keys_of(const std::vector<Post>& rows) {
    std::vector<Uuid> keys;
    for (const Post& p : rows) keys.push_back(p.pk);
    return keys;
  }
  // The rows that stay, of `keys`, in its order; a row that comes twice is there twice.
  static std::vector<Uuid> staying(const std::vector<Uuid>& keys, const std::set<Uuid>& stay) {
    std::vector<Uuid> out;
    for (const Uuid& k : keys)
      if (stay.contains(k)) out.push_back(k);
    return out;
  }
};

TEST_F(WhileOthersWrite, PagesLoseAndRepeatNoRowThatWasThereThroughout) {
  const auto posts = add_many(0, 60);
  std::vector<std::set<Uuid>> expected;
  for (const auto& list : lists(posts)) {
    std::set<Uuid> keys;
    for (const Uuid& k : keys_of(list.to_vector())) keys.insert(k);
    expected.push_back(std::move(keys));
  }
  std::atomic<bool> done{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    std::mt19937 random(7);  // NOLINT: a fixed seed, on purpose
    std::vector<Post> mine;
    for (int i = 0; !done; ++i) {
      Post p{.title = "Post " + std::to_string(random() % 100),
             .slug = random() % 2 ? "third" : "other",
             .author_pk = random() % 2 ? bob : alice,
             .published = true,
             .view_count = static_cast<std::int64_t>(random() % 5)};
      p.created_at = posts[random() % posts.size()].created_at + std::chrono::microseconds(i % 3);
      mine.push_back(Post::objects.create(std::move(p)));
      ++written;
      if (mine.size() > 30) {
        mine[random() % mine.size()].remove();
        mine.erase(std::find_if(mine.begin(), mine.end(),
                                [](const Post& m) { return !Post::objects.try_get(m.pk); }));
      }
    }
  });
  const auto all = lists(posts);
  for (std::size_t round = 0; round < all.size() || written < 500; ++round) {
    const std::size_t n = round % all.size();
    SCOPED_TRACE(all[n].explain());
    const auto list = all[n].limit(7);
    std::vector<Uuid> forwards;
    Page<Post> page = list.page();
    std::vector<Uuid> last = keys_of(page.items);
    for (;;) {
      last = keys_of(page.items);
      forwards.insert(forwards.end(), last.begin(), last.end());
      if (!page.next) break;
      page = list.page(page.next);
    }
    std::vector<Uuid> there = staying(forwards, expected[n]);
    EXPECT_EQ(std::set<Uuid>(forwards.begin(), forwards.end()).size(), forwards.size());
    EXPECT_EQ(there.size(), expected[n].size());
    if (!page.prev) continue;  // a Scan without an order, or one page
    std::vector<Uuid> backwards(last.rbegin(), last.rend());
    while (page.prev) {
      page = list.page(page.prev);
      const auto keys = keys_of(page.items);
      backwards.insert(backwards.end(), keys.rbegin(), keys.rend());
    }
    EXPECT_EQ(std::set<Uuid>(backwards.begin(), backwards.end()).size(), backwards.size());
    std::vector<Uuid> back = staying(backwards, expected[n]);
    std::reverse(back.begin(), back.end());
    EXPECT_EQ(back, there);
  }
  done = true;
  writer.join();
}

// An index of keys: rows are fetched behind its entries.
struct Card : DynamoModel<Card> {
  std::string box{};
  std::int64_t rank = 0;
  std::string text{};
  static constexpr auto schema =
      define<Card>({.table_name = "cursor_cards"}, CharField<&Card::box>{},
                   IntegerField<&Card::rank>{}, TextField<&Card::text>{.blank = true},
                   Index<&Card::box, &Card::rank>{.name = "by-box", .keys_only = true});
};

TEST_F(Cursors, OfARowThatMovedBehindItsEntry_StandWhereTheEntryDid) {
  ensure_table<Card>();
  std::vector<Card> cards;
  for (int i = 0; i < 10; ++i)
    cards.push_back(Card::objects.create({.box = i % 2 ? "a" : "b", .rank = i}));
  const auto ranks = [](const Page<Card>& page) {
    std::vector<std::int64_t> out;
    for (const Card& c : page.items) out.push_back(c.rank);
    return out;
  };
  using Ranks = std::vector<std::int64_t>;
  const auto move = [&](std::size_t card, std::int64_t rank) {
    Card::objects.filter(f<&Card::pk> == cards[card].pk).update(f<& Card::rank> = rank);
  };
  const auto all = Card::objects.filter(f<&Card::box>.in({"a", "b"})).order_by("rank").limit(2);
  const auto one = Card::objects.filter(f<&Card::box> == "a").order_by("rank").limit(2);
  db.client().after_read = [&] { move(3, 100); };
  auto page = one.page();
  EXPECT_EQ(ranks(page), (Ranks{1, 100}));
  EXPECT_EQ(ranks(one.page(page.next)), (Ranks{5, 7}));
  move(3, 3);
  db.client().after_read = [&] { move(1, 100); };  // behind the Query of box a, the first
  page = all.page();
  EXPECT_EQ(ranks(page), (Ranks{0, 100}));
  page = all.page(page.next);
  EXPECT_EQ(ranks(page), (Ranks{2, 3}));
  EXPECT_EQ(ranks(all.page(page.prev)), (Ranks{0}));
  // At its entry's place in the one branch, at its own in the other: it comes once.
  db.client().after_read = [&] { move(5, 200); };
  const auto either = Card::objects.filter(f<&Card::box> == "a" || f<&Card::pk> == cards[5].pk);
  EXPECT_EQ(either.order_by("rank").to_vector().size(), 5u);
}

struct Place : DynamoTable<Place> {
  std::string room{}, name{};
  static constexpr auto schema = define<Place>(
      {.table_name = "cursor_places"}, PartitionKey<&Place::room>{}, SortKey<&Place::name>{});
};

TEST_F(Cursors, OfPartitionsThatAreMerged_DoNotReadThemFromTheirStart) {
  ensure_table<Place>();
  for (char name = 'a'; name <= 'z'; ++name)
    for (const char* room : {"x", "y", "z"}) Place::objects.create({.room = room, .name = {name}});
  for (const std::string order : {"name", "-name"}) {
    SCOPED_TRACE(order);
    const auto list =
        Place::objects.filter(f<&Place::room>.in({"x", "y", "z"})).order_by(order).limit(13);
    const Place at_start = list.page().items.at(0);
    std::vector<Place> got;
    Page<Place> page = list.page();
    for (;;) {
      got.insert(got.end(), page.items.begin(), page.items.end());
      if (!page.next) break;
      db.client().queries.clear();
      page = list.page(page.next);
      // What lies before the last row is left out.
      const auto reads_the_start = [&](const dynamodb::QueryRequest& query) {
        bool reads = false;
        for (const char* room : {"x", "y", "z"}) {
          const dynamodb::PackedItem row(
              dynamodb::Item{{"room", std::string(room)}, {"name", at_start.name}});
          reads = reads || dynamodb::evaluate(query.key_condition, row.view());
        }
        return reads && query.exclusive_start_key.empty();
      };
      EXPECT_EQ(
          std::count_if(db.client().queries.begin(), db.client().queries.end(), reads_the_start),
          0);
    }
    ASSERT_EQ(got.size(), 78u);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::size_t letter = i / 3;
      EXPECT_EQ(got[i].name[0], order == "name" ? 'a' + static_cast<char>(letter)
                                                : 'z' - static_cast<char>(letter));
    }
    EXPECT_EQ(list.page(page.prev).items.size(), 13u);
  }
}

}  // namespace cursor_test

// Relations from their other side: conditions, managers that create and add, one-to-one, and links
// with values of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// The links' key is their two sides, as in a table that was laid out by hand.
struct Club;
struct Membership;
struct Person : DynamoModel<Person> {
  std::string name{};
  Many<Club, Membership> clubs{};
  static constexpr auto schema =
      define<Person>({.table_name = "reverse_person"}, CharField<&Person::name>{},
                     ManyToManyField<&Person::clubs>{.related_name = "members"});
};
struct Club : DynamoModel<Club> {
  std::string name{};
  static constexpr auto schema =
      define<Club>({.table_name = "reverse_club"}, CharField<&Club::name>{});
};
struct Membership : DynamoTable<Membership> {
  Ref<Person> person_pk{};
  Ref<Club> club_pk{};
  std::string role = "member";
  static constexpr auto schema = define<Membership>(
      {.table_name = "reverse_membership"}, PartitionKey<&Membership::person_pk>{},
      SortKey<&Membership::club_pk>{}, CharField<&Membership::role>{},
      Index<&Membership::club_pk, &Membership::person_pk>{.name = "by-club"});
};

// A many-to-many to its own model.
struct Page : DynamoModel<Page> {
  std::string name{};
  Many<Page> links{};
  static constexpr auto schema =
      define<Page>({.table_name = "reverse_page"}, CharField<&Page::name>{},
                   ManyToManyField<&Page::links>{.related_name = "linked_from"});
};

struct Reverse : testing::Test {
  Database db;
  Author alice = Author::objects.create({.username = "alice"});
  Author bob = Author::objects.create({.username = "bob"});
  Author carol = Author::objects.create({.username = "carol"});
  Post post(const Author& author, const std::string& title, bool published = false) {
    db.tick();
    return Post::objects.create(
        {.title = title, .slug = title, .author_pk = author, .published = published});
  }
  static std::vector<std::string> who(const QuerySet<Author>& authors) {
    return authors.order_by("username").values_list<&Author::username>();
  }
  static std::vector<std::string> titles(const QuerySet<Post>& posts) {
    return posts.order_by("title").values_list<&Post::title>();
  }
};

TEST_F(Reverse, ARowComesOnceHoweverManyRowsMeetTheCondition) {
  for (int i = 0; i < 3; ++i) post(alice, "a" + std::to_string(i), true);
  post(bob, "b");
  EXPECT_THAT(who(Author::objects.filter(has<&Post::author_pk>(f<&Post::published> == true))),
              ElementsAre("alice"));
  EXPECT_THAT(who(Author::objects.filter({{"posts__published", true}})), ElementsAre("alice"));
  EXPECT_THAT(who(Author::objects.filter(has<&Post::author_pk>())), ElementsAre("alice", "bob"));
  EXPECT_THAT(who(Author::objects.filter(!has<&Post::author_pk>())), ElementsAre("carol"));
  EXPECT_THAT(who(Author::objects.filter({{"posts__isnull", true}})), ElementsAre("carol"));
  EXPECT_THAT(who(Author::objects.filter({{"posts__isnull", false}})), ElementsAre("alice", "bob"));
  EXPECT_THROW((void)Author::objects.filter({{"posts__isnull", nullptr}}), FieldError);
  EXPECT_EQ(Author::objects.filter({{"posts__title__startswith", "a"}}).count(), 1u);
}

// Each partition's rows lie in order: of two they are merged, of one they are read as they lie.
TEST_F(Reverse, PagesGoOnWhenARelationHasOnePartitionLess) {
  std::vector<Person> people;
  std::vector<Club> clubs;
  ensure_table<Person>(), ensure_table<Club>(), ensure_table<Membership>();
  for (int i = 0; i < 2; ++i) people.push_back(Person::objects.create({.name = "x"}));
  for (int i = 0; i < 6; ++i) clubs.push_back(Club::objects.create({.name = "c"}));
  for (const Person& person : people)
    for (const Club& club : clubs)
      Membership::objects.create({.person_pk = person, .club_pk = club});
  const auto of_people =
      Membership::objects.filter(f<&Membership::person_pk, &Person::name> == "x");
  const auto of_clubs = Membership::objects.filter(f<&Membership::club_pk, &Club::name> == "d" ||
                                                   f<&Membership::club_pk, &Club::name> == "e");
  for (Person& gone : people) {
    const auto list = of_people.order_by("club_pk").limit(3);
    const auto whole = of_people.order_by("club_pk").to_vector();
    const auto page = list.page();
    gone.name = "y";
    gone.save();
    std::vector<Uuid> expected, got;
    for (std::size_t i = 3; i < whole.size(); ++i)
      if (whole[i].person_pk != gone) expected.push_back(whole[i].club_pk.pk);
    for (auto next = page.next; next;) {
      const auto rest = list.page(next);
      for (const Membership& m : rest.items) got.push_back(m.club_pk.pk);
      next = rest.next;
    }
    EXPECT_EQ(got, expected);
    gone.name = "x";
    gone.save();
  }
  clubs[0].name = "d", clubs[1].name = "e";
  clubs[0].save(), clubs[1].save();
  const auto page = of_clubs.order_by("person_pk").limit(1).page();  // by the index of clubs
  Club& gone = clubs[page.items.at(0).club_pk == clubs[0] ? 0 : 1];
  gone.name = "c";
  gone.save();
  EXPECT_EQ(of_clubs.order_by("person_pk").page(page.next).items.size(), 2u);
}

TEST_F(Reverse, ConditionsOfOneFilterAreAboutOneRow_OfTwoFiltersAboutAny) {
  post(alice, "x", false);
  post(alice, "y", true);
  post(bob, "x", true);
  const std::vector<Lookup> both{{"posts__title", "x"}, {"posts__published", true}};
  EXPECT_THAT(who(Author::objects.filter(both)), ElementsAre("bob"));
  EXPECT_THAT(who(Author::objects.filter({both[0]}).filter({both[1]})),
              ElementsAre("alice", "bob"));
  const auto x = f<&Post::title> == "x", published = f<&Post::published> == true;
  EXPECT_THAT(who(Author::objects.filter(has<&Post::author_pk>(x && published))),
              ElementsAre("bob"));
  EXPECT_THAT(
      who(Author::objects.filter(has<&Post::author_pk>(x) && has<&Post::author_pk>(published))),
      ElementsAre("alice", "bob"));
  // Django: the conditions of one exclude() need not be about one row.
  EXPECT_THAT(who(Author::objects.exclude(both)), ElementsAre("carol"));
}

TEST_F(Reverse, ConditionsCombineAndNegate) {
  const auto tag = Tag::objects.create({.name = "t"});
  post(alice, "a").labels.add(tag);
  post(bob, "b");
  const auto tagged = has<&Post::author_pk>(f<&Post::labels>.contains(tag));
  EXPECT_THAT(who(Author::objects.filter(tagged || f<&Author::username> == "carol")),
              ElementsAre("alice", "carol"));
  EXPECT_THAT(who(Author::objects.exclude(tagged)), ElementsAre("bob", "carol"));
  EXPECT_THAT(who(Author::objects.exclude({{"posts__labels__name", "t"}})),
              ElementsAre("bob", "carol"));
  EXPECT_THAT(titles(Post::objects.filter(
                  has<&Post::labels>(f<&Tag::name> == "t" && f<&Tag::colour> == "#cccccc"))),
              ElementsAre("a"));
  EXPECT_THAT(titles(Post::objects.filter({{"labels__name", "t"}, {"labels__colour", "red"}})),
              ElementsAre());
  EXPECT_THAT(titles(Post::objects.filter({{"labels__isnull", true}})), ElementsAre("b"));
  EXPECT_THAT(titles(Post::objects.filter({{"labels__in", {tag.pk}}})), ElementsAre("a"));
  EXPECT_EQ(Tag::objects.filter(has<&Post::labels>(f<&Post::title> == "a")).count(), 1u);
  EXPECT_EQ(Tag::objects.filter(has<&Post::labels>(f<&Post::title> == "b")).count(), 0u);
}

TEST_F(Reverse, ConditionsOnTheMembersOfLinks) {
  const auto p = post(alice, "p"), q = post(alice, "q");
  const auto news = Category::objects.create({.name = "news"});
  p.categories.add(news, {.order = 3});
  q.categories.add(news);
  EXPECT_THAT(titles(Post::objects.filter(has<&PostCategory::post_pk>(
                  f<&PostCategory::order> == 3 && f<&PostCategory::category_pk> == news))),
              ElementsAre("p"));
  EXPECT_THAT(titles(Post::objects.filter({{"postcategory__order__gte", 1}})), ElementsAre("p"));
  EXPECT_EQ(Category::objects.filter({{"postcategory__order", 3}, {"posts__title", "p"}}).count(),
            1u);
}

TEST_F(Reverse, AnUnknownNameListsTheReverseNamesToo) {
  try {
    (void)Author::objects.filter({{"articles__title", "x"}});
    FAIL();
  } catch (const FieldError& e) {
    EXPECT_THAT(e.what(), HasSubstr("posts"));
    EXPECT_THAT(e.what(), HasSubstr("profile"));
  }
}

TEST_F(Reverse, ACopiousConditionAcrossARelationSaysSo) {
  Database small{{.scan_policy = ScanPolicy::allow, .relation_limit = 5}};
  std::vector<Author> authors;
  for (int i = 0; i < 8; ++i)
    authors.push_back(Author::objects.create({.username = "u" + std::to_string(i)}));
  for (int i = 0; i < 30; ++i)
    Post::objects.create(
        {.title = "t", .slug = "s", .author_pk = authors[static_cast<std::size_t>(i % 5)]});
  EXPECT_EQ(Author::objects.filter({{"posts__title", "t"}}).count(), 5u);  // of thirty posts
  Post::objects.create({.title = "t", .slug = "s", .author_pk = authors[6]});
  try {
    (void)Author::objects.filter({{"posts__title", "t"}}).count();
    FAIL();
  } catch (const FieldError& e) {
    EXPECT_THAT(e.what(), HasSubstr("more than 5 keys of Post"));
  }
}

TEST_F(Reverse, TheManagerCreatesAndAdds) {
  const auto made = alice.related<&Post::author_pk>().create({.title = "made", .slug = "made"});
  EXPECT_EQ(made.author_pk.pk, alice.pk);
  auto theirs = post(bob, "theirs");
  const auto theirs_too = post(bob, "too");
  alice.related<&Post::author_pk>().add(theirs);
  alice.related<&Post::author_pk>().add(theirs_too);  // const: by its key alone
  EXPECT_EQ(theirs.author_pk.pk, alice.pk);
  EXPECT_THAT(titles(alice.related<&Post::author_pk>()), ElementsAre("made", "theirs", "too"));
  const auto [found, created] = alice.related<&Post::author_pk>().get_or_create(
      f<&Post::slug> == "made", {.title = "another"});
  EXPECT_FALSE(created);
  const auto [other, was_made] =
      alice.related<&Post::author_pk>().get_or_create(f<&Post::slug> == "new", {.title = "new"});
  EXPECT_TRUE(was_made);
  EXPECT_EQ(other.author_pk.pk, alice.pk);
}

TEST_F(Reverse, AManagerOfAnOptionalKeyAlsoTakesAway) {
  const auto p = post(alice, "p"), q = post(alice, "q"), r = post(alice, "r");
  const auto edited = bob.related<&Post::editor_pk>();
  edited.add(p, q);
  EXPECT_EQ(edited.count(), 2u);
  carol.related<&Post::editor_pk>().remove(p);  // not hers: it stays
  EXPECT_EQ(edited.count(), 2u);
  edited.remove(p);
  EXPECT_THAT(titles(edited), ElementsAre("q"));
  edited.set({p, r});
  EXPECT_THAT(titles(edited), ElementsAre("p", "r"));
  edited.clear();
  EXPECT_EQ(edited.count(), 0u);
  EXPECT_EQ(Post::objects.count(), 3u);
  edited.add(p);
  EXPECT_EQ(edited.remove(), 1u);  // the rows, as of any queryset
  EXPECT_EQ(Post::objects.count(), 2u);
}

TEST_F(Reverse, SetLeavesWhatIsLinkedAlready) {
  auto p = post(alice, "p");
  const auto q = post(alice, "q");
  bob.related<&Post::editor_pk>().set({p});
  p = Post::objects.get(p.pk);
  bob.related<&Post::editor_pk>().set({p, q});
  EXPECT_THAT(titles(bob.related<&Post::editor_pk>()), ElementsAre("p", "q"));
  p.title = "p2";
  p.save();  // its version is the one that was read
}

TEST_F(Reverse, OfARowThatIsNotSaved_PointsNothingToIt) {
  const Author nobody{.username = "nobody"};
  auto p = post(alice, "p");
  const auto hers = nobody.related<&Post::author_pk>();
  EXPECT_THROW(hers.add(p), std::logic_error);
  EXPECT_THROW(hers.create({.title = "q", .slug = "q"}), std::logic_error);
  EXPECT_THROW(hers.get_or_create(f<&Post::slug> == "q"), std::logic_error);
  EXPECT_THROW(nobody.related<&Post::editor_pk>().set({p}), std::logic_error);
  EXPECT_EQ(Post::objects.get(p.pk).author_pk.pk, alice.pk);
  EXPECT_EQ(Post::objects.count(), 1u);
}

TEST_F(Reverse, OneToOneGivesOneRow) {
  EXPECT_EQ(alice.try_related_one<&Profile::author_pk>(), std::nullopt);
  EXPECT_THROW((void)alice.related_one<&Profile::author_pk>(), Profile::DoesNotExist);
  alice.related<&Profile::author_pk>().create({.website = "https://example.com"});
  EXPECT_EQ(alice.related_one<&Profile::author_pk>().website, "https://example.com");
  EXPECT_THROW(alice.related<&Profile::author_pk>().create({}), IntegrityError);
  EXPECT_THAT(who(Author::objects.filter({{"profile__website__contains", "example"}})),
              ElementsAre("alice"));
  EXPECT_THAT(who(Author::objects.filter({{"profile__isnull", true}})),
              ElementsAre("bob", "carol"));
}

TEST_F(Reverse, BothSidesOfAManyToManyDoTheSame) {
  const auto p = post(alice, "p"), q = post(alice, "q"), r = post(alice, "r");
  const auto tag = Tag::objects.create({.name = "t"});
  const auto posts = tag.related<&Post::labels>();
  posts.add(p, q);
  p.labels.add(tag);  // the same link from the other side
  EXPECT_EQ(db.rows_in("posts_labels"), 2u);
  EXPECT_THAT(titles(posts), ElementsAre("p", "q"));
  EXPECT_THAT(titles(posts.filter(f<&Post::title> == "q")), ElementsAre("q"));
  posts.remove(p);
  posts.set({q, r});
  EXPECT_THAT(titles(posts), ElementsAre("q", "r"));
  const auto made = posts.create({.title = "made", .slug = "made", .author_pk = alice});
  EXPECT_EQ(made.labels.all().get().name, "t");
  const auto label = made.labels.create({.name = "new"});
  EXPECT_EQ(label.related<&Post::labels>().get().title, "made");
  posts.clear();
  EXPECT_EQ(tag.related<&Post::labels>().count(), 0u);
  EXPECT_EQ(Post::objects.count(), 4u);
}

TEST_F(Reverse, LinksCarryValues_AndAddingAgainKeepsThem) {
  const auto p = post(alice, "p");
  const auto news = Category::objects.create({.name = "news"});
  p.categories.add(news, {.order = 3});
  p.categories.add(news, {.order = 9});
  p.categories.add(news);
  EXPECT_EQ(PostCategory::objects.get().order, 3);
  news.related<&Post::categories>().add(p, {.order = 5});
  EXPECT_EQ(PostCategory::objects.get().order, 3);
}

TEST_F(Reverse, AddingAtOnceMakesOneLink) {
  const auto p = post(alice, "p");
  const auto news = Category::objects.create({.name = "news"});
  const auto tag = Tag::objects.create({.name = "t"});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    // A row is one thread's: each has its own.
    threads.emplace_back([own = p, category = news, label = tag] {
      own.categories.add(category, {.order = 1});
      category.related<&Post::categories>().add(own);
      own.labels.add(label);
      label.related<&Post::labels>().add(own);
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(PostCategory::objects.count(), 1u);
  EXPECT_EQ(db.rows_in("posts_labels"), 1u);
}

TEST_F(Reverse, LinksWhoseKeyIsTheirTwoSides) {
  Registry registry;
  registry.add<Person>();
  registry.add<Club>();
  registry.add<Membership>();
  ensure_tables(registry);
  const auto ann = Person::objects.create({.name = "ann"}),
             ben = Person::objects.create({.name = "ben"});
  const auto chess = Club::objects.create({.name = "chess"});
  ann.clubs.add(chess, {.role = "chair"});
  chess.related<&Person::clubs>().add(ann, ben);
  EXPECT_EQ(Membership::objects.get(Ref<Person>(ann), Ref<Club>(chess)).role, "chair");
  EXPECT_EQ(chess.related<&Person::clubs>().count(), 2u);
  EXPECT_EQ(Person::objects.get({{"membership__role", "chair"}}).name, "ann");
  // Every row has its table's keys, though these are Refs.
  const auto of_ann = Membership::objects.filter(f<&Membership::person_pk> == ann);
  EXPECT_THAT(of_ann.plan(), testing::HasSubstr("Query on reverse_membership"));
  EXPECT_THAT(Membership::objects.filter(f<&Membership::club_pk> == chess).plan(),
              testing::HasSubstr("Query on index by-club"));
  EXPECT_EQ(Membership::objects.strict()
                .filter(strict::f<&Membership::person_pk> == ann)
                .to_vector()
                .size(),
            1u);
  EXPECT_THAT(of_ann.filter(f<&Membership::club_pk, &Club::name> == "chess").explain(),
              testing::Not(testing::HasSubstr("Nothing to read")));
  EXPECT_EQ(Club::objects.filter({{"members__name", "ben"}}).count(), 1u);
  auto gone = chess;
  gone.remove();
  EXPECT_EQ(Membership::objects.count(), 0u);
  EXPECT_EQ(ann.clubs.all().count(), 0u);
}

TEST_F(Reverse, AModelLinkedToItself) {
  Registry registry;
  registry.add<Page>();
  ensure_tables(registry);
  const auto a = Page::objects.create({.name = "a"}), b = Page::objects.create({.name = "b"});
  a.links.add(b);
  EXPECT_EQ(a.links.all().get().name, "b");
  EXPECT_EQ(b.links.all().count(), 0u);
  EXPECT_EQ(b.related<&Page::links>().get().name, "a");
  EXPECT_EQ(Page::objects.get({{"linked_from__name", "a"}}).name, "b");
  EXPECT_EQ(Page::objects.get({{"links__name", "b"}}).name, "a");
  b.related<&Page::links>().clear();
  EXPECT_EQ(a.links.all().count(), 0u);
}

}  // namespace
}  // namespace test_blog

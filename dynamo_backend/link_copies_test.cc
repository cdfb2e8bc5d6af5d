// The keys of what a row is linked to, kept on the row by whatever writes a link.
#include "dynamo_backend/link_copies.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/search_version.h"
#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/transaction.h"

namespace test_links {
namespace {

using namespace dynamo_backend;  // NOLINT: a test
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Topic;
struct Placed;

struct Word : DynamoModel<Word> {
  std::string name{};
  static constexpr auto schema = define<Word>(CharField<&Word::name>{});
};
struct Essay : DynamoModel<Essay> {
  std::string title{};
  std::set<std::string> word_pks{}, topic_pks{};
  std::uint64_t version = 0;
  Timestamp updated_at{};
  Many<Word> words{};
  Many<Topic, Placed> topics{};
  static constexpr auto schema = define<Essay>(
      {.opensearch_sync = true}, CharField<&Essay::title>{.searchable = true},
      SetField<&Essay::word_pks>{.filterable = true, .editable = false},
      SetField<&Essay::topic_pks>{.filterable = true, .editable = false},
      VersionField<&Essay::version>{}, DateTimeField<&Essay::updated_at>{.auto_now = true},
      ManyToManyField<&Essay::words>{.keys_in = member_name<&Essay::word_pks>()},
      ManyToManyField<&Essay::topics>{.keys_in = member_name<&Essay::topic_pks>()});
};
struct Topic : DynamoModel<Topic> {
  std::string name{};
  static constexpr auto schema = define<Topic>(CharField<&Topic::name>{});
};
struct Placed : DynamoModel<Placed> {
  Ref<Essay> essay_pk{};
  Ref<Topic> topic_pk{};
  std::int64_t place = 0;
  static constexpr auto schema =
      define<Placed>(ForeignKey<&Placed::essay_pk>{}, ForeignKey<&Placed::topic_pk>{},
                     IntegerField<&Placed::place>{});
};
struct Misnamed : DynamoModel<Misnamed> {
  std::string title{};
  Many<Word> words{};
  static constexpr auto schema = define<Misnamed>(
      CharField<&Misnamed::title>{},
      ManyToManyField<&Misnamed::words>{.keys_in = member_name<&Misnamed::title>()});
};

// Both ends keep the keys of the other.
struct Song;
struct Sung;
struct Singer : DynamoModel<Singer> {
  std::string name{};
  std::set<std::string> song_pks{};
  Many<Song, Sung> songs{};
  static constexpr auto schema =
      define<Singer>(CharField<&Singer::name>{}, SetField<&Singer::song_pks>{.editable = false},
                     ManyToManyField<&Singer::songs>{.related_name = "+",
                                                     .keys_in = member_name<&Singer::song_pks>()});
};
struct Song : DynamoModel<Song> {
  std::string name{};
  std::set<std::string> singer_pks{};
  Many<Singer, Sung> singers{};
  static constexpr auto schema =
      define<Song>(CharField<&Song::name>{}, SetField<&Song::singer_pks>{.editable = false},
                   ManyToManyField<&Song::singers>{.related_name = "+",
                                                   .keys_in = member_name<&Song::singer_pks>()});
};
struct Sung : DynamoModel<Sung> {
  Ref<Singer> singer_pk{};
  Ref<Song> song_pk{};
  static constexpr auto schema =
      define<Sung>(ForeignKey<&Sung::singer_pk>{}, ForeignKey<&Sung::song_pk>{});
};

using Keys = std::set<std::string>;
Keys keys(std::initializer_list<Uuid> list) {
  Keys out;
  for (const Uuid& key : list) out.insert(key.str());
  return out;
}

struct Tables {
  Tables() {
    ensure_table<Word>();
    ensure_table<Topic>();
    ensure_table<Essay>();
    ensure_table<Placed>();
  }
};

struct LinkCopies : testing::Test {
  test_blog::Database db;
  Tables tables{};
  Essay essay = Essay::objects.create({.title = "one"});
  Essay other = Essay::objects.create({.title = "other"});
  Word a = Word::objects.create({.name = "a"}), b = Word::objects.create({.name = "b"});
  Topic red = Topic::objects.create({.name = "red"}),
        blue = Topic::objects.create({.name = "blue"});

  static Essay now(const Essay& essay) { return Essay::objects.get(essay.pk); }
  static Keys words(const Essay& essay) { return now(essay).word_pks; }
  static Keys topics(const Essay& essay) { return now(essay).topic_pks; }
  // The sets are what the links say.
  static void expect_in_step(const Essay& essay) {
    const ModelInfo& model = model_info<Essay>();
    for (const FieldInfo* many : model.many) {
      EXPECT_EQ(linked_keys(model, *many, essay.pk.str()),
                many->keys_in == "word_pks" ? words(essay) : topics(essay))
          << many->member;
    }
  }
};

TEST_F(LinkCopies, LinksFromEitherSide_KeepTheSet) {
  essay.words.add(a, b);
  EXPECT_EQ(words(essay), keys({a.pk, b.pk}));
  essay.words.add(a);
  essay.words.remove(b);
  EXPECT_EQ(words(essay), keys({a.pk}));
  b.related<&Essay::words>().set(std::vector<Essay>{essay, other});
  EXPECT_EQ(words(essay), keys({a.pk, b.pk}));
  EXPECT_EQ(words(other), keys({b.pk}));
  b.related<&Essay::words>().remove(essay);
  EXPECT_EQ(words(essay), keys({a.pk}));
  essay.words.set(std::vector<Uuid>{b.pk});
  EXPECT_EQ(words(essay), keys({b.pk}));
  essay.words.clear();
  EXPECT_THAT(words(essay), IsEmpty());
  EXPECT_EQ(words(other), keys({b.pk}));
}

TEST_F(LinkCopies, LinkAndSet_AreOneTransaction) {
  db.client().transactions.clear();
  db.calls().reset();
  essay.words.add(a);
  EXPECT_EQ(db.calls().writes(), 1);
  essay.topics.add(red);
  EXPECT_EQ(db.calls().writes(), 2);
  essay.words.remove(a);
  EXPECT_EQ(db.calls().writes(), 3);
  EXPECT_EQ(db.calls().transact, 3);
  // A database that fails has written neither.
  db.client().writes_left = 0;
  EXPECT_THROW(essay.words.add(b), DatabaseError);
  EXPECT_THROW(essay.topics.clear(), DatabaseError);
  db.client().writes_left = -1;
  EXPECT_THAT(words(essay), IsEmpty());
  EXPECT_EQ(topics(essay), keys({red.pk}));
  expect_in_step(essay);
}

TEST_F(LinkCopies, JoinRows_SavedMovedAndRemoved_KeepTheSet) {
  Placed link{.essay_pk = essay, .topic_pk = red};
  link.save();
  EXPECT_EQ(topics(essay), keys({red.pk}));
  link.place = 2;
  link.save();
  EXPECT_EQ(topics(essay), keys({red.pk}));
  link.topic_pk = blue;
  link.save();
  EXPECT_EQ(topics(essay), keys({blue.pk}));
  link.essay_pk = other;
  link.save();
  EXPECT_THAT(topics(essay), IsEmpty());
  EXPECT_EQ(topics(other), keys({blue.pk}));
  Placed::objects.filter(f<&Placed::essay_pk> == Ref<Essay>(other))
      .update(f<& Placed::topic_pk> = Ref<Topic>(red));
  EXPECT_EQ(topics(other), keys({red.pk}));
  link.refresh();
  link.remove();
  EXPECT_THAT(topics(other), IsEmpty());
}

TEST_F(LinkCopies, LinkThatIsThereTwice_GoesWithItsLast) {
  Placed first{.essay_pk = essay, .topic_pk = red}, second = first;
  first.save();
  second.save();
  first.remove();
  EXPECT_EQ(topics(essay), keys({red.pk}));
  second.topic_pk = blue;
  Placed third{.essay_pk = essay, .topic_pk = red};
  third.save();
  second.save();
  EXPECT_EQ(topics(essay), keys({red.pk, blue.pk}));
  essay.topics.clear();
  EXPECT_THAT(topics(essay), IsEmpty());
}

TEST_F(LinkCopies, Cascades_SmallAndLarge_TakeTheKeysAlong) {
  essay.words.add(a, b);
  essay.topics.add(red);
  a.remove();
  EXPECT_EQ(words(essay), keys({b.pk}));
  red.remove();
  EXPECT_THAT(topics(essay), IsEmpty());
  auto many = Essay::objects.bulk_create(std::vector<Essay>(130));
  b.related<&Essay::words>().set(many);
  std::vector<Placed> links;
  for (const Essay& e : many) links.push_back({.essay_pk = e, .topic_pk = blue});
  Placed::objects.bulk_create(links);
  EXPECT_EQ(words(many.back()), keys({b.pk}));
  EXPECT_EQ(topics(many.back()), keys({blue.pk}));
  b.remove();  // more than a transaction takes
  Topic::objects.filter(f<&Topic::pk> == blue.pk).remove();
  for (const Essay& e : many) {
    EXPECT_THAT(words(e), IsEmpty());
    EXPECT_THAT(topics(e), IsEmpty());
  }
  other.topics.create({.name = "green"});
  other.words.create({.name = "c"});
  other.remove();  // with its links, whose owner it is
  EXPECT_EQ(Placed::objects.count(), 0u);
}

TEST_F(LinkCopies, Transactions_MergeIntoTheOwnersAction) {
  Essay made{.title = "made"};
  Placed old{.essay_pk = other, .topic_pk = red};
  old.save();
  transaction([&](Transaction& t) {
    t.create(made);
    t.create(Placed{.essay_pk = made, .topic_pk = red});
    t.create(Placed{.essay_pk = made, .topic_pk = blue});
    t.check(essay, f<&Essay::title> == "one");
    t.create(Placed{.essay_pk = essay, .topic_pk = red});
    t.remove(old);
    t.create(Placed{.essay_pk = other, .topic_pk = blue});
  });
  EXPECT_EQ(topics(made), keys({red.pk, blue.pk}));
  EXPECT_EQ(topics(essay), keys({red.pk}));
  EXPECT_EQ(topics(other), keys({blue.pk}));
  transaction([&](Transaction& t) {
    Essay renamed = t.get<Essay>(essay.pk);
    renamed.title = "two";
    t.save(renamed);
    t.create(Placed{.essay_pk = essay, .topic_pk = blue});
  });
  EXPECT_EQ(now(essay).title, "two");
  EXPECT_EQ(topics(essay), keys({red.pk, blue.pk}));
}

TEST_F(LinkCopies, LinkFromARowThatIsNotThere_IsRefused) {
  const Essay gone = other;
  other.remove();
  Placed link{.essay_pk = gone, .topic_pk = red};
  try {
    link.save();
    ADD_FAILURE() << "no IntegrityError";
  } catch (const IntegrityError& e) {
    EXPECT_EQ(e.field(), "essay_pk");
    EXPECT_THAT(e.what(), HasSubstr("there is no Essay " + gone.pk.str()));
  }
  EXPECT_THROW(gone.words.add(a), IntegrityError);
  EXPECT_EQ(Placed::objects.count(), 0u);
  EXPECT_EQ(Essay::objects.count(), 1u);
}

TEST_F(LinkCopies, OwnerThatIsDeletedMeanwhile_TakesNoLink) {
  db.client().before_write = [&] { Essay::objects.filter(f<&Essay::pk> == essay.pk).remove(); };
  EXPECT_THROW(essay.words.add(a), IntegrityError);
  EXPECT_EQ(Essay::objects.count(), 1u);
}

TEST_F(LinkCopies, ALink_IsNoEditOfItsRow) {
  Essay read = now(essay);
  const auto before = db.stored("test_links_essay", essay.pk);
  db.tick();
  essay.words.add(a);
  const auto after = db.stored("test_links_essay", essay.pk);
  EXPECT_EQ(after.at("version"), before.at("version"));
  EXPECT_EQ(after.at("updated_at"), before.at("updated_at"));
  EXPECT_GT(after.at(std::string(kSearchVersion)).as<dynamodb::Number>(),
            before.at(std::string(kSearchVersion)).as<dynamodb::Number>());
  read.title = "edited";
  read.save();  // of the row as it was before
  EXPECT_EQ(words(essay), keys({a.pk}));
}

TEST_F(LinkCopies, ManyWriters_StayInStep) {
  const std::vector<Essay> essays{essay, other};
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < 4; ++n) {
    threads.emplace_back([&, n] {
      for (unsigned i = n; i < 60 + n; ++i) {
        const Essay& e = essays[i % 2];
        const Word& word = i % 3 == 0 ? a : b;
        if (i % 5 < 3)
          e.words.add(word);
        else
          e.words.remove(word);
        if (i % 7 == 0) e.topics.set(std::vector<Uuid>{i % 4 == 0 ? red.pk : blue.pk});
      }
    });
  }
  for (auto& thread : threads) thread.join();
  expect_in_step(essay);
  expect_in_step(other);
}

TEST_F(LinkCopies, KeysInAMemberThatIsNoSet_IsImproperlyConfigured) {
  try {
    model_info<Misnamed>();
    ADD_FAILURE() << "no ImproperlyConfigured";
  } catch (const ImproperlyConfigured& e) {
    EXPECT_THAT(e.what(), HasSubstr("Misnamed.words: .keys_in names a member"));
  }
}

TEST_F(LinkCopies, OfBothEnds_AreCountedByTransactions) {
  ensure_table<Singer>();
  ensure_table<Song>();
  ensure_table<Sung>();
  std::vector<Singer> singers(60);
  std::vector<Song> songs(60);
  for (Singer& s : singers) s.name = "x";
  for (Song& s : songs) s.name = "y";
  singers = Singer::objects.bulk_create(singers);
  songs = Song::objects.bulk_create(songs);
  std::vector<Sung> sung(60);
  for (std::size_t i = 0; i < sung.size(); ++i)
    sung[i] = Sung{.singer_pk = singers[i], .song_pk = songs[i]};
  EXPECT_NO_THROW(Sung::objects.bulk_create(sung));  // three actions each
  for (std::size_t i = 0; i < sung.size(); ++i) {
    EXPECT_EQ(Singer::objects.get(singers[i].pk).song_pks, keys({songs[i].pk}));
    EXPECT_EQ(Song::objects.get(songs[i].pk).singer_pks, keys({singers[i].pk}));
  }
}

}  // namespace
}  // namespace test_links

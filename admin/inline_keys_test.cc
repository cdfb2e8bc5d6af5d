// Inlines of models whose keys, names and rules of deletion are other ones than a magazine's.
#include "admin/row_edit.h"
#include "admin/test_pages.h"
#include "dynamo_backend/text.h"

namespace collection {

using namespace dynamo_backend;

struct Poll : DynamoModel<Poll> {
  std::string title{};
  static constexpr auto schema = define<Poll>(CharField<&Poll::title>{});
};
// Its fields are called as what a form has beside them.
struct Option : DynamoModel<Option> {
  Ref<Poll> poll_pk{};
  std::string key{};
  bool removed = false;
  std::string str() const { return key; }
  static constexpr auto schema =
      define<Option>(ForeignKey<&Option::poll_pk>{}, CharField<&Option::key>{},
                     BooleanField<&Option::removed>{.attribute = "delete"});
};

struct Person : DynamoModel<Person> {
  std::string name{};
  std::string str() const { return name; }
  static constexpr auto schema = define<Person>(CharField<&Person::name>{});
};
struct Club : DynamoModel<Club> {
  std::string name{};
  std::string str() const { return name; }
  static constexpr auto schema = define<Club>(CharField<&Club::name>{});
};
// Its key is its two sides.
struct Membership : DynamoTable<Membership> {
  Ref<Person> person_pk{};
  Ref<Club> club_pk{};
  std::string role = "member";
  static constexpr auto schema =
      define<Membership>(PartitionKey<&Membership::person_pk>{}, SortKey<&Membership::club_pk>{},
                         CharField<&Membership::role>{});
};

// Each makes its own key, and shows it.
struct Ballot : DynamoTable<Ballot> {
  Ref<Poll> poll_pk{};
  base::Uuid id = base::Uuid::random();
  std::string text{};
  static constexpr auto schema =
      define<Ballot>(PartitionKey<&Ballot::poll_pk>{}, SortKey<&Ballot::id>{},
                     CharField<&Ballot::text>{.blank = true});
};

struct Photo;
struct Album : DynamoModel<Album> {
  std::string title{};
  std::optional<Ref<Photo>> cover_pk{};
  std::string str() const { return title; }
  static constexpr auto schema = define<Album>(
      CharField<&Album::title>{}, ForeignKey<&Album::cover_pk>{.on_delete = OnDelete::set_null});
};
struct Photo : DynamoModel<Photo> {
  Ref<Album> album_pk{};
  std::string name{};
  std::string code{};
  std::string str() const { return name; }
  static constexpr auto schema = define<Photo>(
      ForeignKey<&Photo::album_pk>{}, CharField<&Photo::name>{.unique = true},
      CharField<&Photo::code>{.blank = true}, Unique<&Photo::album_pk, &Photo::code>{});
};
struct Print : DynamoModel<Print> {
  Ref<Photo> photo_pk{};
  static constexpr auto schema =
      define<Print>(ForeignKey<&Print::photo_pk>{.on_delete = OnDelete::restrict_});
};

}  // namespace collection

namespace magazine {
namespace {

using collection::Album;
using collection::Ballot;
using collection::Club;
using collection::Membership;
using collection::Option;
using collection::Person;
using collection::Photo;
using collection::Poll;
using collection::Print;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;

class CollectionTest : public PagesTest {
 protected:
  CollectionTest() {
    auto& registry = Registry::instance();
    registry.add<Poll>();
    registry.add<Option>();
    registry.add<Ballot>();
    registry.add<Person>();
    registry.add<Club>();
    registry.add<Membership>();
    registry.add<Album>();
    registry.add<Photo>();
    registry.add<Print>();
    ensure_tables();
    album = Album::objects.create({.title = "Summer"});
    auto& s = admin::site();
    s.add<Poll>({.inlines = {admin::inline_of<Option>()}});
    s.add<Person>({.inlines = {admin::inline_of<Membership>()}, .save_as = true});
    s.add<Album>({.raw_id_fields = {"cover_pk"},
                  .inlines = {admin::inline_of<Photo>({.extra = 2, .fields = {"name"}})}});
  }
  template <class T>
  static std::string url_of(const T& row) {
    return "/admin/collection/" + ascii_lower(model_info<T>().name) + "/" + row.pk.str() +
           "/change/";
  }
  Browser::Fields form_of(const std::string& url) { return Browser::inputs(browser.get(url).body); }
  Album album{};
  Photo photo(const std::string& name) {
    return Photo::objects.create({.album_pk = album, .name = name, .code = name});
  }
  Browser browser = boss();
};

TEST_F(CollectionTest, FieldsCalledKeyAndDelete_AreFieldsLikeOthers) {
  const Poll poll = Poll::objects.create({.title = "Where to?"});
  const std::string url = url_of(poll);
  auto form = form_of(url);
  Browser::set(form, "option-0-key", "north");
  EXPECT_EQ(browser.post(url, form).status, 303);
  form = form_of(url);
  EXPECT_EQ(browser.post(url, form).status, 303);
  EXPECT_EQ(Option::objects.filter(f<&Option::poll_pk> == poll).get().key, "north");
  Browser::set(form, "option-0-key", "south");
  Browser::set(form, "option-0-delete", "on");
  EXPECT_EQ(browser.post(url, form).status, 303);
  const Option stored = Option::objects.filter(f<&Option::poll_pk> == poll).get();
  EXPECT_EQ(stored.key, "south");
  EXPECT_TRUE(stored.removed);
  form = form_of(url);
  Browser::set(form, "option-0-__delete", "on");
  EXPECT_EQ(browser.post(url, form).status, 303);
  EXPECT_FALSE(Option::objects.filter(f<&Option::poll_pk> == poll).exists());
}

TEST_F(CollectionTest, TwoInlinesOfOneModel_AreKeptApart) {
  admin::site().add<Writer>({.inlines = {admin::inline_of<Article>({.foreign_key = "writer_pk"}),
                                         admin::inline_of<Article>({.foreign_key = "editor_pk"})}});
  const Writer bob = Writer::objects.create({.name = "Bob"});
  const std::string url = "/admin/magazine/writer/" + ann.pk.str() + "/change/";
  auto form = form_of(url);
  EXPECT_THAT(form, AllOf(Contains(testing::Pair("article-0-title", "first")),
                          Contains(testing::Pair("article.2-0-title", ""))));
  Browser::set(form, "article.2-0-title", "edited");
  Browser::set(form, "article.2-0-slug", "edited");
  Browser::set(form, "article.2-0-writer_pk", bob.pk.str());
  EXPECT_EQ(browser.post(url, form).status, 303);
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
  EXPECT_FALSE(Article::objects.get(post.pk).editor_pk);
  Article edited = Article::objects.filter(f<&Article::slug> == "edited").get();
  EXPECT_EQ(edited.writer_pk, Ref<Writer>(bob));
  EXPECT_EQ(edited.editor_pk, Ref<Writer>(ann));

  edited.writer_pk = ann;  // it stands in both by now
  edited.save();
  form = form_of(url);
  for (auto& [name, value] : form)
    if (name.ends_with("-title") && !name.starts_with("base:") && value == "edited")
      value = "again";
  const auto refused = browser.post(url, form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("at another place of this form"));
}

TEST_F(CollectionTest, RowWhoseKeyIsItsTwoSides_IsAddedChangedAndCopied) {
  const Person eve = Person::objects.create({.name = "Eve"});
  const Club chess = Club::objects.create({.name = "Chess"});
  const std::string url = url_of(eve);
  auto form = form_of(url);
  Browser::set(form, "membership-0-club_pk", chess.pk.str());
  EXPECT_EQ(browser.post(url, form).status, 303);
  const auto page = browser.get(url);
  EXPECT_THAT(page.body, AllOf(HasSubstr("Chess"), Not(HasSubstr("\"membership-0-club_pk\""))));
  form = Browser::inputs(page.body);
  Browser::set(form, "membership-0-role", "chair");
  EXPECT_EQ(browser.post(url, form).status, 303);
  EXPECT_EQ(Membership::objects.filter(f<&Membership::person_pk> == eve).get().role, "chair");

  form = form_of(url);
  Browser::set(form, "membership-1-club_pk", chess.pk.str());
  const auto refused = browser.post(url, form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("There is a row of this key already."));

  form = form_of(url);
  Browser::set(form, "_saveasnew", "1");
  const std::string copy = browser.post(url, form).header("Location");
  EXPECT_THAT(browser.get(copy).body, AllOf(HasSubstr("Chess"), HasSubstr("value=\"chair\"")));
  EXPECT_THAT(copy, Not(HasSubstr(eve.pk.str())));
}

TEST_F(CollectionTest, KeyOfARow_IsAskedForBesideTheFieldsThatAreListed) {
  admin::site().add<Person>({.inlines = {admin::inline_of<Membership>({.fields = {"role"}})}});
  const Person eve = Person::objects.create({.name = "Eve"});
  const Club chess = Club::objects.create({.name = "Chess"});
  auto form = form_of(url_of(eve));
  Browser::set(form, "membership-0-role", "chair");
  Browser::set(form, "membership-0-club_pk", chess.pk.str());
  EXPECT_EQ(browser.post(url_of(eve), form).status, 303);
  EXPECT_EQ(Membership::objects.filter(f<&Membership::person_pk> == eve).get().role, "chair");
}

TEST_F(CollectionTest, LineWithNothingButItsOwnKey_IsNotAdded) {
  admin::site().add<Poll>({.inlines = {admin::inline_of<Ballot>()}});
  const Poll poll = Poll::objects.create({.title = "Where to?"});
  auto form = form_of(url_of(poll));
  EXPECT_THAT(form, Contains(Key("ballot-0-id")));
  EXPECT_EQ(browser.post(url_of(poll), form).status, 303);
  EXPECT_FALSE(Ballot::objects.filter(f<&Ballot::poll_pk> == poll).exists());
  form = form_of(url_of(poll));
  Browser::set(form, "ballot-0-text", "north");
  EXPECT_EQ(browser.post(url_of(poll), form).status, 303);
  EXPECT_EQ(Ballot::objects.filter(f<&Ballot::poll_pk> == poll).get().text, "north");
}

TEST_F(CollectionTest, UniqueValueOfAnInlinesRow_IsSaidBesideIt) {
  photo("beach");
  const std::string url = url_of(album);
  auto form = form_of(url);
  Browser::set(form, "photo-1-name", "beach");
  auto refused = browser.post(url, form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("id=\"id_photo-1-name_error0\">Another row has this"),
                                  Not(HasSubstr("id=\"id_name_error0\""))));
  // Of values that the form does not have, beside the row.
  Browser::set(form, "photo-1-name", "boat");
  Browser::set(form, "photo-2-name", "hill");
  refused = browser.post(url, form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body,
              HasSubstr("album_pk, code: Another row has these values together already."));
  EXPECT_EQ(Photo::objects.filter(f<&Photo::album_pk> == album).count(), 1u);
}

TEST_F(CollectionTest, CoverThatIsRemovedInAnInline_IsTakenOffTheAlbumThatChangesToo) {
  const Photo cover = photo("beach");
  album.cover_pk = cover;
  album.save();
  const std::string url = url_of(album);
  auto form = form_of(url);
  Browser::set(form, "title", "Winter");
  Browser::set(form, "photo-0-__delete", "on");
  EXPECT_EQ(browser.post(url, form).status, 303);
  album.refresh();
  EXPECT_EQ(album.title, "Winter");
  EXPECT_FALSE(album.cover_pk);
  EXPECT_FALSE(Photo::objects.filter(f<&Photo::pk> == cover.pk).exists());
}

TEST_F(CollectionTest, CoverThatIsAnotherAlbums_IsNotTakenOffByItsRemoval) {
  const Album other = Album::objects.create({.title = "Other"});
  const Photo cover = Photo::objects.create({.album_pk = other, .name = "hill"});
  album.cover_pk = cover;
  album.save();
  auto form = form_of(url_of(album));
  Browser::set(form, "photo-0-__key", cover.pk.str());
  Browser::set(form, "photo-0-__delete", "on");
  EXPECT_EQ(browser.post(url_of(album), form).status, 303);
  EXPECT_EQ(Album::objects.get(album.pk).cover_pk, Ref<Photo>(cover));
  EXPECT_TRUE(Photo::objects.filter(f<&Photo::pk> == cover.pk).exists());
}

TEST_F(CollectionTest, RowThatAnotherProtects_IsNotRemovedInAnInline) {
  const Photo kept = photo("beach");
  Print::objects.create({.photo_pk = kept});
  const std::string url = url_of(album);
  auto form = form_of(url);
  Browser::set(form, "title", "Winter");
  Browser::set(form, "photo-0-__delete", "on");
  const auto refused = browser.post(url, form);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("Print.photo_pk points to it and protects it."));
  EXPECT_EQ(Album::objects.get(album.pk).title, "Summer");
}

TEST_F(CollectionTest, LargeDeletionThatIsRefused_IsNotInTheLog) {
  for (int i = 0; i < 120; ++i) photo("photo " + std::to_string(i));
  Print::objects.create({.photo_pk = Photo::objects.filter(f<&Photo::name> == "photo 119").get()});
  const auto& model = model_info<Album>();
  const dynamodb::Item key{{"pk", album.pk.str()}};
  EXPECT_THROW(admin::delete_row(model, key, {"user-1", "Eve"}), ProtectedError);
  EXPECT_THAT(admin::history_of(model, key, {}).items, IsEmpty());
  EXPECT_TRUE(Album::objects.filter(f<&Album::pk> == album.pk).exists());
}

}  // namespace
}  // namespace magazine

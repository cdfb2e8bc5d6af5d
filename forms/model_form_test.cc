#include "forms/model_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_fields.h"
#include "dynamo_backend/test_integrity.h"
#include "forms/model_fields.h"

namespace test_blog {
namespace {

using forms::ModelForm;
using forms::Type;
using test_fields::Everything;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

using Sent = std::vector<std::pair<std::string, std::string>>;

web::FormData posted(const Sent& fields) {
  web::FormData out;
  for (const auto& [name, value] : fields) out.add(name, value);
  return out;
}

struct ModelForms : testing::Test {
  ModelForms() {
    Registry registry;
    registry.add<Everything>();
    registry.add<Account>();
    ensure_tables(registry);
  }
  Database db{{.scan_policy = ScanPolicy::forbid}};
  Author alice = Author::objects.create({.username = "alice"});
  Author bob = Author::objects.create({.username = "bob"});
  Post post = Post::objects.create(
      {.title = "Hello", .slug = "hello", .body = "Text", .author_pk = alice, .tags = {"a", "b"}});
  // What a browser sends back of the post's form when nothing is changed.
  Sent unchanged() const {
    return {
        {"title", "Hello"}, {"slug", "hello"},  {"body", "Text"},    {"author_pk", alice.pk.str()},
        {"public", "on"},   {"tags", "a\r\nb"}, {"view_count", "0"}, {"version", "1"}};
  }
  Sent with(const std::string& name, const std::string& value) const {
    Sent sent = unchanged();
    for (auto& [key, old] : sent) {
      if (key == name) return old = value, sent;
    }
    sent.emplace_back(name, value);
    return sent;
  }
};

}  // namespace

// ---- from the model

TEST_F(ModelForms, Fields_AreTheEditableOnes_WithTheirTypesAndLimits) {
  const ModelForm form(post);
  EXPECT_THAT(form.names(),
              ElementsAre("title", "slug", "body", "author_pk", "editor_pk", "published", "public",
                          "tags", "view_count", "summary", "labels"));
  EXPECT_EQ(form.field("title").max_length, 200u);
  EXPECT_TRUE(form.field("title").required);
  EXPECT_FALSE(form.field("body").required);
  EXPECT_EQ(form.field("slug").type, Type::slug);
  EXPECT_EQ(form.field("author_pk").shown_label(), "Author");
  EXPECT_TRUE(form.field("author_pk").required);
  EXPECT_FALSE(form.field("editor_pk").required);
  EXPECT_EQ(form.field("tags").type, Type::lines);
  EXPECT_EQ(form.field("view_count").min, std::numeric_limits<std::int64_t>::min());
  const std::string html = form.html().str();
  EXPECT_THAT(html, HasSubstr("value=\"Hello\""));
  EXPECT_THAT(html, HasSubstr(">\na\nb</textarea>"));
  EXPECT_THAT(html, HasSubstr("<option value=\"" + alice.pk.str() + "\" selected>alice</option>"));
  EXPECT_THAT(html, HasSubstr("<input type=\"hidden\" name=\"version\" id=\"id_version\" "
                              "value=\"1\">"));
}

TEST_F(ModelForms, ChosenFields_ComeInTheirOrder) {
  const ModelForm form(post, {.fields = {"body", "title", "created_at"}, .read_only = {"body"}});
  EXPECT_THAT(form.names(), ElementsAre("body", "title", "created_at"));
  EXPECT_TRUE(form.field("body").read_only);
  EXPECT_TRUE(form.field("created_at").read_only);  // made automatically
  EXPECT_THROW(ModelForm(post, {.fields = {"nope"}}), FieldError);
  EXPECT_THROW(ModelForm(post, {.exclude = {"nope"}}), FieldError);
}

TEST_F(ModelForms, ForeignKeys_AreChoices_AsLongAsThereAreFew) {
  const ModelForm few(post, {.fields = {"author_pk", "labels"}});
  ASSERT_EQ(few.field("author_pk").choices.size(), 2u);
  EXPECT_EQ(few.field("author_pk").choices[1].label, "bob");
  EXPECT_EQ(few.field("labels").type, Type::several);  // of which there are none yet
  const ModelForm many(post, {.fields = {"author_pk"}, .max_choices = 1});
  EXPECT_TRUE(many.field("author_pk").choices.empty());
  EXPECT_THAT(many.html().str(), HasSubstr("type=\"text\" name=\"author_pk\""));
  const ModelForm shown(post, {.fields = {"author_pk"}, .read_only = {"author_pk"}});
  EXPECT_THAT(shown.html().str(), HasSubstr(">alice</output>"));
}

// DynamoDB: a page of a Scan is 1 MB.
TEST_F(ModelForms, Choices_ReadNoMoreThanTheyShow) {
  for (int i = 0; i < 6; ++i) {
    db.tick();
    Post::objects.create(
        {.title = "p", .slug = "p", .body = std::string(300'000, 'x'), .author_pk = alice});
  }
  db.calls().reset();
  EXPECT_EQ(forms::row_choices(model_info<Post>(), 1).size(), 2u);  // ordered by its model
  EXPECT_EQ(db.calls().reads(), 1);
}

// ---- saving

TEST_F(ModelForms, Save_WritesWhatWasSent) {
  ModelForm form(post);
  Sent sent = with("title", "Changed");
  sent.emplace_back("published", "on");
  sent.emplace_back("summary", " ");
  ASSERT_TRUE(form.bind(posted(sent))) << form.html().str();
  EXPECT_THAT(form.changed(), ElementsAre("title", "published"));
  ASSERT_TRUE(form.save());
  const Post saved = Post::objects.get(post.pk);
  EXPECT_EQ(saved.title, "Changed");
  EXPECT_TRUE(saved.published);
  EXPECT_EQ(saved.summary, std::nullopt);
  EXPECT_THAT(saved.tags, ElementsAre("a", "b"));
  EXPECT_EQ(saved.author_pk.pk, alice.pk);
}

// As long as the model stores it.
TEST_F(ModelForms, LongText_StandsInNoOthersWay) {
  post.body = std::string(100'000, 'x');
  post.save();
  ModelForm form(post, {.fields = {"title", "body"}});
  EXPECT_TRUE(form.bind(posted({{"title", "Second"}, {"body", post.body}})));
  EXPECT_TRUE(form.save());
  EXPECT_EQ(Post::objects.get(post.pk).title, "Second");
}

TEST_F(ModelForms, NewRow_IsCreated) {
  Post fresh;
  ModelForm form(fresh);
  EXPECT_TRUE(form.is_new());
  EXPECT_THAT(form.html().str(), Not(HasSubstr("name=\"version\"")));
  ASSERT_TRUE(form.bind(posted({{"title", "New"},
                                {"slug", "new"},
                                {"author_pk", bob.pk.str()},
                                {"view_count", "3"},
                                {"public", "on"}})))
      << form.html().str();
  ASSERT_TRUE(form.save());
  EXPECT_EQ(Post::objects.get(fresh.pk).author_pk.pk, bob.pk);
  EXPECT_EQ(Post::objects.get(fresh.pk).view_count, 3);
}

TEST_F(ModelForms, TheModelsValidation_IsTheForms) {
  ModelForm form(post);
  Sent sent = with("title", std::string(201, 'x'));
  for (auto& [name, value] : sent) {
    if (name == "slug") value = "not a slug";
    if (name == "view_count") value = "99999999999999999999";
  }
  sent.emplace_back("editor_pk", Uuid::random().str());
  EXPECT_FALSE(form.bind(posted(sent)));
  EXPECT_THAT(form.errors("title"), ElementsAre(HasSubstr("at most 200 characters")));
  EXPECT_THAT(form.errors("slug"), ElementsAre(HasSubstr("Enter a slug")));
  EXPECT_THAT(form.errors("view_count"), ElementsAre(HasSubstr("whole number")));
  EXPECT_THAT(form.errors("editor_pk"), ElementsAre(HasSubstr("valid choice")));
  EXPECT_EQ(form.errors().size(), 4u);
  EXPECT_THAT(form.html().str(), HasSubstr("value=\"not a slug\""));
}

TEST_F(ModelForms, TheModelsClean_IsAsked) {
  ModelForm form(post);
  EXPECT_FALSE(form.bind(posted(with("title", "forbidden"))));
  EXPECT_THAT(form.errors("title"), ElementsAre("This title is taken by history."));
}

TEST_F(ModelForms, Z3_OnlyTheFormsFields_CanBeSet) {
  ModelForm form(post, {.fields = {"title", "view_count"}, .read_only = {"view_count"}});
  ASSERT_TRUE(form.bind(posted({{"title", "x"},
                                {"view_count", "1000"},
                                {"published", "on"},
                                {"author_pk", bob.pk.str()},
                                {"pk", Uuid::random().str()},
                                {"created_at", "2000-01-01T00:00"}})));
  ASSERT_TRUE(form.save());
  const Post saved = Post::objects.get(post.pk);
  EXPECT_EQ(saved.title, "x");
  EXPECT_EQ(saved.view_count, 0);
  EXPECT_FALSE(saved.published);
  EXPECT_EQ(saved.author_pk.pk, alice.pk);
  EXPECT_EQ(saved.created_at, post.created_at);
}

TEST_F(ModelForms, NewRow_ThatLacksWhatItsViewMustSet_IsNotValid) {
  Post fresh;
  ModelForm form(fresh, {.fields = {"title", "slug"}});
  EXPECT_FALSE(form.bind(posted({{"title", "New"}, {"slug", "new"}})));
  EXPECT_THAT(form.errors(""), ElementsAre("Author: This field is required."));
  fresh.author_pk = alice;
  EXPECT_TRUE(form.bind(posted({{"title", "New"}, {"slug", "new"}})));
}

TEST_F(ModelForms, KeysOfNoRow_AreRefused) {
  ModelForm form(post, {.fields = {"author_pk", "labels"}, .max_choices = 0});
  const std::string nobody = Uuid::random().str();
  EXPECT_FALSE(form.bind(posted({{"author_pk", nobody}, {"labels", "x\n" + nobody}})));
  EXPECT_THAT(form.errors("author_pk"), ElementsAre("There is no Author \"" + nobody + "\"."));
  EXPECT_THAT(form.errors("labels"), UnorderedElementsAre("There is no Tag \"x\".",
                                                          "There is no Tag \"" + nobody + "\"."));
  EXPECT_TRUE(form.bind(posted({{"author_pk", bob.pk.str()}})));
  ASSERT_TRUE(form.save());
  EXPECT_EQ(Post::objects.get(post.pk).author_pk.pk, bob.pk);
}

TEST_F(ModelForms, UniqueValue_ThatAnotherRowHas_IsAnErrorOfItsField) {
  ModelForm form(bob);
  ASSERT_TRUE(form.bind(posted({{"username", "alice"}})));
  EXPECT_FALSE(form.save());
  EXPECT_THAT(form.errors("username"), ElementsAre("Author with this Username already exists."));
  EXPECT_EQ(Author::objects.get(bob.pk).username, "bob");
}

TEST_F(ModelForms, EditsOfAnother_AreNotOverwritten) {
  ModelForm shown(post);
  Post theirs = Post::objects.get(post.pk);
  theirs.title = "Theirs";
  theirs.save();
  Post mine = Post::objects.get(post.pk);
  ModelForm form(mine);
  EXPECT_FALSE(form.bind(posted(with("title", "Mine"))));
  EXPECT_TRUE(form.is_conflict());
  EXPECT_THAT(form.errors(""), ElementsAre(HasSubstr("changed by someone else")));
  // Shown once more, the form carries the version that is there, and saves.
  EXPECT_THAT(form.html().str(), HasSubstr("name=\"version\" id=\"id_version\" value=\"2\""));
  Post again = Post::objects.get(post.pk);
  ModelForm second(again);
  Sent sent = with("title", "Mine");
  for (auto& [name, value] : sent) {
    if (name == "version") value = "2";
  }
  ASSERT_TRUE(second.bind(posted(sent)));
  ASSERT_TRUE(second.save());
  EXPECT_EQ(Post::objects.get(post.pk).title, "Mine");
}

TEST_F(ModelForms, AConflictAtTheMomentOfSaving_IsAnError) {
  ModelForm form(post);
  ASSERT_TRUE(form.bind(posted(with("title", "Mine"))));
  Post theirs = Post::objects.get(post.pk);
  theirs.title = "Theirs";
  theirs.save();
  EXPECT_FALSE(form.save());
  EXPECT_TRUE(form.is_conflict());
  EXPECT_EQ(Post::objects.get(post.pk).title, "Theirs");
}

TEST_F(ModelForms, ARowThatIsGone_IsAnError) {
  ModelForm form(alice);
  ASSERT_TRUE(form.bind(posted({{"username", "alicia"}})));
  Author::objects.get(alice.pk).remove();
  EXPECT_FALSE(form.save());
  EXPECT_THAT(form.errors(""), ElementsAre(HasSubstr("deleted")));
}

TEST_F(ModelForms, ManyToMany_IsSaved) {
  const Tag red = Tag::objects.create({.name = "red"}),
            blue = Tag::objects.create({.name = "blue"});
  post.labels.add(red);
  ModelForm form(post);
  EXPECT_THAT(form.field("labels").initial, Value(dynamodb::List{Value(red.pk.str())}));
  EXPECT_THAT(form.field_html("labels").str(),
              HasSubstr("value=\"" + red.pk.str() + "\" checked>"));
  ASSERT_TRUE(form.bind(posted(with("labels", blue.pk.str()))));
  ASSERT_TRUE(form.save());
  EXPECT_THAT(post.labels.all().values_list<&Tag::name>(), ElementsAre("blue"));
  ModelForm none(post);
  Sent sent = unchanged();
  for (auto& [name, value] : sent) {
    if (name == "version") value = std::to_string(post.version);
  }
  ASSERT_TRUE(none.bind(posted(sent)));
  ASSERT_TRUE(none.save());
  EXPECT_EQ(post.labels.all().count(), 0u);
}

// ---- every kind of field

TEST_F(ModelForms, EveryKind_ComesBackAsItWas_WhenItsFormIsSentUnchanged) {
  Everything row;
  row.chars = "abc";
  row.text = "  two\nlines ";
  row.slug = "a-b";
  row.email = "a@example.com";
  row.url = "https://example.com/";
  row.integer = -7;
  row.small = -128;
  row.big = 18446744073709551615u;
  row.real = 0.1;
  row.price = *Decimal::parse("1.10");
  row.at = *base::parse_iso("2026-11-22T10:00:00.123456Z");
  row.token = Uuid::random();
  row.data = Json::parse(R"({"b": [1, 2.5, null], "a": "x"})");
  row.bytes.bytes = "\x01\xFF";
  row.numbers = {1, -2};
  row.grid = {{"a"}, {}};
  row.words = {"x", "y"};
  row.primes = {2, 3};
  row.prices = {*Decimal::parse("0.5")};
  row.members = {Uuid::random()};
  row.maybe_flag = false;
  row.maybe_at = *base::parse_iso("2026-11-22T10:00:01.5Z");
  row.code = "code";
  row.save();
  const dynamodb::PackedItem before = pack_row(model_info<Everything>(), &row);

  ModelForm shown(row);
  web::FormData sent;
  for (const std::string_view name : shown.names()) {
    for (const std::string& text : sent_form(shown.field(name), shown.field(name).initial))
      sent.add(std::string(name), text);
  }
  ModelForm form(row);
  ASSERT_TRUE(form.bind(sent)) << form.html().str();
  EXPECT_THAT(form.changed(), ElementsAre());
  EXPECT_EQ(pack_row(model_info<Everything>(), &row).bytes(), before.bytes());
}

TEST_F(ModelForms, EveryKind_IsSetFromText) {
  Everything row;
  ModelForm form(row);
  web::FormData sent;
  for (const auto& [name, text] : Sent{{"chars", "abc"},
                                       {"text", "t"},
                                       {"slug", "s"},
                                       {"email", "a@example.com"},
                                       {"url", "https://example.com"},
                                       {"integer", "5"},
                                       {"small", "-128"},
                                       {"big", "18446744073709551615"},
                                       {"real", "1e2"},
                                       {"price", "1.10"},
                                       {"flag", "on"},
                                       {"at", "2026-11-22T10:00"},
                                       {"data", "[1]"},
                                       {"numbers", "[1, 2]"},
                                       {"grid", "[[\"a\"]]"},
                                       {"words", "x\ny\nx"},
                                       {"primes", "[2, 3]"},
                                       {"prices", "[\"0.5\"]"},
                                       {"maybe_integer", ""},
                                       {"maybe_flag", "false"},
                                       {"code", "c"}})
    sent.add(name, text);
  ASSERT_TRUE(form.bind(sent)) << form.html().str();
  ASSERT_TRUE(form.save());
  const Everything saved = Everything::objects.get(row.pk);
  EXPECT_EQ(saved.small, -128);
  EXPECT_EQ(saved.big, 18446744073709551615u);
  EXPECT_EQ(saved.real, 100);
  EXPECT_EQ(saved.at, *base::parse_iso("2026-11-22T10:00:00Z"));
  EXPECT_FALSE(saved.token.is_nil());
  EXPECT_EQ(saved.words, (std::set<std::string>{"x", "y"}));
  EXPECT_EQ(saved.primes, (std::set<std::int64_t>{2, 3}));
  EXPECT_EQ(saved.grid, (std::vector<std::vector<std::string>>{{"a"}}));
  EXPECT_EQ(saved.maybe_integer, std::nullopt);
  EXPECT_EQ(saved.maybe_flag, false);
  EXPECT_EQ(saved.maybe_text, std::nullopt);
}

TEST_F(ModelForms, ValuesOutOfAMembersRange_AreErrors) {
  Everything row;
  ModelForm form(row, {.fields = {"small", "big", "numbers", "maybe_at"}});
  EXPECT_FALSE(form.bind(
      posted({{"small", "128"}, {"big", "-1"}, {"numbers", "[\"x\"]"}, {"maybe_at", "soon"}})));
  EXPECT_THAT(form.errors("small"), ElementsAre("Ensure this value is at most 127."));
  EXPECT_THAT(form.errors("big"), ElementsAre("Ensure this value is at least 0."));
  EXPECT_THAT(form.errors("numbers"), ElementsAre(HasSubstr("element 1")));
  EXPECT_THAT(form.errors("maybe_at"), ElementsAre(HasSubstr("date and time")));
}

}  // namespace test_blog
